"""What could not be processed, kept with the reason until it is retried or forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from umot.store.contract import State

_SHOWN = 500


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that a step could not process; `record` is None when only the source can give it again."""

    step: str
    source: str
    id: str
    reason: str
    as_of: str
    attempts: int = 1
    record: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        """Place of the letter in the state."""
        return f"{self.step}/{self.source}/{self.id}"


class DeadLetters:
    """The letters that wait in the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, letter: DeadLetter) -> None:
        """Keep a letter; one that is there already has been attempted once more."""
        known = self._state.get("dead", letter.key)
        attempts = known.value["attempts"] + 1 if known else letter.attempts
        value = {
            "reason": letter.reason[:_SHOWN],
            "as_of": letter.as_of,
            "attempts": attempts,
            "record": letter.record,
        }
        self._state.put("dead", letter.key, value)

    def all(self, step: str = "", source: str = "") -> Iterator[DeadLetter]:
        """Yield the letters of a step and source, of all when not named."""
        prefix = f"{step}/{source}/" if step and source else f"{step}/" if step else ""
        for entry in self._state.scan("dead", prefix):
            where, of_source, id_ = entry.key.split("/", 2)
            if source in ("", of_source):
                yield DeadLetter(where, of_source, id_, **entry.value)

    def remove(self, letter: DeadLetter) -> None:
        """Forget a letter: it was processed after all, or erased."""
        self._state.delete("dead", [letter.key])
