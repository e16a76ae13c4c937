"""A source joined with Scrapy: the settings of a run and the spider class that it drives."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy import Spider

from spiders.job import ROBOTS_AGENT, Job
from spiders.source import Source


async def _start(self: Any) -> AsyncIterator[Any]:
    for request in self.requests():
        yield request


def compose(source: type[Source]) -> type[Spider]:
    """Return the spider of a source; it takes `run` and `params` as arguments."""
    return type(source.__name__, (source, Spider), {"start": _start})


def settings(job: Job) -> dict[str, Any]:
    """Return Scrapy's settings for one job."""
    limits = job.settings
    return {
        **_quiet(),
        "USER_AGENT": job.user_agent,
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": ROBOTS_AGENT,
        "CONCURRENT_REQUESTS_PER_DOMAIN": limits.concurrency,
        "DOWNLOAD_DELAY": limits.delay,
        "AUTOTHROTTLE_ENABLED": limits.delay > 0,
        "AUTOTHROTTLE_START_DELAY": limits.delay,
        "DOWNLOAD_TIMEOUT": limits.timeout,
        "DOWNLOAD_MAXSIZE": limits.max_response_bytes,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "CLOSESPIDER_TIMEOUT": limits.budget or 0,
        # Sources read the status themselves: 304, 404 and 429 all mean something.
        "HTTPERROR_ALLOW_ALL": True,
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
            "spiders.middlewares.RobotsGate": 100,
            "spiders.middlewares.Patience": 550,
        },
    }


def _quiet() -> dict[str, Any]:
    return {
        "COOKIES_ENABLED": False,
        "REFERRER_POLICY": "no-referrer",
        "METAREFRESH_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "MEMUSAGE_ENABLED": False,
        "STATS_DUMP": False,
        # Items go to the sink, so Scrapy needs no hundred workers for those of each page; and it need
        # not read the source code of a callback once a page to look for a mistake.
        "CONCURRENT_ITEMS": 1,
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
        "LOG_LEVEL": "WARNING",
    }
