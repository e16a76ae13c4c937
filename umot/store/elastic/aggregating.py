"""Ask for aggregations and give their answers the shape that both engines share.

Every shard returns all its terms (up to 65,000), so that counts are exact; an answer that is not is
refused. Buckets that are ordered by a metric are all fetched and ordered here: Elasticsearch puts
those without a value first or last, depending on the metric.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

from umot.store.answers import metric_answer, rank, shown_hit, too_many_buckets
from umot.store.contract import Collection, Hit
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.documents import from_index
from umot.store.elastic.queries import Json, sort_to_json, to_json
from umot.store.nodes import Agg, Aggs, FilterAgg, FiltersAgg, Metric, Node, TermsAgg, TopHits
from umot.store.ordering import sort_values
from umot.store.subset_aggs import MAX_BUCKETS

_NATIVE_ORDERS: Final = (("_count",), ("_key",))
_DIGITS: Final = range(6, 10)


def aggregate(cluster: Cluster, collection: Collection, node: Node, aggs: Aggs) -> dict[str, Any]:
    """Return Elasticsearch's `aggregations` for the documents that match.

    Raises:
        QueryError: more than 65,000 buckets.
    """
    alias = cluster.alias(collection)
    body: Json = {"query": to_json(node), "aggs": _requests(aggs), "size": 0, "track_total_hits": False}
    answer = cluster.ask(lambda client: client.search(index=alias, allow_partial_search_results=False, **body))
    return _Reader(collection).answers(aggs, answer.get("aggregations", {}))


def _requests(aggs: Aggs) -> Json:
    return {name: _request(agg) for name, agg in aggs.items()}


def _request(agg: Agg) -> Json:
    match agg:
        case Metric():
            return {agg.kind: {"field": agg.field.name, **({"percents": agg.percents} if agg.percents else {})}}
        case TopHits():
            return {"top_hits": _top_hits_options(agg)}
        case FilterAgg():
            return _with_subs({"filter": to_json(agg.query)}, agg.subs)
        case FiltersAgg():
            queries = {name: to_json(query) for name, query in agg.queries.items()}
            return _with_subs({"filters": {"filters": queries}}, agg.subs)
        case TermsAgg():
            return _with_subs({"terms": _terms_options(agg)}, agg.subs)


def _with_subs(request: Json, subs: Aggs) -> Json:
    return request | {"aggs": _requests(subs)} if subs else request


def _top_hits_options(agg: TopHits) -> Json:
    source = {} if agg.source is None else {"_source": [*agg.source, *(key.field.name for key in agg.sort)]}
    return {"size": agg.size, "sort": sort_to_json(agg.sort), "track_scores": not agg.sort, **source}


def _terms_options(agg: TermsAgg) -> Json:
    ordered_here = _is_ordered_here(agg)
    options: Json = {
        "field": agg.field.name,
        "size": MAX_BUCKETS if ordered_here else agg.size,
        "shard_size": MAX_BUCKETS,
    }
    if not ordered_here:
        options["order"] = [{order.path[0]: "desc" if order.descending else "asc"} for order in agg.order]
    if agg.include is not None:
        options["include"] = list(agg.include)
    if agg.missing is not None:
        options["missing"] = bool(agg.missing) if agg.field.type == "boolean" else agg.missing
    return options


def _is_ordered_here(agg: TermsAgg) -> bool:
    return any(order.path not in _NATIVE_ORDERS for order in agg.order)


class _Reader:
    """Reads the answers of one collection."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def answers(self, aggs: Aggs, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers by name."""
        return {name: self._answer(agg, raw[name]) for name, agg in aggs.items()}

    def _answer(self, agg: Agg, raw: Mapping[str, Any]) -> dict[str, Any]:
        match agg:
            case Metric():
                return metric_answer(agg, raw)
            case TopHits():
                return self._top_hits(agg, raw["hits"])
            case FilterAgg():
                return self._bucket(agg.subs, raw)
            case FiltersAgg():
                return {"buckets": {name: self._bucket(agg.subs, found) for name, found in raw["buckets"].items()}}
            case TermsAgg():
                return self._terms(agg, raw)

    def _bucket(self, subs: Aggs, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"doc_count": raw["doc_count"], **self.answers(subs, raw)}

    def _terms(self, agg: TermsAgg, raw: Mapping[str, Any]) -> dict[str, Any]:
        if raw["doc_count_error_upper_bound"] or (_is_ordered_here(agg) and raw["sum_other_doc_count"]):
            raise too_many_buckets(None)
        buckets = _in_order(agg, raw["buckets"]) if _is_ordered_here(agg) else raw["buckets"]
        cut = sum(bucket["doc_count"] for bucket in buckets[agg.size :])
        return {
            "doc_count_error_upper_bound": 0,
            "sum_other_doc_count": raw["sum_other_doc_count"] + cut,
            "buckets": [{**_key(agg, found), **self._bucket(agg.subs, found)} for found in buckets[: agg.size]],
        }

    def _top_hits(self, agg: TopHits, raw: Mapping[str, Any]) -> dict[str, Any]:
        hits = [self._hit(agg, hit) for hit in raw["hits"]]
        best = None if agg.sort else max((hit.score or 0.0 for hit in hits), default=None)
        return {"hits": {"total": raw["total"], "max_score": best, "hits": [shown_hit(hit, agg) for hit in hits]}}

    def _hit(self, agg: TopHits, raw: Mapping[str, Any]) -> Hit:
        document = from_index(self._collection, raw["_source"])
        score = None if agg.sort else float(raw["sort"][0])
        return Hit(raw["_id"], score, document, sort=sort_values(document, agg.sort))


def _in_order(agg: TermsAgg, buckets: Sequence[Json]) -> list[Json]:
    ordered = [(bucket["key"], bucket) for bucket in buckets]
    for order in reversed(agg.order):
        ordered.sort(key=lambda item: rank(item, order))
    return [bucket for _, bucket in ordered]


def _key(agg: TermsAgg, bucket: Mapping[str, Any]) -> dict[str, Any]:
    key = bucket["key"]
    shown = {"key_as_string": bucket["key_as_string"]} if agg.field.type in ("date", "boolean") else {}
    return {"key": _shortest(key) if agg.field.type == "float" else key, **shown}


def _shortest(value: float) -> float:
    """Return the number with the fewest digits that is stored alike in 32 bits: 4.3 for 4.300000190734863."""
    stored = struct.pack("f", value)
    return next((short for n in _DIGITS if struct.pack("f", short := float(f"{value:.{n}g}")) == stored), value)
