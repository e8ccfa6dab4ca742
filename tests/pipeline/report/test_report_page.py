import html
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from pipeline.layers import load_settings
from pipeline.records import SAMPLE
from pipeline.report.page import SECTIONS, ReportData, report_page

Read = Callable[[str], Any]
EVIL = (
    "<script>alert(1)</script>",
    "</style><b onclick=x>",
    "</title></svg></section>",
    "\"'`&amp;{{ 7*7 }}{% x %}{# y #}",
    "nul\x00bell\x07",
    "over\u202eride",
    "lone \ud800",
)


def everything(data: ReportData, text: str) -> ReportData:
    """The run with this text in every place that a model, a task or a setting can fill."""
    data = replace(data, record=deepcopy(data.record), metrics=deepcopy(data.metrics))
    record = data.record | {"task": text, "versions": {text: text}, "started": text, "openings_of_final": [text]}
    stages = record["stages"]
    stages["curate"]["funnel"][0]["rejected"] = {text: 3}
    stages["curate"]["contamination"]["not_checked"] = {text: text}
    pair = dict.fromkeys(("sample", "set", "item", "sample_text", "item_text"), text) | {
        "jaccard": 0.5,
        "shared": [text],
    }
    stages["curate"]["contamination"]["nearest"] = [pair]
    stages["curate"]["contamination"]["embedding"] = {
        "model": text,
        "says": [text],
        "examples": {"highest": [pair | {"cosine": 0.5}]},
        "nearest_controls": [pair | {"cosine": 0.5}],
    }
    stages["finetune"] = {text: text}
    stages[text] = {"summary": text}
    record["settings"] |= {"name": text, text: text}
    result = data.metrics["students"]["baseline"]["final"]
    result["fields"] = {text: result["fields"]["parties"]}
    result["failures"] = {text: 2}
    students = {text: {"final": result}, "baseline": {"final": result}}
    difference = data.metrics["difference"] | {
        "student": text,
        "verdict": {"word": text, "beyond_format": text, "sentence": text},
    }
    plain = text.encode("utf-8", "replace").decode()
    names = [field.name for field in SAMPLE if field.type == pa.string()]
    row = pa.Table.from_pylist([dict.fromkeys(SAMPLE.names) | dict.fromkeys(names, plain)], schema=SAMPLE)
    item = dict.fromkeys(("item_id", "text", "raw", "failure"), text) | {"gold": {text: text}, "wrong": [text]}
    return replace(
        data,
        record=record,
        metrics={"set": "final", "students": students, "difference": difference},
        samples=row,
        rejected=row,
        worst={text: [item | {"predicted": {text: text}}, item | {"predicted": None}]},
        synthetic_note=text,
    )


def test_every_section_is_there_and_in_the_contents(data: ReportData, read: Read) -> None:
    page = read(report_page(data))
    ids = [attributes["id"] for tag, attributes in page.tags if tag == "section"]
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert ids == [*SECTIONS]
    assert links == ["#result", "#result", *(f"#{name}" for name in SECTIONS)]
    assert all(page.sections[name].strip() for name in ids)


def test_the_page_is_marked_up_for_reading_aloud(data: ReportData, read: Read) -> None:
    page = read(report_page(data))
    assert page.tags[0] == ("html", {"lang": "en"}), "the declaration is no tag"
    assert page.count("h1") == 1
    assert page.count("caption") == page.count("table") > 5
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")
    assert page.count("svg") == 4
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_nothing_is_loaded_and_nothing_runs(data: ReportData, read: Read) -> None:
    text = report_page(data)
    page = read(text)
    assert text.startswith("<!doctype html>")
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base", "use"} & {
        tag for tag, _ in page.tags
    }
    named = {name for _, attributes in page.tags for name in attributes}
    assert not {name for name in named if name.startswith("on") or name in ("src", "style", "srcset", "xlink:href")}
    policy = [attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def spelt(value: Any, key: str = "", signed: bool = False) -> Iterator[str]:
    """How each number of the metrics has to stand on the page."""
    if isinstance(value, dict):
        for name, inner in value.items():
            inside = name if name in ("seconds",) or key != "seconds" else key
            yield from spelt(inner, "n" if name == "n" else inside, signed or name == "difference")
    elif isinstance(value, float):
        digits = 2 if key == "seconds" else 3
        yield (f"{value:+.{digits}f}" if signed and round(value, 3) else f"{value:.{digits}f}").replace("-", "−")
    elif isinstance(value, int) and not isinstance(value, bool):
        yield f"{value:,}"


def test_every_number_of_the_metrics_is_shown(data: ReportData, metrics: dict[str, Any], read: Read) -> None:
    page = read(report_page(data))
    shown = set(re.findall(r"[+−]?\d+(?:,\d{3})*(?:\.\d+)?", page.sections["comparison"] + page.sections["cost"]))
    numbers = list(spelt(metrics))
    assert len(numbers) > 150
    assert set(numbers) - shown == set()


def test_the_verdict_leads_with_word_and_symbol_and_a_demonstration_with_its_reason(
    data: ReportData, read: Read
) -> None:
    text = read(report_page(data)).text
    assert "✓ better" in " ".join(text.split())
    assert "On final, round-1 is better than baseline:" in text
    assert "Demonstration, not evidence." in text
    assert "constructed (final 7)" in text
    data.record["settings"]["demonstration"] = False
    assert "Demonstration, not evidence." not in report_page(data)


@pytest.mark.parametrize("text", EVIL)
def test_whatever_was_written_by_others_stays_text(data: ReportData, read: Read, text: str) -> None:
    written = report_page(everything(data, text))
    page, tags = read(written), {"section", "article", "table", "details", "svg", "style", "title"}
    assert written.encode("utf-8")
    assert written.count("<script") == written.count("\x00") == written.count("\u202e") == 0
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    benign = read(report_page(everything(data, "benign")))
    assert {tag: page.count(tag) for tag in tags} == {tag: benign.count(tag) for tag in tags}
    assert "49" not in page.sections["worst"]


def test_a_long_text_is_cut_with_the_rest_to_unfold(data: ReportData, read: Read) -> None:
    words = " ".join(f"word{number}" for number in range(1200))[:10_000]
    row = data.samples.slice(0, 1).to_pylist()[0] | {"text": words}
    page = read(report_page(replace(data, samples=pa.Table.from_pylist([row], schema=SAMPLE))))
    assert ("details", {"class": "rest"}) in page.tags
    assert words[:1200] in page.text
    assert words[1200:] in page.text


def test_a_run_that_has_only_begun_says_what_is_not_measured(read: Read) -> None:
    empty = SAMPLE.empty_table()
    page = read(report_page(ReportData({}, {}, [], [], empty, empty, {})))
    assert [*page.sections] == [*SECTIONS]
    assert page.sections["comparison"].count("Not measured") == 1
    assert page.count("svg") == 0
    assert "○ not measured" in " ".join(page.text.split())


def test_a_single_item_and_thirty_fields_are_laid_out(data: ReportData, metrics: dict[str, Any], read: Read) -> None:
    for student in metrics["students"].values():
        one = student["final"]["fields"]["parties"]
        student["final"] |= {"items": 1, "documents": 1, "few": True, "fields": {f"field_{n}": one for n in range(30)}}
    text = read(report_page(replace(data, samples=data.samples.slice(0, 1)))).text
    assert all(f"field_{n}" in text for n in range(30))
    assert "fewer than ten documents" in text
    assert "1 of 1, drawn" in text


def test_counts_that_do_not_add_up_stop_the_reader(data: ReportData) -> None:
    assert "do not add up" not in report_page(data)
    data.record["stages"]["curate"]["funnel"][1]["kept"] = 24
    assert "do not add up" in report_page(data)


def test_no_key_is_printed(data: ReportData) -> None:
    data.record["stages"]["finetune"]["hub"] = {"token": "hidden-token"}
    text = report_page(data)
    assert "hidden" not in text.replace('class="hidden"', "").replace(".hidden {", "").replace(
        "overflow: hidden", ""
    ).replace("aria-hidden", "")
    assert "teacher-1" in text


def test_the_settings_on_the_page_make_the_same_run(data: ReportData, tmp_path: Path) -> None:
    settings, _ = load_settings("contracts", None, ["generation.samples=2", "matrix.register={formal: 9}"])
    dumped = settings.model_dump(mode="json", by_alias=True)
    page = report_page(replace(data, record=data.record | {"task": "contracts", "settings": dumped}))
    command, shown = (html.unescape(found) for found in re.findall(r"<pre><code>(.*?)</code></pre>", page, re.S))
    (tmp_path / "settings.yaml").write_text(shown)
    assert command.startswith("seedwright run contracts --config settings.yaml")
    assert "api_key" not in yaml.safe_load(shown)["teacher"]["simulated"]
    assert load_settings("contracts", tmp_path / "settings.yaml")[0] == settings


def test_a_full_page_is_small(data: ReportData) -> None:
    row = data.samples.to_pylist()[0] | {"text": "word " * 400}
    rows = [row | {"sample_id": str(number), "reason": f"reason {number // 3}"} for number in range(60)]
    many = pa.Table.from_pylist(rows, schema=SAMPLE)
    assert len(report_page(replace(data, samples=many, rejected=many)).encode()) < 500_000
