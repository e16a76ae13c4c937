"""The embedded engine: SQLite holds every document, tantivy searches and aggregates them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from umot.errors import NoStoreError, StoreError
from umot.store.contract import (
    Collection,
    Document,
    PostWrite,
    Query,
    SearchResult,
    Store,
    WriteResult,
)
from umot.store.embedded.aggregating import Aggregator
from umot.store.embedded.failures import plainly
from umot.store.embedded.index import SearchIndex
from umot.store.embedded.indexing import Indexes, check_readable
from umot.store.embedded.lock import WriteLock
from umot.store.embedded.searching import Finder
from umot.store.embedded.selecting import total
from umot.store.embedded.state import EmbeddedState
from umot.store.embedded.truth import Truth
from umot.store.embedded.writes import erase_posts, put_documents, replace_posts
from umot.store.mapping import fields_of
from umot.store.nodes import MatchAll, Node, SortKey
from umot.store.subset import check_size, parse_query, parse_sort, text_fields
from umot.store.subset_aggs import parse_aggs

_COMMIT_EVERY: Final = 20_000
_PAGE: Final = 1_000


class EmbeddedStore:
    """A store in one directory, for one machine.

    Any number of processes may have it open. Writes take turns by a lock that is held for one batch
    at a time; readers never wait. One object serves one thread.
    """

    def __init__(self, path: Path, *, read_only: bool = False, lock_wait: float = 30) -> None:
        """Open the store, made anew if need be, and mend what a crash left behind in its index.

        Args:
            lock_wait: seconds to wait for another process's write before giving up.

        Raises:
            StoreError: it cannot be opened; the message says why and what to do.
        """
        self._path = path
        self._read_only = read_only
        self._pending = 0
        if not read_only:
            with plainly(path):
                path.mkdir(parents=True, exist_ok=True)
        elif not (path / "store.db").is_file():
            raise NoStoreError(f"{path}: no store here yet: `umot run` makes one; or name the right folder")
        self._lock = WriteLock(path, lock_wait)
        self._truth = Truth(path / "store.db", read_only=read_only)
        self._state = EmbeddedState(self._truth, self._writing)
        self._indexes = Indexes(path, self._truth)
        self._open_index()

    @property
    def state(self) -> EmbeddedState:
        """The state that lives with this store."""
        return self._state

    @property
    def shared(self) -> bool:
        """Tell that only one machine may have it open."""
        return False

    @property
    def description(self) -> str:
        """What it is and where."""
        return f"embedded, in {self._path}"

    def replace(self, writes: Sequence[PostWrite]) -> list[WriteResult]:
        """Write posts with their mentions as the contract says; durable when it returns."""
        with self._writing():
            self._commit_backlog()
            results = replace_posts(self._truth, writes)
        self._pending += sum(1 + len(write.mentions) for write in writes)
        return results

    def put(self, collection: Collection, documents: Sequence[Document]) -> list[WriteResult]:
        """Write documents by id, last writer wins; durable when it returns."""
        with self._writing():
            self._commit_backlog()
            results = put_documents(self._truth, collection, documents)
        self._pending += len(documents)
        return results

    def erase(self, ids: Sequence[str], *, reason: str) -> int:
        """Remove posts with their mentions and leave tombstones; return how many posts went.

        Their text is gone from SQLite at once and from search with the next refresh; single words
        stay in the index's dictionary until `purge`.
        """
        with self._writing():
            gone = erase_posts(self._truth, ids, reason)
            self._truth.forget_free_pages()
        return gone

    def purge(self) -> None:
        """Build the search index anew, so that no word of an erased text is left in it."""
        with self._writing():
            self._indexes.rebuild()
            self._truth.forget_free_pages()

    def get(self, collection: Collection, id: str) -> Document | None:
        """Return the stored document or None; sees every acknowledged write at once."""
        return self._truth.get(collection, id)

    def search(
        self,
        collection: Collection,
        query: Query,
        *,
        sort: Sequence[Mapping[str, str]] = (),
        size: int = 10,
        after: Sequence[Any] | None = None,
        highlight: Sequence[str] = (),
    ) -> SearchResult:
        """Find documents as the contract says."""
        fields = fields_of(collection)
        node = parse_query(query, fields)
        keys = parse_sort(sort, fields)
        marked = text_fields(highlight, fields)
        index = self._indexes.of(collection)
        found = Finder(index, self._truth).find(node, keys, check_size(size), after, marked)
        return SearchResult(total(index, node), found)

    def aggregate(self, collection: Collection, query: Query, aggs: Mapping[str, Any]) -> dict[str, Any]:
        """Return Elasticsearch's own `aggregations` answer for the matching documents."""
        fields = fields_of(collection)
        node, tree = parse_query(query, fields), parse_aggs(aggs, fields)
        index = self._indexes.of(collection)
        return Aggregator(index, Finder(index, self._truth).find).run(node, tree)

    def scan(self, collection: Collection, query: Query | None = None) -> Iterator[Document]:
        """Yield all matching documents in id order, a page in memory at a time."""
        node = parse_query(query, fields_of(collection)) if query else MatchAll()
        return self._scan(self._indexes.of(collection), node)

    def count(self, collection: Collection, query: Query | None = None) -> int:
        """Return how many documents match."""
        node = parse_query(query, fields_of(collection)) if query else MatchAll()
        return total(self._indexes.of(collection), node)

    def refresh(self) -> None:
        """Make every acknowledged write visible to search, aggregate, scan and count."""
        if not self._read_only and self._is_behind():
            with self._writing():
                self._indexes.catch_up()
        self._indexes.reload()
        self._pending = 0

    def close(self) -> None:
        """Refresh what is pending and release the files."""
        try:
            if self._pending:
                self.refresh()
        finally:
            self._truth.close()

    def _scan(self, index: SearchIndex, node: Node) -> Iterator[Document]:
        by_id = (SortKey(index.fields["id"]),)
        finder, after = Finder(index, self._truth), None
        while hits := finder.find(node, by_id, _PAGE, after):
            yield from (hit.source for hit in hits)
            after = hits[-1].sort

    def _open_index(self) -> None:
        if self._read_only:
            check_readable(self._indexes, self._path)
        elif not self._indexes.usable():
            with self._writing():
                self._indexes.catch_up()
        self.refresh()

    def _is_behind(self) -> bool:
        return not self._indexes.usable() or self._indexes.behind()

    def _commit_backlog(self) -> None:
        """Index in large steps while loading, before a batch rather than after it: its outcome is its own."""
        if self._pending >= _COMMIT_EVERY:
            self._indexes.catch_up()
            self._pending = 0

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._read_only:
            raise StoreError(f"{self._path}: opened read-only: open it for writing")
        with plainly(self._path), self._lock.held():
            yield


def open_path(url: str, *, read_only: bool) -> Store:
    """Open the store in the directory of a path or a `file://` URL."""
    return EmbeddedStore(Path(unquote(url.removeprefix("file://"))), read_only=read_only)
