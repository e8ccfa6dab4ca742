"""The import rule and the house rules, executed on the source."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("jobs", "cluster", "pipeline")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
MAY_IMPORT = {"jobs": {"jobs", "cluster", "pipeline"}, "cluster": {"cluster", "pipeline"}, "pipeline": {"pipeline"}}


def imported(tree: ast.Module) -> set[str]:
    """The first name of every import in a file, wherever in the file it stands."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


@pytest.fixture(scope="module")
def imports(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    return {path: imported(tree) for path, tree in trees.items()}


def test_imports_go_from_jobs_to_cluster_to_pipeline_and_never_back(imports: dict[str, set[str]]) -> None:
    against = {path: names & set(ROOMS) - MAY_IMPORT[path.split("/")[0]] for path, names in imports.items()}
    assert {path: names for path, names in against.items() if names} == {}


def test_only_the_cluster_room_imports_ray(imports: dict[str, set[str]]) -> None:
    assert {path.split("/")[0] for path, names in imports.items() if "ray" in names} == {"cluster"}


def test_every_module_says_what_it_is_and_stays_small(trees: dict[str, ast.Module]) -> None:
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in MODULES}
    written = [path for path, text in texts.items() if text and "templates" not in Path(path).parts]
    assert [path for path in written if not ast.get_docstring(trees[path])] == []
    assert [path for path, text in texts.items() if text.count("\n") > 300] == []


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "helpers", "common", "manager", "base", "misc"}
    assert [path for path in MODULES if path.stem in drawers] == []


def test_the_rule_is_checked_on_all_three_rooms() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(ROOMS)
    assert len(MODULES) > 30
