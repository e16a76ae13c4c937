"""The page of a backtest: a picture per brand and measure, and the alerts as a table."""

from collections.abc import Iterator
from datetime import date
from math import nan
from pathlib import Path
from typing import Final

import jinja2
from markupsafe import Markup

from umot.alerts.backtest import Backtest
from umot.alerts.messages import catalogue
from umot.alerts.series import Metric
from umot.analysis.coverage import State, together
from umot.errors import ConfigError
from umot.timeline import days_between
from umot.workspace import Workspace

_DRAWN: Final[tuple[Metric, ...]] = ("complaints", "negative")


def write_page(ws: Workspace, done: Backtest, path: Path) -> None:
    """Write a backtest as one HTML file that loads nothing from elsewhere.

    Raises:
        ConfigError: the file cannot be written.
    """
    say = catalogue(ws.settings.report.language)
    words = say["backtest"]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("umot.alerts"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    days = (done.last - done.first).days + 1
    page = environment.get_template("backtest.html.j2").render(
        say=say,
        words=words,
        name=ws.settings.name,
        demo=ws.settings.demo,
        first=done.first,
        last=done.last,
        rule=done.rule,
        summary=words["summary"].format(
            alerts=len(done.alerts), days=days, mean=f"{done.mean_per_week:.2f}", most=f"{done.most_per_week:g}"
        ),
        brands=[(brand.name, list(_charts(ws, done, brand.name))) for brand in ws.settings.brands],
        alerts=done.alerts,
    )
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise ConfigError(
            f"--picture: cannot write {path}: {error.strerror}; name a file in a folder of yours"
        ) from None


def _charts(ws: Workspace, done: Backtest, brand: str) -> Iterator[Markup]:
    """Draw the brand's days by each measure, over all its sources, kinds of post and moments."""
    from umot.alerts.picture import Span, backtest_picture

    said = catalogue(ws.settings.report.language)
    words = said["backtest"]
    say = words | said["coverage"]
    days, counts = days_between(done.first, done.last), done.boards.brand(brand)
    begin = counts.days.index(done.first)
    spans = [
        Span(date.fromisoformat(alert.since), date.fromisoformat(alert.until), alert.severity)
        for alert in done.alerts
        if alert.brand == brand
    ]
    for metric in _DRAWN:
        total = counts.total(metric, moment=None)[begin : begin + len(days)]
        usual = _expected(done, brand, metric, days)
        yield backtest_picture(words[metric], days, total.tolist(), usual, _states(done, brand, days), spans, say)


def _expected(done: Backtest, brand: str, metric: Metric, days: list[date]) -> list[float]:
    """Return what was to be expected of each day; NaN where it was not judged."""
    # Complaints are watched over all moments, peaks moment by moment.
    alike = [
        one
        for one in done.verdicts.series
        if (one.brand, one.metric) == (brand, metric)
        and one.kind is not None
        and (one.moment is None) == (metric == "complaints")
    ]
    judged = set(done.verdicts.judged.get(brand, ()))
    return [sum(done.verdicts.over(one, day, day)[1] for one in alike) if day in judged else nan for day in days]


def _states(done: Backtest, brand: str, days: list[date]) -> list[State]:
    """Return how completely the brand's sources were collected."""
    counts = done.boards.brand(brand)
    begin = counts.days.index(days[0])
    rows = [done.boards.states[source] for source in sorted({key.source for key in counts.series})]
    if not rows:
        return ["unknown"] * len(days)
    return [together(states) for states in zip(*rows, strict=True)][begin : begin + len(days)]
