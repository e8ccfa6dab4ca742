from collections import Counter
from typing import Any

import pytest

from pipeline.generate.settings import Generation
from pipeline.generate.slots import Slot, shared, slots

CROSSED = [{"tone": "dry"}, {"tone": "kind"}, {"tone": "terse"}]


def seeds(**strata: int) -> list[dict[str, Any]]:
    return [
        {"seed_id": f"{stratum}-{number}", "stratum": stratum, "text": "…"}
        for stratum, count in strata.items()
        for number in range(count)
    ]


def places(generation: Generation, rows: list[dict[str, Any]]) -> list[Slot]:
    return list(slots(generation, rows, CROSSED, 1))


def test_every_seed_has_the_same_number_of_samples_for_each_crossed_value() -> None:
    made = places(Generation(samples=4), seeds(nda=3, saas=1))
    assert Counter(slot.seed["stratum"] for slot in made) == {"nda": 36, "saas": 12}
    assert set(Counter((slot.seed["seed_id"], slot.fixed["tone"]) for slot in made).values()) == {4}
    assert len({slot.sample_id for slot in made}) == len(made) == 48


@pytest.mark.parametrize("per_stratum", [7, 24, 100])
def test_unequal_strata_can_have_the_same_number_dealt_evenly_over_their_seeds(per_stratum: int) -> None:
    made = places(Generation(per_stratum=per_stratum), seeds(nda=10, saas=3))
    assert Counter(slot.seed["stratum"] for slot in made) == {"nda": per_stratum, "saas": per_stratum}
    for stratum, members in (("nda", 10), ("saas", 3)):
        counts = Counter(slot.seed["seed_id"] for slot in made if slot.seed["stratum"] == stratum)
        assert {count - per_stratum // members for count in counts.values()} <= {0, 1}
    each = Counter((slot.seed["seed_id"], slot.fixed["tone"]) for slot in made)
    totals = Counter(slot.seed["seed_id"] for slot in made)
    assert all(count - totals[seed] // 3 in (0, 1) for (seed, _), count in each.items())


def test_another_seed_only_takes_the_last_samples_of_its_stratum() -> None:
    before = places(Generation(per_stratum=40), seeds(nda=9, saas=3))
    after = places(Generation(per_stratum=40), seeds(nda=10, saas=3))
    ids = {slot.identity: slot.of for slot in before}
    kept = {slot.identity: slot.of for slot in after if slot.seed["seed_id"] != "nda-9"}
    assert kept.items() <= ids.items()
    assert len(kept) == 80 - 4


def test_shares_add_up() -> None:
    assert shared(["a", "b", "c"], 8) == {"a": 3, "b": 3, "c": 2}
    assert shared(["a", "b", "c"], 2) == {"a": 1, "b": 1, "c": 0}
