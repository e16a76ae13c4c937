"""Mastodon beyond the contract: several instances, closed ones, edits and deletions, going on."""

import json
from hashlib import sha256

import pytest

from tests.spiders.loopback import Answer, serve

AS_OF = "2026-03-10T06:00:00+00:00"
TAG = "/api/v1/timelines/tag/bolt"
OPEN = {"configuration": {"timelines_access": {"hashtag_feeds": {"local": "public", "remote": "public"}}}}


def uri(number):
    return f"https://one.example/users/sanne/statuses/{number}"


def key(number):
    return sha256(uri(number).encode()).hexdigest()[:32]


NUMBERS = {key(number): number for number in range(100)}


def numbers(result):
    return sorted(NUMBERS[i["key"]] for i in result.items)


def status(number, day, **changes):
    account = {"acct": "sanne", "bot": False, "indexable": True, "note": ""}
    base = {
        "id": str(number), "uri": uri(number), "visibility": "public",
        "created_at": f"2026-03-{day:02}T10:00:00.000Z", "edited_at": None, "account": account,
        "content": f"<p>Bericht {number}</p>", "reblog": None, "url": f"https://one.example/@sanne/{number}",
    }  # fmt: skip
    return base | changes


def reply(data, link="", **headers):
    extra = {"Link": link} if link else {}
    return Answer(200, json.dumps(data).encode(), {"Content-Type": "application/json"} | extra | headers)


def link(rel, query):
    return f'<{{base}}{TAG}?{query}>; rel="{rel}"'


def job(*bases, cursor=None, settings=None, **params):
    limits = {"delay": 0, "retries": 0, "timeout": 5, "patience": 1}
    return {
        "source": "m", "spider": "mastodon", "as_of": AS_OF, "cursor": cursor,
        "params": {"instances": list(bases), "tags": ["bolt"], **params},
        "settings": limits | (settings or {}),
    }  # fmt: skip


def instance(**more):
    return {"/api/v2/instance": reply(OPEN)} | more


def test_a_post_on_two_instances_is_one_item(crawl):
    page = reply([status(2, 9), status(1, 8)])
    answers = instance() | {TAG: page}
    with serve(answers) as one, serve(answers) as two:
        result = crawl(job(one.base, two.base))
    assert numbers(result) == [1, 2]
    assert result.end["counts"]["duplicate"] == 2


def test_one_instance_down_does_not_cost_the_other(crawl):
    with serve(instance() | {TAG: reply([status(1, 8)])}) as up, serve() as down:
        result = crawl(job(up.base, down.base))
    assert len(result.items) == 1
    assert result.end["finish"] == "limited"
    assert down.base in result.end["reason"]


@pytest.mark.parametrize("said", ["disabled", "authenticated"])
def test_closed_timelines_are_refused_and_not_asked(said, crawl):
    feeds = {"hashtag_feeds": {"local": said, "remote": said}}
    closed = reply({"configuration": {"timelines_access": feeds}})
    with serve({"/api/v2/instance": closed}) as site:
        result = crawl(job(site.base))
        assert TAG not in " ".join(site.paths())
    assert result.end["finish"] == "refused"
    assert said in result.end["reason"]


def test_an_old_instance_without_the_page_is_open(crawl):
    with serve({TAG: reply([status(1, 8)])}) as site:
        assert len(crawl(job(site.base)).items) == 1


def test_goes_up_from_the_newest_known(crawl):
    answers = instance() | {
        TAG: reply([status(2, 3)], link("prev", "min_id=2")),
        f"{TAG}?min_id=2": reply([status(4, 5), status(3, 4)], link("prev", "min_id=4")),
        f"{TAG}?min_id=4": reply([status(5, 6)], link("prev", "min_id=5")),
        f"{TAG}?min_id=5": reply([]),
    }
    with serve(answers) as site:
        first = crawl(job(site.base, cursor=None))
        second = crawl(job(site.base, cursor=first.end["cursor"]))
        third = crawl(job(site.base, cursor=second.end["cursor"]))
    assert [numbers(r) for r in (first, second, third)] == [[2], [3, 4, 5], []]
    assert second.end["window"]["from"] is None
    assert third.end["finish"] == "finished"


def test_a_run_cut_short_on_the_way_up_vouches_for_what_it_reached(crawl):
    busy = Answer(429, headers={"Retry-After": "600"})
    answers = instance() | {
        TAG: reply([status(2, 3)], link("prev", "min_id=2")),
        f"{TAG}?min_id=2": reply([status(3, 4)], link("prev", "min_id=3")),
        f"{TAG}?min_id=3": busy,
    }
    with serve(answers) as site:
        first = crawl(job(site.base))
        cut = crawl(job(site.base, cursor=first.end["cursor"]))
        site.answers[f"{TAG}?min_id=3"] = reply([status(4, 5)], link("prev", "min_id=4"))
        site.answers[f"{TAG}?min_id=4"] = reply([])
        rest = crawl(job(site.base, cursor=cut.end["cursor"]))
    assert cut.end["finish"] == "limited"
    assert numbers(cut) == [3]
    assert cut.end["window"] == {"from": None, "to": "2026-03-04T10:00:00+00:00"}
    assert numbers(rest) == [4]
    assert rest.end["finish"] == "finished"


def test_a_first_run_cut_short_goes_on_downwards(crawl):
    busy = Answer(429, headers={"Retry-After": "600"})
    down = f"{TAG}?max_id=9"
    links = ", ".join((link("next", "max_id=9"), link("prev", "min_id=9")))
    answers = instance() | {TAG: reply([status(9, 9)], links), down: busy}
    answers[f"{TAG}?min_id=9"] = reply([])
    with serve(answers) as site:
        cut = crawl(job(site.base))
        site.answers[down] = reply([status(8, 8)])
        rest = crawl(job(site.base, cursor=cut.end["cursor"]))
    assert cut.end["window"] == {"from": "2026-03-09T10:00:00+00:00", "to": AS_OF}
    assert numbers(rest) == [8]
    assert rest.end["window"] == {"from": None, "to": AS_OF}


def test_a_quota_that_is_used_up_stops_the_host(crawl):
    used = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2100-01-01T00:00:00Z"}
    page = reply([status(9, 9)], link("next", "max_id=9"), **used)
    with serve(instance() | {TAG: page}) as site:
        result = crawl(job(site.base))
        assert f"{TAG}?max_id=9" not in site.paths()
    assert (len(result.items), result.end["finish"]) == (1, "limited")


def test_a_pause_longer_than_the_source_keeps_posts_is_a_hole(crawl):
    with serve(instance() | {TAG: reply([status(1, 1)])}) as site:
        cursor = crawl(job(site.base)).end["cursor"]
        late = job(site.base, cursor=cursor, reach_days=40) | {"as_of": "2026-06-10T06:00:00+00:00"}
        assert crawl(late).end["window"]["from"] == "2026-05-01T06:00:00+00:00"


def test_edits_and_deletions_are_followed(crawl):
    answers = instance() | {
        TAG: reply([status(3, 9), status(2, 8), status(1, 7)], link("prev", "min_id=3")),
        f"{TAG}?min_id=3": reply([]),
        "/api/v1/statuses/1": Answer(404),
        "/api/v1/statuses/2": reply(status(2, 8, edited_at="2026-03-09T00:00:00Z", content="Anders")),
        "/api/v1/statuses/3": reply(status(3, 9)),
    }
    with serve(answers) as site:
        first = crawl(job(site.base, recheck_days=30))
        second = crawl(job(site.base, recheck_days=30, cursor=first.end["cursor"]))
        third = crawl(job(site.base, recheck_days=30, cursor=second.end["cursor"]))
    found = {NUMBERS[i["key"]]: i for i in second.items}
    assert set(found) == {1, 2}
    assert found[1]["deleted"] is True
    assert found[2]["text"] == "Anders"
    assert third.items == []
    assert third.end["finish"] == "finished"


def test_links_to_another_host_are_not_followed(crawl):
    away = '<https://elsewhere.invalid/api?max_id=1>; rel="next"'
    with serve(instance() | {TAG: reply([status(1, 8)], away)}) as site:
        assert crawl(job(site.base)).end["finish"] == "finished"


def test_no_handle_is_in_ids_addresses_and_links_but_texts_stay(crawl):
    content = (
        '<p><a href="https://one.example/@sanne" class="u-url mention">@sanne</a> ziet @Bolt falen: '
        '<a href="https://two.example/@joost">x</a> <a href="https://two.example/users/joost/statuses/8">y</a> '
        '<a href="https://two.example/@joost/8">z</a> <a href="https://news.example/a">nieuws</a></p>'
    )
    original, boost = status(4, 5), status(5, 6, content="", reblog=status(4, 5))
    page = reply([status(7, 9, in_reply_to_id="6", content=content), boost, status(6, 8), original])
    with serve(instance() | {TAG: page}) as site:
        result = crawl(job(site.base, recheck_days=30))
    found = {NUMBERS[i.pop("key")]: i for i in result.items}
    assert found[7]["parent"] == key(6)
    assert found[7]["links"] == ["https://news.example/a"]
    assert found[7]["text"] == "@sanne ziet @Bolt falen: x y z nieuws"
    assert found[7]["url"] == f"{site.base}/statuses/7"
    assert found[5]["repost_of"] == key(4)
    shown = [{k: v for k, v in i.items() if k not in ("raw", "author", "text")} for i in found.values()]
    for handle in ("sanne", "joost"):
        assert handle not in json.dumps([shown, result.end])


def test_a_parent_of_an_earlier_run_is_known_while_it_is_watched(crawl):
    answers = instance() | {
        TAG: reply([status(2, 3)], link("prev", "min_id=2")),
        f"{TAG}?min_id=2": reply([status(4, 5, in_reply_to_id="2"), status(3, 4, in_reply_to_id="77")]),
        "/api/v1/statuses/2": reply(status(2, 3)),
    }
    with serve(answers) as site:
        first = crawl(job(site.base, recheck_days=30))
        second = crawl(job(site.base, recheck_days=30, cursor=first.end["cursor"]))
    assert {NUMBERS[i["key"]]: (i["kind"], i.get("parent")) for i in second.items} == {
        3: ("comment", None), 4: ("comment", key(2)),
    }  # fmt: skip


def test_a_run_asks_for_so_many_pages_and_the_next_goes_on(crawl):
    pages = {f"{TAG}?max_id={n}": reply([status(n - 1, n - 1)], link("next", f"max_id={n - 1}")) for n in (7, 8, 9)}
    links = ", ".join((link("next", "max_id=9"), link("prev", "min_id=9")))
    answers = instance() | pages | {
        TAG: reply([status(9, 9)], links),
        f"{TAG}?max_id=6": reply([]),
        f"{TAG}?min_id=9": reply([status(20, 9)], link("prev", "min_id=20")),
        f"{TAG}?min_id=20": reply([]),
    }  # fmt: skip
    cursor, ends, found = None, [], []
    with serve(answers) as site:
        for _ in range(4):
            result = crawl(job(site.base, cursor=cursor, max_pages=2))
            cursor = result.end["cursor"]
            ends.append(result.end)
            found.append(numbers(result))
    assert found == [[8, 9], [7, 20], [6], []]
    assert "max_pages (2)" in ends[0]["reason"]
    assert ends[0]["window"] == {"from": "2026-03-08T10:00:00+00:00", "to": AS_OF}
    assert [e["finish"] for e in ends] == ["limited", "limited", "limited", "finished"]


def test_a_cap_on_the_way_up_vouches_for_what_was_reached(crawl):
    answers = instance() | {
        TAG: reply([status(2, 3)], link("prev", "min_id=2")),
        f"{TAG}?min_id=2": reply([status(3, 4)], link("prev", "min_id=3")),
        f"{TAG}?min_id=3": reply([status(4, 5)], link("prev", "min_id=4")),
        f"{TAG}?min_id=4": reply([]),
    }
    with serve(answers) as site:
        first = crawl(job(site.base))
        cut = crawl(job(site.base, max_pages=1, cursor=first.end["cursor"]))
        rest = crawl(job(site.base, cursor=cut.end["cursor"]))
    assert (cut.end["finish"], numbers(cut)) == ("limited", [3])
    assert cut.end["window"]["to"] == "2026-03-04T10:00:00+00:00"
    assert (rest.end["finish"], numbers(rest)) == ("finished", [4])


def test_a_run_that_comes_too_late_leaves_what_is_later_to_the_next(crawl):
    answers = instance() | {
        TAG: reply([status(2, 3)], link("prev", "min_id=2")),
        f"{TAG}?min_id=2": reply([status(4, 8), status(3, 4)], link("prev", "min_id=4")),
        f"{TAG}?min_id=4": reply([]),
    }
    with serve(answers) as site:
        cursor = crawl(job(site.base)).end["cursor"]
        late = crawl(job(site.base, cursor=cursor) | {"as_of": "2026-03-05T06:00:00+00:00"})
        following = crawl(job(site.base, cursor=late.end["cursor"]))
    assert (numbers(late), len(late.rejects), late.end["finish"]) == ([3], 1, "finished")
    assert numbers(following) == [3, 4]


def test_a_silence_after_the_first_answer_is_counted(crawl):
    slow = Answer(pause=1.5)
    with serve(instance() | {TAG: slow}) as site:
        silent = crawl(job(site.base, settings={"timeout": 0.5}))
    with serve(instance() | {TAG: Answer(404)}) as site:
        wrong = crawl(job(site.base))
    assert (silent.end["finish"], silent.end["counts"]["unanswered"]) == ("failed", 1)
    assert (wrong.end["finish"], wrong.end["counts"].get("unanswered")) == ("failed", None)
