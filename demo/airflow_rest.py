"""The few calls to Airflow's public REST interface that a start by hand needs."""

import json
import time
from http import HTTPStatus
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_SOON: Final = 30.0


class Rest:
    """Talks to an API server on loopback as one user; logs in when it is first needed."""

    def __init__(self, base: str, user: str, password: str) -> None:
        self.base = base
        self._login = {"username": user, "password": password}
        self._token: str | None = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer to a call.

        Raises:
            HTTPError: it was refused.
            URLError: nobody answers.
        """
        if self._token is None:
            self._token = _send("POST", f"{self.base}/auth/token", self._login, {})["access_token"]
        return _send(method, f"{self.base}/api/v2/{path}", body, {"Authorization": f"Bearer {self._token}"})

    def health(self) -> dict[str, str]:
        """Return how each component is; empty while nobody answers."""
        try:
            found = _send("GET", f"{self.base}/api/v2/monitor/health", None, {})
        except (HTTPError, URLError, ConnectionError, TimeoutError):
            return {}
        return {name: part["status"] for name, part in found.items() if part.get("status")}

    def make_pools(self, pools: dict[str, dict[str, Any]]) -> None:
        """Make pools; those that are there stay."""
        for name, pool in pools.items():
            try:
                self.call("POST", "pools", {"name": name, **pool})
            except HTTPError as error:
                if error.code != HTTPStatus.CONFLICT:
                    raise

    def dags(self) -> list[str]:
        """Return the ids of the DAGs that Airflow knows."""
        return [dag["dag_id"] for dag in self.call("GET", "dags?limit=100")["dags"]]

    def import_errors(self) -> dict[str, str]:
        """Return what is wrong with files of DAGs."""
        return {e["filename"]: e["stack_trace"] for e in self.call("GET", "importErrors")["import_errors"]}

    def unpause(self, dag: str) -> None:
        """Let a DAG run."""
        self.call("PATCH", f"dags/{dag}?update_mask=is_paused", {"is_paused": False})

    def trigger(self, dag: str, **form: Any) -> str:
        """Start a DAG by hand with what its form says; return the run's id."""
        return str(self.call("POST", f"dags/{dag}/dagRuns", {"logical_date": None, "conf": form})["dag_run_id"])

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """Return the latest runs of a DAG, the oldest first."""
        found: list[dict[str, Any]] = self.call("GET", f"dags/{dag}/dagRuns?order_by=-id&limit=50")["dag_runs"]
        return found[::-1]


def _send(method: str, url: str, body: Any, headers: dict[str, str]) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, headers | {"Content-Type": "application/json"}, method=method)  # noqa: S310 - loopback
    with urlopen(request, timeout=_SOON) as answer:  # noqa: S310
        return json.load(answer)


def wait_until(what: str, done: Any, seconds: float, *, every: float = 0.5) -> None:
    """Wait until `done()` holds, asked `every` so many seconds.

    Raises:
        TimeoutError: it did not in time.
    """
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {seconds:.0f} s")
        time.sleep(every)
