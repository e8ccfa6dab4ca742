"""What becomes of the requests of a batch once all its results are in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.teacher.batches.values import Entry, Result
from pipeline.teacher.refusals import TELLING


@dataclass(slots=True)
class Settled:
    """Requests of the plan by what comes next; `why` is the reason, if any, to send nothing more in this run."""

    answered: int = 0
    stopped: int = 0
    again: list[Entry] = field(default_factory=list)
    given_up: list[tuple[Entry, str]] = field(default_factory=list)
    why: str | None = None


def settle(
    batch_id: str, results: Mapping[str, Result], entries: Mapping[str, Entry], attempts: int, *, others: int
) -> Settled:
    """`others` were answered before. A request that failed `attempts` times is given up if anybody was ever answered;
    while nobody is, the server is at fault, and the run ends.
    """
    ours = [(entries[key], result) for key, result in results.items() if key in entries]
    settled = Settled(answered=sum(result.kind == "ok" for _, result in ours))
    for entry, result in ours:
        if result.kind == "refused":
            _refused(settled, entry, result.error, alone=len(ours) < TELLING or bool(settled.answered or others))
        elif result.kind in ("fatal", "canceled"):
            settled.stopped += 1
        elif result.kind == "failed":
            _failed(settled, replace(entry, failures=entry.failures + 1), result.error, attempts, others)
    kinds = [result.kind for result in results.values()]
    if "fatal" in kinds:
        settled.why = next(result.error for result in results.values() if result.kind == "fatal")
    elif canceled := kinds.count("canceled"):
        settled.why = f"{batch_id} was canceled, with {canceled:,} requests unanswered"
    return settled


def _refused(settled: Settled, entry: Entry, error: str, *, alone: bool) -> None:
    if alone:
        settled.given_up.append((entry, error))
    else:
        settled.stopped += 1
        settled.why = f"not one request was taken ({error})"


def _failed(settled: Settled, entry: Entry, error: str, attempts: int, others: int) -> None:
    if entry.failures < attempts:
        settled.again.append(entry)
    elif settled.answered or others:
        settled.given_up.append((entry, error))
    else:
        settled.stopped += 1
        settled.why = f"{attempts} batches without a single reply ({error})"
