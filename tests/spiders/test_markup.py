"""schema.org as pages write it: broken, repeated, referring, and in three syntaxes."""

import json

import pytest

from spiders.dates import DateReader
from spiders.items import Item
from spiders.markup.nodes import load_json, read_markup
from spiders.markup.records import Page, read_records

URL = "https://shop.example/p"


def records(html: str):
    markup = read_markup(f"<!-- schema.org -->{html}".encode(), URL)
    assert markup is not None
    return read_records(markup, Page(URL, "schema_org", DateReader()))


def items(html: str) -> list[Item]:
    return [r for r in records(html)[0] if isinstance(r, Item)]


def script(data) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


REVIEW = {"@type": "Review", "reviewBody": "Goed", "author": "A", "datePublished": "2025-01-01"}


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "Review", "name": "a\nb\tc"}',
        '{"@type": "Review", "name": "x",}',
        '// hello\n{"@type": "Review"}',
        '<!-- x -->\n{"@type": "Review"}',
        '/* x */ {"@type": "Review", /* y */\n "a": [1, 2,],}',
        '<![CDATA[\n{"@type": "Review"}\n]]>',
        '{"@type": "Review"};',
        '[[{"@type": "Review"}]]',
        '{"@graph": [{"@type": "Review"}]}',
    ],
)
def test_mends_common_faults(text):
    assert load_json(text)[0]["@type"] == "Review"


@pytest.mark.parametrize("text", ["{", '{"a": }', "undefined", "{'a': 1}", "[" * 100_000])
def test_gives_up_on_the_rest(text):
    assert load_json(text) is None


@pytest.mark.parametrize("text", ["", "null", "5", '"x"', "[]", "{}", "[null, [null]]"])
def test_nothing_of_use_is_no_fault(text):
    assert not any(n.get("@type") for n in load_json(text))


def test_pages_without_the_words_are_not_parsed():
    assert read_markup(b"<html>reviews of schemas</html>", URL) is None


def test_references_in_a_graph_are_followed_once():
    graph = [
        {"@type": "Product", "@id": "#p", "name": "Fiets", "review": [{"@id": "#r"}]},
        REVIEW | {"@id": "#r", "itemReviewed": {"@id": "#p"}},
    ]
    found = items(script({"@context": "https://schema.org", "@graph": graph}))
    assert [(i.product, i.key) for i in found] == [("Fiets", f"{URL}#r")]


def test_nodes_that_refer_to_each_other_end():
    graph = [
        REVIEW | {"@id": "#a", "comment": {"@id": "#b"}},
        {"@type": "Comment", "@id": "#b", "text": "x", "about": {"@id": "#a"}},
    ]
    assert items(script({"@graph": graph})) is not None


def test_an_id_that_the_template_repeats_is_no_id():
    found = items(script([REVIEW | {"@id": "#review", "reviewBody": t} for t in ("een", "twee")]))
    assert [i.text for i in found] == ["een", "twee"]
    assert [i.key for i in found] == [f"{URL}#review", None]


def test_two_people_may_say_the_same():
    assert len(items(script([REVIEW, REVIEW | {"author": "B"}, REVIEW]))) == 2


def test_one_review_in_two_markups_is_one_item():
    micro = '<div itemscope itemtype="http://schema.org/Review"><p itemprop="reviewBody">{}</p></div>'
    long = "Dit is een lange tekst die niemand anders zo zou schrijven."
    html = script([REVIEW | {"reviewBody": long}]) + micro.format(long) + micro.format("En nog een")
    found, repeated = records(html)
    assert sorted(i.text for i in found) == [long, "En nog een"]
    assert repeated == 1


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        ({"ratingValue": "4,5"}, (4.5, 5.0, None)),
        ({"ratingValue": 8, "bestRating": "10", "worstRating": "1"}, (8.0, 10.0, 1.0)),
        ({"ratingValue": "4/10"}, (4.0, 10.0, None)),
        (3, (3.0, 5.0, None)),
        ({"ratingValue": ""}, (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_ratings(rating, expected):
    found = items(script(REVIEW | {"reviewRating": rating}))[0]
    assert (found.rating, found.rating_best, found.rating_worst) == expected


@pytest.mark.parametrize("author", ["Jan", {"name": "Jan"}, [{"@type": "Person", "name": "Jan"}], {"name": ["Jan"]}])
def test_authors(author):
    assert items(script(REVIEW | {"author": author}))[0].author == "Jan"


def test_comments_of_customers_stay_posts():
    comment = {"@type": "Comment", "text": "Eens!", "author": {"@type": "Person", "name": "B"}}
    found = items(script(REVIEW | {"@id": "#1", "comment": [comment]}))
    assert [(i.kind, i.parent) for i in found] == [("review", None), ("comment", f"{URL}#1")]


def test_a_broken_record_costs_itself_only():
    found, _ = records(script([REVIEW | {"datePublished": "ooit"}, REVIEW, REVIEW | {"reviewBody": {}}]))
    assert sum(isinstance(r, Item) for r in found) == 2


@pytest.mark.parametrize("value", [1, "x", [1, [2]], {"@value": "z"}, {"name": {"name": 1}}, True])
def test_any_shape_of_any_property_is_survived(value):
    for name in (
        "author",
        "reviewRating",
        "reviewBody",
        "name",
        "@id",
        "url",
        "comment",
        "itemReviewed",
        "inLanguage",
        "identifier",
        "upvoteCount",
        "positiveNotes",
        "@type",
    ):
        records(script([REVIEW | {name: value}, REVIEW]))


PAGED = Page(URL, "schema_org", DateReader(), asked=f"{URL}?page=2")


@pytest.mark.parametrize(
    ("node", "key"),
    [
        ({"@id": "#r1"}, f"{URL}#r1"),
        ({"@id": f"{URL}?page=2#r1"}, f"{URL}#r1"),
        ({"@id": "https://shop.example/r/1?lang=nl"}, "https://shop.example/r/1?lang=nl"),
        ({"@id": "urn:uuid:5"}, "urn:uuid:5"),
        ({"id": "r1"}, f"{URL}#r1"),
        ({"identifier": "7"}, f"{URL}#7"),
        ({"identifier": {"@type": "PropertyValue", "value": 7}}, f"{URL}#7"),
        ({"@id": "_:b0"}, None),
        ({}, None),
    ],
)
def test_ids_hold_nothing_of_the_page_of_the_list(node, key):
    markup = read_markup(f"<!-- schema.org -->{script(REVIEW | node)}".encode(), URL)
    (found,), _ = read_records(markup, PAGED)
    assert (found.key, found.url) == (key, URL)


def test_the_itemid_of_microdata_is_the_id():
    micro = '<div itemscope itemtype="https://schema.org/Review" itemid="{}"><p itemprop="reviewBody">Goed {}</p></div>'
    found = items("".join(micro.format(i, i) for i in ("#r1", "https://shop.example/r/2", "r3")))
    assert [i.key for i in found] == [f"{URL}#r1", "https://shop.example/r/2", f"{URL}#r3"]
