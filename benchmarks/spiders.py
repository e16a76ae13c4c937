"""Pages per second of `schema_org`, all included, beside a bare Scrapy spider that parses the same.

    python -m benchmarks.spiders [pages] [rounds]

Both fetch the same generated pages (20 reviews, in microdata only or in JSON-LD too) from one
loopback server, in separate processes, alternately. The bare spider parses with the same functions
and throws the records away; ours also checks, remembers, counts and writes them to a pipe. Start-up
is measured with one page and taken off. CPU time of each process is the measure: the wall clock of a
shared machine says little. The goal, a ratio of at least 0.9, is for the pages that extruct parses;
JSON-LD is read so fast that what is done with the items weighs more than the parsing.
"""

import json
import resource
import statistics
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOAL = 0.9
REVIEWS = 20
BARE = """
import sys
from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from spiders.dates import DateReader
from spiders.markup.nodes import read_markup
from spiders.markup.records import Page, read_records

class Bare(Spider):
    name = "bare"

    async def start(self):
        for request in self.requests():
            yield request

    def requests(self):
        from scrapy import Request
        for n in range(int(sys.argv[2])):
            yield Request(f"{sys.argv[1]}/p/{n}", self.parse, dont_filter=True)

    def parse(self, response):
        markup = read_markup(response.body, response.url, response.encoding)
        read_records(markup, Page(response.url, "bare", DateReader()))

process = AsyncCrawlerProcess({"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False,
                               "COOKIES_ENABLED": False, "METAREFRESH_ENABLED": False,
                               "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "ROBOTSTXT_OBEY": True})
process.crawl(Bare)
process.start()
"""


def cpu() -> float:
    """Return the CPU seconds that ended child processes have used."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def page(number: int, *, jsonld: bool) -> bytes:
    """Return one product page: reviews in microdata, and in JSON-LD where wanted."""
    reviews = [
        {
            "@type": "Review",
            "@id": f"#r{n}",
            "author": {"@type": "Person", "name": f"Author {n}"},
            "datePublished": f"2025-0{n % 9 + 1}-11T10:00:00+02:00",
            "reviewBody": f"Bezorging {number}-{n} kwam te laat, maar de monteur was vriendelijk. " * 4,
            "reviewRating": {"@type": "Rating", "ratingValue": str(n % 5 + 1)},
        }
        for n in range(REVIEWS)
    ]
    product = {"@context": "https://schema.org", "@type": "Product", "name": f"P{number}"}
    shown = "".join(
        f'<div itemscope itemtype="https://schema.org/Review"><p itemprop="reviewBody">'
        f"{r['reviewBody']}</p></div>" + "<span class='filler'> </span>" * 25
        for r in reviews
    )
    script = json.dumps(product | {"review": reviews})
    head = f'<script type="application/ld+json">{script}</script>' if jsonld else "<!-- schema.org -->"
    return f"<html>{head}<body>{shown}</body></html>".encode()


def serve(*, jsonld: bool) -> ThreadingHTTPServer:
    """Serve generated pages on a free port of loopback."""
    made = [page(n, jsonld=jsonld) for n in range(50)]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = self.path.startswith("/p/")
            body = made[int(self.path[3:]) % len(made)] if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def bare(base: str, pages: int) -> float:
    """Return the CPU seconds that the bare spider takes."""
    begun = cpu()
    subprocess.run([sys.executable, "-c", BARE, base, str(pages)], check=True)
    return cpu() - begun


def ours(base: str, pages: int) -> float:
    """Return the CPU seconds that our runner takes, its items read from the pipe."""
    job = {
        "source": "bench",
        "spider": "schema_org",
        "params": {"urls": [f"{base}/p/{n}" for n in range(pages)]},
        "settings": {"delay": 0, "concurrency": 8},
    }
    begun = cpu()
    command = [sys.executable, "-m", "spiders.runner"]
    done = subprocess.run(command, input=json.dumps(job).encode(), capture_output=True, check=True)
    seconds = cpu() - begun
    end = json.loads(done.stdout.splitlines()[-1])
    if end["finish"] != "finished" or end["counts"]["pages"] != pages:
        raise SystemExit(f"not all pages were read: {end['finish']} {end['reason']}")
    return seconds


def main(pages: int = 400, rounds: int = 3) -> int:
    """Measure both kinds of page; fail when the ratio misses the goal where extruct parses."""
    compare("JSON-LD, read without extruct", pages, rounds, jsonld=True)
    return 0 if compare("microdata, read by extruct", pages, rounds, jsonld=False) >= GOAL else 1


def compare(label: str, pages: int, rounds: int, *, jsonld: bool) -> float:
    """Print pages per CPU second of both spiders and return their ratio."""
    server = serve(jsonld=jsonld)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    start = {f: min(f(base, 1) for _ in range(2)) for f in (bare, ours)}
    times = {f: [] for f in (bare, ours)}
    for _ in range(rounds):
        for f in (bare, ours):
            times[f].append(f(base, pages) - start[f])
    speed = {f: (pages - 1) / statistics.median(times[f]) for f in times}
    ratio = speed[ours] / speed[bare]
    print(f"{label}, {pages} pages")
    print(f"bare Scrapy  {speed[bare]:7.1f} pages per CPU s   (start-up {start[bare]:.2f} s)")
    print(f"schema_org   {speed[ours]:7.1f} pages per CPU s   (start-up {start[ours]:.2f} s)")
    print(f"ratio        {ratio:7.2f}   (goal {GOAL})")
    server.shutdown()
    return ratio


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
