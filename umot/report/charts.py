"""Charts as inline SVG: Vega-Lite specifications drawn without a browser or network."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

from umot.analysis.coverage import State
from umot.analysis.curve import Curve
from umot.analysis.series import Week

WIDTH = 880
SENTIMENT = {"negative": "#b5403a", "neutral": "#c9c4b8", "positive": "#2f7d6b"}
COVERAGE = {"covered": "#2f7d6b", "partial": "#e0b14a", "missing": "#b5403a", "unknown": "#dedad0"}
_INK, _FAINT, _ACCENT = "#22262b", "#6f756f", "#33558b"

Messages = Mapping[str, Any]


def volume_chart(weeks: Sequence[Week], states: Mapping[str, State], say: Messages) -> Markup:
    """Draw posts per week by sentiment, over a strip that shows how completely was collected."""
    rows = [
        {"week": week.week, "sentiment": say[name], "posts": getattr(week, name), "order": n}
        for week in weeks
        for n, name in enumerate(SENTIMENT)
    ]
    bars = (
        _chart(rows, height=210)
        .mark_bar(binSpacing=1)
        .encode(
            x=_weeks(weeks, labels=False),
            y=alt.Y("posts:Q", title=say["posts"]),
            color=_colour("sentiment", {say[k]: v for k, v in SENTIMENT.items()}),
            order="order:Q",
        )
    )
    strip = [{"week": week, "state": say[state]} for week, state in states.items()]
    cells = (
        _chart(strip, height=12)
        .mark_rect()
        .encode(
            x=_weeks(weeks),
            color=_colour("state", {say[k]: v for k, v in COVERAGE.items()}),
        )
    )
    return _svg(alt.vconcat(bars, cells, spacing=4).resolve_scale(color="independent", x="shared"))


def loop_chart(weeks: Sequence[Week], say: Messages) -> Markup:
    """Draw supply above demand on one time axis."""
    panels = []
    for name, colour in (("supply", _ACCENT), ("demand", "#a5672b")):
        rows = [{"week": week.week, "posts": getattr(week, name)} for week in weeks]
        panel = _chart(rows, height=120).mark_area(
            line={"color": colour}, color=colour, opacity=0.25, interpolate="step"
        )
        panels.append(
            panel.encode(x=_weeks(weeks, labels=name == "demand"), y=alt.Y("posts:Q", title=None)).properties(
                title=alt.Title(say[name], anchor="start", fontSize=12, color=colour)
            )
        )
    return _svg(alt.vconcat(*panels, spacing=10).resolve_scale(x="shared"))


def journey_chart(curve: Curve, names: Mapping[str, str], indifference: float, say: Messages) -> Markup:
    """Draw the score of each stage of the journey, sized by posts, with the zone of indifference."""
    rows = [
        {"stage": names[stage.name], "score": stage.score, "posts": stage.posts}
        for stage in curve.stages
        if stage.score is not None
    ]
    order = [names[stage.name] for stage in curve.stages]
    x = alt.X("stage:N", sort=order, title=None, scale=alt.Scale(domain=order), axis=alt.Axis(labelAngle=0))
    y = alt.Y("score:Q", scale=alt.Scale(domain=[-1, 1]), title=say["score"])
    zone = alt.Chart(_data([{"low": -indifference, "high": indifference}])).mark_rect(color="#dedad0", opacity=0.5)
    base = _chart(rows, height=230)
    layers = (
        zone.encode(y=alt.Y("low:Q", scale=alt.Scale(domain=[-1, 1]), title=say["score"]), y2="high:Q"),
        base.mark_line(color=_ACCENT, interpolate="monotone").encode(x=x, y=y),
        base.mark_circle(color=_ACCENT, opacity=1).encode(
            x=x, y=y, size=alt.Size("posts:Q", scale=alt.Scale(range=[60, 900]), legend=None)
        ),
        base.mark_text(dy=-24, color=_INK, fontSize=12).encode(x=x, y=y, text=alt.Text("score:Q", format="+.2f")),
    )
    return _svg(alt.layer(*layers))


def coverage_strip(states: Mapping[str, State], say: Messages) -> Markup:
    """Draw one source's coverage, a cell per week."""
    step = 6
    cells = "".join(
        f'<rect x="{n * step}" width="{step - 1}" height="12" fill="{COVERAGE[state]}">'
        f"<title>{week}: {say[state]}</title></rect>"
        for n, (week, state) in enumerate(states.items())
    )
    return Markup(f'<svg width="{len(states) * step}" height="12" role="img">{cells}</svg>')  # noqa: S704


def _data(rows: Sequence[Mapping[str, Any]]) -> Any:
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]


def _chart(rows: Sequence[Mapping[str, Any]], height: int) -> Any:
    return alt.Chart(_data(rows)).properties(width=WIDTH, height=height)


def _weeks(weeks: Sequence[Week], *, labels: bool = True) -> Any:
    every = max(1, len(weeks) // 13)
    shown = [week.week for week in weeks[::every]]
    axis = alt.Axis(values=shown, labelAngle=0, ticks=labels, labels=labels, domain=False)
    return alt.X("week:O", title=None, axis=axis, scale=alt.Scale(domain=[week.week for week in weeks]))


def _colour(field: str, colours: Mapping[str, str]) -> Any:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color(f"{field}:N", title=None, scale=scale, legend=alt.Legend(orient="right", symbolType="square"))


def _svg(chart: Any) -> Markup:
    font = "system-ui, sans-serif"
    styled = (
        chart.configure(font=font, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            gridColor="#ebe8e0", labelColor=_FAINT, titleColor=_FAINT, domainColor="#cfcabd", tickColor="#cfcabd"
        )
    )
    return Markup(vl_convert.vegalite_to_svg(styled.to_json()))  # noqa: S704 - drawn from our numbers
