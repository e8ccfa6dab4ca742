"""The worked examples in docstrings, which are held to the code."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ("pipeline", "cluster", "jobs")
    for path in (ROOT / room).rglob("*.py")
    if "\n>>> " in (text := path.read_text(encoding="utf-8")) or " >>> " in text
)


TORCH = ("pipeline.finetune", "pipeline.embedding")
"""Rooms that import what takes seconds."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name.startswith(TORCH) else []) for name in MODULES]
)
def test_the_examples_of_a_module_come_out_as_they_are_written(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
