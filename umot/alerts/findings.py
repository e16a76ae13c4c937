"""What is unusual on which day: the judgements of all series, by brand."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np

from umot.alerts.series import Board, Group, Watched
from umot.timeline import days_between
from umot.watch.judgements import Judgements
from umot.watch.settings import Settings
from umot.watch.simple import MovingRule, backtest_moving
from umot.watch.together import backtest_together

SILENCE: Final = "silence"
RAISED: Final = 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """A series that is unusual on a day, by the sum of its last `days` days.

    `fired` says that a rule holds against all series looked at; otherwise the series is only raised (p at most 0.05),
    which keeps an event alive but begins none.
    """

    watched: Watched
    day: date
    days: int
    rule: str
    observed: float
    expected: float
    p: float
    fired: bool
    cold_start: bool

    @property
    def since(self) -> date:
        """The first day that was summed."""
        return self.day - timedelta(days=self.days - 1)

    @property
    def is_silence(self) -> bool:
        """Tell a lack of posts from too many."""
        return self.rule == SILENCE


@dataclass(slots=True)
class Verdicts:
    """The judgements of a span of days: what was found, on which days each brand was judged, and what was expected."""

    findings: dict[str, list[Finding]] = field(default_factory=dict)
    judged: dict[str, list[date]] = field(default_factory=dict)
    _daily: dict[Watched, dict[date, tuple[float, float]]] = field(default_factory=dict)

    @property
    def series(self) -> Iterable[Watched]:
        """All series that were judged."""
        return self._daily.keys()

    def only(self, watched: Watched) -> "Verdicts":
        """Return what was judged of one series alone."""
        found = [one for one in self.findings.get(watched.brand, ()) if one.watched == watched and one.fired]
        return Verdicts({watched.brand: found}, self.judged, self._daily)

    def over(self, watched: Watched, since: date, until: date) -> tuple[float, float]:
        """Return a series' posts, and those that were to be expected, from a day to a day, both included."""
        known = self._daily.get(watched, {})
        pairs = [known[day] for day in days_between(since, until) if day in known]
        return sum(seen for seen, _ in pairs), sum(usual for _, usual in pairs)

    def too_many(self, watched: Watched, since: date, until: date) -> list[date]:
        """Return the days on which a series had more posts than were to be expected."""
        known = self._daily.get(watched, {})
        return [day for day in days_between(since, until) if day in known and known[day][0] > known[day][1]]

    def note(self, watched: Watched, day: date, observed: float, expected: float) -> None:
        """Keep what a judged day brought, and what it was expected to bring."""
        self._daily.setdefault(watched, {})[day] = (observed, expected)


def verdicts(boards: Iterable[Board], settings: Settings, rule: MovingRule | None = None) -> Verdicts:
    """Judge every day of the boards, with one control of false discoveries over all that is looked at on a day.

    A simple `rule` judges instead of the watch's own where it is compared with them.
    """
    found = Verdicts()
    for board in boards:
        if not board.groups:
            continue
        judged = _judgements(board, settings, rule)
        for column, day in enumerate(board.days):
            for group, answers in zip(board.groups, judged, strict=True):
                _take(found, group, answers, column, day)
    return found


def _judgements(board: Board, settings: Settings, rule: MovingRule | None) -> list[Judgements]:
    if rule is not None:
        return [backtest_moving(group.posts, board.days, rule) for group in board.groups]
    return backtest_together([group.judged for group in board.groups], board.days, settings)


def _take(found: Verdicts, group: Group, judged: Judgements, column: int, day: date) -> None:
    """Note what one day brought of every series that was judged."""
    posts = group.posts.counts[:, group.posts.column(day)]
    for row in map(int, np.flatnonzero(judged.judged[:, column])):
        watched, days = group.watched[row], int(judged.days[row, column])
        days_of_brand = found.judged.setdefault(watched.brand, [])
        if not days_of_brand or days_of_brand[-1] != day:  # days come in order
            days_of_brand.append(day)
        found.note(watched, day, float(posts[row]), float(judged.expected[row, column]) / max(days, 1))
        if judged.p[row, column] <= RAISED and (one := _finding(watched, day, judged, row, column)):
            found.findings.setdefault(watched.brand, []).append(one)


def _finding(watched: Watched, day: date, judged: Judgements, row: int, column: int) -> Finding | None:
    rule = str(judged.rule[row, column])
    # No negative peaks for a while is no news; no posts at all is.
    if rule == SILENCE and (watched.metric != "posts" or watched.moment is not None):
        return None
    return Finding(
        watched,
        day,
        max(int(judged.days[row, column]), 1),
        rule,
        float(judged.observed[row, column]),
        float(judged.expected[row, column]),
        float(judged.p[row, column]),
        fired=rule != "",
        cold_start=bool(judged.cold_start[row, column]),
    )
