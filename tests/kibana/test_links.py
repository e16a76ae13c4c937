"""Addresses that open Kibana: read back as Kibana reads them, and asked of a real Elasticsearch."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import rison
from elasticsearch import Elasticsearch
from hypothesis import given
from hypothesis import strategies as st

from tests.kibana.kql import query_of
from tests.store.conftest import clear, place
from tests.store.documents import alert
from umot.kibana import KibanaPlace, Subject, alerts_link, kibana_objects, mentions_link
from umot.store import open_store
from umot.store.contract import PostWrite

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PLACE = KibanaPlace("https://kibana.example.org:5601")
ODD = [
    'O\'Neill "x"',
    "!'(),:@$ & ?_a=1#%27",
    "back\\slash\\",
    'a" or brand: *',
    "Čas 👍\u202e",
    "two\nlines\tand\r",
    "*",
    "not",
    "",
]


def subject(brand: str | None = None, moment: str | None = None) -> Subject:
    return Subject(date(2026, 3, 28), date(2026, 3, 29), AMSTERDAM, brand, moment)


def page_and_state(link: str) -> tuple[str, dict[str, Any]]:
    """Return the page of an address and what its fragment holds."""
    parts = urlsplit(link)
    page, _, told = parts.fragment.partition("?")
    state = {name: rison.loads(unquote(value)) for name, _, value in (one.partition("=") for one in told.split("&"))}
    return f"{parts.scheme}://{parts.netloc}{parts.path}#{page}", state


def kql(link: str) -> str:
    found = page_and_state(link)[1]["_a"]["query"]
    assert found["language"] == "kuery"
    return str(found["query"])


def test_the_dashboard_of_a_brand_and_moment() -> None:
    page, state = page_and_state(alerts_link(PLACE, subject("Zonnehoek", "smot")))
    assert page == "https://kibana.example.org:5601/app/dashboards#/view/umot-alerts"
    assert state["_a"]["query"]["query"] == 'brand: "Zonnehoek" and moments: "smot"'


def test_days_are_those_of_the_time_zone_also_when_the_clock_changes() -> None:
    for link in (alerts_link(PLACE, subject()), mentions_link(PLACE, subject())):
        time = page_and_state(link)[1]["_g"]["time"]
        assert time == {"from": "2026-03-27T23:00:00.000Z", "to": "2026-03-29T21:59:59.999Z"}


def test_the_mentions_in_discover() -> None:
    page, state = page_and_state(mentions_link(PLACE, subject("Zonnehoek")))
    assert page == "https://kibana.example.org:5601/app/discover#/"
    assert state["_a"]["dataSource"] == {"dataViewId": "umot-mentions", "type": "dataView"}
    assert state["_a"]["query"]["query"] == 'brand: "Zonnehoek" and not syndicated_of: * and not stance: none'
    assert state["_a"]["sort"] == [["published_at", "desc"]]


def test_without_brand_and_moment_the_dashboard_is_unfiltered() -> None:
    assert kql(alerts_link(PLACE, subject())) == ""


def test_space_and_prefix_lead_to_the_objects_that_are_put_there() -> None:
    there = KibanaPlace("https://host/base/", "team-1", "acme")
    ids = {found.id for found in kibana_objects(prefix="acme", space="team-1")}
    page, state = page_and_state(mentions_link(there, subject()))
    assert page == "https://host/base/s/team-1/app/discover#/"
    assert state["_a"]["dataSource"]["dataViewId"] in ids
    page, _ = page_and_state(alerts_link(there, subject()))
    assert page.removeprefix("https://host/base/s/team-1/app/dashboards#/view/") in ids


def asked_for(brand: str) -> str:
    """Return the brand that the dashboard's query finds."""
    return str(query_of(kql(alerts_link(PLACE, subject(brand))))["match_phrase"]["brand"])


@pytest.mark.parametrize("brand", ODD)
def test_odd_names_survive(brand: str) -> None:
    assert asked_for(brand) == brand


@given(st.text())
def test_every_name_survives(brand: str) -> None:
    assert asked_for(brand) == brand


def test_a_link_holds_nothing_that_mail_and_chats_would_break_it_at() -> None:
    for brand in ODD:
        for link in (alerts_link(PLACE, subject(brand)), mentions_link(PLACE, subject(brand))):
            assert link.isascii()
            assert not set(link) & set("\"'<>()[]{}|\\^` \n\t*!,")


@pytest.fixture
def found(elasticsearch_url: str) -> Iterator[Callable[[str, str], list[str]]]:
    """Return a function that asks a store with a mention and an alert per odd brand; it returns the brands found."""
    prefix = f"t{uuid4().hex[:12]}"
    store = open_store(place(elasticsearch_url, prefix))
    for n, name in enumerate(BRANDS):
        mention = {"id": f"p:{n}#0", "post_id": f"p:{n}", "brand": name, "moment": "smot", "stance": "umot"}
        store.replace([PostWrite({"id": f"p:{n}", "version": 1, "brands": [name]}, [mention])])
    store.put("alerts", [alert(f"a:{n}", brand=name).document() for n, name in enumerate(BRANDS)])
    store.refresh()
    store.close()
    with Elasticsearch(elasticsearch_url) as client:

        def ask(collection: str, expression: str) -> list[str]:
            answer = client.search(index=f"{prefix}-{collection}", query=query_of(expression))
            return [hit["_source"]["brand"] for hit in answer["hits"]["hits"]]

        yield ask
    clear(elasticsearch_url, prefix)


BRANDS = ['O\'Neill "x"', 'a" or brand: *', "*", "Zonnehoek"]


def test_the_queries_find_that_brand_alone(found: Callable[[str, str], list[str]]) -> None:
    for brand in BRANDS:
        assert found("alerts", kql(alerts_link(PLACE, subject(brand, "smot")))) == [brand]
        assert found("mentions", kql(mentions_link(PLACE, subject(brand, "smot")))) == [brand]
