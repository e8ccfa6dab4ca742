"""Caching and structured replies through the whole flow: one prefix is written and all others read it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from serving import hosted

from jobs.commands import run_flow
from pipeline.config import Settings
from pipeline.layers import BUILT_IN, load_settings
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = pytest.mark.slow

ROWS = 8


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Settings]]:
    """The contracts task on two seeds, eight requests, and a server of the settings given."""
    lines = (BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines()[::30]
    (tmp_path / "seeds.jsonl").write_text("\n".join(lines) + "\n")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    with ExitStack() as stack:

        def made(*pairs: str, **server: Any) -> Settings:
            url = stack.enter_context(hosted(SimulatedSettings(**server), tmp_path / "teacher"))
            always = [f"seeds.path={tmp_path / 'seeds.jsonl'}", "generation.samples=1", f"teacher.base_url={url}"]
            return load_settings("contracts", None, [*always, "cluster={generation_actors: 2, shards: 1}", *pairs])[0]

        yield made


def asked(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "teacher/requests.jsonl").read_text().splitlines()]
    return [line for line in lines if line["path"] == "/v1/messages"]


def test_one_request_writes_the_prefix_and_all_others_read_it(
    settings: Callable[..., Settings], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = run_flow(settings(latency_ms=(300, 300)), tmp_path / "run", update=False, until="generate")
    entry = record["stages"]["generate"]
    assert (entry["asked"], entry["fates"]) == (ROWS, {"answered": ROWS})
    assert Counter((line["cache_write"], line["cache_read"]) for line in asked(tmp_path)) == {
        (1315, 0): 1,
        (0, 1315): ROWS - 1,
    }
    assert (entry["cache_write"], entry["cache_read"]) == (1315, 1315 * (ROWS - 1))
    assert entry["cached_share"] == pytest.approx(entry["cache_read"] / entry["input_tokens"], abs=1e-4)
    shown = capsys.readouterr().err
    assert "simulated-teacher caches from 1,024: they will be cached" in shown
    assert f"{entry['cached_share']:.0%} of the tokens in from the server's cache" in shown


def test_a_server_without_structured_replies_is_asked_once_with_and_never_again(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    refusing = settings(structured="refuses")
    record = run_flow(refusing, tmp_path / "run", update=False, until="generate")
    assert record["stages"]["generate"]["answered"] == ROWS
    assert Counter(line["status"] for line in asked(tmp_path)) == {400: 1, 200: ROWS}
    more = refusing.model_copy(update={"generation": refusing.generation.model_copy(update={"samples": 2})})
    record = run_flow(more, tmp_path / "run", update=True, until="generate")
    assert record["stages"]["generate"]["answered"] == 2 * ROWS
    assert Counter(line["status"] for line in asked(tmp_path))[400] == 1
    found = json.loads((tmp_path / "run/terms.json").read_text())
    assert [one["structured"] for one in found.values()] == [False]


def test_replies_of_a_server_that_ignores_the_format_are_checked_all_the_same(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    broken = {"malformed_json": 0.3, "schema_violation": 0.3}
    run_flow(settings(structured="ignores", rates=broken), tmp_path / "run", update=False, until="curate")
    funnel = json.loads((tmp_path / "run/run.json").read_text())["stages"]["curate"]["funnel"]
    rejected = {entry["stage"]: entry["rejected"] for entry in funnel}
    faults = Counter(line["fault"] for line in asked(tmp_path))
    assert faults["malformed_json"] == rejected["parse"].get("malformed_json", 0) > 0
    assert faults["schema_violation"] == sum(rejected["schema"].values()) > 0
