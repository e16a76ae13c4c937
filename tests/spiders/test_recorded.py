"""Real answers of real services, where a folder of them lies beside the project."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from spiders.bases.feed import read_feed
from spiders.dates import DateReader
from spiders.items import Item
from spiders.markup.nodes import load_json, read_markup, wanted
from spiders.markup.records import Page, read_records
from spiders.text import digest
from tests.spiders.loopback import Answer, serve

SHARED = Path(__file__).parents[3] / "shared"
RECORDED = SHARED / "recorded"
LOUNGES = SHARED / "real" / "airport_lounge_reviews.csv"
needs_recordings = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="no recorded answers beside the project (../shared/recorded)"
)


def cassette(name):
    path = next(RECORDED.glob(f"mastodon/*/tests/*/{name}.yaml"))
    return yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["interactions"]


def answers(interactions, method="GET"):
    """Return what was recorded, by path; `limit` is ours, so it is left out of the paths."""
    found = {}
    for i in interactions:
        if i["request"]["method"] != method:
            continue
        url, response = urlsplit(i["request"]["uri"]), i["response"]
        query = "&".join(p for p in url.query.split("&") if p and not p.startswith("limit="))
        path = url.path.rstrip("/") + (f"?{query}" if query else "")
        headers = {k.lower(): v[0] for k, v in response["headers"].items()}
        kept = {
            k: v
            for k, v in headers.items()
            if k in ("content-type", "link", "x-ratelimit-reset", "x-ratelimit-remaining", "date")
        }
        kept = {k: v.replace("http://localhost:3000", "{base}").replace("limit=10&", "")
                for k, v in kept.items()}  # fmt: skip
        body = response["body"]["string"]
        found.setdefault(path, Answer(response["status"]["code"], body.encode(), kept))
    return found


def replay(crawl, interactions, tag, **changes):
    with serve(answers(interactions)) as site:
        found = dict(site.answers)
        site.answers[f"/api/v1/timelines/tag/{tag}"] = found[f"/api/v1/timelines/tag/{tag}"]
        job = {
            "source": "m",
            "spider": "mastodon",
            "as_of": "2026-08-02T00:00:00Z",
            "params": {"instances": [site.base], "tags": [tag]},
            "settings": {"delay": 0},
        }
        return crawl(job | changes), site.paths()


@needs_recordings
def test_recorded_hashtag_pages_give_the_posts_that_are_in_them(crawl):
    interactions = cassette("test_pagination_iterator")
    pages = {p: json.loads(a.body) for p, a in answers(interactions).items() if "/timelines/" in p}
    recorded = {digest(s["uri"], 32) for page in pages.values() for s in page}
    tag = next(iter(pages)).rpartition("/")[2].partition("?")[0]
    result, paths = replay(crawl, interactions, tag)
    assert {i["key"] for i in result.items} == recorded
    assert len(result.items) == len(recorded) == 30
    assert result.rejects == []
    assert result.end["finish"] == "finished"
    assert len([p for p in paths if "/timelines/" in p]) == 4


@needs_recordings
def test_a_recorded_hashtag_timeline_gives_its_one_post(crawl):
    result, _ = replay(crawl, cassette("test_hashtag_tl"), "hoot")
    assert [i["text"] for i in result.items] == ["#hoot (hashtag toot)"]
    assert result.items[0]["links"] == [] if "links" in result.items[0] else True


@needs_recordings
def test_recorded_access_rules_are_understood(crawl):
    name = "test_entity_instancetimelinesaccessconfiguration"
    with serve(answers(cassette(name))) as site:
        site.answers["/api/v1/timelines/tag/x"] = Answer(200, b"[]")
        job = {"source": "m", "spider": "mastodon", "settings": {"delay": 0},
               "params": {"instances": [site.base], "tags": ["x"]}}  # fmt: skip
        assert crawl(job).end["finish"] == "finished"


@needs_recordings
def test_recorded_pages_with_markup_are_read():
    found = []
    for path in sorted(RECORDED.glob("schema_org/**/*.html")):
        page = path.read_bytes()
        markup = read_markup(page, "https://x.example/p")
        if markup:
            records, _ = read_records(markup, Page("https://x.example/p", "schema_org", DateReader()))
            found += [r for r in records if isinstance(r, Item)]
    assert len(found) >= 2
    assert all(i.text or i.title or i.rating is not None for i in found)


@needs_recordings
def test_recorded_json_ld_is_read_as_its_owners_say():
    for path in sorted(RECORDED.glob("schema_org/**/*.jsonld")):
        html = path.with_suffix(".html").read_text(errors="replace")
        scripts = html.split("application/ld+json")[1:]
        expected = [n for n in json.loads(path.read_text()) if n]
        read = [load_json(s.partition(">")[2].partition("</script>")[0]) for s in scripts]
        nodes = [n for nodes in read for n in nodes or []]
        if "invalid/" not in str(path):
            assert len(nodes) >= len(expected)
        assert list(wanted(nodes)) == list(wanted(nodes))


@needs_recordings
def test_recorded_feeds_are_read_or_said_to_be_none():
    from scrapy.http import TextResponse

    read = failed = 0
    for path in sorted(RECORDED.glob("feeds/**/*")):
        if path.suffix not in {".xml", ".json"}:
            continue
        headers = {"Content-Type": "application/json" if path.suffix == ".json" else "application/xml"}
        response = TextResponse("https://x.example/f", body=path.read_bytes(), headers=headers)
        try:
            _, entries = read_feed(response)
        except ValueError:
            failed += 1
            continue
        read += 1
        assert isinstance(entries, list)
    assert read > 400
    assert failed < 0.15 * read


@pytest.mark.skipif(not LOUNGES.is_file(), reason="no real reviews beside the project (../shared/real)")
def test_every_row_of_the_lounge_reviews_is_accounted_for(read):
    result = read({"source": "l", "spider": "import", "params": {"path": str(LOUNGES)}})
    assert (len(result.items), result.rejects) == (2264, [])
    columns = result.end["mapping"][LOUNGES.name]["columns"]
    assert {name: c["column"] for name, c in columns.items()} == {
        "text": ["content"], "title": ["title"], "author": ["author"], "published_at": ["date"],
        "rating": ["overall_rating"], "product": ["airline_name"], "location": ["airport"],
    }  # fmt: skip
    rated = [i for i in result.items if "rating" in i]
    assert len(rated) == 2259
    assert all(i["rating_best"] == (10 if i["published_at"] >= "2015-06-09" else 5) for i in rated)
