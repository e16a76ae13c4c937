"""Read everything that matches, in order and with bounded memory, at one point in time."""

from collections.abc import Iterator
from typing import Any, Final

from elastic_transport import TransportError
from elasticsearch import ApiError

from umot.errors import StoreError
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.queries import Json

_KEEP: Final = "5m"


def scan(cluster: Cluster, name: str, query: Json, key: str, page: int) -> Iterator[Json]:
    """Yield all matching hits in the order of a unique keyword, a page in memory at a time.

    They are those of one moment. When that is lost with a node, it goes on after the last one.
    """
    after: str | None = None
    while True:
        wanted = query if after is None else {"bool": {"filter": [query, {"range": {key: {"gt": after}}}]}}
        try:
            for hit in _one_moment(cluster, name, wanted, key, page):
                after = hit["_source"][key]
                yield hit
        except _MomentLostError:
            continue
        return


class _MomentLostError(Exception):
    """The point in time went with its node, or expired."""


def _one_moment(cluster: Cluster, name: str, query: Json, key: str, page: int) -> Iterator[Json]:
    alias = cluster.alias(name)
    moment = cluster.ask(lambda client: client.open_point_in_time(index=alias, keep_alive=_KEEP))["id"]
    body: Json = {
        "query": query,
        "size": page,
        "sort": [{key: "asc"}],
        "seq_no_primary_term": True,
        "track_total_hits": False,
    }
    try:
        while True:
            body["pit"] = {"id": moment, "keep_alive": _KEEP}
            answer = _page(cluster, body)
            moment = answer["pit_id"]
            yield from answer["hits"]["hits"]
            if len(answer["hits"]["hits"]) < page:
                return
            body["search_after"] = answer["hits"]["hits"][-1]["sort"]
    finally:
        _let_go(cluster, moment)


def _page(cluster: Cluster, body: Json) -> Any:
    try:
        return cluster.ask(lambda client: client.search(allow_partial_search_results=False, **body))
    except StoreError as error:
        if getattr(error.__cause__, "status_code", None) == 404:
            raise _MomentLostError from error
        raise


def _let_go(cluster: Cluster, moment: str) -> None:
    """Release a point in time; one that cannot be is released by the cluster when it expires."""
    try:
        cluster.client.close_point_in_time(id=moment)
    except (ApiError, TransportError):
        return
