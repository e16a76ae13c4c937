"""Step 1, collect: a spider's items become posts in the archive; what is unchanged is counted and dropped."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final

from more_itertools import batched

from umot.deadletters import DeadLetter
from umot.errors import ArchiveError
from umot.ledger import REPLAYED, Run, judge
from umot.pipeline.seen import apply, known_keys, recover
from umot.pipeline.sift import Sieve
from umot.pipeline.spider import Message, SpiderProcess
from umot.progress import Progress, silent
from umot.timeline import iso, utc
from umot.workspace import Workspace

_BATCH: Final = 500
_COVERING: Final = ("finished", "unchanged")
_HTTP: Final = ("pages", "http_2xx", "http_3xx", "http_4xx", "http_5xx")


def collect(ws: Workspace, source: str, as_of: datetime, progress: Progress = silent, *, afresh: bool = False) -> Run:
    """Collect one source up to a time and return its ledger record; never raises for what the source does.

    Killed at any point, the next call ends in the same state: a run without a manifest is swept, one with a manifest is
    taken over before anything is fetched.

    Args:
        afresh: fetch everything the source shows, not only what is new since the last run; the cursor stays.

    Raises:
        StoreError: the state cannot be read or written.
    """
    with ws.exclusive(f"collect-{source}"):
        run = _begun(ws, source, as_of)
        fetched = _fetched(ws, run, afresh=afresh)
        refused = _walk(ws, run, fetched, progress, keep_cursor=afresh)
        if afresh and run.finish == "finished":
            _drop_letters(ws, refused, [x for x in ws.dead_letters.all("collect", source) if not x.record])
        return run


def sift_again(ws: Workspace, source: str, as_of: datetime, letters: Sequence[DeadLetter]) -> Run:
    """Give rejected items another try; those that become posts leave the dead letters.

    Raises:
        StoreError: the state cannot be read or written.
    """
    with ws.exclusive(f"collect-{source}"):
        run = _begun(ws, source, as_of)
        items = ({"type": "item", **(letter.record or {})} for letter in letters)
        end = {"type": "end", "finish": REPLAYED}
        _drop_letters(ws, _walk(ws, run, chain(items, [end]), silent, keep_cursor=True), letters)
        return run


def job(ws: Workspace, source: str, as_of: datetime, *, cursor: Any, known: list[str], limit: int | None) -> Message:
    """Return what the spider process is told."""
    settings = ws.settings.sources[source]
    return {
        "source": source,
        "spider": settings.spider,
        "params": settings.params,
        "cursor": cursor,
        "as_of": as_of.isoformat(),
        "limit": limit,
        "user_agent": ws.settings.user_agent,
        "known": known,
        "timezone": ws.settings.timezone,
        "settings": {"delay": settings.delay, "timeout": settings.timeout},
    }


def _begun(ws: Workspace, source: str, as_of: datetime) -> Run:
    """Clear up after interrupted runs and open a new record in the ledger."""
    taken = set(ws.archive.runs(source))  # those that are swept, too: a writer that was taken for dead may go on
    recover(ws, source)
    run = Run("collect", source, ws.ledger.name("collect", source, as_of, taken), as_of)
    ws.ledger.write(run)
    return run


def _fetched(ws: Workspace, run: Run, *, afresh: bool) -> Iterator[Message]:
    """Yield what the source's spider finds from the cursor on, or from the beginning."""
    state = ws.store.state
    cursor = None if afresh else state.get("cursor", run.source)
    known = [] if afresh else known_keys(state, run.source)
    task = job(ws, run.source, run.as_of, cursor=cursor.value if cursor else None, known=known, limit=None)
    budget = ws.settings.sources[run.source].time_budget
    with SpiderProcess(task, folder=ws.folder, time_budget=budget) as spider:
        yield from spider


def _walk(ws: Workspace, run: Run, messages: Iterable[Message], progress: Progress, *, keep_cursor: bool) -> set[str]:
    """Let messages through to the archive, judge and commit the run; return the ids of refused records.

    What goes wrong ends up in the run's finish and reason.
    """
    began = time.monotonic()
    writer = ws.archive.writer(run.source, run.run, run.as_of)
    sieve = Sieve(ws, run, writer)
    end: Message = {"finish": "failed", "reason": "the spider gave no end"}
    try:
        for batch in batched(messages, _BATCH):
            end = next((m for m in batch if m["type"] == "end"), end)
            sieve.sift(m for m in batch if m["type"] != "end")
            progress(f"collect {run.source}", run.counts["parsed"], None)
        _conclude(ws, run, end)
        run.seconds = time.monotonic() - began
        cursor = end.get("cursor") if run.finish in (*_COVERING, "limited") and not keep_cursor else None
        manifest = writer.commit(cursor, {"run": run.document()})
        if manifest is not None:
            apply(ws, manifest)
        elif cursor is not None:
            ws.store.state.put("cursor", run.source, cursor)
    except ArchiveError as error:
        run.finish, run.reason, run.verdict = "failed", str(error), "broken"
    run.seconds = time.monotonic() - began
    ws.ledger.write(run)
    return sieve.refused


def _conclude(ws: Workspace, run: Run, end: Message) -> None:
    """Write down how the spider ended, what the run vouches for, and what is to be made of it."""
    run.finish = end["finish"]
    run.reason = ws.mask(end["reason"]) if end.get("reason") else run.reason
    counts = end.get("counts", {})
    run.counts |= {k: v for k, v in counts.items() if k in _HTTP}
    run.unanswered = counts.get("unanswered", 0)
    window = end.get("window") or {}
    since, to = window.get("from"), window.get("to") or run.as_of.isoformat()
    # A window from a moment to the same moment vouches for nothing.
    if run.finish in (*_COVERING, "limited") and since != to:
        run.covered_from = iso(utc(since)) if since else None
        run.covered_to = iso(utc(to))
    run.verdict = judge(run, ws.ledger.healthy(run.source, before=run.as_of))


def _drop_letters(ws: Workspace, refused: set[str], letters: Iterable[DeadLetter]) -> None:
    """Remove the letters that were not refused again."""
    for letter in letters:
        if letter.id not in refused:
            ws.dead_letters.remove(letter)
