import json
import time

import pyarrow as pa
import pytest

from pipeline.generate.attrition import StarvedPair, attrition, starved, starved_pairs, whole_cells, worst
from pipeline.records import CELL


def samples(*groups: tuple[int, str, dict[str, str], str | None]) -> pa.Table:
    """Each group is a number of rows, their stratum, cell and reason; `no_reply` is generation's."""
    rows = [
        {"stratum": stratum, "cell": json.dumps(cell), "stage": stage_of(reason), "reason": reason}
        for count, stratum, cell, reason in groups
        for _ in range(count)
    ]
    return pa.Table.from_pylist([{"sample_id": str(number), **row} for number, row in enumerate(rows)])


def stage_of(reason: str | None) -> str | None:
    return None if reason is None else "generate" if reason == "no_reply" else "filters"


@pytest.fixture
def table() -> pa.Table:
    return samples(
        (70, "NDA", {"tone": "dry", "size": "s"}, None),
        (10, "NDA", {"tone": "dry", "size": "l"}, "near"),
        (2, "SaaS", {"tone": "kind", "size": "s"}, None),
        (15, "SaaS", {"tone": "kind", "size": "s"}, "near"),
        (3, "SaaS", {"tone": "kind", "size": "l"}, "no_reply"),
    )


def test_every_sample_is_planned_and_then_kept_or_rejected_for_a_reason(table: pa.Table) -> None:
    found = attrition(table)
    assert found["cells"]["tone"]["kind"] == {
        "planned": 20,
        "refilled": 0,
        "generated": 17,
        "rejected": {"near": 15, "no_reply": 3},
        "kept": 2,
    }
    fates = [*found["strata"].values(), *(fate for values in found["cells"].values() for fate in values.values())]
    for fate in fates:
        assert fate["planned"] + fate["refilled"] == sum(fate["rejected"].values()) + fate["kept"]
    assert sum(fate["planned"] for fate in found["strata"].values()) == 100


def test_a_value_that_lost_its_share_is_starved_and_asks_for_what_its_yield_needs(table: pa.Table) -> None:
    """Of kind a tenth was kept, of all 72 in 100: 0.2 x 72 = 14.4 were its share, so 13 are missing."""
    hungry = starved(attrition(table), 0.5)
    kind = next(one for one in hungry if one.value == "kind")
    assert (kind.dimension, kind.planned, kind.kept, kind.missing) == ("tone", 20, 2, 13)
    assert kind.requests == 20
    assert {(one.dimension, one.value) for one in hungry} == {("tone", "kind"), ("", "SaaS"), ("size", "l")}
    assert hungry[0].value == "l"


def test_with_a_fair_yield_it_asks_for_no_more_than_that(table: pa.Table) -> None:
    mild = samples(
        (800, "x", {"tone": "dry"}, None), (80, "x", {"tone": "kind"}, None), (120, "x", {"tone": "kind"}, "near")
    )
    assert starved(attrition(mild), 0.4) == []
    [kind] = starved(attrition(mild), 0.6)
    assert (kind.missing, kind.requests) == (96, 200)
    nearly = samples(
        (800, "x", {"tone": "dry"}, None), (150, "x", {"tone": "kind"}, None), (50, "x", {"tone": "kind"}, "n")
    )
    [kind] = starved(attrition(nearly), 0.9)
    assert (kind.missing, kind.requests) == (40, 54)
    assert attrition(table)["strata"].keys() == {"NDA", "SaaS"}


def test_what_bad_luck_or_a_bad_teacher_explains_is_not_starved() -> None:
    unlucky = samples(
        (90, "x", {"tone": "dry"}, None), (1, "x", {"tone": "kind"}, None), (2, "x", {"tone": "kind"}, "near")
    )
    assert [one.value for one in starved(attrition(unlucky), 0.5)] == ["kind"]
    luckless = samples(
        (50, "x", {"tone": "dry"}, None), (40, "x", {"tone": "dry"}, "near"), (2, "x", {"tone": "kind"}, "near")
    )
    assert starved(attrition(luckless), 0.5) == []
    few = samples(
        (76, "x", {"tone": "dry"}, None),
        (20, "x", {"tone": "dry"}, "near"),
        (1, "x", {"tone": "kind"}, None),
        (3, "x", {"tone": "kind"}, "near"),
    )
    assert starved(attrition(few), 0.5) == []
    nothing = samples((90, "x", {"tone": "dry"}, "near"), (10, "x", {"tone": "kind"}, "near"))
    assert starved(attrition(nothing), 0.5) == []
    assert worst(attrition(nothing), 5) == []


def test_refilled_samples_count_apart_and_towards_the_yield() -> None:
    more = samples(
        (80, "x", {"tone": "dry"}, None), (20, "x", {"tone": "kind"}, "near"), (16, "x", {"tone": "kind"}, None)
    )
    refilled = set(more["sample_id"].to_pylist()[100:])
    found = attrition(more, refilled)
    assert (found["cells"]["tone"]["kind"]["planned"], found["cells"]["tone"]["kind"]["refilled"]) == (20, 16)
    assert starved(found, 0.5) == []
    assert starved(attrition(more.slice(0, 100)), 0.5)


def test_what_a_cell_notes_beside_the_matrix_is_no_dimension() -> None:
    noted = samples((80, "x", {"tone": "dry"}, None), (20, "x", {"tone": "dry", "noise": "typos"}, "near"))
    assert attrition(noted, beside={"noise"})["cells"].keys() == {"tone"}
    assert starved(attrition(noted, beside={"noise"}), 0.5) == []
    assert attrition(noted)["cells"].keys() == {"tone", "noise"}


def test_the_worst_are_those_that_lost_more_than_all_did(table: pa.Table) -> None:
    assert [one[:2] for one in worst(attrition(table), 2)] == [("size", "l"), ("", "SaaS")]
    assert len(worst(attrition(table), 10)) == 3


def test_every_whole_cell_has_what_was_planned_generated_rejected_by_reason_and_kept(table: pa.Table) -> None:
    cells = whole_cells(table)
    assert cells.schema == CELL
    assert cells.to_pylist()[:2] == [
        {
            "cell": '{"size":"l","tone":"dry"}',
            "planned": 10,
            "refilled": 0,
            "generated": 10,
            "kept": 0,
            "rejected": [("near", 10)],
        },
        {
            "cell": '{"size":"l","tone":"kind"}',
            "planned": 3,
            "refilled": 0,
            "generated": 0,
            "kept": 0,
            "rejected": [("no_reply", 3)],
        },
    ]
    for row in cells.to_pylist():
        assert row["planned"] + row["refilled"] == sum(dict(row["rejected"]).values()) + row["kept"]
    assert sum(cells["planned"].to_pylist()) == table.num_rows


def test_the_values_of_whole_cells_add_up_to_the_attrition_of_the_values(table: pa.Table) -> None:
    refilled = set(table["sample_id"].to_pylist()[80:])
    found = attrition(table, refilled)["cells"]
    for name, values in found.items():
        for value, fate in values.items():
            rows = [row for row in whole_cells(table, refilled).to_pylist() if json.loads(row["cell"])[name] == value]
            for what in ("planned", "refilled", "generated", "kept"):
                assert sum(row[what] for row in rows) == fate[what]


def test_a_cell_is_the_same_with_and_without_what_is_noted_beside_it() -> None:
    noted = samples((2, "x", {"tone": "dry"}, None), (1, "y", {"tone": "dry", "noise": "typos"}, "near"))
    [row] = whole_cells(noted, beside={"noise"}).to_pylist()
    assert (row["cell"], row["planned"], row["kept"]) == ('{"tone":"dry"}', 3, 2)
    assert whole_cells(noted.slice(0, 0)).num_rows == 0
    assert starved_pairs(whole_cells(noted.slice(0, 0)), [], 0.5) == []


def test_a_pair_starves_where_its_values_do_not_and_only_there() -> None:
    """A quarter of the plan is kind and long; of the other three quarters all is kept."""
    together = samples(
        *((100, "x", {"tone": tone, "size": size}, None) for tone, size in (("dry", "s"), ("dry", "l"), ("kind", "s"))),
        (10, "x", {"tone": "kind", "size": "l"}, None),
        (90, "x", {"tone": "kind", "size": "l"}, "near"),
    )
    assert starved(attrition(together), 0.5) == []
    assert starved_pairs(whole_cells(together), [], 0.5) == [StarvedPair({"size": "l", "tone": "kind"}, 100, 10)]
    assert starved_pairs(whole_cells(together), [], 0.1) == []
    assert starved_pairs(whole_cells(together), [], 0.0) == []


def test_a_pair_of_a_value_that_starves_anyway_is_not_told_again(table: pa.Table) -> None:
    hungry = starved(attrition(table), 0.5)
    assert {one.value for one in hungry} >= {"kind", "l"}
    assert starved_pairs(whole_cells(table), [], 0.5) != []
    assert starved_pairs(whole_cells(table), hungry, 0.5) == []


def test_thousands_of_cells_take_a_moment() -> None:
    """A matrix of seven dimensions has a cell for nearly every sample."""
    rows = [
        {
            "sample_id": str(number),
            "stratum": "x",
            "cell": json.dumps({name: str((number // 4**place) % 4) for place, name in enumerate("abcdefg")}),
            "stage": "dedup" if number % 5 == 0 else None,
            "reason": "near" if number % 5 == 0 else None,
        }
        for number in range(5000)
    ]
    made = pa.Table.from_pylist(rows)
    started = time.process_time()
    cells = whole_cells(made)
    assert starved_pairs(cells, [], 0.5) == []
    assert time.process_time() - started < 5
    assert cells.num_rows == 5000
