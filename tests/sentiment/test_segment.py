from itertools import pairwise

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment.classify import MAX_CHARACTERS, Classifier, Document
from sentiment.segment import MAX_LENGTH, segment

CASES = {
    "Mooie site, maar het pakket kwam te laat": ["Mooie site,", "maar het pakket kwam te laat"],
    "top service\nsnelle levering\n- goedkoop": ["top service", "snelle levering", "- goedkoop"],
    "slecht!!! nooit meer": ["slecht!!!", "nooit meer"],
    "Dhr. Jansen van o.a. de balie hielp me.": ["Dhr. Jansen van o.a. de balie hielp me."],
    "Kostte €3,50 en 2.5 kg bij bol.com": ["Kostte €3,50 en 2.5 kg bij bol.com"],
    "Goede service.Maar wel duur": ["Goede service.", "Maar wel duur"],
    "Am 3. Mai kam z.B. die Rechnung.": ["Am 3. Mai kam z.B. die Rechnung."],
    "1. mooie winkel\n2. lange rij": ["1. mooie winkel", "2. lange rij"],
    "wachten... en wachten": ["wachten... en wachten"],
    "super blij 😍 volgende keer weer": ["super blij 😍", "volgende keer weer"],
    "Zie https://www.shop.nl/A.B?c=d voor meer": ["Zie https://www.shop.nl/A.B?c=d voor meer"],
    "Toen ik belde, was er niemand bereikbaar": ["Toen ik belde, was er niemand bereikbaar"],
    "The flight was ok but the food was awful": ["The flight was ok", "but the food was awful"],
    "Schönes Hotel, aber das Frühstück fehlte": ["Schönes Hotel,", "aber das Frühstück fehlte"],
    "Très bon accueil mais livraison en retard": ["Très bon accueil", "mais livraison en retard"],
    "Buen precio, pero llegó tarde y roto": ["Buen precio,", "pero llegó tarde y roto"],
    "Bel negozio, però consegna in ritardo": ["Bel negozio,", "però consegna in ritardo"],
    "J. de Vries was vriendelijk. In 2024. Daarna niet": [
        "J. de Vries was vriendelijk.",
        "In 2024.",
        "Daarna niet",
    ],
    "Zahnarzt im 4. Stock, Bestellnr. 4471 fehlte": ["Zahnarzt im 4. Stock,", "Bestellnr. 4471 fehlte"],
    "label says 8. who sews these": ["label says 8.", "who sews these"],
    "Overgestapt naar ING. Nu tevreden": ["Overgestapt naar ING.", "Nu tevreden"],
    "blij mee :) volgende keer weer": ["blij mee :)", "volgende keer weer"],
    "": [],
    " ... ": [],
}


@pytest.mark.parametrize("text", CASES)
def test_cuts(text: str) -> None:
    assert [text[piece.start : piece.end] for piece in segment(text)] == CASES[text]


BY_LANGUAGE = {
    ("fr", "Le tel de ma femme marche, livraison en retard"): ["Le tel de ma femme marche,", "livraison en retard"],
    ("fr", "Le colis est arrivé hier en deux morceaux cassés"): ["Le colis est arrivé hier en deux morceaux cassés"],
    ("nl", "Goed geholpen alleen de wachttijd was lang"): ["Goed geholpen", "alleen de wachttijd was lang"],
    ("nl", "Kamer wat donker, personeel zeer hulpvaardig"): ["Kamer wat donker,", "personeel zeer hulpvaardig"],
    ("nl", "Netjes gereserveerd, om 9 uur zaten we nog"): ["Netjes gereserveerd,", "om 9 uur zaten we nog"],
    ("de", "Buchung lief gut, der Flug wurde gestrichen"): ["Buchung lief gut,", "der Flug wurde gestrichen"],
    ("de", "Das Gerät, das ich kaufte, war defekt"): ["Das Gerät, das ich kaufte,", "war defekt"],
    ("de", "Das war aber nicht besonders gut"): ["Das war aber nicht besonders gut"],
}


@pytest.mark.parametrize(("language", "text"), BY_LANGUAGE)
def test_clauses_by_language(language: str, text: str) -> None:
    assert [text[piece.start : piece.end] for piece in segment(text, language)] == BY_LANGUAGE[language, text]


def test_clauses_of_a_sentence_share_its_number() -> None:
    numbers = [piece.sentence for piece in segment("Mooie site, maar te laat geleverd. Top!")]
    assert numbers == [0, 0, 1]


WIDE = "Heel vriendelijk en snel geholpen aan de balie van het kantoor door "
LINES = {
    "Top 😍\nBezorging was heel traag": ["Top 😍", "Bezorging was heel traag"],
    "Blij :)\nMaar de bezorger kwam niet": ["Blij :)", "Maar de bezorger kwam niet"],
    ":)\nMaar de bezorger kwam niet": ["Maar de bezorger kwam niet"],
    "Top!\n😍 mooi spul": ["Top!", "😍 mooi spul"],
    "bijv.\n\nDe bezorger kwam niet": ["bijv.", "De bezorger kwam niet"],
    "Veel keus, bijv.\r\nDe bezorger kwam niet": ["Veel keus, bijv.", "De bezorger kwam niet"],
    "wachten...\nen wachten": ["wachten...", "en wachten"],
    "Goed geholpen.\n---\nWel duur": ["Goed geholpen.", "Wel duur"],
    f"{WIDE}dhr.\nJansen": [f"{WIDE}dhr.\nJansen"],
    f"Fijn! {WIDE[:50]} bijv.\nde dames": ["Fijn!", f"{WIDE[:50]} bijv.\nde dames"],
    f"{WIDE}dhr.\n\nJansen": [f"{WIDE}dhr.", "Jansen"],
    f"{WIDE}haar .\nMaar duur": [f"{WIDE}haar .", "Maar duur"],
    f"{WIDE}\neen dame": [f"{WIDE}\neen dame"],
    f"{WIDE}\nEen dame": [WIDE.strip(), "Een dame"],
}


@pytest.mark.parametrize("text", LINES)
def test_a_line_that_is_not_wrapped_ends_the_sentence(text: str) -> None:
    assert [text[piece.start : piece.end] for piece in segment(text, "nl")] == LINES[text]


def test_no_mention_crosses_the_joint_of_a_shortened_text(classifier: Classifier) -> None:
    half = MAX_CHARACTERS // 2
    head, tail = "Het was fijn. ".rjust(half), "#merk @merk\nHet was duur.".ljust(half)
    text = f"{head}{' ' * 100}{tail}"
    (result,) = classifier.classify([Document(text, language="nl")])
    assert [mention.text for mention in result.mentions] == [text[m.start : m.end] for m in result.mentions]
    assert "Het was duur." in result.mentions[-1].text


@pytest.mark.parametrize("run", [" " * 900, "-" * 900, "- " * 900, "\n" * 900, "\u200d" * 900])
def test_long_runs_without_content_are_no_mentions(run: str) -> None:
    for text in (f"goed{run}zeer duur", f"{run}goed", f"goed {run}", run):
        pieces = [text[piece.start : piece.end] for piece in segment(text)]
        assert all(regex.search(r"\p{L}", piece) and piece == piece.strip() for piece in pieces)


RUNS = st.builds(str.__mul__, st.sampled_from([" ", "-", "- ", "\n", "😀", "\u200d", "bijv. "]), st.integers(1, 900))
TYPED = st.text(alphabet="aZ1é .,!?…-;:\n😀\u200d()'\"maren", max_size=100)


@settings(max_examples=200, deadline=None)
@given(st.lists(TYPED | RUNS, max_size=6).map("".join))
def test_pieces_hold_all_content_once(text: str) -> None:
    pieces = segment(text)
    held = "".join(text[piece.start : piece.end] for piece in pieces)
    content = regex.compile(r"[\p{L}\p{N}\p{Extended_Pictographic}]")
    assert content.findall(held) == content.findall(text)
    assert all(left.end <= right.start for left, right in pairwise(pieces))
    for piece in pieces:
        assert 0 < piece.end - piece.start <= MAX_LENGTH
        assert content.search(text, piece.start, piece.end)
        assert "\n\n" not in text[piece.start : piece.end]


@pytest.mark.parametrize(
    "unit", ["a", ".", " ", "\n", "😀", "😀 ", ". ", ", ", " - ", " maar", "😀\n", "bijv.\n", "im 4. "]
)
@pytest.mark.timeout(10)
def test_runs_cost_no_square(unit: str) -> None:
    segment(unit * (32_000 // len(unit)))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Ze weigeren de garantie. #Harkanel", ["Ze weigeren de garantie. #Harkanel"]),
        ("#fail @merk. Niemand neemt op.", ["#fail @merk. Niemand neemt op."]),
        ("Top! #blij https://t.co/x1", ["Top! #blij https://t.co/x1"]),
        ("#merk @merk", ["#merk @merk"]),
    ],
)
def test_labels_alone_are_no_mention(text: str, pieces: list[str]) -> None:
    assert [text[p.start : p.end] for p in segment(text, "nl")] == pieces
