"""What is known of a source when it is judged: how it is configured, and what its runs left in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from spiders.source import Health
from umot.health.departures import Series
from umot.ledger import REPLAYED
from umot.store.contract import Document
from umot.timeline import utc

FEWEST: Final = 5
"""Healthy runs without which nothing is compared with the past."""

DAY: Final = timedelta(days=1)
_HEALTHY: Final = ("ok", "nothing_new")
_LOOKED: Final = ("ok", "nothing_new", "degraded", "limited")
_RUNS: Final = 60


@dataclass(frozen=True, slots=True)
class Known:
    """A source and its collecting runs in order of time, replayed ones left out.

    `languages` are the posts per language that classification found, by day; None when it knows none.
    """

    source: str
    runs: Sequence[Document]
    zone: ZoneInfo
    schedule: str | None = None
    declared: Health = field(default_factory=Health)
    languages: Series | None = None

    def past(self, days: int) -> Sequence[Document]:
        """Return the runs of the last days before the latest, and the last 60 at least."""
        if not self.runs:
            return ()
        since = at(self.runs[-1]) - days * DAY
        young = sum(at(run) >= since for run in self.runs)
        return self.runs[-max(_RUNS, young) :]


def at(run: Document) -> datetime:
    """Return the time of a run."""
    return utc(run["as_of"])


def is_healthy(run: Document) -> bool:
    """Tell whether a run may form the past that others are compared with."""
    return run["verdict"] in _HEALTHY


def is_looked_at(run: Document) -> bool:
    """Tell whether what a run parsed says something about the source."""
    return run["verdict"] in _LOOKED


def told(runs: Sequence[Document], as_of: datetime, time_budget: float) -> list[Document]:
    """Return the runs that say something about their source at a time.

    A run that is still under way says nothing yet; one that began longer ago than a run may take was interrupted, even
    if nobody has marked it so. A replayed run says nothing at all.
    """
    began = as_of - timedelta(seconds=time_budget)
    ended = (run for run in runs if run["verdict"] != "running" or at(run) < began)
    mine = (run for run in ended if run["step"] == "collect" and run.get("finish") != REPLAYED)
    return [run | {"verdict": "interrupted"} if run["verdict"] == "running" else run for run in mine]
