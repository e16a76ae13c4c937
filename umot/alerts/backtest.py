"""A rule replayed over the stored past: the alerts that it would have sent, before it goes live."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, get_args

from umot.alert import Alert
from umot.alerts.events import Event, Patience, alike, events
from umot.alerts.findings import Verdicts
from umot.alerts.judging import judged_days, patience
from umot.alerts.keeping import alert_of
from umot.alerts.messages import title_of
from umot.alerts.series import Boards
from umot.errors import ConfigError
from umot.timeline import local_day, midnight, week_of, weeks_between
from umot.watch.simple import EARS_C2, MEAN_2SD, MovingRule
from umot.workspace import Workspace

Rule = Literal["watch", "ears-c2", "mean-2sd"]

RULES: Final[tuple[Rule, ...]] = get_args(Rule)
_AT_ONCE: Final = Patience(1, 1)
_SIMPLE: Final[Mapping[str, MovingRule]] = {"ears-c2": EARS_C2, "mean-2sd": MEAN_2SD}


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a rule would have told of the days from first to last; `judged` counts days of brands."""

    rule: Rule
    first: date
    last: date
    judged: int
    alerts: Sequence[Alert]
    most_per_week: float
    boards: Boards
    verdicts: Verdicts

    @property
    def per_week(self) -> dict[str, int]:
        """How many alerts would have begun in each week."""
        begun = Counter(week_of(date.fromisoformat(alert.fired)) for alert in self.alerts)
        return {week: begun[week] for week in weeks_between(self.first, self.last)}

    @property
    def mean_per_week(self) -> float:
        """How many alerts a week it would have been."""
        return len(self.alerts) / max(((self.last - self.first).days + 1) / 7, 1.0)

    @property
    def bearable(self) -> bool:
        """Tell whether that is within what the configuration allows."""
        return self.mean_per_week <= self.most_per_week

    def document(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "rule": self.rule,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "judged": self.judged,
            "alerts_per_week": round(self.mean_per_week, 3),
            "most_per_week": self.most_per_week,
            "bearable": self.bearable,
            "weeks": self.per_week,
            "alerts": [alert.document() for alert in self.alerts],
        }


def backtest(ws: Workspace, since: date, until: date, as_of: datetime, rule: Rule = "watch") -> Backtest:
    """Replay a rule over stored days, both included; each day is judged by what was before it.

    Posts count on the day on which they were published, also those that were collected later.

    Raises:
        ConfigError: days that are not in order, or lie after `as_of`.
    """
    today = local_day(as_of, ws.settings.zone)
    if since > until:
        raise ConfigError(f"--since {since} is after --until {until}; expected the earlier day first")
    if until > today:
        raise ConfigError(f"--until {until} has not been yet; expected a day up to {today}")
    boards, found = judged_days(ws, since, until, as_of, _SIMPLE.get(rule))
    alerts = sorted(_alerts(ws, found, rule, as_of), key=lambda alert: (alert.fired, alert.id))
    days = sum(map(len, found.judged.values()))
    return Backtest(rule, since, until, days, alerts, ws.settings.alerts.most_per_week, boards, found)


def first_day(ws: Workspace, last: date) -> date:
    """Return the day from which a year up to a day is replayed, or as much of it as there are posts."""
    year = last - timedelta(days=364)
    begin = {"range": {"day": {"gte": year.isoformat()}}}
    earliest = ws.store.search("posts", begin, sort=[{"day": "asc"}, {"id": "asc"}], size=1)
    return date.fromisoformat(earliest.hits[0].source["day"]) if earliest.hits else year


def _alerts(ws: Workspace, found: Verdicts, rule: Rule, as_of: datetime) -> Iterator[Alert]:
    met = list(_events(ws, found, rule))
    for event in met:
        alert = alert_of(event, midnight(event.since, ws.settings.zone), as_of)
        if rule == "watch":
            alert.alike = alike(event, met)
        alert.title = title_of(alert, ws.settings.report.language)
        yield alert


def _events(ws: Workspace, found: Verdicts, rule: Rule) -> Iterator[Event]:
    """Yield what would have been told: of the simple rules every series by itself, as tools that have them do."""
    if rule == "watch":
        for brand in ws.settings.brands:
            yield from events(found, brand.name, patience(ws))
        return
    for watched in found.series:
        yield from events(found.only(watched), watched.brand, _AT_ONCE)
