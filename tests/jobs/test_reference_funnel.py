import json
import shutil
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from reference import Reference, jaccard, make_reference
from serving import hosted

from jobs.commands import run_flow
from jobs.curate import STAGES
from pipeline.config import Settings
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = [
    pytest.mark.ray,
    pytest.mark.drill,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("ray_here"),
]

EXPECTED = {
    "low_confidence": ("confidence", "low_confidence"),
    "schema_violation": ("schema", "schema_violation"),
    "near": ("dedup", "near"),
    "contaminated": ("contamination", "contaminated_jaccard"),
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reference, Path]:
    """The whole flow over the real server, the real client and Ray, once for the tests of this file."""
    folder = tmp_path_factory.mktemp("reference")
    material = make_reference(folder / "task")
    with (
        pytest.MonkeyPatch.context() as patch,
        hosted(SimulatedSettings(), folder / "teacher", material.plan) as base_url,
    ):
        patch.setenv("ANTHROPIC_API_KEY", "simulated")
        run_flow(
            with_cluster(material, base_url, actors=3, block_rows=331, shards=2),
            folder / "run",
            update=False,
            until="curate",
        )
    return material, folder


def with_cluster(material: Reference, base_url: str, *, actors: int, block_rows: int, shards: int) -> Settings:
    settings = material.settings
    cluster = settings.cluster.model_copy(
        update={"generation_actors": actors, "block_rows": block_rows, "shards": shards}
    )
    teacher = settings.teacher.model_copy(update={"base_url": base_url})
    return settings.model_copy(update={"cluster": cluster, "teacher": teacher})


def rejected(run: Path) -> list[dict[str, object]]:
    return pq.read_table(run / "rounds/1/rejected/part-0.parquet").to_pylist()


def test_the_counts_come_out_as_published(reference: tuple[Reference, Path]) -> None:
    entries = json.loads((reference[1] / "run/run.json").read_text())["stages"]["curate"]["funnel"]
    kept = {entry["stage"]: entry["kept"] for entry in entries}
    assert [entry["stage"] for entry in entries] == list(STAGES)
    assert (entries[0]["in"], kept["verifier"], kept["dedup"], kept["contamination"]) == (4800, 4399, 4196, 4058)
    assert all(entry["in"] == sum(entry["rejected"].values()) + entry["kept"] for entry in entries)


def test_what_confidence_took_the_other_filters_would_have_kept(reference: tuple[Reference, Path]) -> None:
    found = json.loads((reference[1] / "run/run.json").read_text())["stages"]["curate"]["confidence"]
    assert (found["below"]["count"], found["below"]["n"]) == (0, 312)
    assert (found["above"]["count"], found["above"]["n"]) == (89, 4488)


def test_exactly_the_planted_samples_are_rejected_each_with_the_right_reason(reference: tuple[Reference, Path]) -> None:
    material, folder = reference
    found: dict[tuple[object, object], set[object]] = defaultdict(set)
    for row in rejected(folder / "run"):
        found[row["stage"], row["reason"]].add(row["sample_id"])
    assert found == {EXPECTED[name]: ids for name, ids in material.planted.items()}


def test_every_removed_duplicate_names_a_kept_twin_at_or_above_the_threshold(reference: tuple[Reference, Path]) -> None:
    kept = {
        row["sample_id"]: row for row in pq.read_table(reference[1] / "run/rounds/1/samples/part-0.parquet").to_pylist()
    }
    removed = [row for row in rejected(reference[1] / "run") if row["stage"] == "dedup"]
    for row in removed:
        twin = kept[row["twin_id"]]
        assert row["score"] == jaccard(row["text"], twin["text"]) >= 0.9
        assert row["confidence"] < twin["confidence"]


def test_every_leak_names_its_item_and_the_sweep_is_right_at_every_cut(reference: tuple[Reference, Path]) -> None:
    run = reference[1] / "run"
    items = {
        f"{name}/{row['item_id']}": row["text"]
        for name in ("calibration", "dev", "final")
        for row in pq.read_table(run / f"inputs/{name}.parquet").to_pylist()
    }
    leaks = [row for row in rejected(run) if row["stage"] == "contamination"]
    similarities = [jaccard(row["text"], items[row["twin_id"]]) for row in leaks]
    assert [row["score"] for row in leaks] == similarities
    assert min(similarities) >= 0.70
    assert max(similarities) <= 0.87
    swept = json.loads((run / "rounds/1/sweep.json").read_text())
    assert [cut["cut"] for cut in swept] == [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]
    for cut in swept:
        assert cut["removed"] == sum(similarity >= cut["cut"] for similarity in similarities)
    assert all(cut["examples"] for cut in swept if cut["newly"])


def test_the_result_of_many_blocks_and_shards_is_that_of_one_block_in_one_process(
    reference: tuple[Reference, Path], tmp_path: Path
) -> None:
    material, folder = reference
    shutil.copytree(folder / "run", tmp_path / "run")
    record = json.loads((tmp_path / "run/run.json").read_text())
    del record["stages"]["curate"]
    (tmp_path / "run/run.json").write_text(json.dumps(record))
    settings = with_cluster(material, "http://127.0.0.1:1", actors=1, block_rows=5000, shards=1)
    run_flow(settings, tmp_path / "run", update=False, until="curate")
    for part in ("samples", "rejected"):
        there, here = (
            pq.read_table(run / f"rounds/1/{part}/part-0.parquet") for run in (folder / "run", tmp_path / "run")
        )
        assert here.equals(there)


def test_the_training_set_opens_in_one_line_with_siblings_on_one_side(
    reference: tuple[Reference, Path], tmp_path: Path
) -> None:
    from datasets import load_dataset

    opened = load_dataset(str(reference[1] / "run/dataset"), cache_dir=str(tmp_path))
    assert opened["train"].num_rows + opened["validation"].num_rows == 4058
    assert 0.08 <= opened["validation"].num_rows / 4058 <= 0.12
    assert not set(opened["train"]["seed_id"]) & set(opened["validation"]["seed_id"])
    first = opened["train"][0]
    assert [message["role"] for message in (*first["prompt"], *first["completion"])] == ["user", "assistant"]


def test_the_teacher_was_asked_exactly_once_for_each_sample(reference: tuple[Reference, Path]) -> None:
    asked = [json.loads(line) for line in (reference[1] / "teacher/requests.jsonl").read_text().splitlines()]
    answered = [line["body"] for line in asked if line["path"] == "/v1/messages" and line["status"] == 200]
    assert len(answered) == len(set(answered)) == 4800
