"""Lists of pages: what slides to another page stays the same post, and what did not change is said so."""

from typing import Any

import pytest

from tests.spiders.loopback import ROBOTS, Answer, serve

AS_OF = "2026-03-10T06:00:00+00:00"
HTML = {"Content-Type": "text/html; charset=utf-8"}


def review(number: int, identity: str = "") -> str:
    return (
        f'<div itemscope itemtype="https://schema.org/Review" {identity}><span itemprop="author">Klant {number}</span>'
        f'<time itemprop="datePublished" datetime="2026-02-{number:02}"></time>'
        f'<p itemprop="reviewBody">Bericht {number}</p></div>'
    )


def page(*reviews: str, following: str = "", **headers: str) -> Answer:
    link = f'<link rel="next" href="{following}">' if following else ""
    return Answer(200, f"<html>{link}{''.join(reviews)}</html>".encode(), HTML | headers)


def job(cursor: Any = None, **params: Any) -> dict[str, Any]:
    return {
        "source": "s", "spider": "schema_org", "as_of": AS_OF, "cursor": cursor, "params": params,
        "settings": {"delay": 0, "retries": 0},
    }  # fmt: skip


def identities(result) -> dict[str, tuple[str | None, str]]:
    return {i["text"]: (i.get("key"), i["url"]) for i in result.items}


@pytest.mark.parametrize("identity", ["", 'itemid="#r{}"', 'itemid="{}"'])
@pytest.mark.parametrize("parameter", ["page", "p", "start"])
def test_a_review_that_slides_to_the_next_page_stays_itself(identity, parameter, crawl):
    reviews = [review(n, identity.format(n)) for n in (3, 2, 1)]
    second = f"/list?soort=stoel&{parameter}=2"
    with serve() as site:
        site.answers = {"/list?soort=stoel": page(*reviews[1:], following=second), second: page(reviews[2])}
        before = crawl(job(urls=[f"{site.base}/list?soort=stoel"]))
        site.answers = {"/list?soort=stoel": page(reviews[0], following=second), second: page(*reviews[1:])}
        after = crawl(job(urls=[f"{site.base}/list?soort=stoel"]))
    assert len(before.items) == 2
    assert identities(before).items() <= identities(after).items()
    assert {i["url"] for i in after.items} == {f"{site.base}/list?soort=stoel"}


def test_the_parameter_of_the_configuration_pages_too(crawl):
    with serve({"/list": page(review(2)), "/list?Blad=2": page(review(1)), "/list?Blad=3": page()}) as site:
        result = crawl(job(urls=[f"{site.base}/list"], page_parameter="Blad"))
    assert [i["url"] for i in result.items] == [f"{site.base}/list"] * 2


def test_ids_that_count_the_places_on_a_page_do_not_join_two_posts(crawl):
    first, second = review(2, 'itemid="#r1"'), review(1, 'itemid="#r1"')
    with serve({"/list": page(first, following="/list?page=2"), "/list?page=2": page(second)}) as site:
        result = crawl(job(urls=[f"{site.base}/list"]))
        assert [i.get("key") for i in result.items] == [f"{site.base}/list#r1", None]


def test_a_site_whose_pages_are_as_they_were_is_unchanged(crawl):
    entries = "".join(f"<url><loc>{{base}}/{name}</loc></url>" for name in ("a", "b", "intern"))
    urlset = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    answers = {
        ROBOTS: Answer(200, b"User-agent: *\nDisallow: /intern\nSitemap: {base}/map.xml\n"),
        "/map.xml": Answer(200, urlset.encode(), {"Content-Type": "application/xml"}),
        "/a": page(review(1), ETag='"a"'),
        "/b": page(review(2), ETag='"b"'),
    }
    with serve(answers) as site:
        first = crawl(job(sites=[site.base]))
        again = crawl(job(first.end["cursor"], sites=[site.base]))
        site.answers["/b"] = page(review(2), review(3), ETag='"c"')
        later = crawl(job(again.end["cursor"], sites=[site.base]))
    assert [r.end["finish"] for r in (first, again, later)] == ["finished", "unchanged", "finished"]
    assert [r.end["counts"]["parsed"] for r in (first, again, later)] == [2, 0, 2]
    assert again.end["window"] == {"from": None, "to": AS_OF}


def test_a_page_on_which_all_is_known_is_healthy(crawl):
    with serve({"/list": page(review(1), following="/list?page=2"), "/list?page=2": page(review(2))}) as site:
        first = crawl(job(urls=[f"{site.base}/list"]))
        site.asked.clear()
        again = crawl(job(first.end["cursor"], urls=[f"{site.base}/list"]))
        assert "/list?page=2" not in site.paths()
    assert again.end["finish"] == "finished"
