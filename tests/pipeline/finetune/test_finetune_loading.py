"""Students as they are loaded by us and by anybody, bases that are not theirs, and the merged model."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tiny_model import make_tiny_model

from pipeline.errors import InputError
from pipeline.finetune.base_model import find_base, load_tokenizer, refuse_widths
from pipeline.finetune.loading import load_base, load_student, origin_of, refuse_other_base, unpacked
from pipeline.finetune.merge import merge

if TYPE_CHECKING:
    from conftest import Taught

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def asked(tiny_model: Path) -> Any:
    return load_tokenizer(str(tiny_model))(["Which order? It is A-7."], return_tensors="pt")["input_ids"]


def logits(model: Any, asked: Any) -> Any:
    import torch

    with torch.inference_mode():
        return model.eval()(asked).logits


def apart(one: Any, other: Any) -> float:
    return float((one - other).abs().max())


@pytest.fixture(scope="module")
def whole(taught: Taught, tiny_model: Path, asked: Any) -> Any:
    """What the student says on the base in full precision."""
    base = load_base(str(tiny_model), four_bit=False, gpu=False)
    plain = logits(base, asked).clone()
    student = logits(load_student(base, taught.adapter, str(tiny_model)), asked)
    assert apart(student, plain) > 1
    return student


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # PEFT asks for it
def test_anybody_loads_the_adapter_in_three_lines_and_gets_the_same_student(
    taught: Taught, tiny_model: Path, asked: Any, whole: Any
) -> None:
    from peft import AutoPeftModelForCausalLM

    model = AutoPeftModelForCausalLM.from_pretrained(str(taught.adapter))
    assert apart(logits(model, asked), whole) < 1e-4
    four_bit = load_student(load_base(str(tiny_model), four_bit=True, gpu=False), taught.adapter, str(tiny_model))
    assert apart(logits(four_bit, asked), whole) > 1e-3


def test_the_adapter_brings_a_tokenizer_that_asks_as_the_base_does(taught: Taught, tiny_model: Path) -> None:
    turns = [{"role": "user", "content": "Which order?"}]
    ours, theirs = load_tokenizer(str(taught.adapter)), load_tokenizer(str(tiny_model))
    assert ours.apply_chat_template(turns, tokenize=False) == theirs.apply_chat_template(turns, tokenize=False)
    assert ours.eos_token_id == theirs.eos_token_id


@pytest.mark.parametrize("four_bit", [True, False])
def test_a_base_is_loaded_packed_or_whole(tiny_model: Path, four_bit: bool) -> None:
    import torch

    model = load_base(str(tiny_model), four_bit=four_bit, gpu=False)
    weight = model.model.layers[0].mlp.up_proj.weight
    assert weight.dtype == (torch.uint8 if four_bit else torch.float32)
    assert model.device.type == "cpu"


def test_an_unpacked_base_says_to_the_bit_what_the_packed_one_says_and_bears_its_student(
    taught: Taught, tiny_model: Path, asked: Any
) -> None:
    from bitsandbytes.nn import Linear4bit

    said = []
    for change in (lambda base: base, unpacked):
        base = change(load_base(str(tiny_model), four_bit=True, gpu=False))
        packed = [one for one in base.modules() if isinstance(one, Linear4bit)]
        assert bool(packed) == (change is not unpacked)
        plain = logits(base, asked).clone()
        said.append((plain, logits(load_student(base, taught.adapter, str(tiny_model)), asked)))
    assert apart(said[0][0], said[1][0]) == 0
    assert apart(said[0][1], said[1][1]) == 0
    assert apart(said[0][0], said[0][1]) > 1


def test_a_base_in_full_precision_is_left_as_it_is(tiny_model: Path) -> None:
    base = load_base(str(tiny_model), four_bit=False, gpu=False)
    assert unpacked(base) is base


def test_an_adapter_whose_base_has_been_edited_since_is_told_so(
    taught: Taught, tiny_model: Path, tmp_path: Path
) -> None:
    base, adapter = (
        shutil.copytree(tiny_model, tmp_path / "base"),
        shutil.copytree(taught.adapter, tmp_path / "adapter"),
    )
    note = adapter / "seedwright.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"base": str(base)}))
    refuse_other_base(adapter, str(base))
    generation = base / "generation_config.json"
    generation.write_text(json.dumps(json.loads(generation.read_text()) | {"temperature": 0.6}))
    message = (
        rf"^{adapter}: the files of its base {base} \(weights, tokenizer or configuration\) have changed since it was "
        "trained; restore them, or fine-tune again$"
    )
    with pytest.raises(InputError, match=message):
        refuse_other_base(adapter, str(base))
    beside = tmp_path / "beside"
    beside.symlink_to(base)
    with pytest.raises(InputError, match="have changed since it was trained"):
        refuse_other_base(adapter, str(beside))


@pytest.mark.parametrize("values", [{"seed": 1}, {"intermediate": 192}], ids=["other weights", "other widths"])
def test_an_adapter_of_another_base_is_refused_and_both_are_named(
    taught: Taught, tiny_model: Path, tmp_path: Path, values: dict[str, int]
) -> None:
    other = make_tiny_model(tmp_path / "other", **values)
    message = (
        rf"^{taught.adapter}: was trained on another base \({tiny_model}\) than {other}; give that one, or fine-tune "
        "again$"
    )
    with pytest.raises(InputError, match=message):
        load_student(load_base(str(other), four_bit=True, gpu=False), taught.adapter, str(other))
    with pytest.raises(InputError, match=message):
        merge(str(other), taught.adapter, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_the_base_may_have_moved(taught: Taught, tiny_model: Path, tmp_path: Path, asked: Any, whole: Any) -> None:
    moved = str(shutil.copytree(tiny_model, tmp_path / "moved"))
    student = load_student(load_base(moved, four_bit=False, gpu=False), taught.adapter, moved)
    assert apart(logits(student, asked), whole) == 0


@pytest.fixture
def foreign(taught: Taught, tmp_path: Path) -> Path:
    """The adapter without our note of its base, as another tool would have written it."""
    folder = Path(shutil.copytree(taught.adapter, tmp_path / "foreign"))
    (folder / "seedwright.json").unlink()
    return folder


def test_an_adapter_without_a_note_is_taken_where_it_fits_and_refused_where_it_does_not(
    foreign: Path, tiny_model: Path, tmp_path: Path, asked: Any, whole: Any
) -> None:
    student = load_student(load_base(str(tiny_model), four_bit=False, gpu=False), foreign, str(tiny_model))
    assert apart(logits(student, asked), whole) == 0
    wide = str(make_tiny_model(tmp_path / "wide", intermediate=192))
    message = rf"^{foreign}: does not fit on {wide} \(.+\); give the base it was trained on$"
    with pytest.raises(InputError, match=message):
        load_student(load_base(wide, four_bit=False, gpu=False), foreign, wide)


@pytest.mark.parametrize(
    ("name", "keep"), [("adapter_model.safetensors", 1000), ("adapter_config.json", 40), ("adapter_config.json", 0)]
)
def test_an_adapter_with_a_torn_file_is_refused(foreign: Path, tiny_model: Path, name: str, keep: int) -> None:
    (foreign / name).write_bytes((foreign / name).read_bytes()[:keep])
    base = load_base(str(tiny_model), four_bit=False, gpu=False)
    with pytest.raises(InputError, match=rf"^{foreign}: does not fit on {tiny_model} \(.+\); give the base it was"):
        load_student(base, foreign, str(tiny_model))


@pytest.mark.parametrize("note", ['{"base": ', "[]", "\udcff"], ids=["torn", "list", "no text"])
def test_a_note_that_cannot_be_read_is_refused_by_name(foreign: Path, tiny_model: Path, note: str) -> None:
    (foreign / "seedwright.json").write_text(note, errors="surrogateescape")
    with pytest.raises(InputError, match=rf"^{foreign}/seedwright.json: cannot be read \(.+\); fine-tune again$"):
        load_student(None, foreign, str(tiny_model))


@pytest.mark.parametrize("keep", [0, 1000, -1000])
def test_a_base_with_torn_weights_is_refused(tiny_model: Path, tmp_path: Path, keep: int) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "torn"))
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:keep])
    with pytest.raises(
        InputError, match=rf"^{folder}: cannot be loaded \(.+\); save the model again, or take another$"
    ):
        load_base(str(folder), four_bit=True, gpu=False)


@pytest.mark.parametrize("kind", ["abacus", "vit"])
def test_a_base_that_is_no_language_model_is_refused_before_it_is_loaded(
    tiny_model: Path, tmp_path: Path, kind: str
) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "odd"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": kind}))
    message = rf"^{folder}: is no causal language model that transformers knows \(.*(?i:{kind}).*\); take another$"
    with pytest.raises(InputError, match=message):
        refuse_widths(str(folder))
    with pytest.raises(
        InputError, match=rf"^{folder}: cannot be loaded \(.+\); save the model again, or take another$"
    ):
        load_base(str(folder), four_bit=True, gpu=False)


def test_the_merged_model_is_the_student_in_one_piece(
    taught: Taught, tiny_model: Path, tmp_path: Path, asked: Any, whole: Any
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    target = tmp_path / "merged"
    (target / "of an earlier run").mkdir(parents=True)
    merge(str(tiny_model), taught.adapter, target)
    model = AutoModelForCausalLM.from_pretrained(str(target))
    assert not [name for name, _ in model.named_parameters() if "lora" in name]
    assert apart(logits(model, asked), whole) < 1e-3
    assert AutoTokenizer.from_pretrained(str(target)).chat_template == load_tokenizer(str(tiny_model)).chat_template
    assert find_base(str(target)).context == 1024
    assert origin_of(target) == {**origin_of(taught.adapter), "four_bit": False}
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]
    assert not (target / "of an earlier run").exists()


@pytest.mark.parametrize("saved", ["bfloat16", "float16", "float32"])
def test_a_merged_model_is_computed_in_float32_and_written_as_its_base_was_saved(
    foreign: Path, tiny_model: Path, tmp_path: Path, saved: str
) -> None:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM

    base, target = Path(shutil.copytree(tiny_model, tmp_path / "base")), tmp_path / "merged"
    dtype = getattr(torch, saved)
    AutoModelForCausalLM.from_pretrained(str(tiny_model)).to(dtype).save_pretrained(base)
    merge(str(base), foreign, target)
    before, after = load_file(base / "model.safetensors"), load_file(target / "model.safetensors")
    assert {weight.dtype for weight in after.values()} == {weight.dtype for weight in before.values()} == {dtype}
    exact = load_student(load_base(str(base), four_bit=False, gpu=False), foreign, str(base)).merge_and_unload()
    weights = exact.state_dict()
    assert all(weights[name].dtype == torch.float32 for name in after)
    assert all((weights[name].to(dtype) == weight).all() for name, weight in after.items())
    assert any((before[name] != weight).any() for name, weight in after.items())
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (base, target)]
    assert sizes[1] < 1.01 * sizes[0]
    assert json.loads((target / "config.json").read_text())["dtype"] == saved


def test_a_merged_model_that_does_not_fit_on_the_disk_leaves_nothing(
    taught: Taught, tiny_model: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        message = (
            rf"^{small}/merged: cannot be written \(.*No space left.*\); free disk space, then run the same command"
        )
        with pytest.raises(InputError, match=message):
            merge(str(tiny_model), taught.adapter, small / "merged")
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
