"""One writer at a time, across processes and threads."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from umot.errors import StoreBusyError

logger = logging.getLogger(__name__)


class WriteLock:
    """The lock of a store's directory; it is held for one write or one refresh, never longer.

    The holder's process id is kept beside it, so that whoever waits can say for whom.
    """

    def __init__(self, directory: Path, wait: float) -> None:
        self._lock = FileLock(directory / "write.lock")
        self._owner = directory / "write.pid"
        self._wait = wait

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock, waiting for it if need be; may be nested.

        Raises:
            StoreBusyError: another process holds it for longer than the wait.
        """
        self._acquire()
        try:
            self._owner.write_text(str(os.getpid()), encoding="ascii")
            yield
        finally:
            self._lock.release()

    def _acquire(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            logger.warning("%s: waiting for %s", self._owner.parent, self._holder())
            self._acquire_patiently()

    def _acquire_patiently(self) -> None:
        try:
            self._lock.acquire(timeout=self._wait, poll_interval=0.02)
        except Timeout:
            raise StoreBusyError(
                f"{self._owner.parent}: {self._holder()} has been writing for more than {self._wait:g} s; "
                "the embedded store has one writer at a time: run again when it is done"
            ) from None

    def _holder(self) -> str:
        try:
            return f"process {self._owner.read_text(encoding='ascii')}"
        except OSError:
            return "another process"
