import asyncio
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import SecretStr
from serving import hosted

from pipeline.config import Cluster, Limits, Teacher
from pipeline.errors import TeacherError
from pipeline.generate.waiting import set_aside
from pipeline.teacher.connection import Connection
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.terms import Terms

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.usefixtures("ray_here")]
ROWS, SIZE = 2000, 5


def requests() -> pa.Table:
    asked = {"model": "simulated-teacher", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    rows = [
        {"key": f"k{number}", "params": json.dumps(asked), "input_tokens": 1, "output_tokens": 1}
        for number in range(ROWS)
    ]
    return pa.Table.from_pylist(rows)


def test_an_actor_has_live_tasks_for_the_blocks_that_it_works_on_and_not_for_every_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one request that leaves takes so long that all the others would be tasks by then, if nothing held them back;
    what comes of it then ends the run.
    """
    from cluster import generation

    peak = tmp_path / "peak"

    class Counted(generation.Generator):  # local, so that it travels to the actor with its code
        most = 0

        async def count(self) -> None:
            while True:
                self.most = max(self.most, len(asyncio.all_tasks()))
                peak.write_text(str(self.most))
                await asyncio.sleep(0.1)

        def _open(self) -> Any:
            if self.ready is None:
                self.counting = asyncio.create_task(self.count())
            return super()._open()

    monkeypatch.setattr(generation, "Generator", Counted)
    settings = Cluster(generation_actors=1, block_rows=SIZE)
    (tmp_path / "ledger").mkdir()
    with (
        hosted(SimulatedSettings(server_rates={"unpaid": 1.0}, latency_ms=(3000, 3000)), tmp_path) as url,
        set_aside(requests(), frozenset(), tmp_path / "asking.parquet", settings) as waiting,
    ):
        connection = Connection(Teacher(), Limits(in_flight=1), url, SecretStr("simulated"), None, Terms(caching=False))
        with pytest.raises(TeacherError, match="402"):
            generation.generate(waiting, connection, settings, tmp_path / "ledger", None, 0.0, lambda _: None)
    assert waiting.groups == ROWS // SIZE
    asked = generation.CALLS * SIZE
    assert SIZE < int(peak.read_text()) < 2 * asked < ROWS / 4  # how many it reaches in those three seconds varies
