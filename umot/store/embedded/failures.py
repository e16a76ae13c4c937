"""Say in plain words what went wrong with the disk, and what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from umot.errors import StoreError

_ADVICE: Final = {
    "full": "the disk is full: free some space and run again",
    "readonly": "it cannot be written: check the owner and mode of the directory and run again",
    "read-only": "it cannot be written: check the owner and mode of the directory and run again",
    "permission": "it cannot be written: check the owner and mode of the directory and run again",
    "unable to open": "it cannot be opened: check that the directory exists and who may use it",
    "disk i/o": "the disk refused: check its free space, quota and health and run again",
    "no space": "the disk is full: free some space and run again",
    "file too large": "a file-size limit was met: raise it (ulimit -f) and run again",
    "malformed": "the file is damaged: restore the directory from a backup or index the archive anew",
    "not a database": "the file is damaged: restore the directory from a backup or index the archive anew",
}


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Turn errors of SQLite, the search index and the file system into `StoreError`.

    Raises:
        StoreError: with the path, what was found and what to do.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(_message(path, error)) from error


@contextmanager
def index_plainly(path: Path) -> Iterator[None]:
    """Do the same around the search index, whose library raises `ValueError` for all its failures.

    Raises:
        StoreError: with the path, what was found and what to do.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        raise StoreError(_message(path, error)) from error


def _message(path: Path, error: Exception) -> str:
    found = " ".join(str(error).split())[:300]
    known = (advice for sign, advice in _ADVICE.items() if sign in found.lower())
    return f"{path}: {found}; {next(known, 'run again; what was acknowledged is kept')}"
