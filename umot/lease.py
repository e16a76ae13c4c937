"""Leases in the shared state: they keep machines from doing the same work at the same time.

A lease is an entry that its holder writes anew every third of its length. Whoever waits watches the entry's version:
when it has stayed the same for the holder's whole length, by the waiter's own clock, the holder is taken for dead.
Clocks of two machines are never compared, and the state's optimistic version decides between two who write at once.
After Gray and Cheriton, "Leases: an efficient fault-tolerant mechanism" (1989).
"""

import logging
import math
import os
import random
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Final
from uuid import uuid4

from umot.errors import ConflictError, LeaseLostError, StoreBusyError, StoreError
from umot.store.contract import Entry, State
from umot.timeline import iso

logger = logging.getLogger(__name__)

SECONDS: Final = 60.0
_SPACE: Final = "lease"
_POLL: Final = 1.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lease, and for how many seconds after a renewal; `renewed_at` is only for people to read."""

    id: str
    host: str
    pid: int
    seconds: float
    renewed_at: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class Lease:
    """A lease that is renewed by a thread of its own while the block lasts; at its end it is free at once.

    It stays as it is when the store failed: it could hardly be freed, and is free after its length.
    """

    def __init__(self, state: State, name: str, *, seconds: float, wait: float, former: str | None = None) -> None:
        """Make the lease; it is taken when the block begins.

        Args:
            seconds: how long it counts after a renewal.
            wait: seconds to wait for another holder.
            former: id of a lease whose holder is known to be gone, which need not be waited for.
        """
        self.id = uuid4().hex
        self._state, self._name, self._seconds, self._wait = state, name, seconds, wait
        self._vigil = _Vigil(name, former)
        self._version, self._confirmed = 0, -math.inf
        self._turn = Lock()
        self._ended = Event()
        self._renewing = Thread(target=self._keep, name=f"lease {name}", daemon=True)

    def __enter__(self) -> "Lease":
        """Take it.

        Raises:
            StoreBusyError: somebody else holds it for longer than the wait.
        """
        end = _now() + self._wait
        while not self._take():
            if _now() >= end:
                raise StoreBusyError(
                    f"{self._name}: {self._vigil.holder} is at it for more than {self._wait:g} s; is it stuck?"
                )
            time.sleep(random.uniform(0.5, 1) * min(_POLL, self._seconds / 6))  # noqa: S311 - spreads requests
        self._renewing.start()
        return self

    def check(self) -> None:
        """Return while nobody else can have the lease; a renewal that is overdue is made good.

        At least a third of the length is left then.

        Raises:
            LeaseLostError: somebody else has taken it over.
            StoreError: the store is away, so that nobody can tell.
        """
        if _now() - self._confirmed > self._seconds * 2 / 3:
            self._renew()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._renewing.join()
        if not isinstance(error, StoreError):
            with suppress(StoreError):
                self._state.put(_SPACE, self._name, None, expected=self._version)

    def _take(self) -> bool:
        entry = self._state.get(_SPACE, self._name)
        if entry is not None and not self._vigil.is_over(entry):
            return False
        try:
            self._write(entry.version if entry else 0)
        except ConflictError:
            return False  # another one was quicker
        return True

    def _write(self, expected: int) -> None:
        began = _now()
        holder = Holder(self.id, socket.gethostname(), os.getpid(), self._seconds, iso(datetime.now(UTC)))
        self._version = self._state.put(_SPACE, self._name, asdict(holder), expected=expected)
        self._confirmed = began  # it may have arrived at once and its answer much later

    def _renew(self) -> None:
        with self._turn:
            while True:
                try:
                    return self._write(self._version)
                except ConflictError:
                    self._version = self._own_version()

    def _own_version(self) -> int:
        """Return the version of the own entry, which is another one after a migration has moved the state.

        Raises:
            LeaseLostError: the entry is somebody else's or gone.
        """
        entry = self._state.get(_SPACE, self._name)
        if entry and entry.value and entry.value["id"] == self.id:
            return entry.version
        self._confirmed = -math.inf
        other = f"went to {Holder(**entry.value)}" if entry and entry.value else "is gone"
        raise LeaseLostError(
            f"{self._name}: this process was paused or cut off for longer than {self._seconds:g} s, and its lease "
            f"{other}; what was written until then is kept: run again"
        )

    def _keep(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            try:
                self._renew()
            except LeaseLostError as error:
                logger.error("%s", error)  # raised by the next check
                return
            except StoreError as error:
                logger.warning("%s: the lease cannot be renewed now: %s", self._name, error)


class _Vigil:
    """What a waiter has seen of a lease, by its own clock."""

    def __init__(self, name: str, former: str | None) -> None:
        self.holder: Holder | None = None
        self._name, self._former = name, former
        self._version, self._since, self._looked = 0, -math.inf, -math.inf

    def is_over(self, entry: Entry) -> bool:
        """Tell whether the lease is free or its holder gone."""
        if entry.value is None:
            return True
        holder = Holder(**entry.value)
        now = _now()
        # Whoever was cut off cannot tell whether the holder was, too, and starts to count anew.
        if entry.version != self._version or now - self._looked > holder.seconds / 2:
            self._version, self._since = entry.version, now
        self._looked = now
        if self.holder is None or self.holder.id != holder.id:
            self.holder = holder
            logger.warning("%s: waiting for %s", self._name, holder)
        is_former = holder.id == self._former and holder.host == socket.gethostname()
        return is_former or now - self._since >= holder.seconds


def holders(state: State) -> Iterator[tuple[str, Holder]]:
    """Yield the names of leases that are held, or were when their holder died, with the holder."""
    return ((entry.key, Holder(**entry.value)) for entry in state.scan(_SPACE) if entry.value is not None)


def _now() -> float:
    """Return the seconds of a clock that never goes back and, where the system has one, goes on while it sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
