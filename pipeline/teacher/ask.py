"""The protocol of one request: wait for a turn, write the intent, send, write the reply, settle.

Where turns come from is handed in, so the same code runs alone in a test and in many actors that share one limiter.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from pipeline.teacher.client import Answer
from pipeline.teacher.ledger import Ledger
from pipeline.teacher.pacing import Ask, Settled
from pipeline.teacher.prefix import is_marked
from pipeline.teacher.prices import Price
from pipeline.teacher.terms import Terms
from pipeline.teacher.usage import usage

Send = Callable[[Mapping[str, Any]], Awaitable[Answer]]
StopKind = Literal["budget", "teacher", "input", "interrupt"]


@dataclass(frozen=True, slots=True)
class Turn:
    """Leave to send now. `answered`: another worker already has the reply. `stop`: no request may leave any more.
    `alone`: too few different requests have failed since the last success for the server to be at fault.
    """

    successes: int = 0
    answered: bool = False
    stop: bool = False
    alone: bool = False


class Turns(Protocol):
    """Where turns come from: `acquire` waits for one, `settle` gives it back with the truth, `stop` ends the run for
    everybody.
    """

    async def acquire(self, ask: Ask) -> Turn: ...
    def settle(self, settled: Settled) -> None: ...
    def stop(self, kind: StopKind, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the plan wrote it."""

    key: str
    params: Mapping[str, Any]
    input_tokens: int
    output_tokens: int


async def ask(
    request: Request, *, send: Send, ledger: Ledger, turns: Turns, price: Price | None, attempts: int, terms: Terms
) -> Literal["answered", "failed", "stopped"]:
    """Asks until there is an answer; `stopped` means that the run is ending and the request keeps for later.

    A failure counts against the request only if others succeeded meanwhile, or if hardly any other fails: while nobody
    gets an answer the server is at fault, and the request waits. One that the server will never take, or that failed
    `attempts` times, is written down as a failure; whether refusals are the requests' own is for the turns to say. In
    dollars the most that it can cost on the `terms` on which it is sent is reserved, so that a budget holds.
    """
    dollars = most_dollars(request, price, terms) if price else 0.0
    reservation = Ask(request.key, request.input_tokens, request.output_tokens, dollars)
    failures, failed_at, error = 0, None, ""
    while True:
        reservation = replace(reservation, attempt=reservation.attempt + 1)
        turn = await turns.acquire(reservation)
        if turn.stop:
            return await _stopped(reservation, ledger)
        failures += failed_at is not None and (turn.alone or turn.successes > failed_at)
        if turn.answered or failures >= attempts:
            turns.settle(Settled(reservation, "unused"))
            if not turn.answered:
                await ledger.append("failure", request.key, error=error)
            return "answered" if turn.answered else "failed"
        answer = await _once(request, reservation, send=send, ledger=ledger, turns=turns, price=price)
        if answer.kind == "ok":
            return "answered"
        if answer.kind == "fatal" and not answer.barred:
            turns.stop("teacher", answer.error)
            return await _stopped(replace(reservation, attempt=reservation.attempt + 1), ledger)
        if answer.kind in ("refused", "fatal"):
            await ledger.append("failure", request.key, error=answer.error)
            return "failed"
        failed_at, error = (turn.successes if answer.kind == "failed" else None), answer.error


def most_dollars(request: Request, price: Price, terms: Terms) -> float:
    """Every byte of the request counted as a token, and the longest reply that max_tokens allows."""
    body = json.dumps(request.params, ensure_ascii=False).encode("utf-8", "surrogatepass")
    read, written = max(request.input_tokens, len(body)), int(request.params.get("max_tokens", request.output_tokens))
    return price.most(read, written, marked=terms.marks(request.params) or is_marked(body))


async def _stopped(next_one: Ask, ledger: Ledger) -> Literal["stopped"]:
    """What was tried before is known to be unpaid; without a word of it, the last intent would be taken for paid."""
    if next_one.attempt > 1:
        await ledger.append("waiting", next_one.key)
    return "stopped"


async def _once(
    request: Request, reservation: Ask, *, send: Send, ledger: Ledger, turns: Turns, price: Price | None
) -> Answer:
    """One attempt. The reservation is settled whatever happens, so that an exception cannot leak a place.

    A request that left and whose reply is lost is taken for paid, at the most that it can have cost.
    """
    settled = Settled(reservation, "failed")
    try:
        await ledger.append("intent", request.key, dollars=reservation.dollars)
        settled = replace(settled, dollars=reservation.dollars)
        answer = await send(request.params)
        if answer.kind == "ok":
            used = usage(answer.body)
            dollars = price.dollars(used) if price else None
            await ledger.append("reply", request.key, dollars=dollars, tokens=used.tokens, body=answer.body)
            settled = Settled(reservation, "ok", used.counted, used.output, dollars or 0.0, limits=answer.limits)
        elif answer.kind == "fatal" and not answer.barred:
            settled = Settled(reservation, "failed")
        elif answer.lost:
            await ledger.append("lost", request.key, dollars=reservation.dollars, error=answer.error)
            settled = replace(settled, retry_after=answer.retry_after)
        else:
            said: dict[str, Any] = {"limits": answer.limits, "error": answer.error, "barred": answer.barred}
            kind = "refused" if answer.kind == "fatal" else answer.kind
            settled = Settled(reservation, kind, retry_after=answer.retry_after, **said)
        return answer
    finally:
        turns.settle(settled)
