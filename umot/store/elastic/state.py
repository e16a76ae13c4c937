"""The pipeline's state in an index of its own, so that several machines share it."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from umot.errors import ConflictError, StoreError
from umot.store.contract import Entry, Space
from umot.store.elastic.bulk import Operation, delete_operation, index_operation, send
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.indices import STATE
from umot.store.elastic.keys import state_id
from umot.store.elastic.probing import read_many
from umot.store.elastic.scanning import scan

_PAGE: Final = 5_000
_WRITES_PER_INDEX: Final = 2**40


class ElasticState:
    """Keys and JSON values per space; a version is the entry's sequence number, counted from one.

    When a migration moves the entries to a new index, their versions go on above all former ones.

    Values are kept as they are and not indexed, keys are, to be scanned by their beginning.
    """

    def __init__(self, cluster: Cluster, *, read_only: bool = False) -> None:
        self._cluster = cluster
        self._alias = cluster.alias(STATE)
        self._read_only = read_only

    def get(self, space: Space, key: str) -> Entry | None:
        """Return the entry or None; sees every acknowledged write."""
        found = self._found(space, key)
        return _entry(found) if found else None

    def get_many(self, space: Space, keys: Sequence[str]) -> dict[str, Any]:
        """Return the values of those keys that exist."""
        places = ((self._alias, state_id(space, key)) for key in keys)
        sources = (found["_source"] for found in read_many(self._cluster, places, None))
        return {source["key"]: source["value"] for source in sources}

    def put(self, space: Space, key: str, value: Any, *, expected: int | None = None) -> int:
        """Write one value and return its new version.

        Raises:
            ConflictError: the entry has another version than expected (0 = must not exist).
        """
        self._check_writable()
        token = uuid.uuid4().hex
        source = {"space": space, "key": key, "value": value, "token": token}
        place = state_id(space, key)
        if expected is None:
            operation = index_operation(self._alias, place, source)
        elif expected == 0:
            operation = index_operation(self._alias, place, source, new=True)
        else:
            operation = index_operation(self._alias, place, source, after=self._place(space, key, expected))
        (outcome,) = send(self._cluster, [operation])
        if outcome.done:
            return _version(outcome.index, outcome.seq_no)
        return self._explain(space, key, expected, token, outcome.reason)

    def put_many(self, space: Space, values: Mapping[str, Any]) -> None:
        """Write many values, last writer wins; durable when it returns."""
        self._write(
            index_operation(self._alias, state_id(space, key), {"space": space, "key": key, "value": value})
            for key, value in values.items()
        )

    def delete(self, space: Space, keys: Iterable[str]) -> None:
        """Remove entries; missing keys are fine."""
        self._write(delete_operation(self._alias, state_id(space, key)) for key in keys)

    def scan(self, space: Space, prefix: str = "") -> Iterator[Entry]:
        """Yield entries in key order, every acknowledged one, a page in memory at a time."""
        self._cluster.ask(lambda client: client.indices.refresh(index=self._alias))
        clauses: list[dict[str, Any]] = [{"term": {"space": space}}]
        if prefix:
            clauses.append({"prefix": {"key": prefix}})
        query = {"bool": {"filter": clauses}}
        return map(_entry, scan(self._cluster, STATE, query, "key", _PAGE))

    def _write(self, operations: Iterable[Operation]) -> None:
        self._check_writable()
        for outcome in send(self._cluster, operations):
            if not outcome.done:
                raise StoreError(f"{self._cluster.address}: state: {outcome.reason}")

    def _found(self, space: Space, key: str) -> dict[str, Any] | None:
        return next(read_many(self._cluster, [(self._alias, state_id(space, key))], None), None)

    def _place(self, space: Space, key: str, expected: int) -> tuple[int, int]:
        """Return sequence number and primary term of the entry that is to be replaced."""
        found = self._found(space, key)
        if found is None or _version_of(found) != expected:
            raise _conflict(space, key, _version_of(found), expected)
        return found["_seq_no"], found["_primary_term"]

    def _explain(self, space: Space, key: str, expected: int | None, token: str, reason: str | None) -> int:
        """Return the version after all when it was a lost answer to this very write.

        Raises:
            ConflictError: somebody else wrote the entry.
        """
        found = self._found(space, key)
        if found and found["_source"].get("token") == token:
            return _version_of(found)
        if expected is None:
            raise StoreError(f"{self._cluster.address}: state {space}/{key}: {reason}")
        raise _conflict(space, key, _version_of(found), expected)

    def _check_writable(self) -> None:
        if self._read_only:
            raise StoreError(f"{self._cluster.address}: opened read-only: open it for writing")


def _entry(found: Mapping[str, Any]) -> Entry:
    return Entry(found["_source"]["key"], found["_source"]["value"], _version_of(found))


def _version_of(found: Mapping[str, Any] | None) -> int:
    return _version(found["_index"], found["_seq_no"]) if found else 0


def _version(index: str, seq_no: int) -> int:
    """Return a number that grows with every write to an index and with the number of the index itself."""
    return (int(index.rpartition("-")[2]) - 1) * _WRITES_PER_INDEX + seq_no + 1


def _conflict(space: Space, key: str, found: int, expected: int) -> ConflictError:
    return ConflictError(
        f"state {space}/{key}: found version {found}, expected {expected}: read it again and decide anew"
    )
