"""Verdicts over pasts of months: what is said, since when, and what is not said."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest

from spiders.registry import sources
from spiders.source import Health
from tests.health.written import BEGIN, DAY, daily, judged, record
from umot.health.tally import FIELDS

STEADY = [5, 3, 6, 4, 7, 2, 5] * 5


def test_a_steady_source_is_well_and_one_never_attempted_too() -> None:
    verdict = judged(daily(STEADY))
    assert (verdict.what, verdict.since, verdict.reason, verdict.severity) == (None, None, None, 0)
    assert judged([], as_of=BEGIN).what is None


@pytest.mark.parametrize(
    ("verdict", "reason", "advice"),
    [
        ("broken", "https://x.example asks for credentials (401)", "credentials are wrong"),
        ("refused", "https://x.example refuses access (403)", "access is refused"),
        ("refused", "https://x.example/: robots.txt forbids it", "access is refused"),
        ("broken", "https://x.example is not there (404): check the address", "address is wrong"),
        ("broken", "https://x.example cannot be parsed (KeyError: 'x')", "layout has probably changed"),
        ("broken", "shop: no page holds schema.org markup of reviews", "layout has probably changed"),
        ("broken", "https://x.example answers 503", "umot collect shop"),
        ("interrupted", None, "umot collect shop"),
    ],
)
def test_a_failed_run_is_broken_and_says_what_to_do(verdict: str, reason: str | None, advice: str) -> None:
    runs = daily(STEADY)
    for n in range(2):
        runs.append(record(BEGIN + (len(STEADY) + n) * DAY, 0, verdict, reason=reason))  # type: ignore[arg-type]
    found = judged([{k: v for k, v in run.items() if v is not None} for run in runs])
    assert (found.what, found.since, found.severity) == ("broken", "2026-02-09", 7)
    assert advice in (found.reason or "")
    assert "latest 2 runs" in (found.reason or "")
    assert found.missing_from == "2026-02-08T06:00:00.000Z"
    assert found.missing_to == "2026-02-10T06:00:00.000Z"


def test_what_lasts_gets_worse() -> None:
    runs = daily(STEADY) + daily([0] * 8, BEGIN + len(STEADY) * DAY, verdict="broken")
    severities = [judged(runs[: len(STEADY) + n]).severity for n in range(1, 9)]
    assert severities == [7, 7, 7, 8, 8, 8, 8, 9]


def test_a_run_that_nobody_marked_as_interrupted_is_one_when_it_took_too_long() -> None:
    at = BEGIN + len(STEADY) * DAY
    runs = [*daily(STEADY), record(at, 0, "running")]
    assert judged(runs, at + timedelta(minutes=30)).what is None
    assert judged(runs, at + timedelta(hours=2)).what == "broken"


def test_runs_that_stay_away_are_broken_by_habit_or_schedule() -> None:
    runs = daily(STEADY)
    last = BEGIN + (len(STEADY) - 1) * DAY
    assert judged(runs, last + 3 * DAY).what is None
    found = judged(runs, last + 3.5 * DAY)
    assert (found.what, found.since) == ("broken", "2026-02-09")
    assert "3.5 days" in (found.reason or "")
    hourly = judged(runs[-1:], last + timedelta(hours=4), schedule="0 * * * *")
    assert (hourly.what, "scheduler" in (hourly.reason or "")) == ("broken", True)
    # The next working days after Sunday 8 February.
    for day, what in ((11, None), (11.3, "broken")):
        at = last + (day - 8) * DAY
        assert judged(runs[-1:], at, schedule="0 9 * * 1-5").what == what


def test_trying_a_new_source_five_times_in_an_hour_is_no_habit() -> None:
    runs = daily([5, 0, 0, 0, 0], every=timedelta(minutes=10))
    assert judged(runs, BEGIN + DAY).what is None


def test_limited_is_three_in_a_row_or_most_of_ten() -> None:
    ok = daily(STEADY)
    after = BEGIN + len(STEADY) * DAY
    two, three = ([*ok, *daily([3] * n, after, verdict="limited", reason="asks to stop (429)")] for n in (2, 3))
    assert judged(two).what is None
    found = judged(three)
    assert (found.what, found.since) == ("limited", "2026-02-09")
    assert "429" in (found.reason or "")
    turns = [record(after + n * DAY, 3, "limited" if n % 3 else "ok") for n in range(10)]
    assert judged([*ok, *turns]).what == "limited"


def test_a_replayed_run_says_nothing() -> None:
    runs = daily(STEADY)
    retried = record(BEGIN + len(STEADY) * DAY, 0, "broken") | {"finish": "replayed"}
    assert judged([*runs, retried]) == judged(runs, BEGIN + len(STEADY) * DAY)


def test_silence_by_the_rate_of_the_source_itself() -> None:
    quiet = daily([*STEADY, 0, 0, 0, 0])
    verdicts = [judged(quiet[: len(STEADY) + n]).what for n in range(5)]
    assert verdicts[:2] == [None, None]
    assert verdicts[4] == "silent"
    found = judged(quiet)
    assert (found.since, found.severity) == ("2026-02-08", 7)
    assert "18 posts" in (found.reason or "")
    assert judged([*quiet, record(BEGIN + len(quiet) * DAY)]).what is None


def test_a_weekly_source_that_is_quiet_on_weekdays_is_not_silent() -> None:
    weeks = [30, 0, 0, 0, 0, 0, 0] * 8
    found = [judged(daily(weeks[:n])).what for n in range(8, len(weeks) + 1)]
    assert Counter(found) == {None: len(found)}
    assert judged(daily([*weeks, *[0] * 21])).what == "silent"


def test_weekends_are_not_silent() -> None:
    weeks = [40, 52, 47, 44, 39, 0, 0] * 6
    assert {judged(daily(weeks[:n])).what for n in range(8, len(weeks) + 1)} == {None}
    assert judged(daily([*weeks, *[0] * 7])).what == "silent"


@pytest.mark.parametrize("burst", [[100] * 5, [1000], [60, 90, 20]])
def test_a_burst_does_not_make_the_time_after_it_silent(burst: list[int]) -> None:
    calm = [2, 0, 1, 3, 2, 2, 1, 4, 0, 2] * 3
    after = daily([*calm, *burst, 1, 0, 0, 2])
    assert {judged(after[:n]).what for n in range(len(calm), len(after) + 1)} == {None}


def test_the_first_run_brings_what_was_there_before_and_is_no_rate() -> None:
    assert judged(daily([5000, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0])).what is None


def test_a_post_a_week_is_enough_of_a_rate_in_a_year() -> None:
    sparse = [1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0] * 15
    assert judged(daily([*sparse, *[0] * 25])).what is None
    assert judged(daily([*sparse, *[0] * 60])).what == "silent"


def test_the_ledgers_own_silence_counts() -> None:
    runs = [*daily(STEADY), record(BEGIN + len(STEADY) * DAY, 0, "silent")]
    found = judged(runs)
    assert (found.what, found.since) == ("silent", "2026-02-09")
    assert "5 records" in (found.reason or "")


def with_field(name: str, filled: list[int], posts: int = 20) -> list[dict[str, object]]:
    """Return daily runs of which so many posts fill a field."""
    return [record(BEGIN + n * DAY, posts, **{f"filled_{name}": k}) for n, k in enumerate(filled)]


def test_a_field_that_vanishes_is_named_after_two_runs_and_well_again_after_two() -> None:
    filled = [19, 20, 18, 19, 20, 17, 19, 20] + [0] * 3 + [19, 20]
    runs = with_field("rating", filled)
    verdicts = [judged(runs[:n]).what for n in range(8, len(runs) + 1)]
    assert verdicts == [None, None, "drifting", "drifting", "drifting", None]
    found = judged(runs[:10])
    assert (found.since, found.severity) == ("2026-01-13", 5)
    assert "`rating` is filled in 0 of 40 (0%), against 95% in the 8 healthy runs before" in (found.reason or "")
    assert "umot check shop" in (found.reason or "")


def test_with_many_posts_what_is_significant_is_not_yet_a_drift() -> None:
    assert judged(with_field("rating", [19_000] * 10 + [18_000] * 3, posts=20_000)).what is None


def test_few_posts_a_run_are_judged_together() -> None:
    assert judged(with_field("rating", [2] * 20 + [0] * 7, posts=2)).what == "drifting"
    assert judged(with_field("rating", [2] * 20 + [0, 2, 0, 2, 0, 2], posts=2)).what is None


def test_few_runs_give_no_verdict_on_statistics_but_facts_count() -> None:
    few = with_field("rating", [20, 20, 20, 20, 0, 0])
    assert judged(few).what is None
    assert judged(daily([9, 9, 9, 0, 0, 0, 0, 0])[1:]).what is None
    declared = judged(few, declared=Health(min_filled={"rating": 0.9}))
    assert declared.what == "drifting"
    assert "where at least 90% is expected" in (declared.reason or "")


def test_rejects_above_what_the_class_declares_or_the_past_shows() -> None:
    late = [1] * 8 + [12, 12]
    runs = [record(BEGIN + n * DAY, 40, rejected=k, parsed=40 + k) for n, k in enumerate(late)]
    assert judged(runs, declared=Health(max_rejected=0.2)).what is None
    found = judged(runs[-2:], declared=Health(max_rejected=0.05))
    assert "records rejected: 12 of 52 (23%)" in (found.reason or "")
    many = [record(BEGIN + n * DAY, 40, rejected=k, parsed=40 + k) for n, k in enumerate([0] * 8 + [15, 15])]
    assert "against 0% in the 8 healthy runs" in (judged(many, declared=Health(max_rejected=0.9)).reason or "")


def test_answers_with_errors() -> None:
    bad = [1, 0, 0, 2, 0, 1, 0, 0, 25, 31]
    runs = [record(BEGIN + n * DAY, pages=80, http_2xx=80 - k, http_4xx=k) for n, k in enumerate(bad)]
    found = judged(runs)
    assert (found.what, "answers of the site were errors: 31 of 80" in (found.reason or "")) == ("drifting", True)


def test_claimed_languages_that_shift() -> None:
    dutch = [record(BEGIN + n * DAY, 20) for n in range(10)]
    english = [record(BEGIN + n * DAY, 20, claimed_nl=2, claimed_en=18) for n in range(10, 12)]
    assert judged([*dutch, english[0]]).what is None
    reason = judged([*dutch, *english]).reason or ""
    assert "en is 90% instead of 0% and nl is 10% instead of 100%" in reason


def test_a_change_that_lasts_is_the_new_normal_in_the_end() -> None:
    runs = with_field("rating", [20] * 40 + [0] * 100)
    assert [judged(runs[:n]).what for n in (42, 70, 140)] == ["drifting", "drifting", None]


def test_the_worst_comes_first() -> None:
    drifting = with_field("rating", [20] * 10 + [0] * 3)
    limited = [run | {"verdict": "limited"} if n > 9 else run for n, run in enumerate(drifting)]
    assert judged(limited).what == "limited"
    assert judged([*limited, record(BEGIN + 13 * DAY, 0, "refused")]).what == "broken"


def test_a_hole_that_a_recovered_source_left_is_named() -> None:
    runs = daily(STEADY)
    back = BEGIN + (len(STEADY) + 5) * DAY
    runs.append(record(back, 9, covered_from=(back - 2 * DAY).isoformat()))
    found = judged(runs)
    assert found.what is None
    assert (found.missing_from, found.missing_to) == ("2026-02-08T06:00:00.000Z", "2026-02-12T06:00:00.000Z")


def test_every_declared_field_is_one_that_runs_count() -> None:
    assert {name for one in sources().values() for name in one.health.min_filled} <= set(FIELDS)


@pytest.mark.parametrize(
    ("seeds", "step", "most"),
    [(range(20), 10, 1), pytest.param(range(200), 1, 6, marks=(pytest.mark.slow, pytest.mark.timeout(1800)))],
)
def test_healthy_sources_are_left_in_peace(seeds: range, step: int, most: int) -> None:
    """Sources of 100 runs: rates of 0.2 to 80 a day, overdispersed, with weekends and bursts, fields that come in
    clumps, daily, weekly and every six hours. Of 200, judged after every run, at most 6 may ever be called ill.
    """
    ill: Counter[str | None] = Counter()
    for seed in seeds:
        runs = simulated(np.random.default_rng(seed))
        ill.update({judged(runs[:n]).what for n in range(10, len(runs) + 1, step)} - {None})
    assert sum(ill.values()) <= most, ill


def simulated(random: np.random.Generator) -> list[dict[str, object]]:
    """Return the runs of a healthy source with habits drawn at random."""
    rate, spread = float(np.exp(random.uniform(np.log(0.2), np.log(80)))), float(random.choice([1.01, 1.5, 3, 6]))
    every, quiet_weekends = float(random.choice([0.25, 1, 1, 7])), random.random() < 0.3
    filled = {name: float(random.choice([0, 0.05, 0.3, 0.6, 0.9, 0.98, 1])) for name in FIELDS}
    filled |= {"text": 1.0, "published_at": 1.0}
    alike, rejects, shown = (float(random.choice(c)) for c in ([0.001, 0.02, 0.1], [0, 0.01, 0.05], [0, 20]))
    runs = []
    for n in range(100):
        at = BEGIN + timedelta(days=n * every, minutes=float(random.integers(-20, 20)))
        mean = rate * every * (0.1 if quiet_weekends and every <= 1 and at.weekday() > 4 else 1)
        mean *= 20 if random.random() < 0.02 else 1
        new = int(random.negative_binomial(mean / (spread - 1), 1 / spread)) + (500 if n == 0 else 0)
        posts = max(new, int(shown))
        rejected = int(random.binomial(posts, clumped(random, rejects, alike)))
        counts = {
            f"filled_{name}": int(random.binomial(posts, clumped(random, p, alike))) for name, p in filled.items()
        }
        english = int(random.binomial(posts, clumped(random, 0.2, alike)))
        counts |= {"claimed_en": english, "claimed_nl": posts - english, "rejected": rejected}
        runs.append(record(at, new, posts=posts, parsed=posts + rejected, **counts))
    return runs


def clumped(random: np.random.Generator, share: float, alike: float) -> float:
    """Return the share of one run, when posts of a run are alike."""
    return share if share in (0, 1) else float(random.beta(share * (1 / alike - 1), (1 - share) * (1 / alike - 1)))
