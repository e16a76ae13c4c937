"""A proxy in front of a node that fails when told to, as networks and busy clusters do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Lock

from aiohttp import web

from tests.elasticsearch_node.proxy import Answer, Forward, hang_up, json_error, proxied


class Fault(Enum):
    """How a connection fails. A number instead of it is an HTTP status, answered in the place of the node."""

    DROPPED = auto()  # closed before the node saw the request
    UNANSWERED = auto()  # closed after the node did what was asked
    CUT = auto()  # closed in the middle of the node's answer


@dataclass
class _Order:
    failure: Fault | int
    left: float
    requests: re.Pattern[str]


@dataclass
class FaultProxy:
    """What was asked (`METHOD /path`, in order), and what is to fail."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    _orders: list[_Order] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fail(self, failure: Fault | int, times: float = 1, requests: str = "") -> None:
        """Fail the next requests whose `METHOD /path?query` a pattern is found in; `math.inf` times until `heal`."""
        with self._lock:
            self._orders.append(_Order(failure, times, re.compile(requests)))

    def heal(self) -> None:
        """Let everything through again."""
        with self._lock:
            self._orders.clear()

    def _next(self, line: str) -> Fault | int | None:
        with self._lock:
            self.asked.append(line)
            order = next((o for o in self._orders if o.left > 0 and o.requests.search(line)), None)
            if order is None:
                return None
            order.left -= 1
            return order.failure

    async def handle(self, request: web.Request, forward: Forward) -> web.StreamResponse:
        failure = self._next(f"{request.method} {request.raw_path}")
        if isinstance(failure, int):
            return json_error(failure, "injected_exception", f"status {failure} in the place of the node's answer")
        if failure is Fault.DROPPED:
            return hang_up(request)
        answer = await forward()
        if failure is Fault.UNANSWERED:
            return hang_up(request)
        if failure is Fault.CUT:
            return await _half(request, answer)
        return answer.response()


@contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """Serve a node through a proxy that lets everything through until `fail` says otherwise."""
    proxy = FaultProxy()
    with proxied(upstream, proxy.handle) as proxy.port:
        yield proxy


async def _half(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Promise the whole answer and send half of it."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()  # sends what was written first
    return response
