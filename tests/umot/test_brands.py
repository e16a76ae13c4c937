"""Brands are found by whole words, in any spelling."""

from dataclasses import dataclass

import pytest

from umot.brands import BrandMatcher, brand_of_mention


@dataclass(frozen=True)
class Names:
    name: str
    spellings: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


MATCHER = BrandMatcher(
    [
        Names("Coolblauw", ("cool blauw", "@coolblauwNL"), ("Coolblauw Stadion",)),
        Names("Café Één"),
        Names("Bol", (), ("bol van", "een bol wol")),
    ]
)


@pytest.mark.parametrize(
    ("text", "brands"),
    [
        ("net besteld bij COOLBLAUW!", ["Coolblauw"]),
        ("#coolblauw faalt, @CoolblauwNL reageert niet", ["Coolblauw"]),
        ("cool-blauw is top", ["Coolblauw"]),
        ("coolblauwe lucht vandaag", []),
        ("concert in het Coolblauw Stadion", []),
        ("na het Coolblauw Stadion naar Coolblauw zelf", ["Coolblauw"]),
        ("cafe een was gezellig", ["Café Één"]),
        ("bol of coolblauw?", ["Bol", "Coolblauw"]),
        ("ik sta bol van de stress", []),
        ("", []),
    ],
)
def test_find(text: str, brands: list[str]) -> None:
    assert MATCHER.find(text) == brands


def test_a_matcher_without_brands_finds_nothing() -> None:
    assert BrandMatcher([]).find("alles mag") == []


def test_a_mention_is_about_its_own_brand_or_the_posts_only_one() -> None:
    assert brand_of_mention(["B"], ["A", "B"]) == "B"
    assert brand_of_mention([], ["A"]) == "A"
    assert brand_of_mention([], ["A", "B"]) is None
    assert brand_of_mention([], []) is None
