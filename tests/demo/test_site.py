import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import Message
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from protego import Protego

from demo.pages import PAGE_SIZE, TRAP
from demo.site import Site
from demo.truths import BRANDS, OWN, RUNS, SOCIAL_REACH
from demo.year import make_year

YEAR = make_year()


@pytest.fixture(scope="module")
def opened() -> Iterator[Site]:
    with Site(YEAR, RUNS[0]) as site:
        yield site


@pytest.fixture
def site(opened) -> Site:
    opened.as_of, opened.social_down = RUNS[-1], False
    return opened


def fetch(site: Site, path: str, **headers: str) -> tuple[int, str, Message]:
    request = Request(site.base + path.removeprefix(site.base), headers=headers)
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def timeline(site: Site, path: str) -> Iterator[list[dict]]:
    """Walk down a timeline as its Link headers say."""
    while path:
        _, body, headers = fetch(site, path)
        yield json.loads(body)
        links = dict(reversed(part.split("; ")) for part in (headers["Link"] or "").split(", ") if part)
        path = links.get('rel="next"', "").strip("<>")


def expected(channel: str, as_of: datetime, brand: str) -> list[str]:
    return [p.text_at(as_of) for p in YEAR if p.channel == channel and p.brand == brand and p.is_public(as_of)]


@pytest.mark.parametrize("as_of", RUNS[::4])
def test_the_sitemap_lists_the_questions_of_its_moment(site, as_of):
    site.as_of = as_of
    body = fetch(site, "/bloemwrik/sitemap.xml")[1]
    assert body.count("/vragen/") == len(expected("questions", as_of, "Bloemwrik"))


@pytest.mark.parametrize("slug", ["hortensia-wolkje", "loungeset-sloot"])
def test_pages_show_every_review_of_their_moment(site, slug):
    for as_of in (RUNS[1], RUNS[-1]):
        site.as_of = as_of
        total = sum(p.product == slug and p.channel == "reviews" and p.is_public(as_of) for p in YEAR)
        pages = [fetch(site, f"/harkanel/p/{slug}?pagina={n}")[1] for n in range(1, total // PAGE_SIZE + 2)]
        assert sum(page.count("<article") for page in pages) == total
        assert ["rel=" in page for page in pages] == [True] * (len(pages) - 1) + [False]


def test_a_question_appears_with_its_answer_later(site):
    post = next(p for p in YEAR if p.channel == "questions" and p.answer)
    path = f"/{post.brand.lower()}/vragen/{post.number}"
    site.as_of = post.published - timedelta(seconds=1)
    assert fetch(site, path)[0] == 404
    site.as_of = post.published
    assert '"answerCount": 0' in fetch(site, path)[1]
    site.as_of = post.answer.at
    assert '"suggestedAnswer"' in fetch(site, path)[1]


def test_an_unchanged_page_is_not_sent_twice(site):
    _, _, headers = fetch(site, "/perkjoppe/")
    assert fetch(site, "/perkjoppe/", **{"If-None-Match": headers["ETag"]})[0] == 304


@pytest.mark.parametrize("path", ["/onbekend/", "/harkanel/p/niets", "/harkanel/vragen/0", "/harkanel/p/x?pagina=x"])
def test_what_is_not_there_is_404(site, path):
    assert fetch(site, path)[0] == 404


def test_the_trap_is_closed_by_robots_txt_and_leads_from_everywhere(site):
    rules = Protego.parse(fetch(site, "/robots.txt")[1])
    for brand in BRANDS:
        shop = f"/{brand.lower()}"
        assert f"{TRAP}{shop[1:]}" in fetch(site, f"{shop}/sitemap.xml")[1]
        assert f"{TRAP}{shop[1:]}" in fetch(site, f"{shop}/")[1]
        assert not rules.can_fetch(f"{site.base}{TRAP}{shop[1:]}/prijzen", "umot-monitor")
        assert rules.can_fetch(f"{site.base}{shop}/vragen/1", "umot-monitor")


@pytest.mark.parametrize("path", ["/harkanel/", "/harkanel/p/loungeset-sloot", "/harkanel/blog.rss"])
def test_pages_say_that_they_are_made_up(site, path):
    assert "verzonnen" in fetch(site, path)[1].lower()


def test_the_feed_shows_the_newest_entries(site):
    body = fetch(site, "/harkanel/blog.rss")[1]
    newest = [p for p in YEAR if p.channel == "blog"][-30:]
    assert body.count("<item>") == 30
    assert all(f"/harkanel/blog/{p.number}<" in body for p in newest)


def test_the_timeline_pages_down_to_the_end_of_its_window(site):
    pages = list(timeline(site, f"/api/v1/timelines/tag/{OWN}?limit=40"))
    since = RUNS[-1] - SOCIAL_REACH
    shown = [p for p in YEAR if p.channel == "social" and p.brand == OWN and p.published > since]
    public = [p for p in shown if p.is_public(RUNS[-1])]
    boosts = [p for p in YEAR if p.brand == OWN and p.shared and p.shared > since]
    ids = [int(status["id"]) for page in pages for status in page]
    assert max(map(len, pages)) <= 40
    assert len(ids) == len(public) + len(boosts)
    assert ids == sorted(ids, reverse=True)


def test_min_id_walks_up_without_skipping(site):
    site.as_of = RUNS[1]
    every = [int(s["id"]) for page in timeline(site, f"/api/v1/timelines/tag/{OWN}?limit=40") for s in page]
    above = json.loads(fetch(site, f"/api/v1/timelines/tag/{OWN}?limit=5&min_id={every[-3]}")[1])
    assert [int(s["id"]) for s in above] == every[-8:-3]


def test_a_deleted_post_is_gone_from_the_timeline_and_by_itself(site):
    post = next(p for p in YEAR if p.removed)
    tag = f"/api/v1/timelines/tag/{post.brand}?limit=40"
    site.as_of = post.removed - timedelta(hours=1)
    found = [s for page in timeline(site, tag) for s in page if int(s["id"]) & 0xFFFF == post.number]
    path = f"/api/v1/statuses/{found[0]['id']}"
    assert fetch(site, path)[0] == 200
    site.as_of = post.removed
    assert fetch(site, path)[0] == 404


def test_only_the_social_network_is_down_in_the_outage(site):
    site.social_down = True
    status, _, headers = fetch(site, "/api/v2/instance")
    assert (status, headers["Retry-After"]) == (503, "1")
    assert fetch(site, "/harkanel/")[0] == 200
