"""A stand-in for Kibana: a real HTTP server that records requests and answers as Kibana 9.5's API pages say.

It is no Kibana: it knows ids and names, but checks no body and draws nothing.
"""

import json
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Json = dict[str, Any]
Reply = tuple[int, Any]
_SPACE = re.compile(r"/s/([^/]+)(/.*)")


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found


@dataclass
class StandIn:
    """A server, what it has, what arrived, and answers to give instead of its own by (method, start of the path)."""

    url: str = ""
    version: str = "9.5.3"
    authorization: str | None = None
    spaces: set[str] = field(default_factory=lambda: {"default", "team-1"})
    saved: dict[tuple[str, str], Json] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    instead: dict[tuple[str, str], tuple[int, str | bytes]] = field(default_factory=dict)

    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.method != "GET"]

    def reply(self, request: Request) -> Reply:
        if self.authorization and request.headers.get("authorization") != self.authorization:
            return 401, {
                "statusCode": 401,
                "error": "Unauthorized",
                "message": "[security_exception]: unable to authenticate",
            }
        if request.method != "GET" and request.headers.get("kbn-xsrf") != "true":
            return 400, {"statusCode": 400, "message": "Request must contain a kbn-xsrf header."}
        inside = _SPACE.match(request.path)
        space, path = inside.groups() if inside else ("default", request.path)
        if space not in self.spaces:
            return 404, {"statusCode": 404, "message": "Not Found"}
        return self._route(request, space, path.partition("?")[0])

    def _route(self, request: Request, space: str, path: str) -> Reply:
        if path == "/api/status":
            return 200, {"name": "stand-in", "version": {"number": self.version}}
        kind, _, name = path.removeprefix("/api/").rpartition("/")
        if kind == "spaces/space":
            return (200, {"id": name}) if name in self.spaces else (404, {"message": "Not Found"})
        if kind == "dashboards" and request.method == "PUT":
            return self._keep("dashboard", name, space, request.json)
        if path == "/api/saved_objects/_import":
            return self._import(request, space)
        return self._data_view(request, space, kind, name)

    def _data_view(self, request: Request, space: str, kind: str, name: str) -> Reply:
        if request.method == "GET":
            found = self.saved.get(("data-view", name))
            return (200, found) if found and found["space"] == space else (404, {"message": f"{name} not found"})
        body = request.json["data_view"]
        if kind == "data_views/data_view":
            return 200, self._keep("data-view", name, space, body)[1]
        here = [
            saved["body"] for (what, _), saved in self.saved.items() if (what, saved["space"]) == ("data-view", space)
        ]
        if body["name"] in [view["name"] for view in here]:
            return 409, {"statusCode": 409, "message": f"Duplicate data view: {body['name']}"}
        return 200, self._keep("data-view", body["id"], space, body)[1]

    def _import(self, request: Request, space: str) -> Reply:
        part = request.body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
        saved = json.loads(part)
        there = ("search", saved["id"]) in self.saved
        for reference in saved["references"]:
            if ("data-view", reference["id"]) not in self.saved:
                return 200, {"success": False, "errors": [{"id": saved["id"], "error": {"type": "missing_references"}}]}
        self._keep("search", saved["id"], space, saved)
        return 200, {"success": True, "successResults": [{"id": saved["id"]} | ({"overwrite": True} if there else {})]}

    def _keep(self, kind: str, name: str, space: str, body: Json) -> Reply:
        there = self.saved.get((kind, name))
        if there and there["space"] != space:
            return 409, {"statusCode": 409, "message": f"A {kind} with ID {name} already exists."}
        self.saved[kind, name] = {"space": space, "body": body}
        return (200 if there else 201), {"id": name, "data": body}


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[StandIn]:
    """Serve on loopback."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, body)
            stand_in.requests.append(request)
            self.give(*next(self.instead(), None) or self.made(request))

        def instead(self) -> Iterator[tuple[int, bytes]]:
            for (method, start), (status, body) in stand_in.instead.items():
                if self.command == method and self.path.startswith(start):
                    yield status, body.encode() if isinstance(body, str) else body

        def made(self, request: Request) -> tuple[int, bytes]:
            status, body = stand_in.reply(request)
            return status, json.dumps(body).encode()

        def give(self, status: int, payload: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            if 300 <= status < 400:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    stand_in.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
