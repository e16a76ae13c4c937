"""The words of an event: found where something happened, absent where nothing did."""

import pytest

from tests.alerts.explain.mentions import EVENT_DAY, chatter, failure, mention
from umot.alerts.explain import explain
from umot.alerts.explain.function_words import is_function_word

EXPECTED = {"nl": {"pakket", "bezorger", "geleverd"}, "en": {"parcel", "courier"}, "de": {"Paket", "Bote"}}


def event(language: str, lost: int, calm: int = 5) -> list[dict]:
    return failure(language, lost) + chatter(language, calm, seed=9, days=(EVENT_DAY,))


@pytest.mark.parametrize("language", EXPECTED)
@pytest.mark.parametrize("lost", [12, 200])
def test_a_planted_failure_is_named(language: str, lost: int) -> None:
    found = explain(event(language, lost), chatter(language, 400))
    assert EXPECTED[language] <= set(found.terms)
    assert len(found.terms) <= 8
    assert not [term for term in found.terms if is_function_word(term.lower(), language)]


@pytest.mark.parametrize(
    ("language", "phrase"), [("nl", "niet geleverd"), ("en", "not delivered"), ("de", "nicht geliefert")]
)
def test_phrases_keep_the_word_that_denies(language: str, phrase: str) -> None:
    found = explain(event(language, 60), chatter(language, 400))
    assert any(phrase in told for told in found.phrases)
    assert len(found.phrases) <= 5


def test_three_languages_at_once() -> None:
    found = explain(
        [document for language in EXPECTED for document in event(language, 40)],
        [document for language in EXPECTED for document in chatter(language, 300)],
    )
    assert {"pakket", "bezorger", "parcel", "courier", "Paket"} <= set(found.terms)
    assert set(found.languages) == {"nl", "en", "de"}


def test_a_change_of_language_alone_brings_up_no_words() -> None:
    before = chatter("nl", 380) + chatter("en", 120)
    assert explain(chatter("en", 90, seed=2), before).terms == ()


@pytest.mark.parametrize("number", [3, 10, 40, 150])
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_more_of_the_same_has_no_words(number: int, seed: int) -> None:
    found = explain(chatter("nl", number, seed=seed, days=(EVENT_DAY,)), chatter("nl", 400))
    assert (found.terms, found.phrases, found.products) == ((), (), ())
    assert found.examples


def test_inflected_and_diminutive_forms_are_one_word() -> None:
    forms = ["pakket", "pakket", "pakketje", "pakketten", "pakketjes", "pakket"]
    found = explain([mention(str(n), f"Waar blijft {form}?") for n, form in enumerate(forms)], chatter("nl", 300))
    assert found.terms[0] == "pakket"
    assert not [term for term in found.terms[1:] if term.startswith("pakket")]


def test_one_shouting_author_makes_no_word() -> None:
    shouted = [mention(f"s{n}", f"oplichters oplichters {n}", author="one") for n in range(30)]
    found = explain(shouted + event("nl", 20), chatter("nl", 400))
    assert "oplichters" not in found.terms
    assert "pakket" in found.terms


def test_an_author_of_the_weeks_before_counts_once_per_stretch() -> None:
    regular = [mention(f"r{n}", "storing vandaag", author="regular", day=f"2026-02-{n:02}") for n in range(1, 29)]
    now = [mention(f"n{n}", "storing vandaag") for n in range(12)]
    assert "storing" not in explain(now, regular).terms


def test_numbers_masks_links_and_accounts_are_no_words() -> None:
    text = "Storing 2026 [email] [phone] https://voorbeeld.example/storing-pagina @klantenteam"
    found = explain([mention(str(n), text) for n in range(20)], chatter("nl", 300))
    assert found.terms == ("storing",)
    assert found.phrases == ()


def test_hashtags_and_emoji_are_kept_when_telling() -> None:
    found = explain([mention(str(n), f"Weer mis 😡😡 #PakketWeg {n}") for n in range(20)], chatter("nl", 300))
    assert {"#PakketWeg", "😡"} <= set(found.terms)
    assert "PakketWeg" not in found.terms


def test_an_elided_article_is_not_part_of_the_word() -> None:
    found = explain([mention(str(n), "Encore l'application en panne", language="fr") for n in range(9)], [])
    assert "application" in found.terms


def test_pieces_of_a_phrase_are_told_once_and_no_phrase_crosses_a_sentence() -> None:
    texts = [mention(str(n), f"Track trace werkt niet. Magazijn leeg nummer {n}") for n in range(20)]
    found = explain(texts, chatter("nl", 300))
    assert sorted(found.phrases) == ["magazijn leeg nummer", "trace werkt niet"]


def test_products_that_stand_out() -> None:
    now = [document | {"product": "Kruidenthee" if n < 15 else "Koffie"} for n, document in enumerate(event("nl", 20))]
    before = [
        document | {"product": "Koffie" if n % 9 else "Kruidenthee"} for n, document in enumerate(chatter("nl", 400))
    ]
    assert explain(now, before).products == ("Kruidenthee",)


def test_without_a_time_before_the_commonest_words_stand() -> None:
    found = explain(event("nl", 30), [])
    assert {"pakket", "bezorger"} <= set(found.terms)
    assert "De" not in found.terms


def test_an_event_of_three_posts() -> None:
    found = explain(failure("nl", 3), chatter("nl", 400))
    assert "bezorger" in found.terms
    assert len(found.examples) >= 2
    assert found.voice == "many"
