"""The demonstration's web server on loopback: shops, blog and social network, as they stood at its clock's time."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from demo.pages import TRAP, Pages
from demo.posts import Post
from demo.shelf import Shelf
from demo.timeline import Timeline
from demo.truths import OWN

HOST: Final = "127.0.0.1"
_HTML: Final = "text/html; charset=utf-8"
_JSON: Final = "application/json; charset=utf-8"
_XML: Final = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    body: str = ""
    kind: str = _HTML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


_GONE: Final = Answer("Deze pagina is er niet.", "text/plain; charset=utf-8", 404)
_BUSY: Final = Answer("", _JSON, 503, {"Retry-After": "1"})

Route = Callable[..., Answer]


class Site:
    """Serves the year while it is open; `as_of` is its clock, `social_down` closes the social network.

    `asked` lists the paths that were requested, in order.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, posts: Iterable[Post], as_of: datetime, port: int = 0) -> None:
        self.as_of = as_of
        self.social_down = False
        self.asked: list[str] = []
        shelf = Shelf(posts)
        self._pages, self._timeline = Pages(shelf), Timeline(shelf)
        self._server = ThreadingHTTPServer((HOST, port), partial(_Handler, self))
        self.port: int = self._server.server_address[1]
        self.base = f"http://{HOST}:{self.port}"

    def __enter__(self) -> "Site":
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, target: str) -> Answer:
        """Return the answer to a request for a path with its query."""
        self.asked.append(target)
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        for pattern, route in _ROUTES:
            if match := pattern.fullmatch(parts.path):
                return route(self, query, **match.groupdict())
        return _GONE

    def robots(self, _query: Mapping[str, str]) -> Answer:
        """Answer for robots.txt."""
        return Answer(self._pages.robots(self.base), "text/plain; charset=utf-8")

    def home(self, _query: Mapping[str, str], shop: str) -> Answer:
        """Answer for the front page of a shop."""
        return _page(self._pages.home(shop))

    def sitemap(self, _query: Mapping[str, str], shop: str) -> Answer:
        """Answer for a shop's sitemap."""
        return _page(self._pages.sitemap(self.base, shop, self.as_of), _XML)

    def product(self, query: Mapping[str, str], shop: str, slug: str) -> Answer:
        """Answer for a page of a product's reviews."""
        number = query.get("pagina", "1")
        return _page(self._pages.product(self.base, shop, slug, int(number) if number.isdecimal() else 0, self.as_of))

    def questions(self, _query: Mapping[str, str], shop: str) -> Answer:
        """Answer for the list of a shop's questions."""
        return _page(self._pages.questions(shop, self.as_of))

    def question(self, _query: Mapping[str, str], shop: str, number: str) -> Answer:
        """Answer for the page of a question."""
        return _page(self._pages.question(self.base, shop, int(number), self.as_of))

    def feed(self, _query: Mapping[str, str]) -> Answer:
        """Answer for the blog's feed."""
        return Answer(self._pages.feed(self.base, self.as_of), "application/rss+xml; charset=utf-8")

    def story(self, _query: Mapping[str, str], number: str) -> Answer:
        """Answer for an entry of the blog."""
        return _page(self._pages.story(int(number), self.as_of))

    def trap(self, _query: Mapping[str, str]) -> Answer:
        """Answer for the area that robots.txt closes."""
        return Answer("Niet voor robots.", "text/plain; charset=utf-8")

    def instance(self, _query: Mapping[str, str]) -> Answer:
        """Answer for what the social network says of itself."""
        return self._social(self._timeline.instance(self.base))

    def tag(self, query: Mapping[str, str], tag: str) -> Answer:
        """Answer for a page of a hashtag's timeline."""
        page = self._timeline.tag(self.base, tag, query, self.as_of)
        return self._social(page.statuses, {"Link": page.link} if page.link else {})

    def status(self, _query: Mapping[str, str], identifier: str) -> Answer:
        """Answer for one post of the social network."""
        status = self._timeline.status(self.base, int(identifier), self.as_of)
        return self._social(status) if status else Answer('{"error": "Record not found"}', _JSON, 404)

    def _social(self, data: Any, headers: Mapping[str, str] | None = None) -> Answer:
        return _BUSY if self.social_down else Answer(json.dumps(data), _JSON, headers=headers or {})


def _page(body: str | None, kind: str = _HTML) -> Answer:
    return _GONE if body is None else Answer(body, kind)


_ROUTES: Final[tuple[tuple[re.Pattern[str], Route], ...]] = tuple(
    (re.compile(pattern), route)
    for pattern, route in (
        (r"/robots\.txt", Site.robots),
        (rf"{TRAP}.*", Site.trap),
        (r"/api/v2/instance", Site.instance),
        (r"/api/v1/timelines/tag/(?P<tag>\w+)", Site.tag),
        (r"/api/v1/statuses/(?P<identifier>\d+)", Site.status),
        (rf"/{OWN.lower()}/blog\.rss", Site.feed),
        (rf"/{OWN.lower()}/blog/(?P<number>\d+)", Site.story),
        (r"/(?P<shop>\w+)/", Site.home),
        (r"/(?P<shop>\w+)/sitemap\.xml", Site.sitemap),
        (r"/(?P<shop>\w+)/p/(?P<slug>[\w-]+)", Site.product),
        (r"/(?P<shop>\w+)/vragen/", Site.questions),
        (r"/(?P<shop>\w+)/vragen/(?P<number>\d+)", Site.question),
    )
)


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with ETags for the site."""

    protocol_version = "HTTP/1.1"
    # Headers and body in one packet: otherwise Nagle's algorithm holds small answers up for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(self, site: Site, *args: Any) -> None:
        self._site = site
        super().__init__(*args)

    def do_GET(self) -> None:
        answer = self._site.answer(self.path)
        body = answer.body.encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        known = answer.status == 200 and self.headers.get("If-None-Match") == tag
        self.send_response(304 if known else answer.status)
        for name, value in {"Content-Type": answer.kind, "ETag": tag, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0" if known else str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if known else body)

    def log_message(self, *_args: Any) -> None:
        """Keep quiet."""
