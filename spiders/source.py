"""What a source is: a declaration, a generator that asks, generators that read the answers.

Importable without Scrapy: the command line validates configurations from these classes. At run
time `spiders.crawl` joins a source with `scrapy.Spider`.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, cast

from spiders.cursor import Cursor
from spiders.dates import DateError
from spiders.items import Item
from spiders.job import Job
from spiders.outcome import Finish, Target
from spiders.params import SourceParams
from spiders.ratings import RatingError
from spiders.sink import LimitReachedError, Reject, Sink
from spiders.text import digest, shown, web_address

logger = logging.getLogger(__name__)
# A generator of requests (Scrapy's, made by `Source.get`), items and rejects.
Found = Iterator[Any]
Parse = Callable[..., Iterable[Any]]
_FINISH_BY_STATUS: dict[int, Finish] = {401: "refused", 403: "refused", 407: "refused", 429: "limited", 451: "refused"}
_WORDS = {
    401: "asks for credentials (401)",
    403: "refuses access (403)",
    404: "is not there (404): check the address",
    410: "is gone for good (410): remove it from the configuration",
    429: "asks to stop for now (429)",
}


@dataclass(frozen=True, slots=True)
class Health:
    """When a run is worth a look: the share of rejects, and of items that fill a field."""

    max_rejected: float = 0.2
    min_filled: Mapping[str, float] = field(default_factory=lambda: {"text": 0.5, "published_at": 0.8})


@dataclass(slots=True)
class Run:
    """What the parts of one run share."""

    job: Job
    sink: Sink
    cursor: Cursor
    counts: Counter[str] = field(default_factory=Counter)
    targets: dict[str, Target] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    # All targets were named: without it a run that was cut short cannot vouch for anything.
    complete: bool = False
    limit_met: bool = False


class Source:
    """Base of all sources. The docstring of a source is its documentation for users."""

    name: ClassVar[str]
    platform: ClassVar[str]
    Params: ClassVar[type[SourceParams]]
    health: ClassVar[Health] = Health()
    network: ClassVar[bool] = True

    params: Any
    run: Run

    def begin(self) -> Found:
        """Yield the first requests, or items where a source needs none."""
        raise NotImplementedError

    def requests(self) -> Found:
        """Yield what `begin` yields, and note that it came to its end."""
        try:
            yield from self.begin()
        except ValueError as error:
            self.target("start").stop("failed", str(error))
        self.run.complete = True

    @property
    def job(self) -> Job:
        """Return the job being run."""
        return self.run.job

    def target(self, key: str) -> Target:
        """Return the target of this name, with its state from the cursor."""
        if key not in self.run.targets:
            state = self.run.cursor.state(key)
            self.run.targets[key] = Target(key, state, previous=state.time("to"))
        return self.run.targets[key]

    def is_known(self, item: Item) -> bool:
        """Say whether an item of this key was collected before."""
        return bool(item.key and self.job.known) and digest(cast("str", item.key)) in self.job.known

    def attempt(self, build: Callable[[Any], Item], record: Any, where: str) -> Item | Reject:
        """Return the item that `build` makes of a record, or why it cannot be made."""
        try:
            return build(record)
        except (DateError, RatingError) as error:
            return Reject(where, str(error), record)
        except (KeyError, TypeError, AttributeError) as error:
            return Reject(where, f"not as expected ({type(error).__name__}: {error})", record)

    def get(
        self,
        url: str,
        callback: Parse,
        *,
        target: Target,
        required: bool = True,
        conditional: bool = False,
        leads: bool = False,
        statuses: tuple[int, ...] = (),
        listed: str | None = None,
        headers: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return a request whose answer goes to `callback(response, **kwargs)`.

        A `required` answer that fails stops the target, any other only counts as a page that
        failed. `conditional` asks for changes since the last run only. An answer that only
        `leads` to others is no page of the target. `statuses` are further codes that the
        callback reads itself. `listed` is the sitemap's date of the page.
        """
        from scrapy import Request

        if web_address(url) is None:
            raise ValueError(f"{shown(url)!r} is no web address: expected http:// or https://")
        context = _Context(target, url, callback, required, leads, statuses, listed, kwargs)
        target.pending += 1
        return Request(
            url,
            callback=self.answered,
            errback=self.unanswered,
            headers={**(headers or {}), **(self._conditions(url) if conditional else {})},
            dont_filter=True,
            cb_kwargs={"context": context},
        )

    def answered(self, response: Any, context: "_Context") -> Found:
        """Read an answer, and keep what cannot be parsed from ending the run."""
        from scrapy.exceptions import CloseSpider

        if self.run.limit_met:  # the answer was on its way when the limit was met
            return
        try:
            yield from self._dispatch(response, context)
        except LimitReachedError:
            self.run.limit_met = True
            raise CloseSpider("limit") from None
        except BrokenPipeError:
            raise CloseSpider("nobody reads") from None
        except Exception as error:
            where = shown(response.url)
            logger.warning("%s cannot be parsed", where, exc_info=True)
            words = f"{where} cannot be parsed ({type(error).__name__}: {str(error)[:200]})"
            self._problem(context, "failed", words)
        # Not in a `finally`: a generator that is closed half-way leaves its work pending.
        context.target.pending -= 1

    def _dispatch(self, response: Any, context: "_Context") -> Found:
        status = response.status
        if status == 304:
            context.target.unchanged += 1
        elif 200 <= status < 300 or status in context.statuses:
            yield from self._parsed(response, context)
        else:
            finish = _FINISH_BY_STATUS.get(status, "failed")
            words = f"{shown(response.url)} {_WORDS.get(status, f'answers {status}')}"
            self._problem(context, finish, words, gone=status in {404, 410})

    def unanswered(self, failure: Any) -> None:
        """Book a request that got no answer."""
        from spiders.middlewares import explain, was_unanswered

        context: _Context = failure.request.cb_kwargs["context"]
        context.target.pending -= 1
        if was_unanswered(failure.value):
            self.run.counts["unanswered"] += 1
        finish, reason = explain(failure.value, failure.request.url)
        self._problem(context, finish, reason)

    def deliver(self, results: Iterable[Any], target: Target, where: str) -> Found:
        """Write items and rejects, pass requests on."""
        for result in results:
            if isinstance(result, Item):
                before = self.run.sink.later
                target.items += self.run.sink.put(result, where)
                target.later += self.run.sink.later - before
            elif isinstance(result, Reject):
                self.run.sink.reject(result)
            else:
                yield result

    def _parsed(self, response: Any, context: "_Context") -> Found:
        self.run.counts["pages"] += 1
        context.target.pages += not context.leads
        where, later = shown(response.url), context.target.later
        results = context.callback(response, **context.kwargs)
        yield from self.deliver(results, context.target, where)
        if context.target.later > later:
            return
        # Only now: a page that could not be read, or is ahead of this run, is asked for again next time.
        etag, modified = _header(response, "ETag"), _header(response, "Last-Modified")
        self.run.cursor.validate(context.url, etag, modified, context.listed)

    def _problem(self, context: "_Context", finish: Finish, reason: str, *, gone: bool = False) -> None:
        if context.required or finish == "limited":
            context.target.stop(finish, reason)
        elif not gone:
            context.target.page_failures.append((finish, reason))

    def _conditions(self, url: str) -> dict[str, str]:
        etag, modified, _ = self.run.cursor.validators(url)
        pairs = {"If-None-Match": etag, "If-Modified-Since": modified}
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True, slots=True)
class _Context:
    target: Target
    url: str
    callback: Parse
    required: bool
    leads: bool
    statuses: tuple[int, ...]
    listed: str | None
    kwargs: dict[str, Any]


def _header(response: Any, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def oldest(items: Iterable[Item]) -> datetime | None:
    """Return the earliest publication time among items."""
    return min((i.published_at for i in items if i.published_at), default=None)


def newest(items: Iterable[Item]) -> datetime | None:
    """Return the latest publication time among items."""
    return max((i.published_at for i in items if i.published_at), default=None)
