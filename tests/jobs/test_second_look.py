"""The judge and the readings over the real server and client: what they are asked, and what their failures do."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from answering import answer_all
from command import Seedwright
from serving import hosted

from jobs.asking import check_teacher
from jobs.check import read_checked
from jobs.commands import ask_again, run_flow
from jobs.run import Run, open_run
from jobs.second_look import judge_samples, read_again, require_judge, with_difficulty
from pipeline.canonical import content_hash
from pipeline.config import Judge, Settings
from pipeline.curate.consistency import reading_requests
from pipeline.curate.filters import filter_stages
from pipeline.curate.judging import judge_requests
from pipeline.curate.samples import join_replies, parse_stage
from pipeline.errors import InputError, TeacherError
from pipeline.generate.plan import plan_requests
from pipeline.layers import BUILT_IN, load_settings
from pipeline.run_dir import RunDir, write_parquet
from pipeline.seeds.intake import without_folders
from pipeline.stage import compose
from pipeline.tasks.task import Task, load_task, read_source
from pipeline.teacher.client import api_key
from pipeline.teacher.ledger import answers

pytestmark = pytest.mark.slow

HONEST = "teacher.simulated={rates: {wrong_field: 0}}"


class Bench:
    """A run whose samples are drafted and filtered, and the servers that its judge and teacher answer from."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack, *pairs: str) -> None:
        seeds = folder / "seeds.jsonl"
        lines = (BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines()
        folder.mkdir(parents=True, exist_ok=True)
        seeds.write_text("\n".join(lines[::6]) + "\n")
        self.settings = load_settings("contracts", None, [f"seeds.path={seeds}", "generation.samples=2", *pairs])[0]
        self.task: Task = load_task(read_source(self.settings))
        self.run: Run = open_run(RunDir(folder), self.settings)
        self.ledger, self.stack = folder / "ledger", stack
        tables = read_checked(self.task)[0]
        for name, table in tables.items():
            write_parquet(folder / "inputs" / f"{name}.parquet", without_folders(table))
        requests = plan_requests(self.task, tables["seeds"])
        quiet = self.settings.teacher.simulated.model_copy(update={"server_rates": {}})
        self.url = stack.enter_context(hosted(quiet, folder / "teacher"))
        answer_all(self.ledger, requests, self.settings.teacher, self.url)
        joined = join_replies(requests, answers(self.ledger, set(requests["key"].to_pylist())))
        stages = [parse_stage(1024, "simulated-teacher"), *filter_stages(self.task.source, tables["seeds"])]
        self.samples: pa.Table = compose(stages)(joined)

    def answer_judge(self, plan: dict[str, Any] | None = None) -> None:
        """Fills the ledger with the judge's replies to every sample and real row that it could be asked about."""
        judge = self.settings.judge
        assert judge is not None
        rows = [row for row in self.samples.to_pylist() if row["answer"]]
        real = self.run.dir.table("inputs/calibration.parquet").to_pylist()
        requests = judge_requests(self.task, judge, [*rows, *({**row, "cell": None, "sample_id": ""} for row in real)])
        url = self.stack.enter_context(hosted(judge.simulated, self.run.dir.path / "judge", plan))
        answer_all(self.ledger, requests, judge, url)

    def kept(self) -> list[dict[str, Any]]:
        return [row for row in self.samples.to_pylist() if row["reason"] is None]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    with contextlib.ExitStack() as stack:
        yield lambda *pairs: Bench(tmp_path / "run", stack, *pairs)


def test_without_a_judge_and_readings_nothing_is_asked_and_nothing_changes(bench: Callable[..., Bench]) -> None:
    here = bench()
    assert judge_samples(here.run, here.samples) == (here.samples, {})
    assert read_again(here.run, here.samples) == (here.samples, {})


def test_the_judge_rejects_wrong_answers_that_the_filters_let_through_and_keeps_right_ones(
    bench: Callable[..., Bench],
) -> None:
    rates = "teacher.simulated={rates: {wrong_field: 0.5}}"
    here = bench("judge={simulated: {judge_rates: {}}}", rates, "verify=null")
    here.answer_judge()
    samples, found = judge_samples(here.run, here.samples)
    lines = map(json.loads, (here.run.dir.path / "teacher/requests.jsonl").read_text().splitlines())
    faults = {line["body"]: line["fault"] for line in lines}
    planned = plan_requests(here.task, here.run.dir.table("inputs/seeds.parquet")).to_pylist()
    truth = {row["sample_id"]: faults[content_hash(json.loads(row["params"]))] for row in planned}
    verdicts = Counter(
        (truth[row["sample_id"]], row["stage"]) for row in samples.to_pylist() if row["stage"] in (None, "judge")
    )
    assert verdicts["wrong_field", "judge"] > 4 * verdicts["wrong_field", None]
    assert verdicts[None, None] > 3 * verdicts[None, "judge"]
    assert found["rejected"]["count"] == sum(count for (_, by), count in verdicts.items() if by == "judge")
    assert found["unscored"]["count"] == 0
    row = next(row for row in samples.to_pylist() if row["reason"] == "judge_correctness")
    assert row["score"] == json.loads(row["judged"])["correctness"] < 3
    assert row["detail"] == json.loads(row["judged"])["reason"]


def test_a_judge_that_fails_leaves_every_row_unscored_kept_and_told(
    bench: Callable[..., Bench], capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {"malformed_scores": 0.3, "refused_scores": 0.3, "out_of_range": 0.2, "missing_score": 0.2}
    here = bench(f"judge={{simulated: {{judge_rates: {json.dumps(broken)}}}}}".replace('"', ""))
    here.answer_judge()
    samples, found = judge_samples(here.run, here.samples)
    assert samples["reason"].to_pylist() == here.samples["reason"].to_pylist()
    assert found["unscored"]["count"] == found["asked"] == len(here.kept())
    assert set(found["unscored"]["reasons"]) == {"malformed_json", "refusal", "out_of_range", "missing_score"}
    assert found["means"]["depth"] == {"value": None, "low": None, "high": None, "n": 0}
    assert "more than judge.unscored=0.2; they are kept without a judgement" in capsys.readouterr().err
    assert all("unscored" in json.loads(one) for one in samples["judged"].to_pylist() if one)


def test_a_biased_judge_is_found_out_by_its_controls(bench: Callable[..., Bench]) -> None:
    rates = "teacher.simulated={rates: {invented_fact: 0.4}}"
    here = bench("judge={simulated: {judge_rates: {lenient: 1.0}}}", rates)
    here.answer_judge()
    samples, found = judge_samples(here.run, here.samples)
    refuted = found["controls"]["refuted"]
    assert refuted["n"] == 20
    assert refuted["value"] < 0.5
    assert found["controls"]["real"]["n"] == 20
    assert found["agreement"]["n"] == 40
    assert found["agreement"]["count"] == refuted["count"] + 20 - found["controls"]["real"]["count"]
    assert found["agreement"]["kappa"]["value"] < 0.5
    assert any("answers that the filters refuted" in warning for warning in found["warnings"])
    rows = {row["sample_id"]: row for row in samples.to_pylist()}
    controls = [row for row in rows.values() if row["judged"] and row["stage"] in ("grounding", "verifier")]
    assert len(controls) == 20


def test_the_readings_tag_what_they_find_cost_what_they_cost_and_reject_only_when_told(
    bench: Callable[..., Bench],
) -> None:
    here = bench("consistency={k: 3}", HONEST)
    requests = reading_requests(here.task, here.kept(), 3)
    answer_all(here.ledger, requests, here.settings.teacher, here.url)
    samples, found = read_again(here.run, here.samples)
    assert samples["reason"].to_pylist() == here.samples["reason"].to_pylist()
    tags = [json.loads(one) for one in samples["tags"].to_pylist() if one]
    assert found["ambiguous"]["count"] == sum("ambiguous" in one for one in tags) > 0
    assert found["contradicted"]["count"] == sum("contradicted" in one for one in tags)
    assert found["compared"] == found["asked"] == len(here.kept())
    assert found["cost"]["dollars"] == pytest.approx(0.001 * requests.num_rows)
    assert found["fields"]["governing_law"]["agreement"]["value"] > 0.8
    hard = [json.loads(one) for one in with_difficulty(samples)["tags"].to_pylist() if one]
    assert all(one["difficulty"] == "hard" for one in hard if "ambiguous" in one)
    strict = here.settings.model_copy(
        update={"consistency": here.settings.consistency.model_copy(update={"reject": ("ambiguous",)})}  # type: ignore[union-attr]
    )
    again = read_again(Run(here.run.dir, strict, here.task.source), here.samples)[0]
    assert Counter(again["stage"].to_pylist())["consistency"] == found["ambiguous"]["count"]


def test_a_judge_of_the_same_family_is_refused_before_anything_is_planned(
    seedwright: Seedwright, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    refused = seedwright("plan", "contracts", "--out", out, "--set", "judge.family=simulated")
    assert refused.returncode == 2
    assert "judge.family: teacher simulated-teacher (simulated) and judge simulated-judge (simulated)" in refused.stderr
    assert "judges favour their kin" in refused.stderr
    reason = "no other model may be used on these contracts"
    pairs = ["--set", "judge.family=simulated", "--set", f"judge.same_family={reason}"]
    assert seedwright("plan", "contracts", "--out", out, *pairs, "--update").returncode == 0
    assert json.loads((out / "run.json").read_text())["settings"]["judge"]["same_family"] == reason


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        ("judge.thresholds.correctness=9", "judge.thresholds.correctness"),
        ("judge.thresholds.kindness=3", "kindness"),
        ("judge.modle=x", "did you mean judge.model?"),
        ("judge.same_family=ok", "judge.same_family"),
        ("judge.model=other", "the built-in judge serves simulated-teacher, simulated-judge and not 'other'"),
        ("judge={base_url: null, model: claude-opus-5-5}", "judge.family: is 'simulated-rules'"),
        ("judge.simulated.judge_rates={bribed: 1}", "judge_rates has the unknown fault 'bribed'"),
        ("consistency.k=1", "consistency.k"),
        ("consistency.reject=[all]", "consistency.reject"),
        ("filters.words=[90, 30]", "words (90, 30) falls"),
        ("filters.hedging=drop", "filters.hedging"),
    ],
)
def test_a_mistake_in_the_settings_of_judge_and_checks_is_named(seedwright: Seedwright, pair: str, told: str) -> None:
    refused = seedwright("plan", "contracts", "--set", pair)
    assert refused.returncode == 2
    assert told in refused.stderr


def test_the_built_in_judge_refuses_a_task_that_it_cannot_read(load: Callable[..., Task]) -> None:
    with pytest.raises(InputError, match="the built-in judge reads contract sections only"):
        require_judge(load("judge={}").source)


def test_no_key_of_the_built_in_judge_is_written_into_the_record(tmp_path: Path) -> None:
    settings = load_settings("contracts", None, ["judge.simulated.api_key=very-secret-key"])[0]
    open_run(RunDir(tmp_path), settings)
    assert "very-secret-key" not in (tmp_path / "run.json").read_text()


def test_what_is_wrong_with_the_judge_is_told_of_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    judge = Judge(base_url="http://127.0.0.1:9", model="m", family="f", api_key_env="JUDGE_KEY")
    with pytest.raises(InputError, match=r"judge\.api_key_env: JUDGE_KEY is not set.*--set judge\.api_key_env=null"):
        api_key(judge)
    params = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    with pytest.raises(TeacherError, match=r"^judge http://127\.0\.0\.1:9.*check judge\.base_url"):
        asyncio.run(check_teacher(judge.model_copy(update={"api_key_env": None}), judge.base_url, params))


def test_retry_failed_undoes_curation_only_where_it_asked_a_model(tmp_path: Path) -> None:
    folder, plain = RunDir(tmp_path), {"task": "t", "settings": {}, "shaping": {}}
    for looks, left in (({}, {"curate"}), ({"judge": {"asked": 3}}, set()), ({"consistency": {}}, set())):
        folder.write({**plain, "stages": {"generate": {}, "curate": {"funnel": [], **looks}}})
        ask_again(folder)
        assert set(folder.read()["stages"]) == left


def test_the_whole_flow_with_judge_and_readings_adds_up_and_a_second_run_pays_nothing(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text("\n".join((BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines()[::12]) + "\n")
    pairs = [f"seeds.path={seeds}", "generation.samples=1", "judge={}", "consistency={k: 2}", "verify=null"]
    pairs += ["teacher.simulated.rates={wrong_field: 0.5}", "cluster={generation_actors: 1, shards: 1}"]

    def flow(*more: str) -> dict[str, Any]:
        settings: Settings = load_settings("contracts", None, [*pairs, *more])[0]
        return run_flow(settings, tmp_path / "run", update=True, until="curate")

    entry = flow()["stages"]["curate"]
    names = [each["stage"] for each in entry["funnel"]]
    assert names[-5:] == ["quality", "judge", "consistency", "dedup", "contamination"]
    assert all(each["in"] == sum(each["rejected"].values()) + each["kept"] for each in entry["funnel"])
    assert entry["judge"]["asked"] == next(each["in"] for each in entry["funnel"] if each["stage"] == "judge")
    assert entry["input_tokens"] == sum(entry[look]["cost"]["input_tokens"] for look in ("judge", "consistency"))
    asked = {name: log(tmp_path / "run" / name) for name in ("teacher", "judge")}
    assert len(asked["judge"]) >= entry["judge"]["asked"]
    flow("consistency.reject=[ambiguous]")
    assert {name: log(tmp_path / "run" / name) for name in ("teacher", "judge")} == asked


def log(folder: Path) -> list[str]:
    lines = (json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines())
    return [line["body"] for line in lines if line["path"] == "/v1/messages" and line["status"] == 200]
