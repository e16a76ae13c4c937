"""Telling people: what is new about an alert goes to the outbox, and from there to the channels when it is due."""

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from umot.alert import Alert
from umot.alerts.channels import Channel
from umot.alerts.messages import Message, alert_message, digest_message, manner_of
from umot.alerts.outbox import Event, Notice, Outbox
from umot.alerts.planning import WAITING, Clock, Parcel, Why, plan
from umot.alerts.routing import channels_for
from umot.config.alerts import ChannelSettings
from umot.progress import Progress, silent
from umot.store.contract import Document
from umot.text import digest
from umot.timeline import iso
from umot.workspace import Workspace

_AT_ONCE: Final = 8
# Less than a claim lasts, with the longest a message may take: nobody else begins what is still being sent.
_BUDGET: Final = 300.0
Told = tuple[Document, Event]
_TELLS_MOST: Final[tuple[Event, ...]] = ("closed", "opened", "grown")


@dataclass(slots=True)
class Delivery:
    """What came of a delivery, in notices: sent now, waiting for a try, held back on purpose, stuck.

    `stuck_since` says when the oldest stuck one was put in, `problems` per channel what went wrong last.
    """

    sent: int = 0
    waiting: int = 0
    held: int = 0
    stuck: int = 0
    stuck_since: str | None = None
    problems: dict[str, str] = field(default_factory=dict)


def announce(ws: Workspace, alert: Alert, event: Event, as_of: datetime) -> int:
    """Put what is new about an alert into the outbox of every channel that wants it; return how many there were.

    A channel that comes to want an alert later on (it has become severe enough, or reached its moments) is told of it
    as one that opens; the end is told wherever the beginning was. Safe to repeat: an alert opens once, grows once to
    each severity and closes once per last day.
    """
    outbox = Outbox(ws.store.state)
    channels = ws.settings.alerts.channels
    heard = {name for name in channels if outbox.holds(name, alert.id, "opened")}
    names = heard if event == "closed" else channels_for(alert, channels)
    events: dict[str, Event] = {name: event if name in heard else "opened" for name in names}
    occurrence = {"opened": "", "closed": alert.until, "grown": f"{alert.until}/{alert.severity}"}
    return sum(
        outbox.add(name, alert.id, told, as_of, severity=alert.severity, occurrence=occurrence[told])
        for name, told in events.items()
    )


def deliver(ws: Workspace, as_of: datetime, progress: Progress = silent) -> Delivery:
    """Send what is due; what a channel does is noted, never raised, and holds up no other channel.

    A channel that fails is left alone until the next delivery. Processes deliver one after the other. A kill between
    sending and noting repeats that one message, at the earliest a quarter of an hour later.

    Raises:
        StoreError: the outbox cannot be read or written.
    """
    outbox = Outbox(ws.store.state)
    with ws.exclusive("deliver"):
        outbox.prune(as_of)
        rounds = _Rounds(ws, as_of, outbox)
        rounds.go(progress)
        return rounds.done


def clock_of(ws: Workspace, as_of: datetime) -> Clock:
    """Return the time as the workspace lives it."""
    return Clock(as_of, ws.settings.zone, ws.settings.alerts.quiet_hours)


def by_channel(notices: Iterable[Notice]) -> dict[str, list[Notice]]:
    """Sort notices by their channel."""
    found: defaultdict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        found[notice.channel].append(notice)
    return dict(found)


@dataclass(slots=True)
class _Route:
    """A channel on its round: what it still has to bring."""

    name: str
    settings: ChannelSettings
    channel: Channel
    parcels: list[Parcel]


class _Rounds:
    """One delivery. The store is used by this thread alone; others only wait for the channels' processes."""

    def __init__(self, ws: Workspace, as_of: datetime, outbox: Outbox) -> None:
        self.done = Delivery()
        self._ws, self._as_of, self._outbox = ws, as_of, outbox
        self._ends = time.monotonic() + _BUDGET
        self._on_the_way: dict[Future[str | None], tuple[_Route, Parcel]] = {}

    def go(self, progress: Progress) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as self._pool, ExitStack() as opened:
            routes = self._planned(opened)
            total = sum(len(route.parcels) for route in routes)
            ready = deque(routes)
            while ready or self._on_the_way:
                while ready and len(self._on_the_way) < _AT_ONCE:
                    self._send_next(ready.popleft())
                finished, _ = wait(self._on_the_way, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._arrived(future)
                progress("deliver", total - sum(len(route.parcels) for route in routes), total)
        self.done.waiting += sum(len(parcel) for route in routes for parcel in route.parcels)

    def _planned(self, opened: ExitStack) -> list[_Route]:
        """Return the channels that have something to bring, and count what stays."""
        routes = []
        clock, channels = clock_of(self._ws, self._as_of), self._ws.settings.alerts.channels
        for name, notices in by_channel(self._outbox.all()).items():
            settings = channels.get(name)
            planned = plan(settings, notices, clock)
            for notice in notices:
                if why := planned.held.get(notice.key):
                    self._count(why, notice)
            if settings and planned.parcels:
                routes.append(_Route(name, settings, opened.enter_context(Channel(settings)), planned.parcels))
        return routes

    def _count(self, why: Why, notice: Notice) -> None:
        if why == "stuck":
            self.done.stuck += 1
            self.done.stuck_since = min(notice.added, self.done.stuck_since or notice.added)
        elif why in WAITING:
            self.done.waiting += 1
        else:
            self.done.held += 1

    def _send_next(self, route: _Route) -> None:
        """Send a channel's next parcel, if there is one and time for it; else the channel is done."""
        while route.parcels and time.monotonic() < self._ends:
            parcel, told = self._claimed(route, route.parcels.pop(0))
            if message := self._written(route, parcel, told):
                self._on_the_way[self._pool.submit(route.channel.send, message)] = route, parcel
                return
        route.channel.close()

    def _claimed(self, route: _Route, parcel: Parcel) -> tuple[Parcel, list[Told]]:
        """Take the parcel's notices and find their alerts; what another process has taken counts as waiting."""
        claimed = [notice for each in parcel if (notice := self._outbox.claim(each, self._as_of))]
        self.done.waiting += len(parcel) - len(claimed)
        stored = {id_: self._ws.store.get("alerts", id_) for id_ in {notice.alert for notice in claimed}}
        lost = [notice for notice in claimed if stored[notice.alert] is None]
        self._failed(route, lost, "its alert is not in the store")
        found = tuple(notice for notice in claimed if stored[notice.alert] is not None)
        told = [(document, _event(found, id_)) for id_, document in sorted(stored.items()) if document is not None]
        return found, told

    def _written(self, route: _Route, parcel: Parcel, told: Sequence[Told]) -> Message | None:
        """Write the message of a parcel; None when there is none to write, or it cannot be written."""
        manner = manner_of(self._ws.settings, route.settings)
        try:
            alerts = [(Alert.of(document), event) for document, event in told]
            if len(alerts) == 1:
                return alert_message(*alerts[0], manner)
            return digest_message(alerts, manner) if alerts else None
        except (TypeError, ValueError, KeyError) as error:
            # Such as a field that a later version has added; the text of it stays out of the state.
            self._failed(route, parcel, f"its alert cannot be put into words ({type(error).__name__})")
            return None

    def _arrived(self, future: Future[str | None]) -> None:
        """Note what came of a parcel; after a failure its channel is done."""
        route, parcel = self._on_the_way.pop(future)
        if problem := future.result():
            self._failed(route, parcel, problem)
            route.channel.close()
            return
        message = digest(iso(self._as_of), *(notice.key for notice in parcel))
        for notice in parcel:
            self._outbox.sent(notice, self._as_of, message)
        self.done.sent += len(parcel)
        self._send_next(route)

    def _failed(self, route: _Route, parcel: Sequence[Notice], problem: str) -> None:
        for notice in parcel:
            later = self._outbox.failed(notice, self._as_of, problem)
            self._count("stuck" if later.stuck else "later try", later)
            self.done.problems[route.name] = problem


def _event(parcel: Parcel, alert_id: str) -> Event:
    """Return the event that says most of what is new about an alert."""
    events = {notice.event for notice in parcel if notice.alert == alert_id}
    return next(event for event in _TELLS_MOST if event in events)
