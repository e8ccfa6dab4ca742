"""Which samples of a plan the preview asks for."""

import json
from collections import Counter
from itertools import product

import pyarrow as pa

from jobs.preview import spread
from pipeline.canonical import content_hash


def plan(**strata: int) -> pa.Table:
    """Seeds of each stratum, crossed with three tones, in two variations of two lengths; in the order of the seeds."""
    seeds = [stratum for stratum, count in strata.items() for _ in range(count)]
    rows = [
        {
            "sample_id": content_hash([seed, tone, number]),
            "stratum": stratum,
            "cell": json.dumps({"tone": tone, "length": f"{seed + number}"}),
        }
        for (seed, stratum), tone, number in product(enumerate(seeds), ("dry", "kind", "terse"), (1, 2))
    ]
    return pa.Table.from_pylist(rows)


def chosen(requests: pa.Table, number: int) -> list[tuple[str, str]]:
    rows = requests.take(spread(requests, ["tone"], number)).to_pylist()
    return [(row["stratum"], json.loads(row["cell"])["tone"]) for row in rows]


def test_strata_and_crossed_values_recur_as_evenly_as_they_can() -> None:
    requests = plan(nda=8, saas=4, services=1)
    first = chosen(requests, 3)
    assert [len(set(names)) for names in zip(*first, strict=True)] == [3, 3]
    for number in (6, 9, 18):
        strata, tones = (Counter(names) for names in zip(*chosen(requests, number), strict=True))
        assert set(strata.values()) == set(tones.values()) == {number // 3}
    assert len(set(chosen(requests, 9))) == 9
    assert chosen(requests, 3) == first


def test_more_than_there_are_are_all_of_them_each_once() -> None:
    requests = plan(nda=2, saas=1)
    assert sorted(spread(requests, ["tone"], 1000)) == list(range(requests.num_rows))


def test_a_plan_without_strata_or_crossing_is_spread_by_id() -> None:
    requests = plan(all=50)
    rows = spread(requests, [], 5)
    assert rows == sorted(rows, key=lambda row: requests["sample_id"][row].as_py())
    assert len(set(rows)) == 5
