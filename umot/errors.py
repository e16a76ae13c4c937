"""Errors by the action they cause; each carries the exit code of the command that meets it."""

from collections.abc import Iterable
from difflib import get_close_matches


class UmotError(Exception):
    """Base of every error that people see: what, where, what was expected, what to do."""

    exit_code = 1


class ConfigError(UmotError):
    """The configuration is wrong: nothing is started until it is mended."""

    exit_code = 2


class SourceError(UmotError):
    """One source failed: its run is recorded as broken, the other sources go on."""

    exit_code = 3


class SourceAwayError(SourceError):
    """A source does not answer, or answers that it is in trouble: the same again later may do."""


class QueryError(UmotError):
    """A query is outside the store's subset: it is refused by name, never ignored."""

    exit_code = 4


class StoreError(UmotError):
    """The store cannot be read or written: nothing is acknowledged, run again when it is back."""

    exit_code = 5


class StoreBusyError(StoreError):
    """Another process holds the embedded store's single writer for longer than the wait."""


class LeaseLostError(StoreError):
    """Another machine took over this process's work while it was paused: it stops before it writes on."""


class NoStoreError(StoreError):
    """There is no store at that place yet."""


class ConflictError(StoreError):
    """A state entry changed since it was read: read again and decide anew."""


class ModelError(UmotError):
    """The classifier cannot be loaded: nothing is classified, the archive keeps the posts."""

    exit_code = 6


class ArchiveError(UmotError):
    """A part or manifest of the archive cannot be read or written."""

    exit_code = 7


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` for the nearest known word, else the list of what is known."""
    choices = sorted(known)
    near = get_close_matches(word, choices, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(choices)}"
