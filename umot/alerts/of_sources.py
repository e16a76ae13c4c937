"""Alerts about sources: one per illness, kept apart from what happens to brands, closed when the source is well."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from umot.alert import Alert
from umot.alerts.judging import is_maintained
from umot.alerts.keeping import Kept, carried, ended, free_id, still_open, stored_alerts
from umot.alerts.messages import title_of
from umot.health import SourceHealth, judge_sources
from umot.store.contract import Query
from umot.timeline import iso, local_day, midnight, utc
from umot.workspace import Workspace


def source_alerts(ws: Workspace, as_of: datetime) -> Iterator[Kept]:
    """Yield the alerts of sources that are ill, and of those that are well again or no longer collected."""
    today = local_day(as_of, ws.settings.zone)
    known = _lately(ws, today)
    for health in judge_sources(ws, as_of):
        before = known.pop(health.source, None)
        if is_maintained(ws.settings.alerts.maintenance, today, source=health.source):
            continue
        if health.what is not None:
            yield Kept(_ill(ws, health, before, as_of), before)
        elif before is not None and before.status != "closed":
            well = replace(before, **_missing(health, utc(before.started_at), before))
            yield Kept(ended(well, as_of), before)
    for before in known.values():
        if before.status != "closed":
            yield Kept(ended(replace(before, reason="no longer collected"), as_of), before)


def _lately(ws: Workspace, today: date) -> dict[str | None, Alert]:
    """Return each source's alert that is open, or was yesterday: an illness that comes and goes is one."""
    until: Query = {"range": {"until": {"gte": (today - timedelta(days=1)).isoformat()}}}
    found = stored_alerts(ws.store, {"term": {"about": "source"}}, {"bool": {"should": [still_open(), until]}})
    return {alert.source: alert for alert in sorted(found, key=lambda one: one.status != "closed")}


def _ill(ws: Workspace, health: SourceHealth, before: Alert | None, as_of: datetime) -> Alert:
    assert health.what is not None
    today, zone = local_day(as_of, ws.settings.zone), ws.settings.zone
    found = date.fromisoformat(health.since) if health.since else today
    since = min(found, date.fromisoformat(before.since)) if before else found
    alert = Alert(
        id=f"source-{health.source}-{since:%Y%m%d}",
        about="source",
        what=health.what,
        status="open",
        severity=health.severity,
        title="",
        since=since.isoformat(),
        until=today.isoformat(),
        fired=before.fired if before else today.isoformat(),
        started_at=iso(midnight(since, zone)),
        opened_at=iso(as_of),
        updated_at=iso(as_of),
        days=(today - since).days + 1,
        source=health.source,
        sources=[health.source],
        reason=health.reason,
        **_missing(health, midnight(since, zone), before),
    )
    alert = replace(alert, **carried(before)) if before else replace(alert, id=free_id(ws.store, alert.id))
    return replace(alert, title=title_of(alert, ws.settings.report.language))


def _missing(health: SourceHealth, since: datetime, before: Alert | None) -> dict[str, Any]:
    """Return the span that was not collected; an older one than the illness has nothing to do with it.

    A source that reaches back may make up for the end of a span, the days of the illness too: it is still the same.
    """
    same = before is not None and health.missing_from is not None and health.missing_from == before.missing_from
    belongs = same or (health.missing_to is not None and utc(health.missing_to) > since)
    span = (health.missing_from, health.missing_to) if belongs else (None, None)
    return dict(zip(("missing_from", "missing_to"), span, strict=True))
