"""Step 4, watch: what is unusual about a brand, which source is ill, and who has to know."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Final

from umot.alert import Alert
from umot.alerts.delivery import announce, deliver
from umot.alerts.events import alike, events
from umot.alerts.findings import Verdicts
from umot.alerts.judging import judged_days, patience
from umot.alerts.keeping import Kept, alert_of, carried_on, ended, still_open, stored_alerts
from umot.alerts.messages import title_of
from umot.alerts.of_sources import source_alerts
from umot.alerts.reasons import with_reasons
from umot.errors import StoreError
from umot.ledger import ALL_SOURCES, Run
from umot.progress import Progress, silent
from umot.store.contract import Query
from umot.timeline import iso, local_day, midnight, utc
from umot.workspace import Workspace

_UNKNOWN: Final = "nothing was collected for a fortnight: whether it is over is not known"
_WATCHED: Final = "watched"
_FIRST_LOOK: Final = timedelta(days=27)
_LATE: Final = timedelta(days=14)
_FARTHEST: Final = timedelta(days=400)


def watch(ws: Workspace, as_of: datetime, progress: Progress = silent) -> Run:
    """Judge the days since the last look, keep the alerts, and send what is due; return the ledger record.

    The days before the last look are judged again as far back as posts usually still come in, so that late ones count.
    Done twice at the same time it changes nothing; a look back to before the last one is not taken.

    Raises:
        StoreError: the store is away; the next call judges the same days again.
    """
    began = time.monotonic()
    with ws.exclusive("watch"):
        run = Run("watch", ALL_SOURCES, ws.ledger.name("watch", ALL_SOURCES, as_of), as_of, "nothing_new")
        run.counts = dict.fromkeys(("judged", "opened", "grown", "closed", "sent", "waiting", "stuck"), 0)
        previous = ws.store.state.get("progress", _WATCHED)
        if previous is not None and utc(previous.value) > as_of:
            run.reason = f"already watched up to {previous.value}"
        else:
            _look(ws, as_of, run, progress, since=utc(previous.value) if previous else None)
            # A look at nothing is none: what is collected later, of whatever time, is looked at for the first time.
            if previous is not None or run.counts["judged"]:
                ws.store.state.put("progress", _WATCHED, iso(as_of))
        _send(ws, as_of, run)
        run.seconds = time.monotonic() - began
        ws.ledger.write(run)
        return run


def _look(ws: Workspace, as_of: datetime, run: Run, progress: Progress, since: datetime | None) -> None:
    progress("watch", 0, 3)
    ws.store.refresh()  # an alert that a look wrote before it was killed is found by a scan only then
    first, last = _span(ws, as_of, since)
    _, found = judged_days(ws, first, last, as_of)
    run.counts["judged"] = sum(map(len, found.judged.values()))
    progress("watch", 1, 3)
    for kept in chain(_brand_alerts(ws, found, first, as_of), _abandoned(ws, as_of)):
        # Alerts that were over before anybody watched are kept, but nobody is woken for them.
        _keep(ws, kept, as_of, run, tell=since is not None or kept.alert.status != "closed")
    progress("watch", 2, 3)
    for kept in source_alerts(ws, as_of):
        _keep(ws, kept, as_of, run, tell=True)
    ws.store.refresh()
    progress("watch", 3, 3)


def _span(ws: Workspace, as_of: datetime, since: datetime | None) -> tuple[date, date]:
    """Return the first and last day to judge: new ones, recent ones, and those of alerts that are still open."""
    last = local_day(as_of, ws.settings.zone)
    if since is None:
        return last - _FIRST_LOOK, last
    about: Query = {"term": {"about": "brand"}}
    begun = [date.fromisoformat(alert.since) for alert in stored_alerts(ws.store, about, still_open())]
    return max(min([local_day(since, ws.settings.zone) - _LATE, *begun]), last - _FARTHEST), last


def _brand_alerts(ws: Workspace, found: Verdicts, first: date, as_of: datetime) -> Iterator[Kept]:
    """Yield the alerts of every brand with the reasons for them."""
    waited = (first - timedelta(days=patience(ws).close)).isoformat()
    every = [one for brand in ws.settings.brands for one in events(found, brand.name, patience(ws))]
    for brand in ws.settings.brands:
        recent: Query = {"bool": {"should": [still_open(), {"range": {"until": {"gte": waited}}}]}}
        known = stored_alerts(ws.store, {"term": {"about": "brand"}}, {"term": {"brand": brand.name}}, recent)
        met = [
            (one, replace(alert_of(one, midnight(one.since, ws.settings.zone), as_of), alike=alike(one, every)))
            for one in every
            if one.brand == brand.name
        ]
        days = found.judged.get(brand.name, [])
        is_watched = days and max(days) >= local_day(as_of, ws.settings.zone) - _LATE
        for kept in carried_on(ws.store, known, met, days, patience(ws), as_of):
            alert = _told(ws, kept.alert)
            yield replace(kept, alert=alert if is_watched else _lost(alert, as_of))


def _lost(alert: Alert, as_of: datetime) -> Alert:
    """End an alert that would stay open for ever: a file that is not written any more, a source that was given up."""
    return alert if alert.status == "closed" else ended(replace(alert, reason=_UNKNOWN), as_of)


def _abandoned(ws: Workspace, as_of: datetime) -> Iterator[Kept]:
    """Yield the alerts of brands that are no longer configured: nobody would judge whether they are over."""
    brands = {brand.name for brand in ws.settings.brands}
    for alert in stored_alerts(ws.store, {"term": {"about": "brand"}}, still_open()):
        if alert.brand not in brands:
            yield Kept(ended(alert, as_of), alert)


def _told(ws: Workspace, alert: Alert) -> Alert:
    explained = with_reasons(ws, alert)
    return replace(explained, title=title_of(explained, ws.settings.report.language))


def _keep(ws: Workspace, kept: Kept, as_of: datetime, run: Run, *, tell: bool) -> None:
    """Write what is new about an alert; the message goes into the outbox first, so that a kill cannot lose it."""
    alert, change = kept.alert, kept.change
    ws.check_leases()
    if change and tell:
        announce(ws, alert, change, as_of)
        alert = replace(alert, told=alert.severity)
    elif alert.status == "open" and alert.told is not None:
        announce(ws, alert, "opened", as_of)  # to channels that did not want it so far
    if change:
        run.add(change)
    if replace(kept, alert=alert).is_news:
        for result in ws.store.put("alerts", [alert.document()]):
            if result.outcome == "rejected":
                raise StoreError(f"alert {alert.id}: {result.reason}")
        run.verdict = "ok"


def _send(ws: Workspace, as_of: datetime, run: Run) -> None:
    delivered = deliver(ws, as_of)
    run.counts |= {"sent": delivered.sent, "waiting": delivered.waiting, "stuck": delivered.stuck}
    if delivered.problems:
        untold = ", ".join(f"channel {name}: {problem}" for name, problem in sorted(delivered.problems.items()))
        _add_reason(run, f"{untold} (`umot alerts queue` says what waits)")
    if delivered.stuck_since:
        since = local_day(utc(delivered.stuck_since), ws.settings.zone)
        _add_reason(run, f"stuck since {since}: {delivered.stuck} messages (`umot alerts send --retry` tries again)")


def _add_reason(run: Run, reason: str) -> None:
    run.reason = "; ".join(filter(None, (run.reason, reason)))
