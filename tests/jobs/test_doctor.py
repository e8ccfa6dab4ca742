"""What the doctor says of nodes that this machine is not."""

from pathlib import Path

import pytest

from jobs import doctor


@pytest.mark.parametrize(("here", "there", "back_end"), [([], 2.0, "cuda"), (["a GPU"], 0.0, "cpu")])
def test_the_4_bit_back_end_is_that_of_the_cluster_on_which_students_are_trained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    here: list[str],
    there: float,
    back_end: str,
) -> None:
    node = {"address": "10.0.0.2", "cpus": 8.0, "memory_gib": 30.0, "sees_run_dir": True}
    nodes = [{**node, "gpus": 0.0}, {**node, "gpus": there}]
    monkeypatch.setattr(doctor, "_nodes", lambda *_: nodes)
    monkeypatch.setattr(doctor, "_gpus", lambda: here)
    found = doctor.examine(tmp_path, "10.0.0.2:6379")
    assert (found["bitsandbytes_back_end"], found["gpus_here"]) == (back_end, here)
    assert f"4-bit       {doctor.FOUR_BIT[back_end]}" in capsys.readouterr().err
