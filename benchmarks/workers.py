"""Measure what a second worker adds: `python -m benchmarks.workers --posts 6000`.

Four sources are collected by two Celery workers of one core each (they stand for two machines; PostgreSQL, Redis,
Elasticsearch, the archive on moto's S3 and Airflow's own parts share those cores). Then `umot_classify` runs, with one
classifier and with two, on equal workspaces. Needs what `tests/dags/cluster.py` needs.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.scheduler import DAGS, example_rows
from demo.airflow_rest import wait_until
from tests.dags import cluster
from tests.dags.cluster import SOURCES
from tests.elasticsearch_node.harness import start_node
from tests.object_store import make_bucket, object_store
from umot.scheduling.plan import read_plan

AS_OF: Final = "2026-03-10T07:00:00+00:00"
_LONG: Final = 3600.0


def classifying(folder: Path, store: str, workers: int, posts: int) -> float:
    """Return the seconds from the trigger of `umot_classify` to its end."""
    shared = f"store: {store}\narchive: s3://umot/{folder.name}\nsentiment: {{workers: {workers}}}\n"
    exports = dict.fromkeys(SOURCES, example_rows(posts // len(SOURCES)))
    configs = [cluster.machine(folder / name, shared, exports) for name in ("one", "two")]
    # One task at a time: else one of the workers could take both classifiers, on its one core.
    settings = {"UMOT_CONFIG": str(configs[0]), "OMP_NUM_THREADS": "1", "AIRFLOW__CELERY__WORKER_CONCURRENCY": "1"}
    cores = sorted(os.sched_getaffinity(0))
    with cluster.services() as (database, broker):
        airflow = cluster.ClusterAirflow(folder / "airflow", DAGS, settings, database, broker)
        with airflow:
            rest = airflow.rest
            airflow.start_rest(read_plan(configs[0]).pools)
            for name, config, core in zip(("one", "two"), configs, cores, strict=False):
                os.sched_setaffinity(0, {core})  # the worker inherits it
                airflow.start_worker(name, "default,model", config)
                os.sched_setaffinity(0, cores)
            dags = [f"umot_collect_{name}" for name in SOURCES]
            wait_until("the DAGs", lambda: {*dags, "umot_classify"} <= set(rest.dags()), _LONG)
            for dag in dags:
                rest.unpause(dag)
                rest.trigger(dag, as_of=AS_OF)
            wait_until("the sources", lambda: all(ended(rest.runs(dag)) for dag in dags), _LONG, every=1.0)
            rest.unpause("umot_classify")
            began = time.monotonic()
            rest.trigger("umot_classify", as_of=AS_OF)
            wait_until("the classifiers", lambda: ended(rest.runs("umot_classify")), _LONG, every=1.0)
            return time.monotonic() - began


def ended(runs: list[dict[str, str]]) -> bool:
    """Tell whether every run has ended well.

    Raises:
        RuntimeError: one has failed.
    """
    states = {run["state"] for run in runs}
    if "failed" in states:
        raise RuntimeError(f"a run failed: {runs}")
    return states == {"success"}


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=6000, help="of all four sources (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="alternating (default: %(default)s)")
    options = parser.parse_args()
    if why := cluster.missing():
        parser.error(why)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as name, object_store() as environment:
        make_bucket(environment, "umot")
        os.environ |= environment
        node = start_node(Path(name) / "elasticsearch")
        try:
            for number in range(options.rounds):
                for workers, found in seconds.items():
                    prefix = f"round{number}of{workers}"
                    store = f"elasticsearch+http://{node.url.removeprefix('http://')}/{prefix}"
                    found.append(classifying(Path(name) / prefix, store, workers, options.posts))
        finally:
            node.stop()
    print(f"| classifiers | {options.posts} posts, median of {options.rounds} | posts/s |\n|---|---|---|")
    for workers, found in seconds.items():
        median = statistics.median(found)
        print(f"| {workers} | {median:.0f} s | {options.posts / median:.0f} |")


if __name__ == "__main__":
    main()
