"""The system of record: one SQLite file in WAL mode that holds every acknowledged document."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson
import zstandard

from umot.errors import StoreError
from umot.store.contract import Collection, Document
from umot.store.embedded.failures import plainly

LAYOUT: Final = 1
_BUSY_SECONDS: Final = 30.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS docs(
  row INTEGER PRIMARY KEY, collection TEXT NOT NULL, id TEXT NOT NULL, parent TEXT,
  version INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS docs_by_id ON docs(collection, id);
CREATE INDEX IF NOT EXISTS docs_by_seq ON docs(collection, seq);
CREATE INDEX IF NOT EXISTS docs_by_parent ON docs(parent) WHERE parent IS NOT NULL;
CREATE TABLE IF NOT EXISTS removed(seq INTEGER NOT NULL, collection TEXT NOT NULL, row INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS removed_by_seq ON removed(collection, seq);
CREATE TABLE IF NOT EXISTS state(
  space TEXT, key TEXT, value BLOB NOT NULL, version INTEGER NOT NULL, PRIMARY KEY(space, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a document: its row, version and content hash."""

    row: int
    version: int
    hash: bytes


class Truth:
    """The open file; one object per thread.

    Every change takes a number from one sequence (`seq`). A document's row is the number of its
    creation and never used again, so that the search index can tell new from changed.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        with plainly(path):
            self._connection = _connect(path, read_only=read_only)
            if not read_only:
                self._connection.executescript(_SCHEMA)
        self._pack = zstandard.ZstdCompressor(level=1)
        self._unpack = zstandard.ZstdDecompressor()
        self._check_layout(read_only=read_only)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Make several changes one; they are durable when the block ends, undone when it fails."""
        with plainly(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a small query."""
        with plainly(self.path):
            return self._connection.execute(sql, values).fetchall()

    def stream(self, sql: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a large query, a few in memory at a time."""
        with plainly(self.path):
            yield from self._connection.execute(sql, values)

    def fact(self, name: str) -> str | None:
        """Return one of the store's facts about itself."""
        found = self.rows("SELECT value FROM facts WHERE name = ?", name)
        return str(found[0][0]) if found else None

    def set_fact(self, name: str, value: object) -> None:
        """Write one of the store's facts about itself."""
        with plainly(self.path):
            self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, str(value)))

    def last_seq(self) -> int:
        """Return the number of the last change."""
        return int(self.fact("seq") or 0)

    def data_version(self) -> int:
        """Return a number that changes when another connection has written."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def pack(self, document: Document) -> tuple[bytes, bytes]:
        """Return a document's stored form and its hash."""
        raw = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        return self._pack.compress(raw), blake2b(raw, digest_size=16).digest()

    def unpack(self, body: bytes) -> Document:
        """Return the document of a stored form."""
        try:
            document: Document = orjson.loads(self._unpack.decompress(body))
        except (zstandard.ZstdError, ValueError) as error:
            raise StoreError(f"{self.path}: a stored document is damaged ({error}); restore a backup") from error
        return document

    def get(self, collection: Collection, id: str) -> Document | None:
        """Return a document by id."""
        found = self.rows("SELECT body FROM docs WHERE collection = ? AND id = ?", collection, id)
        return self.unpack(found[0][0]) if found else None

    def documents(self, rows: Sequence[int]) -> dict[int, Document]:
        """Return documents by row; rows that are gone are left out."""
        found = self.rows(
            "SELECT row, body FROM docs WHERE row IN (SELECT value FROM json_each(?))", orjson.dumps(rows).decode()
        )
        return {row: self.unpack(body) for row, body in found}

    def ids(self, rows: Sequence[int]) -> dict[int, str]:
        """Return ids by row; rows that are gone are left out."""
        return dict(
            self.rows(
                "SELECT row, id FROM docs WHERE row IN (SELECT value FROM json_each(?))", orjson.dumps(rows).decode()
            )
        )

    def forget_free_pages(self) -> None:
        """Empty the write-ahead log, so that erased text is in no file of the truth any more."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _check_layout(self, *, read_only: bool) -> None:
        found = self.fact("layout")
        if found is None and not read_only:
            self.set_fact("layout", LAYOUT)
        elif found != str(LAYOUT):
            raise StoreError(
                f"{self.path}: found layout {found}, expected {LAYOUT}: it was written by another version; "
                "use that version or index the archive into a new directory"
            )


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
    return connection
