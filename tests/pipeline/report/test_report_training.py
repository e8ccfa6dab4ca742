from pipeline.report.training import points, thinned, training


def test_first_last_and_best_losses_are_told_in_words() -> None:
    lines = [{"step": step, "loss": 2 - step / 100} for step in (10, 50, 90)]
    lines += [{"step": 50, "eval_loss": 1.4}, {"step": 90, "eval_loss": 1.6}]
    found = training({"rank": 16}, lines)
    assert found is not None
    assert found.sentences == (
        "Training loss 1.900 at step 10, 1.100 at step 90.",
        "Validation loss lowest, 1.400, at step 50; last 1.600.",
    )
    assert found.picture is not None
    assert all(f">{name}</text>" in found.picture for name in ("training", "validation"))


def test_a_loss_that_is_no_number_is_told_and_not_drawn() -> None:
    lines = [{"step": 1, "loss": 1.0}, {"step": 2, "loss": float("nan")}, {"step": 3, "loss": None}]
    found = training({}, lines)
    assert found is not None
    assert found.sentences[-1] == "2 losses are no finite numbers, the first at step 2."
    assert points(lines, "loss") == [(1, 1.0)]


def test_the_recipe_is_flat_and_without_hashes() -> None:
    found = training({"fingerprint": "f", "output": "o", "summary": "s", "lora": {"r": 16}, "four_bit": True}, [])
    assert found is not None
    assert (found.picture, found.recipe) == (None, (("lora.r", "16"), ("four_bit", "yes")))


def test_a_long_training_is_thinned_and_keeps_its_end() -> None:
    some = [(float(step), 1.0) for step in range(12_345)]
    assert len(thinned(some)) <= 401
    assert (thinned(some)[0], thinned(some)[-1]) == (some[0], some[-1])
    assert thinned(some[:400]) == some[:400]
    found = training({}, [{"step": step, "loss": value} for step, value in some])
    assert found is not None
    assert found.sentences[-1].endswith("of 12,345 recorded losses.")


def test_no_training_is_nothing_to_show() -> None:
    assert training({}, []) is None
