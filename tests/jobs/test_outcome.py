"""How a command ends."""

import json
import sys

import pytest

from jobs.outcome import told


@pytest.mark.parametrize(("given", "code", "error"), [(5, 5, "5"), ("a word", 1, "a word")])
def test_whatever_a_command_ends_with_leaves_a_code_and_one_object(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: int | str, code: int, error: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["seedwright", "--json"])
    with pytest.raises(SystemExit) as end, told():
        raise SystemExit(given)
    assert end.value.code == code
    assert json.loads(capsys.readouterr().out) == {"error": error, "exit": code}
