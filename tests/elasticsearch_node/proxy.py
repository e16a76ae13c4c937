"""A reverse proxy on loopback that runs in a thread of its own: what the TLS proxy and the fault proxy share."""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, DummyCookieJar, web
from multidict import CIMultiDict
from yarl import URL

# Headers that belong to one connection, and the length, which the body brings itself.
_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Answer:
    """What the server behind the proxy answered."""

    status: int
    headers: "CIMultiDict[str]"
    body: bytes

    def response(self) -> web.Response:
        return web.Response(status=self.status, headers=self.headers, body=self.body)


Forward = Callable[[], Awaitable[Answer]]
Handler = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]


def json_error(status: int, kind: str, reason: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an error in Elasticsearch's shape."""
    cause = {"type": kind, "reason": reason}
    body = {"error": {"root_cause": [cause], **cause}, "status": status}
    return web.json_response(body, status=status, headers={"X-elastic-product": "Elasticsearch", **(headers or {})})


def hang_up(request: web.Request) -> web.Response:
    """Close the client's connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # goes nowhere


@contextmanager
def proxied(upstream: str, handle: Handler, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve a handler on a free port of loopback, which it gets back; `forward()` asks the server at `upstream`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()
    runner, port = asyncio.run_coroutine_threadsafe(_start(upstream, handle, tls), loop).result()
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(upstream: str, handle: Handler, tls: ssl.SSLContext | None) -> tuple[web.AppRunner, int]:
    session = ClientSession(auto_decompress=False, cookie_jar=DummyCookieJar())

    async def serve(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            return await handle(request, lambda: _ask(session, upstream, request, body))
        except ClientError:  # the server is gone, and so is this connection to it
            return hang_up(request)

    async def close(_: web.Application) -> None:
        await session.close()

    app = web.Application(client_max_size=0)  # no limit
    app.router.add_route("*", "/{path:.*}", serve)
    app.on_cleanup.append(close)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    return runner, runner.addresses[0][1]


async def _ask(session: ClientSession, upstream: str, request: web.Request, body: bytes) -> Answer:
    url = URL(upstream.rstrip("/") + request.raw_path, encoded=True)
    headers = _passed_on(request.headers)
    headers.popall("Authorization", None)
    async with session.request(request.method, url, headers=headers, data=body or None) as answer:
        return Answer(answer.status, _passed_on(answer.headers), await answer.read())


def _passed_on(headers: Mapping[str, str]) -> "CIMultiDict[str]":
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _OF_THE_CONNECTION)
