import random
from collections import Counter

from pipeline.seeds.dealing import deal

SHARES = {"calibration": 0.25, "dev": 0.25, "final": 0.5}


def test_whole_groups_go_to_one_set_and_the_shares_are_met() -> None:
    groups = [f"doc-{number % 50}" for number in range(200)]
    dealt = deal(groups, SHARES)
    assert len({(group, name) for group, name in zip(groups, dealt, strict=True)}) == 50
    assert all(abs(Counter(dealt)[name] / 200 - share) <= 0.02 for name, share in SHARES.items())


def test_the_order_of_the_rows_decides_nothing() -> None:
    groups = [f"doc-{number % 17}" for number in range(99)]
    order = list(range(99))
    random.Random(1).shuffle(order)
    shuffled = deal([groups[place] for place in order], SHARES)
    assert [shuffled[order.index(place)] for place in range(99)] == deal(groups, SHARES)
