"""A whole Airflow on this machine: SQLite, LocalExecutor, loopback only; nothing is left when it ends."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from demo.airflow_rest import Rest, wait_until
from demo.starting import processes, sessions_file, starting

USER: Final = "admin"
COMPONENTS: Final[dict[str, tuple[str, ...]]] = {
    "api-server": ("api-server",),
    # Logs are read from the disk: nobody has to serve them.
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
_HOST: Final = "127.0.0.1"
_PORT: Final = 8080
_START: Final = 600.0
_GRACE: Final = 20.0
INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class LocalAirflow:
    """Starts the components one by one, waits until they are well and ends them; a context manager.

    Secrets are made once and kept in files that only their owner can read. Which sessions were started stands in a file
    of the folder, so that no second Airflow works on the database of one that is still there.

    Args:
        home: folder of database, logs and secrets.
        settings: further environment of every component, such as `UMOT_CONFIG`.
    """

    def __init__(self, home: Path, dags: Path, settings: Mapping[str, str]) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.home = home.resolve()
        self.port = _free_port()
        self._secrets = _kept_secrets(self.home)
        self._environment = {**os.environ, **self._own_settings(dags), **settings}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._sessions: list[int] = []
        self.rest = Rest(self.url, USER, self.password)

    @property
    def url(self) -> str:
        """Address of the web pages and the REST interface."""
        return f"http://{_HOST}:{self.port}"

    @property
    def password(self) -> str:
        """Password of the user `admin`."""
        return str(self._secrets["password"])

    @property
    def password_file(self) -> Path:
        """File that holds the password."""
        return self.home / "passwords.json"

    def __enter__(self) -> "LocalAirflow":
        """Start the API server.

        Raises:
            OccupiedError: an Airflow of this folder is still running, or is being started.
            RuntimeError, TimeoutError: it does not come up.
        """
        with starting(self.home):
            try:
                self._prepare()
                self.start("api-server")
                self._wait("metadatabase")
            except BaseException:
                self.stop()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_rest(self, pools: dict[str, dict[str, Any]]) -> None:
        """Start what works on runs, once the pools are there, and wait until all are well."""
        self.rest.make_pools(pools)
        for name in ("dag-processor", "scheduler", "triggerer"):
            self.start(name)
        self._wait("scheduler", "dag_processor", "triggerer")

    def start(self, name: str, *words: str, **settings: str) -> int:
        """Start one component in a session of its own; return its process id.

        Args:
            words: its command, for what is not one of `COMPONENTS`.
            settings: what its environment holds besides.
        """
        log = (self.home / f"{name}.log").open("ab")
        process = subprocess.Popen(  # noqa: S603 - words of our own
            [sys.executable, "-m", "airflow", *(words or COMPONENTS[name])],
            env=self._environment | settings,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self._processes[name] = process
        self._sessions.append(process.pid)
        with sessions_file(self.home).open("a", encoding="ascii") as sessions:
            sessions.write(f"{process.pid}\n")
        return process.pid

    def pids(self, name: str) -> list[int]:
        """Return the processes of a component."""
        return processes(self._processes[name].pid)

    def left_over(self) -> list[int]:
        """Return the processes that are still there of all that were started."""
        return [pid for session in self._sessions for pid in processes(session)]

    def kill_session(self, name: str) -> None:
        """End a component and all that it has started at once, as a machine that is switched off."""
        _kill(self.pids(name))
        self._processes[name].wait()

    def stop(self) -> None:
        """End everything: politely at first, then for good; no interrupt breaks it off."""
        with _undisturbed():
            for process in reversed(self._processes.values()):
                process.terminate()
            for process in self._processes.values():
                try:
                    process.wait(_GRACE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            _kill(self.left_over())
            sessions_file(self.home).unlink(missing_ok=True)

    def _prepare(self) -> None:
        passwords = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(passwords, "w") as stream:
            json.dump({USER: self.password}, stream)
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        done = subprocess.run(  # noqa: S603
            command, env=self._environment, cwd=self.home, capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"airflow db migrate: {done.stderr.decode(errors='replace')[-2000:]}")

    def _wait(self, *parts: str) -> None:
        def well() -> bool:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended with code {process.returncode}; see {self.home}/{name}.log")
            health = self.rest.health()
            return all(health.get(part) == "healthy" for part in parts)

        wait_until(f"{', '.join(parts)} of Airflow", well, _START)

    def _own_settings(self, dags: Path) -> dict[str, str]:
        sections = {
            "core": {
                "dags_folder": str(dags.resolve()),
                "load_examples": "False",
                "executor": "LocalExecutor",
                "parallelism": "4",
                "simple_auth_manager_users": f"{USER}:admin",
                "simple_auth_manager_passwords_file": str(self.password_file),
                "execution_api_server_url": f"{self.url}/execution/",
            },
            "api": {"host": _HOST, "port": str(self.port), "base_url": self.url, "workers": "1"},
            "api_auth": {"jwt_secret": str(self._secrets["jwt"])},
            "database": {"sql_alchemy_conn": f"sqlite:///{self.home}/airflow.db"},
            "logging": {"logging_level": "WARNING"},
        }
        named = {f"AIRFLOW__{s}__{key}".upper(): value for s, keys in sections.items() for key, value in keys.items()}
        return {"AIRFLOW_HOME": str(self.home), **named}


def _kept_secrets(home: Path) -> dict[str, str]:
    file = home / "secrets.json"
    if not file.exists():
        made = {"password": secrets.token_urlsafe(12), "jwt": secrets.token_urlsafe(64)}
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            json.dump(made, stream)
    kept: dict[str, str] = json.loads(file.read_text("utf-8"))
    return kept


def _free_port() -> int:
    """Return Airflow's usual port, or another one when that is taken."""
    for port in (_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on loopback")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore whatever interrupts this process for a while."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
