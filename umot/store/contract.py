"""The contract that every store engine keeps.

Queries and aggregations are a small closed subset of Elasticsearch's own JSON (see `umot.store.subset`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Document = dict[str, Any]
Query = Mapping[str, Any]
Collection = Literal["posts", "mentions", "runs", "alerts"]
Space = Literal["cursor", "seen", "progress", "dead", "outbox", "tombstone", "lease"]
Outcome = Literal["indexed", "stale", "erased", "rejected"]


@dataclass(frozen=True, slots=True)
class PostWrite:
    """A post and all its mentions, written as one."""

    post: Document
    mentions: Sequence[Document] = ()


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one `PostWrite`; `reason` says why it was rejected."""

    id: str
    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One found document; `highlights` are code-point spans per field, `sort` its sort values."""

    id: str
    score: float | None
    source: Document
    highlights: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    sort: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Found documents and how many there are in all; `hits[-1].sort` continues as `after`."""

    total: int
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of state; `version` grows with every write of its key."""

    key: str
    value: Any
    version: int


class State(Protocol):
    """Small durable facts of the pipeline, kept with the store: a key and a JSON value per space."""

    def get(self, space: Space, key: str) -> Entry | None:
        """Return the entry or None."""

    def get_many(self, space: Space, keys: Sequence[str]) -> dict[str, Any]:
        """Return the values of those keys that exist."""

    def put(self, space: Space, key: str, value: Any, *, expected: int | None = None) -> int:
        """Write one value and return its new version.

        Args:
            expected: the version read before (0 = must not exist); None writes unconditionally.

        Raises:
            ConflictError: the entry has another version than expected.
        """

    def put_many(self, space: Space, values: Mapping[str, Any]) -> None:
        """Write many values, last writer wins; durable when it returns."""

    def delete(self, space: Space, keys: Iterable[str]) -> None:
        """Remove entries; missing keys are fine."""

    def scan(self, space: Space, prefix: str = "") -> Iterator[Entry]:
        """Yield entries in key order."""


class Store(Protocol):
    """Posts, mentions, runs and alerts; every acknowledged write survives a kill."""

    @property
    def state(self) -> State:
        """The state that lives with this store."""

    @property
    def description(self) -> str:
        """What the store is and where, with the versions that matter, for people."""

    @property
    def shared(self) -> bool:
        """Tell whether several machines may have it open at once."""

    def replace(self, writes: Sequence[PostWrite]) -> list[WriteResult]:
        """Write posts with their mentions; mentions that no longer exist go.

        A version older than the stored one is `stale`, an erased id stays `erased`, a document that does not fit the
        mapping is `rejected` with a reason; the others of the batch are written all the same. Idempotent.

        Raises:
            StoreError: nothing of this batch is acknowledged.
        """

    def put(self, collection: Collection, documents: Sequence[Document]) -> list[WriteResult]:
        """Write documents by their `id`, last writer wins; a document that does not fit is `rejected`."""

    def erase(self, ids: Sequence[str], *, reason: str) -> int:
        """Remove posts with their mentions for good and leave tombstones; return how many posts went."""

    def get(self, collection: Collection, id: str) -> Document | None:
        """Return the stored document or None; sees every acknowledged write at once."""

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
        """Find documents; without `sort` by relevance, then id.

        Raises:
            QueryError: something outside the subset, named.
        """

    def aggregate(self, collection: Collection, query: Query, aggs: Mapping[str, Any]) -> dict[str, Any]:
        """Return Elasticsearch's own `aggregations` answer for the matching documents.

        Buckets are ordered by count, then key, unless `order` says otherwise.

        Raises:
            QueryError: something outside the subset, named.
        """

    def scan(self, collection: Collection, query: Query | None = None) -> Iterator[Document]:
        """Yield all matching documents in id order, with bounded memory."""

    def count(self, collection: Collection, query: Query | None = None) -> int:
        """Return how many documents match."""

    def purge(self) -> None:
        """Leave no word of an erased text in the index."""

    def refresh(self) -> None:
        """Make every acknowledged write visible to search, aggregate, scan and count."""

    def close(self) -> None:
        """Release files and locks."""
