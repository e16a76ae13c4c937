"""Every chart's aggregations, run on a real Elasticsearch; no Kibana is needed for that, and none is at hand."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.kibana.charts import Json, Layer, layers_of
from tests.kibana.test_files import PANELS, TABS, VIEWS
from tests.store.documents import alert
from umot.analysis.queries import customers_posts
from umot.store.mapping import template_of

Ask = Callable[[str, str, Any], Json]

POST = {
    "version": 1,
    "published_at": "2026-03-02T10:00:00Z",
    "week": "2026-W10",
    "source": "shop",
    "platform": "shop",
    "brands": ["Molen"],
    "language": "nl",
    "stance": "umot",
    "sentiment": "negative",
    "score": -0.8,
    "peak": -0.9,
    "end": -0.5,
    "peak_end": -0.7,
    "moments": ["dmot", "smot"],
    "complaint": True,
    "reach": 3,
    "rating": 0.25,
    "text": "Leveringen komen te laat",
    "text_nl": "Leveringen komen te laat",
}
POSTS = [
    POST | {"id": "shop:1", "reply_at": "2026-03-02T12:00:00Z", "reply_hours": 2.0},
    POST | {"id": "shop:2", "brands": ["Molen", "Gracht"], "reply_at": "2026-03-04T12:00:00Z", "reply_hours": 50.0},
    POST
    | {
        "id": "shop:3",
        "brands": ["Gracht"],
        "week": "2026-W11",
        "complaint": False,
        "sentiment": "positive",
        "score": 0.8,
    }
    | {"peak": 0.9, "end": 0.9, "peak_end": 0.9, "moments": ["umot"]},
    POST | {"id": "shop:4", "syndicated_of": "shop:1"},
    POST | {"id": "shop:5", "author_is_brand": True, "stance": "none"},
    POST
    | {"id": "forum:6", "source": "forum", "stance": "zmot", "complaint": False, "sentiment": "neutral", "score": 0.0},
    POST | {"id": "shop:7"},
]
MENTION = {
    **{key: POST[key] for key in ("published_at", "week", "source", "platform", "language", "stance")},
    "brand": "Molen",
    "text": "Leveringen komen te laat",
    "moment": "smot",
    "sentiment": "negative",
    "score": -0.8,
    "is_peak": True,
    "is_end": False,
    "uncertain": False,
}
MENTIONS = [
    MENTION | {"id": "shop:1#0", "post_id": "shop:1"},
    MENTION | {"id": "shop:1#1", "post_id": "shop:1", "score": -0.4, "is_peak": False, "is_end": True},
    MENTION | {"id": "shop:2#0", "post_id": "shop:2", "moment": "dmot", "uncertain": True},
    MENTION | {"id": "shop:3#0", "post_id": "shop:3", "moment": "umot", "sentiment": "positive", "score": 0.9},
    MENTION | {"id": "shop:2#1", "post_id": "shop:2", "moment": "umot", "is_peak": False},
    MENTION | {"id": "shop:4#0", "post_id": "shop:4", "syndicated_of": "shop:1"},
]
RUN = {
    "step": "collect",
    "source": "shop",
    "as_of": "2026-03-02T06:00:00Z",
    "verdict": "ok",
    "seconds": 4.0,
    "balanced": True,
    "new": 5,
    "updated": 1,
    "unchanged": 2,
    "rejected": 0,
    "duplicate": 0,
    "http_2xx": 7,
    "covered_to": "2026-03-02T06:00:00Z",
}
RUNS = [
    RUN | {"id": "collect/shop/1"},
    RUN | {"id": "collect/shop/2", "as_of": "2026-03-03T06:00:00Z", "verdict": "broken", "reason": "503", "new": 0},
    RUN | {"id": "collect/forum/1", "source": "forum", "verdict": "nothing_new", "new": 0},
    RUN | {"id": "collect/shop/3", "finish": "replayed", "as_of": "2026-03-04T06:00:00Z"},
    {"id": "index/all/1", "step": "index", "source": "all", "as_of": "2026-03-02T07:00:00Z", "verdict": "ok", "dead": 2}
    | {"balanced": False, "seconds": 1.5, "indexed": 5, "stale": 0},
]
ALERTS = [
    alert("brand/1", brand="Molen").document(),
    alert("brand/2", brand="Molen", severity=9, moments=["smot"], acknowledged=True).document(),
    alert("brand/3", brand="Gracht", severity=3, status="closed", what="silence", moment=None, moments=[]).document(),
    alert("source/1", about="source", what="broken", brand=None, source="shop", moments=[], severity=6).document(),
]
DOCUMENTS = {"posts": POSTS, "mentions": MENTIONS, "runs": RUNS, "alerts": ALERTS, "state": []}


@pytest.fixture(scope="module")
def ask(elasticsearch_url: str) -> Iterator[Ask]:
    """Return how to ask an Elasticsearch that holds a few documents in indices made from the templates."""
    prefix = f"kibana{uuid4().hex[:8]}"

    def send(method: str, path: str, body: Any = None) -> Json:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/x-ndjson" if isinstance(body, bytes) else "application/json"}
        url = f"{elasticsearch_url}/{path.replace('umot-', f'{prefix}-')}"
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: Json = json.loads(answer.read())
        return found

    for name, documents in DOCUMENTS.items():
        template = template_of(name)["template"]
        send("PUT", f"umot-{name}-000001", template | {"aliases": {f"{prefix}-{name}": {}}})
        lines = [line for document in documents for line in ({"index": {"_id": document["id"]}}, document)]
        if lines:
            bulk = "".join(json.dumps(line) + "\n" for line in lines).encode()
            assert not send("POST", f"umot-{name}-000001/_bulk?refresh=true", bulk)["errors"]
    yield send
    for name in DOCUMENTS:
        send("DELETE", f"umot-{name}-000001")


def result(ask: Ask, layer: Layer) -> Json:
    body = {"size": 0, "track_total_hits": True, "query": layer.query, "aggs": layer.aggregations}
    found = ask("POST", f"{layer.view}/_search", {key: value for key, value in body.items() if value != {}})
    assert found["_shards"]["failed"] == 0, found
    return found


def buckets(found: Json) -> list[Json]:
    listed = found["buckets"]
    return list(listed.values()) if isinstance(listed, dict) else listed


@pytest.mark.parametrize("panel", [param for param in PANELS if param.values[0]["type"] == "vis"])  # type: ignore[index]
def test_elasticsearch_answers_every_chart(ask: Ask, panel: Json) -> None:
    for layer in layers_of(panel):
        found = result(ask, layer)
        assert found["hits"]["total"]["value"] > 0, "the few documents have something for every chart"
        if layer.buckets:
            assert any(bucket["doc_count"] for bucket in buckets(found["aggregations"]["by"]))


@pytest.mark.parametrize("tab", TABS)
def test_elasticsearch_finds_texts_for_every_table(ask: Ask, tab: Json) -> None:
    sort = [{by["name"]: by["direction"]} for by in tab["sort"]]
    query = layers_of({"type": "discover_session", "config": {"tabs": [tab]}})[0].query
    found = ask("POST", f"{tab['data_source']['ref_id']}/_search", {"query": query, "sort": sort})
    assert found["hits"]["hits"]


def asked(ask: Ask, name: str, number: int = 0) -> Json:
    (panel,) = (param.values[0] for param in PANELS if param.id == name)
    return result(ask, layers_of(panel)[number])  # type: ignore[arg-type]


def test_copies_and_the_brands_own_posts_are_left_out(ask: Ask) -> None:
    assert asked(ask, "competitors/share-of-voice")["hits"]["total"]["value"] == 5


@pytest.mark.parametrize("brand", ["Molen", "Gracht"])
def test_the_report_and_the_dashboard_count_the_same_posts(ask: Ask, brand: str) -> None:
    voices = asked(ask, "competitors/share-of-voice")["aggregations"]["by"]["buckets"]
    reported = ask("POST", "umot-posts/_count", {"query": customers_posts(brand)})["count"]
    assert {bucket["key"]: bucket["doc_count"] for bucket in voices}[brand] == reported


def test_the_share_of_answered_complaints(ask: Ask) -> None:
    found = asked(ask, "journey/answered")
    assert found["hits"]["total"]["value"] == 3
    assert found["aggregations"]["m0-0"]["doc_count"] == 2


def test_a_moment_counts_posts_once_and_peaks_apart(ask: Ask) -> None:
    moments = asked(ask, "journey/peaks-and-ends")["aggregations"]["by"]["buckets"]
    second = moments["Second moment (smot)"]
    assert second["m0"]["value"] == 1
    assert second["m2"]["value"]["value"] == pytest.approx(-0.8)
    assert second["m3"]["value"]["value"] == pytest.approx(-0.4)
    assert second["m4"]["doc_count"] == 1


def test_a_post_about_two_brands_counts_for_both(ask: Ask) -> None:
    found = asked(ask, "competitors/side-by-side")["aggregations"]["by"]["buckets"]
    assert {bucket["key"]: bucket["doc_count"] for bucket in found} == {"Molen": 4, "Gracht": 2}


def test_the_latest_run_of_each_source_is_told_and_replays_are_not(ask: Ask) -> None:
    found = asked(ask, "sources/latest")["aggregations"]["by"]["buckets"]
    latest = {b["key"]: b["m1"]["newest"]["hits"]["hits"][0]["_source"]["verdict"] for b in found}
    assert latest == {"forum": "nothing_new", "shop": "broken"}


def test_a_day_on_which_every_look_failed_is_no_coverage(ask: Ask) -> None:
    days = asked(ask, "sources/coverage")["aggregations"]["by"]["buckets"]
    shop = [{b["key"]: b["m0"]["doc_count"] for b in day["by"]["buckets"]}.get("shop") for day in days]
    assert shop == [1, 0]


def test_open_alerts_are_counted_and_those_about_sources_apart(ask: Ask) -> None:
    tiles = ("open", "unseen", "severe", "ill")
    found = [asked(ask, f"alerts/{name}")["hits"]["total"]["value"] for name in tiles]
    assert found == [2, 1, 1, 1]


def test_alerts_by_severity_brand_and_moment(ask: Ask) -> None:
    bands = asked(ask, "alerts/severity")["aggregations"]["by"]["buckets"]
    assert [bands[name]["doc_count"] for name in sorted(bands)] == [1, 1, 1]
    moments = asked(ask, "alerts/brand-and-moment")["aggregations"]["by"]["buckets"]
    found = {b["key"]: {i["key"]: i["doc_count"] for i in b["by"]["buckets"]} for b in moments}
    assert found == {"smot": {"Molen": 2}, "umot": {"Molen": 1}}


def test_words_in_the_search_bar_find_other_forms(ask: Ask) -> None:
    found = ask("POST", "umot-posts/_search", {"query": {"match": {"text_nl": "levering"}}})
    assert found["hits"]["total"]["value"] == len(POSTS)


def test_the_documents_use_only_fields_of_the_templates() -> None:
    for name, documents in DOCUMENTS.items():
        properties = template_of(name)["template"]["mappings"]["properties"]
        assert {key for document in documents for key in document} <= properties.keys()
    assert {f"umot-{name}" for name in DOCUMENTS} == set(VIEWS)
