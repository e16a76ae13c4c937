"""`python -m demo`: set up the made-up year, collect it for real, and write the report."""

import argparse
import sys
from pathlib import Path

from demo import show
from demo.installation import STORE, configure, open_site, prepare
from demo.starting import OccupiedError
from demo.truths import RUNS
from demo.walk import walk
from umot.cli.output import progress
from umot.errors import UmotError
from umot.workspace import Workspace


def main() -> int:
    """Run the demonstration and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description="A made-up year of three garden shops.")
    parser.add_argument("--workspace", type=Path, default=Path("demo/.work"), help="folder of the workspace")
    parser.add_argument("--fresh", action="store_true", help="throw away what an earlier call collected")
    parser.add_argument(
        "--store", default=STORE, help="where to keep posts; name it at every call (default: %(default)s)"
    )
    arguments = parser.parse_args()
    try:
        demonstrate(arguments.workspace, arguments.store, fresh=arguments.fresh)
    except (OccupiedError, UmotError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    return 0


def demonstrate(folder: Path, store: str = STORE, *, fresh: bool = False) -> Path:
    """Collect what is left of the year into a workspace, print what came of it and return the report's path.

    Raises:
        OccupiedError: folder or port belong to something else.
        UmotError: a step cannot go on; what was collected by then is kept.
    """
    from umot.report import write_report

    show.show_start(folder)
    prepare(folder, fresh=fresh)
    with open_site(folder) as site, Workspace.load(configure(folder, site, store)) as ws:
        with progress() as bars:
            for as_of, runs in walk(ws, site, bars):
                show.show_run(as_of, runs)
        show.show_counts(ws.store)
        show.show_verdicts(ws)
        show.show_hole(ws)
        show.show_alerts(ws)
        report = write_report(ws, RUNS[-1])
    show.show_next(folder, report)
    return report


if __name__ == "__main__":
    raise SystemExit(main())
