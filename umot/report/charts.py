"""The report's charts."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from markupsafe import Markup

from umot.analysis.coverage import State
from umot.analysis.curve import Curve
from umot.analysis.series import Week
from umot.drawing import ACCENT, COVERAGE, INK, Messages, chart, colour, data, svg

SENTIMENT = {"negative": "#b5403a", "neutral": "#c9c4b8", "positive": "#2f7d6b"}


def volume_chart(weeks: Sequence[Week], states: Mapping[str, State], say: Messages) -> Markup:
    """Draw posts per week by sentiment, over a strip that shows how completely was collected."""
    rows = [
        {"week": week.week, "sentiment": say[name], "posts": getattr(week, name), "order": n}
        for week in weeks
        for n, name in enumerate(SENTIMENT)
    ]
    bars = (
        chart(rows, height=210)
        .mark_bar(binSpacing=1)
        .encode(
            x=_weeks(weeks, labels=False),
            y=alt.Y("posts:Q", title=say["posts"]),
            color=colour("sentiment", {say[k]: v for k, v in SENTIMENT.items()}),
            order="order:Q",
        )
    )
    strip = [{"week": week, "state": say[state]} for week, state in states.items()]
    cells = (
        chart(strip, height=12)
        .mark_rect()
        .encode(
            x=_weeks(weeks),
            color=colour("state", {say[k]: v for k, v in COVERAGE.items()}),
        )
    )
    return svg(alt.vconcat(bars, cells, spacing=4).resolve_scale(color="independent", x="shared"))


def loop_chart(weeks: Sequence[Week], say: Messages) -> Markup:
    """Draw supply above demand on one time axis."""
    panels = []
    for name, tint in (("supply", ACCENT), ("demand", "#a5672b")):
        rows = [{"week": week.week, "posts": getattr(week, name)} for week in weeks]
        panel = chart(rows, height=120).mark_area(line={"color": tint}, color=tint, opacity=0.25, interpolate="step")
        panels.append(
            panel.encode(x=_weeks(weeks, labels=name == "demand"), y=alt.Y("posts:Q", title=None)).properties(
                title=alt.Title(say[name], anchor="start", fontSize=12, color=tint)
            )
        )
    return svg(alt.vconcat(*panels, spacing=10).resolve_scale(x="shared"))


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
    zone = alt.Chart(data([{"low": -indifference, "high": indifference}])).mark_rect(color="#dedad0", opacity=0.5)
    base = chart(rows, height=230)
    layers = (
        zone.encode(y=alt.Y("low:Q", scale=alt.Scale(domain=[-1, 1]), title=say["score"]), y2="high:Q"),
        base.mark_line(color=ACCENT, interpolate="monotone").encode(x=x, y=y),
        base.mark_circle(color=ACCENT, opacity=1).encode(
            x=x, y=y, size=alt.Size("posts:Q", scale=alt.Scale(range=[60, 900]), legend=None)
        ),
        base.mark_text(dy=-24, color=INK, fontSize=12).encode(x=x, y=y, text=alt.Text("score:Q", format="+.2f")),
    )
    return svg(alt.layer(*layers))


def coverage_strip(states: Mapping[str, State], say: Messages) -> Markup:
    """Draw one source's coverage, a cell per week."""
    step = 6
    cells = "".join(
        f'<rect x="{n * step}" width="{step - 1}" height="12" fill="{COVERAGE[state]}">'
        f"<title>{week}: {say[state]}</title></rect>"
        for n, (week, state) in enumerate(states.items())
    )
    return Markup(f'<svg width="{len(states) * step}" height="12" role="img">{cells}</svg>')  # noqa: S704


def _weeks(weeks: Sequence[Week], *, labels: bool = True) -> Any:
    every = max(1, len(weeks) // 13)
    shown = [week.week for week in weeks[::every]]
    axis = alt.Axis(values=shown, labelAngle=0, ticks=labels, labels=labels, domain=False)
    return alt.X("week:O", title=None, axis=axis, scale=alt.Scale(domain=[week.week for week in weeks]))
