"""Twins found part by part, put together as one visit would have found them."""

import numpy as np

from pipeline.curate.settling import Choices, left_out, merged, settled

ORDER = np.array([3, 1, 0, 2, 4])


def choices(*entries: tuple[int, int, bool, float, bool], bound: tuple[int, int] = (0, 0)) -> Choices:
    rows, twins, exact, shares, contradicts = zip(*entries, strict=True) if entries else ((),) * 5
    return Choices(
        np.array(rows, np.int64),
        np.array(twins, np.int64),
        np.array(exact, bool),
        np.array(shares, float),
        np.array(contradicts, bool),
        bound,
    )


def together(*parts: Choices) -> list[tuple[int, int, float]]:
    found = merged(parts, np.argsort(ORDER))
    return list(zip(found.rows.tolist(), found.twins.tolist(), found.similarities.tolist(), strict=True))


def test_the_more_similar_twin_counts_and_of_equals_the_one_visited_first() -> None:
    assert together(choices((2, 3, False, 0.8, False)), choices((2, 1, False, 0.9, False))) == [(2, 1, 0.9)]
    assert together(choices((2, 1, False, 0.8, False)), choices((2, 3, False, 0.8, False))) == [(2, 3, 0.8)]


def test_an_exact_twin_counts_before_all_and_one_that_contradicts_before_a_more_similar_one() -> None:
    exact, against = choices((2, 1, True, 1.0, False)), choices((2, 3, False, 1.0, True))
    assert together(against, exact) == [(2, 1, 1.0)]
    assert together(choices((2, 1, False, 0.95, False)), choices((2, 3, False, 0.8, True))) == [(2, 3, 0.8)]


def test_rows_are_in_the_order_of_their_visits_and_bounds_add_up() -> None:
    found = merged(
        [choices((4, 3, False, 0.8, False), bound=(7, 1)), choices(), choices((0, 3, False, 0.9, False), bound=(2, 2))],
        np.argsort(ORDER),
    )
    assert (found.rows.tolist(), found.left_out) == ([0, 4], (9, 3))
    assert merged([choices()], np.argsort(ORDER)).rows.tolist() == []


def test_a_bound_that_was_met_is_in_the_table_of_verdicts() -> None:
    import pyarrow as pa

    verdicts = settled(2, choices(bound=(7, 1)), np.zeros(2, bool))
    found = verdicts.table(pa.chunked_array([["a", "b"]]))
    assert left_out(found) == {"pairs_not_compared": 7, "rows_not_fully_compared": 1}
    assert left_out(pa.table({"id": [1]})) == {"pairs_not_compared": 0, "rows_not_fully_compared": 0}
