"""How steps say how far they are."""

from typing import Protocol


class Progress(Protocol):
    """Told now and then what is being done, how much is done, and of how much when that is known."""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Say it."""


def silent(what: str, done: int, total: int | None) -> None:
    """Say nothing."""
