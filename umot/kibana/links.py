"""Addresses that open Kibana at one brand, one moment and a range of days.

Kibana keeps what a page shows in its address: `_g` holds the time range, `_a` the query, both in Rison.
Everything is percent-encoded, so that mail programs and chats keep the address whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import rison

from umot.kibana.objects import DEFAULT_SPACE, Naming
from umot.timeline import iso

_COUNTED: Final = "not syndicated_of: * and not stance: none"
_COLUMNS: Final = ["brand", "source", "moment", "sentiment", "score", "text", "url"]
_SIGNS: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\t": r"\t", "\r": r"\r", "\n": r"\n"})
_SHORTEST_STEP: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class KibanaPlace:
    """Where the objects of `umot kibana apply` are: Kibana's base URL, the space, the prefix of the indices."""

    url: str
    space: str = DEFAULT_SPACE
    prefix: str = "umot"

    @property
    def base(self) -> str:
        """The URL under which the pages of the space are."""
        url = self.url.rstrip("/")
        return url if self.space == DEFAULT_SPACE else f"{url}/s/{self.space}"

    def id(self, name: str) -> str:
        """Return the id of a dashboard or data view."""
        return Naming(self.prefix, self.space).id(name)


@dataclass(frozen=True, slots=True)
class Subject:
    """What to show: the days from `since` to `until` in a time zone, of one brand and moment or, where None, of all."""

    since: date
    until: date
    zone: ZoneInfo
    brand: str | None = None
    moment: str | None = None


def alerts_link(place: KibanaPlace, subject: Subject) -> str:
    """Return the address of the alerts dashboard with the alerts that began in those days."""
    state = {"query": _query(_are(brand=subject.brand, moments=subject.moment))}
    return f"{place.base}/app/dashboards#/view/{place.id('alerts')}?{_encoded(subject, state)}"


def mentions_link(place: KibanaPlace, subject: Subject) -> str:
    """Return the address of Discover with the mentions that were published in those days, newest first.

    Copies and posts of nobody who is a customer or prospect are left out, as on the dashboards.
    """
    state = {
        "dataSource": {"dataViewId": place.id("mentions"), "type": "dataView"},
        "query": _query([*_are(brand=subject.brand, moment=subject.moment), _COUNTED]),
        "columns": _COLUMNS,
        "sort": [["published_at", "desc"]],
    }
    return f"{place.base}/app/discover#/?{_encoded(subject, state)}"


def _are(**values: str | None) -> list[str]:
    """Return KQL for the exact values of fields."""
    return [f'{field}: "{value.translate(_SIGNS)}"' for field, value in values.items() if value is not None]


def _query(clauses: Sequence[str]) -> dict[str, str]:
    return {"language": "kuery", "query": " and ".join(clauses)}


def _encoded(subject: Subject, state: dict[str, Any]) -> str:
    return f"_g={_rison({'time': _time(subject)})}&_a={_rison(state)}"


def _time(subject: Subject) -> dict[str, str]:
    """Return the first and the last moment of the days."""
    begin, end = (
        datetime.combine(day, time(), subject.zone) for day in (subject.since, subject.until + timedelta(days=1))
    )
    return {"from": iso(begin), "to": iso(end - _SHORTEST_STEP)}


def _rison(value: Any) -> str:
    return quote(rison.dumps(value), safe="")
