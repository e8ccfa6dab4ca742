"""A new task folder to fill in: every file that a task needs, with example rows that pass the checks as they are."""

import json
import re
import shlex
import shutil
import unicodedata
from pathlib import Path
from typing import Any

from jobs.console import say
from pipeline.errors import InputError
from pipeline.run_dir import remedy

TEMPLATES = Path(__file__).with_name("templates")
KINDS = ("extraction", "classification")


def init(folder: Path, kind: str) -> dict[str, Any]:
    """Raises InputError for an unknown kind, or a folder that already holds files."""
    if kind not in KINDS:
        raise InputError(f"--kind {kind}: is unknown; it is one of {', '.join(KINDS)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: already holds something; name a new folder")
    try:
        shutil.copytree(TEMPLATES / kind, folder, dirs_exist_ok=True)
        task = folder / "task.yaml"
        task.write_text(
            task.read_text(encoding="utf-8").replace("NAME", json.dumps(_name(folder)), 1), encoding="utf-8"
        )
    except OSError as error:
        other = remedy(error, "name a folder where you may write")
        raise InputError(f"{folder}: cannot be written ({error.strerror or error}); {other}") from error
    files = sorted(file.name for file in folder.iterdir())
    say(f"{folder}: {', '.join(files)}\nfill them in, then: seedwright plan {shlex.quote(str(folder))}")
    return {"folder": str(folder), "files": files}


def _name(folder: Path) -> str:
    """The folder's name as a task's name may be: "nåt täsk!" is nat-task."""
    letters = [one for one in unicodedata.normalize("NFKD", folder.resolve().name) if not unicodedata.combining(one)]
    return re.sub(r"[^A-Za-z0-9_.]+", "-", "".join(letters)).strip("_.-") or "task"
