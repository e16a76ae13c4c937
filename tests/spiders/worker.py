"""Run one job after the other in one process: the runner's own parts, one Scrapy start-up.

Jobs are lines on standard input; the answer to each is its protocol lines. Same reactor, download
handler and middlewares as `python -m spiders.runner`, which costs seconds to start every time.
"""

import asyncio
import io
import sys

from pydantic import ValidationError
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.reactor import install_reactor

from spiders import runner
from spiders.crawl import compose, settings
from spiders.job import Job
from spiders.registry import UnknownSourceError


async def answer(line: bytes) -> bytes:
    out = io.BytesIO()
    try:
        prepared = runner.prepare(Job.model_validate_json(line), out)
    except (ValidationError, UnknownSourceError) as error:
        runner._refuse(out, error)
        return out.getvalue()
    if prepared.source.network:
        crawler = AsyncCrawlerRunner(settings(prepared.run.job))
        await crawler.crawl(compose(prepared.source), run=prepared.run, params=prepared.params)
    else:
        runner.read(prepared)
    runner.conclude(prepared)
    return out.getvalue()


async def serve(reactor) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        sys.stdout.buffer.write(await answer(line))
        sys.stdout.buffer.flush()
    reactor.stop()


def main() -> None:
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor

    reactor.callWhenRunning(lambda: deferred_from_coro(serve(reactor)))
    reactor.run()


if __name__ == "__main__":
    main()
