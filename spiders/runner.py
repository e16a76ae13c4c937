"""Run one source: a job on standard input, items as NDJSON on standard output, logs to stderr.

    python -m spiders.runner < job.json

Every record that was met ends as an `item` or a `reject` line; the last line is the `end`, with
the finish, the words for people, the cursor for the next run and the window it vouches for.
The exit code is 0 whenever an end line was written, however the run ended.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from pydantic import ValidationError

from spiders.cursor import Cursor
from spiders.job import Job
from spiders.outcome import Finish, Target, Window, combine, intersect
from spiders.params import SourceParams
from spiders.registry import UnknownSourceError, source
from spiders.sink import LimitReachedError, Sink
from spiders.source import Run, Source

_COUNTS = ("pages", "http_2xx", "http_3xx", "http_4xx", "http_5xx", "bytes")


class StoppedError(Exception):
    """The process was asked to end."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job whose source and parameters are known to be right."""

    source: type[Source]
    params: SourceParams
    run: Run


def prepare(job: Job, out: BinaryIO) -> Prepared:
    """Look up the source and check its parameters.

    Raises:
        UnknownSourceError: no such source.
        ValidationError: the parameters are wrong.
    """
    found = source(job.spider)
    params = found.Params.model_validate(job.params)
    run = Run(job, Sink(out, job.as_of, job.limit), Cursor(job.cursor))
    return Prepared(found, params, run)


def conclude(prepared: Prepared) -> None:
    """Write the end line of a run."""
    run, targets = prepared.run, list(prepared.run.targets.values())
    finish, reason = _finish(run, targets)
    window = _window(run, targets, prepared.params.reach_days)
    run.sink.end(
        {
            "finish": finish,
            "reason": reason,
            "cursor": run.job.cursor if run.limit_met else _cursor(run, targets),
            "window": window.to_json(),
            "counts": _counts(run),
            "fields": dict(run.sink.filled),
            **run.extra,
        }
    )


def _finish(run: Run, targets: list[Target]) -> tuple[Finish, str]:
    if run.limit_met:
        return "finished", f"stopped after {run.sink.items} items, as asked"
    outcomes = [t.outcome() for t in targets]
    if not run.complete:
        outcomes.append(("limited", "stopped before all of it was asked for"))
    return combine(outcomes, collected=run.sink.items > 0)


def _window(run: Run, targets: list[Target], reach_days: int | None) -> Window:
    as_of = run.job.as_of
    if run.limit_met or not run.complete:
        return Window(as_of, as_of)
    return intersect([t.window(as_of, reach_days) for t in targets], as_of)


def _cursor(run: Run, targets: list[Target]) -> dict[str, Any]:
    for target in targets:
        if target.later:  # the next run begins where this one did
            continue
        done = run.complete and target.outcome()[0] in {"finished", "unchanged"}
        if reached := run.job.as_of if done else target.reached:
            target.state["to"] = reached.isoformat()
        run.cursor.keep(target.key, target.state)
    return run.cursor.to_json()


def _counts(run: Run) -> dict[str, int]:
    known = dict.fromkeys(_COUNTS, 0) | dict(run.counts)
    return {"parsed": run.sink.parsed, "rejected": run.sink.rejected, **known}


def crawl(prepared: Prepared) -> None:
    """Fetch from the network until the source is done or the process is asked to end."""
    from scrapy.crawler import AsyncCrawlerProcess

    from spiders.crawl import compose, settings

    process = AsyncCrawlerProcess(settings(prepared.run.job))
    process.crawl(compose(prepared.source), run=prepared.run, params=prepared.params)
    process.start()


def read(prepared: Prepared) -> None:
    """Read a source that needs no network."""
    reader = prepared.source()
    reader.run, reader.params = prepared.run, prepared.params
    signal.signal(signal.SIGTERM, _stop)
    try:
        for _ in reader.requests():
            raise TypeError(f"{prepared.source.name} needs no network but makes requests")
    except LimitReachedError:
        prepared.run.limit_met = True
    except StoppedError:
        prepared.run.complete = False


def execute(data: bytes, out: BinaryIO) -> None:
    """Run the job in `data` and write its lines to `out`."""
    try:
        prepared = prepare(Job.model_validate_json(data), out)
    except (ValidationError, UnknownSourceError) as error:
        _refuse(out, error)
        return
    work: Callable[[Prepared], None] = crawl if prepared.source.network else read
    work(prepared)
    conclude(prepared)


def main() -> int:
    """Run one job from standard input; see the module's documentation."""
    out = _protocol_stream()
    try:
        execute(sys.stdin.buffer.read(), out)
        out.flush()
    except BrokenPipeError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        return 1
    return 0


def _protocol_stream() -> BinaryIO:
    """Keep standard output for the protocol: whatever else prints goes to stderr."""
    out = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)
    return out


def _stop(*_: object) -> NoReturn:
    raise StoppedError


def _refuse(out: BinaryIO, error: Exception) -> None:
    job = Job.model_construct(source="", spider="")
    end = Sink(out, job.as_of).end
    window = Window(job.as_of, job.as_of).to_json()
    counts = dict.fromkeys(("parsed", "rejected", *_COUNTS), 0)
    end(
        {
            "finish": "failed",
            "reason": _explain(error),
            "cursor": None,
            "window": window,
            "counts": counts,
            "fields": {},
        }
    )


def _explain(error: Exception) -> str:
    """Say what is wrong with a job; never with the values, which may be secrets."""
    if not isinstance(error, ValidationError):
        return str(error)
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    named = (f"{'.'.join(map(str, p['loc'])) or 'parameters'}: {p['msg']}" for p in problems)
    return "the source's parameters are wrong: " + "; ".join(named)


if __name__ == "__main__":
    sys.exit(main())
