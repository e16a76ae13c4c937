"""The shape of aggregations' answers, the same on both engines."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from umot.errors import QueryError
from umot.store.contract import Hit
from umot.store.mapping import iso
from umot.store.nodes import BucketOrder, Metric, TopHits
from umot.store.subset_aggs import MAX_BUCKETS

Raw = dict[str, Any]


def rank(item: tuple[Any, Raw], order: BucketOrder) -> Any:
    """Return a sort key; buckets without a value come last either way."""
    key, bucket = item
    if order.path == ("_key",):
        return _reversible(key, order.descending)
    value = bucket["doc_count"] if order.path == ("_count",) else _value_at(bucket, order.path)
    return (value is None, 0 if value is None else -value if order.descending else value)


def _value_at(bucket: Raw, path: Sequence[str]) -> float | None:
    value = bucket.get(path[0], {}).get(path[1], 0 if path[1] == "doc_count" else None)
    return None if value is None or math.isnan(value) else value


def _reversible(key: Any, descending: bool) -> Any:
    if not descending:
        return key
    return -key if not isinstance(key, str) else (*(-ord(sign) for sign in key), 1)


def metric_answer(agg: Metric, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a metric's answer from its numbers; what does not exist is null."""
    if agg.kind == "percentiles":
        found = raw.get("values", {})
        return {"values": {str(p): _number(found.get(str(p))) for p in agg.percents}}
    if agg.kind in ("value_count", "cardinality"):
        return {"value": int(raw.get("value") or 0)}
    if agg.kind == "stats":
        return _stats_answer(agg, raw)
    empty = 0.0 if agg.kind == "sum" else None
    return _dated(agg, {"value": _number(raw.get("value", empty))})


def _stats_answer(agg: Metric, raw: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {name: _number(raw.get(name)) for name in ("min", "max", "avg")}
    return _dated(agg, {"count": raw.get("count", 0), **numbers, "sum": raw.get("sum", 0.0)})


def _dated(agg: Metric, answer: dict[str, Any]) -> dict[str, Any]:
    if agg.field.type != "date":
        return answer
    known = {k: v for k, v in answer.items() if k != "count" and v is not None}
    return answer | {f"{name}_as_string": iso(value) for name, value in known.items()}


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def shown_hit(hit: Hit, agg: TopHits) -> dict[str, Any]:
    """Return one document of `top_hits` with the fields that were asked for."""
    wanted = hit.source if agg.source is None else {k: hit.source[k] for k in agg.source if k in hit.source}
    shown = {"_id": hit.id, "_score": hit.score, "_source": wanted}
    return {**shown, "sort": list(hit.sort)} if agg.sort else shown


def too_many_buckets(error: Exception | None) -> QueryError:
    """Return the refusal of an answer that would not be exact."""
    found = f" ({' '.join(str(error).split())[:200]})" if error else ""
    return QueryError(
        f"aggs: the answer has more than {MAX_BUCKETS} buckets{found}: narrow the query, name the values by include, "
        "or ask per brand or per month"
    )
