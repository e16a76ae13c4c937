"""Who may start an Airflow in a folder: one at a time, and none beside one that is still there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

LOCK: Final = "starting.lock"
_SESSIONS: Final = "sessions"


class OccupiedError(Exception):
    """A folder or a port is taken by something else; the text says what to do."""


@contextmanager
def starting(home: Path) -> Iterator[None]:
    """Hold the start of an Airflow in a folder, which is made; whoever holds it may do so again.

    Raises:
        OccupiedError: an Airflow of this folder is still running, or is being started.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(home.resolve() / LOCK, timeout=0, is_singleton=True)
    try:
        held = lock.acquire()
    except Timeout:
        raise OccupiedError(
            f"an Airflow of {home} is being started by somebody else; try again when it is up"
        ) from None
    with held:
        _refuse_a_second(home)
        yield


def sessions_file(home: Path) -> Path:
    """Return the file of the sessions that an Airflow of this folder has started."""
    return home / _SESSIONS


def processes(session: int) -> list[int]:
    """Return the living processes of a session, its leader or not; none where the system does not list processes."""
    pids = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if _sid(pid) == session]


def _refuse_a_second(home: Path) -> None:
    file = sessions_file(home)
    kept = file.read_text("ascii").split() if file.exists() else []
    pids = [pid for session in map(int, kept) for pid in processes(session)]
    # After a restart of the machine the numbers may be those of others.
    if any(map(_is_airflow, pids)):
        raise OccupiedError(
            f"an Airflow of {home} is still running; end it where it was started, or by "
            f"`kill {' '.join(map(str, pids))}`"
        )


def _is_airflow(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[0].startswith(b"airflow") or words[1:3] == [b"-m", b"airflow"]  # its processes rename themselves


def _sid(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None
