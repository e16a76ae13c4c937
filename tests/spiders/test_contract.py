"""What every source in the registry must do, by name alone: a new one joins with its fixtures."""

import inspect
import json

import pytest

from spiders.registry import sources
from tests.spiders.loopback import ROBOTS, Answer, Case, cases, serve

NAMES = sorted(sources())
NETWORK = [name for name in NAMES if sources()[name].network]
CASES = [pytest.param(c, id=f"{n}-{c.directory.name}") for n in NAMES for c in cases(n)]
ABNORMAL = [
    [],
    "gibberish",
    {"version": 99},
    {"version": 1, "targets": "none", "http": [1, 2]},
    {"version": 1, "targets": {"a": 5, "b": {"seen": 1}}, "http": {"x": ["a"], "y": [1, 2, 3]}},
]
TROUBLE = {
    "401": (Answer(401), "refused"),
    "403": (Answer(403), "refused"),
    "404": (Answer(404), "failed"),
    "410": (Answer(410), "failed"),
    "429 seconds": (Answer(429, headers={"Retry-After": "3600"}), "limited"),
    "429 date": (Answer(429, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}), "limited"),
    "429 bare": (Answer(429), "limited"),
    "503 asking to wait": (Answer(503, headers={"Retry-After": "3600"}), "limited"),
    "500": (Answer(500), "failed"),
    "no sense": (Answer(200, b"\x00\xff<p>down for maintenance"), "failed"),
    "empty": (Answer(200, b""), "failed"),
}


@pytest.mark.parametrize("name", NAMES)
def test_every_source_has_fixtures_and_documentation(name):
    source = sources()[name]
    assert cases(name), f"add tests/spiders/fixtures/{name}/<case>/case.json"
    assert len(inspect.getdoc(source) or "") > 80
    assert source.health.min_filled
    for field, info in source.Params.model_fields.items():
        assert info.title, f"{name}.{field} has no title"
        assert info.description, f"{name}.{field} has no description"
    assert source.Params.model_config["extra"] == "forbid"


@pytest.mark.parametrize("case", CASES)
def test_reads_what_is_expected_and_resumes(case: Case, crawl):
    with serve(case.answers()) as site:
        first, again = crawl(case.job(site.base)), crawl(case.job(site.base))
        resumed = crawl(case.job(site.base, cursor=first.end["cursor"]))
        expected = case.expected(site.base)
    assert first.bare() == sorted(expected["items"], key=json.dumps)
    assert first.end["finish"] == expected.get("finish", "finished"), first.end["reason"]
    assert [r["reason"] for r in first.rejects] == expected.get("rejects", [])
    assert {k: first.end["counts"][k] for k in expected.get("counts", {})} == expected.get("counts", {})
    assert first.end["window"] == expected["window"]
    assert again.bare() == first.bare()
    assert resumed.keys <= first.keys
    assert resumed.end["finish"] in {"finished", "unchanged"}
    assert resumed.end["window"]["from"] is None


@pytest.mark.parametrize("name", NAMES)
def test_starts_afresh_from_a_cursor_it_cannot_read(name, crawl):
    case = cases(name)[0]
    with serve(case.answers()) as site:
        fresh = crawl(case.job(site.base))
        targets = fresh.end["cursor"]["targets"]
        spoilt = {"version": 1, "targets": {k: dict.fromkeys(v, 7) for k, v in targets.items()}}
        for cursor in [*ABNORMAL, spoilt]:
            assert crawl(case.job(site.base, cursor=cursor)).bare() == fresh.bare()


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_stops_without_moving_the_cursor(name, crawl):
    case = cases(name)[0]
    with serve(case.answers()) as site:
        before = crawl(case.job(site.base)).end["cursor"]
        tried = crawl(case.job(site.base, limit=1))
        kept = crawl(case.job(site.base, limit=1, cursor={"version": 1, "kept": True}))
    assert before
    assert len(tried.items) == 1
    assert tried.end["cursor"] is None
    assert kept.end["cursor"] == {"version": 1, "kept": True}
    assert tried.end["window"]["from"] == tried.end["window"]["to"]


@pytest.mark.parametrize("name", NETWORK)
def test_says_how_it_ended_when_the_source_is_in_trouble(name, crawl):
    case = cases(name)[0]
    with serve({ROBOTS: Answer(404)}) as site:
        for label, (answer, finish) in TROUBLE.items():
            site.every = answer
            result = crawl(case.job(site.base))
            assert (label, result.end["finish"]) == (label, finish), result.end["reason"]
            assert result.end["reason"]
            assert result.items == []
            assert result.end["window"]["from"] == result.end["window"]["to"]
            assert crawl_recovers(result.end["cursor"])


def crawl_recovers(cursor):
    """A failed run leaves nothing behind that would make the next one believe it succeeded."""
    return all("to" not in state for state in cursor["targets"].values())


@pytest.mark.parametrize("name", NETWORK)
def test_a_source_that_hangs_fails_and_recovers(name, crawl):
    case = cases(name)[0]
    with serve({ROBOTS: Answer(404)}) as site:
        site.every = Answer(200, pause=1.0)
        job = case.job(site.base)
        job["settings"] = job["settings"] | {"timeout": 0.2}
        hung = crawl(job)
        assert (hung.end["finish"], "in time" in hung.end["reason"]) == ("failed", True)
        site.answers = case.answers()
        fresh = crawl(case.job(site.base))
        recovered = crawl(case.job(site.base, cursor=hung.end["cursor"]))
    assert recovered.bare() == fresh.bare()


@pytest.mark.parametrize("name", NETWORK)
def test_a_host_that_cannot_be_reached_fails(name, crawl):
    with serve() as gone:
        base = gone.base
    result = crawl(cases(name)[0].job(base))
    assert (result.end["finish"], "connection" in result.end["reason"]) == ("failed", True)


@pytest.mark.parametrize("name", NETWORK)
@pytest.mark.parametrize(
    ("robots", "finish"), [(Answer(200, b"User-agent: *\nDisallow: /"), "refused"), (Answer(503), "failed")]
)
def test_robots_txt_is_obeyed(name, robots, finish, crawl):
    case = cases(name)[0]
    with serve(case.answers() | {ROBOTS: robots}) as site:
        result = crawl(case.job(site.base))
        asked = set(site.paths())
    assert result.end["finish"] == finish
    assert "robots.txt" in result.end["reason"]
    assert asked == {ROBOTS}


@pytest.mark.parametrize("name", NETWORK)
def test_waits_as_long_as_a_source_asks_within_patience(name, crawl):
    case = cases(name)[0]
    with serve(case.answers()) as site:
        fresh = crawl(case.job(site.base))
        first_page = next(p for p in site.paths() if p != ROBOTS)
        good, busy = site.find(first_page), Answer(429, headers={"Retry-After": "0"})
        site.answers[first_page] = busy
        original = site.find

        def recovering(path):
            answer = original(path)
            if answer is busy:
                site.answers[first_page] = good
            return answer

        site.find = recovering
        job = case.job(site.base)
        job["settings"] = job["settings"] | {"retries": 1}
        patient = crawl(job)
    assert patient.bare() == fresh.bare()
    assert patient.end["counts"]["http_4xx"] >= 1


@pytest.mark.parametrize("name", NAMES)
def test_wrong_parameters_are_named_without_their_values(name, crawl):
    job = cases(name)[0].job("http://127.0.0.1:9") | {"params": {"tokken": "s3cret-value"}}
    end = crawl(job).end
    assert end["finish"] == "failed"
    assert "tokken" in end["reason"]
    assert "s3cret" not in str(end)
