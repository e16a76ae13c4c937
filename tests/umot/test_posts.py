"""An item becomes a post, or says why not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spiders.items import Item
from umot.posts import MAX_TEXT, Collector, Post, RejectedItemError, safe_url
from umot.privacy import author_hash, mask

AS_OF = datetime(2026, 3, 2, 7, tzinfo=UTC)


def post(**given: Any) -> Post:
    """Turn an item with these fields into a post."""
    collector = Collector("shop", AS_OF, lambda *who: author_hash(b"k", *who), lambda text: mask(text, ("NL",)))
    return collector.post(Item(**{"platform": "example.org", "key": "1", "text": "Prima.", **given}))


def test_a_post_carries_no_name_and_no_address() -> None:
    made = post(author="Jan de Vries", text="Mail jan@voorbeeld.nl", reply_text="Bel 06-12345678")
    assert "Jan" not in str(made.document())
    assert (made.text, made.reply_text) == ("Mail [email]", "Bel [phone]")


@pytest.mark.parametrize(
    ("rating", "best", "worst", "expected", "given"),
    [(4, None, None, 0.75, "4/5"), (7, 10, 1, 0.6667, "7/10"), (0, 5, None, 0.0, "0/5"), (3, 5, 0, 0.6, "3/5")],
)
def test_ratings_are_normalised(rating: float, best: Any, worst: Any, expected: float, given: str) -> None:
    made = post(rating=rating, rating_best=best, rating_worst=worst)
    assert (made.rating, made.rating_given) == (expected, given)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"rating": 8.0}, "rating 8/5 outside its scale 1 to 5"),
        ({"rating": 2.0, "rating_best": 1.0, "rating_worst": 1.0}, "outside its scale"),
        ({"published_at": AS_OF + timedelta(days=3)}, "expected the past"),
        ({"text": ""}, "neither text nor rating"),
        ({"text": "x" * (MAX_TEXT + 1)}, "at most 1,000,000"),
    ],
)
def test_what_cannot_be_a_post_says_why(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(RejectedItemError, match=says):
        post(**fields)


def test_an_edit_keeps_the_id_and_changes_the_hash() -> None:
    first, second = post(text="Prima."), post(text="Prima. Edit: toch niet.")
    assert first.id == second.id == "example.org:1"
    assert first.content_hash != second.content_hash


def test_counts_alone_are_no_change() -> None:
    assert post(likes=1).content_hash == post(likes=99, views=5).content_hash


def test_without_a_key_the_id_ignores_the_text_when_author_or_date_is_known() -> None:
    dated = {"key": None, "published_at": AS_OF}
    assert post(**dated, text="a").id == post(**dated, text="b").id
    assert post(key=None, text="a").id != post(key=None, text="b").id
    assert post(**dated, author="A").id != post(**dated, author="B").id


def test_a_document_survives_the_archive() -> None:
    made = post(title="Top", links=["https://example.org/x", "javascript:alert(1)"], author="A", likes=0)
    assert Post.from_document(made.document()) == made
    assert made.links == ["https://example.org/x"]
    assert made.text == "Top\nPrima."


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://user:secret@example.org/a?b=1", "https://example.org/a?b=1"),
        ("javascript:alert(1)", None),
        ("//example.org", None),
        ("http://[broken", None),
        ("", None),
    ],
)
def test_only_plain_web_addresses_are_kept(url: str, safe: str | None) -> None:
    assert safe_url(url) == safe
