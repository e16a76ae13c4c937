"""What is to be told: one notice per channel and event of an alert, kept until it is sent and a year after.

Notices hold ids and facts, never texts: a message is written from the stored alert when it is sent.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from umot.errors import ConflictError
from umot.store.contract import Entry, State
from umot.text import digest
from umot.timeline import iso, utc

Event = Literal["opened", "grown", "closed"]

MOST_TRIES: Final = 10
"""A notice that failed so often is stuck: it is tried again only when a person says so."""

CLAIM: Final = timedelta(minutes=15)
"""How long a notice belongs to the process that is sending it."""

_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=6)
_REMEMBERED: Final = timedelta(days=366)
_NOT_KEPT: Final = ("key", "version")


@dataclass(frozen=True, slots=True)
class Notice:
    """One event of one alert for one channel.

    `occurrence` tells events of one kind apart (an alert may grow several times). `message` names the message that
    it was sent with, as several notices may share one. Times are stored as UTC.
    """

    key: str
    version: int
    channel: str
    alert: str
    event: Event
    occurrence: str
    severity: int
    added: str
    attempts: int = 0
    next_try: str | None = None
    claimed: str | None = None
    problem: str | None = None
    sent: str | None = None
    message: str | None = None

    @property
    def stuck(self) -> bool:
        """Tell whether it failed so often that it is left alone."""
        return self.sent is None and self.attempts >= MOST_TRIES

    def is_claimed(self, as_of: datetime) -> bool:
        """Tell whether a process is sending it."""
        return self.claimed is not None and as_of - utc(self.claimed) < CLAIM

    def value(self) -> dict[str, Any]:
        """Return what the state keeps."""
        return {name: value for name, value in asdict(self).items() if value is not None and name not in _NOT_KEPT}

    @classmethod
    def of(cls, entry: Entry) -> "Notice":
        """Return the notice of an entry."""
        return cls(key=entry.key, version=entry.version, **entry.value)


class Outbox:
    """The notices in the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(
        self, channel: str, alert_id: str, event: Event, as_of: datetime, *, severity: int, occurrence: str = ""
    ) -> bool:
        """Put a notice in; False when it has been put in before, sent or not."""
        key = _key(channel, alert_id, event, occurrence)
        notice = Notice(key, 0, channel, alert_id, event, occurrence, severity, iso(as_of))
        try:
            self._state.put("outbox", key, notice.value(), expected=0)
        except ConflictError:
            return False
        return True

    def holds(self, channel: str, alert_id: str, event: Event) -> bool:
        """Tell whether a notice without an occurrence has been put in, sent or not."""
        return self._state.get("outbox", _key(channel, alert_id, event)) is not None

    def all(self) -> Iterator[Notice]:
        """Yield every notice, sent ones too."""
        return map(Notice.of, self._state.scan("outbox"))

    def claim(self, notice: Notice, as_of: datetime) -> Notice | None:
        """Take a notice to send it; None when somebody else has it, or has sent it."""
        return self._write(replace(notice, claimed=iso(as_of)))

    def sent(self, notice: Notice, as_of: datetime, message: str) -> None:
        """Note that a claimed notice was sent."""
        self._write(replace(notice, claimed=None, next_try=None, problem=None, sent=iso(as_of), message=message))

    def failed(self, notice: Notice, as_of: datetime, problem: str) -> Notice:
        """Note that a claimed notice could not be sent, and the next try: after 1, 2, 4 … minutes, 6 hours at most."""
        wait = min(_FIRST_WAIT * 2**notice.attempts, _LONGEST_WAIT)
        later = replace(
            notice,
            attempts=notice.attempts + 1,
            claimed=None,
            next_try=iso(as_of + wait),
            problem=problem,
        )
        return self._write(later) or later

    def retry(self, as_of: datetime) -> int:
        """Make everything due that failed, stuck notices too, but what is being sent; return how many."""
        again = [n for n in self.all() if n.attempts and n.sent is None and not n.is_claimed(as_of)]
        return sum(self._write(replace(n, attempts=0, next_try=None)) is not None for n in again)

    def prune(self, as_of: datetime) -> None:
        """Forget what was put in over a year ago."""
        self._state.delete("outbox", [n.key for n in self.all() if as_of - utc(n.added) > _REMEMBERED])

    def _write(self, notice: Notice) -> Notice | None:
        """Write a notice over the version that was read; None when that is no longer the stored one."""
        try:
            version = self._state.put("outbox", notice.key, notice.value(), expected=notice.version)
        except ConflictError:
            return None
        return replace(notice, version=version)


def _key(channel: str, alert_id: str, event: Event, occurrence: str = "") -> str:
    return f"{channel}/{digest(alert_id, event, occurrence)}"
