"""What the demonstration prints: counts, verdicts, the hole, and what to try next."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from demo.installation import CONFIG, SOCIAL
from demo.truths import ZONE
from sentiment.labels import MOMENTS, SENTIMENTS
from umot.alerts.keeping import stored_alerts
from umot.analysis.coverage import coverage_of
from umot.cli.output import console, print_table
from umot.ledger import UNHEALTHY, Run
from umot.store.contract import Store
from umot.text import one_line
from umot.workspace import Workspace


def show_start(folder: Path) -> None:
    """Say what is about to happen, and that it is made up."""
    console().print(
        "A year of three garden shops that do not exist: Harkanel and its rivals Bloemwrik and Perkjoppe.\n"
        "Everything they and their customers write is made up. It is served on this machine only and collected for\n"
        f"real, in dated runs, into {folder}.",
        style="bold",
    )


def show_run(as_of: datetime, runs: Sequence[Run]) -> None:
    """Print one line about a dated run, and one for every source that was not well."""
    new, updated = (
        sum(run.counts.get(name, 0) for run in runs if run.step == "collect") for name in ("new", "updated")
    )
    classified = sum(run.counts.get("classified", 0) for run in runs)
    seconds = sum(run.seconds for run in runs)
    day = as_of.astimezone(ZONE).date()
    console().print(f"{day}  {new:4} new  {updated:3} changed  {classified:4} classified  {seconds:5.1f} s")
    for run in runs:
        if run.verdict in UNHEALTHY:
            console().print(f"            {run.source}: {run.verdict}: {one_line(run.reason or '')}", style="yellow")


def show_counts(store: Store) -> None:
    """Print posts per source and mentions per moment and sentiment."""
    sources = _terms(store, "source")
    rows = [*sources.items(), ("all", sum(sources.values()))]
    print_table("Posts per source", ("source", "posts"), rows)
    print_table("Mentions per moment and sentiment", ("moment", *SENTIMENTS, "all"), _moments(store))


def show_verdicts(ws: Workspace) -> None:
    """Print the verdict of every source in every dated run."""
    runs = list(ws.ledger.runs(step="collect"))
    verdicts = {(run["source"], run["run"]): run["verdict"].replace("_", " ") for run in runs}
    sources, names = list(ws.settings.sources), list(dict.fromkeys(run["run"] for run in runs))
    rows = [(_day(name), *(verdicts.get((source, name), "") for source in sources)) for name in names]
    print_table("Verdicts of the runs", ("run", *sources), rows)


def show_hole(ws: Workspace) -> None:
    """Print what was lost while the social source did not answer."""
    for begin, end in coverage_of(ws.ledger, [SOCIAL])[SOCIAL].holes:
        lost = f"{begin.astimezone(ZONE):%Y-%m-%d %H:%M} to {end.astimezone(ZONE):%Y-%m-%d %H:%M}"
        console().print(f"A hole in {SOCIAL}: nothing was collected of {lost}; it shows as missing, not as zero.")


def show_alerts(ws: Workspace) -> None:
    """Print every alert of the year: about brands, and about sources."""
    found = stored_alerts(ws.store)
    rows = [(one.id, one.severity, one.status, one.since, one.until, one.title) for one in found]
    print_table("Alerts", ("id", "severity", "status", "since", "until", "what"), rows)


def show_next(folder: Path, report: Path) -> None:
    """Print where the report is and what to try."""
    config = folder / CONFIG
    console().print(f"\nReport: {report}\n\nTry next:")
    for command in (
        f"umot search pakket --brand Harkanel --sentiment negative --config {config}",
        f"umot runs --source {SOCIAL} --config {config}",
        f"umot alerts list --all --config {config}",
        f"umot export posts --config {config}",
    ):
        console().print(f"  .venv/bin/{command}")


def _moments(store: Store) -> list[tuple[str | int, ...]]:
    felt = {"terms": {"field": "sentiment", "size": len(SENTIMENTS)}}
    aggs = {"moments": {"terms": {"field": "moment", "size": len(MOMENTS)}, "aggs": {"felt": felt}}}
    buckets = store.aggregate("mentions", {"match_all": {}}, aggs)["moments"]["buckets"]
    by_moment = {b["key"]: {f["key"]: f["doc_count"] for f in b["felt"]["buckets"]} for b in buckets}
    return [
        (moment, *(by_moment[moment].get(s, 0) for s in SENTIMENTS), sum(by_moment[moment].values()))
        for moment in MOMENTS
        if moment in by_moment
    ]


def _terms(store: Store, field: str) -> dict[str, int]:
    aggs = {"found": {"terms": {"field": field, "size": 100}}}
    buckets = store.aggregate("posts", {"match_all": {}}, aggs)["found"]["buckets"]
    return {bucket["key"]: bucket["doc_count"] for bucket in buckets}


def _day(run: str) -> str:
    """Return the day of a run's name, `20250310T060000Z-2` → `2025-03-10 (2)`."""
    stem, _, number = run.partition("-")
    day = f"{stem[:4]}-{stem[4:6]}-{stem[6:8]}"
    return f"{day} ({number})" if number else day
