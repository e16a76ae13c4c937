"""What counts: queries that every number on every screen shares."""

from typing import Any

from umot.store.contract import Query


def customers_posts(brand: str, *extra: Query) -> Query:
    """Return the query for what customers and prospects wrote about a brand, copies left out."""
    return _by_customers({"term": {"brands": brand}}, *extra)


def customers_mentions(brand: str, *extra: Query) -> Query:
    """Return the query for what they said about it, mention by mention."""
    return _by_customers({"term": {"brand": brand}}, *extra)


def _by_customers(*clauses: Query) -> Query:
    copies: Query = {"exists": {"field": "syndicated_of"}}
    others: list[Query] = [{"term": {"author_is_brand": True}}, {"term": {"stance": "none"}}]
    return {"bool": {"filter": list(clauses), "must_not": [copies, *others]}}


def days_within(first: str, last: str) -> Query:
    """Return the query for days of the workspace's time zone, both included."""
    return {"range": {"day": {"gte": first, "lte": last}}}


def all_of(*clauses: Query) -> dict[str, Any]:
    """Return an aggregation that keeps what meets every clause."""
    return {"filter": {"bool": {"filter": list(clauses)}}}


def negative_peaks(threshold: float) -> Query:
    """Return the query for peak mentions at or below a score."""
    return _peaks({"lte": threshold})


def positive_peaks(threshold: float) -> Query:
    """Return the query for peak mentions as strong on the other side."""
    return _peaks({"gte": -threshold})


def _peaks(strong: Query) -> Query:
    return {"bool": {"filter": [{"term": {"is_peak": True}}, {"range": {"score": strong}}]}}
