"""Pages per second of `schema_org`, all included, beside a bare Scrapy spider that parses the same.

    python -m benchmarks.spiders [pages] [rounds]

Both fetch the same generated pages of about 60 KB with 20 reviews, in microdata only or in JSON-LD too,
from one loopback server, each in a process of its own, in turns. Both parse with the same functions and
build the same records; how many there are is compared. The bare spider has Scrapy's own settings and drops the
records. Ours also throttles by its settings, checks, remembers and counts them, and writes them to a pipe that is
read. The time of a run goes from the first request for a page to the end of the process; CPU time
is that of the process, less that of a run of one page.
"""

import json
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOAL = 0.9
REVIEWS = 20
SIZE = 60_000
BARE = """
import sys
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from spiders.dates import DateReader
from spiders.markup.nodes import read_markup
from spiders.markup.records import Page, read_records

class Bare(Spider):
    name = "bare"
    built = 0

    async def start(self):
        for n in range(int(sys.argv[2])):
            yield Request(f"{sys.argv[1]}/p/{n}", self.parse, dont_filter=True)

    def parse(self, response):
        markup = read_markup(response.body, response.url, response.encoding)
        records, _ = read_records(markup, Page(response.url, "bare", DateReader()))
        Bare.built += len(records)

process = AsyncCrawlerProcess({"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": True,
                               "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "DOWNLOAD_DELAY": 0})
process.crawl(Bare)
process.start()
print(Bare.built)
"""


@dataclass
class Shop:
    """The server of one kind of page; `begun` is when the first page of a run was asked for."""

    pages: list[bytes]
    base: str = ""
    begun: float | None = None


@dataclass
class Times:
    """Seconds of the runs of one spider."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def page(number: int, *, jsonld: bool) -> bytes:
    """Return one product page: reviews in microdata, and in JSON-LD where wanted."""
    reviews = [_review(number, n) for n in range(REVIEWS)]
    product = {"@context": "https://schema.org", "@type": "Product", "name": f"P{number}", "review": reviews}
    head = f'<script type="application/ld+json">{json.dumps(product)}</script>' if jsonld else ""
    shown = "".join(map(_markup, reviews))
    rest = SIZE - len(head) - len(shown)
    menu = '<li class="menu-item"><a href="/c/tuin/stoelen?sort=new">Tuinstoelen en banken</a></li>\n'
    filler = "<ul>" + menu * max(rest // len(menu), 0) + "</ul>"
    return f"<!doctype html><html><head>{head}</head><body>{filler}{shown}</body></html>".encode()


def _review(number: int, n: int) -> dict[str, object]:
    return {
        "@type": "Review",
        "@id": f"#r{n}",
        "author": {"@type": "Person", "name": f"Author {n}"},
        "datePublished": f"2025-0{n % 9 + 1}-11T10:00:00+02:00",
        "reviewBody": f"Bezorging {number}-{n} kwam te laat, maar de monteur was vriendelijk. " * 4,
        "reviewRating": {"@type": "Rating", "ratingValue": str(n % 5 + 1)},
    }


def _markup(review: dict[str, object]) -> str:
    scope = 'itemscope itemtype="https://schema.org/'
    return (
        f'<article itemprop="review" {scope}Review" itemid="{review["@id"]}">'
        f'<span itemprop="author" {scope}Person"><b itemprop="name">{review["author"]["name"]}</b></span>'
        f'<time itemprop="datePublished" datetime="{review["datePublished"]}">11 maart</time>'
        f'<div itemprop="reviewRating" {scope}Rating"><meta itemprop="ratingValue" '
        f'content="{review["reviewRating"]["ratingValue"]}"></div>'
        f'<p itemprop="reviewBody">{review["reviewBody"]}</p></article>\n'
    )


@contextmanager
def serve(*, jsonld: bool) -> Iterator[Shop]:
    """Serve generated pages on a free port of loopback."""
    shop = Shop([page(n, jsonld=jsonld) for n in range(50)])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            found = self.path.startswith("/p/")
            if found:
                shop.begun = shop.begun or time.monotonic()
            body = shop.pages[int(self.path[3:]) % len(shop.pages)] if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop.base = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield shop
    server.shutdown()
    server.server_close()


def bare(base: str, pages: int) -> int:
    """Run the bare spider and return how many records it built."""
    done = subprocess.run([sys.executable, "-c", BARE, base, str(pages)], check=True, capture_output=True)
    return int(done.stdout)


def ours(base: str, pages: int) -> int:
    """Run our spider, read its items from the pipe and return how many there are."""
    job = {
        "source": "bench",
        "spider": "schema_org",
        "params": {"urls": [f"{base}/p/{n}" for n in range(pages)]},
        "settings": {"delay": 0, "concurrency": 8},
    }
    command = [sys.executable, "-m", "spiders.runner"]
    done = subprocess.run(command, input=json.dumps(job).encode(), capture_output=True, check=True)
    end = json.loads(done.stdout.splitlines()[-1])
    if end["finish"] != "finished" or end["counts"]["pages"] != pages:
        raise SystemExit(f"not all pages were read: {end['finish']} {end['reason']}")
    return int(end["counts"]["parsed"])


def measure(run: Callable[[str, int], int], shop: Shop, pages: int) -> tuple[float, float]:
    """Return the wall seconds from the first page on, and the CPU seconds, of one run."""
    shop.begun, spent = None, _cpu()
    built = run(shop.base, pages)
    ended = time.monotonic()
    if built != pages * REVIEWS or shop.begun is None:
        raise SystemExit(f"{run.__name__} built {built} records of {pages} pages")
    return ended - shop.begun, _cpu() - spent


def _cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def compare(label: str, pages: int, rounds: int, *, jsonld: bool) -> float:
    """Print a row for each spider and return the ratio of their pages per second of wall clock."""
    times = {bare: Times(), ours: Times()}
    with serve(jsonld=jsonld) as shop:
        start = {run: measure(run, shop, 1)[1] for run in times}
        for number in range(rounds):
            for run in list(times)[:: -1 if number % 2 else 1]:
                wall, cpu = measure(run, shop, pages)
                times[run].wall.append(wall)
                times[run].cpu.append(cpu - start[run])
        size = statistics.mean(map(len, shop.pages))
    speed = {run: pages / statistics.median(t.wall) for run, t in times.items()}
    work = {run: pages / statistics.median(t.cpu) for run, t in times.items()}
    for name, wall, cpu in (
        ("bare Scrapy", f"{speed[bare]:.1f}", f"{work[bare]:.1f}"),
        ("schema_org", f"{speed[ours]:.1f}", f"{work[ours]:.1f}"),
        ("**ratio**", f"{speed[ours] / speed[bare]:.2f}", f"{work[ours] / work[bare]:.2f}"),
    ):
        print(f"| {label} | {size / 1000:.0f} KB | {name} | {wall} | {cpu} |")
    return speed[ours] / speed[bare]


def main(pages: int = 400, rounds: int = 3) -> int:
    """Measure both kinds of page; fail when a ratio misses the goal."""
    print(f"{pages} pages of {REVIEWS} reviews, median of {rounds} rounds in turns, goal {GOAL}\n")
    print("| markup | page | spider | pages/s (wall) | pages/s (CPU) |\n|---|---|---|---|---|")
    ratios = [
        compare("JSON-LD, read without extruct", pages, rounds, jsonld=True),
        compare("microdata, read by extruct", pages, rounds, jsonld=False),
    ]
    return 0 if min(ratios) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
