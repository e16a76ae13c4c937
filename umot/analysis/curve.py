"""The current journey: how each moment is felt, with peak and end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sentiment.labels import Moment
from umot.analysis.queries import customers_mentions, customers_posts, days_within, negative_peaks, positive_peaks
from umot.store.contract import Document, Query, Store


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the journey: distinct posts that speak of it, mean score of their mentions (None without any)."""

    name: str
    posts: int
    mentions: int
    score: float | None
    negative_peaks: int
    positive_peaks: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A brand's journey: its stages in order, and the means of peak, end, peak-end and plain score over posts."""

    stages: list[Stage]
    posts: int
    score: float | None
    peak: float | None
    end: float | None
    peak_end: float | None


def journey_curve(
    store: Store,
    brand: str,
    view: Mapping[str, tuple[Moment, ...]],
    *,
    since: str,
    until: str,
    negative_peak: float,
) -> Curve:
    """Return the journey of a brand between two days (both included, in the workspace's zone)."""
    days = days_within(since, until)
    means = {name: {"avg": {"field": name}} for name in ("score", "peak", "end", "peak_end")}
    found = store.aggregate("posts", customers_posts(brand, days), means)
    stages = [_stage(store, brand, name, moments, days, negative_peak) for name, moments in view.items()]
    posts = store.count("posts", customers_posts(brand, days))
    return Curve(stages, posts, **{name: found[name]["value"] for name in means})


def _stage(
    store: Store, brand: str, name: str, moments: tuple[Moment, ...], days: Query, negative_peak: float
) -> Stage:
    told: Query = {"terms": {"moments": list(moments)}}
    about = customers_mentions(brand, {"terms": {"moment": list(moments)}}, days)
    aggs: dict[str, Any] = {
        "score": {"avg": {"field": "score"}},
        "negative": {"filter": negative_peaks(negative_peak)},
        "positive": {"filter": positive_peaks(negative_peak)},
    }
    found = store.aggregate("mentions", about, aggs)
    return Stage(
        name=name,
        posts=store.count("posts", customers_posts(brand, told, days)),
        mentions=store.count("mentions", about),
        score=found["score"]["value"],
        negative_peaks=found["negative"]["doc_count"],
        positive_peaks=found["positive"]["doc_count"],
    )


def strongest_peaks(store: Store, brand: str, *, since: str, until: str, size: int, positive: bool) -> list[Document]:
    """Return the peak mentions that were felt most strongly, strongest first."""
    felt: Query = {"range": {"score": {"gt": 0} if positive else {"lt": 0}}}
    query = customers_mentions(brand, {"term": {"is_peak": True}}, days_within(since, until), felt)
    order = [{"score": "desc" if positive else "asc"}, {"published_at": "desc"}, {"id": "asc"}]
    return [hit.source for hit in store.search("mentions", query, sort=order, size=size).hits]
