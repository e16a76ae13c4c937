"""Weekly series of posts: distinct posts of customers, zero-filled; syndicated copies count once."""

from collections.abc import Sequence
from dataclasses import dataclass

from umot.analysis.queries import customers_posts
from umot.store.contract import Document, Store

_WEEKS = 1000


@dataclass(frozen=True, slots=True)
class Week:
    """One week of one brand; `score` is None when no post was classified."""

    week: str
    posts: int
    negative: int
    neutral: int
    positive: int
    complaints: int
    supply: int
    demand: int
    score: float | None


def weekly_series(store: Store, brand: str, weeks: Sequence[str]) -> list[Week]:
    """Return a brand's weeks in order, with zeros where nothing was published."""
    query = customers_posts(brand, {"range": {"week": {"gte": weeks[0], "lte": weeks[-1]}}})
    aggs = {
        "weeks": {
            "terms": {"field": "week", "size": _WEEKS},
            "aggs": {
                "sentiment": {"terms": {"field": "sentiment", "size": 3}},
                "complaints": {"filter": {"term": {"complaint": True}}},
                "supply": {"filter": {"term": {"stance": "umot"}}},
                "demand": {"filter": {"term": {"stance": "zmot"}}},
                "score": {"avg": {"field": "score"}},
            },
        }
    }
    found = store.aggregate("posts", query, aggs)["weeks"]["buckets"]
    by_week = {bucket["key"]: bucket for bucket in found}
    return [_week(week, by_week.get(week)) for week in weeks]


def _week(week: str, bucket: Document | None) -> Week:
    if bucket is None:
        return Week(week, 0, 0, 0, 0, 0, 0, 0, None)
    felt = {b["key"]: b["doc_count"] for b in bucket["sentiment"]["buckets"]}
    return Week(
        week=week,
        posts=bucket["doc_count"],
        negative=felt.get("negative", 0),
        neutral=felt.get("neutral", 0),
        positive=felt.get("positive", 0),
        complaints=bucket["complaints"]["doc_count"],
        supply=bucket["supply"]["doc_count"],
        demand=bucket["demand"]["doc_count"],
        score=bucket["score"]["value"],
    )
