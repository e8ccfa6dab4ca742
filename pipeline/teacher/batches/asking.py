"""The protocol of batches: write the intents, submit, poll, write the replies as they are read, send again what failed.

What is paid once: before a batch leaves, its intent is in the ledger with the id of the newest batch that the server
had then. A batch whose submission broke off, by a crash or a lost connection, is looked for among the batches that are
newer than that one and have as many requests. Which of them is ours its results say, so their end is waited for; only
when none is left are its requests sent again. That holds as long as the server lists a batch within
`teacher.batches.settle_s` of the next look, and the key opens the workspace that it was sent to.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.errors import BudgetStop, TeacherError
from pipeline.teacher.batches.finding import search, unknown
from pipeline.teacher.batches.reading import RESULT_S, TOGETHER, Reading, read_on
from pipeline.teacher.batches.service import BatchService, Status
from pipeline.teacher.batches.settling import settle
from pipeline.teacher.batches.terms import OpenBatch, Terms
from pipeline.teacher.batches.values import Batch, Entry, Result, batch_body, new_mark, take_part
from pipeline.teacher.client import Answer
from pipeline.teacher.ledger import Ledger

AGAIN = "run the same command again; what is answered is kept, and the batches go on at the server"


class BatchAsking:
    """One run of the protocol; `open` is what the server still works on when it is interrupted."""

    def __init__(self, service: BatchService, ledger: Ledger, terms: Terms) -> None:
        self.service, self.ledger, self.terms = service, ledger, terms
        self.limits, self.teacher = terms.teacher.batches, terms.teacher
        self.spent, self.interval = terms.spent, terms.teacher.batches.poll_s[0]
        self.entries: dict[str, Entry] = {}
        self.waiting: deque[Entry] = deque()
        self.open: list[OpenBatch] = []
        self.known: set[str] = set()
        self.foreign: set[str] = set()
        self.fates: Counter[str] = Counter()
        self.submit, self.not_before = True, 0.0
        self.unheard: float | None = None
        self.missed: list[str] = []
        """Why the last submissions, one after the other, came to nothing."""
        self.ending: TeacherError | None = None

    async def run(
        self, entries: Iterable[Entry], found: Sequence[Batch], known: Iterable[str], *, submit: bool = True
    ) -> dict[str, int]:
        """The requests by fate, once all are answered or given up; without `submit`, once the batches found are read.

        Raises BudgetStop or TeacherError when it was stopped; whatever was answered until then is in the ledger.
        """
        self.entries = {entry.key: entry for entry in entries}
        self.known |= set(known)
        self.submit = submit
        self.open = [OpenBatch(batch) for batch in found]
        taken = frozenset[str]().union(*(batch.keys for batch in found))
        self.waiting = deque(entry for entry in self.entries.values() if entry.key not in taken)
        await self._forget()
        while True:
            await self._submit_what_fits()
            if not self.open and not self._may_send():
                break
            self.terms.watch(self.open)
            await self._pause()
            for one in list(self.open):
                await self._look(one)
        if self.ending:
            raise self.ending
        if submit and self.waiting:
            raise BudgetStop(
                f"budget: the next request may cost more than is left of ${self.terms.budget:g}, of which "
                f"${self.spent:.4f} are spent ({self._tally()}); run the same command with a larger --budget to go on; "
                "what is answered is kept"
            )
        return dict(+self.fates)

    async def _pause(self) -> None:
        await asyncio.sleep(self.interval)
        self.interval = min(self.interval * 1.5, max(self.limits.poll_s))

    def _left(self) -> float | None:
        """Dollars that the next batch may cost at most."""
        if self.terms.budget is None:
            return None
        return self.terms.budget - self.spent - sum(one.batch.dollars for one in self.open)

    def _may_send(self) -> bool:
        left = self._left()
        allowed = self.submit and self.ending is None
        return allowed and bool(self.waiting) and (left is None or self.waiting[0].dollars <= left)

    async def _submit_what_fits(self) -> None:
        while self._may_send() and time.monotonic() >= self.not_before:
            newest = await self.service.newest()
            if isinstance(newest, Answer):
                self._later(newest)
                return
            part = take_part(self.waiting, self.limits, self._left())
            sending = asyncio.create_task(self._submit(part, newest))
            try:
                await asyncio.shield(sending)
            except asyncio.CancelledError:
                await sending  # an interruption waits for the id, so that nobody has to look for the batch later
                raise

    async def _submit(self, part: list[Entry], newest: str | None) -> None:
        mark, dollars = new_mark(), sum(entry.dollars for entry in part)
        batch = Batch(mark, time.time(), frozenset(entry.key for entry in part), dollars, newest)
        for start in range(0, len(part), TOGETHER):
            some = part[start : start + TOGETHER]
            intents = (self.ledger.append("intent", one.key, dollars=one.dollars, batch=mark) for one in some)
            await asyncio.gather(*intents)
        await self.ledger.append("batch_intent", mark, dollars=dollars, newest=newest)
        body = batch_body(mark, ((entry.key, self.terms.params(entry)) for entry in part))
        made = await self.service.create(body)
        if isinstance(made, Status):
            self.unheard = None
            await self._taken(OpenBatch(batch, status=made), made.id)
            self.terms.tell(
                f"{made.id}: {len(part):,} requests sent, {len(body):,} bytes, at most ${dollars:.4f}; "
                "results come within 24 hours"
            )
        elif made.kind in ("failed", "overloaded"):
            self.missed.append(made.error)
            self.open.append(OpenBatch(batch))
            self.terms.tell(f"batch {mark}: sent, but nothing came back ({made.error}); it is looked for at the server")
        else:
            await self.ledger.append("batch_end", mark, outcome="never")
            self.waiting.extendleft(reversed(part))
            await self._not_taken(made, len(body))

    async def _taken(self, one: OpenBatch, batch_id: str) -> None:
        await self.ledger.append("batch", one.batch.key, id=batch_id)
        one.batch = replace(one.batch, id=batch_id)
        self.known.add(batch_id)
        self.missed = []
        self.interval = self.limits.poll_s[0]
        if one not in self.open:
            self.open.append(one)

    async def _not_taken(self, answer: Answer, length: int) -> None:
        """The server has said that it did not take the batch whose entries lead the queue again."""
        if answer.kind == "refused" and answer.error.startswith("413"):
            if length // 2 > self.waiting[0].length:
                self.limits = self.limits.model_copy(update={"bytes": length // 2})
                self.terms.tell(f"the server refuses a batch of {length:,} bytes; smaller ones are sent")
            else:
                await self._give_up(self.waiting.popleft(), answer.error)
        else:
            self._later(answer)

    def _later(self, answer: Answer) -> None:
        """Sending waits as long as the server asks, and no longer than patience lasts."""
        self._unheard(answer)
        if answer.kind == "refused":
            raise self._stopped(f"it refuses the batch ({answer.error})")
        wait = min(answer.retry_after or self.interval, self.teacher.patience_s)
        self.not_before = time.monotonic() + wait
        self.terms.tell(f"no batch can be sent now ({answer.error}); again in {wait:.0f} s")

    async def _look(self, one: OpenBatch) -> None:
        if one.batch.id is None:
            await self._find(one)
            return
        status = await self.service.retrieve(one.batch.id)
        if isinstance(status, Answer):
            self._unheard(status)
            return
        self.unheard = None
        one.status = status
        if status is None or status.gone:
            await self._gone(one, one.batch.id)
        elif status.ended:
            await self._read(one, one.batch.id)
        else:
            self._check_deadline(one, f"{status.id} has not ended")

    async def _find(self, one: OpenBatch) -> None:
        """Looks for a batch of which only the intent is known."""
        found = await search(self.service, one.batch, self.known | self.foreign)
        if isinstance(found, Answer):
            self._unheard(found)
            return
        self.unheard = None
        self.foreign |= found.foreign
        if found.ours:
            self.terms.tell(f"{found.ours}: is the batch whose submission broke off")
            await self._taken(one, found.ours)
        elif not found.alike and (self.terms.volatile or time.monotonic() - one.since > self.limits.settle_s):
            if not found.reaches and not self.terms.volatile:
                raise unknown(
                    one.batch, f"{one.batch.newest}, which was the newest when it was sent,", self.teacher.section
                )
            await self._end(one, "never")
            if len(self.missed) >= self.teacher.attempts:
                raise self._stopped(f"{len(self.missed)} batches in a row never reached it ({self.missed[-1]})")
        else:
            self._check_deadline(one, f"batch {one.batch.key} was not found for certain")

    def _check_deadline(self, one: OpenBatch, what: str) -> None:
        """By a wrong clock a run can be stopped too soon or too late, and no more than that."""
        if one.age > self.limits.deadline_h * 3600:
            raise self._stopped(
                f"{what} {one.age / 3600:.1f} hours after it was sent, by the clock of this machine, of which "
                f"{self.teacher.section}.batches.deadline_h allows {self.limits.deadline_h:g}"
            )

    async def _gone(self, one: OpenBatch, batch_id: str) -> None:
        if not self.terms.volatile:
            raise unknown(one.batch, batch_id, self.teacher.section)
        await self._end(one, "forgotten")

    async def _forget(self) -> None:
        for one in list(self.open):
            if {one.batch.id, one.batch.key} & set(self.limits.forget):
                await self._end(one, "forgotten")

    async def _end(self, one: OpenBatch, outcome: str) -> None:
        """Nothing of it will come: its requests wait again.

        What is forgotten may have been answered, so it counts as spent at its most, of a volatile server's as well.
        """
        dollars = one.batch.dollars if outcome == "forgotten" else 0.0
        await self.ledger.append("batch_end", one.batch.key, outcome=outcome, dollars=dollars)
        self.spent += dollars
        self.open.remove(one)
        self.waiting.extend(
            self.entries[key] for key in one.batch.keys if key in self.entries and key not in one.batch.done
        )
        counted = f", and counts as ${dollars:.4f} spent" if dollars else ""
        self.terms.tell(f"batch {one.batch.name}: {outcome}{counted}; its requests are sent again")

    async def _read(self, one: OpenBatch, batch_id: str) -> None:
        clock, seconds = asyncio.get_running_loop().time, self.teacher.timeout_s + RESULT_S * len(one.batch.keys)
        reading, error = Reading(one.batch, batch_id, clock() + seconds), "the stream ended early"
        for turn in range(self.teacher.attempts):
            if turn:
                await self._pause()
            if clock() > reading.until:
                raise self._stopped(f"{reading.missing:,} of the results of {batch_id} did not come in {seconds:.0f} s")
            before = reading.dollars
            broken = await read_on(reading, self.service, self.ledger, self.terms.price)
            self.spent += reading.dollars - before
            if not reading.missing:
                await self._settle(one, reading.results)
                return
            if broken and broken.kind == "fatal":
                raise self._stopped(broken.error)
            error = broken.error if broken else error
        raise self._stopped(f"{reading.missing:,} of the results of {batch_id} cannot be read ({error})")

    async def _settle(self, one: OpenBatch, results: dict[str, Result]) -> None:
        """All results are in: what failed waits again, or is given up."""
        others = self.terms.answered + self.fates["answered"]
        settled = settle(one.batch.name, results, self.entries, self.teacher.attempts, others=others)
        for entry, error in settled.given_up:
            await self._give_up(entry, error)
        await self.ledger.append("batch_end", one.batch.key, outcome="read")
        self.open.remove(one)
        self.fates.update(answered=settled.answered, stopped=settled.stopped)
        self.entries |= {entry.key: entry for entry in settled.again}
        self.waiting.extend(settled.again)
        kinds = Counter(result.kind for result in results.values())
        counts = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
        self.terms.tell(f"{one.batch.name}: ended and read: {counts}; ${self.spent:.4f} spent in all")
        if settled.why and self.submit:
            self._end_with(settled.why)

    async def _give_up(self, entry: Entry, error: str) -> None:
        await self.ledger.append("failure", entry.key, error=error)
        self.fates["failed"] += 1

    def _unheard(self, answer: Answer) -> None:
        """Raises TeacherError when the server is not for us, or has said nothing of use for longer than patience."""
        if answer.error.startswith(("404", "405")):
            raise TeacherError(
                f"{self.teacher.section}: it has no Message Batches ({answer.error}); "
                f"--set {self.teacher.section}.transport=online asks one by one"
            )
        if answer.kind == "fatal":
            raise self._stopped(answer.error)
        self.unheard = self.unheard or time.monotonic()
        if time.monotonic() - self.unheard > self.teacher.patience_s:
            raise self._stopped(f"{answer.error}, and nothing else for {self.teacher.patience_s:g} s")

    def _end_with(self, why: str) -> None:
        """Nothing is sent any more; what the server still works on is waited for."""
        if self.ending is None:
            self.ending = self._stopped(why)
            self.terms.tell(f"no more batches are sent: {why}")

    def _stopped(self, why: str) -> TeacherError:
        return TeacherError(f"{self.teacher.section}: {why} ({self._tally()}); {AGAIN}")

    def _tally(self) -> str:
        left = len(self.entries) - self.fates["answered"] - self.fates["failed"]
        return f"{self.fates['answered']:,} answered now, {left:,} left"
