"""What a command leaves on standard output, and how it ends: a project error is one line and its exit code."""

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import typer

from pipeline.errors import SeedwrightError


def emit(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stderr.flush()
        print(json.dumps(result, ensure_ascii=False), flush=True)


@contextlib.contextmanager
def at_work() -> Iterator[None]:
    """What a library prints goes to standard error, so that --json stays alone; Ctrl-C says how to go on."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except KeyboardInterrupt:
        print("seedwright: interrupted; the same command goes on where it was", file=sys.stderr, flush=True)
        raise typer.Exit(130) from None


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Around the whole command. With --json a failure, too, leaves the one object that is promised, {error, exit}, so
    that a script can read standard output without looking at the exit code first.
    """
    try:
        yield
    except SeedwrightError as error:
        print(f"seedwright: {error}", file=sys.stderr, flush=True)
        code, what = error.exit_code, str(error)
    except SystemExit as end:
        if not end.code:
            raise
        code = end.code if isinstance(end.code, int) else 1  # Python prints any other and ends with 1
        said = end.__context__ or end.code  # what typer says of a mistyped command, or what was given to sys.exit
        what = "interrupted" if code == 130 else str(said)
        if code is not end.code:
            print(f"seedwright: {end.code}", file=sys.stderr, flush=True)
    except Exception as error:
        emit({"error": repr(error), "exit": 1}, "--json" in sys.argv)
        raise  # a mistake of ours: Python shows where
    emit({"error": what, "exit": code}, "--json" in sys.argv)
    raise SystemExit(code)
