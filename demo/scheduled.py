"""`python -m demo.scheduled`: the demonstration's first week, collected by Airflow, until Ctrl-C."""

import argparse
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from demo.airflow_rest import Rest, wait_until
from demo.installation import AIRFLOW, configure, open_site, prepare
from demo.local_airflow import INTERRUPTS, USER, LocalAirflow
from demo.starting import OccupiedError, starting
from demo.survey import write_export
from demo.truths import RUNS
from demo.year import make_year
from umot.cli.output import console
from umot.errors import UmotError
from umot.scheduling.plan import Plan, read_plan

DAGS = Path(__file__).parents[1] / "dags"
FIRST = "umot_collect_harkanel"
WALK = ("umot_classify", "umot_index", "umot_watch")
_PARSED = 300.0


def main() -> int:
    """Run Airflow until it is interrupted, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo.scheduled", description="The demonstration under Airflow.")
    parser.add_argument("--workspace", type=Path, default=Path("demo/.airflow"), help="folder of workspace and Airflow")
    parser.add_argument("--fresh", action="store_true", help="throw away what an earlier call collected")
    arguments = parser.parse_args()
    end_like_ctrl_c()
    try:
        demonstrate(arguments.workspace, fresh=arguments.fresh)
    except KeyboardInterrupt:
        console().print("\nstopped; the same command goes on where this one ended")
    except (OccupiedError, UmotError, OSError, RuntimeError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    return 0


def demonstrate(folder: Path, *, fresh: bool = False) -> None:
    """Serve the made-up site, run Airflow on it, start a collection and wait to be interrupted.

    Raises:
        OccupiedError: folder or port belong to something else.
        TimeoutError, RuntimeError: Airflow does not come up.
    """
    prepare(folder)
    as_of = RUNS[0]
    with ExitStack() as running:
        with starting(folder / AIRFLOW):
            prepare(folder, fresh=fresh)
            site = running.enter_context(open_site(folder))
            site.as_of = as_of
            write_export(folder, make_year(), as_of)
            plan = read_plan(configure(folder, site).resolve())
            console().print("Starting Airflow; the first time this takes a minute or two ...", style="bold")
            settings = {"UMOT_CONFIG": str(plan.path)}
            airflow = running.enter_context(LocalAirflow(folder / AIRFLOW, DAGS, settings))
        airflow.start_rest(plan.pools)
        begin(airflow.rest, plan, as_of.isoformat())
        _show(airflow, plan)
        while True:
            time.sleep(60)


def begin(rest: Rest, plan: Plan, as_of: str) -> None:
    """Let the DAGs of the walk run, and start one collection."""
    collecting = [f"umot_collect_{name}" for name in plan.sources]
    wait_until("the DAGs", lambda: {*collecting, *WALK} <= set(rest.dags()), _PARSED)
    for dag in (*collecting, *WALK):
        rest.unpause(dag)
    rest.trigger(FIRST, as_of=as_of)


def _show(airflow: LocalAirflow, plan: Plan) -> None:
    console().print(
        f"\nAirflow: {airflow.url}\n"
        f"  user {USER}, password in {airflow.password_file}\n"
        f"  {FIRST} is running; umot_classify, umot_index and umot_watch follow by themselves\n"
        f"What it did: .venv/bin/umot runs --config {plan.path}\n"
        "Ctrl-C ends it all."
    )


def end_like_ctrl_c() -> None:
    """Let an end by the system, or of the terminal, take the way of Ctrl-C; what `nohup` runs outlives its terminal."""
    for number in INTERRUPTS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(*_: Any) -> None:
    """Interrupt what is being done, once: a second Ctrl-C would break off what ends everything."""
    for number in INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
