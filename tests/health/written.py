"""Ledger records as collecting runs write them, for pasts that would take months to collect."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from umot.health import SourceHealth, judge_source
from umot.health.known import Known, told
from umot.health.tally import FIELDS
from umot.ledger import Run, Verdict

ZONE = ZoneInfo("Europe/Amsterdam")
BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)
"""A Monday."""

DAY = timedelta(days=1)
Record = dict[str, Any]


def record(at: datetime, new: int = 5, verdict: Verdict | None = None, **more: Any) -> Record:
    """Return the record of a run in which `new` posts came, all fields filled, all in Dutch."""
    posts = more.pop("posts", new)
    known = {"parsed": posts, "posts": posts, "new": new, "rejected": 0, "claimed_nl": posts}
    counts = known | {f"filled_{name}": posts for name in FIELDS}
    run = Run("collect", "shop", f"{at:%Y%m%dT%H%M%SZ}", at, verdict or ("ok" if new else "nothing_new"))
    run.finish = {"broken": "failed", "limited": "limited", "refused": "refused"}.get(run.verdict, "finished")
    if run.verdict in ("ok", "nothing_new", "silent"):
        run.covered_to = at.isoformat()
    return run.document() | counts | more


def daily(news: Iterable[int], begin: datetime = BEGIN, every: timedelta = DAY, **more: Any) -> list[Record]:
    """Return runs one after the other, with so many new posts each."""
    return [record(begin + n * every, new, **more) for n, new in enumerate(news)]


def judged(runs: list[Record], as_of: datetime | None = None, **known: Any) -> SourceHealth:
    """Judge a source of these runs, at the time of the last one unless told otherwise."""
    at = as_of or datetime.fromisoformat(runs[-1]["as_of"])
    return judge_source(Known("shop", told(runs, at, 3600.0), ZONE, **known), at)
