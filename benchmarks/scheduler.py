"""Measure Airflow: `python -m benchmarks.scheduler --posts 2000`.

CPU seconds to parse each DAG file in a process of its own, beside an empty one: Airflow's own first imports are in
all of them. Seconds until all parts are well and their memory (PSS: pages that processes share are counted once).
Seconds from the trigger to the end of the watch, in the steps by the ledger and around them, against `umot run` on
an equal workspace. Everything shares this machine.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from demo.airflow_rest import wait_until
from demo.local_airflow import COMPONENTS, LocalAirflow
from tests.pipeline.workspaces import CONFIG, Row, make_workspace
from umot.scheduling.plan import read_plan
from umot.workspace import Workspace

DAGS: Final = Path(__file__).parents[1] / "dags"
WALK: Final = ("umot_collect_export", "umot_classify", "umot_index", "umot_watch")
AS_OF: Final = "2026-03-10T07:00:00+00:00"
_LONG: Final = 7200.0
_TEXTS: Final = (
    "Mooie winkel, maar het pakket kwam drie dagen te laat.",
    "Prima stoel, zit heerlijk. Bij Maanhof was hij duurder.",
    "Nooit meer! De bezorger gooide alles over de heg en de klantenservice neemt niet op.",
    "Iemand ervaring met de tuinset van Maanhof?",
)
_PARSE: Final = """
import json, sys, time
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
folder, began = Path(sys.argv[1]).parent, time.process_time()
bag = BundleDagBag(dag_folder=sys.argv[1], bundle_path=folder, bundle_name="dags")
print(json.dumps([len(bag.dags), time.process_time() - began]))
"""


_EMPTY: Final = """
from airflow.sdk import dag, task

@dag("empty")
def empty():
    @task
    def nothing():
        pass
    nothing()

empty()
"""


def example_rows(posts: int) -> list[Row]:
    """Return so many rows of an export over ten weeks."""
    return [
        (str(n), f"Klant {n % 997}", f"2026-0{n % 2 + 1}-{n % 27 + 1:02d}", str(n % 5 + 1), f"{_TEXTS[n % 4]} ({n})")
        for n in range(posts)
    ]


def workspace(folder: Path, posts: int) -> Path:
    """Write a workspace with an export of so many posts; return its configuration."""
    return make_workspace(folder, example_rows(posts), CONFIG)


def parsing(config: Path) -> None:
    """Print how long each file takes."""
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "UMOT_CONFIG": str(config), "AIRFLOW_HOME": home}
        empty = Path(home) / "empty_dag.py"
        empty.write_text(_EMPTY, "utf-8")
        for file in (empty, *sorted(DAGS.glob("*.py"))):
            done = subprocess.run(
                [sys.executable, "-c", _PARSE, str(file)], env=env, capture_output=True, text=True, check=True
            )
            dags, seconds = json.loads(done.stdout.splitlines()[-1])
            print(f"| `{file.name}` | {dags} | {seconds:.2f} s |")


def by_command_line(config: Path) -> float:
    """Return the seconds of `umot run`."""
    began = time.monotonic()
    command = [sys.executable, "-m", "umot", "run", "--as-of", AS_OF, "--config", str(config), "--json"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def by_airflow(airflow: LocalAirflow) -> float:
    """Return the seconds from a trigger to the end of the watch that follows."""
    rest = airflow.rest
    wait_until("the DAGs", lambda: set(WALK) <= set(rest.dags()), _LONG)
    for dag in WALK:
        rest.unpause(dag)
    began = time.monotonic()
    rest.trigger(WALK[0], as_of=AS_OF)
    used = {name: cpu_seconds(airflow.pids(name)) for name in COMPONENTS}
    wait_until("the watch", lambda: [run["state"] for run in rest.runs(WALK[-1])] == ["success"], _LONG, every=2.0)
    took = time.monotonic() - began
    spent = (f"{name} {cpu_seconds(airflow.pids(name)) - used[name]:.0f}" for name in COMPONENTS)
    print(f"CPU seconds of the parts in this walk: {', '.join(spent)}; the tasks' own are in the scheduler's children")
    return took


def in_steps(config: Path) -> Mapping[str, float]:
    """Return the seconds that the ledger says each step took: what remains is what goes on around them."""
    found: defaultdict[str, float] = defaultdict(float)
    with Workspace.load(config) as ws:
        for run in ws.ledger.runs():
            found[run["step"]] += run["seconds"]
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the CPU seconds of some processes and of their children that have ended."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):  # it has ended meanwhile
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pids: Sequence[int]) -> float:
    """Return the memory of some processes in MB, pages that they share counted once."""
    kib = 0
    for pid in pids:
        with suppress(OSError):  # it has ended meanwhile
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib / 1024


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=2000, help="posts of the walk (default: %(default)s)")
    posts = parser.parse_args().posts
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scheduled, alone = workspace(folder / "airflow", posts), workspace(folder / "alone", posts)
        print("| file | DAGs | CPU |\n|---|---|---|")
        parsing(scheduled)
        began = time.monotonic()
        with LocalAirflow(folder / "home", DAGS, {"UMOT_CONFIG": str(scheduled)}) as airflow:
            first = time.monotonic() - began
            airflow.start_rest(read_plan(scheduled).pools)
            print(
                f"\nAPI server after {first:.0f} s (its tables made), all well after {time.monotonic() - began:.0f} s"
            )
            show_memory("idle", airflow)
            seconds: dict[str, Any] = {"Airflow": by_airflow(airflow)}
            show_memory("after a walk", airflow)
        seconds["umot run"] = by_command_line(alone)
        print(f"\n| {posts} posts | wall | in the steps | around them | each |\n|---|---|---|---|---|")
        for (way, took), config in zip(seconds.items(), (scheduled, alone), strict=True):
            steps = in_steps(config)
            each = ", ".join(f"{name} {seconds:.0f}" for name, seconds in steps.items())
            inside = sum(steps.values())
            print(f"| {way} | {took:.0f} s | {inside:.0f} s | {took - inside:.0f} s | {each} |")


def show_memory(when: str, airflow: LocalAirflow) -> None:
    """Print the memory of each component."""
    found = {name: memory(airflow.pids(name)) for name in COMPONENTS}
    parts = ", ".join(f"{name} {mib:.0f}" for name, mib in found.items())
    print(f"Memory {when} (MB): {parts}; together {sum(found.values()):.0f}")


if __name__ == "__main__":
    main()
