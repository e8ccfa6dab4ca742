import json
from typing import Any

import pyarrow as pa
import pytest

from pipeline.curate.filters import filter_stages, longest_run
from pipeline.errors import InputError
from pipeline.records import SAMPLE, SEED
from pipeline.stage import compose
from pipeline.tasks.task import Task, TaskSource

SEED_TEXT = (
    "Ada Works Ltd shall deliver the goods to the northern depot before the end of each month for $777 from 1 May 1999."
)
TEXT = "Orla Tiles Ltd and Bo Vance agree, in force from 1 June 2020, on a fee of $1,200. The law of Ohio governs."
ANSWER = {
    "parties": ["Orla Tiles Ltd", "Bo Vance"],
    "effective_date": "2020-06-01",
    "termination_clause_type": None,
    "payment_amount": {"amount": 1200, "currency": "USD"},
    "governing_law": "Ohio",
}


def verdict(task: Task, *, text: str = TEXT, confidence: float = 0.9, **changes: Any) -> tuple[Any, ...]:
    seed_answer = {**ANSWER, "parties": ["Ada Works Ltd"], "effective_date": "1999-05-01", "payment_amount": None}
    seeds = [{"seed_id": "s", "text": SEED_TEXT, "answer": json.dumps(seed_answer)}]
    answer = json.dumps({**ANSWER, **changes})
    row = {"sample_id": "x", "seed_id": "s", "text": text, "answer": answer, "confidence": confidence}
    stages = filter_stages(task.source, pa.Table.from_pylist(seeds, schema=SEED))
    found = compose(stages)(pa.Table.from_pylist([row], schema=SAMPLE)).to_pylist()[0]
    return found["stage"], found["reason"], found["score"]


def test_a_good_sample_passes_all_filters(contracts: Task) -> None:
    assert verdict(contracts) == (None, None, None)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"confidence": 0.849}, ("confidence", "low_confidence", 0.849)),
        ({"governing_law": 5}, ("schema", "schema_violation", 1.0)),
        ({"effective_date": "June 1, 2020", "colour": 1}, ("schema", "schema_violation", 2.0)),
        ({"text": f"{TEXT} Take the northern depot before the end of each."}, (None, None, None)),
        (
            {"text": f"{TEXT} The goods to the northern depot before the end of each."},
            ("verbatim", "verbatim_seed", 11.0),
        ),
        ({"text": f"{TEXT} See Ada Works Ltd."}, ("verbatim", "seed_fact", 1.0)),
        ({"text": f"{TEXT} Paid once: USD 777.00."}, ("verbatim", "seed_fact", 1.0)),
        ({"governing_law": "Iowa"}, ("grounding", "ungrounded", 1.0)),
        ({"termination_clause_type": "for_convenience"}, ("verifier", "termination_without_cue", None)),
    ],
)
def test_each_filter_rejects_for_its_own_reason_with_its_figure(
    contracts: Task, change: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert verdict(contracts, **change) == expected


def test_a_row_that_was_rejected_keeps_its_first_verdict(contracts: Task) -> None:
    assert verdict(contracts, confidence=0.1, governing_law="Iowa")[:2] == ("confidence", "low_confidence")


def test_a_verifier_that_raises_on_a_sample_names_file_and_sample(contracts: Task) -> None:
    source = TaskSource(
        contracts.settings, {**contracts.source.texts, "verify": "def verify(t, a):\n    return a['x']\n"}
    )
    stages = filter_stages(source, pa.Table.from_pylist([{"seed_id": "s", "text": SEED_TEXT}], schema=SEED))
    row = {"sample_id": "x1", "seed_id": "s", "text": TEXT, "answer": json.dumps(ANSWER), "confidence": 1.0}
    with pytest.raises(InputError, match=r"verify\.py: verify raised KeyError: 'x' on sample x1; mend it"):
        compose(stages)(pa.Table.from_pylist([row], schema=SAMPLE))


def test_the_longest_run_is_found_wherever_it_stands() -> None:
    assert longest_run("p q a b c r".split(), "a b x a b c".split()) == ["a", "b", "c"]
    assert longest_run([], ["a"]) == []
