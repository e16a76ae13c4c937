"""The dated runs: what the pipeline would have collected over a year, in a few minutes."""

from collections.abc import Iterator
from datetime import datetime

from demo.site import Site
from demo.survey import write_export
from demo.truths import OUTAGE, RUNS
from demo.year import make_year
from umot.ledger import Run
from umot.pipeline.run import run_all
from umot.progress import Progress, silent
from umot.timeline import utc
from umot.workspace import Workspace


def walk(ws: Workspace, site: Site, progress: Progress = silent) -> Iterator[tuple[datetime, list[Run]]]:
    """Set the clock to each date that is left, walk the whole walk, and yield what the ledger says."""
    for as_of in dates_left(ws):
        site.as_of, site.social_down = as_of, as_of == OUTAGE
        write_export(ws.folder, make_year(), as_of)
        yield as_of, run_all(ws, as_of, progress=progress)


def dates_left(ws: Workspace) -> list[datetime]:
    """Return the dates from the last one in the ledger on: it may have been interrupted, and time never runs back."""
    done = [utc(run["as_of"]) for run in ws.ledger.runs()]
    last = min(max(done, default=RUNS[0]), RUNS[-1])
    return [as_of for as_of in RUNS if as_of >= last]
