import shutil
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.seeds.files import fingerprint


def test_a_fingerprint_is_that_of_the_content_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_text("x")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert fingerprint(str(tmp_path / "a")) == fingerprint(str(tmp_path / "b"))
    (tmp_path / "b" / "x.txt").write_text("y")
    assert fingerprint(str(tmp_path / "a")) != fingerprint(str(tmp_path / "b"))
    assert fingerprint(str(tmp_path / "none")) == "missing"


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(InputError, match=r"^x{300}: cannot be read \(File name too long\)"):
        fingerprint("x" * 300)
