"""In which languages a source's new posts were, as classification found them."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from umot.health.departures import Series
from umot.health.known import at, is_healthy, is_looked_at
from umot.health.tally import CLAIMED, OTHER
from umot.store.contract import Document, Store
from umot.timeline import iso

_DAYS: Final = 60
_MANY: Final = 100


def detected(store: Store, source: str, runs: Sequence[Document], zone: ZoneInfo) -> Series | None:
    """Return the new posts per language of the last 60 days on which a source was looked at, one query for all.

    None when the store knows no language of them: nothing was classified yet.
    """
    last_of_day = {at(run).astimezone(zone).date(): run for run in runs if is_looked_at(run)}
    days = list(last_of_day.values())[-_DAYS - 1 :]
    spans = list(pairwise(at(run) for run in days))
    if not spans:
        return None
    found = store.aggregate("posts", {"term": {"source": source}}, {_name(span): _of(span) for span in spans})
    counts = np.array([_row(found[_name(span)]) for span in spans], np.int64)
    return Series([end for _, end in spans], counts, [is_healthy(run) for run in days[1:]]) if counts.any() else None


def _of(span: tuple[datetime, datetime]) -> dict[str, Any]:
    seen = {"range": {"first_seen_at": {"gt": iso(span[0]), "lte": iso(span[1])}}}
    return {"filter": seen, "aggs": {"languages": {"terms": {"field": "language", "size": _MANY}}}}


def _name(span: tuple[datetime, datetime]) -> str:
    return f"{span[1]:%Y%m%dT%H%M%S}"


def _row(found: dict[str, Any]) -> list[int]:
    counts = {bucket["key"]: bucket["doc_count"] for bucket in found["languages"]["buckets"]}
    known = [counts.pop(code, 0) for code in CLAIMED if code != OTHER]
    return [*known, sum(counts.values())]
