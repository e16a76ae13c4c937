"""The store's contract on a cluster."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from umot.errors import StoreError
from umot.store.contract import (
    Collection,
    Document,
    PostWrite,
    Query,
    SearchResult,
    Store,
    WriteResult,
)
from umot.store.elastic.address import Address, parse_address
from umot.store.elastic.aggregating import aggregate
from umot.store.elastic.cluster import Cluster, check_server
from umot.store.elastic.documents import from_index
from umot.store.elastic.erasing import erase, purge
from umot.store.elastic.indices import YEARLY, Indices
from umot.store.elastic.probing import read_many
from umot.store.elastic.queries import to_json
from umot.store.elastic.scanning import scan
from umot.store.elastic.searching import count, search
from umot.store.elastic.singles import MentionWriter, put_singles
from umot.store.elastic.state import ElasticState
from umot.store.elastic.writes import PostWriter
from umot.store.mapping import COLLECTIONS, fields_of
from umot.store.nodes import MatchAll, Node
from umot.store.subset import check_size, parse_query, parse_sort, text_fields
from umot.store.subset_aggs import parse_aggs

logger = logging.getLogger(__name__)

_PAGE: Final = 1_000
_PATIENCE: Final = 120.0
_FIRST_PATIENCE: Final = 10.0


class ElasticStore:
    """A store in an Elasticsearch cluster.

    Any number of processes on any number of machines may write to it at once.
    """

    def __init__(self, address: Address, *, read_only: bool = False, patience: float = _PATIENCE) -> None:
        """Connect, check the server, and make templates and indices where there are none.

        Args:
            patience: seconds for which a request is repeated while the cluster is away or busy.

        Raises:
            StoreError: the cluster cannot be used; the message says why and what to do.
        """
        self._cluster = Cluster(address, min(patience, _FIRST_PATIENCE))
        self._read_only = read_only
        self.server_version = check_server(self._cluster)
        logger.info("Elasticsearch %s at %s, client %s", self.server_version, address, version("elasticsearch"))
        self._indices = Indices(self._cluster)
        if read_only:
            self._indices.check()
        else:
            self._indices.prepare()
        self._state = ElasticState(self._cluster, read_only=read_only)
        self._cluster.patience = patience

    @property
    def state(self) -> ElasticState:
        """The state that lives with this store."""
        return self._state

    @property
    def shared(self) -> bool:
        """Tell that several machines may have it open at once."""
        return True

    @property
    def description(self) -> str:
        """What it is and where, with both versions."""
        return f"Elasticsearch {self.server_version} at {self._cluster.address}, client {version('elasticsearch')}"

    def replace(self, writes: Sequence[PostWrite]) -> list[WriteResult]:
        """Write posts with their mentions as the contract says; durable when it returns."""
        return self._posts().replace(writes)

    def put(self, collection: Collection, documents: Sequence[Document]) -> list[WriteResult]:
        """Write documents by id, last writer wins; durable when it returns."""
        posts = self._posts()
        if collection == "posts":
            return posts.put(documents)
        if collection == "mentions":
            return MentionWriter(self._cluster, self._indices).put(documents)
        return put_singles(self._cluster, collection, documents)

    def erase(self, ids: Sequence[str], *, reason: str) -> int:
        """Remove posts with their mentions and leave tombstones; return how many posts went."""
        return erase(self._cluster, self._state, self._posts(), ids, reason)

    def purge(self) -> None:
        """Rewrite the parts of the indices that still hold removed documents."""
        self._check_writable()
        purge(self._cluster)

    def get(self, collection: Collection, id: str) -> Document | None:
        """Return the stored document or None; sees every acknowledged write at once."""
        if collection not in YEARLY:
            return self._first(collection, [self._cluster.alias(collection)], id)
        known = self._indices.known_years()
        found = self._in_years(collection, known, id)
        return found or self._in_years(collection, self._indices.years() - known, id)

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
        node, keys = parse_query(query, fields), parse_sort(sort, fields)
        marked = text_fields(highlight, fields)
        return search(self._cluster, collection, node, keys, check_size(size), after, marked)

    def aggregate(self, collection: Collection, query: Query, aggs: Mapping[str, Any]) -> dict[str, Any]:
        """Return Elasticsearch's own `aggregations` answer for the matching documents."""
        fields = fields_of(collection)
        return aggregate(self._cluster, collection, parse_query(query, fields), parse_aggs(aggs, fields))

    def scan(self, collection: Collection, query: Query | None = None) -> Iterator[Document]:
        """Yield all matching documents of one moment in id order, a page in memory at a time."""
        hits = scan(self._cluster, collection, to_json(_node(collection, query)), "id", _PAGE)
        return (from_index(collection, hit["_source"]) for hit in hits)

    def count(self, collection: Collection, query: Query | None = None) -> int:
        """Return how many documents match."""
        return count(self._cluster, collection, _node(collection, query))

    def refresh(self) -> None:
        """Make every acknowledged write visible to search, aggregate, scan and count."""
        aliases = [self._cluster.alias(collection) for collection in COLLECTIONS]
        self._cluster.ask(lambda client: client.indices.refresh(index=aliases))

    def close(self) -> None:
        """Close the connections."""
        self._cluster.client.close()

    def _posts(self) -> PostWriter:
        self._check_writable()
        return PostWriter(self._cluster, self._indices)

    def _in_years(self, collection: Collection, years: frozenset[str], id: str) -> Document | None:
        return self._first(collection, [self._cluster.alias(f"{collection}-{year}") for year in sorted(years)], id)

    def _first(self, collection: Collection, aliases: Sequence[str], id: str) -> Document | None:
        found = next(read_many(self._cluster, [(alias, id) for alias in aliases], None), None)
        return from_index(collection, found["_source"]) if found else None

    def _check_writable(self) -> None:
        if self._read_only:
            raise StoreError(f"{self._cluster.address}: opened read-only: open it for writing")


def open_url(url: str, *, read_only: bool) -> Store:
    """Open the store that a URL names: `elasticsearch://host:9200/prefix`.

    Raises:
        ConfigError: the URL or the environment is wrong.
        StoreError: the cluster cannot be used.
    """
    return ElasticStore(parse_address(url), read_only=read_only)


def _node(collection: Collection, query: Query | None) -> Node:
    return parse_query(query, fields_of(collection)) if query else MatchAll()
