"""What a reply is filed under: all that shapes it and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.check import read_checked
from pipeline.generate.covering import covering_rows
from pipeline.generate.human import resolved
from pipeline.generate.plan import plan_requests
from pipeline.layers import load_settings
from pipeline.tasks.task import Task, load_task, read_source

Load = Callable[..., Task]


def planned(task: Task) -> dict[str, dict[str, Any]]:
    return {row["sample_id"]: row for row in plan_requests(task, read_checked(task)[0]["seeds"]).to_pylist()}


def keys(task: Task) -> list[str]:
    return list(plan_requests(task, read_checked(task)[0]["seeds"])["key"].to_pylist())


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def prompt_of(folder: Path) -> Path:
    return next(path for path in sorted(folder.glob("*.jinja")) if "student" not in path.name)


@pytest.mark.parametrize(
    "pair",
    [
        "teacher.model=claude-of-next-year",
        "teacher.max_tokens=777",
        "teacher.effort=low",
    ],
)
def test_a_setting_that_shapes_the_reply_changes_every_key(load: Load, pair: str) -> None:
    assert not set(keys(load())) & set(keys(load(pair)))


@pytest.mark.parametrize(
    "pair",
    [
        "teacher.api_key_env=OTHER_KEY",
        "teacher.timeout_s=7",
        "teacher.attempts=2",
        "teacher.patience_s=9",
        "teacher.price=[1, 2]",
        "teacher.family=other",
        "teacher.simulated.latency_ms=[1, 2]",
        "teacher.simulated.server_rates={overloaded: 0.1}",
        "teacher.simulated.requests_per_minute=60",
        "teacher.simulated.api_key=other",
        "limits.requests_per_minute=50",
        "limits.in_flight=3",
        "cluster.generation_actors=7",
        "cluster.block_rows=3",
        "cluster.address=127.0.0.1:1",
        "budget=3",
        "generation.output_tokens=10",
        "filters.confidence=0.5",
    ],
)
def test_a_setting_that_shapes_no_reply_changes_no_key(load: Load, pair: str) -> None:
    assert keys(load()) == keys(load(pair))


def test_a_built_in_teacher_with_other_faults_of_content_is_another_teacher(load: Load) -> None:
    simulated = ("teacher.base_url=simulated", "teacher.model=simulated-teacher")
    assert not set(keys(load(*simulated))) & set(keys(load(*simulated, "teacher.simulated.rates={refusal: 0.5}")))
    slower = "teacher.simulated.latency_ms=[1, 2]", "teacher.simulated.server_rates={overloaded: 0.1}"
    assert keys(load(*simulated)) == keys(load(*simulated, *slower))


def test_the_address_of_a_server_is_in_no_key(load: Load) -> None:
    one, other = (keys(load(f"teacher.base_url=http://127.0.0.1:{port}")) for port in (1, 2))
    assert one == other == keys(load("teacher.base_url=null"))


@pytest.mark.parametrize("name", ["system", "user", "guidelines.md", "schema.json"])
def test_a_text_of_the_task_that_the_teacher_reads_changes_every_key(load: Load, task_folder: Path, name: str) -> None:
    before = keys(load())
    if name == "schema.json":
        path = task_folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | {"description": "An order."}))
    elif name == "guidelines.md":
        append(task_folder / name, "\nOne more rule.\n")
    else:
        path = prompt_of(task_folder)
        start = path.read_text()
        changed = start.replace(f"{{% block {name} %}}", f"{{% block {name} %}}Mind this. ")
        assert changed != start
        path.write_text(changed)
    assert not set(before) & set(keys(load()))


def test_a_folder_of_another_name_and_place_asks_for_the_same(load: Load, task_folder: Path, tmp_path: Path) -> None:
    before = keys(load())
    moved = tmp_path / "elsewhere/renamed"
    moved.parent.mkdir()
    task_folder.rename(moved)
    task_folder.symlink_to(moved)
    assert keys(load()) == before


def six_seeds(folder: Path) -> list[dict[str, Any]]:
    row = json.loads((folder / "seeds.jsonl").read_text().splitlines()[0])
    rows = [row | {"id": f"seed-{number}", "text": f"{number}. {row['text']}"} for number in range(6)]
    write(folder / "seeds.jsonl", rows)
    return rows


def test_editing_one_seed_pays_for_that_seed_alone_in_whatever_order_they_come(load: Load, task_folder: Path) -> None:
    rows = six_seeds(task_folder)
    before = keys(load())
    assert len(set(before)) == len(before) > 6
    rows[0]["text"] += " This sentence is new."
    write(task_folder / "seeds.jsonl", list(reversed(rows)))
    assert len(set(before) - set(keys(load()))) == len(before) // 6


def test_a_new_seed_pays_for_itself_and_for_the_few_covering_cells_that_it_takes(load: Load, task_folder: Path) -> None:
    rows = six_seeds(task_folder)
    before = planned(load())
    write(task_folder / "seeds.jsonl", [rows[0] | {"id": "new", "text": "Hello."}, *rows])
    after = planned(load())
    repaid = [one for one in before if before[one]["key"] != after[one]["key"]]
    assert all(before[one]["cell"] != after[one]["cell"] for one in repaid)
    assert len(repaid) <= 0.1 * len(before)


@pytest.mark.slow
@pytest.mark.parametrize(("few", "many"), [("samples=4", "samples=9"), ("per_stratum=20", "per_stratum=50")])
def test_more_samples_pay_for_themselves_and_for_the_few_covering_cells_that_they_take(
    load: Load, few: str, many: str
) -> None:
    shipped = [(load(f"generation.{few}"), load(f"generation.{many}"))]
    shipped.append(
        tuple(load_task(read_source(load_settings("contracts", None, [f"generation.{one}"])[0])) for one in (few, many))
    )
    for before, after in shipped:
        old, new = planned(before), planned(after)
        assert old.keys() < new.keys()
        moved = [name for name, row in old.items() if row["cell"] != new[name]["cell"]]
        assert len(moved) <= len(covering_rows(resolved(after, None)[0]))
        assert [name for name, row in old.items() if row["key"] != new[name]["key"]] == moved


def test_samples_of_one_seed_have_a_key_each(load: Load) -> None:
    found = keys(load("generation.samples=9"))
    assert len(set(found)) == len(found)


def test_the_longest_reply_that_is_paid_for_has_room_for_several_samples(load: Load) -> None:
    """A default that cut samples short would be paid for and thrown away."""
    for row in planned(load()).values():
        assert json.loads(row["params"])["max_tokens"] >= 3 * row["output_tokens"]
