"""One at a time, also between machines: each workspace folder here stands for a machine of its own."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from tests.pipeline.workspaces import CONFIG, make_workspace
from tests.store.conftest import clear, place, tell, waiting_process
from umot.cli.app import app
from umot.config import load_settings
from umot.errors import LeaseLostError, StoreBusyError
from umot.lease import Lease, holders
from umot.store import open_store
from umot.store.contract import Store
from umot.workspace import Workspace

AS_OF = datetime(2026, 3, 10, 7, tzinfo=UTC)
SHORT = 3.0


@pytest.fixture
def url(elasticsearch_url: str) -> Iterator[str]:
    """Return the place of a shared store of the test's own."""
    prefix = f"t{uuid4().hex[:12]}"
    yield place(elasticsearch_url, prefix)
    clear(elasticsearch_url, prefix)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def machine(folder: Path, url: str, seconds: float = SHORT) -> Workspace:
    """Return a workspace with a folder of its own, as another machine has it."""
    config = make_workspace(folder, config=f"{CONFIG}store: {url}\n")
    return Workspace(load_settings(config), folder, lease_seconds=seconds)


@pytest.fixture
def pair(url: str, tmp_path: Path) -> Iterator[tuple[Workspace, Workspace]]:
    with machine(tmp_path / "a", url) as one, machine(tmp_path / "b", url) as other:
        assert (one.store.shared, other.store.shared) == (True, True)
        yield one, other


def lease(store: Store, *, seconds: float = SHORT, wait: float = 0) -> Lease:
    return Lease(store.state, "index", seconds=seconds, wait=wait)


def take_over(store: Store) -> None:
    """Write the entry as somebody else does who takes the holder for dead."""
    entry = store.state.get("lease", "index")
    assert entry is not None
    store.state.put("lease", "index", entry.value | {"id": "other", "host": "elsewhere", "pid": 7})


def test_two_machines_take_turns_and_the_second_starts_at_once(
    pair: tuple[Workspace, Workspace], caplog: pytest.LogCaptureFixture
) -> None:
    one, other = pair
    order: list[str] = []

    def second() -> None:
        with other.exclusive("index"):
            order.append("other")

    with one.exclusive("index"), one.exclusive("index"):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(SHORT * 2)  # longer than the lease: it is renewed
        one.check_leases()
        order.append("one")
    waiting.join()
    assert order == ["one", "other"]
    assert f"index: waiting for process {os.getpid()} on " in caplog.text
    assert list(holders(one.store.state)) == []


def test_different_work_goes_side_by_side(pair: tuple[Workspace, Workspace]) -> None:
    with pair[0].exclusive("collect-a", "index"), pair[1].exclusive("collect-b", "classify"):
        assert [name for name, _ in holders(pair[0].store.state)] == ["classify", "collect-a", "collect-b", "index"]


def test_whoever_waits_too_long_learns_who_holds_it(pair: tuple[Workspace, Workspace]) -> None:
    with (
        pair[0].exclusive("index"),
        pytest.raises(StoreBusyError, match=rf"index: process {os.getpid()} on .* more than 0.5 s; is it stuck"),
        pair[1].exclusive("index", wait=0.5),
    ):
        pass


def test_people_see_who_is_at_work(pair: tuple[Workspace, Workspace]) -> None:
    with pair[0].exclusive("index"):
        done = CliRunner().invoke(app, ["runs", "--config", str(pair[1].folder / "umot.yaml")])
    assert f"at work: index, process {os.getpid()} on " in done.stdout


HOLDS = """
import sys, time
from pathlib import Path
from umot.config import load_settings
from umot.workspace import Workspace

folder = Path(sys.argv[1])
with Workspace(load_settings(folder / "umot.yaml"), folder, lease_seconds=float(sys.argv[2])) as ws:
    with ws.exclusive("index"):
        print("ready", flush=True)
        time.sleep(600)
"""


def killed_holder(folder: Path, seconds: float) -> None:
    """Let a process take the lease, and kill it hard."""
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(folder), str(seconds)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)


def test_a_killed_holder_blocks_others_for_the_length_of_its_lease_only(
    pair: tuple[Workspace, Workspace], store: Store
) -> None:
    killed_holder(pair[0].folder, SHORT)
    with pytest.raises(StoreBusyError), lease(store):
        pass
    with pair[1].exclusive("index"):
        (held,) = holders(pair[1].store.state)
        assert held[1].pid == os.getpid()


def test_the_machine_of_a_killed_holder_need_not_wait(url: str, tmp_path: Path) -> None:
    with machine(tmp_path / "a", url) as ws:
        killed_holder(ws.folder, 3600)
        with ws.exclusive("index"):
            ws.check_leases()


def test_a_lost_lease_is_noticed_before_anything_else_is_written(pair: tuple[Workspace, Workspace]) -> None:
    one, other = pair
    writer = one.archive.writer("shop", "r1", AS_OF)
    writer.append({"id": "x:1"})
    with one.exclusive("index"):
        take_over(other.store)
        time.sleep(SHORT)
        with pytest.raises(LeaseLostError, match=r"index: .* its lease went to process 7 on elsewhere.* run again"):
            writer.commit(None, {})
    assert one.archive.sources() == []
    assert [holder.pid for _, holder in holders(other.store.state)] == [7]


def test_a_holder_that_was_paused_goes_on_when_nobody_came(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with lease(store) as held:
        held._ended.set()  # as if its thread were paused
        held._renewing.join()
        time.sleep(SHORT)
        held.check()
        take_over(store)
        held.check()  # just confirmed: the other one would have had to wait
        time.sleep(SHORT)
        for _ in range(2):
            with pytest.raises(LeaseLostError):
                held.check()


PAUSED = """
import sys
from pathlib import Path
from umot.config import load_settings
from umot.errors import LeaseLostError
from umot.workspace import Workspace

folder = Path(sys.argv[1])
with Workspace(load_settings(folder / "umot.yaml"), folder, lease_seconds=float(sys.argv[2])) as ws:
    with ws.exclusive("index"):
        ws.check_leases()
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            ws.check_leases()
        except LeaseLostError as error:
            print(error, flush=True)
"""


def test_a_process_that_was_stopped_for_long_notices_and_leaves_the_new_holder_alone(
    pair: tuple[Workspace, Workspace], store: Store
) -> None:
    with waiting_process(PAUSED, str(pair[0].folder), str(SHORT)) as process:
        process.send_signal(signal.SIGSTOP)
        with pair[1].exclusive("index"):
            process.send_signal(signal.SIGCONT)
            tell(process)
            assert process.stdout
            assert f"its lease went to process {os.getpid()} on " in process.stdout.readline()
            assert process.wait() == 0
            assert [holder.pid for _, holder in holders(store.state)] == [os.getpid()]
            pair[1].check_leases()


def test_a_migration_that_moves_the_entry_takes_no_lease_away(store: Store) -> None:
    with lease(store) as held:
        entry = store.state.get("lease", "index")
        assert entry is not None
        store.state.put("lease", "index", entry.value)
        held._renew()
        held.check()


def test_of_ten_contenders_never_two_at_once(url: str, tmp_path: Path) -> None:
    inside: list[int] = []
    most, entered = [0], []

    def contend(number: int, ws: Workspace) -> None:
        for _ in range(2):
            with ws.exclusive("index"):
                inside.append(number)
                most[0] = max(most[0], len(inside))
                time.sleep(0.02)
                inside.remove(number)
                entered.append(number)

    with ExitStack() as opened:
        machines = [opened.enter_context(machine(tmp_path / str(n), url, 30)) for n in range(10)]
        threads = [threading.Thread(target=contend, args=pair) for pair in enumerate(machines)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (most[0], sorted(entered)) == (1, sorted([*range(10)] * 2))


def test_an_embedded_store_needs_no_lease(tmp_path: Path) -> None:
    make_workspace(tmp_path)
    with Workspace.load(tmp_path / "umot.yaml") as ws, ws.exclusive("index"):
        assert not ws.store.shared
        assert list(holders(ws.store.state)) == []
