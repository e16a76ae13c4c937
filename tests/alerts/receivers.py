"""Real receivers on loopback: an HTTP server that answers by a script, over TLS if need be, and a mail server."""

import email
import email.policy
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import ThreadingHTTPServer
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.spiders.loopback import QuietHandler

HANG = 0
"""Instead of a status: no answer comes before the server ends."""


@dataclass
class Hook:
    """A webhook: what it was sent, and with which statuses it answers, the last one again and again."""

    port: int
    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    got: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def next_status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def webhook(*statuses: int, tls: bool = False, headers: dict[str, str] | None = None) -> Iterator[Hook]:
    """Serve a webhook that answers with these statuses."""

    class Handler(QuietHandler):
        def do_POST(self) -> None:  # noqa: N802 - a name of http.server
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.paths.append(self.path)
            hook.got.append(json.loads(body))
            hook.asked.set()
            status = hook.next_status()
            if status == HANG:
                hook.ended.wait()
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    hook = Hook(server.server_address[1], list(statuses) or [200], headers or {})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hook
    finally:
        hook.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mail:
    """A mail server and what it was handed."""

    port: int = 0
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        return "250 taken"


class AnyPort(Controller):
    """Listens on the port that the system gives."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _asking(password: bytes) -> dict[str, Any]:
    def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == password, handled=False)

    return {"authenticator": known, "auth_required": True, "auth_require_tls": False}


@contextmanager
def mail_server(password: bytes | None = None) -> Iterator[Mail]:
    """Serve SMTP on a free port; with a password only to those who know it."""
    mail = Mail()
    controller = AnyPort(mail, hostname="127.0.0.1", port=0, **(_asking(password) if password else {}))
    controller.start()
    mail.port = controller.port
    try:
        yield mail
    finally:
        controller.stop()
