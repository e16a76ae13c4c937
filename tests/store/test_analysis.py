"""Words, stop words and stems as Lucene's analysers give them."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umot.store import analysis, porter
from umot.store.analysis import GAP, analyse, spans, stop_words, tokens

RECORDED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Het kost 3,5 of 1.000,50 euro", ["het", "kost", "3,5", "of", "1.000,50", "euro"]),
        ("l'appareil d’été can't", ["l'appareil", "d’été", "can't"]),
        ("e-mail a.b.c http://x.nl/y?z=1", ["e", "mail", "a.b.c", "http", "x.nl", "y", "z", "1"]),
        ("foo_bar _ __ _x #tag @me 10:30", ["foo_bar", "_x", "tag", "me", "10", "30"]),
        ("👍🏽 👨‍👩‍👧 🇳🇱 ❤️ 5️⃣ ok", ["👍🏽", "👨‍👩‍👧", "🇳🇱", "❤️", "5️⃣", "ok"]),
        ("日本語 カタカナ ひら", ["日", "本", "語", "カタカナ", "ひ", "ら"]),
        ("cafe\u0301 ÉTÉ İZMİR ΟΔΟΣ", ["cafe\u0301", "été", "izmir", "οδοσ"]),
        ("", []),
        (" \x00\t…!? ", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert tokens(text) == words


def test_long_words_are_cut_at_255() -> None:
    assert [len(word) for word in tokens("ja " + "x" * 600 + " nee")] == [2, 255, 255, 90, 3]


@given(st.text())
def test_spans_point_at_the_words(text: str) -> None:
    found = list(spans(text))
    assert [word for word, _, _ in found] == tokens(text)
    assert all(analysis._lower(text)[start:end] == word for word, start, end in found)
    assert all(not word.isspace() and GAP not in word for word in tokens(text))


@given(st.text(st.sampled_from("aé.':,;_ 3-9’\u2027·×÷²½ªß\n\xa0-")))
def test_the_quick_pattern_is_the_full_one(text: str) -> None:
    lowered = analysis._lower(text)
    assert analysis._PLAIN.fullmatch(lowered)
    assert analysis._PLAIN_WORD.findall(lowered) == analysis._WORD.findall(lowered)


def test_the_quick_pattern_covers_its_alphabet() -> None:
    for sign in map(chr, (*range(0x250), *range(0x2010, 0x2028), 0x20AC)):
        lowered = analysis._lower(f"a{sign}b {sign} 1{sign}2")
        if analysis._PLAIN.fullmatch(lowered):
            assert analysis._PLAIN_WORD.findall(lowered) == analysis._WORD.findall(lowered), ascii(sign)


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the shared data is not beside this checkout")
@pytest.mark.parametrize("language", ["nl", "en", "de", "fr", "es"])
def test_the_quick_pattern_on_real_texts(language: str) -> None:
    with gzip.open(RECORDED / f"sentiment_{language}.test.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            lowered = analysis._lower(json.loads(line)["text"])
            if analysis._PLAIN.fullmatch(lowered):
                assert analysis._PLAIN_WORD.findall(lowered) == analysis._WORD.findall(lowered)


@pytest.mark.parametrize(
    ("analyzer", "text", "terms"),
    [
        ("dutch", "batterijen levering bestelling huizen", ["batterij", "lever", "bestell", "huiz"]),
        ("dutch", "kind ei fiets bromfiets", ["kinder", "eier", "fiets", "bromfiets"]),
        ("dutch", "niet geleverd", [GAP, "geleverd"]),
        ("english", "the dog's technology possibly apology", [GAP, "dog", "technolog", "possibl", "apolog"]),
        ("english", "It’s NOT shipping", [GAP, GAP, "ship"]),
        ("french", "L'appareil qu’il", ["appareil", GAP]),
        ("italian", "dell'amico", ["amic"]),
        ("standard", "De Batterijen", ["de", "batterijen"]),
    ],
)
def test_terms(analyzer: str, text: str, terms: list[str]) -> None:
    assert analyse(text, analyzer) == terms


def test_english_stems_are_porters() -> None:
    words = "caresses ponies ties cats feed agreed plastered motoring sing conflated sized hopping falling filing happy"
    words += (
        " relational conditional rational valenci digitizer radically vietnamization predication operator feudalism"
    )
    words += " decisiveness formaliti sensibiliti triplicate formative electrical hopeful goodness adjustment dependent"
    words += " adoption bowdlerize probate rate cease controll technology biology possibly apologies sky dying as"
    stems = "caress poni ti cat feed agre plaster motor sing conflat size hop fall file happi"
    stems += " relat condit ration valenc digit radic vietnam predic oper feudal"
    stems += " decis formal sensibl triplic form electr hope good adjust depend"
    stems += " adopt bowdler probat rate ceas control technolog biologi possibl apolog sky dy as"
    assert [porter.stem(word) for word in words.split()] == stems.split()


@pytest.mark.slow
@pytest.mark.skipif(not RECORDED.is_dir(), reason="the shared data is not beside this checkout")
def test_english_stems_are_those_of_another_implementation() -> None:
    other = pytest.importorskip("nltk.stem.porter")
    stemmer = other.PorterStemmer(mode=other.PorterStemmer.MARTIN_EXTENSIONS)
    with gzip.open(RECORDED / "sentiment_en.train.jsonl.gz", "rt", encoding="utf-8") as lines:
        words = {word for line in lines for word in tokens(json.loads(line)["text"])}
    assert [word for word in words if porter.stem(word) != stemmer.stem(word, to_lowercase=False)] == []


def test_stop_words_are_lucenes() -> None:
    assert len(stop_words()["nl"]) == 101
    assert {"niet", "geen", "meer", "veel"} <= stop_words()["nl"]
    assert len(stop_words()["en"]) == 33


def test_remembered_words_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_CACHED_WORDS", 10)
    memory = analysis._Terms("nl")
    terms = [memory[f"batterij{n}en"] for n in range(100)]
    assert terms == [analysis._Terms("nl")[f"batterij{n}en"] for n in range(100)]
    assert len(memory) <= 10
