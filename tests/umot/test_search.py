"""What people type becomes a query; what is found is shown safely."""

from umot.export import safe_cell
from umot.search import Filters, fragments, query_of


def test_words_and_phrases() -> None:
    query = query_of('pakket "niet geleverd"', Filters(brand="Zonnehoek", since="2026-01-01"))
    words, phrase = query["bool"]["must"]
    assert len(words["bool"]["should"]) == 7
    assert phrase == {"match_phrase": {"text": "niet geleverd"}}
    assert query["bool"]["filter"] == [
        {"term": {"brands": "Zonnehoek"}},
        {"range": {"day": {"gte": "2026-01-01"}}},
    ]


def test_mentions_are_filtered_by_their_own_fields() -> None:
    assert query_of(None, Filters(brand="A", moment="smot"), "mentions") == {
        "bool": {"filter": [{"term": {"brand": "A"}}, {"term": {"moment": "smot"}}]}
    }


def test_fragments_keep_the_text_and_mark_the_found() -> None:
    text = "Het pakket kwam\nniet aan."
    pieces = fragments(text, [(4, 10)])
    assert "".join(piece for piece, _ in pieces) == "Het pakket kwam niet aan."
    assert [piece for piece, hot in pieces if hot] == ["pakket"]


def test_fragments_of_long_texts_begin_near_the_word_and_defuse_controls() -> None:
    pieces = fragments("a " * 300 + "\x1b[31mpakket" + " b" * 300, [(605, 611)])
    shown = "".join(piece for piece, _ in pieces)
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert "\x1b" not in shown
    assert len(shown) < 260


def test_cells_that_look_like_formulas_are_defused() -> None:
    assert safe_cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert safe_cell("-2+3") == "'-2+3"
    assert safe_cell(-0.5) == -0.5
    assert safe_cell(["a", "b"]) == "a | b"
    assert safe_cell("@merk help") == "'@merk help"
