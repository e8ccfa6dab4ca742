"""What happens to one attempt at the simulated server: how long it takes and how it fails, by plan or at random.

The draw is a hash of the request and of the number of its attempt: runs repeat each other, and a retry can succeed.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pipeline.errors import InputError
from pipeline.teacher.simulated.settings import BATCH_FAULTS, SERVER_FAULTS, SimulatedSettings

Plan = Mapping[str, Mapping[str, Any]]
PLANNED = ("server", "batch", "times")
"""What an entry of a plan says to the server; the rest is about the content of the reply."""


def fate(settings: SimulatedSettings, plan: Plan, key: str, attempt: int) -> tuple[str | None, float]:
    """The fault of the server, if any, and the seconds before the reply; `key` is the content hash of the body.

    The plan entry `{"server": "overloaded", "times": 2}` fails the first two attempts. A planned request meets no other
    fault of the server.
    """
    digest = sha256(f"{key}:{attempt}".encode()).digest()
    draw, pace = (int.from_bytes(part) / 2**64 for part in (digest[:8], digest[8:16]))
    entry = plan.get(key)
    if entry is None:
        fault = _drawn(settings.server_rates, draw, SERVER_FAULTS)
    else:
        fault = entry.get("server") if attempt <= entry.get("times", 1) else None
    shortest, longest = settings.latency_ms
    return fault, (shortest + (longest - shortest) * pace) / 1000 + (settings.slow_s if fault == "slow" else 0.0)


def entry_fate(settings: SimulatedSettings, plan: Plan, key: str, attempt: int) -> str | None:
    """The fault that a request meets in a Message Batch; `attempt` is the number of the batches that held it."""
    entry = plan.get(key)
    if entry is not None:
        return entry.get("batch") if attempt <= entry.get("times", 1) else None
    draw = int.from_bytes(sha256(f"batch {key}:{attempt}".encode()).digest()[:8]) / 2**64
    return _drawn(settings.batch_rates, draw, BATCH_FAULTS)


def content_entry(plan: Plan, key: str) -> dict[str, Any] | None:
    """What the plan says about the content of the reply, which is not the server's to read."""
    return {name: value for name, value in plan.get(key, {}).items() if name not in PLANNED} or None


def check_plan(plan: Plan) -> None:
    """InputError when the server could not do what the plan says."""
    for key, entry in plan.items():
        fault, times = entry.get("server"), entry.get("times", 1)
        if entry.get("batch") not in (None, *BATCH_FAULTS):
            raise InputError(
                f"plan {key}: {entry['batch']!r} is no fault of a batch; choose from {', '.join(BATCH_FAULTS)}"
            )
        if fault is not None and fault not in SERVER_FAULTS:
            raise InputError(f"plan {key}: {fault!r} is no fault of the server; choose from {', '.join(SERVER_FAULTS)}")
        if type(times) is not int or times < 1:
            raise InputError(f"plan {key}: times is {times!r}; give a whole number of at least 1")


def _drawn(rates: Mapping[str, float], draw: float, faults: tuple[str, ...]) -> str | None:
    """The fault that a number from 0 to 1 falls on; the order of the rates does not matter.

    >>> rates = {"dropped": 0.1, "slow": 0.2}
    >>> _drawn(rates, 0.15, ("slow", "dropped")), _drawn(rates, 0.25, ("slow", "dropped"))
    ('slow', 'dropped')
    """
    for fault in faults:
        draw -= rates.get(fault, 0.0)
        if draw < 0:
            return fault
    return None
