"""The README's list of commands, held to the command itself."""

import re
from pathlib import Path

import typer

from jobs.__main__ import app

README = Path(__file__).parent.parent / "README.md"
EVERYWHERE = {"--config", "--set", "--address", "--json", "--help"}
"""Options of many commands, which not every line repeats."""


def test_the_readme_names_every_command_with_its_options_and_no_others() -> None:
    section = README.read_text(encoding="utf-8").partition("\n## Use\n")[2]
    lines = re.split(r"^seedwright ", section.split("```")[1], flags=re.MULTILINE)[1:]
    told = {name: set(re.findall(r"(?<!\S)\[?(--?[a-z][a-z-]*)", line)) for line in lines for name in names(line)}
    known = {
        name: {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
        for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    }
    assert told.keys() == known.keys()
    stages = set.union(*(known[name] for name in names(lines[3])))
    for name, options in known.items():
        assert options - EVERYWHERE <= told[name], name
        assert told[name] <= (stages if name in names(lines[3]) else options), name


def names(line: str) -> list[str]:
    """The commands that a line is about: several, where they are alike."""
    return line.split()[0].split("|")
