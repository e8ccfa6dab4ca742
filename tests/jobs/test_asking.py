"""What the ledger says was asked and spent."""

import json
from pathlib import Path

import pytest

from jobs.asking import read_answered
from pipeline.teacher.prices import Price

BODY = json.dumps({"usage": {"input_tokens": 10, "output_tokens": 2}})


def test_a_reply_costs_what_it_cost_that_day_and_one_of_unknown_price_what_it_costs_now(tmp_path: Path) -> None:
    lines = [
        {"kind": "reply", "key": "a", "dollars": 0.5, "body": BODY},
        {"kind": "reply", "key": "b", "dollars": None, "body": BODY},
        {"kind": "intent", "key": "c"},
    ]
    (tmp_path / "one.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    have = read_answered(tmp_path, {"a"}, Price(1e5, 1e5, "test"))
    assert have.keys == {"a"}
    assert have.spent == pytest.approx(0.5 + 1.2)
    assert (have.input_tokens, have.output_tokens) == (10, 2)
    assert read_answered(tmp_path, {"a"}, None).spent == 0.5
