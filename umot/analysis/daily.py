"""Daily counts per brand, moment, kind of post and source: what the watch, its backtest and the screens count.

A post counts once per moment that it speaks of. Its peak is one mention, so each negative or positive peak belongs to
one moment. Copies on other platforms, the brand's own posts and posts of nobody who is a customer or prospect are
left out, as everywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from more_itertools import batched
from numpy.typing import NDArray

from sentiment.labels import MOMENTS
from umot.analysis.queries import (
    all_of,
    customers_mentions,
    customers_posts,
    days_within,
    negative_peaks,
    positive_peaks,
)
from umot.store.contract import Document, Query, Store
from umot.timeline import days_between

Floats = NDArray[np.float64]

METRICS: Final = ("posts", "negative", "positive", "complaints", "scored", "score")
"""Rows of a series: distinct posts, negative peaks, positive peaks, complaints; `score` sums what `scored` counts."""

_ROWS: Final = {name: row for row, name in enumerate(METRICS)}
_CHUNK: Final = 60
_MANY: Final = 1000


class Key(NamedTuple):
    """What a series counts: a moment (None: whatever the posts speak of) in posts of a kind from one source."""

    moment: str | None
    kind: str
    source: str
    invited: bool


@dataclass(slots=True)
class DailyCounts:
    """Zero-filled counts of one brand, (metrics, days) per key; `days` are those of the workspace's time zone."""

    brand: str
    days: Sequence[date]
    series: dict[Key, Floats] = field(default_factory=dict)

    def row(self, key: Key, metric: str) -> Floats:
        """Return one metric of a series per day."""
        counts: Floats = self.series[key][_ROWS[metric]]
        return counts

    def total(self, metric: str, **wanted: object) -> Floats:
        """Return the sum over all series whose key has the wanted parts, per day."""
        total = np.zeros(len(self.days))
        for key in self.series:
            if _fits(key, wanted):
                total += self.row(key, metric)
        return total

    def add(self, key: Key, day: str, metric: str, count: float) -> None:
        """Count something."""
        column = (date.fromisoformat(day) - self.days[0]).days
        counts = self.series.setdefault(key, np.zeros((len(METRICS), len(self.days))))
        counts[_ROWS[metric], column] += count


def daily_counts(store: Store, brand: str, first: date, last: date, *, negative_peak: float) -> DailyCounts:
    """Count a brand's posts on every day from first to last, both included."""
    found = DailyCounts(brand, days_between(first, last))
    for some in batched(found.days, _CHUNK):
        days = days_within(some[0].isoformat(), some[-1].isoformat())
        for invited in (False, True):
            _count_posts(found, store, days, invited=invited)
            _count_mentions(found, store, days, negative_peak, invited=invited)
    return found


def _count_posts(found: DailyCounts, store: Store, days: Query, *, invited: bool) -> None:
    aggs: dict[str, Any] = {
        "moments": {"terms": {"field": "moments", "size": len(MOMENTS)}},
        "complaints": {"filter": {"term": {"complaint": True}}},
        "score": {"stats": {"field": "score"}},
    }
    query = customers_posts(found.brand, days, _invitation(invited=invited))
    for at, bucket in _buckets(store, "posts", query, ("day", "source", "kind"), aggs):
        key = Key(None, at["kind"], at["source"], invited)
        _add_felt(found, key, at["day"], bucket)
        found.add(key, at["day"], "posts", bucket["doc_count"])
        for moment in bucket["moments"]["buckets"]:
            found.add(key._replace(moment=moment["key"]), at["day"], "posts", moment["doc_count"])


def _count_mentions(found: DailyCounts, store: Store, days: Query, negative_peak: float, *, invited: bool) -> None:
    aggs: dict[str, Any] = {
        "negative": {"filter": negative_peaks(negative_peak)},
        "positive": {"filter": positive_peaks(negative_peak)},
        "complaints": all_of({"term": {"is_peak": True}}, {"term": {"complaint": True}}),
        "score": {"stats": {"field": "score"}},
    }
    query = customers_mentions(found.brand, days, _invitation(invited=invited))
    for at, bucket in _buckets(store, "mentions", query, ("day", "source", "kind", "moment"), aggs):
        key = Key(at["moment"], at["kind"], at["source"], invited)
        _add_felt(found, key, at["day"], bucket)
        for metric in ("negative", "positive"):
            for one in (key, key._replace(moment=None)):
                found.add(one, at["day"], metric, bucket[metric]["doc_count"])


def _add_felt(found: DailyCounts, key: Key, day: str, bucket: Document) -> None:
    found.add(key, day, "complaints", bucket["complaints"]["doc_count"])
    found.add(key, day, "scored", bucket["score"]["count"])
    found.add(key, day, "score", bucket["score"]["sum"] or 0.0)


def _buckets(
    store: Store, collection: Any, query: Query, fields: Sequence[str], aggs: Mapping[str, Any]
) -> Iterator[tuple[dict[str, str], Document]]:
    """Yield the innermost buckets of nested terms with the values that lead to them."""
    nested: Mapping[str, Any] = aggs
    for name in reversed(fields):
        nested = {name: {"terms": {"field": name, "size": _MANY}, "aggs": nested}}
    yield from _walk(store.aggregate(collection, query, nested), fields, {})


def _walk(bucket: Document, fields: Sequence[str], at: dict[str, str]) -> Iterator[tuple[dict[str, str], Document]]:
    if not fields:
        return iter([(at, bucket)])
    inner = bucket[fields[0]]["buckets"]
    return chain.from_iterable(_walk(one, fields[1:], at | {fields[0]: one["key"]}) for one in inner)


def _invitation(*, invited: bool) -> Query:
    asked: Query = {"term": {"invitation": "invited"}}
    return asked if invited else {"bool": {"must_not": [asked]}}


def _fits(key: Key, wanted: Mapping[str, object]) -> bool:
    return all(getattr(key, name) == value for name, value in wanted.items())
