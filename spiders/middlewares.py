"""Downloader middlewares: the robots gate, and patience within bounds."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
)

from spiders.outcome import Finish
from spiders.ratelimit import exhausted_for, retry_after
from spiders.source import Run
from spiders.text import shown

logger = logging.getLogger(__name__)
_BUSY = frozenset({408, 429, 500, 502, 503, 504, 520, 522, 524})
_SLOW_DOWN = frozenset({429, 503})
_FINAL = (IgnoreRequest, NotSupported, DownloadCancelledError)


class HostStoppedError(IgnoreRequest):
    """A host asked to wait for longer than this run may: its requests are put off."""


class RobotsUnavailableError(IgnoreRequest):
    """A host's robots.txt is broken for now: nothing may be fetched until it answers."""


class RobotsGate(RobotsTxtMiddleware):
    """Obey robots.txt as Protego reads it, and stay away while it answers 429 or 5xx (RFC 9309)."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._unavailable: set[str] = set()

    async def process_request(self, request: Any, spider: Any = None) -> None:  # noqa: ARG002  Scrapy's own
        """Let a request pass or raise IgnoreRequest."""
        await super().process_request(request)
        host = urlsplit(request.url).netloc
        if host in self._unavailable and not request.meta.get("dont_obey_robotstxt"):
            raise RobotsUnavailableError

    async def _parse_robots(self, response: Any, netloc: str, request: Any) -> None:
        if response.status == 429 or response.status >= 500:
            self._unavailable.add(netloc)
        # An error page is no set of rules.
        readable = response if response.status < 400 else response.replace(body=b"")
        await super()._parse_robots(readable, netloc, request)


class Patience:
    """Wait as sources ask, retry what may pass, stop a host that asks for more than there is."""

    def __init__(self, crawler: Any) -> None:
        run: Run = crawler.spider.run
        self._limits, self._counts = run.job.settings, run.counts
        self._resume: dict[str, float] = {}
        self._stopped: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Patience":
        """Take limits and counts from the run of the crawler's spider."""
        return cls(crawler)

    async def process_request(self, request: Any) -> None:
        """Hold a request until its host's quota is filled up again."""
        host = urlsplit(request.url).netloc
        if host in self._stopped:
            raise HostStoppedError(self._stopped[host])
        now = asyncio.get_running_loop().time()
        if (wait := self._resume.pop(host, 0.0) - now) > 0:
            await asyncio.sleep(wait)

    async def process_response(self, request: Any, response: Any) -> Any:
        """Count an answer, note the limits it names and retry it when the source was busy."""
        if not request.meta.get("dont_obey_robotstxt"):  # robots.txt itself is no answer of the source
            self._counts[f"http_{response.status // 100}xx"] += 1
        self._counts["bytes"] += len(response.body)
        headers = _plain(response.headers)
        now = datetime.now(UTC)
        asked = retry_after(headers, now) if response.status in _SLOW_DOWN else None
        if asked is None:
            asked_next = exhausted_for(headers, now)
            if asked_next is not None:
                self._hold(request, asked_next)
            asked = asked_next if response.status == 429 else None
        if response.status not in _BUSY:
            return response
        return await self._again(request, asked, f"answers {response.status}") or response

    async def process_exception(self, request: Any, exception: Exception) -> Any:
        """Retry a request that got no answer."""
        if isinstance(exception, _FINAL):
            return None
        return await self._again(request, None, type(exception).__name__)

    def _hold(self, request: Any, seconds: float) -> None:
        host = urlsplit(request.url).netloc
        if seconds > self._limits.patience:
            self._stop(host, seconds)
        else:
            self._resume[host] = asyncio.get_running_loop().time() + seconds

    def _stop(self, host: str, seconds: float) -> None:
        self._stopped[host] = f"{host} asks to wait {seconds:.0f} s, longer than this run may"

    async def _again(self, request: Any, asked: float | None, why: str) -> Any:
        """Return a copy to retry after a pause, None when there is no more to try."""
        tried = request.meta.get("retry_times", 0)
        host = urlsplit(request.url).netloc
        if asked is not None and asked > self._limits.patience:
            self._stop(host, asked)
            raise HostStoppedError(self._stopped[host])
        if tried >= self._limits.retries:
            return None
        pause = self._limits.backoff * 2**tried if asked is None else asked
        logger.info("%s %s: again in %.1f s", shown(request.url), why, pause)
        await asyncio.sleep(min(pause, self._limits.patience))
        again = request.replace(dont_filter=True)
        again.meta["retry_times"] = tried + 1
        return again


def explain(error: BaseException, url: str) -> tuple[Finish, str]:
    """Return the finish and the words for a request without an answer."""
    where = shown(url)
    if isinstance(error, HostStoppedError):
        return "limited", str(error)
    if isinstance(error, RobotsUnavailableError):
        return "failed", f"{where}: robots.txt of this host is broken, nothing is fetched for now"
    if isinstance(error, IgnoreRequest):
        return "refused", f"{where}: robots.txt forbids it"
    return "failed", f"{where} {_transport(error)}"


def was_unanswered(error: BaseException) -> bool:
    """Tell whether a request that failed had no answer, and may have one later."""
    return isinstance(error, RobotsUnavailableError) or not isinstance(error, _FINAL)


def _transport(error: BaseException) -> str:
    if isinstance(error, DownloadTimeoutError):
        return "does not answer in time"
    if isinstance(error, DownloadConnectionRefusedError):
        return "refuses the connection"
    if isinstance(error, CannotResolveHostError):
        return "has no known host name"
    if isinstance(error, DownloadCancelledError):
        return "answers with more than this run reads from one address"
    return f"cannot be fetched ({type(error).__name__})"


def _plain(headers: Any) -> dict[str, str]:
    return {k.decode("latin-1").lower(): v[-1].decode("latin-1") for k, v in headers.items() if v}
