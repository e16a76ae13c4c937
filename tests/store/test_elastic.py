"""What only a cluster can do to a store: be busy, away, full, locked, older, or written by others at the same time."""

import json
import math
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from tests.elasticsearch_node.faults import Fault, FaultProxy, fault_proxy
from tests.elasticsearch_node.tls_proxy import TlsProxy, tls_proxy
from tests.store.conftest import place, tell, waiting_process
from tests.store.documents import alert
from umot.errors import ConfigError, ConflictError, StoreError
from umot.store import open_store
from umot.store.contract import PostWrite
from umot.store.elastic import bulk, writes
from umot.store.elastic.address import VARIABLES, parse_address
from umot.store.elastic.store import ElasticStore

IMPATIENT = 1.5
API_KEY, USER, PASSWORD, CA = VARIABLES.api_key, VARIABLES.user, VARIABLES.password, VARIABLES.ca


def post(key: str = "p:1", version: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": key, "version": version, "language": "nl", "text": "levering"} | fields


def write(key: str = "p:1", version: int = 1, mentions: int = 2, **fields: Any) -> PostWrite:
    said = [{"id": f"{key}#{n}", "post_id": key, "ordinal": n, "text": f"v{version}"} for n in range(mentions)]
    return PostWrite(post(key, version, **fields), said)


def outcomes(results: Any) -> list[str]:
    return [result.outcome for result in results]


@pytest.fixture
def opened(elasticsearch_url: str, prefix: str) -> Iterator[Callable[..., ElasticStore]]:
    """Return a function that opens the test's own store, through a proxy or not."""
    stores: list[ElasticStore] = []

    def open_one(node: str = elasticsearch_url, *, patience: float = 30, read_only: bool = False) -> ElasticStore:
        stores.append(ElasticStore(parse_address(place(node, prefix), {}), patience=patience, read_only=read_only))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[..., ElasticStore]) -> ElasticStore:
    return opened()


@pytest.fixture
def faults(elasticsearch_url: str) -> Iterator[FaultProxy]:
    with fault_proxy(elasticsearch_url) as proxy:
        yield proxy


def stored(store: ElasticStore) -> dict[str, list[tuple[str, Any]]]:
    """Return ids and versions of posts, ids and texts of mentions."""
    store.refresh()
    return {
        "posts": [(document["id"], document["version"]) for document in store.scan("posts")],
        "mentions": [(document["id"], document["text"]) for document in store.scan("mentions")],
    }


def without_field(client: Elasticsearch, prefix: str, name: str, field: str) -> None:
    """Put an index whose mapping lacks a field in the place of an empty one."""
    (old,) = client.indices.get_alias(name=f"{prefix}-{name}")
    found: Any = client.indices.get(index=old)[old]
    aliases, mappings = found["aliases"], found["mappings"]
    del mappings["properties"][field]
    client.indices.delete(index=old)
    client.indices.delete_index_template(name=f"{prefix}-{name.partition('-')[0]}")
    client.indices.create(index=old, mappings=mappings, aliases=aliases)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], Any]], None]:
    """Return a function that lets something happen once, just before a step of the writer."""

    def happens(step: str, event: Callable[[], Any]) -> None:
        original = getattr(writes.PostWriter, step)

        def interrupted(self: Any, *arguments: Any) -> Any:
            monkeypatch.setattr(writes.PostWriter, step, original)
            event()
            return original(self, *arguments)

        monkeypatch.setattr(writes.PostWriter, step, interrupted)

    return happens


def test_what_only_the_server_refuses_is_rejected_and_the_rest_is_written(
    store: ElasticStore, client: Elasticsearch, prefix: str
) -> None:
    without_field(client, prefix, "runs", "finish")
    results = store.put("runs", [{"id": "r1", "finish": "ok"}, {"id": "r2", "new": 1}])
    assert outcomes(results) == ["rejected", "indexed"]
    assert "[finish]" in str(results[0].reason)
    without_field(client, prefix, "posts-other", "likes")
    results = store.replace([write("p:1", likes=1), write("p:2")])
    assert outcomes(results) == ["rejected", "indexed"]
    assert stored(store) == {"posts": [("p:2", 1)], "mentions": [("p:2#0", "v1"), ("p:2#1", "v1")]}


def test_a_post_whose_mention_the_server_refuses_is_not_left_half(
    store: ElasticStore, client: Elasticsearch, prefix: str
) -> None:
    without_field(client, prefix, "mentions-other", "rating")
    store.replace([write("p:1")])
    broken = [{"id": f"{key}#0", "post_id": key, "rating": 1.0, "text": "new"} for key in ("p:1", "p:2")]
    results = store.replace([PostWrite(post(str(m["post_id"]), 2), [m]) for m in broken])
    assert outcomes(results) == ["rejected", "rejected"]
    assert "[rating]" in str(results[0].reason)
    assert store.get("posts", "p:2") is None
    assert store.get("posts", "p:1") is not None
    mended = [{"id": f"{key}#0", "post_id": key, "text": "new"} for key in ("p:1", "p:2")]
    results = store.replace([PostWrite(post(str(m["post_id"]), 2), [m]) for m in mended])
    assert outcomes(results) == ["indexed", "indexed"]
    assert stored(store)["mentions"] == [("p:1#0", "new"), ("p:2#0", "new")]


@pytest.mark.parametrize("then", [0, 3])
def test_a_write_that_was_killed_before_its_mentions_is_mended_by_running_it_again(
    opened: Callable[..., ElasticStore], at: Callable[..., None], then: int
) -> None:
    opened().replace([write("p:1", 1, 3)])

    def kill() -> None:
        raise KeyboardInterrupt

    at("_write_mentions", kill)
    with pytest.raises(KeyboardInterrupt):
        opened().replace([write("p:1", 2, then)])
    assert outcomes(opened().replace([write("p:1", 2, then)])) == ["indexed"]
    assert stored(opened())["mentions"] == [(f"p:1#{n}", "v2") for n in range(then)]


@pytest.mark.parametrize("step", ["_carry_out", "_write_mentions"])
def test_a_later_version_that_comes_in_between_wins(
    opened: Callable[..., ElasticStore], at: Callable[..., None], step: str
) -> None:
    opened().replace([write("p:1", 1, 1)])
    at(step, lambda: opened().replace([write("p:1", 3, 1)]))
    assert outcomes(opened().replace([write("p:1", 2, 4)])) == ["stale"]
    assert stored(opened()) == {"posts": [("p:1", 3)], "mentions": [("p:1#0", "v3")]}


@pytest.mark.parametrize("step", ["_carry_out", "_write_mentions"])
def test_an_erasure_that_comes_in_between_wins(
    opened: Callable[..., ElasticStore], at: Callable[..., None], step: str
) -> None:
    at(step, lambda: opened().erase(["p:1"], reason="asked"))
    assert outcomes(opened().replace([write("p:1"), write("p:2")])) == ["erased", "indexed"]
    assert stored(opened())["posts"] == [("p:2", 1)]
    assert [key for key, _ in stored(opened())["mentions"]] == ["p:2#0", "p:2#1"]


@pytest.mark.parametrize(("other", "winner"), [(1, 2), (3, 3)])
def test_a_first_write_into_another_year_at_the_same_time_leaves_one_post(
    opened: Callable[..., ElasticStore], at: Callable[..., None], other: int, winner: int
) -> None:
    at("_carry_out", lambda: opened().replace([write("p:1", other, 3, published_at="2019-03-01")]))
    opened().replace([write("p:1", 2, 3, published_at="2020-03-01")])
    assert stored(opened()) == {
        "posts": [("p:1", winner)],
        "mentions": [(f"p:1#{n}", f"v{winner}") for n in range(3)],
    }


def test_a_post_stays_one_when_its_year_changes(store: ElasticStore, client: Elasticsearch, prefix: str) -> None:
    for version, moment in enumerate(["2025-12-31T23:59:59Z", "2026-01-01", None, "2024-02-29"]):
        assert outcomes(store.replace([write("p:1", version, published_at=moment)])) == ["indexed"]
        assert store.get("posts", "p:1") == post("p:1", version, published_at=moment)
    assert stored(store)["posts"] == [("p:1", 3)]
    assert client.count(index=f"{prefix}-posts-2025")["count"] == 1
    assert client.count(index=f"{prefix}-mentions-2025")["count"] == 2


@pytest.mark.parametrize("moment", [None, "1970-01-01", "2154-01-01"])
def test_odd_dates_open_no_index_of_their_own(
    store: ElasticStore, client: Elasticsearch, prefix: str, moment: str | None
) -> None:
    store.replace([write("p:1", published_at=moment)])
    assert list(client.indices.get_alias(name=f"{prefix}-posts")) == [f"{prefix}-posts-other-000001"]


def test_put_keeps_the_mentions_and_what_is_known_of_them(store: ElasticStore) -> None:
    store.replace([write("p:1", 5, 3)])
    store.put("posts", [post("p:1", 5, reach=9)])
    assert store.get("posts", "p:1") == post("p:1", 5, reach=9)
    assert outcomes(store.replace([write("p:1", 5, 1)])) == ["indexed"]
    assert stored(store)["mentions"] == [("p:1#0", "v5")]
    store.put("posts", [post("p:1", 3)])
    assert outcomes(store.replace([write("p:1", 4, 0)])) == ["indexed"]
    assert stored(store) == {"posts": [("p:1", 4)], "mentions": []}


def test_mentions_that_were_put_alone_go_with_an_erasure(store: ElasticStore) -> None:
    store.put("mentions", [{"id": "p:1#7", "post_id": "p:1", "published_at": "2021-01-01"}])
    assert store.get("mentions", "p:1#7") is not None
    store.erase(["p:1"], reason="asked")
    assert store.get("mentions", "p:1#7") is None


@pytest.mark.parametrize("failure", [429, 503, Fault.DROPPED, Fault.UNANSWERED, Fault.CUT])
def test_passing_trouble_is_met_with_patience_and_nothing_is_written_twice(
    opened: Callable[..., ElasticStore], faults: FaultProxy, failure: Fault | int
) -> None:
    store = opened(faults.url)
    store.replace([write("p:1", 1, 3)])
    for requests in ("_bulk", "_mget", "_search", "_alias"):
        faults.fail(failure, 2, requests)
    results = store.replace([write("p:1", 2, 1), write("p:2", 1, 1)])
    assert outcomes(results) == ["indexed", "indexed"]
    assert stored(store) == {"posts": [("p:1", 2), ("p:2", 1)], "mentions": [("p:1#0", "v2"), ("p:2#0", "v1")]}


def test_patience_ends(opened: Callable[..., ElasticStore], faults: FaultProxy) -> None:
    store = opened(faults.url, patience=IMPATIENT)
    faults.fail(429, math.inf, "_bulk")
    with pytest.raises(StoreError, match="tried for"):
        store.replace([write()])
    assert sum("_bulk" in asked for asked in faults.asked) > 2
    faults.heal()
    assert outcomes(store.replace([write()])) == ["indexed"]


def test_a_lost_answer_is_no_conflict_with_oneself(opened: Callable[..., ElasticStore], faults: FaultProxy) -> None:
    state = opened(faults.url).state
    for expected in (0, None):
        faults.fail(Fault.UNANSWERED, 1, "_bulk")
        last = state.put("cursor", "s", {"page": 1}, expected=expected)
        faults.fail(Fault.UNANSWERED, 1, "_bulk")
        last = state.put("cursor", "s", {"page": 1}, expected=last)
        with pytest.raises(ConflictError):
            state.put("cursor", "s", {"page": 1}, expected=last - 1)
        state.delete("cursor", ["s"]) if expected == 0 else None


def test_requests_are_bounded_by_bytes(
    opened: Callable[..., ElasticStore], faults: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_BYTES", 20_000)
    store = opened(faults.url)
    assert set(outcomes(store.replace([write(f"p:{n}", text="x" * 3_000) for n in range(50)]))) == {"indexed"}
    assert sum("_bulk" in asked for asked in faults.asked) >= 15
    assert len(stored(store)["mentions"]) == 100


def test_a_full_disk_is_told_and_nothing_is_acknowledged(
    store: ElasticStore, client: Elasticsearch, prefix: str
) -> None:
    store.replace([write("p:1")])
    client.indices.put_settings(index=f"{prefix}-*", settings={"index.blocks.read_only_allow_delete": True})
    for attempt in (
        lambda: store.replace([write("p:2")]),
        lambda: store.state.put("cursor", "s", 1),
        lambda: store.put("runs", [{"id": "r"}]),
    ):
        with pytest.raises(StoreError, match="disk of the cluster is nearly full"):
            attempt()
    client.indices.put_settings(index=f"{prefix}-*", settings={"index.blocks.read_only_allow_delete": None})
    assert outcomes(store.replace([write("p:2")])) == ["indexed"]
    assert [key for key, _ in stored(store)["posts"]] == ["p:1", "p:2"]


def test_a_write_block_is_waited_for(store: ElasticStore, client: Elasticsearch, prefix: str) -> None:
    def block(value: bool | None) -> None:
        client.indices.put_settings(index=f"{prefix}-*", settings={"index.blocks.write": value})

    block(value=True)
    threading.Timer(0.5, block, [None]).start()
    assert outcomes(store.replace([write()])) == ["indexed"]


def test_a_block_that_stays_is_told(opened: Callable[..., ElasticStore], client: Elasticsearch, prefix: str) -> None:
    store = opened(patience=IMPATIENT)
    client.indices.put_settings(index=f"{prefix}-*", settings={"index.blocks.write": True})
    with pytest.raises(StoreError, match="blocked writing to the index"):
        store.replace([write()])


SECOND_WRITER = """
import sys
from tests.store.test_elastic import write
from umot.store import open_store
store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for turn in range(6):
    store.replace([write(f"p:{n}", 1 + turn, 3) for n in range(150)])
"""


@pytest.fixture
def second_writer(store: ElasticStore, elasticsearch_url: str, prefix: str) -> Iterator["subprocess.Popen[str]"]:
    """Start another process that writes 150 posts in six versions when told to."""
    with waiting_process(SECOND_WRITER, place(elasticsearch_url, prefix)) as process:
        yield process


def test_erased_posts_stay_away_while_another_process_writes_them(
    store: ElasticStore, second_writer: "subprocess.Popen[str]"
) -> None:
    tell(second_writer)
    for n in range(0, 150, 5):
        store.erase([f"p:{n}"], reason="asked")
    assert second_writer.wait(timeout=120) == 0
    found = stored(store)
    assert sorted(found["posts"]) == sorted((f"p:{n}", 6) for n in range(150) if n % 5)
    assert sorted(found["mentions"]) == sorted((f"p:{n}#{m}", "v6") for n in range(150) if n % 5 for m in range(3))


def test_two_processes_end_in_the_same_state(store: ElasticStore, second_writer: "subprocess.Popen[str]") -> None:
    tell(second_writer)
    for turn in range(6):
        store.replace([write(f"p:{n}", 1 + turn, 3) for n in range(150)])
    assert second_writer.wait(timeout=120) == 0
    found = stored(store)
    assert sorted(found["posts"]) == sorted((f"p:{n}", 6) for n in range(150))
    assert sorted(found["mentions"]) == sorted((f"p:{n}#{m}", "v6") for n in range(150) for m in range(3))


@pytest.mark.slow
def test_purge_leaves_no_removed_document(store: ElasticStore, client: Elasticsearch, prefix: str) -> None:
    store.replace([write(f"p:{n}") for n in range(50)])
    store.refresh()
    store.erase(["p:1"], reason="asked")
    for severity in (3, 4):
        store.put("alerts", [alert("a:1", severity=severity).document()])
        store.refresh()
    store.purge()
    assert client.indices.stats(index=f"{prefix}-*", metric="docs")["_all"]["total"]["docs"]["deleted"] == 0
    assert store.count("posts") == 49


def test_state_keeps_values_as_they_are_and_keys_of_any_length(store: ElasticStore) -> None:
    values: dict[str, Any] = {
        "a" * 3_000: {"x": [1, 1.0, None, {"y": "z"}]},
        "b/" + "é" * 400: "2026-01-01",
        "c": 2**60,
        "d": [[1], "x", {"deep": [{"er": True}]}],
        "e": {"page": "not a number"},
    }
    store.state.put_many("seen", values)
    assert store.state.get_many("seen", list(values)) == values
    assert {entry.key: entry.value for entry in store.state.scan("seen")} == values
    with pytest.raises(StoreError, match="9000 characters, expected at most"):
        store.state.put("seen", "x" * 9_000, 1)


def test_a_scan_goes_on_when_its_moment_is_lost(
    opened: Callable[..., ElasticStore], faults: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("umot.store.elastic.store._PAGE", 20)
    store = opened(faults.url)
    store.put("posts", [post(f"p:{n:03d}") for n in range(90)])
    store.refresh()
    found = []
    for document in store.scan("posts"):
        found.append(document["id"])
        if len(found) == 30:
            faults.fail(404, 1, "POST /_search")
    assert found == [f"p:{n:03d}" for n in range(90)]
    assert sum("/_pit" in asked and asked.startswith("POST") for asked in faults.asked) == 2


def test_reading_only_writes_nothing(opened: Callable[..., ElasticStore], client: Elasticsearch, prefix: str) -> None:
    with pytest.raises(StoreError, match="no store here yet"):
        opened(read_only=True)
    assert not client.indices.get_alias(index=f"{prefix}-*")
    opened().replace([write()])
    reader = opened(read_only=True)
    assert reader.get("posts", "p:1") == post()
    for attempt in (lambda: reader.replace([write()]), lambda: reader.state.put("cursor", "s", 1), reader.purge):
        with pytest.raises(StoreError, match="opened read-only"):
            attempt()


def test_an_installation_from_before_alerts_gets_their_index(
    opened: Callable[..., ElasticStore], client: Elasticsearch, prefix: str
) -> None:
    opened().replace([write()])
    client.indices.delete(index=f"{prefix}-alerts-000001")
    client.indices.delete_index_template(name=f"{prefix}-alerts")
    with pytest.raises(StoreError, match=f"has no {prefix}-alerts, .* run `umot migrate`"):
        opened(read_only=True)
    store = opened()
    assert outcomes(store.put("alerts", [alert("a:1").document()])) == ["indexed"]
    assert store.get("posts", "p:1") == post()
    assert opened(read_only=True).get("alerts", "a:1") == alert("a:1").document()


def test_templates_of_another_version_are_refused(
    opened: Callable[..., ElasticStore], client: Elasticsearch, prefix: str
) -> None:
    opened()
    other: Any = {"index_patterns": [f"{prefix}-runs-*"], "priority": 500, "template": {"mappings": {}}}
    client.indices.put_index_template(name=f"{prefix}-runs", body=other)
    with pytest.raises(StoreError, match=f"template {prefix}-runs is of another version: run `umot migrate`"):
        opened()


@pytest.fixture(scope="module")
def tls(elasticsearch_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsProxy]:
    with tls_proxy(elasticsearch_url, tmp_path_factory.mktemp("tls")) as proxy:
        yield proxy


def open_tls(tls: TlsProxy, prefix: str, environment: dict[str, str], **changes: Any) -> ElasticStore:
    address = parse_address(place(tls.url, prefix), environment)
    return ElasticStore(replace(address, **changes), patience=IMPATIENT)


def test_tls_with_a_key_or_a_password(tls: TlsProxy, prefix: str) -> None:
    for secrets in ({API_KEY: tls.api_key}, {USER: tls.user, PASSWORD: tls.password}):
        store = open_tls(tls, prefix, {CA: str(tls.ca), **secrets})
        assert outcomes(store.replace([write()])) == ["indexed"]
        store.close()


@pytest.mark.parametrize("secrets", [{}, {API_KEY: "c2VjcmV0"}, {USER: "elastic", PASSWORD: "s3cret"}])
def test_wrong_credentials_are_told_and_not_shown(tls: TlsProxy, prefix: str, secrets: dict[str, str]) -> None:
    with pytest.raises(StoreError, match=f"does not accept these credentials: check {API_KEY}") as caught:
        open_tls(tls, prefix, {CA: str(tls.ca), **secrets})
    assert not any(value in str(caught.value) for value in secrets.values())


def test_an_unknown_authority_another_name_and_no_tls_are_told(
    tls: TlsProxy, prefix: str, elasticsearch_url: str
) -> None:
    with pytest.raises(StoreError, match=f"cannot be verified: set {CA}"):
        open_tls(tls, prefix, {})
    by_number = tls.url.replace("localhost", "127.0.0.1")
    with pytest.raises(StoreError, match="certificate is for another name"):
        open_tls(tls, prefix, {CA: str(tls.ca)}, nodes=(by_number,))
    with pytest.raises(StoreError, match="speaks no TLS"):
        open_tls(tls, prefix, {}, nodes=(elasticsearch_url.replace("http:", "https:"),))


class _OtherServer(BaseHTTPRequestHandler):
    """Answers as an older server or another product does: neither can be run here."""

    version = ""
    product = ""

    def do_GET(self) -> None:
        body = json.dumps({"version": {"number": self.version}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.product:
            self.send_header("X-Elastic-Product", self.product)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@pytest.mark.parametrize(
    ("version", "product", "named"),
    [
        ("8.19.1", "Elasticsearch", "found Elasticsearch 8.19.1, expected 9 or later"),
        ("3.1.0", "", "something answers that is not Elasticsearch"),
    ],
)
def test_other_servers_are_refused(version: str, product: str, named: str) -> None:
    handler = type("Handler", (_OtherServer,), {"version": version, "product": product})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(StoreError, match=named):
            open_store(f"elasticsearch+http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


def test_nobody_there_is_told_soon() -> None:
    with pytest.raises(StoreError, match="no answer"):
        ElasticStore(parse_address("elasticsearch+http://127.0.0.1:1", {}), patience=IMPATIENT)


@pytest.mark.parametrize(
    ("url", "environment", "named"),
    [
        ("elasticsearch://elastic:s3cret@es:9200", {}, "the URL holds credentials"),
        ("elasticsearch://", {}, "expected elasticsearch://host:9200"),
        ("elasticsearch://es:port", {}, "found host 'es:port'"),
        ("elasticsearch://es/My-Prefix", {}, "found prefix 'My-Prefix'"),
        ("elasticsearch+http://es.example.org:9200", {}, "without TLS"),
        ("elasticsearch://es", {USER: "a"}, f"{USER} is set, {PASSWORD} is not"),
        ("elasticsearch://es", {USER: "a", PASSWORD: "s3cret", API_KEY: "s3cret"}, "keep one of them"),
        ("elasticsearch://es", {CA: "/nowhere.pem"}, f"{CA}: no file /nowhere.pem"),
    ],
)
def test_a_wrong_address_is_told_without_secrets(url: str, environment: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_address(url, environment)
    assert named in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_an_address_names_nodes_and_prefix_and_hides_secrets() -> None:
    address = parse_address("elasticsearch://es1,es2:9201,[::1]/demo", {USER: "a", PASSWORD: "s3cret"})
    assert address.nodes == ("https://es1:9200", "https://es2:9201", "https://[::1]:9200")
    assert address.prefix == "demo"
    assert "s3cret" not in f"{address!r} {address}"
    assert parse_address("elasticsearch+http://localhost", {}).prefix == "umot"


def test_the_description_names_both_versions(store: ElasticStore) -> None:
    assert store.server_version in store.description
    assert "client 9." in store.description


def test_importing_the_store_does_not_import_the_client() -> None:
    code = "import sys, umot.store, umot.config; sys.exit('elasticsearch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0
