from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa

from pipeline.config import Judge
from pipeline.curate.consistency import consistency_figures, relabelled
from pipeline.curate.judge_figures import judge_figures
from pipeline.curate.settings import Consistency
from pipeline.layers import load_settings
from pipeline.records import SAMPLE
from pipeline.report.dataset_card import dataset_card
from pipeline.report.page import ReportData, report_page
from pipeline.report.second_look import second_look
from pipeline.tasks.task import Task

SCORES = {"relevance": 5, "correctness": 4, "depth": 4, "instruction_following": 3, "reason": "plain"}
FUNNEL = [{"stage": "judge", "in": 4, "rejected": {"judge_correctness": 1}, "kept": 3}]


def judge_entry(**settings: Any) -> dict[str, Any]:
    wrong = {**SCORES, "correctness": 1}
    controls = {"refuted": [wrong, SCORES, SCORES], "real": [SCORES]}
    return judge_figures(Judge(**settings), [SCORES, SCORES, wrong, {"unscored": "refusal"}], controls)


def test_without_curation_there_is_nothing_and_without_judge_and_readings_the_page_says_so() -> None:
    assert second_look({}) is None
    found = second_look({"funnel": FUNNEL})
    assert found is not None
    assert (found.judge, found.readings, found.tags) == (None, None, ())


def test_the_page_shows_means_counts_warnings_the_written_reason_and_the_readings(
    contracts: Task, data: ReportData, read: Callable[[str], Any]
) -> None:
    own = dict.fromkeys(contracts.fields)
    again = [relabelled(contracts, own, [own, own, {**own, "governing_law": "Iowa"}])]
    curate = {
        **data.record["stages"]["curate"],
        "judge": judge_entry(same_family="it is all we <b>may</b> use"),
        "consistency": consistency_figures(contracts, again, Consistency()),
        "tags": {"difficulty: hard": 12, "hedging": 3},
    }
    record = {**data.record, "stages": {**data.record["stages"], "curate": curate}}
    shown = read(report_page(replace(data, record=record))).sections["second_look"]
    assert "it is all we <b>may</b> use" in shown
    assert "scored 3 and rejected 1 of 3 (33.3 %" in shown
    assert "Unscored, and kept: 1 of 4 (25.0 %" in shown
    assert "1 of 4 samples are unscored (refusal 1)" in shown
    assert "3.00 [1.04, 4.96], n=3" in shown
    assert "it doubts 1 of 3" in shown
    assert "labelled 1 of its texts again, 3 times each" in shown
    assert "0.667, n=1" in shown
    assert "difficulty: hard" in shown


def test_a_sample_is_shown_with_its_tags_and_what_the_judge_said(data: ReportData, read: Callable[[str], Any]) -> None:
    rows = data.samples.to_pylist()
    rows[0] |= {"tags": '{"difficulty":"hard","hard_because":["long"]}', "judged": '{"depth":2,"reason":"thin <i>"}'}
    page = read(report_page(replace(data, samples=pa.Table.from_pylist(rows[:1], schema=SAMPLE))))
    assert all(part in page.sections["kept"] for part in ("hard", "long", "thin <i>"))


def test_the_card_of_the_data_set_names_the_judge_and_the_readings() -> None:
    pairs = ["judge.family=simulated", "judge.same_family=it is all there is", "consistency={k: 4, share: 0.5}"]
    told = dataset_card(load_settings("contracts", None, pairs)[0], {"train": 1}, FUNNEL, {"removed_at": {}}, True)
    assert "Kept samples were scored by `simulated-judge` (family: simulated)." in told
    assert "the reason given: it is all there is" in told
    assert "labelled 50% of them again, 4 times" in told
    plain = dataset_card(load_settings("contracts")[0], {"train": 1}, FUNNEL, {"removed_at": {}}, True)
    assert "scored by" not in plain
