"""Refills over the real server and client: what the teacher spoils is asked again, within bound and budget."""

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command import Seedwright
from serving import hosted

from jobs.commands import plan_only, run_flow
from pipeline.canonical import content_hash
from pipeline.config import Settings
from pipeline.errors import BudgetStop
from pipeline.layers import BUILT_IN, load_settings
from pipeline.teacher.simulated.faults import FAULTS
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = pytest.mark.slow


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Five seeds, 80 requests, about a quarter of them for sections that omit the parties."""
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text("\n".join((BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines()[::12]) + "\n")
    omits = {"nothing": 3, "parties": 1, "effective_date": 0, "termination": 0, "payment": 0, "governing_law": 0}
    always = [
        f"seeds.path={seeds}",
        f"matrix.omits={json.dumps(omits)}",
        f"teacher.simulated.rates={json.dumps(dict.fromkeys(FAULTS, 0))}",
        "cluster={generation_actors: 1, shards: 1}",
    ]
    return lambda *pairs: load_settings("contracts", None, [*always, *pairs])[0]


@pytest.fixture
def spoiling(
    settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., str]]:
    """Starts a teacher that is unsure of every planned section that omits the parties; gives its address."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    plan_only(settings("teacher.base_url=http://127.0.0.1:9"), tmp_path / "planned", update=False)
    rows = pq.read_table(tmp_path / "planned/rounds/1/plan.parquet").to_pylist()
    spoilt = {
        content_hash(json.loads(row["params"])): {"fault": "low_confidence"}
        for row in rows
        if json.loads(row["cell"])["omits"] == "parties"
    }
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(hosted(SimulatedSettings(), tmp_path / "teacher", spoilt))


def asked(folder: Path) -> Counter[str]:
    lines = (folder / "teacher/requests.jsonl").read_text().splitlines()
    return Counter(line["body"] for line in map(json.loads, lines) if line["path"] == "/v1/messages")


def curated(record: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = record["stages"]["curate"]
    return entry


def test_a_value_that_starved_is_refilled_said_and_recorded_and_a_second_run_finds_all_done(
    settings: Callable[..., Settings], spoiling: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"teacher.base_url={spoiling()}"
    record = run_flow(settings(url), tmp_path / "run", update=False, until="curate")
    shown = capsys.readouterr().err
    [refill] = curated(record)["refills"]
    [starved] = refill["starved"]
    parties = curated(record)["attrition"]["cells"]["omits"]["parties"]
    assert (starved["dimension"], starved["value"], starved["kept"]) == ("omits", "parties", 0)
    assert parties["planned"] == starved["planned"] == parties["rejected"]["low_confidence"] > 10
    assert parties["refilled"] == refill["requests"] == refill["answered"] <= 20
    assert parties["kept"] > parties["refilled"] - 3
    assert curated(record)["funnel"][0]["in"] == 80 + refill["requests"] == len(asked(tmp_path))
    assert f"refill 1: {refill['requests']} more requests" in shown
    assert "at most 40 more" in shown
    assert record["stages"]["plan"]["refill_requests"] == 40
    cells = pq.read_table(tmp_path / "run/rounds/1/cells.parquet").to_pylist()
    assert sum(row["planned"] for row in cells) == 80
    assert sum(row["refilled"] for row in cells) == refill["requests"]
    omitting = [row for row in cells if json.loads(row["cell"])["omits"] == "parties"]
    assert sum(dict(row["rejected"]).get("low_confidence", 0) for row in omitting) == starved["planned"]
    assert sum(row["kept"] for row in omitting) == parties["kept"]
    assert curated(record)["attrition"]["pairs"] == []
    written = pq.read_table(tmp_path / "run/rounds/1/refill-1.parquet")
    assert written.num_rows == refill["requests"]

    again = run_flow(settings(url), tmp_path / "run", update=False, until="curate")
    assert capsys.readouterr().err.count("done already") == 4
    assert curated(again) == curated(record)
    changed = run_flow(settings(url, "filters.verbatim_words=9"), tmp_path / "run", update=True, until="curate")
    assert curated(changed)["refills"][0]["asked"] == 0
    assert set(asked(tmp_path).values()) == {1}


def test_without_refills_the_loss_is_told_and_nothing_more_is_asked(
    settings: Callable[..., Settings], spoiling: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"teacher.base_url={spoiling()}"
    record = run_flow(settings(url, "generation.refills=0"), tmp_path / "run", update=False, until="curate")
    shown = capsys.readouterr().err
    assert curated(record)["refills"] == []
    assert record["stages"]["plan"]["refill_requests"] == 0
    assert len(asked(tmp_path)) == 80
    lost = next(line.split() for line in shown.splitlines() if line.split()[:2] == ["omits", "parties"] and "%" in line)
    assert lost[4:] == ["0", "0%", "low_confidence"]


def test_the_budget_stops_a_refill_and_a_larger_one_goes_on_without_paying_twice(
    settings: Callable[..., Settings], spoiling: Callable[..., str], seedwright: Seedwright, tmp_path: Path
) -> None:
    priced = [f"teacher.base_url={spoiling()}", "teacher.price=[1, 5]", "limits.in_flight=2"]
    paid = run_flow(settings(*priced), tmp_path / "other", update=False, until="curate")
    plan, refill = paid["stages"]["generate"]["dollars"], curated(paid)["dollars"]
    assert refill > 0.02
    (tmp_path / "teacher/requests.jsonl").write_text("")

    with pytest.raises(BudgetStop, match="larger --budget"):
        run_flow(settings(*priced, f"budget={plan + refill / 2}"), tmp_path / "run", update=False, until="curate")
    assert 80 < len(asked(tmp_path)) < 80 + curated(paid)["refills"][0]["requests"]
    went_on = seedwright("curate", tmp_path / "run", "--budget", "9", "--json")
    assert went_on.returncode == 0, went_on.stderr
    record = json.loads(went_on.stdout)
    assert curated(record)["refills"][0]["starved"] == curated(paid)["refills"][0]["starved"]
    assert curated(record)["output"] == curated(paid)["output"]
    assert curated(record)["dollars"] == pytest.approx(refill)
    assert set(asked(tmp_path).values()) == {1}
