"""How the asking ends: with all that was asked, by an interruption, or by a stop that is told with what to do."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.errors import BudgetStop, InputError, SeedwrightError, TeacherError

STOPS: dict[str, type[SeedwrightError]] = {"budget": BudgetStop, "teacher": TeacherError}


def to_its_end(work: Callable[[], None], stop: Callable[[], None], say: Callable[[str], None]) -> None:
    """Does the work in a thread of its own, so that an interruption reaches this one and not the middle of the work.

    `stop` is called at the first one: replies that are on their way come in, which are paid for in any case. A second
    one does not wait for them.
    """
    errors: list[BaseException] = []
    done = threading.Event()  # an interrupted Thread.join takes a thread for ended that is not

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    interrupted = False
    while not done.is_set():
        try:
            done.wait(0.2)
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            say("  interrupted: taking in the replies that are on their way; press again to leave them")
            stop()
    if errors:
        raise errors[0]


def require_all_asked(stats: Mapping[str, Any], fates: Mapping[str, int], section: str = "teacher") -> None:
    """Raises what stopped the run, if anything did: BudgetStop, TeacherError, InputError or KeyboardInterrupt. What was
    left unasked without a reason is an error, too: nothing may take it for requests without a reply.

    `section` is whose settings were asked by: a judge's troubles are not the teacher's.
    """
    left = fates.get("stopped", 0)
    if not stats["stopped"]:
        if left:
            raise SeedwrightError(
                f"{section}: {left} requests were not asked ({fates.get('answered', 0)} answered now), for the limiter "
                "was out of reach; run the same command again, what is answered is kept"
            )
        return
    kind, reason = stats["stopped"]
    if kind == "interrupt":
        raise KeyboardInterrupt
    if kind == "input":
        raise InputError(reason)
    remedy = {
        "budget": "run the same command with a larger --budget to go on; what is answered is kept",
        "teacher": "mend that, then run the same command again; what is answered is kept",
    }
    left += fates.get("failed", 0)  # a stage that is not done asks again what was given up
    where = section if kind == "teacher" else kind
    raise STOPS[kind](f"{where}: {reason} ({fates.get('answered', 0)} answered now, {left} left); {remedy[kind]}")
