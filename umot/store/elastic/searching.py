"""Find documents: one request for a page of hits."""

from collections.abc import Sequence
from typing import Any, Final

from umot.store.contract import Collection, Document, Hit, SearchResult
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.documents import from_index
from umot.store.elastic.queries import Json, after_to_json, sort_to_json, to_json
from umot.store.highlight import Highlighter
from umot.store.nodes import Node, Sort
from umot.store.ordering import check_after, sort_values

_WHOLE: Final[Json] = {"search_type": "dfs_query_then_fetch", "allow_partial_search_results": False}


def search(
    cluster: Cluster,
    collection: Collection,
    node: Node,
    keys: Sort,
    size: int,
    after: Sequence[Any] | None,
    highlight: Sequence[str],
) -> SearchResult:
    """Find the first documents of an order after a place in it.

    Relevance weighs words by all years together, so that scores of several indices compare.
    """
    check_after(after, keys)
    body: Json = {"query": to_json(node), "size": size, "sort": sort_to_json(keys), "track_total_hits": True}
    if after is not None:
        body["search_after"] = after_to_json(after, keys)
    alias = cluster.alias(collection)
    answer = cluster.ask(lambda client: client.search(index=alias, **_WHOLE, **body))
    marker = Highlighter(node, highlight)
    found = answer["hits"]
    return SearchResult(found["total"]["value"], [_hit(hit, collection, keys, marker) for hit in found["hits"]])


def count(cluster: Cluster, collection: Collection, node: Node) -> int:
    """Return how many documents match."""
    alias, query = cluster.alias(collection), to_json(node)
    answer = cluster.ask(
        lambda client: client.search(
            index=alias, query=query, size=0, track_total_hits=True, allow_partial_search_results=False
        )
    )
    return int(answer["hits"]["total"]["value"])


def _hit(hit: Json, collection: Collection, keys: Sort, marker: Highlighter) -> Hit:
    document: Document = from_index(collection, hit["_source"])
    if keys:
        return Hit(hit["_id"], None, document, marker.spans(document), sort_values(document, keys))
    score = float(hit["sort"][0])
    return Hit(hit["_id"], score, document, marker.spans(document), (score, hit["_id"]))
