"""Notices are put in once, claimed once, tried again later and later, and forgotten after a year."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from tests.alerts.stories import DAY, MINUTE, MORNING
from umot.alerts.outbox import MOST_TRIES, Notice, Outbox
from umot.store import open_store
from umot.timeline import iso, utc


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    store = open_store(tmp_path / "store")
    yield Outbox(store.state)
    store.close()


def only(outbox: Outbox) -> Notice:
    (notice,) = outbox.all()
    return notice


def test_a_repeated_step_puts_nothing_in_twice(outbox: Outbox) -> None:
    assert outbox.add("team", "a/1", "opened", MORNING, severity=5)
    assert not outbox.add("team", "a/1", "opened", MORNING + DAY, severity=6)
    assert outbox.add("boss", "a/1", "opened", MORNING, severity=5)
    assert outbox.add("team", "a/1", "grown", MORNING, severity=5, occurrence="2026-03-04")
    assert outbox.add("team", "a/1", "grown", MORNING, severity=5, occurrence="2026-03-05")
    assert len(list(outbox.all())) == 4


def test_a_notice_holds_ids_and_facts_only(outbox: Outbox) -> None:
    outbox.add("team", "a/1", "opened", MORNING, severity=5)
    filled = {name for name, value in asdict(only(outbox)).items() if value is not None}
    assert filled == {"key", "version", "channel", "alert", "event", "occurrence", "severity", "added", "attempts"}


def test_only_one_can_claim(outbox: Outbox) -> None:
    outbox.add("team", "a", "opened", MORNING, severity=5)
    seen = only(outbox)
    mine = outbox.claim(seen, MORNING)
    assert mine is not None
    assert outbox.claim(seen, MORNING) is None
    outbox.sent(mine, MORNING, "message")
    assert outbox.claim(mine, MORNING) is None
    assert only(outbox).sent == iso(MORNING)


def test_sent_notices_are_remembered_for_a_year(outbox: Outbox) -> None:
    outbox.add("team", "a", "opened", MORNING, severity=5)
    claimed = outbox.claim(only(outbox), MORNING)
    assert claimed
    outbox.sent(claimed, MORNING, "message")
    outbox.prune(MORNING + timedelta(days=366))
    assert not outbox.add("team", "a", "opened", MORNING, severity=5)
    outbox.prune(MORNING + timedelta(days=367))
    assert list(outbox.all()) == []


def test_tries_come_later_and_later_until_it_is_stuck(outbox: Outbox) -> None:
    outbox.add("team", "a", "opened", MORNING, severity=5)
    waits = []
    for _ in range(MOST_TRIES):
        claimed = outbox.claim(only(outbox), MORNING)
        assert claimed
        failed = outbox.failed(claimed, MORNING, "the service answered 500")
        assert failed.next_try
        waits.append((utc(failed.next_try) - MORNING) // MINUTE)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]
    assert only(outbox).stuck
    assert only(outbox).problem == "the service answered 500"
    assert outbox.retry(MORNING) == 1
    again = only(outbox)
    assert (again.stuck, again.attempts, again.next_try) == (False, 0, None)
    assert again.problem == "the service answered 500"


def test_a_retry_leaves_what_is_being_sent(outbox: Outbox) -> None:
    outbox.add("team", "a", "opened", MORNING, severity=5)
    first = outbox.claim(only(outbox), MORNING)
    assert first
    failed = outbox.failed(first, MORNING, "no")
    second = outbox.claim(failed, MORNING + MINUTE)
    assert second
    assert outbox.retry(MORNING + 2 * MINUTE) == 0
    assert outbox.retry(MORNING + DAY) == 1
