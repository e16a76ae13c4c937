"""Who speaks: many, one author, one thread, copies."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.alerts.explain.mentions import chatter, failure, mention
from umot.alerts.explain import explain
from umot.alerts.explain.copies import largest_copied

CAMPAIGN = "Deze bank sluit zomaar rekeningen van trouwe klanten en geeft nooit antwoord op brieven of telefoontjes"


def test_many_people() -> None:
    found = explain(failure("nl", 30), chatter("nl", 100))
    assert found.voice == "many"
    assert found.author_share == pytest.approx(1 / 30)
    assert found.thread_share == 0


def test_one_author() -> None:
    texts = [document | {"author": "one"} for document in failure("nl", 12)]
    found = explain(texts + failure("nl", 12, seed=2), [])
    assert found.voice == "one_author"
    assert found.author_share == 0.5


def test_a_brigade_in_a_thread() -> None:
    texts = [document | {"thread_id": "t"} for document in failure("nl", 8)]
    found = explain(texts + failure("nl", 8, seed=2), [])
    assert found.voice == "one_thread"
    assert (found.thread_share, found.author_share) == (0.5, 1 / 16)


@pytest.mark.parametrize(
    ("of_one", "of_others", "voice"),
    [(2, 2, "many"), (3, 0, "many"), (3, 1, "one_author"), (4, 6, "one_author"), (4, 7, "many")],
)
def test_few_posts_are_no_brigade(of_one: int, of_others: int, voice: str) -> None:
    texts = [document | {"author": "one"} for document in failure("nl", of_one)]
    assert explain(texts + failure("nl", of_others, seed=2), []).voice == voice


def test_mentions_of_one_post_are_one_post() -> None:
    post = [mention("p", text["text"], id=f"p#{n}", ordinal=n) for n, text in enumerate(failure("nl", 10))]
    found = explain(post + failure("nl", 5, seed=2), [])
    assert found.voice == "many"
    assert found.author_share == pytest.approx(1 / 6)


def test_near_copies_come_before_one_author() -> None:
    copies = [mention(f"c{n}", f"{CAMPAIGN} {sign}", author="one") for n, sign in enumerate("abcdef")]
    found = explain(copies + failure("nl", 6), [])
    assert (found.voice, found.copy_share, found.author_share) == ("copies", 0.5, 0.5)


def test_short_texts_that_are_alike_prove_no_copy() -> None:
    found = explain([mention(str(n), "Snelle levering, top!") for n in range(20)], [])
    assert (found.voice, found.copy_share) == ("many", 0)


def test_two_campaigns_are_two_groups() -> None:
    other = (
        "Het magazijn verstuurt al weken niets meer terwijl de winkel gewoon bestellingen blijft aannemen van iedereen"
    )
    assert largest_copied([CAMPAIGN] * 3 + [other] * 5 + [f"{other} echt"]) == 6


def grams(text: str) -> set[str]:
    return {text[at : at + 5] for at in range(len(text) - 4)}


WORDS = ("pakket", "bezorger", "winkel", "vandaag", "traag", "kapot", "betaald", "wachten")
texts_of_words = st.lists(st.sampled_from(WORDS), min_size=8, max_size=16).map(" ".join)


@given(texts_of_words, texts_of_words)
def test_what_is_clearly_alike_is_found_and_nothing_else(one: str, other: str) -> None:
    alike = len(grams(one) & grams(other)) / len(grams(one) | grams(other))
    copied = largest_copied([one, other])
    if alike >= 0.8:
        assert copied == 2
    elif alike < 0.6:
        assert copied == 1


@given(
    st.permutations(
        [f"{CAMPAIGN} {n}" for n in range(4)] + [CAMPAIGN.upper(), "Heel iets anders dan de rest van deze teksten hier"]
    )
)
def test_the_order_of_texts_makes_no_difference(texts: Sequence[str]) -> None:
    assert largest_copied(texts) == 5


def test_many_texts_of_one_template_are_compared_with_few() -> None:
    """Five thousand texts fall into the same buckets; each with each would be 12.5 million comparisons."""
    chance = np.random.default_rng(1)
    texts = [f"{CAMPAIGN} {' '.join(map(str, chance.integers(0, 10**6, 3)))}" for _ in range(5_000)]
    assert largest_copied(texts) >= 4_900
