"""Gathers the numbers of a report and writes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from statistics import mean
from typing import Any

import jinja2

from sentiment.labels import Moment
from umot.analysis.coverage import State, coverage_of, together, weekly
from umot.analysis.curve import Curve, journey_curve, strongest_peaks
from umot.analysis.queries import customers_posts, days_within
from umot.analysis.series import Week, weekly_series
from umot.config import BrandSettings
from umot.errors import ConfigError
from umot.journey import VIEWS
from umot.pipeline.forget import quote_of
from umot.search import fragments
from umot.store.contract import Document
from umot.timeline import days_between, iso, local_day, monday_of, week_of, weeks_between
from umot.workspace import Workspace

_BEFORE = 8
_SPARE = 8
_QUOTED = 320


def week_told(ws: Workspace, as_of: datetime) -> str:
    """Return the ISO week that a report is about and named after: the last one that is whole."""
    return week_of(local_day(as_of, ws.settings.zone) - timedelta(weeks=1))


def write_report(ws: Workspace, as_of: datetime, output: Path | None = None) -> Path:
    """Write the report on the own brands up to a time as one HTML file and return its path.

    Texts of strangers are escaped; the file loads nothing from elsewhere and runs no script.
    """
    path = output or ws.path(ws.settings.report.file(week_told(ws, as_of)))
    page = _environment().get_template("report.html.j2").render(Report(ws, as_of).context())
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(page, "utf-8")
        new.replace(path)
    except OSError as error:
        raise ConfigError(f"report: cannot write {path}: {error.strerror}; name a file in a folder of yours") from None
    return path


@dataclass
class Report:
    """The numbers of one report; `as_of` is the last moment that it knows of."""

    ws: Workspace
    as_of: datetime

    @cached_property
    def say(self) -> dict[str, Any]:
        """The message catalogue of the report's language."""
        return messages(self.ws.settings.report.language)

    @cached_property
    def weeks(self) -> list[str]:
        """The ISO weeks that the report looks back on, the one of `as_of` last."""
        last = local_day(self.as_of, self.ws.settings.zone)
        first = monday_of(week_of(last)) - timedelta(weeks=self.ws.settings.report.weeks - 1)
        return weeks_between(first, last)

    @property
    def since(self) -> str:
        """The first day."""
        return monday_of(self.weeks[0]).isoformat()

    @property
    def until(self) -> str:
        """The last day."""
        return local_day(self.as_of, self.ws.settings.zone).isoformat()

    @cached_property
    def coverage(self) -> dict[str, dict[str, State]]:
        """How completely each source was collected, per week."""
        last = local_day(self.as_of, self.ws.settings.zone)
        days = days_between(monday_of(self.weeks[0]), last)
        sources = [name for name, source in self.ws.settings.sources.items() if source.enabled]
        return weekly(coverage_of(self.ws.ledger, sources, self.as_of), days, self.ws.settings.zone, self.as_of)

    def context(self) -> dict[str, Any]:
        """Return everything that the template shows."""
        settings = self.ws.settings
        own = [brand for brand in settings.brands if brand.own] or list(settings.brands[:1])
        undated = {
            "bool": {
                "filter": [{"range": {"first_seen_at": {"lte": iso(self.as_of)}}}],
                "must_not": [{"exists": {"field": "published_at"}}],
            }
        }
        return {
            "say": self.say,
            "settings": settings,
            "since": self.since,
            "until": self.until,
            "as_of": f"{self.as_of.astimezone(settings.zone):%Y-%m-%d %H:%M}",
            "sections": [self._section(brand) for brand in own],
            "brands": self._brands(),
            "sources": self._sources(),
            "undated": self.ws.store.count("posts", undated),
            "model": self._model(),
        }

    def _section(self, brand: BrandSettings) -> dict[str, Any]:
        """Return what is told about one own brand."""
        from umot.report import charts

        settings = self.ws.settings
        weeks = weekly_series(self.ws.store, brand.name, self.weeks)
        curve = self._curve(brand)
        together_by_week = {week: together(states[week] for states in self.coverage.values()) for week in self.weeks}
        return {
            "brand": brand.name,
            "posts": sum(week.posts for week in weeks),
            "headline": _headline(weeks, together_by_week),
            "volume": charts.volume_chart(weeks, together_by_week if self.coverage else {}, self.say),
            "curve": curve,
            "names": self._names(curve),
            "journey": charts.journey_chart(curve, self._names(curve), settings.sentiment.indifference, self.say),
            "loop": charts.loop_chart(weeks, self.say),
            "peaks": {side: self._peaks(brand, positive=side == "positive") for side in ("negative", "positive")},
        }

    def _curve(self, brand: BrandSettings) -> Curve:
        return journey_curve(
            self.ws.store,
            brand.name,
            VIEWS[self.ws.settings.report.view],
            since=self.since,
            until=self.until,
            negative_peak=self.ws.settings.sentiment.negative_peak,
        )

    def _names(self, curve: Curve) -> dict[str, str]:
        """Return how each stage is written: its code, and its name where the view has one."""
        known: dict[Moment, str] = self.say["moments"]
        return {s.name: f"{s.name} · {known[s.name]}" if s.name in known else s.name for s in curve.stages}

    def _peaks(self, brand: BrandSettings, *, positive: bool) -> list[dict[str, Any]]:
        """Return the strongest peaks within their posts, each wording once."""
        size = self.ws.settings.report.peaks
        found = strongest_peaks(
            self.ws.store, brand.name, since=self.since, until=self.until, size=_SPARE * size, positive=positive
        )
        wordings = {peak.get("text", "").casefold().strip(" .!"): peak for peak in reversed(found)}
        strongest = sorted(wordings.values(), key=lambda peak: -abs(peak["score"]))[:size]
        return [self._quoted(peak) for peak in strongest]

    def _quoted(self, peak: Document) -> dict[str, Any]:
        """Return a peak with the post around it, and the mark by which an erasure finds this report."""
        post = self.ws.store.get("posts", peak["post_id"]) or {}
        pieces = fragments(post.get("text", ""), [(peak["start"], peak["end"])], _QUOTED)
        return peak | {"pieces": pieces, "quote": quote_of(peak["post_id"])}

    def _brands(self) -> list[dict[str, Any]]:
        """Return the brands side by side: posts, share of voice, score, complaints."""
        days = days_within(self.since, self.until)
        aggs = {"score": {"avg": {"field": "score"}}, "complaints": {"filter": {"term": {"complaint": True}}}}
        rows = []
        for brand in self.ws.settings.brands:
            query = customers_posts(brand.name, days)
            found = self.ws.store.aggregate("posts", query, aggs)
            rows.append(
                {
                    "name": brand.name,
                    "own": brand.own,
                    "posts": self.ws.store.count("posts", query),
                    "score": found["score"]["value"],
                    "complaints": found["complaints"]["doc_count"],
                }
            )
        total = sum(row["posts"] for row in rows)
        return [row | {"share": row["posts"] / total if total else 0.0} for row in rows]

    def _sources(self) -> list[dict[str, Any]]:
        """Return each source with its last run and coverage."""
        from umot.report.charts import coverage_strip

        return [
            {
                "name": name,
                "run": self._last_run(name),
                "strip": coverage_strip(states, self.say),
                "holes": _holes(states),
            }
            for name, states in self.coverage.items()
        ]

    def _last_run(self, source: str) -> Document | None:
        runs = self.ws.ledger.last(1, source=source, until=self.as_of)
        return runs[0] if runs else None

    def _model(self) -> str:
        from umot.pipeline.classify import model_name

        return model_name(self.ws)


def messages(language: str) -> dict[str, Any]:
    """Return the message catalogue of a language."""
    text = files("umot.report").joinpath("messages", f"{language}.json").read_text("utf-8")
    catalogue: dict[str, Any] = json.loads(text)
    return catalogue


def _headline(weeks: list[Week], states: Mapping[str, State]) -> dict[str, Any] | None:
    """Compare the last whole week with the covered weeks before it; None while there is too little to compare."""
    before = [week for week in weeks[-2 - _BEFORE : -2] if states.get(week.week, "covered") == "covered"]
    if len(before) < _BEFORE // 2:
        return None
    scores = [week.score for week in before if week.score is not None]
    return {
        "week": weeks[-2],
        "n": len(before),
        "posts": mean(week.posts for week in before),
        "complaints": mean(week.complaints for week in before),
        "score": mean(scores) if scores else None,
    }


def _holes(states: Mapping[str, State]) -> list[str]:
    """Return the weeks with days that nobody looked at, from the first whole week on."""
    weeks = list(states)
    first = next((n for n, week in enumerate(weeks) if states[week] == "covered"), len(weeks))
    return [week for week in weeks[first:] if states[week] in ("missing", "partial")]


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("umot.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["signed"] = lambda value: "–" if value is None else f"{value:+.2f}"
    return environment
