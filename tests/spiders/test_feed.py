"""Feeds beyond the contract: moves, pauses, gaps, pages that are no feed."""

import pytest

from tests.spiders.loopback import Answer, serve

AS_OF = "2026-03-10T06:00:00+00:00"
XML = {"Content-Type": "application/rss+xml"}


def rss(*days, head=""):
    entries = "".join(
        f"<item><guid>https://x.example/{d}</guid><title>Dag {d}</title>"
        f"<pubDate>{d:02} Mar 2026 10:00:00 GMT</pubDate></item>"
        for d in days
    )
    text = f'<rss version="2.0"><channel><title>t</title>{head}{entries}</channel></rss>'
    return Answer(200, text.encode(), XML)


def job(url, cursor=None, as_of=AS_OF, **params):
    return {
        "source": "f", "spider": "feed", "as_of": as_of, "cursor": cursor,
        "params": {"urls": [url], **params}, "settings": {"delay": 0, "retries": 0},
    }  # fmt: skip


def test_a_feed_that_ran_ahead_leaves_a_gap(crawl):
    with serve({"/f": rss(1, 2, 3)}) as site:
        first = crawl(job(f"{site.base}/f"))
        site.answers["/f"] = rss(3, 4)
        joined = crawl(job(f"{site.base}/f", first.end["cursor"]))
        site.answers["/f"] = rss(7, 8)
        apart = crawl(job(f"{site.base}/f", joined.end["cursor"]))
    assert first.end["window"]["from"] == "2026-03-01T10:00:00+00:00"
    assert joined.end["window"]["from"] is None
    assert apart.end["window"]["from"] == "2026-03-07T10:00:00+00:00"


def test_a_permanent_move_is_kept(crawl):
    answers = {"/old": Answer(301, headers={"Location": "{base}/new"}), "/new": rss(1)}
    with serve(answers) as site:
        first = crawl(job(f"{site.base}/old"))
        site.asked.clear()
        crawl(job(f"{site.base}/old", first.end["cursor"]))
        assert "/old" not in site.paths()
    assert len(first.items) == 1


def test_a_feed_is_asked_no_oftener_than_it_allows(crawl):
    with serve({"/f": rss(1, head="<ttl>120</ttl>")}) as site:
        cursor = crawl(job(f"{site.base}/f")).end["cursor"]
        site.asked.clear()
        early = crawl(job(f"{site.base}/f", cursor, "2026-03-10T07:59:00+00:00"))
        assert site.asked == []
        later = crawl(job(f"{site.base}/f", cursor, "2026-03-10T08:00:00+00:00"))
    assert early.end["finish"] == "unchanged"
    assert later.end["finish"] == "finished"


@pytest.mark.parametrize("body", [b"<html><p>hello", b'{"version": "x", "items": []}', b"{"])
def test_what_is_no_feed_is_said_to_be_none(body, crawl):
    with serve({"/f": Answer(200, body, {"Content-Type": "text/html"})}) as site:
        end = crawl(job(f"{site.base}/f")).end
    assert end["finish"] == "failed"


def test_a_page_that_names_its_feed_helps(crawl):
    html = b'<html><link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    with serve({"/": Answer(200, html, {"Content-Type": "text/html"})}) as site:
        assert f"{site.base}/feed.xml" in crawl(job(f"{site.base}/")).end["reason"]


def test_an_answer_that_is_too_large_is_not_read(crawl):
    with serve({"/f": Answer(200, b"x" * 20_000, XML)}) as site:
        run = job(f"{site.base}/f")
        run["settings"] = run["settings"] | {"max_response_bytes": 10_000}
        assert "more than" in crawl(run).end["reason"]


def test_a_feed_with_entries_later_than_the_run_is_read_again_by_the_next(crawl):
    feed = rss(1, 9)
    feed.headers = {**XML, "ETag": '"a"'}
    with serve({"/f": feed}) as site:
        late = crawl(job(f"{site.base}/f", as_of="2026-03-05T06:00:00+00:00"))
        following = crawl(job(f"{site.base}/f", late.end["cursor"]))
        third = crawl(job(f"{site.base}/f", following.end["cursor"]))
    assert [len(result.items) for result in (late, following, third)] == [1, 2, 0]
    assert third.end["finish"] == "unchanged"
