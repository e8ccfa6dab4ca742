"""The commands `dedup` and `decontaminate` with an embedding model."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command import Seedwright
from tiny_encoder import make_tiny_encoder

from jobs import decontaminate, dedup, embedding, rephrased
from jobs.contamination_table import marked
from pipeline.errors import InputError

pytestmark = pytest.mark.slow

EXAM = [
    "the supplier shall deliver the goods to the buyer within thirty days",
    "either party may end this deal in june",
]
LEAK = "within thirty days the goods shall the supplier to the buyer deliver"
ROWS = [LEAK, "my bicycle has a flat tyre and needs new brakes", EXAM[1].upper()]
CONTROL = [
    "the buyer may keep the old wine",
    "a party in june with goods and wine",
    "nothing to do with any of it",
    EXAM[0],
]


def jsonl(path: Path, texts: list[str], column: str = "text") -> Path:
    path.write_text("".join(json.dumps({column: text}) + "\n" for text in texts))
    return path


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(make_tiny_encoder(tmp_path / "encoder", [*EXAM, *ROWS, *CONTROL]))


def run(folder: Path, **options: Any) -> dict[str, Any]:
    said = options.pop("said", [])
    given: dict[str, Any] = {
        "against": jsonl(folder / "exam.jsonl", EXAM, "question"),
        "text": "text",
        "eval_text": "question",
        "out": folder / "out",
        "say": said.append,
    }
    source = options.pop("source", None) or jsonl(folder / "train.jsonl", ROWS)
    return decontaminate.run(source, **given | options)


def test_a_rephrased_item_is_removed_by_a_cut_that_the_control_chose(tmp_path: Path, model: str) -> None:
    said: list[str] = []
    summary = run(tmp_path, embed=model, control=jsonl(tmp_path / "clean.jsonl", CONTROL), said=said)
    removed = pq.read_table(tmp_path / "out/removed.parquet").to_pylist()
    assert [(row["row"], row["reason"], row["twin_row"]) for row in removed] == [
        (0, "contaminated_embedding", 0),
        (2, "contaminated_exact", 1),
    ]
    tier = summary["embedding"]
    assert removed[0]["similarity"] == pytest.approx(1, abs=1e-6)
    assert removed[0]["similarity"] >= tier["cut"] > 0.5
    assert summary["removed"]["contaminated_embedding"] == 1
    assert (summary["tiers"]["embedding"], tier["verdict"], tier["model"]) == ("checked", "separable", model)
    assert tier["control"] == {"rows": 3, "flagged": 0, "bound": 0.631597, "left_out": 1}
    assert json.loads((tmp_path / "out/summary.json").read_text()) == summary
    assert len(tier["curve"]) == 51
    assert set(summary["seconds"]) == {"read", "compare", "embed", "sweep", "write"}
    shown = "\n".join(said)
    assert "cosine cut  reached  share of rows  of control  of probes" in shown
    assert "«within thirty days» the goods" in shown
    assert "leak and neighbour can be told apart here." in shown
    assert "not checked" not in shown


def test_a_control_as_near_as_a_leak_is_said_to_tell_nothing(tmp_path: Path, model: str) -> None:
    near = [" ".join(reversed(text.split())) for text in EXAM]
    summary = run(tmp_path, embed=model, control=jsonl(tmp_path / "clean.jsonl", near))
    assert (summary["tiers"]["embedding"], summary["removed"]["contaminated_embedding"]) == ("not separable", 0)


def test_the_control_s_texts_may_stand_in_the_column_of_the_evaluation_set(tmp_path: Path, model: str) -> None:
    control = jsonl(tmp_path / "clean.jsonl", CONTROL, "question")
    assert run(tmp_path, embed=model, control=control)["embedding"]["control"]["rows"] == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"control": None}, "--embed: has no --control"),
        ({"embed": None}, "--control: is for --embed"),
        ({"embed": "./no-model"}, "--embed: there is no folder './no-model'"),
        ({"false_alarm": 1.0}, r"--false-alarm: 1\.0 is outside"),
        ({"control": "empty"}, r"empty\.jsonl: no rows; "),
        ({"control": "items"}, r"items\.jsonl: holds nothing but texts of the evaluation set"),
        ({"control": "column"}, r"column\.jsonl: no column 'text'; "),
        ({"control": "bad"}, r"bad\.jsonl: 1 rows cannot be read"),
        ({"control": "/not/there.jsonl"}, r"/not/there\.jsonl"),
    ],
)
def test_what_cannot_be_checked_stops_before_anything_is_written(
    tmp_path: Path, model: str, options: dict[str, Any], said: str
) -> None:
    jsonl(tmp_path / "items.jsonl", EXAM)
    jsonl(tmp_path / "column.jsonl", CONTROL, "body")
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "bad.jsonl").write_text("{")
    jsonl(tmp_path / "clean.jsonl", CONTROL)
    given = {"embed": model, "control": "clean"} | options
    if given["control"] and "/" not in given["control"]:
        given["control"] = tmp_path / f"{given['control']}.jsonl"
    with pytest.raises(InputError, match=said):
        run(tmp_path, **given)
    assert not (tmp_path / "out").exists()


def test_a_tier_that_fails_on_its_way_stops_the_command(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise InputError("gives vectors that are not finite")

    monkeypatch.setattr(rephrased, "embedded", broken)
    with pytest.raises(InputError, match="not finite"):
        run(tmp_path, embed=model, control=jsonl(tmp_path / "clean.jsonl", CONTROL))
    assert not (tmp_path / "out").exists()


def test_the_control_is_never_overwritten(tmp_path: Path, model: str) -> None:
    (tmp_path / "out").mkdir()
    control = jsonl(tmp_path / "out" / "kept.parquet", CONTROL)
    with pytest.raises(InputError, match="would overwrite --control"):
        run(tmp_path, embed=model, control=control)


TEXTS = [
    "pay the bill now or never",
    "never or now the bill pay",
    "a text about wine",
    "wine about a text",
    "a  TEXT about wine",
]


def test_rows_that_mean_the_same_go_after_those_that_are_the_same(tmp_path: Path) -> None:
    model = str(make_tiny_encoder(tmp_path / "encoder", TEXTS))
    said: list[str] = []
    source = jsonl(tmp_path / "rows.jsonl", TEXTS)
    summary = dedup.run(source, text="text", embed=model, out=tmp_path / "out", say=said.append)
    removed = pq.read_table(tmp_path / "out/removed.parquet").to_pylist()
    assert [(row["row"], row["reason"], row["twin_row"]) for row in removed] == [
        (1, "semantic", 0),
        (3, "semantic", 2),
        (4, "exact", 2),
    ]
    assert summary["removed"] == {"exact": 1, "near": 0, "semantic": 2}
    assert summary["semantic"] == {
        "model": model,
        "pooling": "mean",
        "tokens": 64,
        "fingerprint": summary["semantic"]["fingerprint"],
        "cosine": 0.92,
        "embedded": 4,
        "cut_short": 0,
    }
    assert "2 semantic (Jaccard 0.8 or more, word:5, cosine 0.92 or more)" in said[0]


def test_existing_data_take_new_rows_away_by_their_meaning_too(tmp_path: Path) -> None:
    model = str(make_tiny_encoder(tmp_path / "encoder", TEXTS))
    existing = jsonl(tmp_path / "old.jsonl", [TEXTS[3], TEXTS[2]])
    source = jsonl(tmp_path / "rows.jsonl", [TEXTS[0], TEXTS[4]])
    dedup.run(source, text="text", embed=model, against=existing, out=tmp_path / "out", say=lambda _: None)
    removed = pq.read_table(tmp_path / "out/removed.parquet").to_pylist()
    assert [(row["row"], row["reason"], row["twin_row"], row["twin_source"]) for row in removed] == [
        (1, "exact", 1, "against")
    ]
    new = jsonl(tmp_path / "new.jsonl", ["wine text about a", TEXTS[0]])
    dedup.run(new, text="text", embed=model, against=existing, out=tmp_path / "out", say=lambda _: None)
    removed = pq.read_table(tmp_path / "out/removed.parquet").to_pylist()
    assert [(row["row"], row["reason"], row["twin_row"], row["twin_source"]) for row in removed] == [
        (0, "semantic", 0, "against")
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [({"embed": "./no-model"}, "--embed: there is no folder"), ({"embed_threshold": 1.2}, "--embed-threshold: 1.2 is")],
)
def test_a_model_or_cosine_that_cannot_be_used_is_refused(
    tmp_path: Path, model: str, options: dict[str, Any], said: str
) -> None:
    source = jsonl(tmp_path / "rows.jsonl", TEXTS)
    with pytest.raises(InputError, match=said):
        dedup.run(source, text="text", **{"embed": model} | options, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_options_reach_the_commands(tmp_path: Path, model: str, seedwright: Seedwright) -> None:
    source, exam = jsonl(tmp_path / "rows.jsonl", ROWS), jsonl(tmp_path / "exam.jsonl", EXAM)
    control = jsonl(tmp_path / "clean.jsonl", CONTROL)
    shown = seedwright(
        *("decontaminate", source, "--against", exam, "--text", "text", "--embed", model, "--control", control),
        *("--false-alarm", "0.2", "--out", tmp_path / "out", "--json"),
    )
    assert shown.returncode == 0
    assert json.loads(shown.stdout)["embedding"]["false_alarm"] == 0.2
    shown = seedwright(
        *("dedup", source, "--text", "text", "--embed", model, "--embed-threshold", "0.99"),
        *("--out", tmp_path / "two", "--json"),
    )
    assert json.loads(shown.stdout)["semantic"]["cosine"] == 0.99
    shown = seedwright("decontaminate", source, "--against", exam, "--text", "text", "--embed", model)
    assert (shown.returncode, shown.stderr.count("\n")) == (2, 1)


def test_shared_runs_are_marked_once_and_never_inside_each_other() -> None:
    assert marked("Gold coins, and gold coins!", ["gold coins", "gold", "coins"]) == "«Gold coins», and «gold» «coins»!"
    assert marked("a (b) c", ["b c", "x"]) == "a («b) c»"


@pytest.mark.ray
@pytest.mark.usefixtures("ray_here")
def test_many_rows_are_embedded_on_the_cluster_with_the_same_result(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    control, many = jsonl(tmp_path / "clean.jsonl", CONTROL), jsonl(tmp_path / "train.jsonl", [*ROWS, *CONTROL])
    asked: dict[str, Any] = {"embed": model, "control": control, "source": many}
    alone = run(tmp_path, **asked, out=tmp_path / "alone")
    monkeypatch.setattr(embedding, "RAY_FROM", len(CONTROL) + 1)
    monkeypatch.setattr("pipeline.embedding.vectors.PIECE", 1)
    through = run(tmp_path, **asked, out=tmp_path / "ray")
    assert through["embedding"]["curve"] == alone["embedding"]["curve"]
    for name in ("kept", "removed"):
        one, two = (pq.read_table(tmp_path / place / f"{name}.parquet").to_pylist() for place in ("alone", "ray"))
        assert [row | {"similarity": None} for row in one] == [row | {"similarity": None} for row in two]


@pytest.mark.ray
@pytest.mark.usefixtures("ray_here")
def test_no_texts_have_no_vectors_on_the_cluster_either(model: str) -> None:
    from cluster.embedding import embed_on_ray
    from pipeline.embedding.encoder import find_encoder

    vectors, cut = embed_on_ray(embedding.texts_column([]), find_encoder(model))
    assert (vectors.shape, cut) == ((0, 0), 0)


@pytest.mark.ray
@pytest.mark.usefixtures("ray_here")
def test_a_model_that_breaks_in_an_actor_is_one_clear_error(model: str) -> None:
    from cluster.embedding import embed_on_ray
    from pipeline.embedding.encoder import find_encoder

    encoder = find_encoder(model)
    (Path(model) / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match="cannot be loaded as an embedding model"):
        embed_on_ray(embedding.texts_column(TEXTS), encoder)
