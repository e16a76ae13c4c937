"""Hundreds of random queries, orders and aggregations against plain Python over the same documents."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.store import brute
from tests.store.documents import BRANDS, random_write
from umot.store import open_store
from umot.store.contract import Store
from umot.store.mapping import fields_of

POSTS = 300
FIELDS = fields_of("posts")
FLOAT32 = 1e-6
SORTS: list[list[dict[str, str]]] = [
    [{"published_at": "desc"}],
    [{"likes": "asc"}, {"score": "desc"}],
    [{"complaint": "desc"}, {"rating": "asc"}, {"author": "asc"}],
    [{"author": "desc"}],
    [{"id": "desc"}],
]


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    pick = random.Random(11)
    return [dict(random_write(pick, n).post) for n in range(POSTS)]


@pytest.fixture(scope="module")
def filled(shared_url: str, documents: list[dict[str, Any]]) -> Iterator[Store]:
    """Fill a store in several commits, with rewrites and removals, to the same documents."""
    store = open_store(shared_url)
    pick = random.Random(11)
    writes = [random_write(pick, n) for n in range(POSTS)]
    store.put("posts", [{"id": write.post["id"], "version": 1, "text": "levering"} for write in writes[:200]])
    store.replace([random_write(pick, POSTS + n) for n in range(20)])
    store.refresh()
    for start in range(0, POSTS, 70):
        store.replace(writes[start : start + 70])
        store.refresh()
    store.erase([f"p:{POSTS + n:05d}" for n in range(20)], reason="test")
    store.refresh()
    yield store
    store.close()


@pytest.mark.parametrize("seed", range(250))
def test_queries_find_what_they_mean(filled: Store, documents: list[dict[str, Any]], seed: int) -> None:
    query = brute.random_query(random.Random(seed))
    expected = {doc["id"] for doc in documents if brute.matches(query, doc, FIELDS)}
    found = filled.search("posts", query, size=POSTS + 50)
    assert {hit.id for hit in found.hits} == expected, query
    assert found.total == filled.count("posts", query) == len(expected)
    assert [doc["id"] for doc in filled.scan("posts", query)] == sorted(expected)


@pytest.mark.parametrize("seed", range(60))
def test_orders_are_exact_and_pages_join(filled: Store, documents: list[dict[str, Any]], seed: int) -> None:
    pick = random.Random(seed)
    query, sort = brute.random_query(pick, 1), pick.choice(SORTS)
    matching = [doc for doc in documents if brute.matches(query, doc, FIELDS)]
    expected = [doc["id"] for doc in brute.sorted_by(matching, sort, FIELDS)]
    seen: list[str] = []
    after = None
    while hits := filled.search("posts", query, sort=sort, size=pick.randint(1, 40), after=after).hits:
        seen += [hit.id for hit in hits]
        after = hits[-1].sort
    assert seen == expected, (query, sort)


def random_aggs(pick: random.Random, depth: int = 3) -> dict[str, Any]:
    names = ["terms", "filter", "filters", "top_hits", "avg", "sum", "min", "max", "stats", "value_count"]
    chosen = pick.sample(names, pick.randint(1, 3))
    return {f"n-{kind}": _agg(pick, kind, depth) for kind in chosen if depth > 1 or kind not in names[:3]}


def _agg(pick: random.Random, kind: str, depth: int) -> dict[str, Any]:
    if kind in ("terms", "filter", "filters"):
        subs = random_aggs(pick, depth - 1)
        body: Any = _BUCKETS[kind](pick, subs)
        return {kind: body, "aggs": subs} if subs else {kind: body}
    if kind == "top_hits":
        return {kind: {"size": 2, "sort": [{"score": "desc"}], "_source": ["id", "score"]}}
    exact = ["brands", "author", "day"] if kind == "value_count" else []
    return {kind: {"field": pick.choice(["score", "likes", "rating", "views", *exact])}}


def _terms(pick: random.Random, subs: dict[str, Any]) -> dict[str, Any]:
    field = pick.choice(["brands", "author", "likes", "complaint", "rating", "week", "day", "views"])
    body: dict[str, Any] = {"field": field, "size": pick.choice([2, 10, 500])}
    orders = ["_count", "_key"] + [f"{name}" for name in subs if name[2:] in ("avg", "sum", "max", "filter")]
    if pick.random() < 0.6:
        body["order"] = {pick.choice(orders): pick.choice(["asc", "desc"])}
    if field == "brands" and pick.random() < 0.5:
        body["include"] = [*BRANDS[:2], "none"]
    if field == "brands" and pick.random() < 0.5:
        body["missing"] = "none"
    return body


_BUCKETS: dict[str, Any] = {
    "terms": _terms,
    "filter": lambda pick, _: brute.random_query(pick, 1),
    "filters": lambda pick, _: {"filters": {name: brute.random_query(pick, 1) for name in "ab"}},
}


def plain(answer: Any) -> Any:
    """Return an answer without what plain Python does not say: scores, dates as text, 32-bit noise."""
    if isinstance(answer, list):
        return [plain(item) for item in answer]
    if not isinstance(answer, dict):
        return pytest.approx(answer, rel=FLOAT32, abs=FLOAT32) if isinstance(answer, float) else answer
    if "hits" in answer:
        hits = answer["hits"]
        return {"total": hits["total"]["value"], "sources": [hit["_source"] for hit in hits["hits"]]}
    return {name: plain(value) for name, value in answer.items() if not name.endswith("_as_string")}


@pytest.mark.parametrize("seed", range(200))
def test_aggregations_count_what_they_mean(filled: Store, documents: list[dict[str, Any]], seed: int) -> None:
    pick = random.Random(seed)
    query, aggs = brute.random_query(pick, 1), random_aggs(pick)
    matching = [doc for doc in documents if brute.matches(query, doc, FIELDS)]
    assert brute.aggregate(matching, aggs, FIELDS) == plain(filled.aggregate("posts", query, aggs)), (query, aggs)


def test_cardinality_and_percentiles_are_near(filled: Store, documents: list[dict[str, Any]]) -> None:
    scores = sorted(doc["score"] for doc in documents if "score" in doc)
    aggs = {
        "n": {"cardinality": {"field": "views"}},
        "p": {"percentiles": {"field": "score", "percents": [25, 50, 90]}},
    }
    answer = filled.aggregate("posts", {"match_all": {}}, aggs)
    distinct = len({doc["views"] for doc in documents if "views" in doc})
    assert abs(answer["n"]["value"] - distinct) <= 0.03 * distinct
    for percent in (25, 50, 90):
        exact = scores[int(len(scores) * percent / 100)]
        assert abs(answer["p"]["values"][f"{percent}.0"] - exact) <= 0.03 * (scores[-1] - scores[0])
