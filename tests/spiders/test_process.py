"""The process itself: what it writes where, how it ends, and which addresses it may fetch."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from protego import Protego

from tests.spiders.loopback import ROBOTS, Answer, cases, serve

ROOT = Path(__file__).parents[2]
RUNNER = [sys.executable, "-m", "spiders.runner"]
ROBOTS_SAMPLES = {
    "User-agent: *\nDisallow: /*/rss/*\n": {"/nl/rss/reviews": False, "/rss/x": True, "/p": True},
    "User-agent: *\nDisallow: /*?tx_review\nAllow: /$\n": {"/a?tx_review=1": False, "/": True},
    "User-agent: *\nDisallow: /\nAllow: /feeds/*.xml$\n": {"/feeds/a.xml": True, "/feeds/a": False},
    "User-agent: umot-monitor\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n": {
        "/private/a": False,
        "/p": True,
    },
    "User-agent: GPTBot\nDisallow: /\n": {"/p": True},
}


def test_standard_output_holds_the_protocol_and_nothing_else():
    case = cases("feed")[0]
    with serve(case.answers()) as site:
        data = json.dumps(case.job(site.base)).encode()
        done = subprocess.run(RUNNER, input=data, capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0
    types = [json.loads(line)["type"] for line in done.stdout.splitlines()]
    assert types[-1] == "end"
    assert set(types[:-1]) <= {"item", "reject"}


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"source": "x", "spider": "mastodo"}'])
def test_a_job_that_makes_no_sense_ends_with_words(data):
    done = subprocess.run(RUNNER, input=data, capture_output=True, cwd=ROOT, check=False)
    end = json.loads(done.stdout)
    assert (done.returncode, end["finish"]) == (0, "failed")
    assert end["reason"]
    assert b"mastodo" not in data or "did you mean 'mastodon'" in end["reason"]


def test_asked_to_end_it_says_where_it_stopped():
    case = cases("feed")[0]
    with serve({ROBOTS: Answer(404)}) as site:
        site.every = Answer(200, pause=2.0)
        process = subprocess.Popen(RUNNER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        process.stdin.write(json.dumps(case.job(site.base)).encode())
        process.stdin.close()
        while not any(path != ROBOTS for path in site.paths()):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        lines = process.stdout.read().splitlines()
        process.stdout.close()
        assert process.wait(timeout=20) == 0
    end = json.loads(lines[-1])
    assert end["type"] == "end"
    assert end["finish"] in {"limited", "failed"}
    assert end["window"]["from"] == end["window"]["to"]


def test_a_reader_that_went_away_ends_the_run_quietly(tmp_path):
    path = tmp_path / "many.csv"
    rows = "".join(f"{n},een gewone tekst van een klant,2026-02-01\n" for n in range(50_000))
    path.write_text("id,text,date\n" + rows)
    job = {"source": "s", "spider": "import", "params": {"path": str(path)}}
    process = subprocess.Popen(RUNNER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    process.stdin.write(json.dumps(job).encode())
    process.stdin.close()
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=20) == 1
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()


def test_the_robots_gate_answers_as_protego(crawl):
    page = Answer(200, b"<p>hello", {"Content-Type": "text/html"})
    for text, expected in ROBOTS_SAMPLES.items():
        judge = Protego.parse(text)
        with serve({ROBOTS: Answer(200, text.encode())}) as site:
            site.every = page
            urls = [site.base + path for path in expected]
            crawl({"source": "r", "spider": "schema_org", "params": {"urls": urls},
                   "settings": {"delay": 0}})  # fmt: skip
            fetched = {path: path in site.paths() for path in expected}
            judged = {p: judge.can_fetch(site.base + p, "umot-monitor") for p in expected}
        assert fetched == expected == judged


def test_the_user_agent_is_the_one_of_the_job(crawl):
    case = cases("feed")[0]
    with serve(case.answers()) as site:
        crawl(case.job(site.base, user_agent="umot-monitor (+mailto:team@brand.example)"))
        assert {h["user-agent"] for _, h in site.asked} == {"umot-monitor (+mailto:team@brand.example)"}


def test_sources_load_without_scrapy():
    code = (
        "import sys; from spiders.registry import sources; sources();"
        "heavy = {'scrapy', 'twisted', 'lxml', 'extruct', 'feedparser', 'openpyxl'};"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
