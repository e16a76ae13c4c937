"""The parts of an Airflow for several machines, started from what the compose files say: PostgreSQL, Redis, workers."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from demo.airflow_rest import Rest, wait_until
from demo.local_airflow import LocalAirflow
from tests.deploy.composition import celery_services, environment_of, filled, run_one_shot
from tests.pipeline.workspaces import Row, make_workspace, write_export

PASSWORD = "x" * 48
VALUES = {
    "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(b"k" * 32).decode(),
    "AIRFLOW_PORT": "0",
    "AIRFLOW_ADMIN_PASSWORD": PASSWORD,
    "AIRFLOW_DATABASE_PASSWORD": PASSWORD,
    "AIRFLOW_JWT_SECRET": PASSWORD * 2,
    "AIRFLOW_SECRET_KEY": PASSWORD,
    "REDIS_PASSWORD": PASSWORD,
    "UMOT_ELASTICSEARCH_PASSWORD": PASSWORD,
}
_HOST = "127.0.0.1"

SOURCES = [f"export{n}" for n in range(4)]
_CONFIG = """
name: proef
timezone: Europe/Amsterdam
brands: [{name: Zonnehoek, own: true}, {name: Maanhof}]
privacy: {author_key: de-zelfde-sleutel-op-elke-machine}
"""


def missing() -> str | None:
    """Return what is not installed; None when all is there."""
    for package in ("apache-airflow-providers-celery", "apache-airflow-providers-fab", "asyncpg", "psycopg2-binary"):
        try:
            version(package)
        except PackageNotFoundError:
            return f"{package} is not installed: scripts/setup.sh airflow cluster"
    if not shutil.which("redis-server"):
        return "no redis-server (Debian: apt-get install redis-server)"
    return None if _initdb() else "no PostgreSQL (Debian: apt-get install postgresql)"


def _initdb() -> str | None:
    found = shutil.which("initdb") or next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)
    return str(found) if found else None


def machine(folder: Path, shared: str, rows: Mapping[str, Sequence[Row]]) -> Path:
    """Write the workspace of one machine, an export for each of `SOURCES`; return its configuration."""
    sources = {
        name: {"spider": "import", "params": {"path": f"{name}.csv", "platform": name, "rating_scale": 5}}
        for name in SOURCES
    }
    config = make_workspace(folder, [], f"{_CONFIG}{shared}sources: {json.dumps(sources)}\n")
    for name in SOURCES:
        write_export(folder, rows[name])
        (folder / "export.csv").rename(folder / f"{name}.csv")
    return config


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL with an empty database `airflow`; give its address without a scheme."""
    with tempfile.TemporaryDirectory(prefix="umot-postgres-") as name:
        who: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(name, "postgres")
            who = {"user": "postgres", "extra_groups": []}
        initdb, port = Path(_initdb() or ""), free_port()
        data = f"{name}/data"
        subprocess.run([initdb, "-D", data, "-A", "trust", "-U", "airflow"], check=True, capture_output=True, **who)
        settings = (f"port={port}", f"listen_addresses={_HOST}", f"unix_socket_directories={name}")
        words = [initdb.resolve().with_name("postgres"), "-D", data, *(w for s in settings for w in ("-c", s))]
        with subprocess.Popen(words, stderr=subprocess.DEVNULL, **who) as server:
            try:
                wait_until("PostgreSQL", lambda: _make_database(port), 60)
                yield f"{_HOST}:{port}"
            finally:
                server.terminate()


def _make_database(port: int) -> bool:
    import psycopg2

    try:
        connection = psycopg2.connect(host=_HOST, port=port, user="airflow", dbname="postgres")
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    connection.cursor().execute("CREATE DATABASE airflow")
    connection.close()
    return True


@contextmanager
def redis() -> Iterator[str]:
    """Run Redis by the script of its container; give its address."""
    port = free_port()
    (script,) = celery_services()["redis"]["command"]
    local = script.replace("$$", "$").replace('save ""', f'save ""\\nbind {_HOST}\\nport {port}')
    program, *options = celery_services()["redis"]["entrypoint"]
    env = {**os.environ, "REDIS_PASSWORD": PASSWORD}
    with subprocess.Popen([program, *options, local], env=env, stdout=subprocess.DEVNULL) as server:
        try:
            wait_until("Redis", lambda: _answers(port), 60)
            yield f"{_HOST}:{port}"
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0


class ClusterAirflow(LocalAirflow):
    """Airflow with the environment of the compose files, on other addresses."""

    def __init__(self, home: Path, dags: Path, settings: Mapping[str, str], database: str, broker: str) -> None:
        super().__init__(home, dags, {})
        own = {"AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "AIRFLOW__API__BASE_URL"}
        laid_over = VALUES | {"AIRFLOW_BROKER": broker, "AIRFLOW_API": self.url}
        celery = celery_services()["scheduler"]["environment"]
        composed = environment_of("airflow-init", laid_over) | filled(celery, laid_over)
        self._environment |= {name: value for name, value in composed.items() if name not in own}
        connection = composed["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("@postgres/", f"@{database}/")
        self._environment |= {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": connection, "ADMIN_PASSWORD": PASSWORD, **settings}
        for name in ("CA", "USER", "PASSWORD"):  # the tests' Elasticsearch asks for none
            self._environment.pop(f"UMOT_ELASTICSEARCH_{name}", None)
        self._environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.rest = Rest(self.url, "admin", PASSWORD)

    def _prepare(self) -> None:
        done = run_one_shot("airflow-init", self.home, self._environment, timeout=600)
        assert done.returncode == 0, done.stderr[-4000:]

    def start_worker(self, name: str, queues: str, config: Path) -> None:
        """Start a worker as on a machine of its own, with a workspace of its own."""
        words = ("celery", "worker", "--queues", queues, "--celery-hostname", f"{name}@%h", "--skip-serve-logs")
        self.start(name, *words, UMOT_CONFIG=str(config))


@contextmanager
def services() -> Iterator[tuple[str, str]]:
    """Run PostgreSQL and Redis; give their addresses."""
    with ExitStack() as stack:
        yield stack.enter_context(postgres()), stack.enter_context(redis())
