"""When a notice goes out, and with which others: quiet hours, caps, digests and tries to come."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from umot.alerts.outbox import Notice
from umot.config.alerts import ChannelSettings, QuietHours
from umot.timeline import local_day, utc, week_of

Why = Literal["no channel", "stuck", "being sent", "later try", "quiet hours", "digest", "most per day"]

WHY: Final[dict[Why, str]] = {
    "no channel": "its channel is no longer configured",
    "stuck": "failed too often; `umot alerts send --retry` tries again",
    "being sent": "a process is sending it",
    "later try": "failed, will be tried again",
    "quiet hours": "quiet hours",
    "digest": "waits for the digest",
    "most per day": "the channel had its messages of the day",
}
WAITING: Final[tuple[Why, ...]] = ("being sent", "later try")
"""What holds a notice without anybody having asked for it."""

PASSES: Final = 9
"""Severity from which quiet hours do not count."""

Parcel = tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as the workspace lives it."""

    as_of: datetime
    zone: ZoneInfo
    quiet_hours: QuietHours | None = None

    @property
    def today(self) -> date:
        """The day."""
        return self.day(self.as_of)

    @property
    def quiet(self) -> bool:
        """Tell whether these are quiet hours."""
        local = self.as_of.astimezone(self.zone).time()
        return self.quiet_hours is not None and self.quiet_hours.hold(local)

    def day(self, at: str | datetime) -> date:
        """Return the day of a time."""
        return local_day(utc(at) if isinstance(at, str) else at, self.zone)


@dataclass(slots=True)
class Plan:
    """What a channel is sent now, a message per parcel, and why the others stay."""

    parcels: list[Parcel] = field(default_factory=list)
    held: dict[str, Why] = field(default_factory=dict)


def plan(channel: ChannelSettings | None, notices: Sequence[Notice], clock: Clock) -> Plan:
    """Plan one channel's notices, sent ones among them; None for a channel that is not configured."""
    sent = [notice for notice in notices if notice.sent]
    made = Plan()
    due = []
    for notice in notices:
        if notice.sent:
            continue
        if why := _why_not(channel, notice, sent, clock):
            made.held[notice.key] = why
        else:
            due.append(notice)
    if channel and due:
        due += _told_with(due, notices, made)
        _pack(made, channel, due, sent, clock)
    return made


def _told_with(due: Iterable[Notice], notices: Iterable[Notice], made: Plan) -> list[Notice]:
    """Take back the failed notices of alerts that are told now anyway: later they would be old news."""
    alerts = {notice.alert for notice in due}
    failed = [n for n in notices if n.alert in alerts and made.held.get(n.key) in ("later try", "stuck")]
    for notice in failed:
        del made.held[notice.key]
    return failed


def _why_not(channel: ChannelSettings | None, notice: Notice, sent: Sequence[Notice], clock: Clock) -> Why | None:
    """Return what keeps a notice back whatever the others are; None when it is due."""
    if channel is None:
        return "no channel"
    if notice.stuck:
        return "stuck"
    if notice.is_claimed(clock.as_of):
        return "being sent"
    if notice.next_try and utc(notice.next_try) > clock.as_of:
        return "later try"
    if clock.quiet and notice.severity < PASSES:
        return "quiet hours"
    if channel.digest and not notice.attempts and not _digest_is_due(channel, notice, sent, clock):
        return "digest"
    return None


def _digest_is_due(channel: ChannelSettings, notice: Notice, sent: Sequence[Notice], clock: Clock) -> bool:
    """Tell whether a digest goes out: one a day, or one a week, from Monday on with what the weeks before left."""
    days = {clock.day(each.sent) for each in sent if each.sent}
    if channel.digest == "daily":
        return clock.today not in days
    week = week_of(clock.today)
    is_monday = clock.today.isoweekday() == 1
    return week not in map(week_of, days) and (is_monday or week_of(clock.day(notice.added)) != week)


def _pack(made: Plan, channel: ChannelSettings, due: list[Notice], sent: Sequence[Notice], clock: Clock) -> None:
    """Make parcels of what is due, the severest first, as many as the day still allows."""
    messages = _messages_by_day(sent, clock)
    if channel.digest:
        parcels = [tuple(due)]
    else:
        over = [n for n in due if (day := clock.day(n.added)) < clock.today and messages[day] >= channel.most_per_day]
        parcels = [tuple(over)] if over else []
        parcels += _by_alert(notice for notice in due if notice not in over)
    allowed = max(0, channel.most_per_day - messages[clock.today])
    made.parcels = parcels[:allowed]
    made.held |= {notice.key: "most per day" for parcel in parcels[allowed:] for notice in parcel}


def _messages_by_day(sent: Iterable[Notice], clock: Clock) -> defaultdict[date, int]:
    """Count the messages that went out, per day."""
    messages = {(clock.day(notice.sent), notice.message) for notice in sent if notice.sent}
    counts: defaultdict[date, int] = defaultdict(int)
    for day, _ in messages:
        counts[day] += 1
    return counts


def _by_alert(notices: Iterable[Notice]) -> list[Parcel]:
    """Gather the notices of each alert, so that it is told once, as it stands now."""
    found: defaultdict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        found[notice.alert].append(notice)
    parcels = map(tuple, found.values())
    return sorted(parcels, key=lambda parcel: (-max(n.severity for n in parcel), min(n.added for n in parcel)))
