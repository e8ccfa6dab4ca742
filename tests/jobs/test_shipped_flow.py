"""What comes of the task, the teacher and the base model that ship: `make proof` runs it whole, for five minutes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.proof, pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(3600)]
RUN = Path(__file__).parents[2] / "runs/contracts"
"""Where `make run` puts it; what is there already is not done again."""


@pytest.fixture(scope="module")
def metrics() -> dict[str, Any]:
    command = [sys.executable, "-m", "jobs", "run", "contracts", "--out", str(RUN)]
    subprocess.run(command, check=True)
    found: dict[str, Any] = json.loads((RUN / "metrics.json").read_text())
    return found


def test_the_student_is_better_on_final_and_not_only_at_the_format(metrics: dict[str, Any]) -> None:
    change = metrics["difference"]
    assert change["set"] == "final"
    assert change["macro_f1"]["low"] > 0, change["macro_f1"]
    assert change["both_parse"]["macro_f1"]["low"] > 0, change["both_parse"]
    assert change["verdict"]["word"] == "better"


def test_the_base_model_can_follow_a_format_that_it_is_shown(metrics: dict[str, Any]) -> None:
    assert metrics["students"]["baseline"]["final"]["malformed"]["value"] <= 0.5


def test_the_page_says_that_it_is_a_demonstration(metrics: dict[str, Any]) -> None:
    page = (RUN / "report.html").read_text()
    assert metrics["difference"]["verdict"]["sentence"] in page
    assert "demonstration, not evidence" in page
