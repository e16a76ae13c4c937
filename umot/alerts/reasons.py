"""Why there is an alert: what was read of an event's posts and of those before, and where people can look further."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import Final

from more_itertools import batched

from umot.alert import Alert
from umot.alerts.explain import explain
from umot.analysis.queries import customers_mentions, days_within, negative_peaks, positive_peaks
from umot.kibana import KibanaPlace, Subject, mentions_link
from umot.store.contract import Document, Query
from umot.store.elastic.address import parse_address
from umot.timeline import week_of
from umot.workspace import Workspace

_BEFORE: Final = timedelta(days=56)
_MOST_FOUND: Final = 5_000
_MOST_BEFORE: Final = 20_000
_BATCH: Final = 500


def with_reasons(ws: Workspace, alert: Alert) -> Alert:
    """Return a brand's alert with the words, texts and voices of its posts, and with links.

    A silence has none to show.
    """
    linked = replace(alert, report=_report(ws, alert), kibana=_kibana(ws, alert))
    if alert.what == "silence":
        return linked
    since = date.fromisoformat(alert.since)
    before = ((since - _BEFORE).isoformat(), (since - timedelta(days=1)).isoformat())
    told = explain(
        _mentions(ws, alert, alert.since, alert.until, _MOST_FOUND), _mentions(ws, alert, *before, _MOST_BEFORE)
    )
    return replace(
        linked,
        terms=list(told.terms),
        phrases=list(told.phrases),
        products=list(told.products),
        examples=list(told.examples),
        example_ids=list(told.example_ids),
        languages=list(told.languages),
        sources=list(told.sources),
        voice=told.voice,
        author_share=told.author_share,
        thread_share=told.thread_share,
        copy_share=told.copy_share,
    )


def _mentions(ws: Workspace, alert: Alert, first: str, last: str, most: int) -> Sequence[Document]:
    """Return the mentions that the alert is about, or what they were like before.

    A peak is often a mere outcry; what it is about stands in the rest of its post.
    """
    assert alert.brand is not None
    query = customers_mentions(alert.brand, days_within(first, last), *_told(ws, alert))
    found = list(islice(ws.store.scan("mentions", query), most))
    return _whole_posts(ws, alert.brand, found) if alert.what in ("negative_peaks", "positive_peaks") else found


def _whole_posts(ws: Workspace, brand: str, found: Sequence[Document]) -> list[Document]:
    """Return all that the posts of the mentions found say about the brand."""
    whole: list[Document] = []
    for posts in batched(sorted({mention["post_id"] for mention in found}), _BATCH):
        whole += ws.store.scan("mentions", customers_mentions(brand, {"terms": {"post_id": list(posts)}}))
    return whole


def _told(ws: Workspace, alert: Alert) -> list[Query]:
    """Return what tells the alert's mentions from the brand's others."""
    threshold = ws.settings.sentiment.negative_peak
    felt: dict[str, list[Query]] = {
        "negative_peaks": [negative_peaks(threshold)],
        "positive_peaks": [positive_peaks(threshold)],
        "complaints": [{"term": {"complaint": True}}],
    }
    parts = {"moment": alert.moments, "kind": alert.kinds, "invitation": ["invited"] if alert.invited else []}
    return felt.get(alert.what, []) + [{"terms": {name: values}} for name, values in parts.items() if values]


def _kibana(ws: Workspace, alert: Alert) -> str | None:
    """Return the address of the event's mentions in Kibana, where one is configured."""
    settings = ws.settings
    if settings.alerts.kibana is None or not settings.store.startswith("elasticsearch"):
        return None
    place = KibanaPlace(settings.alerts.kibana, settings.alerts.kibana_space, parse_address(settings.store).prefix)
    since, until = date.fromisoformat(alert.since), date.fromisoformat(alert.until)
    return mentions_link(place, Subject(since, until, settings.zone, alert.brand, alert.moment))


def _report(ws: Workspace, alert: Alert) -> str:
    """Return the file of the report on the week in which the event began, below the workspace's folder."""
    return ws.settings.report.file(week_of(date.fromisoformat(alert.since)))
