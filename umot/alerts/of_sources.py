"""Alerts about sources: one per illness, kept apart from what happens to brands, closed when the source is well."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from umot.alerts.alert import Alert
from umot.alerts.judging import is_maintained
from umot.alerts.keeping import Kept, carried, free_id, still_open, stored_alerts
from umot.alerts.messages import title_of
from umot.health import SourceHealth, judge_sources
from umot.timeline import iso, local_day, midnight
from umot.workspace import Workspace


def source_alerts(ws: Workspace, as_of: datetime) -> Iterator[Kept]:
    """Yield the alerts of sources that are ill, and of those that are well again or no longer collected."""
    known = {alert.source: alert for alert in stored_alerts(ws.store, {"term": {"about": "source"}}, still_open())}
    for health in judge_sources(ws, as_of):
        before = known.pop(health.source, None)
        today = local_day(as_of, ws.settings.zone)
        if is_maintained(ws.settings.alerts.maintenance, today, source=health.source):
            continue
        if health.what is not None:
            yield Kept(_ill(ws, health, before, as_of), before)
        elif before is not None:
            well = replace(before, missing_from=health.missing_from, missing_to=health.missing_to)
            yield Kept(_over(well, as_of), before)
    for before in known.values():
        yield Kept(_over(replace(before, reason="no longer collected"), as_of), before)


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
        missing_from=health.missing_from,
        missing_to=health.missing_to,
    )
    alert = replace(alert, **carried(before)) if before else replace(alert, id=free_id(ws.store, alert.id))
    return replace(alert, title=title_of(alert, ws.settings.report.language))


def _over(alert: Alert, as_of: datetime) -> Alert:
    return replace(alert, status="closed", closed_at=iso(as_of), updated_at=iso(as_of))
