"""Many requests in one event loop whose ledger cannot be written any more."""

import os
from collections import Counter
from pathlib import Path

import pytest
from alone import UNMARKED, answered, kinds, log, replies, requests
from full_disk import Disk
from pydantic import SecretStr
from test_faults_over_the_wire import serving

from pipeline.config import Limits, Teacher
from pipeline.errors import InputError
from pipeline.teacher.ask import Request
from pipeline.teacher.connection import Connection
from pipeline.teacher.reserve import SIZE
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.together import ask_here

pytestmark = pytest.mark.slow


def test_replies_on_their_way_when_the_disk_runs_full_are_kept_and_nothing_is_paid_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 in flight, and room for some 40 of 100 replies."""
    wanted, ledger = requests(100), tmp_path / "ledger"
    ledger.mkdir()
    limits = Limits(in_flight=64, requests_per_minute=60_000)

    def ask(url: str, todo: list[Request]) -> None:
        teacher = Teacher(base_url=url, api_key_env=None)
        connection = Connection(teacher, limits, url, SecretStr("simulated"), None, UNMARKED)
        ask_here(todo, connection, ledger, None, 0.0, lambda _: None, lambda _: None)

    with serving(tmp_path, SimulatedSettings(latency_ms=(100, 300)), {}) as url:
        with monkeypatch.context() as full:
            full.setattr(os, "write", Disk(ledger, SIZE + 40_000))
            with pytest.raises(
                InputError, match=r"No space left on device.*free disk space.*run the same command again"
            ):
                ask(url, wanted)
        kept = replies(ledger)
        assert 40 < len(kept) < 100
        assert answered(tmp_path) == Counter(dict.fromkeys(kept, 1))
        assert len(log(tmp_path)) == kinds(ledger)["intent"] == len(kept)
        ask(url, [one for one in wanted if one.key not in kept])
    assert answered(tmp_path) == Counter({one.key: 1 for one in wanted})
    assert replies(ledger).keys() == {one.key for one in wanted}
