"""Answer aggregations as Elasticsearch does, from tantivy's counts.

Tantivy counts terms and metrics. What it lacks is built around it: `filter` and `filters` run the
same tree over the narrowed query and are joined by key; order, ties, cut and `top_hits` are done
here on all buckets, so that counts are exact and ties go by key.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from umot.store.answers import Raw, metric_answer, rank, shown_hit, too_many_buckets
from umot.store.contract import Hit
from umot.store.embedded.compiling import compile_query
from umot.store.embedded.index import SearchIndex
from umot.store.embedded.selecting import total
from umot.store.mapping import Field, iso
from umot.store.nodes import (
    Agg,
    Aggs,
    Bool,
    Exists,
    FilterAgg,
    FiltersAgg,
    Metric,
    Node,
    Scalar,
    Sort,
    Terms,
    TermsAgg,
    TopHits,
)
from umot.store.subset_aggs import MAX_BUCKETS

Find = Callable[[Node, Sort, int], Sequence[Hit]]


class Aggregator:
    """Aggregates one collection as it was last refreshed."""

    def __init__(self, index: SearchIndex, find: Find) -> None:
        self._index = index
        self._find = find

    def run(self, node: Node, aggs: Aggs) -> dict[str, Any]:
        """Return Elasticsearch's `aggregations` for the documents that match.

        Raises:
            QueryError: more than 65,000 buckets.
        """
        return self._answers(node, aggs, self._collect(node, aggs))

    def _collect(self, node: Node, aggs: Aggs) -> Raw:
        """Return raw values by name: buckets as dictionaries by key."""
        raw = self._count(node, aggs)
        for path, name, agg in _filters_in(aggs):
            narrowed = Bool(filter=(node, agg.query))
            self._graft(raw, path, name, self._collect_filter(narrowed, aggs, path, agg))
        return raw

    def _count(self, node: Node, aggs: Aggs) -> Raw:
        request = _request(aggs)
        if not request:
            return {}
        try:
            answer = self._index.searcher.aggregate(compile_query(node, self._index), request)
        except ValueError as error:
            raise too_many_buckets(error) from error
        return _by_key(answer, aggs)

    def _collect_filter(self, node: Node, aggs: Aggs, path: Sequence[str], agg: FilterAgg) -> Raw:
        if path:
            return self._collect(node, _chain(aggs, path, agg.subs))
        return {"doc_count": total(self._index, node), **self._collect(node, agg.subs)}

    def _graft(self, raw: Raw, path: Sequence[str], name: tuple[str, ...], found: Raw) -> None:
        """Put what a narrowed run found into the buckets of the whole run."""
        if not path:
            target = raw
            for step in name[:-1]:
                target = target.setdefault(step, {})
            target[name[-1]] = found
            return
        buckets = raw.get(path[0], {})
        narrowed = found.get(path[0], {})
        for key, bucket in buckets.items():
            self._graft(bucket, path[1:], name, narrowed.get(key, {}))

    def _answers(self, node: Node, aggs: Aggs, raw: Raw) -> dict[str, Any]:
        return {name: self._answer(node, agg, raw.get(name)) for name, agg in aggs.items()}

    def _answer(self, node: Node, agg: Agg, raw: Any) -> dict[str, Any]:
        match agg:
            case Metric():
                return metric_answer(agg, raw or {})
            case TopHits():
                return self._top_hits(node, agg)
            case FilterAgg():
                return self._filter_answer(node, agg, raw or {})
            case FiltersAgg():
                buckets = {
                    name: self._filter_answer(node, FilterAgg(query, agg.subs), (raw or {}).get(name, {}))
                    for name, query in agg.queries.items()
                }
                return {"buckets": buckets}
            case TermsAgg():
                return self._terms_answer(node, agg, raw or {})

    def _filter_answer(self, node: Node, agg: FilterAgg, raw: Raw) -> dict[str, Any]:
        narrowed = Bool(filter=(node, agg.query))
        return {"doc_count": raw.get("doc_count", 0), **self._answers(narrowed, agg.subs, raw)}

    def _terms_answer(self, node: Node, agg: TermsAgg, raw: Raw) -> dict[str, Any]:
        ordered = list(raw.items())
        for order in reversed(agg.order):
            ordered.sort(key=lambda item: rank(item, order))
        shown, others = ordered[: agg.size], ordered[agg.size :]
        return {
            "doc_count_error_upper_bound": 0,
            "sum_other_doc_count": sum(bucket["doc_count"] for _, bucket in others),
            "buckets": [self._bucket(node, agg, key, bucket) for key, bucket in shown],
        }

    def _bucket(self, node: Node, agg: TermsAgg, key: Scalar, raw: Raw) -> dict[str, Any]:
        inside = Bool(filter=(node, _in_bucket(agg, key)))
        shown: dict[str, Any] = {"key": key}
        if agg.field.type == "date":
            shown["key_as_string"] = iso(float(key))
        elif agg.field.type == "boolean":
            shown["key_as_string"] = "true" if key else "false"
        return {**shown, "doc_count": raw["doc_count"], **self._answers(inside, agg.subs, raw)}

    def _top_hits(self, node: Node, agg: TopHits) -> dict[str, Any]:
        hits = self._find(node, agg.sort, agg.size)
        count = total(self._index, node)
        best = None if agg.sort else max((hit.score or 0.0 for hit in hits), default=None)
        shown = [shown_hit(hit, agg) for hit in hits]
        return {"hits": {"total": {"value": count, "relation": "eq"}, "max_score": best, "hits": shown}}


def _request(aggs: Aggs) -> dict[str, Any]:
    """Return the part of a tree that tantivy counts itself, in its words."""
    request: dict[str, Any] = {}
    for name, agg in aggs.items():
        if isinstance(agg, Metric):
            options = {"percents": list(agg.percents)} if agg.percents else {}
            request[name] = {agg.kind: {"field": agg.field.name, **options}}
        elif isinstance(agg, TermsAgg):
            request[name] = {"terms": _terms_options(agg), "aggs": _request(agg.subs)}
    return request


def _terms_options(agg: TermsAgg) -> dict[str, Any]:
    options: dict[str, Any] = {"field": agg.field.name, "size": MAX_BUCKETS, "segment_size": MAX_BUCKETS}
    if agg.include is not None and agg.missing is None:
        options["include"] = list(agg.include)
    if agg.missing is not None:
        options["missing"] = agg.missing
    return options


def _by_key(answer: Mapping[str, Any], aggs: Aggs) -> Raw:
    raw: Raw = {}
    for name, value in answer.items():
        agg = aggs[name]
        raw[name] = _buckets_by_key(value, agg) if isinstance(agg, TermsAgg) else value
    return raw


def _buckets_by_key(answer: Mapping[str, Any], agg: TermsAgg) -> Raw:
    if answer["sum_other_doc_count"]:
        raise too_many_buckets(None)
    return {
        _key(bucket["key"], agg.field): {
            "doc_count": bucket["doc_count"],
            **_by_key({name: bucket[name] for name in _request(agg.subs)}, agg.subs),
        }
        for bucket in answer["buckets"]
        if agg.include is None or bucket["key"] in agg.include
    }


def _key(key: Any, field: Field) -> Any:
    if field.type == "keyword":
        return key
    return float(key) if field.type == "float" else int(key)


def _filters_in(aggs: Aggs) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], FilterAgg]]:
    """Yield every filter below terms only: the names of those terms, its own name, itself."""
    for name, agg in aggs.items():
        if isinstance(agg, FilterAgg):
            yield (), (name,), agg
        elif isinstance(agg, FiltersAgg):
            for key, query in agg.queries.items():
                yield (), (name, key), FilterAgg(query, agg.subs)
        elif isinstance(agg, TermsAgg):
            for path, inner, found in _filters_in(agg.subs):
                yield (name, *path), inner, found


def _chain(aggs: Aggs, path: Sequence[str], subs: Aggs) -> Aggs:
    """Return only the terms of a path, with other aggregations at its end."""
    agg = aggs[path[0]]
    if not isinstance(agg, TermsAgg):
        raise TypeError(agg)
    inner = _chain(agg.subs, path[1:], subs) if len(path) > 1 else subs
    return {path[0]: replace(agg, subs=inner)}


def _in_bucket(agg: TermsAgg, key: Scalar) -> Node:
    equal = Terms(agg.field, (key,))
    if key != agg.missing:
        return equal
    return Bool(should=(equal, Bool(must_not=(Exists(agg.field),))), minimum=1)
