"""A real HTTP server on loopback that answers from a table, and a case of a source read from disk."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"
ROBOTS = "/robots.txt"


@dataclass
class Answer:
    """One answer; `pause` seconds go by before it. `{base}` stands for the server's address."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0


@dataclass
class Site:
    """What a server answers, by path and query or by path; `every` answers the rest."""

    base: str
    answers: dict[str, Answer] = field(default_factory=dict)
    every: Answer = field(default_factory=lambda: Answer(404))
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def find(self, path: str) -> Answer:
        return self.answers.get(path) or self.answers.get(path.partition("?")[0]) or self.every

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class QuietHandler(BaseHTTPRequestHandler):
    """Keeps connections open, and says nothing, also of those that hang up."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            return


@contextmanager
def serve(answers: dict[str, Answer] | None = None) -> Iterator[Site]:
    """Serve answers on a free port of loopback."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            answer = site.find(self.path)
            time.sleep(answer.pause)
            same = answer.headers.get("ETag")
            unchanged = same is not None and self.headers.get("If-None-Match") == same
            body = b"" if unchanged else answer.body.replace(b"{base}", site.base.encode())
            self.send_response(304 if unchanged else answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value.replace("{base}", site.base))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Site(f"http://127.0.0.1:{server.server_address[1]}", dict(answers or {}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Case:
    """A directory `fixtures/<source>/<case>`: `case.json`, bodies beside it, `expected.json`."""

    source: str
    directory: Path

    @property
    def data(self) -> dict[str, Any]:
        return json.loads((self.directory / "case.json").read_text())

    def answers(self) -> dict[str, Answer]:
        return {path: self._answer(spec) for path, spec in self.data.get("answers", {}).items()}

    def job(self, base: str = "", **changes: Any) -> dict[str, Any]:
        text = json.dumps(self.data["params"])
        filled = text.replace("{base}", base).replace("{dir}", str(self.directory))
        job = {
            "source": "fixture",
            "spider": self.source,
            "params": json.loads(filled),
            "as_of": self.data["as_of"],
            "settings": {"delay": 0, "timeout": 5, "retries": 0, "backoff": 0.01, "patience": 5},
        }
        return job | changes

    def expected(self, base: str = "") -> dict[str, Any]:
        text = (self.directory / "expected.json").read_text()
        return json.loads(text.replace("{base}", base))

    def _answer(self, spec: dict[str, Any]) -> Answer:
        body = (self.directory / spec["file"]).read_bytes() if "file" in spec else b""
        return Answer(spec.get("status", 200), body, spec.get("headers", {}))


def cases(source: str) -> list[Case]:
    """Return the cases of a source, by name."""
    found = sorted(FIXTURES.glob(f"{source}/*/case.json"))
    return [Case(source, path.parent) for path in found]
