"""Dates, ratings, texts, limits and scales: what strangers write, and what is made of it."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spiders.dates import DateError, DateReader, decide_day_first
from spiders.files import scales
from spiders.ratelimit import exhausted_for, retry_after
from spiders.ratings import RatingError, check_scale, count, read_rating
from spiders.text import body, clean, html_to_text, links, shown, web_address

NL = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02", "2026-03-02T00:00:00+01:00"),
        ("2021-07-12T15:48:28-04:00", "2021-07-12T15:48:28-04:00"),
        ("2026-03-02T10:00:00.123Z", "2026-03-02T10:00:00.123000+00:00"),
        ("2026/03/02 10:00", "2026-03-02T10:00:00+01:00"),
        ("09-06-2022", "2022-06-09T00:00:00+02:00"),
        ("9.6.2022", "2022-06-09T00:00:00+02:00"),
        ("09/06/22 14:05", "2022-06-09T14:05:00+02:00"),
        ("12/31/2024", "2024-12-31T00:00:00+01:00"),
        ("9 juni 2022", "2022-06-09T00:00:00+02:00"),
        ("2 maart 2024 14:05", "2024-03-02T14:05:00+01:00"),
        ("zaterdag 2 maart 2024 om 14:05 uur", "2024-03-02T14:05:00+01:00"),
        ("2. März 2024", "2024-03-02T00:00:00+01:00"),
        ("1er août 2024", "2024-08-01T00:00:00+02:00"),
        ("March 2, 2024 2:05 pm", "2024-03-02T14:05:00+01:00"),
        ("Mon, 02 Mar 2026 10:00:00 GMT", "2026-03-02T10:00:00+00:00"),
        ("1772445600", "2026-03-02T10:00:00+00:00"),
        (1772445600000, "2026-03-02T10:00:00+00:00"),
        (datetime(2024, 1, 2, 3), "2024-01-02T03:00:00+01:00"),  # noqa: DTZ001
        (date(2024, 1, 2), "2024-01-02T00:00:00+01:00"),
    ],
)
def test_reads_dates(text, expected):
    assert DateReader(NL).read(text).isoformat() == expected


@pytest.mark.parametrize("text", ["ooit", "31-02-2024", "", "0000-00-00", "1970-01-01", "5", "{}"])
def test_says_which_date_it_cannot_read(text):
    with pytest.raises(DateError, match=text[:4] or "''"):
        DateReader(NL).read(text)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_a_date_error(text):
    with suppress(DateError):
        assert DateReader(NL).read(text).tzinfo


def test_the_order_of_day_and_month_is_decided_for_the_whole_set():
    assert decide_day_first(["03-04-2024", "05-06-2024"])
    assert not decide_day_first(["03/04/2024", "03/14/2024"])
    assert decide_day_first(["03/04/2024", "14/03/2024", "03/14/2024"])
    assert not decide_day_first(["14-03-2024"], "no")
    assert DateReader(UTC, day_first=False).read("03/04/2024").month == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4", (4.0, None)), ("4,5", (4.5, None)), (3.0, (3.0, None)), ("4/5", (4.0, 5.0)),
        ("8,5 van 10", (8.5, 10.0)), ("4 out of 5 stars", (4.0, 5.0)), ("80%", (80.0, 100.0)),
        ("★★★☆☆", (3.0, 5.0)), ("⭐⭐⭐⭐", (4.0, 5.0)), ("5 sterren", (5.0, None)),
    ],
)  # fmt: skip
def test_reads_ratings(text, expected):
    assert read_rating(text) == expected


@pytest.mark.parametrize("text", ["goed", "nan", "inf", "", "4 5", "1e999"])
def test_refuses_what_is_no_rating(text):
    with pytest.raises(RatingError):
        read_rating(text)


def test_a_rating_must_lie_on_its_scale():
    check_scale(5, 5, 1)
    check_scale(7, None, None)
    for rating, best, worst in [(6, 5, None), (0, 5, 1), (-1, None, None), (1, 1, 1)]:
        with pytest.raises(RatingError):
            check_scale(rating, best, worst)


def test_reads_counts():
    assert [count(v) for v in ("1.204", "3 likes", 7, 2.0, "", None, "veel", True)] == [
        1204, 3, 7, 2, None, None, None, None,
    ]  # fmt: skip


def test_texts_lose_what_is_unsafe_and_keep_what_is_said():
    assert clean("a\x00b\ud800c\r\nd\x1b[31m") == "abc\nd[31m"
    assert html_to_text("a < b && c > d") == "a < b && c > d"
    assert html_to_text("<p>één</p><p>twee<br/>drie &amp; vier</p>") == "één\n\ntwee\ndrie & vier"
    assert html_to_text('#<span>tag</span> <span class="i">https://</span>x.nl') == "#tag https://x.nl"
    assert body("<script>alert(1)</script>Goed<style>p{}</style>") == "Goed"
    assert body(["a", None, "b"]) == "a\n\nb"
    assert "\x00" not in body("<p>a\x00b</p>&#0;")


@example('"{')
@given(st.text(max_size=200))
def test_any_text_survives(text):
    assert isinstance(body(text), str)
    assert isinstance(body(f"<p>{text}</p>"), str)
    assert isinstance(links(f'<a href="{text}">x</a>', "https://x.example/"), list)


def test_a_deep_nest_of_tags_is_no_trouble():
    assert "x" in body("<div>" * 20_000 + "x") or body("<div>" * 20_000 + "x") == ""


def test_links_are_web_addresses_only():
    html = '<a href="/a">x</a><a href="javascript:1">y</a><a href="/a">z</a><a href="//[x">q</a>'
    assert links(html, "https://x.example/") == ["https://x.example/a"]
    assert web_address("http://[", "https://x.example/") is None
    assert shown("https://user:pw@x.example/a?token=1") == "https://x.example/a"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": "Mon, 02 Mar 2026 12:01:00 GMT"}, 60),
        # The server's own clock counts, not ours.
        ({"retry-after": "Mon, 02 Mar 2026 15:01:00 GMT", "date": "Mon, 02 Mar 2026 15:00:00 GMT"}, 60),
        ({"retry-after": "Mon, 02 Mar 2020 12:01:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_reads_retry_after(headers, seconds):
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-03-02T12:05:00.5Z"}, 300.5),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 30)}, 30),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "45"}, 45),
        ({"ratelimit": '"default";r=0;t=50'}, 50),
        ({"ratelimit": "limit=100, remaining=3, reset=50"}, None),
        ({"x-ratelimit-remaining": "299", "x-ratelimit-reset": "2026-03-02T12:05:00Z"}, None),
        ({"x-ratelimit-remaining": "0"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "never"}, None),
    ],
)
def test_reads_quota_headers(headers, seconds):
    assert exhausted_for(headers, NOW) == seconds


def test_a_scale_that_changed_is_seen_and_a_few_numbers_prove_nothing():
    day = date(2015, 1, 1)
    low = [(1.0 + n % 5, day - timedelta(days=n + 1)) for n in range(100)]
    high = [(1.0 + n % 10, day + timedelta(days=n)) for n in range(5, 50)]
    changed = scales.observe([*low, *high])
    assert changed.best(4, date(2014, 5, 1)) == 5
    assert changed.best(4, date(2015, 3, 1)) == 10
    assert changed.best(7, date(2014, 5, 1)) == 10
    few = scales.observe([(4.0, day), (9.0, day + timedelta(days=1))])
    assert few.best(4, day) == 10
    assert scales.observe([(3.0, None), (5.0, None)]).best(3, None) == 5
    told = scales.by_date({date(2015, 1, 1): 10.0, date(2006, 1, 1): 5.0})
    assert (told.best(8, date(2010, 1, 1)), told.best(8, date(2016, 1, 1))) == (5, 10)
