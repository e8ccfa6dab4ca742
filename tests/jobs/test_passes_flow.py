"""A draft and an annotation of it, over the real server and client."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from serving import hosted

from jobs.commands import plan_only, run_flow
from jobs.preview import preview
from pipeline.canonical import content_hash
from pipeline.config import Settings
from pipeline.errors import BudgetStop
from pipeline.layers import BUILT_IN, load_settings
from pipeline.teacher.simulated.faults import FAULTS
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = pytest.mark.slow

ANNOTATE = """{% block system %}
You annotate contract sections. {{ guidelines }}
Reply with one JSON object: {"answer": the facts as the schema wants them, "confidence": from 0 to 1}
{{ schema }}
{% endblock %}
{% block user %}
<deal>
side: {{ cell.side }}
risk: {{ cell.risk }}
</deal>
<document>
{{ passes[0].text }}
</document>
{% endblock %}
"""
DEAL = "matrix={side: {buyer: 1, seller: 1}, risk: {low: 1, high: 1}}"


@pytest.fixture
def annotate(tmp_path: Path) -> Path:
    path = tmp_path / "annotate.jinja"
    path.write_text(ANNOTATE)
    return path


@pytest.fixture
def settings(tmp_path: Path, annotate: Path) -> Callable[..., Settings]:
    """The contracts task on three seeds, twelve samples in two passes, with a flawless teacher."""
    lines = (BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines()
    (tmp_path / "seeds.jsonl").write_text("\n".join(lines[::20]) + "\n")
    rates = ", ".join(f"{name}: 0" for name in FAULTS)
    always = [
        f"seeds.path={tmp_path / 'seeds.jsonl'}",
        f"passes=[{BUILT_IN / 'contracts/draft.jinja'}, {annotate}]",
        DEAL,
        "generation.samples=1",
        f"teacher.simulated.rates={{{rates}}}",
        "teacher.simulated.server_rates={rate_limited: 0, overloaded: 0, server_error: 0, dropped: 0}",
        "cluster={generation_actors: 1, shards: 1}",
    ]
    return lambda *pairs: load_settings("contracts", None, [*always, *pairs])[0]


@pytest.fixture
def teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    with ExitStack() as stack:
        yield lambda plan=None, **values: stack.enter_context(
            hosted(SimulatedSettings(**values), tmp_path / "teacher", plan)
        )


def bodies_asked(folder: Path) -> Counter[str]:
    lines = map(json.loads, (folder / "teacher/requests.jsonl").read_text().splitlines())
    return Counter(line["body"] for line in lines if line["path"] == "/v1/messages")


def rows(run: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(run / "rounds/1" / name).to_pylist()
    return found


def test_a_draft_is_annotated_and_the_sample_is_both(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    record = run_flow(settings(f"teacher.base_url={teacher()}"), tmp_path / "run", update=False, until="curate")
    stages = record["stages"]
    assert stages["plan"]["requests"] == stages["generate"]["answered"] == sum(bodies_asked(tmp_path).values()) == 24
    assert stages["generate"]["passes"] == [{"requests": 12, "answered": 12}] * 2
    first, second = rows(tmp_path / "run", "plan.parquet"), rows(tmp_path / "run", "pass-2.parquet")
    assert [row["sample_id"] for row in first] == [row["sample_id"] for row in second]
    prompts = {row["sample_id"]: json.loads(row["params"])["messages"][0]["content"] for row in second}
    samples = rows(tmp_path / "run", "samples/part-0.parquet")
    assert len(samples) > 3
    for sample in samples:
        deal = json.loads(sample["cell"])
        assert prompts[sample["sample_id"]].startswith(f"<deal>\nside: {deal['side']}\nrisk: {deal['risk']}\n</deal>")
        assert sample["text"] in prompts[sample["sample_id"]]
        assert 0.86 <= sample["confidence"] <= 0.99


def test_editing_the_second_prompt_pays_for_the_second_pass_alone_and_nothing_else_for_anything(
    settings: Callable[..., Settings], teacher: Callable[..., str], annotate: Path, tmp_path: Path
) -> None:
    asks = settings(f"teacher.base_url={teacher()}")
    run_flow(asks, tmp_path / "run", update=False, until="curate")
    before = bodies_asked(tmp_path)
    assert run_flow(asks, tmp_path / "run", update=False, until="curate")["stages"]["generate"]["asked"] == 24
    assert bodies_asked(tmp_path) == before
    annotate.write_text(ANNOTATE.replace("You annotate", "You carefully annotate"))
    again = run_flow(asks, tmp_path / "run", update=False, until="curate")["stages"]
    assert (again["generate"]["asked"], again["generate"]["passes"][0]["answered"]) == (12, 12)
    new = bodies_asked(tmp_path) - before
    assert set(new) == {content_hash(json.loads(row["params"])) for row in rows(tmp_path / "run", "pass-2.parquet")}
    assert set(new.values()) == {1}


def test_a_budget_that_ends_within_the_second_pass_is_gone_on_with_and_nothing_is_paid_twice(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    asks = [f"teacher.base_url={teacher()}", "teacher.price=[1, 5]", "limits.in_flight=1", "teacher.caching=false"]
    free = run_flow(settings(*asks), tmp_path / "whole", update=False, until="generate")["stages"]["generate"]
    paid = bodies_asked(tmp_path)
    with pytest.raises(BudgetStop):
        run_flow(settings(*asks, f"budget={free['dollars'] * 0.97}"), tmp_path / "run", update=False, until="curate")
    first = sum((bodies_asked(tmp_path) - paid).values())
    assert 12 < first < 24
    record = run_flow(settings(*asks, "budget=2"), tmp_path / "run", update=False, until="curate")
    assert record["stages"]["generate"]["asked"] == 24 - first
    assert bodies_asked(tmp_path) == Counter(dict.fromkeys(paid, 2))
    assert record["stages"]["generate"]["dollars"] == pytest.approx(free["dollars"])


def test_a_sample_rejected_in_the_first_pass_is_not_asked_again_and_the_pass_is_named(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    plan_only(settings("teacher.base_url=http://127.0.0.1:9"), tmp_path / "run", update=False)
    params = [json.loads(row["params"]) for row in rows(tmp_path / "run", "plan.parquet")[:3]]
    raws = [{"text": "no object", "stop_reason": "end_turn"}, {"text": "", "stop_reason": "refusal"}]
    raws.append({"text": '{"draft": "no text"}', "stop_reason": "end_turn"})
    plan = {content_hash(one): {"fault": "raw", **raw} for one, raw in zip(params, raws, strict=True)}
    record = run_flow(settings(f"teacher.base_url={teacher(plan)}"), tmp_path / "run", update=False, until="curate")
    assert record["stages"]["generate"]["passes"] == [{"requests": 12, "answered": 12}, {"requests": 9, "answered": 9}]
    assert sum(bodies_asked(tmp_path).values()) == 21
    rejected = {row["reason"]: row["detail"] for row in rows(tmp_path / "run", "rejected/part-0.parquet")}
    assert rejected["malformed_json"] == "pass 1: no JSON object"
    assert rejected["refusal"] == "pass 1: stop_reason refusal"
    assert rejected["wrong_shape"].startswith("pass 2: no prompt for it, ")


def test_the_preview_shows_both_passes(settings: Callable[..., Settings], capsys: pytest.CaptureFixture[str]) -> None:
    found = preview(settings(), 2)
    shown = capsys.readouterr().err
    assert len(found["samples"]) == 2
    assert shown.count("--- prompt\n") == shown.count("--- prompt 2\n<deal>\n") == 2
    assert all(sample["confidence"] >= 0.86 for sample in found["samples"])


def test_noise_is_made_before_the_filters_costs_nothing_and_loses_no_sample_to_grounding_or_verifier(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    asks = [f"teacher.base_url={teacher()}", f"passes=[{BUILT_IN / 'contracts/draft.jinja'}]"]
    asks += ["matrix.register=measured", "generation.samples=4"]
    record = run_flow(settings(*asks), tmp_path / "run", update=False, until="curate")
    assert {one["trait"]: one["n"] for one in record["stages"]["plan"]["register"]}["misspelt"] == 3
    paid, before = bodies_asked(tmp_path), record["stages"]["curate"]["funnel"]
    noise = "generation.noise={typos: 1, lower_case: 0.5}"
    record = run_flow(settings(*asks, noise), tmp_path / "run", update=True, until="curate")
    assert bodies_asked(tmp_path) == paid
    for stage in ("grounding", "verifier"):
        one, other = (
            next(entry for entry in funnel if entry["stage"] == stage)
            for funnel in (before, record["stages"]["curate"]["funnel"])
        )
        assert one["rejected"] == other["rejected"]
    assert record["stages"]["curate"]["noise"]["typos"] > 40
    samples = rows(tmp_path / "run", "samples/part-0.parquet")
    tags = Counter(kind for row in samples for kind in json.loads(row["cell"]).get("noise", "").split("+"))
    assert tags["typos"] > 0.9 * len(samples)
    assert 0.2 < tags["lower_case"] / len(samples) < 0.8
    assert all((row["raw"] is None) == ("noise" not in json.loads(row["cell"])) for row in samples)
    assert all(row["raw"] != row["text"] for row in samples)
    assert record["stages"]["curate"]["attrition"]["cells"].keys() == record["stages"]["plan"]["cells"].keys()


def test_a_refill_goes_through_all_passes_and_its_samples_are_whole(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    four = "generation.samples=4"
    plan_only(settings("teacher.base_url=http://127.0.0.1:9", four), tmp_path / "planned", update=False)
    planned = rows(tmp_path / "planned", "plan.parquet")
    buying = [row for row in planned if json.loads(row["cell"])["side"] == "buyer"]
    refuse = {"fault": "raw", "text": "", "stop_reason": "refusal"}
    spoilt = {content_hash(json.loads(row["params"])): refuse for row in buying}
    asks = [f"teacher.base_url={teacher(spoilt)}", four, "generation.refills=1"]
    stages = run_flow(settings(*asks), tmp_path / "run", update=False, until="curate")["stages"]
    [refill] = stages["curate"]["refills"]
    first, second = (rows(tmp_path / "run", f"refill-1{name}.parquet") for name in ("", "-pass-2"))
    assert len(first) == len(second) == len(planned) / 4
    assert refill["asked"] == refill["answered"] == refill["requests"] == len(planned) / 2
    buyers = stages["curate"]["attrition"]["cells"]["side"]["buyer"]
    assert (buyers["refilled"], buyers["rejected"]["refusal"]) == (len(first), len(buying))
    assert buyers["kept"] > 0
    again = run_flow(settings(*asks, "filters.verbatim_words=9"), tmp_path / "run", update=True, until="curate")
    assert again["stages"]["curate"]["refills"][0]["asked"] == 0
    assert set(bodies_asked(tmp_path).values()) == {1}
