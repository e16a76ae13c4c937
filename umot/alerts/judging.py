"""The days of a workspace judged as its configuration wants it: for the watch, and for the backtest of a rule."""

from datetime import date, datetime
from typing import Final

import numpy as np

from umot.alerts.events import Patience
from umot.alerts.findings import Verdicts, verdicts
from umot.alerts.series import Boards
from umot.config.alerts import Maintenance
from umot.store.contract import Query
from umot.timeline import iso, local_day, midnight, utc
from umot.watch.arrivals import arrived_share
from umot.watch.settings import Settings
from umot.watch.simple import MovingRule
from umot.workspace import Workspace

_SAMPLE: Final = 2_000
_HOURS: Final = 24


def judged_days(
    ws: Workspace, first: date, last: date, as_of: datetime, rule: MovingRule | None = None
) -> tuple[Boards, Verdicts]:
    """Judge the days from first to last as they are known at a time; the day of that time by what has come of it."""
    today = local_day(as_of, ws.settings.zone)
    share = _arrived(ws, as_of) if last == today else 1.0
    windows = ws.settings.alerts.maintenance

    def left_out(brand: str, day: date) -> bool:
        return is_maintained(windows, day, brand=brand)

    boards = Boards(ws, first, last, as_of, watch_settings(ws), last_share=share, left_out=left_out)
    return boards, verdicts(boards, watch_settings(ws), rule)


def watch_settings(ws: Workspace) -> Settings:
    """Return how strict the configuration wants the watch to be."""
    wanted = ws.settings.alerts
    return Settings(
        false_alerts=wanted.false_alerts,
        false_discoveries=wanted.false_discoveries,
        fewest_posts=wanted.fewest_posts,
    )


def patience(ws: Workspace) -> Patience:
    """Return how long the configuration waits before an event is over."""
    return Patience(ws.settings.alerts.quiet_days, ws.settings.alerts.close_days)


def is_maintained(
    windows: tuple[Maintenance, ...], day: date, *, brand: str | None = None, source: str | None = None
) -> bool:
    """Tell whether a day of a brand or source lies in a maintenance window; one that names nothing is for all."""
    return any(
        window.since <= day <= window.until
        and (brand in window.brands or source in window.sources or not (window.brands or window.sources))
        for window in windows
    )


def _arrived(ws: Workspace, as_of: datetime) -> float:
    """Return the share of a day's posts that has usually come by this hour, by the latest posts."""
    zone = ws.settings.zone
    begin = midnight(local_day(as_of, zone), zone)
    past: Query = {"range": {"published_at": {"lt": iso(begin)}}}
    latest = ws.store.search("posts", past, sort=[{"published_at": "desc"}, {"id": "asc"}], size=_SAMPLE)
    hours = [utc(hit.source["published_at"]).astimezone(zone).hour for hit in latest.hits]
    by_hour = np.bincount(hours, minlength=_HOURS).astype(float)[None, :]
    return float(arrived_share(by_hour, (as_of - begin).total_seconds() / 3600)[0])
