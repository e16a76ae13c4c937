"""What `make airflow` starts is gone when it ends, however that comes; a few lines stand in for its components."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.installation import prepare
from demo.local_airflow import LocalAirflow
from demo.scheduled import demonstrate
from demo.starting import OccupiedError, starting

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="the system does not list its processes there")

# Says that it is well; leaves a child of its own, and takes a second to end. Its database is made when it may be.
COMPONENT = """
import json, os, signal, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"metadatabase": {"status": "healthy"}}).encode())

def end(*_):
    time.sleep(1)
    os._exit(0)

if sys.argv[1] == "db":
    open("airflow.db", "w").close()
    while os.path.exists("wait") and "HURRY" not in os.environ:
        time.sleep(0.01)

if sys.argv[1] == "api-server":
    signal.signal(signal.SIGTERM, end)
    subprocess.Popen(["sleep", "600"])
    HTTPServer(("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"])), Health).serve_forever()
"""
PARENT = """
import sys, time
from pathlib import Path
from demo.local_airflow import LocalAirflow
from demo.scheduled import end_like_ctrl_c

end_like_ctrl_c()
home = Path(sys.argv[1])
with LocalAirflow(home, home, {}):
    print("up", flush=True)
    time.sleep(600)
"""


STARTER = """
import sys
from pathlib import Path
from demo.starting import starting

with starting(Path(sys.argv[1])):
    print("up", flush=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A demonstration's folder in which `python -m airflow` finds the stand-in first."""
    prepare(tmp_path / "demo")
    package = tmp_path / "demo" / "airflow" / "airflow"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(COMPONENT, "utf-8")
    return package.parent


@pytest.fixture
def parent(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has started Airflow."""
    with process_of(PARENT, home) as process:
        assert says(process) == b"up\n"
        yield process


@contextmanager
def process_of(words: str, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", words, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def says(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


def sessions(home: Path) -> list[int]:
    return list(map(int, (home / "sessions").read_text("ascii").split()))


def living(session: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == session:
                found.append(int(folder.name))
        except ProcessLookupError:
            continue
    return found


@pytest.mark.parametrize("ends", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_terminal_closes_or_somebody_is_impatient(
    home: Path, parent: "subprocess.Popen[bytes]", ends: signal.Signals
) -> None:
    (session,) = sessions(home)
    parent.send_signal(ends)
    while parent.poll() is None:
        parent.send_signal(signal.SIGINT)  # over and over, while it ends everything
        time.sleep(0.01)
    assert living(session) == []
    assert not (home / "sessions").exists()


def test_no_second_airflow_starts_on_the_database_of_the_first(home: Path, parent: "subprocess.Popen[bytes]") -> None:
    (session,) = sessions(home)
    parent.kill()
    parent.wait()
    with pytest.raises(OccupiedError, match=f"still running.*kill .*{session}"), LocalAirflow(home, home, {}):
        pass
    for pid in living(session):
        os.kill(pid, signal.SIGKILL)
    while living(session):
        pass
    with LocalAirflow(home, home, {}) as airflow:
        assert sessions(home) != [session]
    assert airflow.left_over() == []


def test_a_fresh_start_removes_nothing_while_an_airflow_is_there(home: Path, parent: "subprocess.Popen[bytes]") -> None:
    (session,) = sessions(home)
    for start in (prepare, demonstrate):
        with pytest.raises(OccupiedError, match=f"still running.*kill .*{session}"):
            start(home.parent, fresh=True)
    assert (home / "airflow.db").exists()
    parent.terminate()
    parent.wait()
    prepare(home.parent, fresh=True)
    assert not (home / "airflow.db").exists()


def test_of_two_that_start_at_once_one_is_refused(home: Path) -> None:
    (home / "wait").touch()
    with process_of(PARENT, home) as first:
        while not (home / "airflow.db").exists():
            assert first.poll() is None
        for start in (LocalAirflow(home, home, {"HURRY": "1"}).__enter__, lambda: prepare(home.parent, fresh=True)):
            with pytest.raises(OccupiedError, match="being started"):
                start()
        (home / "wait").unlink()
        assert says(first) == b"up\n"


def test_nobody_else_starts_where_one_removes_what_was_there_and_then_starts(home: Path) -> None:
    (home / "airflow.db").touch()
    with starting(home):
        prepare(home.parent, fresh=True)
        assert not (home / "airflow.db").exists()
        with process_of(STARTER, home) as second:
            assert says(second) == b""
    with process_of(STARTER, home) as third:
        assert says(third) == b"up\n"


def test_numbers_that_others_have_by_now_keep_nothing_from_starting(home: Path) -> None:
    (home / "sessions").write_text(f"{os.getsid(0)}\n", "ascii")
    with LocalAirflow(home, home, {}) as airflow:
        assert airflow.pids("api-server")
