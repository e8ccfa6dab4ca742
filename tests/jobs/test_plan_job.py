"""The plan as a person asks for it: what it shows, what the server counts for it, and that it spends nothing."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import Seedwright
from serving import hosted

from jobs.counting import Sample, chosen, scaled
from jobs.init import init
from jobs.plan import with_input_tokens
from pipeline.generate.estimate import Counted
from pipeline.records import REQUEST
from pipeline.teacher.simulated.odd import PAGE
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = pytest.mark.slow


@pytest.fixture
def teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    with contextlib.ExitStack() as stack:
        yield lambda **values: stack.enter_context(hosted(SimulatedSettings(**values), tmp_path / "teacher"))


def paths(folder: Path) -> list[str]:
    return [json.loads(line)["path"] for line in (folder / "teacher/requests.jsonl").read_text().splitlines()]


def planned(seedwright: Seedwright, task: object, *pairs: str) -> dict[str, Any]:
    shown = seedwright("plan", task, "--json", *[part for pair in pairs for part in ("--set", pair)])
    assert shown.returncode == 0, shown.stderr
    entry: dict[str, Any] = json.loads(shown.stdout)["stages"]["plan"]
    return entry | {"shown": shown.stderr}


def test_the_server_counts_one_request_a_stratum_and_writes_none(
    seedwright: Seedwright, teacher: Callable[..., str], tmp_path: Path
) -> None:
    url = teacher(models=("claude-sonnet-5-5",))
    entry = planned(seedwright, "contracts", f"teacher.base_url={url}", "teacher.model=claude-sonnet-5-5")
    assert paths(tmp_path) == ["/v1/messages/count_tokens"] * 4
    assert (entry["counted"], entry["requests"]) == (4, 960)
    assert "counted by the server on 4 requests" in entry["shown"]
    assert entry["dollars_batch"] == pytest.approx(entry["dollars"] / 2)
    assert entry["dollars_cached"] < entry["dollars"]
    assert entry["pairs"]["covered"] == entry["pairs"]["of"]


def test_a_plan_says_what_it_may_yield_and_whether_that_is_enough(seedwright: Seedwright) -> None:
    where = "teacher.base_url=http://127.0.0.1:9"
    assert "192 to 320 as a rule, a fifth to a third\n" in planned(seedwright, "contracts", where)["shown"]
    enough = planned(seedwright, "contracts", where, "generation.target=150")["shown"]
    assert "; 6.4 requests for each of the 150 wanted\n" in enough
    few = planned(seedwright, "contracts", where, "generation.target=400")["shown"]
    assert "; 2.4 requests for each of the 400 wanted; 2,000 to 4,000 requests are usual\n" in few


def test_a_judge_and_readings_are_told_at_their_most(seedwright: Seedwright) -> None:
    where = "teacher.base_url=http://127.0.0.1:9"
    looks = ["teacher.family=another", "judge={price: [1, 5]}", "consistency={k: 3, share: 0.5}"]
    entry = planned(seedwright, "contracts", where, *looks)
    judge, readings = entry["looks"]
    assert (judge["requests"], readings["requests"]) == (960 + 2 * 20, 480 * 3)
    assert judge["dollars"] == pytest.approx((judge["input_tokens"] + 5 * judge["output_tokens"]) / 10**6)
    assert (
        f"judge          at most 1,000 requests to simulated-judge, {judge['input_tokens']:,} tokens" in entry["shown"]
    )
    assert planned(seedwright, "contracts", where)["looks"] == []


@pytest.mark.parametrize("pairs", [["teacher.base_url=http://127.0.0.1:9"], ["teacher.api_key_env=NOT_SET_ANYWHERE"]])
def test_without_server_or_key_the_plan_is_estimated_and_says_so(
    seedwright: Seedwright, monkeypatch: pytest.MonkeyPatch, pairs: list[str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    entry = planned(seedwright, "contracts", "teacher.base_url=http://127.0.0.1:9", *pairs)
    assert entry["counted"] == 0
    assert "(estimated, four bytes a token)" in entry["shown"]


def test_a_server_that_refuses_or_cannot_count_does_not_fail_the_plan(
    seedwright: Seedwright, teacher: Callable[..., str]
) -> None:
    entry = planned(seedwright, "contracts", f"teacher.base_url={teacher(models=('another',))}")
    assert entry["counted"] == 0
    assert scaled(Sample(("{}", "{}"), 100), [70, None]) == Counted()


def test_a_gateway_that_sends_a_page_for_every_count_leaves_the_plan_estimated(
    seedwright: Seedwright, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    with pages() as url:
        entry = planned(seedwright, "contracts", f"teacher.base_url={url}")
    assert entry["counted"] == 0
    assert "(estimated, four bytes a token)" in entry["shown"]


@contextlib.contextmanager
def pages() -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_count_of_a_few_requests_scales_all() -> None:
    rows = [
        {"sample_id": name, "stratum": stratum, "params": name, "input_tokens": tokens}
        for name, stratum, tokens in (("c", "x", 30), ("a", "x", 100), ("b", "y", 100), ("d", "y", 7))
    ]
    requests = pa.Table.from_pylist(rows, schema=REQUEST)
    assert chosen(requests) == Sample(("a", "b"), 200)
    count = scaled(chosen(requests), [130, 130])
    assert count == Counted(1.3, 2)
    assert with_input_tokens(requests, count.factor)["input_tokens"].to_pylist() == [39, 130, 130, 10]
    assert with_input_tokens(requests, 1.3).schema == REQUEST


def test_unequal_strata_are_told_and_can_be_made_equal(seedwright: Seedwright, tmp_path: Path) -> None:
    init(tmp_path / "orders", "extraction")
    rows = [{"text": f"Order {number} is late, says the {'buyer' if number else 'shop'}."} for number in range(5)]
    lines = [json.dumps(row | {"kind": "mail" if number < 4 else "chat"}) for number, row in enumerate(rows)]
    (tmp_path / "orders/seeds.jsonl").write_text("\n".join(lines) + "\n")
    shown = planned(seedwright, tmp_path / "orders", "seeds.strata=[kind]")["shown"]
    assert "generation.per_stratum asks the same number of each" in shown
    entry = planned(seedwright, tmp_path / "orders", "seeds.strata=[kind]", "generation.per_stratum=18")
    assert entry["strata"] == {"chat": {"seeds": 1, "samples": 18}, "mail": {"seeds": 4, "samples": 18}}
    assert "generation.per_stratum" not in entry["shown"]


def test_the_human_rate_is_read_shown_and_part_of_what_the_plan_depends_on(
    seedwright: Seedwright, tmp_path: Path
) -> None:
    init(tmp_path / "mails", "classification")
    label(tmp_path / "mails", refund=3, delivery=9)
    pairs = ["--set", "matrix.label=human", "--set", "generation.samples=400", "--out", tmp_path / "run"]
    shown = seedwright("plan", tmp_path / "mails", *pairs)
    assert shown.returncode == 0, shown.stderr
    assert "0.25 (3 of 12, 0.09 to 0.53)" in shown.stderr
    cells = [json.loads(cell) for cell in pq.read_table(tmp_path / "run/rounds/1/plan.parquet")["cell"].to_pylist()]
    assert 80 < sum(cell["label"] == "refund" for cell in cells) < 120
    label(tmp_path / "mails", refund=0, delivery=9)
    again = seedwright("plan", tmp_path / "mails", *pairs).stderr
    assert "plan: done already" not in again
    assert "label refund: no row of the calibration set has it, so no sample will" in again


def test_labels_are_drawn_as_people_gave_them_unless_the_matrix_leaves_them_to_the_teacher(
    seedwright: Seedwright, tmp_path: Path
) -> None:
    init(tmp_path / "mails", "classification")
    label(tmp_path / "mails", "human", refund=3, delivery=9)
    always = ["--set", "generation.samples=100", "--set", "teacher.base_url=http://127.0.0.1:9"]
    shown = seedwright("plan", tmp_path / "mails", *always, "--out", tmp_path / "run", "--json")
    entry = json.loads(shown.stdout)["stages"]["plan"]
    assert entry["labels"].startswith("drawn at the human rate, that of 12 calibration rows which people labelled")
    assert f"labels         {entry['labels']}" in shown.stderr
    assert "0.25 (3 of 12, 0.09 to 0.53)" in shown.stderr
    assert 10 < entry["cells"]["label"]["refund"] < 40
    left = seedwright("plan", tmp_path / "mails", *always, "--set", "matrix.label=teacher").stderr
    assert "labels         left to the teacher (matrix.label); people gave refund 0.25 (3 of 12, 0.09 to 0.53)" in left
    label(tmp_path / "mails", "human", refund=0, delivery=9)
    shown = seedwright("plan", tmp_path / "mails", *always).stderr
    assert "label refund: no row of the calibration set has it, so it is drawn as half a row would be" in shown


def test_the_plan_says_which_asides_are_doubtful_or_that_there_are_none(seedwright: Seedwright, tmp_path: Path) -> None:
    init(tmp_path / "mails", "classification")
    (tmp_path / "mails/seeds.jsonl").write_text('{"text": "Where is it? And can I pay later?"}\n')
    always = ["--set", "generation.noise=measured", "--set", "teacher.base_url=http://127.0.0.1:9"]
    shown = seedwright("plan", tmp_path / "mails", *always, "--out", tmp_path / "run")
    assert "1 of 1 seeds ask for several things, and no sample is made to: generation.asides names no" in shown.stderr
    asides = tmp_path / "mails/asides.txt"
    asides.write_text("Do you sell lamps?\nAnd my refund?\n")
    given = ["plan", tmp_path / "mails", *always, "--set", f"generation.asides={asides}", "--out", tmp_path / "run"]
    shown = seedwright(*given)
    assert (shown.returncode, "check: done already" in shown.stderr) == (0, True)
    assert "noise          " in shown.stderr
    assert "asides.txt:2: says 'refund', a label" in shown.stderr
    asides.write_text("Do you sell lamps?\nOn 3 May 2024?\n")
    shown = seedwright(*given)
    assert shown.returncode == 2
    assert "asides.txt:2: holds '3 May 2024'" in shown.stderr


def test_prompts_that_repeat_are_counted_with_the_file_and_what_would_vary_them(
    seedwright: Seedwright, task_folder: Path
) -> None:
    where = "teacher.base_url=http://127.0.0.1:9"
    for template, repeats in (("hello {{ seed }}", 8), ("hello {{ seed }} {{ number }}", 0)):
        (task_folder / "draft.jinja").write_text(template)
        entry = planned(seedwright, task_folder, where, "generation.samples=9")
        assert (entry["requests"], entry["repeats"]) == (9, repeats)
        told = (
            "8 of 9 requests say what another says, and a server that answers equal requests equally is paid for copies"
        )
        advice = f"name {{{{ number }}}} or {{{{ cell }}}} in {task_folder}/draft.jinja"
        assert (f"{told}; {advice}\n" in entry["shown"]) == bool(repeats)


def label(folder: Path, source: str = "constructed", /, **labels: int) -> None:
    provenance = {"label_source": source, "labelled_by": "template", "labelled_at": "2026-01-01"}
    rows = [
        {"text": f"{name} {number} {'abcdefghijkl'[number] * 9}", "label": name, "document_id": f"{name}-{number}"}
        for name, count in labels.items()
        for number in range(count)
    ]
    (folder / "calibration.jsonl").write_text("".join(json.dumps(row | provenance) + "\n" for row in rows))


@pytest.mark.parametrize(
    ("price", "dollars", "caching"),
    [
        ("{input: 1, output: 5, cache_read: 0.1}", "fewer than the 4,096", "caches from 4,096: nothing will be cached"),
        ("{input: 1, output: 5, cache_read: 0.1, cache_from: 900}", "read from the cache", "900: they will be cached"),
    ],
)
def test_dollars_with_caching_and_what_is_said_of_caching_agree_whatever_price_is_given(
    seedwright: Seedwright, price: str, dollars: str, caching: str
) -> None:
    where = "teacher.base_url=http://127.0.0.1:9"
    shown = planned(seedwright, "contracts", where, "teacher.model=claude-haiku-4-5", f"teacher.price={price}")["shown"]
    assert dollars in next(line for line in shown.splitlines() if line.startswith("  with caching"))
    assert caching in next(line for line in shown.splitlines() if line.startswith("caching"))
