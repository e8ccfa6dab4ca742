import json
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.layers import load_settings


def mistakes(*arguments: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_settings(*arguments)  # type: ignore[arg-type]
    return str(caught.value).splitlines()


def test_set_wins_over_config_and_config_over_the_task(task_folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("filters: {confidence: 0.7}\ngeneration: {samples: 3}\n")
    settings, _ = load_settings(str(task_folder), config, ["generation.samples=2"])
    assert (settings.filters.confidence, settings.generation.samples) == (0.7, 2)


def test_all_mistakes_are_reported_at_once_each_with_its_source_and_the_nearest_key(
    task_folder: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("filters: {confidense: 0.9}\ndedup: {threshold: 1.5}\n")
    found = mistakes(str(task_folder), config, ["teacher.modle=x", "generaton.samples=2"])
    assert len(found) == 4
    assert f"{config}: unknown setting filters.confidense; did you mean filters.confidence?" in found
    assert f"{config}: dedup.threshold = 1.5: Input should be less than or equal to 1" in found
    assert "--set teacher.modle: unknown setting teacher.modle; did you mean teacher.model?" in found
    assert "--set generaton.samples: unknown setting generaton; did you mean generation?" in found


def test_a_misspelt_dimension_or_value_of_the_matrix_is_told_with_all_other_mistakes(
    task_folder: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("matrix: {register: {Formal: 2}}\n")
    found = mistakes(str(task_folder), config, ["matrix.complexty.several=3", "filters.confidense=0.9"])
    both = "where both are meant, give both together"
    assert found == [
        "--set filters.confidense: unknown setting filters.confidense; did you mean filters.confidence?",
        f"{config}: matrix.register.Formal is new; did you mean matrix.register.formal? {both}",
        f"--set matrix.complexty.several: matrix.complexty is new; did you mean matrix.complexity? {both}",
    ]


def test_a_new_dimension_or_value_is_taken_and_one_that_is_almost_another_where_both_are_given(
    task_folder: Path,
) -> None:
    pairs = ["matrix.tone.warm=1", "matrix.register.informal=2", "matrix.complexity={one_fact: 1, one_facts: 2}"]
    matrix = load_settings(str(task_folder), None, pairs)[0].matrix
    assert list(matrix) == ["register", "complexity", "tone"]
    assert (len(matrix["register"]), len(matrix["complexity"])) == (4, 3)


def test_a_misspelt_key_that_is_required_is_told_as_the_misspelling_alone(task_folder: Path) -> None:
    task = task_folder / "task.yaml"
    task.write_text(task.read_text().replace("seeds:\n", "sedes:\n").replace("schema:", "shema:"))
    assert mistakes(str(task_folder)) == [
        f"{task}: unknown setting sedes; did you mean seeds?",
        f"{task}: unknown setting shema; did you mean schema?",
    ]


def test_paths_are_relative_to_the_file_that_names_them(
    task_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("seeds: {path: other.jsonl}\n")
    assert load_settings(str(task_folder), config)[0].seeds.path == str(tmp_path / "other.jsonl")
    monkeypatch.chdir(tmp_path)
    assert load_settings(str(task_folder), None, ["seeds.path=x.jsonl"])[0].seeds.path == str(tmp_path / "x.jsonl")
    monkeypatch.setenv("DATA", "/data")
    assert load_settings(str(task_folder), None, ["seeds.path=${DATA}/x"])[0].seeds.path == "/data/x"
    assert (
        "NOWHERE, which is not set; export NOWHERE" in mistakes(str(task_folder), None, ["seeds.path=${NOWHERE}/x"])[0]
    )


@pytest.mark.parametrize("key", ["finetune.model", "dedup.embedding", "contamination.embedding"])
def test_a_model_that_is_a_folder_is_a_path_like_any_other_and_a_name_stays_one(
    task_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    section, name = key.split(".")
    config = tmp_path / "config.yaml"
    monkeypatch.setenv("MODELS", "/models")

    def named(spelling: str, *pairs: str) -> str:
        config.write_text(f"{section}: {{{name}: {json.dumps(spelling)}}}\n")
        found = load_settings(str(task_folder), config, pairs)[0]
        return str(getattr(getattr(found, section), name))

    assert named("./base") == str(tmp_path / "base")
    assert named("../base") == str(tmp_path.parent / "base")
    assert named("${MODELS}/base") == "/models/base"
    assert named("~/base") == str(Path.home() / "base")
    assert named("organisation/base") == "organisation/base"
    monkeypatch.chdir(task_folder)
    assert named("./base", f"{key}=./base") == str(task_folder / "base")
    assert "NOWHERE, which is not set" in mistakes(str(task_folder), None, [f"{key}=$NOWHERE/base"])[0]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("filters", "is not key=value"),
        ("=5", "--set =5: is not key=value"),
        ("=sk-ant-0123456789", "--set =…: is not key=value"),
        ("matrix.register={formal: 1, formal: 2}", "--set matrix.register: line 1 repeats the key 'formal'"),
        ("matrix=formal", "matrix = 'formal': should be a mapping, such as matrix: {register: {formal: 1}}"),
        ("matrix.register=[formal]", "should be a mapping, such as matrix: {register: {formal: 1}}"),
        ("split=0.1", "split = 0.1: should be a mapping; write `key: value` lines below it (keys: validation)"),
        ("name=2026-01-01", "name = 2026-01-01: is a date to YAML, and text is wanted; put it in quotes"),
        ("name=no", "name = False: is a truth value to YAML, and text is wanted; put it in quotes"),
        ("name=12", "name = 12: is a number to YAML"),
        ("name=[a]", "name = ['a']: should be text"),
        ("teacher.temperature=1", "unknown setting teacher.temperature; known keys: base_url, model"),
        ("filters..confidence=1", "is not key=value"),
        ("filters.confidence=[", "is not a YAML value"),
        ("filters.confidence=high", "filters.confidence = 'high'"),
        ("teacher.max_tokens=99999", "teacher.max_tokens = 99999"),
        ("generation.cross=[tone]", "names 'tone', which is no dimension of matrix"),
        ("matrix.register={formal: 0, plain: 0, clipped: 0}", "has no value with a weight above 0"),
        ("real.dev=null", "calibration, dev and final are all needed"),
        ("real.path=x.jsonl", "both path and calibration"),
        ("teacher.simulated.rates={refusals: 0.1}", "refusals"),
        ("teacher.model=2024-13-45", "--set teacher.model: what it is set to is not a YAML value"),
        ("teacher.model=0b_", "is not a YAML value"),
        ("passes=&a [*a]", "is not a YAML value"),
        ("seeds.path=~nosuchuser/x", "is no path"),
        ('seeds.path="a\\0b"', "is no path"),
        ("matrix.register={yes: 1}", "the key True, which is no text to YAML; put it in quotes"),
        ("matrix.register={2: 1}", "the key 2, which is no text"),
        ("matrix.register.formal=.inf", "should be a finite number"),
        ("matrix.register.formal=.nan", "should be a finite number"),
        ("budget=.inf", "budget = inf: Input should be a finite number"),
        ("generation.cross=[register, register]", "names 'register' twice"),
        ("budget=", "--set budget: is set to nothing; give a value, or null"),
        ("teacher.price=[-1, 2]", "--set teacher.price: teacher.price.input = -1"),
        ("teacher.price=[1]", "should be [IN, OUT] in dollars per million tokens, or a mapping"),
        ("teacher.price={input: 1}", "teacher.price.output is missing; add it"),
        ("teacher.price={input: 1, output: 5, cache_raed: 1}", "did you mean teacher.price.cache_read?"),
        ("teacher.price=[1, .inf]", "should be a finite number"),
        ("dedup.shingle=words:5", "'words:5' is neither word:N nor char:N"),
        ("contamination.shingle=word:0", "'word:0' is neither word:N nor char:N"),
    ],
)
def test_a_bad_pair_is_explained(task_folder: Path, pair: str, message: str) -> None:
    assert message in "\n".join(mistakes(str(task_folder), None, [pair]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "line 2 is not YAML"),
        ("just words", "holds str, not settings"),
        ("", "holds no settings; write `key: value` lines"),
        ("split: {validation: 0.1}\nfilters: {}\nsplit: {}", "config.yaml: line 3 repeats the key 'split' of line 1"),
        ("a: 2024-13-45", "a value that YAML cannot read (month must be in 1..12); put it in quotes"),
        ("a: &x {b: *x}", "a value that YAML cannot read"),
        ("matrix: {r: {yes: 1}}", "config.yaml: matrix.r has the key True"),
    ],
)
def test_a_config_that_is_none_names_file_and_line(task_folder: Path, tmp_path: Path, text: str, message: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(text + "\n")
    assert message in mistakes(str(task_folder), config)[0]


@pytest.mark.parametrize(
    "pair",
    [
        "teacher.api_key_env=hidden-1",
        "teacher.api_key=hidden",
        "teacher.api_key:hidden",
        "teacher.apikey=[hidden",
        "teacher.simulated.api_key=[hidden]",
        "teacher.base_url=https://user:hidden@host",
    ],
)
def test_a_key_that_was_pasted_is_refused_and_never_shown(task_folder: Path, pair: str) -> None:
    assert "hidden" not in "\n".join(mistakes(str(task_folder), None, [pair]))


def test_a_key_that_was_pasted_into_a_file_is_not_shown_either(task_folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("teacher: {api_key_env: hidden-1, apikey: hidden, base_url: 'https://user:hidden@host'}\n")
    found = mistakes(str(task_folder), config)
    assert (len(found), "hidden" in "\n".join(found)) == (3, False)


def test_a_config_that_is_missing_or_not_utf8_is_named(task_folder: Path, tmp_path: Path) -> None:
    assert "cannot be read (No such file" in mistakes(str(task_folder), tmp_path / "none.yaml")[0]
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    assert "is not UTF-8 (byte 9)" in mistakes(str(task_folder), tmp_path / "latin.yaml")[0]


def test_a_task_that_is_none_suggests_the_nearest(tmp_path: Path) -> None:
    assert "did you mean contracts?" in mistakes("contract")[0]
    assert "holds no task.yaml" in mistakes(str(tmp_path))[0]


def test_what_does_not_shape_a_result_is_in_no_fingerprint(task_folder: Path) -> None:
    here = load_settings(str(task_folder))[0].shaping()
    there = load_settings(
        str(task_folder),
        None,
        [
            "cluster.shards=7",
            "limits.in_flight=3",
            "teacher.base_url=http://127.0.0.1:1",
            "budget=5",
            "teacher.timeout_s=9",
        ],
    )[0].shaping()
    assert here == there
    assert load_settings(str(task_folder), None, ["teacher.model=other"])[0].shaping() != here
