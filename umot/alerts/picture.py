"""The picture of a backtest: what came, what was expected, how completely was collected, and the alerts it would tell.

Altair is slow to import: import this module inside the function that draws.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from math import isfinite
from typing import Any, NamedTuple

import altair as alt
from markupsafe import Markup

from umot.alert import SEVEREST
from umot.analysis.coverage import State
from umot.drawing import COVERAGE, FAINT, INK, Messages, chart, colour, svg

_BARS, _SHADE = "#8fa3c4", "#d08a2e"
_HEIGHT = 210
_MONTHS_FROM_DAYS = 120
_DAY = timedelta(days=1)


class Span(NamedTuple):
    """The days of one alert, both included, and its severity (1 to 10)."""

    since: date
    until: date
    severity: int


def backtest_picture(
    brand: str,
    days: Sequence[date],
    counts: Sequence[float],
    expected: Sequence[float],
    states: Sequence[State],
    spans: Sequence[Span],
    say: Messages,
) -> Markup:
    """Draw one series day by day, alerts shaded the darker the more severe, with their severity above.

    `days` follow each other; `expected` may hold NaN where nothing was. Days that were not collected have no count.
    `say` has the words `posts`, `expected`, `alert` and the names of the coverage states. Raises ValueError when the
    lists have not the same length or hold no day.
    """
    if not days or {len(counts), len(expected), len(states)} != {len(days)}:
        found = f"{len(days)} days, {len(counts)} counts, {len(expected)} expected, {len(states)} states"
        raise ValueError(f"{found}: expected as many of each, and at least one")
    shown = [span for span in spans if span.since <= days[-1] and span.until >= days[0]]
    x = _time(days, labels=False)
    top = alt.layer(
        *(_shades(shown, days, x, say) if shown else ()),
        _bars(days, counts, states, x, say),
        _line(days, expected, x, say),
    ).properties(title=alt.Title(brand, anchor="start", fontSize=13, color=INK))
    strip = _strip(days, states, _time(days, labels=True), say)
    return svg(alt.vconcat(top, strip, spacing=4).resolve_scale(color="independent", x="shared"))


def _bars(days: Sequence[date], counts: Sequence[float], states: Sequence[State], x: Any, say: Messages) -> Any:
    rows = [
        _cell(day, day, posts=count, what=say["posts"])
        for day, count, state in zip(days, counts, states, strict=True)
        if state in ("covered", "partial")
    ]
    y = alt.Y("posts:Q", title=say["posts"], axis=alt.Axis(tickMinStep=1))
    # Rectangles and not bars: at a pixel a day there is no room for gaps.
    return chart(rows, _HEIGHT).mark_rect().encode(x=x, x2="end:T", y=y, y2=alt.datum(0), color=_legend(say))


def _line(days: Sequence[date], expected: Sequence[float], x: Any, say: Messages) -> Any:
    rows = [
        _cell(day, day, usual=usual if isfinite(usual) else None, what=say["expected"])
        for day, usual in zip(days, expected, strict=True)
    ]
    line = chart(rows, _HEIGHT).mark_line(color=INK, strokeWidth=1.2, interpolate="step-after")
    return line.encode(x=x, y="usual:Q", color=_legend(say))


def _shades(spans: Sequence[Span], days: Sequence[date], x: Any, say: Messages) -> list[Any]:
    rows = [
        _cell(max(span.since, days[0]), min(span.until, days[-1]), severity=span.severity, what=say["alert"])
        for span in spans
    ]
    base = chart(rows, _HEIGHT)
    opacity = alt.Opacity("severity:Q", scale=alt.Scale(domain=[1, SEVEREST], range=[0.2, 0.75]), legend=None)
    numbers = base.mark_text(baseline="bottom", align="left", dy=-2, color=FAINT, fontSize=10)
    return [
        base.mark_rect(stroke=_SHADE, strokeWidth=0.8).encode(x=x, x2="end:T", opacity=opacity, color=_legend(say)),
        numbers.encode(x=x, y=alt.value(0), text="severity:Q"),
    ]


def _legend(say: Messages) -> Any:
    return colour("what", {say["posts"]: _BARS, say["expected"]: INK, say["alert"]: _SHADE})


def _strip(days: Sequence[date], states: Sequence[State], x: Any, say: Messages) -> Any:
    rows = []
    for state, run in groupby(zip(days, states, strict=True), lambda pair: pair[1]):
        known = [day for day, _ in run]
        rows.append(_cell(known[0], known[-1], state=say[state]))
    names: Mapping[str, str] = {say[name]: shade for name, shade in COVERAGE.items()}
    return chart(rows, height=12).mark_rect().encode(x=x, x2="end:T", color=colour("state", names))


def _time(days: Sequence[date], *, labels: bool) -> Any:
    # Days are days of the workspace, not instants: drawn as UTC, whatever the machine's own time zone is.
    domain = [_at(days[0]), _at(days[-1] + _DAY)]
    few = len(days) < _MONTHS_FROM_DAYS
    axis = alt.Axis(
        format="%Y-%m-%d" if few else "%Y-%m",
        tickCount=8 if few else {"interval": "month", "step": max(1, len(days) // 365)},
        labels=labels,
        ticks=labels,
        domain=False,
        labelOverlap=True,
    )
    return alt.X("day:T", title=None, scale=alt.Scale(type="utc", domain=domain), axis=axis)


def _cell(first: date, last: date, **values: Any) -> dict[str, Any]:
    return {"day": _at(first), "end": _at(last + _DAY), **values}


def _at(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
