from collections import Counter
from itertools import pairwise

import pytest

from demo.phrases import read_sentences
from demo.posts import Post
from demo.truths import (
    BAD_WEEKS,
    BOOSTED,
    BRANDS,
    COPIED,
    DELETED,
    DELIVERY_WEEK,
    ECHO_WEEKS,
    EDITED,
    FIRST_DAY,
    HOLE,
    LAST_DAY,
    OWN,
    RIVALS,
    RUNS,
    SOCIAL_REACH,
    WEEKS,
    ZONE,
)
from demo.year import make_year
from tests.demo.series import LAGS, echoes, season_factor, weekly
from umot.privacy import mask
from umot.text import fingerprint
from umot.timeline import week_of

YEAR = make_year()


def week(post: Post) -> str:
    return week_of(post.published.astimezone(ZONE).date())


def bad_experiences(brand: str) -> list[int]:
    return weekly(week(p) for p in YEAR if p.brand == brand and p.stance == "umot" and p.mood == "negative")


def questions(brand: str) -> list[int]:
    return weekly(week(p) for p in YEAR if p.brand == brand and p.stance == "zmot")


def test_everybody_gets_the_same_year():
    assert make_year.__wrapped__() == YEAR


def test_the_year_has_about_three_thousand_short_posts():
    assert 2800 <= len(YEAR) <= 3300
    assert sum(len(p.text.split()) for p in YEAR) / len(YEAR) < 30
    assert len({p.number for p in YEAR}) == len(YEAR)


def test_every_post_is_published_within_the_year():
    days = [p.published.astimezone(ZONE).date() for p in YEAR]
    assert min(days) >= FIRST_DAY
    assert max(p.published for p in YEAR) < RUNS[-1]
    assert sum(day > LAST_DAY for day in days) <= COPIED


def test_nearly_every_sentence_is_used():
    told = "\n".join([p.text for p in YEAR] + [p.answer.text for p in YEAR if p.answer])
    unused = [s for s in read_sentences() if s.text not in told and s.topic != "updates"]
    assert len(unused) < 0.05 * len(read_sentences())


def test_stars_follow_the_mood_with_noise():
    stars = {mood: Counter(p.stars for p in YEAR if p.stars and p.mood == mood) for mood in ("negative", "positive")}
    for mood, fitting in (("negative", (1, 2)), ("positive", (4, 5))):
        right = sum(stars[mood][n] for n in fitting) / stars[mood].total()
        assert 0.9 < right < 1


def test_only_the_planted_copies_have_the_words_of_another():
    prints = Counter(p for post in YEAR if (p := fingerprint(post.text)))
    assert sum(count - 1 for count in prints.values()) == COPIED


def test_some_posts_hold_what_must_be_masked():
    masked = Counter(word for p in YEAR for word in ("[email]", "[phone]") if word in mask(p.text))
    assert min(masked.values()) >= 10
    assert set(masked) == {"[email]", "[phone]"}


def test_some_authors_write_in_several_places():
    places = Counter(author for author, _ in {(p.author, p.channel) for p in YEAR})
    assert sum(count > 2 for count in places.values()) > 100


def test_what_happens_later_is_planted_in_full():
    assert sum(p.edit is not None for p in YEAR) == EDITED
    assert sum(p.removed is not None for p in YEAR) == DELETED
    assert sum(p.shared is not None for p in YEAR) == BOOSTED
    assert sum(not p.shown for p in YEAR) >= 5
    assert sum(p.answer is not None for p in YEAR) > 300


def test_deleted_posts_are_collected_before_they_go():
    for post in (p for p in YEAR if p.removed):
        assert any(post.published < run < post.removed and run - post.published < SOCIAL_REACH for run in RUNS)


def test_delivery_fails_in_one_week():
    bad = bad_experiences(OWN)
    worst = max(bad)
    assert WEEKS[bad.index(worst)] == DELIVERY_WEEK
    assert worst > 1.5 * sorted(bad)[-2]
    told = " ".join(
        p.text for p in YEAR if p.brand == OWN and p.mood == "negative" and week(p) == DELIVERY_WEEK
    ).lower()
    usual = [p.text.lower() for p in YEAR if p.brand == OWN and p.mood == "negative" and week(p) not in BAD_WEEKS[OWN]]
    of_parcels = sum("pakket" in text or "bezorg" in text for text in usual) / len(usual)
    assert told.count("pakket") + told.count("bezorg") > 2 * of_parcels * worst


@pytest.mark.parametrize("brand", BRANDS)
def test_the_season_brings_more_posts_and_above_all_questions(brand):
    assert season_factor(weekly(week(p) for p in YEAR if p.brand == brand)) > 1.2
    assert season_factor(questions(brand)) > 1.6


def test_questions_echo_the_own_brands_bad_weeks():
    found = echoes(bad_experiences(OWN), questions(OWN))
    assert found[ECHO_WEEKS] > 0.9
    assert max(abs(found[lag]) for lag in LAGS if lag != ECHO_WEEKS) < 0.3


@pytest.mark.parametrize("brand", RIVALS)
def test_the_rivals_questions_echo_nothing(brand):
    assert abs(echoes(bad_experiences(brand), questions(brand))[ECHO_WEEKS]) < 0.3


def test_the_hole_is_longer_than_the_timeline_reaches():
    lost = [p for p in YEAR if p.channel == "social" and HOLE[0] < p.published < HOLE[1]]
    assert RUNS[5] - RUNS[3] > SOCIAL_REACH
    assert all(b - a <= SOCIAL_REACH for a, b in pairwise(RUNS))
    assert len(lost) > 50
