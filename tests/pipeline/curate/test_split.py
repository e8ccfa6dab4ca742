import random

from pipeline.curate.split import validation_seeds


def test_a_tenth_of_the_rows_goes_to_validation_whole_seeds_at_a_time() -> None:
    seeds = [f"seed-{number % 60}" for number in range(900)]
    chosen = validation_seeds(seeds, 0.1)
    assert 75 <= sum(seed in chosen for seed in seeds) <= 105


def test_the_order_of_rows_decides_nothing() -> None:
    seeds = [f"seed-{number % 13}" for number in range(200)]
    shuffled = random.Random(0).sample(seeds, len(seeds))
    assert validation_seeds(seeds, 0.1) == validation_seeds(shuffled, 0.1)


def test_one_seed_is_never_on_both_sides_nor_takes_all() -> None:
    assert validation_seeds(["a"] * 10, 0.1) == set()
    assert len(validation_seeds(["a", "b"], 0.5)) == 1
