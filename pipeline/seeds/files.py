"""Files by content, for fingerprints, and by the name that a person knows them by, for messages."""

import hashlib
from pathlib import Path

from pipeline.canonical import content_hash
from pipeline.errors import InputError


def known_as(path: Path) -> str:
    """The path as a message names it: as it was given, but below the current folder relative to it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def fingerprint(path: str) -> str:
    """SHA-256 of a file's bytes, or of all files below a folder with their names; "missing" where there is nothing.

    Raises InputError naming what cannot be read.
    """
    try:
        return _fingerprint(Path(path))
    except OSError as error:
        raise InputError(
            f"{error.filename or path}: cannot be read ({error.strerror}); check the file and its permissions"
        ) from error


def _fingerprint(place: Path) -> str:
    if place.is_dir():
        files = sorted(file for file in place.rglob("*") if file.is_file())
        return content_hash({str(file.relative_to(place)): _digest(file) for file in files})
    return _digest(place) if place.is_file() else "missing"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
