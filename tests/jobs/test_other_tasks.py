"""Tasks beside the demonstration: labels instead of fields."""

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from serving import hosted

from jobs.__main__ import main
from jobs.commands import plan_only
from jobs.init import init
from pipeline.canonical import content_hash
from pipeline.layers import load_settings
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = pytest.mark.slow

TEXTS = [
    "The blender arrived cracked and I would like to have what I paid for it back on my card please.",
    "Can somebody tell me on which weekday the two garden chairs are going to be at my door?",
    "I have written to you twice about the charge for the cancelled hotel night and I am still out of pocket.",
    "My neighbour says a van came by at noon and left again, so where is the parcel with the lamp now?",
    "You billed the magazine twice this quarter, kindly return the second amount to the account I used.",
    "Tracking has shown the same depot since Monday, when does the wardrobe come, I took the day off for it.",
    "The shoes are two sizes too small and went back last week, and no money has come back for them since.",
    "Is it possible to bring the printer after six in the evening, and if so on which of the next days?",
]
SAME = "I sent the jacket back in March with the slip in the box and I have not heard a single word from you since"


def test_a_classification_task_goes_through_the_flow_and_contradicting_labels_are_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path / "mail", "classification")
    pairs = ["teacher.model=simulated-teacher", "teacher.base_url=http://127.0.0.1:9"]
    plan_only(load_settings(str(tmp_path / "mail"), None, pairs)[0], tmp_path / "run", update=False)
    params = pq.read_table(tmp_path / "run/rounds/1/plan.parquet")["params"].to_pylist()
    texts = [*TEXTS, f"{SAME}.", f"{SAME}!"]
    labels = [*(["refund", "delivery"] * 4), "refund", "delivery"]
    replies = [
        json.dumps({"text": text, "answer": {"label": label}, "confidence": 0.9})
        for text, label in zip(texts, labels, strict=True)
    ]
    plan = {
        content_hash(json.loads(one)): {"fault": "raw", "text": reply}
        for one, reply in zip(params, replies, strict=True)
    }
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    with hosted(SimulatedSettings(), tmp_path / "teacher", plan) as url:
        command = [
            "seedwright",
            "run",
            str(tmp_path / "mail"),
            "--out",
            str(tmp_path / "run"),
            "--until",
            "curate",
            "--json",
        ]
        monkeypatch.setattr(sys, "argv", [*command, "--set", pairs[0], "--set", f"teacher.base_url={url}"])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
    assert not end.value.code
    record = json.loads(capsys.readouterr().out)
    assert record["stages"]["curate"]["funnel"][-2]["rejected"] == {"near_conflict": 2}
    aside = pq.read_table(tmp_path / "run/rounds/1/rejected/part-0.parquet").to_pylist()
    assert {row["twin_id"] for row in aside} == {row["sample_id"] for row in aside}
    train = pq.read_table(tmp_path / "run/dataset/train.parquet").to_pylist()
    assert {row["completion"][0]["content"] for row in train} == {'{"label":"refund"}', '{"label":"delivery"}'}
