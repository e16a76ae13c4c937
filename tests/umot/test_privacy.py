"""What must not reach the store does not."""

import pytest

from umot.privacy import author_hash, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail me op jan.de-vries+x@voorbeeld.co.uk svp", "mail me op [email] svp"),
        ("bel 06-12345678 na vijven", "bel [phone] na vijven"),
        ("call +44 20 7946 0958", "call [phone]"),
        ("terug op NL91 ABNA 0417 1643 00 graag", "terug op [iban] graag"),
        ("IBAN BE68539007547034.", "IBAN [iban]."),
        ("iban nl91abna0417164300 van mij", "iban [iban] van mij"),
    ],
)
def test_addresses_numbers_and_accounts_are_masked(text: str, masked: str) -> None:
    assert mask(text, ("NL", "BE", "GB")) == masked


@pytest.mark.parametrize(
    "text",
    [
        "besteld op 12-03-2026, bestelnummer 10043",
        "€ 1.299,00 voor 3 jaar",
        "NL12 is geen rekening",
        "iPhone 15 Pro 256 GB, 2400 mAh",
        "@merk #fail 10/10",
        "open between 0830-0930 and 08.20-09.40, 13:00 - 14:30",
    ],
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert mask(text, ("NL",)) == text


@pytest.mark.parametrize("text", ["@ " + "a" * 500_000, "a@" * 200_000, "1 " * 200_000, "NL12" * 100_000])
@pytest.mark.timeout(60)
def test_hostile_texts_take_no_more_than_they_must(text: str) -> None:
    mask(text)


def test_only_the_named_kinds_are_masked() -> None:
    assert mask("a@b.nl 0612345678", ("NL",), ("email",)) == "[email] 0612345678"


def test_author_hash_differs_between_sources_and_keys_but_not_by_case() -> None:
    assert author_hash(b"k", "shop", "Jan ") == author_hash(b"k", "shop", "jan")
    assert author_hash(b"k", "shop", "jan") != author_hash(b"k", "forum", "jan")
    assert author_hash(b"k", "shop", "jan") != author_hash(b"other", "shop", "jan")
    assert "jan" not in author_hash(b"k", "shop", "jan")
