"""The pipeline's state in the same SQLite file as the documents."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import orjson

from umot.errors import ConflictError
from umot.store.contract import Entry, Space
from umot.store.embedded.truth import Truth
from umot.store.embedded.writes import next_seq

_PAGE: Final = 1_000


class EmbeddedState:
    """Keys and JSON values per space; every write is durable when it returns."""

    def __init__(self, truth: Truth, writing: Callable[[], AbstractContextManager[None]]) -> None:
        self._truth = truth
        self._writing = writing

    def get(self, space: Space, key: str) -> Entry | None:
        """Return the entry or None."""
        found = self._truth.rows("SELECT value, version FROM state WHERE space = ? AND key = ?", space, key)
        return Entry(key, orjson.loads(found[0][0]), found[0][1]) if found else None

    def get_many(self, space: Space, keys: Sequence[str]) -> dict[str, Any]:
        """Return the values of those keys that exist."""
        found = self._truth.rows(
            "SELECT key, value FROM state WHERE space = ? AND key IN (SELECT value FROM json_each(?))",
            space,
            orjson.dumps(list(keys)).decode(),
        )
        return {key: orjson.loads(value) for key, value in found}

    def put(self, space: Space, key: str, value: Any, *, expected: int | None = None) -> int:
        """Write one value and return its new version.

        Raises:
            ConflictError: the entry has another version than expected (0 = must not exist).
        """
        with self._writing(), self._truth.transaction() as connection:
            if expected is not None:
                self._check_version(space, key, expected)
            version = next_seq(connection)
            connection.execute(
                "INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?)", (space, key, orjson.dumps(value), version)
            )
        return version

    def put_many(self, space: Space, values: Mapping[str, Any]) -> None:
        """Write many values in one transaction, last writer wins."""
        with self._writing(), self._truth.transaction() as connection:
            version = next_seq(connection)
            connection.executemany(
                "INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?)",
                ((space, key, orjson.dumps(value), version) for key, value in values.items()),
            )

    def delete(self, space: Space, keys: Iterable[str]) -> None:
        """Remove entries; missing keys are fine."""
        with self._writing(), self._truth.transaction() as connection:
            connection.executemany("DELETE FROM state WHERE space = ? AND key = ?", ((space, key) for key in keys))

    def scan(self, space: Space, prefix: str = "") -> Iterator[Entry]:
        """Yield entries in key order, a page in memory at a time."""
        last, found = prefix, self._page(space, prefix, ">=")
        while found:
            for key, value, version in found:
                if not key.startswith(prefix):
                    return
                yield Entry(key, orjson.loads(value), version)
                last = key
            found = self._page(space, last, ">")

    def _page(self, space: Space, key: str, relation: str) -> list[tuple[Any, ...]]:
        first = "SELECT key, value, version FROM state WHERE space = ? AND key >= ? ORDER BY key LIMIT ?"
        later = "SELECT key, value, version FROM state WHERE space = ? AND key > ? ORDER BY key LIMIT ?"
        return self._truth.rows(first if relation == ">=" else later, space, key, _PAGE)

    def _check_version(self, space: Space, key: str, expected: int) -> None:
        entry = self.get(space, key)
        found = entry.version if entry else 0
        if found != expected:
            raise ConflictError(
                f"state {space}/{key}: found version {found}, expected {expected}: read it again and decide anew"
            )
