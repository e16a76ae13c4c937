"""The facts of an alert in words, language by language."""

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, get_args

from umot.alert import Alert
from umot.alerts.messages.defusing import defused
from umot.analysis.coverage import State

Catalogue = dict[str, Any]

_YEAR: Final = 365.25
_RAREST: Final = 10_000
_SHOWN_NAMES: Final = 8


@cache
def catalogue(language: str) -> Catalogue:
    """Return the words of a language; moments and coverage are called as in the report."""
    words = _read(files("umot.alerts.messages"), language)
    reports = _read(files("umot.report") / "messages", language)
    return words | {"moment": reports["moments"], "coverage": {state: reports[state] for state in get_args(State)}}


def _read(folder: Traversable, language: str) -> Catalogue:
    words: Catalogue = json.loads((folder / f"{language}.json").read_text("utf-8"))
    return words


def title_of(alert: Alert, language: str) -> str:
    """Return what happened in one line, without any word of a review: whose alert, what, at which moment."""
    say = catalogue(language)
    if alert.about == "source":
        return str(say["title_source"]).format(source=defused(alert.source or "?"), what=say["what"][alert.what])
    what = say["share"].get(alert.what) if alert.share else None
    title = str(say["title_brand"]).format(brand=defused(alert.brand or "?"), what=what or say["what"][alert.what])
    return f"{title} ({moment_name(alert.moment, say)})" if alert.moment else title


def moment_name(code: str, say: Catalogue) -> str:
    """Return the name of a moment."""
    return str(say["moment"].get(code, code))


def counted(forms: dict[str, str], n: int, say: Catalogue, **rest: str) -> str:
    """Return the singular or plural form with its number."""
    return forms["one" if n == 1 else "many"].format(n=number(n, say), **rest)


def number(value: float, say: Catalogue) -> str:
    """Write a number: below ten with one decimal unless it is whole."""
    text = f"{value:.1f}" if abs(value) < 10 and round(value, 1) % 1 else f"{value:,.0f}"
    return text.translate(str.maketrans({",": say["comma"], ".": say["point"]}))


def span(alert: Alert, say: Catalogue, *, over: bool) -> str:
    """Say since when, or from when to when."""
    days = counted(say["day"], alert.days, say)
    return str(say["from_to" if over else "since"]).format(since=alert.since, until=alert.until, days=days)


def how_many(alert: Alert, say: Catalogue) -> str | None:
    """Say how many posts there are against what was expected."""
    if alert.observed is None or alert.expected is None:
        return None
    forms = say["count_share" if alert.share else "count"]
    # Next to nothing is not nothing: "about 0" reads like a mistake.
    return counted(forms, round(alert.observed), say, expected=number(max(alert.expected, 0.1), say))


def how_unlikely(p: float | None, say: Catalogue) -> str | None:
    """Say how rarely chance alone does this: one in 1/p days, in years when that is more than one."""
    if p is None or p > 0.5:
        return None
    days = 1 / max(p, 1e-300)
    years = days / _YEAR
    if years > _RAREST:
        return str(say["chance_never"]).format(n=number(_RAREST, say))
    if years < 2:
        return str(say["chance_days"]).format(n=number(_rounded(days), say))
    return str(say["chance_years"]).format(n=number(_rounded(years), say))


def _rounded(value: float) -> float:
    """Keep one figure, two from ten on: more would claim too much."""
    return float(f"{value:.2g}") if value >= 10 else round(value)


def who_writes(alert: Alert, say: Catalogue) -> str | None:
    """Say whether many write, or above all one author, conversation or text."""
    if alert.voice is None:
        return None
    shares = {"one_author": alert.author_share, "one_thread": alert.thread_share, "copies": alert.copy_share}
    return str(say["voice"][alert.voice]).format(share=f"{shares.get(alert.voice) or 0:.0%}")


def listed(form: str, names: list[str]) -> str:
    """Fill a list of names into a line."""
    return form.format(names=", ".join(defused(name, 60) for name in names[:_SHOWN_NAMES]))
