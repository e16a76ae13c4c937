"""Texts of strangers become safe and comparable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umot.text import clean, fingerprint, one_line, with_title


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("a\x00b\x1b[31mrood", "ab[31mrood"),
        ("  twee   woorden \r\n\r\n\r\n\r\nverder\t", "twee woorden\n\nverder"),
        ("half \ud83d paar", "half paar"),
        ("links \u202enaar rechts", "links naar rechts"),
        ("cafe\u0301", "café"),
    ],
)
def test_clean(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@given(st.text())
def test_clean_is_idempotent_and_printable_as_utf8(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode()


@given(st.text(), st.integers(10, 40))
def test_one_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert not {"\n", "\r", "\x1b", "\x00"} & set(line)


def test_a_title_becomes_the_first_line_unless_the_text_begins_with_it() -> None:
    assert with_title("Top", "Snel geleverd") == "Top\nSnel geleverd"
    assert with_title("Snel gel…", "Snel geleverd") == "Snel geleverd"
    assert with_title("Alleen dit", "") == "Alleen dit"
    assert with_title(None, "tekst") == "tekst"


def test_fingerprints_ignore_case_and_punctuation_and_need_eight_words() -> None:
    text = "Drie weken gewacht op de tuinset, en toen kapot."
    assert fingerprint(text) == fingerprint("drie weken gewacht op de TUINSET en toen kapot!!")
    assert fingerprint("snelle levering, top!") is None
    assert fingerprint(text) != fingerprint(text.replace("Drie", "Vier"))
