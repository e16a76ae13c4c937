"""Alerts over time: an event that was met before stays the same alert, and only what is new about it is told."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from umot.alert import Alert, Status
from umot.alerts.events import Event, Patience, standing, what_of
from umot.alerts.series import Watched
from umot.store.contract import Query, Store
from umot.text import digest
from umot.timeline import iso

Change = Literal["opened", "grown", "closed"]

_GROWTH: Final = 2
_CARRIED: Final = ("id", "opened_at", "told", "acknowledged", "acknowledged_at", "acknowledged_by", "note")


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert as it is now, and as the store has it (None: not yet)."""

    alert: Alert
    before: Alert | None

    @property
    def is_news(self) -> bool:
        """Tell whether the alert has to be written: something but the time of the look has changed."""
        return self.before is None or replace(self.alert, updated_at=self.before.updated_at) != self.before

    @property
    def change(self) -> Change | None:
        """What there is to tell; of an acknowledged alert only that it has become worse, is over, or is not over."""
        if self.before is None:
            return "opened"
        is_over, was_over = self.alert.status == "closed", self.before.status == "closed"
        if self.alert.told is None:
            return "opened" if was_over and not is_over else None
        if is_over:
            return None if was_over else "closed"
        return "grown" if was_over or self.alert.severity >= self.alert.told + _GROWTH else None


def stored_alerts(store: Store, *clauses: Query) -> list[Alert]:
    """Return the alerts that meet all clauses, oldest first."""
    found = [Alert.of(document) for document in store.scan("alerts", {"bool": {"filter": list(clauses)}})]
    return sorted(found, key=lambda alert: (alert.since, alert.id))


def still_open() -> Query:
    """Return the query for alerts that are not over."""
    return {"bool": {"must_not": [{"term": {"status": "closed"}}]}}


def carried_on(
    store: Store,
    known: Sequence[Alert],
    found: Iterable[tuple[Event, Alert]],
    judged: Sequence[date],
    patience: Patience,
    as_of: datetime,
) -> Iterator[Kept]:
    """Yield a brand's alerts: events that the store knows go on under their ids, others begin.

    An alert of which nothing was found any more (posts were erased, or read differently) calms down like any other.
    """
    # An event that comes to touch one that is over already goes on as the alert that is open.
    left = {alert.id: alert for alert in sorted(known, key=lambda one: one.status == "closed")}
    for event, alert in found:
        before = next((one for one in left.values() if _is_same(one, event, patience)), None)
        if before is None:
            alert.id = free_id(store, alert.id)
            yield Kept(_closed(alert, as_of), None)
        elif before.status != "closed" or event.until.isoformat() > before.until:
            yield Kept(_closed(_joined(before, alert), as_of), before)
            del left[before.id]
        else:
            del left[before.id]
    for alert in left.values():
        if alert.status != "closed":
            status = standing(date.fromisoformat(alert.until), judged, patience)
            yield Kept(_closed(replace(alert, status=status, updated_at=iso(as_of)), as_of), alert)


def alert_of(event: Event, started_at: datetime, as_of: datetime) -> Alert:
    """Return an event as an alert, still without its title and the reasons for it."""
    lead, series = event.lead, event.series
    moments = _moments(event)
    return Alert(
        id=f"{slug(event.brand)}-{event.since:%Y%m%d}",
        about="brand",
        what=what_of(lead),
        status=event.status,
        severity=event.severity,
        title="",
        since=event.since.isoformat(),
        until=event.until.isoformat(),
        fired=event.fired.isoformat(),
        started_at=iso(started_at),
        opened_at=iso(as_of),
        updated_at=iso(as_of),
        days=event.days,
        brand=event.brand,
        moment=moments[0] if moments else None,
        moments=moments,
        kinds=_kinds(series),
        invited=all(one.invited for one in series),
        observed=event.observed,
        expected=round(event.expected, 2),
        extra=round(event.observed - event.expected, 2),
        p=min(finding.p for finding in event.findings),
        rule=lead.rule,
        share=lead.watched.share,
        cold_start=lead.cold_start,
        series=len(series),
    )


def ended(alert: Alert, as_of: datetime) -> Alert:
    """Return an alert as one that is over, whatever its days say."""
    return replace(alert, status="closed", closed_at=iso(as_of), updated_at=iso(as_of))


def carried(before: Alert) -> dict[str, Any]:
    """Return what an alert keeps for its whole life."""
    return {name: getattr(before, name) for name in _CARRIED}


def free_id(store: Store, name: str) -> str:
    """Return an id that no alert has."""
    number, free = 1, name
    while store.get("alerts", free) is not None:
        number += 1
        free = f"{name}-{number}"
    return free


def slug(name: str) -> str:
    """Return a name as people can type it in an id."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or digest(name)[:8]


def _moments(event: Event) -> list[str]:
    """Return the moments at which it shows: that of the lead first, then the least likely."""
    lead = event.lead.watched
    ordered = sorted(event.findings, key=lambda one: (one.watched != lead, one.p))
    return list(dict.fromkeys(one.watched.moment for one in ordered if one.watched.moment))


def _kinds(series: Iterable[Watched]) -> list[str]:
    """Return the kinds of post in which it shows; none when it shows in all together."""
    found = {one.kind for one in series}
    return [] if None in found else sorted(kind for kind in found if kind is not None)


def _is_same(alert: Alert, event: Event, patience: Patience) -> bool:
    """Tell whether an event overlaps an alert's days, or follows while it could still have been waited for."""
    waited = timedelta(days=patience.close)
    after = event.since <= date.fromisoformat(alert.until) + waited
    return after and date.fromisoformat(alert.since) <= event.until


def _joined(before: Alert, now: Alert) -> Alert:
    """Return the alert as it is now under its old id; what was counted before the days looked at now is kept."""
    joined = replace(now, **carried(before))
    if before.since < now.since:
        days = (date.fromisoformat(now.until) - date.fromisoformat(before.since)).days + 1
        joined = replace(
            joined, since=before.since, started_at=before.started_at, fired=min(before.fired, now.fired), days=days
        )
        if (before.extra or 0.0) > (now.extra or 0.0):
            counted = {name: getattr(before, name) for name in ("observed", "expected", "extra")}
            joined = replace(joined, severity=max(before.severity, now.severity), **counted)
    return replace(joined, p=min(p for p in (before.p, now.p) if p is not None))


def _closed(alert: Alert, as_of: datetime) -> Alert:
    """Note when it was closed; one that goes on is not closed any more."""
    over: Status = "closed"
    if alert.status != over:
        return replace(alert, closed_at=None)
    return replace(alert, closed_at=alert.closed_at or iso(as_of))
