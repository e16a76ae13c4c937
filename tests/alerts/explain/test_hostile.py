"""Texts and documents that nobody hopes for."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.alerts.explain.mentions import chatter, failure, mention
from umot.alerts.explain import Explanation, explain
from umot.text import clean

HOSTILE = {
    "control characters": "\x1b[31mpakket\x00\x07 weg\x9b",
    "a hundred thousand letters": "pakket " * 15_000,
    "one endless word": "a" * 100_000,
    "endless hashtags": "#" + "x" * 50_000 + " #" * 20_000,
    "right to left": "\u202eטסקט חבילה אבדה\u202c",
    "lone surrogate": "pakket \ud83d weg",
    "marks piled up": "e" + "\u0301" * 5_000,
    "only emoji": "😡🤬👎🏽🇳🇱❤️",
    "only marks": "?!… --- ...",
    "only a mask": "[email]",
    "empty": "",
    "markup": "<script>alert('pakket')</script>",
}


def safe(found: Explanation) -> bool:
    told = (*found.terms, *found.phrases, *found.products, *found.examples)
    return all(clean(text) == text and "\n" not in text and 0 < len(text) <= 280 for text in told)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_changes_little_and_shows_nothing_unsafe(name: str) -> None:
    hostile = [mention(f"h{n}", HOSTILE[name]) for n in range(6)]
    found = explain(failure("nl", 25) + hostile, chatter("nl", 300) + hostile[:2])
    assert "bezorger" in found.terms
    assert safe(found)


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_but_hostile_texts(name: str) -> None:
    assert safe(explain([mention(str(n), HOSTILE[name]) for n in range(5)], []))


def test_nothing_found() -> None:
    found = explain([], chatter("nl", 20))
    assert found == Explanation((), (), (), (), (), (), (), "many", 0.0, 0.0, 0.0)


def test_documents_with_nothing_in_them() -> None:
    assert explain([{}, {}, {}, {}], [{}]).voice == "many"


def test_texts_without_a_language_are_compared_with_their_like() -> None:
    found, before = failure("nl", 30), chatter("nl", 300)
    for document in found + before:
        del document["language"]
    assert {"pakket", "bezorger"} <= set(explain(found, before).terms)


def test_a_language_without_an_analyser() -> None:
    texts = [mention(str(n), f"Minha encomenda desapareceu {n}", language="pt") for n in range(12)]
    assert "encomenda" in explain(texts, chatter("nl", 100)).terms


def test_the_order_of_documents_makes_no_difference() -> None:
    found = failure("nl", 30) + failure("en", 30) + [mention("c", "Pakket kwijt", author="", product="Thee")]
    before = chatter("nl", 200) + chatter("en", 200)
    expected = explain(found, before)
    for seed in range(5):
        chance = random.Random(seed)
        assert explain(chance.sample(found, len(found)), chance.sample(before, len(before))) == expected


fields: dict[str, st.SearchStrategy[Any]] = {
    "id": st.text(max_size=3),
    "post_id": st.sampled_from(["", "p1", "p2", "p3", "p4"]),
    "text": st.text(max_size=60) | st.sampled_from(["Pakket weg", "pakketje weg 😡 #mis", "My parcel isn't here"]),
    "author": st.sampled_from(["a", "b", "c"]),
    "thread_id": st.sampled_from(["t", "u"]),
    "language": st.sampled_from(["nl", "en", "fr", "pt", "zh"]),
    "product": st.text(max_size=5),
    "day": st.sampled_from(["2026-03-02", "2026-01-01", "never"]),
    "score": st.floats(-1, 1),
    "is_peak": st.booleans(),
    "ordinal": st.integers(0, 9),
}
documents = st.lists(st.fixed_dictionaries({}, optional=fields), max_size=12)


@settings(max_examples=60, deadline=None)
@given(documents, documents, st.randoms(use_true_random=False))
def test_any_documents_in_any_order(found: list[Any], before: list[Any], chance: random.Random) -> None:
    explanation = explain(found, before)
    assert safe(explanation)
    assert len(explanation.examples) == len(explanation.example_ids) <= 3
    assert min(explanation.author_share, explanation.thread_share, explanation.copy_share) >= 0
    assert max(explanation.author_share, explanation.thread_share, explanation.copy_share) <= 1
    shuffled = chance.sample(found, len(found)), chance.sample(before, len(before))
    assert explain(*shuffled) == explanation
