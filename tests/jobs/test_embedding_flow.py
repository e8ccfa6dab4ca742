"""The embedding tiers inside a run, over the real server and client."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from serving import hosted
from test_other_tasks import TEXTS
from tiny_encoder import make_tiny_encoder

from jobs.commands import plan_only, run_flow
from jobs.curate import unchecked
from jobs.init import init
from pipeline.canonical import content_hash
from pipeline.errors import InputError
from pipeline.layers import load_settings
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = pytest.mark.slow

MODEL = ["teacher.model=simulated-teacher"]
Flow = Callable[..., dict[str, Any]]


def real_texts(task: Path) -> list[str]:
    files = [task / f"{name}.jsonl" for name in ("seeds", "calibration", "dev", "final")]
    return [json.loads(line)["text"] for file in files for line in file.read_text().splitlines()]


def turned(text: str) -> str:
    """The same words in another order, of which no lexical tier finds anything."""
    words = text.split()
    return " ".join([*words[1::2], *words[::2]])


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A classification task whose teacher writes eight texts, one of them turned, and a real row turned."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    init(tmp_path / "mail", "classification")

    def run(*pairs: str) -> dict[str, Any]:
        plan_only(load_settings(str(tmp_path / "mail"), None, MODEL)[0], tmp_path / "plan", update=True)
        params = pq.read_table(tmp_path / "plan/rounds/1/plan.parquet")["params"].to_pylist()
        texts = [*TEXTS, turned(TEXTS[0]), turned(LEAKED)]
        labels = ["refund", "delivery"] * 4 + ["refund", "delivery"]
        replies = [
            json.dumps({"text": text, "answer": {"label": label}, "confidence": 0.9})
            for text, label in zip(texts, labels, strict=True)
        ]
        plan = {
            content_hash(json.loads(one)): {"fault": "raw", "text": reply}
            for one, reply in zip(params, replies, strict=True)
        }
        with hosted(SimulatedSettings(), tmp_path / "teacher", plan) as url:
            settings = load_settings(str(tmp_path / "mail"), None, [*MODEL, f"teacher.base_url={url}", *pairs])[0]
            return run_flow(settings, tmp_path / "run", update=True, until="curate")

    return run


LEAKED = "Could you tell me on which day the chairs will be delivered?"


def test_a_run_removes_what_means_the_same_and_what_rephrases_a_real_row(tmp_path: Path, flow: Flow) -> None:
    model = make_tiny_encoder(tmp_path / "encoder", [*real_texts(tmp_path / "mail"), *TEXTS])
    record = flow(f"dedup.embedding={model}", f"contamination.embedding={model}")
    curate = record["stages"]["curate"]
    rejected = {entry["stage"]: entry["rejected"] for entry in curate["funnel"]}
    assert (rejected["dedup"], set(rejected["contamination"])) == ({"semantic": 1}, {"contaminated_embedding"})
    rows = pq.read_table(tmp_path / "run/rounds/1/rejected/part-0.parquet").to_pylist()
    leak = next(row for row in rows if row["text"] == turned(LEAKED))
    assert leak["reason"] == "contaminated_embedding"
    assert leak["twin_id"].startswith("calibration/")
    twin = next(row for row in rows if row["reason"] == "semantic")
    kept = pq.read_table(tmp_path / "run/rounds/1/samples/part-0.parquet").to_pylist()
    assert twin["twin_id"] in {row["sample_id"] for row in kept}
    tier = curate["contamination"]["embedding"]
    assert tier["control"]["rows"] == record["stages"]["check"]["rows"]["seeds"]
    assert tier["cut"] <= leak["score"]
    assert "embedding" not in curate["contamination"]["not_checked"]
    assert f"embedding model `{model}`" in (tmp_path / "run/dataset/README.md").read_text()


def test_a_model_that_is_not_there_stops_a_run_before_anything_is_paid(tmp_path: Path) -> None:
    init(tmp_path / "mail", "classification")
    pairs = [*MODEL, "teacher.base_url=http://127.0.0.1:9", "contamination.embedding=./nowhere"]
    with pytest.raises(InputError, match=r"contamination\.embedding: there is no folder '.*/nowhere'"):
        run_flow(load_settings(str(tmp_path / "mail"), None, pairs)[0], tmp_path / "run", update=False)
    assert not (tmp_path / "run/inputs").exists()
    assert not (tmp_path / "run/ledger").exists()


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (None, "no embedding model is set"),
        ({"verdict": "separable", "probes": {"rows": 9, "found": 9}}, None),
        (
            {"verdict": "not separable", "probes": {"rows": 9, "found": 1}},
            "looked for, but leaks cannot be told from neighbours (1 of 9 probes found)",
        ),
        (
            {"verdict": "unknown", "probes": {"rows": 0, "found": 0}},
            "looked for, but no real row is long enough to say whether leaks can be told from neighbours",
        ),
    ],
)
def test_what_cannot_be_told_is_reported_as_not_checked(figures: dict[str, Any] | None, said: str | None) -> None:
    assert unchecked(figures).get("embedding") == said
