"""What a source says about its limits, in the many ways there are to say it.

Retry-After is RFC 9110 (seconds or an HTTP date). `RateLimit-*` counts seconds, `X-RateLimit-Reset`
is an epoch, an ISO time or seconds, depending on the platform.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# A reset above this many "seconds" is an epoch: no source asks to wait three years.
_EPOCH_FROM = 100_000_000
_REMAINING = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")
_RESET = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_COMBINED = re.compile(r"\br(?:emaining)?=(\d+).*?\b(?:t|reset)=(\d+)")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a response asks to wait, None when it does not."""
    value = headers.get("retry-after")
    return None if value is None else _seconds(value, _server_time(headers, now))


def exhausted_for(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds until the quota is filled up again, None while some is left."""
    combined = _COMBINED.search(headers.get("ratelimit", ""))
    if combined:
        return float(combined[2]) if int(combined[1]) == 0 else None
    remaining = next((headers[n] for n in _REMAINING if n in headers), "")
    reset = next((headers[n] for n in _RESET if n in headers), "")
    if not re.match(r"\s*0+(\.0+)?\s*(,|$)", remaining) or not reset:
        return None
    return _seconds(reset, _server_time(headers, now))


def _server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """Return the source's own clock where it shows it: ours may be wrong."""
    return _http_date(headers.get("date", "")) or now


def _seconds(value: str, now: datetime) -> float | None:
    text = value.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        number = float(text)
        if number < _EPOCH_FROM:
            return number
        at: datetime | None = datetime.fromtimestamp(min(number, 4e9), tz=UTC)
    else:
        at = _http_date(text) or _iso(text)
    return max((at - now).total_seconds(), 0.0) if at else None


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
