"""Dates as sources write them: ISO, RFC 2822, epoch, day-first and with month names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

from spiders.params import DayFirst

EARLIEST_YEAR = 1990
_TIME = (
    r"(?:[ T,]+(?:om |at |um |à )?(?P<h>\d{1,2})[:.](?P<mi>\d{2})(?:[:.](?P<s>\d{2}))?"
    r"(?:[.,]\d+)?\s*(?P<ap>[ap]\.?m\.?)?(?: uur| Uhr)?)?\s*(?P<z>Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_NUMERIC = re.compile(r"^(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})[-/. ](?P<y>\d{4}|\d{2})" + _TIME, re.IGNORECASE)
_YEAR_FIRST = re.compile(r"^(?P<y>\d{4})[-/.](?P<b>\d{1,2})[-/.](?P<a>\d{1,2})" + _TIME, re.IGNORECASE)
_DAY_NAME = re.compile(
    r"^(?:[^\W\d]+\.?,? +)?(?P<a>\d{1,2})(?:st|nd|rd|th|er|e|\.)?[ -]+(?:of |de )?"
    r"(?P<m>[^\W\d]{3,10})\.?,?[ -]+(?:de )?(?P<y>\d{4})" + _TIME,
    re.IGNORECASE,
)
_NAME_DAY = re.compile(
    r"^(?P<m>[^\W\d]{3,10})\.? +(?P<a>\d{1,2})(?:st|nd|rd|th)?,? +(?P<y>\d{4})" + _TIME, re.IGNORECASE
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january januar janvier janv enero gennaio",
            "feb februari february februar fevrier février fevr févr febrero febbraio",
            "mrt maart mar march maerz märz mars marzo",
            "apr april avril avr abril aprile",
            "mei may mai mayo maggio",
            "jun juni june juin junio giugno",
            "jul juli july juillet juil julio luglio",
            "aug augustus august aout août agosto",
            "sep sept september septembre septiembre settembre",
            "okt oct oktober october octobre octubre ottobre",
            "nov november novembre noviembre",
            "dec december dezember dez decembre décembre déc diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}


class DateError(ValueError):
    """A date cannot be read: the item is rejected with this message."""


def decide_day_first(samples: Iterable[str], choice: DayFirst = "auto") -> bool:
    """Say whether 03-04-2024 is the third of April in this set of dates.

    `auto` looks for a number above 12: in second place it proves month-first. Without proof
    the European order holds.
    """
    if choice != "auto":
        return choice == "yes"
    pairs = [m for m in (_NUMERIC.match(s.strip()) for s in samples) if m]
    month_first = sum(int(m["b"]) > 12 for m in pairs)
    day_first = sum(int(m["a"]) > 12 for m in pairs)
    return day_first >= month_first


@dataclass(frozen=True, slots=True)
class DateReader:
    """Read the dates of one file or page: naive times are in `zone`."""

    zone: tzinfo = UTC
    day_first: bool = True

    def read(self, value: Any) -> datetime:
        """Return an aware time; a bare date is its midnight.

        Raises:
            DateError: not a date, or one before 1990.
        """
        try:
            found = self._read(value)
        except (ValueError, OverflowError, OSError) as error:
            raise DateError(f"{str(value)[:60]!r} is not a date that can be read") from error
        if found is None:
            raise DateError(f"{str(value)[:60]!r} is not a date that can be read")
        if found.year < EARLIEST_YEAR:
            raise DateError(f"{str(value)[:60]!r} lies before {EARLIEST_YEAR}")
        return found if found.tzinfo else found.replace(tzinfo=self.zone)

    def maybe(self, value: Any) -> datetime | None:
        """Return None for an empty value, else `read` it."""
        return None if value is None or str(value).strip() == "" else self.read(value)

    def _read(self, value: Any) -> datetime | None:
        if isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return datetime.combine(value, time())
        text = str(value).strip()
        if re.fullmatch(r"\d{9,10}(\.\d+)?|\d{13}", text):
            return _epoch(float(text))
        return self._iso(text) or self._numeric(text) or _named(text) or _rfc(text)

    def _iso(self, text: str) -> datetime | None:
        if not re.match(r"\d{4}", text):
            return None
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            match = _YEAR_FIRST.match(text)
            return match and _build(match, int(match["b"]), int(match["a"]))

    def _numeric(self, text: str) -> datetime | None:
        match = _NUMERIC.match(text)
        if not match:
            return None
        first, second = int(match["a"]), int(match["b"])
        day_first = (self.day_first or first > 12) and not second > 12
        return _build(match, second, first) if day_first else _build(match, first, second)


def _epoch(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, tz=UTC)


def _named(text: str) -> datetime | None:
    match = _DAY_NAME.match(text) or _NAME_DAY.match(text)
    month = match and _MONTHS.get(match["m"].casefold())
    return _build(match, month, int(match["a"])) if match and month else None


def _rfc(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (TypeError, IndexError):
        return None


def _build(match: re.Match[str], month: int, day: int) -> datetime:
    year = int(match["y"])
    hour = int(match["h"] or 0)
    if half := (match["ap"] or "").lower():
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    found = datetime(  # noqa: DTZ001  the zone follows
        year + 2000 if year < 100 else year,
        month,
        day,
        hour,
        int(match["mi"] or 0),
        int(match["s"] or 0),
    )
    return found.replace(tzinfo=_zone(match["z"])) if match["z"] else found


def _zone(mark: str) -> tzinfo:
    if mark.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    found = datetime.strptime(mark.replace(":", ""), "%z").tzinfo
    return found or UTC
