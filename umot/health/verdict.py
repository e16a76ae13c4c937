"""What is said of a source."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from umot.alert import SEVEREST, SourceEvent
from umot.store.contract import Document
from umot.timeline import local_day

_SEVERITY: Final[Mapping[SourceEvent, int]] = {"broken": 7, "silent": 6, "drifting": 5, "limited": 4}
_LASTING: Final = (3, 7)


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """The verdict on one source; `what` is None when it is well.

    `since` is the first day of its illness in the workspace's zone, `reason` one sentence for people: what, against
    what, what to do. `severity` goes from 1 to 10 (0 when well): 7 for broken, 6 silent, 5 drifting, 4 limited, one
    more from 3 days on and two from 7 days on. `missing_from` and `missing_to` bound the latest span of time that no
    run reached, as stored times; a source that is well again may have left one behind.
    """

    source: str
    what: SourceEvent | None = None
    since: str | None = None
    reason: str | None = None
    severity: int = 0
    missing_from: str | None = None
    missing_to: str | None = None

    def document(self) -> Document:
        """Return the verdict for scripts."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Illness:
    """What is wrong, since when, in words."""

    what: SourceEvent
    since: datetime
    reason: str


def severity(illness: Illness, as_of: datetime, zone: ZoneInfo) -> int:
    """Return how bad an illness is, from 1 to 10."""
    days = (local_day(as_of, zone) - local_day(illness.since, zone)).days
    return min(SEVEREST, _SEVERITY[illness.what] + sum(days >= limit for limit in _LASTING))
