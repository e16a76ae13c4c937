"""What people read: true, in their language, and harmless whatever strangers wrote."""

import re
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from tests.alerts.stories import SECRET_TEXT, alert, source_alert
from umot.alert import BRAND_EVENTS, SOURCE_EVENTS, Alert, Voice
from umot.alerts.messages import Manner, alert_message, digest_message, title_of, trial_message
from umot.alerts.messages.defusing import defused
from umot.alerts.messages.wording import catalogue, how_unlikely
from umot.alerts.outbox import Event

LANGUAGES = ("nl", "en")


def manner(language: str = "en", **changes: bool) -> Manner:
    return Manner(language, ZoneInfo("Europe/Amsterdam"), "proef", **changes)


def test_a_message_says_what_since_when_how_many_and_how_unlikely() -> None:
    message = alert_message(alert(), "opened", manner())
    assert message.subject == "[proef] New: Zonnehoek: unusually many negative peaks (second moment), severity 7"
    for line in (
        "Severity: 7 of 10",
        "Since 2026-03-02 (3 days)",
        "35 posts, where about 8.2 were to be expected",
        "By chance this comes about once in 270 years of such days",
        "Many different people write",
        "Sources: shop",
    ):
        assert line in message.text
        assert line in message.html


def test_the_same_in_dutch() -> None:
    message = alert_message(alert(days=1, observed=1.0), "closed", manner("nl"))
    assert message.subject == "[proef] Voorbij: Zonnehoek: ongewoon veel negatieve pieken (tweede moment), ernst 7"
    assert "Van 2026-03-02 t/m 2026-03-04 (1 dag)" in message.text
    assert "1 bericht, waar er ongeveer 8,2 te verwachten waren" in message.text


def test_words_of_reviews_leave_only_where_they_may() -> None:
    closed = alert_message(alert(products=["Tuinset"]), "opened", manner())
    for word in ("pakket", "bezorger", "Tuinset", SECRET_TEXT):
        assert word not in closed.subject + closed.text + closed.html
    opened = alert_message(alert(products=["Tuinset"]), "opened", manner(texts=True))
    for word in ("pakket", "bezorger", "Tuinset", SECRET_TEXT):
        assert word in opened.text
        assert word in opened.html


def test_a_digest_never_holds_texts() -> None:
    message = digest_message([(alert(), "opened"), (source_alert(severity=9), "grown")], manner(texts=True))
    assert message.subject == "[proef] 2 alerts, the severest 9"
    assert message.text.index("source shop: broken") < message.text.index("Zonnehoek")
    assert "pakket" not in message.text


def test_a_digest_is_cut_and_says_so() -> None:
    message = digest_message([(alert(f"a{n}"), "opened") for n in range(50)], manner())
    assert message.text.count("Zonnehoek") == 20
    assert "and 30 more" in message.text


def test_a_source_says_what_is_wrong_and_what_is_missing() -> None:
    message = alert_message(source_alert(), "opened", manner("nl"))
    assert "bron shop: kapot" in message.subject
    assert "3 runs in a row failed: the page answered 503" in message.text
    assert "Niet verzameld sinds 2026-03-02 00:00" in message.text
    whole = alert_message(source_alert(missing_to="2026-03-03T23:00:00.000Z"), "closed", manner())
    assert "Not collected: 2026-03-02 00:00 to 2026-03-04 00:00" in whole.text


@pytest.mark.parametrize(
    ("p", "says"),
    [
        (0.01, "once in 100 such days"),
        (1e-3, "once in 3 years"),
        (1e-5, "once in 270 years"),
        (1e-6, "once in 2,700 years"),
        (1e-9, "less than once in 10,000 years"),
        (0.0, "less than once in 10,000 years"),
    ],
)
def test_chance_in_words_that_people_understand(p: float, says: str) -> None:
    assert says in (how_unlikely(p, catalogue("en")) or "")


def test_no_chance_is_claimed_without_one() -> None:
    assert how_unlikely(None, catalogue("en")) is None
    assert how_unlikely(0.9, catalogue("en")) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_alert_has_words(language: str) -> None:
    for what in BRAND_EVENTS:
        assert title_of(alert(what=what), language).startswith("Zonnehoek: ")
        assert title_of(alert(what=what, share=True), language).startswith("Zonnehoek: ")
    assert len({title_of(source_alert(what=what), language) for what in SOURCE_EVENTS}) == len(SOURCE_EVENTS)
    for event in get_args(Event):
        for voice in get_args(Voice):
            told = alert(
                voice=voice, author_share=0.6, cold_start=True, invited=True, share=True, moments=["smot", "umot"]
            )
            assert "{" not in alert_message(told, event, manner(language)).text
    assert "team" in trial_message("team", manner(language)).text


def test_the_catalogues_have_the_same_keys() -> None:
    def keys(value: object, place: str = "") -> set[str]:
        if not isinstance(value, dict):
            return (
                {f"{place}:{sorted(re.findall('{[a-z]+}', str(value)))}"}
                if place not in ("language", "point")
                else set()
            )
        return {key for name, inner in value.items() for key in keys(inner, f"{place}.{name}" if place else name)}

    assert keys(catalogue("nl")) == keys(catalogue("en"))


def test_made_up_data_is_marked() -> None:
    message = alert_message(alert(), "opened", manner(demo=True))
    assert "made up" in message.text
    assert "made up" in message.html
    assert "made up" not in alert_message(alert(), "opened", manner()).text


def test_a_single_shouting_author_is_named_as_such() -> None:
    message = alert_message(alert(voice="one_author", author_share=0.62), "opened", manner())
    assert "Above all one author writes (62% of the posts)" in message.text


def test_only_web_addresses_become_links() -> None:
    message = alert_message(alert(kibana="javascript:alert(1)", report="/home/anna/report.html"), "opened", manner())
    assert "javascript" not in message.html + message.text
    assert "/home/anna" not in message.html + message.text


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("see http://evil.example/a?b now", "see [link] now"),
        ("WWW.EVIL.EXAMPLE/x", "[link]"),
        ("javascript:alert(1)", "[link]"),
        ("bol.com is late", "bol\u2060.com is late"),
        ("@everyone <!here> <@U1>", "@\u2060everyone ‹!here› ‹@\u2060U1›"),
        ("a\r\nBcc: x", "a Bcc: x"),
        ("\x1b[31mred\u202e \u200bhidden", "[31mred hidden"),
        ("Te laat. Prijs 3.50", "Te laat. Prijs 3.50"),
    ],
)
def test_defusing(text: str, harmless: str) -> None:
    assert defused(text) == harmless


@given(st.text(max_size=400))
def test_whatever_a_stranger_writes_stays_text(text: str) -> None:
    told = alert(brand=f"Z{text}", terms=[text], examples=[text], source=text, sources=[text])
    message = alert_message(told, "opened", manner(texts=True))
    plain = alert_message(alert(brand="Z", terms=["a"], examples=["b"]), "opened", manner(texts=True))
    assert len(message.subject.splitlines()) == 1
    assert not re.search(r"@[^\u2060\s]", message.subject + message.text.replace("https://kibana", ""))
    tree, usual = html.fromstring(f"<div>{message.html}</div>"), html.fromstring(f"<div>{plain.html}</div>")
    assert {node.tag for node in tree.iter()} <= {node.tag for node in usual.iter()}
    assert [link.get("href") for link in tree.iter("a")] == [told.kibana]


def test_a_stored_alert_can_be_told() -> None:
    stored = Alert.of(alert().document())
    assert alert_message(stored, "opened", manner()).text == alert_message(alert(), "opened", manner()).text
