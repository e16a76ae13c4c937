"""What is outside the subset is refused by name and place, the same for every engine."""

from typing import Any

import pytest

from umot.errors import QueryError
from umot.store.contract import Store
from umot.store.mapping import COLLECTIONS, fields_of, template_of
from umot.store.subset import parse_query, parse_sort
from umot.store.subset_aggs import parse_aggs

POSTS = fields_of("posts")
SUB = {"m": {"avg": {"field": "score"}}}

QUERIES: list[tuple[Any, str]] = [
    ({"multi_match": {}}, "query.multi_match: unknown query (did you mean 'match'?)"),
    ({"mach": {"text": "x"}}, "did you mean 'match'?"),
    ({}, "query: found an object with 0 keys"),
    ({"term": {"likes": 1}, "match_all": {}}, "found an object with 2 keys (term, match_all)"),
    ({"match": {"txt": "x"}}, "query.match.txt: unknown field 'txt' of posts (did you mean 'text'?)"),
    ({"match": {"text": {"query": "x", "fuzziness": 1}}}, "query.match.text.fuzziness: unknown option"),
    ({"match": {"text": {"query": "x", "operator": "xor"}}}, "found 'xor', expected or, and"),
    ({"match": {"text": {"query": 3}}}, "query.match.text.query: found int 3"),
    ({"match": {"brands": "x"}}, "'brands' is not analysed text: use term or terms"),
    ({"match_phrase": {"text": {"query": "x", "slop": 2}}}, "query.match_phrase.text.slop"),
    ({"term": {"text": "x"}}, "'text' is analysed text"),
    ({"term": {"likes": "3"}}, "found '3', expected a integer for 'likes'"),
    ({"term": {"likes": True}}, "found True"),
    ({"term": {"complaint": 1}}, "expected a boolean"),
    ({"term": {"brands": {"value": "x", "boost": 2}}}, "query.term.brands.boost"),
    ({"terms": {"brands": "x"}}, "query.terms.brands: found str 'x', expected a list"),
    ({"range": {"published_at": {"gte": "now-1d"}}}, "found 'now-1d', expected an ISO 8601 date"),
    ({"range": {"likes": {"gte": 1, "gt": 0}}}, "found both gt and gte"),
    ({"range": {"likes": {"from": 1}}}, "query.range.likes.from: unknown option"),
    ({"exists": {"field": "nope"}}, "query.exists.field: unknown field 'nope'"),
    ({"ids": {"values": [1]}}, "query.ids.values: found 1"),
    ({"bool": {"most": []}}, "query.bool.most: unknown option (did you mean 'must'?)"),
    ({"bool": {"must": [{"match_all": {}}, {"term": {"x": 1}}]}}, "query.bool.must[1].term.x"),
    ({"bool": {"minimum_should_match": "75%"}}, "query.bool.minimum_should_match: found '75%'"),
    ({"match_all": {"boost": 1}}, "query.match_all.boost"),
]

AGGS: list[tuple[Any, str]] = [
    ({"a": {"date_histogram": {}}}, "aggs.a.date_histogram: unknown option"),
    ({"a": {"trems": {"field": "brands"}}}, "did you mean 'terms'?"),
    ({"a": {"terms": {"field": "text"}}}, "aggs.a.terms.field: 'text' is analysed text"),
    ({"a": {"terms": {"field": "brand"}}}, "did you mean 'brands'?"),
    ({"a": {"terms": {"field": "brands", "min_doc_count": 2}}}, "aggs.a.terms.min_doc_count: unknown option"),
    ({"a": {"terms": {"field": "brands", "size": 0}}}, "aggs.a.terms.size: found 0"),
    ({"a": {"terms": {"field": "brands", "order": {"_cuont": "asc"}}}}, "did you mean '_count'?"),
    ({"a": {"terms": {"field": "brands", "order": {"m.max": "asc"}}, "aggs": SUB}}, "known here: m.value"),
    ({"a": {"terms": {"field": "likes", "include": ["1"]}}}, "aggs.a.terms.include: found a integer field"),
    ({"a": {"terms": {"field": "likes", "missing": "none"}}}, "aggs.a.terms.missing: found 'none'"),
    ({"a": {"avg": {"field": "brands"}}}, "'brands' is a keyword"),
    ({"a": {"avg": {"field": "score", "missing": 0}}}, "aggs.a.avg.missing"),
    ({"a": {"avg": {"field": "score"}, "aggs": SUB}}, "aggs.a.aggs: avg gives no buckets"),
    ({"a": {"percentiles": {"field": "score", "percents": [101]}}}, "found 101"),
    ({"a": {"top_hits": {"_source": ["txt"]}}}, "aggs.a.top_hits._source: unknown field 'txt'"),
    ({"a": {"top_hits": {"size": -1}}}, "aggs.a.top_hits.size: found -1"),
    ({"a": {"filters": {"filters": {"x": {"mach": {}}}}}}, "aggs.a.filters.filters.x.mach"),
    ({"a.b": {"avg": {"field": "score"}}}, "aggs.a.b: found one of . > [ ]"),
    ({"a": {"terms": {"field": "brands"}, "aggs": {"b": {"avg": {}}}}}, "aggs.a.aggs.b.avg.field"),
]


@pytest.mark.parametrize(("query", "named"), QUERIES)
def test_queries_outside_the_subset(query: Any, named: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_query(query, POSTS)
    assert named in str(refused.value)


@pytest.mark.parametrize(("aggs", "named"), AGGS)
def test_aggregations_outside_the_subset(aggs: Any, named: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_aggs(aggs, POSTS)
    assert named in str(refused.value)


@pytest.mark.parametrize(("sort", "named"), [({"text": "asc"}, "analysed text"), ({"likes": "up"}, "found 'up'")])
def test_orders_outside_the_subset(sort: Any, named: str) -> None:
    with pytest.raises(QueryError, match=named):
        parse_sort([sort], POSTS)


def test_engines_refuse_at_every_door(store: Store) -> None:
    wrong: dict[str, Any] = {"term": {"nope": 1}}
    for ask in (
        lambda: store.search("posts", wrong),
        lambda: store.aggregate("posts", wrong, {}),
        lambda: store.scan("posts", wrong),
        lambda: store.count("posts", wrong),
        lambda: store.search("posts", {"match_all": {}}, size=10_001),
    ):
        with pytest.raises(QueryError, match=r"nope|size"):
            ask()


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_templates_are_strict_and_known_to_the_engines(collection: Any) -> None:
    template = template_of(collection)
    assert template["index_patterns"] == [f"umot-{collection}-*"]
    assert template["template"]["mappings"]["dynamic"] == "strict"
    kinds = {field.type for field in fields_of(collection).values()}
    assert kinds <= {"keyword", "text", "date", "float", "integer", "long", "boolean"}
    assert all(field.source in fields_of(collection) for field in fields_of(collection).values())
