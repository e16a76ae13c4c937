"""The shape for several machines, all of it real: two workers, three nodes, an object store, and losses in mid-run."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.airflow_rest import wait_until
from tests.dags import cluster
from tests.dags.cluster import SOURCES
from tests.dags.installation import DAGS
from tests.dags.test_scheduler import LONG, QUICK, states
from tests.elasticsearch_node.harness import Cluster
from tests.object_store import make_bucket, object_store
from tests.pipeline.test_kill import ROWS
from tests.pipeline.workspaces import Row
from umot.scheduling.plan import read_plan
from umot.workspace import Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(cluster.missing() is not None, reason=str(cluster.missing())),
]

AS_OF = "2026-03-10T07:00:00+00:00"


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with object_store() as environment:
        make_bucket(environment, "umot")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield "s3://umot/archive"


def rows(name: str) -> list[Row]:
    return [(i, f"{a} {name}", d, r, f"{t} {name}") for i, a, d, r, t in ROWS]


def test_every_post_is_indexed_once_although_a_worker_and_a_node_are_lost(
    elasticsearch_cluster: Cluster, archive: str, tmp_path: Path
) -> None:
    hosts = ",".join(url.removeprefix("http://") for url in elasticsearch_cluster.urls)
    shared = f"store: elasticsearch+http://{hosts}/umot\narchive: {archive}\nsentiment: {{workers: 2}}\n"
    exports = {name: rows(name) for name in SOURCES}
    one, two = (cluster.machine(tmp_path / name, shared, exports) for name in ("one", "two"))
    dags = tmp_path / "dags"
    shutil.copytree(DAGS, dags, ignore=shutil.ignore_patterns("__pycache__"))
    shape = dags / "umot_airflow" / "shape.py"
    shape.write_text(shape.read_text("utf-8").replace("timedelta(minutes=2)", "timedelta(seconds=5)"), "utf-8")
    settings = {"UMOT_CONFIG": str(one), **QUICK}
    collecting = [f"umot_collect_{name}" for name in SOURCES]
    with cluster.services() as (database, broker):
        airflow = cluster.ClusterAirflow(tmp_path / "airflow", dags, settings, database, broker)
        with airflow:
            airflow.start_rest({})
            airflow.start_worker("one", "default,model", one)
            airflow.start_worker("two", "default,model", two)
            rest = airflow.rest
            known = {pool["name"] for pool in rest.call("GET", "pools")["pools"]}
            assert set(read_plan(one).pools) <= known
            walk = [*collecting, "umot_classify", "umot_index"]
            wait_until("the DAGs", lambda: set(walk) <= set(rest.dags()), LONG)
            for dag in walk:
                rest.unpause(dag)
            for dag in collecting:
                rest.trigger(dag, as_of=AS_OF)
            wait_until("classifying", lambda: "running" in states(rest, "umot_classify"), LONG)
            airflow.kill_session("one")
            lost = elasticsearch_cluster.nodes[-1]
            lost.kill()
            wait_until("every post", lambda: whole(two), 2 * LONG)
            airflow.start_worker("one-again", "default,model", one)
            wait_until("every run", lambda: all(quiet(rest, dag) for dag in walk), 2 * LONG)
            elasticsearch_cluster.restart(lost)
        assert airflow.left_over() == []
    with Workspace.load(two) as ws:
        ids = Counter(post["id"] for post in ws.store.scan("posts"))
        assert ids == Counter(f"{name}:{row[0]}" for name in SOURCES for row in ROWS)
        assert all(post.get("model") for post in ws.store.scan("posts"))
        assert all(run["balanced"] for run in ws.ledger.runs() if run["verdict"] not in ("running", "interrupted"))


def whole(config: Path) -> bool:
    with Workspace.load(config) as ws:
        ws.store.refresh()
        return ws.store.count("posts") == len(SOURCES) * len(ROWS)


def quiet(rest: Any, dag: str) -> bool:
    return set(states(rest, dag)) == {"success"}
