"""What the contract means, in the plainest Python: every document is looked at."""

import math
import random
from collections.abc import Callable, Iterable
from typing import Any

from tests.store.documents import BRANDS, WORDS
from umot.store.analysis import GAP, analyse
from umot.store.mapping import FieldMap, milliseconds

Doc = dict[str, Any]


def matches(query: dict[str, Any], doc: Doc, fields: FieldMap) -> bool:
    kind, body = next(iter(query.items()))
    return _MATCHERS[kind](body, doc, fields)


def values(doc: Doc, name: str, fields: FieldMap) -> list[Any]:
    found = doc.get(name)
    found = found if isinstance(found, list) else [] if found is None else [found]
    return [_plain(value, fields[name].type) for value in found]


def _plain(value: Any, kind: str) -> Any:
    return milliseconds(value) if kind == "date" else int(value) if kind == "boolean" else value


def _terms_of(doc: Doc, name: str, fields: FieldMap) -> list[str]:
    field = fields[name]
    if field.language not in (None, doc.get("language")):
        return []
    return analyse(doc.get(field.source) or "", field.analyzer)


def _match(body: Any, doc: Doc, fields: FieldMap) -> bool:
    name, options = next(iter(body.items()))
    options = {"query": options} if isinstance(options, str) else options
    wanted = [term for term in analyse(options["query"], fields[name].analyzer) if term != GAP]
    there = set(_terms_of(doc, name, fields))
    needed = all if options.get("operator") == "and" else any
    return bool(wanted) and needed(term in there for term in wanted)


def _phrase(body: Any, doc: Doc, fields: FieldMap) -> bool:
    name, text = next(iter(body.items()))
    wanted = analyse(text, fields[name].analyzer)
    while wanted and wanted[0] == GAP:
        wanted.pop(0)
    while wanted and wanted[-1] == GAP:
        wanted.pop()
    there = _terms_of(doc, name, fields)
    starts = range(len(there) - len(wanted) + 1) if wanted else ()
    return any(all(w in (GAP, there[s + n]) for n, w in enumerate(wanted)) for s in starts)


def _term(body: Any, doc: Doc, fields: FieldMap) -> bool:
    name, value = next(iter(body.items()))
    return _plain(value, fields[name].type) in values(doc, name, fields)


def _terms(body: Any, doc: Doc, fields: FieldMap) -> bool:
    name, wanted = next(iter(body.items()))
    return any(_term({name: value}, doc, fields) for value in wanted)


def _range(body: Any, doc: Doc, fields: FieldMap) -> bool:
    name, bounds = next(iter(body.items()))
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "gt": lambda a, b: a > b,
        "gte": lambda a, b: a >= b,
        "lt": lambda a, b: a < b,
        "lte": lambda a, b: a <= b,
    }
    plain = {key: _plain(bound, fields[name].type) for key, bound in bounds.items()}
    return any(all(tests[k](v, b) for k, b in plain.items()) for v in values(doc, name, fields))


def _bool(body: Any, doc: Doc, fields: FieldMap) -> bool:
    def holds(clause: str) -> list[bool]:
        return [matches(query, doc, fields) for query in body.get(clause, [])]

    default = int(bool(body.get("should")) and not (body.get("must") or body.get("filter")))
    enough = sum(holds("should")) >= body.get("minimum_should_match", default)
    return all(holds("must")) and all(holds("filter")) and not any(holds("must_not")) and enough


_MATCHERS: dict[str, Callable[[Any, Doc, FieldMap], bool]] = {
    "match_all": lambda body, doc, fields: True,
    "match": _match,
    "match_phrase": _phrase,
    "term": _term,
    "terms": _terms,
    "range": _range,
    "bool": _bool,
    "ids": lambda body, doc, fields: doc["id"] in body["values"],
    "exists": lambda body, doc, fields: doc.get(body["field"]) not in (None, []),
}


def aggregate(docs: list[Doc], aggs: dict[str, Any], fields: FieldMap) -> dict[str, Any]:
    return {name: _agg(docs, body, fields) for name, body in aggs.items()}


def _agg(docs: list[Doc], body: dict[str, Any], fields: FieldMap) -> dict[str, Any]:
    subs = body.get("aggs", {})
    kind = next(key for key in body if key != "aggs")
    options = body[kind]
    if kind == "terms":
        return _buckets(docs, options, subs, fields)
    if kind == "filter":
        inside = [doc for doc in docs if matches(options, doc, fields)]
        return {"doc_count": len(inside), **aggregate(inside, subs, fields)}
    if kind == "filters":
        named = options["filters"].items()
        return {"buckets": {name: _agg(docs, {"filter": query, "aggs": subs}, fields) for name, query in named}}
    if kind == "top_hits":
        return _top_hits(docs, options, fields)
    return _metric(kind, [v for doc in docs for v in values(doc, options["field"], fields)])


def _buckets(docs: list[Doc], options: Doc, subs: Doc, fields: FieldMap) -> dict[str, Any]:
    name, missing = options["field"], options.get("missing")
    inside: dict[Any, list[Doc]] = {}
    for doc in docs:
        found = values(doc, name, fields) or ([] if missing is None else [_plain(missing, fields[name].type)])
        for value in set(found):
            inside.setdefault(value, []).append(doc)
    include = options.get("include")
    buckets = [
        {"key": key, "doc_count": len(found), **aggregate(found, subs, fields)}
        for key, found in sorted(inside.items())
        if include is None or key in include
    ]
    by, direction = next(iter(options.get("order", {"_count": "desc"}).items()))
    sign = -1 if direction == "desc" else 1
    if by == "_key":
        buckets = buckets[::sign]
    else:
        buckets.sort(key=lambda bucket: _order_value(bucket, by, sign))
    size = options.get("size", 10)
    return {
        "doc_count_error_upper_bound": 0,
        "sum_other_doc_count": sum(bucket["doc_count"] for bucket in buckets[size:]),
        "buckets": buckets[:size],
    }


def _order_value(bucket: Doc, by: str, sign: int) -> tuple[bool, float]:
    name, _, key = by.partition(".")
    value = bucket["doc_count"] if by == "_count" else bucket[name].get(key or "value", bucket[name].get("doc_count"))
    return value is None, sign * (value or 0)


def _top_hits(docs: list[Doc], options: Doc, fields: FieldMap) -> dict[str, Any]:
    ordered = sorted_by(docs, options["sort"], fields)
    hits = [{name: doc[name] for name in options["_source"] if name in doc} for doc in ordered[: options["size"]]]
    return {"total": len(docs), "sources": hits}


def _metric(kind: str, found: list[Any]) -> dict[str, Any]:
    if kind == "value_count":
        return {"value": len(found)}
    edges = {"min": float(min(found)), "max": float(max(found))} if found else {"min": None, "max": None}
    total = math.fsum(found)
    stats = {"count": len(found), **edges, "avg": total / len(found) if found else None, "sum": total}
    return stats if kind == "stats" else {"value": stats[kind]}


def sorted_by(docs: Iterable[Doc], sort: list[dict[str, str]], fields: FieldMap) -> list[Doc]:
    ordered = sorted(docs, key=lambda doc: doc["id"])
    for name, direction in (next(iter(entry.items())) for entry in reversed(sort)):
        have = [doc for doc in ordered if values(doc, name, fields)]
        lack = [doc for doc in ordered if not values(doc, name, fields)]
        pick = max if direction == "desc" else min
        have.sort(key=lambda doc: pick(values(doc, name, fields)), reverse=direction == "desc")
        ordered = have + lack
    return ordered


def random_query(pick: random.Random, depth: int = 2) -> dict[str, Any]:
    """Return a query of any shape that the subset has, for posts."""
    kinds = list(_LEAVES) + (["bool"] * 5 if depth else [])
    kind = pick.choice(kinds)
    return _random_bool(pick, depth) if kind == "bool" else {kind: _LEAVES[kind](pick)}


def _random_bool(pick: random.Random, depth: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        clause: [random_query(pick, depth - 1) for _ in range(pick.randint(1, 2))]
        for clause in ("must", "should", "must_not", "filter")
        if pick.random() < 0.45
    }
    if body.get("should") and pick.random() < 0.3:
        body["minimum_should_match"] = pick.randint(0, 3)
    return {"bool": body}


def _random_text(pick: random.Random, longest: int) -> str:
    return " ".join(pick.choice(WORDS) for _ in range(pick.randint(1, longest)))


def _random_day(pick: random.Random) -> str:
    return f"2026-{pick.randint(1, 3):02d}-{pick.randint(1, 28):02d}T{pick.randrange(24):02d}:00:00.500Z"


def _random_range(pick: random.Random) -> dict[str, Any]:
    draws: dict[str, Callable[[], Any]] = {
        "published_at": lambda: _random_day(pick),
        "likes": lambda: pick.randrange(5),
        "score": lambda: round(pick.uniform(-1, 1), 2),
        "rating": lambda: pick.randrange(5) / 4,
        "day": lambda: _random_day(pick)[:10],
        "id": lambda: f"p:{pick.randrange(300):05d}",
    }
    field = pick.choice(list(draws))
    low, high = sorted([draws[field](), draws[field]()])
    bounds = {pick.choice(["gt", "gte"]): low, pick.choice(["lt", "lte"]): high}
    return {field: bounds if pick.random() < 0.6 else dict([pick.choice(list(bounds.items()))])}


_TEXTS = ("text", "text_nl", "text_en", "text_fr", "title")
_LEAVES: dict[str, Callable[[random.Random], Any]] = {
    "match_all": lambda pick: {},
    "match": lambda pick: {
        pick.choice(_TEXTS): {"query": _random_text(pick, 3), "operator": pick.choice(["or", "and"])}
    },
    "match_phrase": lambda pick: {pick.choice(_TEXTS): _random_text(pick, 3)},
    "term": lambda pick: pick.choice(
        [{"brands": pick.choice(BRANDS)}, {"likes": pick.randrange(5)}, {"complaint": True}, {"rating": 0.25}]
    ),
    "terms": lambda pick: pick.choice(
        [{"brands": pick.sample(BRANDS, 2)}, {"likes": [1, 3]}, {"author": [f"a{n}" for n in range(pick.randrange(9))]}]
    ),
    "range": _random_range,
    "ids": lambda pick: {"values": [f"p:{pick.randrange(300):05d}" for _ in range(5)]},
    "exists": lambda pick: {"field": pick.choice(["brands", "text", "title", "score", "complaint", "published_at"])},
}
