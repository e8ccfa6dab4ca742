"""The import rule and the house rules, executed on the source."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("jobs", "cluster", "pipeline")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
MAY_IMPORT = {"jobs": {"jobs", "cluster", "pipeline"}, "cluster": {"cluster", "pipeline"}, "pipeline": {"pipeline"}}
IDS = [str(path.relative_to(ROOT)) for path in MODULES]


def imported(path: Path) -> set[str]:
    """The first name of every import in a file, wherever in the file it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_imports_go_from_jobs_to_cluster_to_pipeline_and_never_back(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    assert imported(path) & set(ROOMS) <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_only_the_cluster_room_imports_ray(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] != "cluster":
        assert "ray" not in imported(path)


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_every_module_says_what_it_is_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if "templates" not in path.parts:
        assert ast.get_docstring(ast.parse(text)) or not text
    assert text.count("\n") <= 300


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_no_module_is_a_drawer_for_everything(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "manager", "base", "misc"}


def test_the_rule_is_checked_on_all_three_rooms() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(ROOMS)
    assert len(MODULES) > 30
