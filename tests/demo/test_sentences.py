from collections import Counter

import pytest

from demo.phrases import read_sentences
from demo.truths import BRANDS
from sentiment.labels import MOMENTS, sentiment_of_stars

SENTENCES = read_sentences()


def test_there_are_enough_and_three_quarters_are_dutch():
    languages = Counter(s.language for s in SENTENCES)
    assert len(SENTENCES) >= 600
    assert 0.7 <= languages["nl"] / len(SENTENCES) <= 0.8


def test_no_sentence_stands_twice():
    assert [text for text, count in Counter(s.text for s in SENTENCES).items() if count > 1] == []


def test_every_sentence_has_known_labels():
    assert {s.moment for s in SENTENCES} == set(MOMENTS)
    assert {s.stars for s in SENTENCES} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("moment", ["lzmot", "zmot", "fmot", "dmot", "smot", "umot"])
def test_every_moment_is_felt_in_every_way(language, moment):
    felt = Counter(sentiment_of_stars(s.stars) for s in SENTENCES if (s.language, s.moment) == (language, moment))
    assert set(felt) == {"negative", "neutral", "positive"}


def test_no_sentence_names_a_brand():
    assert [s.text for s in SENTENCES for brand in BRANDS if brand.lower() in s.text.lower()] == []
