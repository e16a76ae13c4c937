"""What every engine must do alike."""

from typing import Any

import pytest

from tests.store.documents import alert
from umot.alert import Alert
from umot.errors import ConflictError, QueryError
from umot.store.contract import PostWrite, Store
from umot.store.mapping import COLLECTIONS, fields_of

ALL: dict[str, Any] = {"match_all": {}}
EXAMPLES: dict[str, Any] = {
    "keyword": "x",
    "text": "late levering",
    "date": "2026-03-02T10:00:00.123Z",
    "float": 0.5,
    "integer": 7,
    "long": 7,
    "boolean": True,
}


def post(key: str = "p:1", version: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": key, "version": version, "language": "nl", "text": "De batterijen zijn niet geleverd"} | fields


def mention(key: str, number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"{key}#{number}", "post_id": key, "ordinal": number} | fields


def outcomes(results: Any) -> list[str]:
    return [result.outcome for result in results]


def test_written_documents_come_back_as_they_were(store: Store) -> None:
    write = PostWrite(post(brands=["b", "a"], title=None), [mention("p:1", 0), mention("p:1", 1)])
    assert outcomes(store.replace([write])) == ["indexed"]
    assert store.get("posts", "p:1") == write.post
    assert store.get("mentions", "p:1#1") == write.mentions[1]
    assert store.get("posts", "p:2") is None


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_field_of_a_template_can_be_stored_and_asked_for(store: Store, collection: Any) -> None:
    fields = [field for field in fields_of(collection).values() if not field.language]
    document = {field.name: EXAMPLES[field.type] for field in fields}
    document |= {"id": "p:1#0", **({"post_id": "p:1"} if collection == "mentions" else {})}
    assert store.put(collection, [document])[0].reason is None
    store.refresh()
    assert store.get(collection, "p:1#0") == document
    for field in fields:
        assert store.count(collection, {"exists": {"field": field.name}}) == 1, field
        value = document[field.name]
        asked = {"match": {field.name: "levering"}} if field.is_text else {"term": {field.name: value}}
        assert store.count(collection, asked) == 1, field


def test_a_later_version_replaces_post_and_mentions(store: Store) -> None:
    store.replace([PostWrite(post(), [mention("p:1", n) for n in range(3)])])
    store.refresh()
    store.replace([PostWrite(post(version=2, text="levering"), [mention("p:1", 0, moment="smot")])])
    store.refresh()
    assert store.count("mentions") == 1
    assert store.count("posts", {"match": {"text": "batterijen"}}) == 0
    assert store.get("mentions", "p:1#2") is None


def test_an_older_version_is_stale_and_changes_nothing(store: Store) -> None:
    store.replace([PostWrite(post(version=5), [mention("p:1", 0)])])
    assert outcomes(store.replace([PostWrite(post(version=4, text="old"))])) == ["stale"]
    assert store.get("posts", "p:1") == post(version=5)
    assert store.get("mentions", "p:1#0") is not None


def test_writing_twice_is_writing_once(store: Store) -> None:
    write = PostWrite(post(), [mention("p:1", 0)])
    assert outcomes(store.replace([write, write])) == ["indexed", "indexed"]
    assert outcomes(store.replace([write])) == ["indexed"]
    store.refresh()
    assert (store.count("posts"), store.count("mentions")) == (1, 1)


def test_the_last_of_equal_ids_in_one_batch_wins(store: Store) -> None:
    store.replace([PostWrite(post(text="een"), [mention("p:1", 0)]), PostWrite(post(text="twee"))])
    store.refresh()
    assert store.get("posts", "p:1") == post(text="twee")
    assert store.count("mentions") == 0


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"txt": "x"}, "posts.txt: unknown field (did you mean 'text'?)"),
        ({"likes": "3"}, "posts.likes: found str '3', expected a whole number"),
        ({"likes": True}, "posts.likes: found bool True"),
        ({"likes": 2**31}, "posts.likes: found int"),
        ({"score": float("nan")}, "posts.score: found float nan, expected a finite number"),
        ({"complaint": 1}, "posts.complaint: found int 1, expected true or false"),
        ({"published_at": "yesterday"}, "posts.published_at: found str 'yesterday', expected an ISO 8601 date"),
        ({"published_at": "2026-13-01"}, "posts.published_at"),
        ({"brands": ["a", 1]}, "posts.brands: found int 1, expected a string"),
        ({"text": ["a"]}, "posts.text: found list"),
        ({"text": "a\ud800"}, "posts.text: found a lone surrogate U+D800 at 1"),
        ({"text_nl": "a"}, "posts.text_nl: is filled by the store itself"),
        ({"id": ""}, "id: found str ''"),
        ({"id": "a\x00b"}, "id: found str 'a\\x00b', expected no control characters"),
        ({"id": "x" * 513}, "id: found 513 bytes"),
        ({"version": None}, "posts.version: found none"),
    ],
)
def test_a_document_that_does_not_fit_is_rejected_and_the_rest_is_written(
    store: Store, broken: dict[str, Any], named: str
) -> None:
    results = store.replace([PostWrite(post("p:1") | broken), PostWrite(post("p:2"))])
    assert outcomes(results) == ["rejected", "indexed"]
    assert results[0].reason is not None
    assert results[0].reason.startswith(named)
    store.refresh()
    assert store.count("posts") == 1


@pytest.mark.parametrize(
    "broken", [mention("p:2", 0), {"id": "p:1#0"}, {"id": "p:1#0", "post_id": "p:1", "x": 1}, {"post_id": "p:1"}]
)
def test_a_post_with_a_broken_mention_is_rejected_whole(store: Store, broken: dict[str, Any]) -> None:
    result = store.replace([PostWrite(post(), [broken])])[0]
    assert result.outcome == "rejected"
    assert "id" in str(result.reason) or "mentions.x" in str(result.reason)
    assert store.get("posts", "p:1") is None


def test_mentions_with_the_same_id_are_rejected(store: Store) -> None:
    assert "twice" in str(store.replace([PostWrite(post(), [mention("p:1", 0)] * 2)])[0].reason)


def test_erased_posts_stay_away(store: Store) -> None:
    store.replace([PostWrite(post(f"p:{n}"), [mention(f"p:{n}", 0)]) for n in range(3)])
    store.refresh()
    assert store.erase(["p:1", "never seen"], reason="asked by the author") == 1
    store.refresh()
    assert store.get("posts", "p:1") is None
    assert store.get("mentions", "p:1#0") is None
    assert (store.count("posts"), store.count("mentions")) == (2, 2)
    late = [PostWrite(post("p:1", 9)), PostWrite(post("never seen")), PostWrite(post("p:0", 2))]
    assert outcomes(store.replace(late)) == ["erased", "erased", "indexed"]
    assert outcomes(store.put("mentions", [mention("p:1", 0)])) == ["erased"]
    entry = store.state.get("tombstone", "p:1")
    assert entry is not None
    assert entry.value == {"reason": "asked by the author"}


def test_put_writes_runs_and_the_last_writer_wins(store: Store) -> None:
    store.put("runs", [{"id": "r1", "step": "collect", "new": 3}, {"id": "r2", "nwe": 1}])
    results = store.put("runs", [{"id": "r1", "step": "collect", "new": 4}])
    store.refresh()
    assert outcomes(results) == ["indexed"]
    assert list(store.scan("runs")) == [{"id": "r1", "step": "collect", "new": 4}]


def test_alerts_are_put_found_and_counted(store: Store) -> None:
    quiet = alert("a:2", status="quiet", severity=4, since="2026-03-05", examples=[], example_ids=[])
    written = [alert("a:3"), alert("a:1"), quiet]
    assert outcomes(store.put("alerts", [one.document() for one in written])) == ["indexed"] * 3
    grown = alert("a:1", severity=9, acknowledged=True)
    store.put("alerts", [grown.document()])
    found = store.get("alerts", "a:1")
    assert found
    assert Alert.of(found) == grown
    store.refresh()
    assert list(store.scan("alerts")) == [one.document() for one in (grown, quiet, alert("a:3"))]
    assert store.count("alerts", {"term": {"status": "open"}}) == 2
    assert [d["id"] for d in store.scan("alerts", {"term": {"example_ids": "p:2#0"}})] == ["a:1", "a:3"]
    newest = store.search("alerts", {"range": {"severity": {"gte": 4}}}, sort=[{"severity": "desc"}], size=2)
    assert (newest.total, [hit.id for hit in newest.hits]) == (3, ["a:1", "a:3"])
    worst = {"worst": {"max": {"field": "severity"}}}
    answer = store.aggregate("alerts", ALL, {"by": {"terms": {"field": "moments"}, "aggs": worst}})
    assert [(b["key"], b["doc_count"], b["worst"]["value"]) for b in answer["by"]["buckets"]] == [
        ("smot", 3, 9),
        ("umot", 3, 9),
    ]


def test_an_alert_that_does_not_fit_is_rejected_and_the_rest_is_written(store: Store) -> None:
    broken = alert("a:1").document() | {"sevrity": 3}
    results = store.put("alerts", [broken, alert("a:2").document() | {"days": "3"}, alert("a:3").document()])
    assert outcomes(results) == ["rejected", "rejected", "indexed"]
    assert results[0].reason == "alerts.sevrity: unknown field (did you mean 'severity'?)"
    assert str(results[1].reason).startswith("alerts.days: found str '3', expected a whole number")
    store.refresh()
    assert [document["id"] for document in store.scan("alerts")] == ["a:3"]


def test_an_erased_post_leaves_alerts_with_its_id_alone(store: Store) -> None:
    store.put("alerts", [alert("p:1").document()])
    store.erase(["p:1"], reason="asked by the author")
    assert outcomes(store.put("alerts", [alert("p:1", severity=8).document()])) == ["indexed"]
    assert store.get("alerts", "p:1") == alert("p:1", severity=8).document()


def test_hostile_texts_are_kept_and_found(store: Store) -> None:
    text = '<script>alert(1)</script>\x00 ‮ levering\u2028 {"match_all": {}} \'; DROP TABLE docs; --'
    store.replace([PostWrite(post(text=text)), PostWrite(post("p:2", text="ruis " * 1_000_000 + "speld"))])
    store.refresh()
    hit = store.search("posts", {"match": {"text_nl": "leveringen"}}, highlight=["text"]).hits[0]
    assert hit.source["text"] == text
    assert [text[slice(*span)] for span in hit.highlights["text"]] == ["levering"]
    assert store.count("posts", {"match": {"text": "speld"}}) == 1


def test_highlights_are_the_matched_words_in_code_points(store: Store) -> None:
    text = "👍🏽 Batterijen: de batterij's, niet geleverd. Late levering!"
    store.replace([PostWrite(post(text=text, title="Levering"))])
    store.refresh()
    query = {"bool": {"should": [{"match": {"text_nl": "batterij"}}, {"match_phrase": {"text": "late levering"}}]}}
    hit = store.search("posts", query, highlight=["text", "title"]).hits[0]
    assert [text[slice(*span)] for span in hit.highlights["text"]] == ["Batterijen", "Late levering"]
    assert "title" not in hit.highlights


def test_words_of_another_language_are_not_stemmed(store: Store) -> None:
    store.replace([PostWrite(post("p:1", language="nl")), PostWrite(post("p:2", language="en"))])
    store.refresh()
    assert [h.id for h in store.search("posts", {"match": {"text_nl": "batterij"}}).hits] == ["p:1"]
    assert store.search("posts", {"match": {"text": "batterijen"}}).total == 2


def test_a_phrase_keeps_the_places_of_stop_words(store: Store) -> None:
    store.replace(
        [PostWrite(post("p:1", text="levering van batterijen")), PostWrite(post("p:2", text="levering batterijen"))]
    )
    store.refresh()
    for phrase, found in (
        ("levering van batterij", ["p:1"]),
        ("levering de batterij", ["p:1"]),
        ("levering batterij", ["p:2"]),
    ):
        assert [h.id for h in store.search("posts", {"match_phrase": {"text_nl": phrase}}).hits] == found


def test_relevance_prefers_the_rarer_word_and_pages_without_gaps(store: Store) -> None:
    store.replace([PostWrite(post(f"p:{n:03d}", text="levering" + " accu" * (n % 7 == 0))) for n in range(150)])
    store.refresh()
    query = {"match": {"text": "levering accu"}}
    first = store.search("posts", query, size=150)
    assert [hit.id for hit in first.hits[:22]] == [f"p:{n:03d}" for n in range(0, 150, 7)]
    seen, after = [], None
    while hits := store.search("posts", query, size=20, after=after).hits:
        seen += [hit.id for hit in hits]
        after = hits[-1].sort
    assert seen == [hit.id for hit in first.hits]
    assert first.total == 150


def test_scan_gives_everything_in_id_order(store: Store) -> None:
    keys = [f"{platform}:{n}" for n in range(700) for platform in ("b", "a b", "ü", "a")]
    store.replace([PostWrite(post(key, likes=len(key))) for key in keys])
    store.refresh()
    assert [document["id"] for document in store.scan("posts")] == sorted(keys)
    some = store.scan("posts", {"range": {"id": {"gt": "a:3", "lte": "b:5"}}})
    assert [document["id"] for document in some] == sorted(key for key in keys if "a:3" < key <= "b:5")


def test_dates_are_told_apart_by_the_millisecond_and_days_are_whole(store: Store) -> None:
    moments = ["2026-03-02T00:00:00.000Z", "2026-03-02T23:59:59.999Z", "2026-03-03T00:00:00+01:00", "2026-03-03"]
    store.replace([PostWrite(post(f"p:{n}", published_at=moment)) for n, moment in enumerate(moments)])
    store.refresh()

    def found(**bounds: str) -> set[str]:
        return {d["id"] for d in store.scan("posts", {"range": {"published_at": bounds}})}

    assert found(gte="2026-03-02", lte="2026-03-02") == {"p:0", "p:1", "p:2"}
    assert found(gt="2026-03-02") == {"p:3"}
    assert found(gt="2026-03-02T23:59:59.998Z") == {"p:1", "p:3"}
    assert found(lt="2026-03-02T23:00:00Z") == {"p:0"}
    assert {d["id"] for d in store.scan("posts", {"term": {"published_at": "2026-03-03"}})} == {"p:3"}


def test_state_is_versioned(store: Store) -> None:
    state = store.state
    assert state.get("cursor", "s") is None
    first = state.put("cursor", "s", {"page": 1}, expected=0)
    second = state.put("cursor", "s", {"page": 2}, expected=first)
    assert second > first
    for stale in (0, first):
        with pytest.raises(ConflictError, match="cursor/s"):
            state.put("cursor", "s", {"page": 9}, expected=stale)
    entry = state.get("cursor", "s")
    assert entry is not None
    assert (entry.value, entry.version) == ({"page": 2}, second)


def test_state_is_read_and_written_in_bulk(store: Store) -> None:
    state = store.state
    state.put_many("seen", {f"src/{n:05d}": f"h{n}" for n in range(2_500)})
    state.put_many("seen", {"src/00001": "new", "srd/1": None, "🙂": [1]})
    state.put("cursor", "src/00001", 1)
    assert state.get_many("seen", ["src/00001", "nowhere", "🙂"]) == {"src/00001": "new", "🙂": [1]}
    assert [entry.key for entry in state.scan("seen", "src/")] == [f"src/{n:05d}" for n in range(2_500)]
    state.delete("seen", ["src/00001", "nowhere"])
    assert state.get("seen", "src/00001") is None
    assert state.get("cursor", "src/00001") is not None
    assert sum(1 for _ in state.scan("seen")) == 2_501


def test_an_empty_store_answers(store: Store) -> None:
    aggs = {"b": {"terms": {"field": "brands"}}, "s": {"stats": {"field": "score"}}, "m": {"max": {"field": "likes"}}}
    answer = store.aggregate("posts", ALL, aggs)
    assert answer["b"]["buckets"] == []
    assert answer["s"]["count"] == 0
    assert answer["m"]["value"] is None
    assert store.search("posts", {"match": {"text": "x"}}).hits == []
    assert (store.count("runs"), store.count("alerts")) == (0, 0)


@pytest.mark.parametrize("after", [[1], ["a", "b", "c"]])
def test_a_place_of_another_order_is_refused(store: Store, after: list[Any]) -> None:
    with pytest.raises(QueryError, match="give the last hit's `sort` unchanged"):
        store.search("posts", ALL, sort=[{"likes": "asc"}], after=after)


def test_fields_to_highlight_are_checked(store: Store) -> None:
    with pytest.raises(QueryError, match="cannot be highlighted"):
        store.search("posts", ALL, highlight=["text_nl"])
