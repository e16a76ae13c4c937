"""What a cluster has becomes what this version needs, while others write and whatever is killed in between."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from typer.testing import CliRunner

from tests.kibana.stand_in import serving
from tests.store.conftest import place, tell, waiting_process
from tests.store.documents import alert
from umot.cli.app import app
from umot.errors import ConflictError, StoreError
from umot.store import open_store
from umot.store.contract import PostWrite, Store
from umot.store.elastic.address import parse_address
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.migrating import Migration, lifecycle, moves
from umot.store.elastic.migrating.found import find
from umot.store.mapping import COLLECTIONS

DATE = "2026-03-02T10:00:00Z"


def write(key: str, version: int = 1, mentions: int = 2) -> PostWrite:
    post = {"id": key, "version": version, "language": "nl", "text": "levering", "likes": 1, "published_at": DATE}
    said = [{"id": f"{key}#{n}", "post_id": key, "ordinal": n, "text": f"v{version}"} for n in range(mentions)]
    return PostWrite(post, said)


@pytest.fixture
def migration(elasticsearch_url: str, prefix: str) -> Iterator[Callable[..., Migration]]:
    """Return a function that begins a migration which removes old indices at once."""
    begun: list[Migration] = []

    def begin(**options: Any) -> Migration:
        address = parse_address(place(elasticsearch_url, prefix), {})
        begun.append(Migration(address, **({"grace": 0} | options)))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


@pytest.fixture
def store(elasticsearch_url: str, prefix: str) -> Iterator[Store]:
    opened = open_store(place(elasticsearch_url, prefix))
    yield opened
    opened.close()


Changed = Callable[[dict[str, Any]], Any]


@pytest.fixture
def aged(client: Elasticsearch, prefix: str) -> Callable[[str, Changed], str]:
    """Return a function that puts an empty index with a changed mapping in the place of an empty one."""

    def age(name: str, change: Changed) -> str:
        (old,) = client.indices.get_alias(name=f"{prefix}-{name}")
        found: Any = client.indices.get(index=old)[old]
        change(found["mappings"]["properties"])
        client.indices.delete(index=old)
        own = {"name": f"{prefix}-aging", "index_patterns": [old], "priority": 900}
        client.indices.put_index_template(**own, template={})
        client.indices.create(index=old, mappings=found["mappings"], aliases=found["aliases"])
        client.indices.delete_index_template(name=own["name"])
        return str(old)

    return age


def likes_as(kind: str) -> Changed:
    return lambda properties: properties.update(likes={"type": kind})


def value_unchecked(properties: dict[str, Any]) -> None:
    properties["token"] = {"type": "keyword", "index": False}


def in_2026(store: Store) -> None:
    """Make the indices of the year."""
    store.replace([write("first")])
    store.erase(["first"], reason="to begin with")


def kinds(steps: Any) -> list[tuple[str, str]]:
    return [(step.kind, step.name) for step in steps]


def stored(store: Store) -> dict[str, Any]:
    store.refresh()
    return {"posts": list(store.scan("posts")), "mentions": list(store.scan("mentions"))}


def test_a_plan_changes_nothing_and_a_second_migration_has_nothing_to_do(
    migration: Callable[..., Migration], client: Elasticsearch, elasticsearch_url: str, prefix: str
) -> None:
    planned = kinds(migration().plan())
    assert {kind for kind, _ in planned} == {"template", "index"}
    assert not client.indices.get(index=f"{prefix}-*")
    assert kinds(migration().run())[: len(planned)] == planned
    assert migration().plan() == []
    store = open_store(place(elasticsearch_url, prefix))
    assert [result.outcome for result in store.replace([write("p:1")])] == ["indexed"]
    store.close()
    assert list(migration().run()) == []


def test_an_installation_from_before_alerts_gets_their_template_and_index(
    store: Store, migration: Callable[..., Migration], client: Elasticsearch, prefix: str
) -> None:
    name = f"{prefix}-alerts"
    client.indices.delete(index=f"{name}-000001")
    client.indices.delete_index_template(name=name)
    assert kinds(migration().run()) == [("template", name), ("index", name)]
    assert client.indices.get_alias(name=name).keys() == {f"{name}-000001"}
    assert store.put("alerts", [alert("a:1").document()])[0].outcome == "indexed"
    assert store.put("alerts", [{"id": "a:2", "sevrity": 1}])[0].outcome == "rejected"
    assert migration().plan() == []


def test_alerts_move_to_a_changed_mapping(
    store: Store, migration: Callable[..., Migration], aged: Callable[[str, Changed], str]
) -> None:
    aged("alerts", lambda properties: properties.update(examples={"type": "text", "analyzer": "standard"}))
    written = [alert(f"a:{n}").document() for n in range(3)]
    store.put("alerts", written)
    assert [step.kind for step in migration().run()] == ["move", "remove"]
    store.refresh()
    assert list(store.scan("alerts")) == written
    assert migration().plan() == []


def test_new_fields_are_added_in_place(
    store: Store, migration: Callable[..., Migration], aged: Callable[[str, Changed], str]
) -> None:
    index = aged("runs", lambda properties: properties.pop("finish"))
    assert store.put("runs", [{"id": "r", "finish": "ok"}])[0].outcome == "rejected"
    assert kinds(migration().run()) == [("mapping", index)]
    assert store.put("runs", [{"id": "r", "finish": "ok"}])[0].outcome == "indexed"
    assert migration().plan() == []


def test_a_changed_mapping_moves_documents_with_versions_texts_and_state(
    store: Store,
    migration: Callable[..., Migration],
    aged: Callable[[str, Changed], str],
    client: Elasticsearch,
    prefix: str,
) -> None:
    in_2026(store)
    posts = aged("posts-2026", lambda properties: likes_as("long")(properties) or properties.pop("text_nl"))
    client.indices.put_mapping(index=posts, properties={"text_nl": {"type": "text", "analyzer": "standard"}})
    aged("state", value_unchecked)
    store.replace([write(f"p:{n:02d}", n) for n in range(25)])
    seen = store.state.put("cursor", "s", {"page": 1})
    last = store.state.put("cursor", "s", {"page": 2}, expected=seen)
    before = stored(store)
    assert store.count("posts", {"match": {"text_nl": "leveringen"}}) == 0
    steps = list(migration(keep_old=True).run())
    assert [step.kind for step in steps] == ["move", "move"]
    assert stored(store) == before
    assert store.count("posts", {"match": {"text_nl": "leveringen"}}) == 25
    assert client.get(index=f"{prefix}-posts-2026", id="p:07")["_version"] == 7
    assert store.replace([write("p:07", 6), write("p:08", 9, 0)])[0].outcome == "stale"
    assert f"{prefix}-posts-2026-000002" in client.indices.get_alias(name=f"{prefix}-posts")
    assert client.indices.get_alias(name=f"{prefix}-kept").keys() == {posts, f"{prefix}-state-000001"}
    for expected in (seen, last):
        with pytest.raises(ConflictError):
            store.state.put("cursor", "s", {"page": 9}, expected=expected)
    found = store.state.get("cursor", "s")
    assert found
    assert (found.value, found.version > last) == ({"page": 2}, True)
    assert store.state.put("cursor", "s", {"page": 3}, expected=found.version) > found.version
    assert migration().plan() == []


WRITER = """
import json, sys, threading
from tests.store.test_migrate import write
from umot.errors import ConflictError
from umot.store import open_store


def count(state, turn):
    entry = state.get("cursor", "turns")
    assert (entry.value if entry else 0) == turn - 1, (entry, turn)
    try:
        state.put("cursor", "turns", turn, expected=entry.version if entry else 0)
    except ConflictError:  # the index passed over between the reading and the writing
        count(state, turn)


store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
turn, versions, gone = 0, {}, set()
while not stop.is_set():
    turn += 1
    batch = [write(f"p:{n:04d}", turn, turn % 4) for n in range(turn * 7 % 200, turn * 7 % 200 + 20)]
    for result, one in zip(store.replace(batch), batch):
        assert (result.outcome == "erased") == (one.post["id"] in gone), result
        if result.outcome == "indexed":
            versions[result.id] = [turn, turn % 4]
    if turn % 3 == 0:
        key = f"p:{turn * 11 % 200:04d}"
        store.erase([key], reason="asked")
        gone.add(key)
        versions.pop(key, None)
    count(store.state, turn)
    store.state.delete("seen", [f"s:{turn - 2}"])
    store.state.put_many("seen", {f"s:{turn}": turn})
print(json.dumps({"turns": turn, "versions": versions, "gone": sorted(gone)}), flush=True)
"""


@pytest.fixture
def writer(elasticsearch_url: str, prefix: str) -> Iterator["subprocess.Popen[str]"]:
    """Start another process that writes, erases and keeps state from a line on its input to the next one."""
    with waiting_process(WRITER, place(elasticsearch_url, prefix)) as process:
        yield process


def test_nothing_is_lost_twice_or_back_while_another_process_writes_and_erases(
    store: Store,
    migration: Callable[..., Migration],
    aged: Callable[[str, Changed], str],
    writer: "subprocess.Popen[str]",
    prefix: str,
) -> None:
    in_2026(store)
    aged("posts-2026", likes_as("long"))
    aged("mentions-2026", lambda properties: properties.update(ordinal={"type": "long"}))
    aged("state", value_unchecked)
    store.state.put("tombstone", "first", {"reason": "to begin with"})
    store.replace([write(f"p:{n:04d}", 0) for n in range(200)])
    tell(writer)
    steps = list(migration(grace=3).run())
    assert [step.kind for step in steps] == ["move"] * 3 + ["remove"] * 3
    tell(writer)
    assert writer.stdout
    told = json.loads(writer.stdout.readline())
    assert writer.wait() == 0
    expected = {f"p:{n:04d}": [0, 2] for n in range(200) if f"p:{n:04d}" not in told["gone"]} | told["versions"]
    found = stored(store)
    assert {post["id"]: post["version"] for post in found["posts"]} == {k: v for k, (v, _) in expected.items()}
    assert len(found["posts"]) == len(expected)
    mentions = [(m["id"], m["text"]) for m in found["mentions"]]
    assert mentions == sorted((f"{k}#{n}", f"v{v}") for k, (v, count) in expected.items() for n in range(count))
    assert {entry.key for entry in store.state.scan("tombstone")} == {"first", *told["gone"]}
    turns = store.state.get("cursor", "turns")
    assert turns
    assert turns.value == told["turns"]
    assert {entry.value for entry in store.state.scan("seen")} == {told["turns"], told["turns"] - 1} - {0}
    assert migration().plan() == []


KILLED = """
import os, sys
from umot.store.elastic.address import parse_address
from umot.store.elastic.migrating import Migration, moves

def progress(what, done, total):
    if what.startswith("copying") and done >= 30 and sys.argv[2] == "copy":
        os._exit(9)

moves._PAGE, moves._SAVE_EVERY = 10, 1
if sys.argv[2] == "swap":
    moves.Move._swap = lambda self: os._exit(9)
list(Migration(parse_address(sys.argv[1], {}), progress=progress, grace=0).run())
"""


def test_a_killed_migration_goes_on_where_it_stopped(
    store: Store,
    migration: Callable[..., Migration],
    aged: Callable[[str, Changed], str],
    elasticsearch_url: str,
    prefix: str,
) -> None:
    in_2026(store)
    old = aged("posts-2026", likes_as("long"))
    store.replace([write(f"p:{n:02d}", 1, 0) for n in range(80)])
    for where in ("copy", "swap"):
        done = subprocess.run([sys.executable, "-c", KILLED, place(elasticsearch_url, prefix), where], check=False)
        assert done.returncode == 9
        if where == "copy":
            store.erase(["p:01"], reason="asked")
            store.replace([write("p:02", 2, 0)])
    (planned,) = migration().plan()
    assert planned.name == old
    assert "a copy is begun" in planned.detail
    copied: list[int] = []
    after = migration(progress=lambda what, done, _: copied.append(done) if what.startswith("copying") else None)
    assert kinds(after.run()) == [("move", old), ("remove", old)]
    assert sum(copied) < 80
    versions = {post["id"]: post["version"] for post in stored(store)["posts"]}
    assert versions == {f"p:{n:02d}": 1 + (n == 2) for n in range(80) if n != 1}
    assert store.replace([write("p:03", 2)])[0].outcome == "indexed"


def test_what_goes_or_comes_back_lower_just_before_the_block_is_right(
    store: Store,
    migration: Callable[..., Migration],
    aged: Callable[[str, Changed], str],
    client: Elasticsearch,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_2026(store)
    old = aged("posts-2026", likes_as("long"))
    client.indices.put_settings(index=old, settings={"index.gc_deletes": "0s"})
    store.replace([write(f"p:{n}", 7, 0) for n in range(6)])
    monkeypatch.setattr(moves, "_IDS", 2)
    original = moves.Move._remove_gone

    def meanwhile(self: moves.Move) -> None:
        monkeypatch.setattr(moves.Move, "_remove_gone", original)
        original(self)
        store.erase(["p:1", "p:2"], reason="asked")
        client.delete(index=old, id="p:3")
        client.delete(index=old, id="p:4", refresh=True)
        while (
            client.options(ignore_status=409)
            .index(index=old, id="p:3", document=write("p:3", 3).post, version=3, version_type="external_gte")
            .get("status")
        ):
            pass

    monkeypatch.setattr(moves.Move, "_remove_gone", meanwhile)
    list(migration().run())
    assert [(post["id"], post["version"]) for post in stored(store)["posts"]] == [("p:0", 7), ("p:3", 3), ("p:5", 7)]
    assert client.get(index=f"{prefix}-posts-2026", id="p:3")["_version"] == 3


def test_documents_that_do_not_fit_are_named_and_the_old_index_goes_on(
    store: Store,
    migration: Callable[..., Migration],
    aged: Callable[[str, Changed], str],
    client: Elasticsearch,
    prefix: str,
) -> None:
    index = aged("runs", lambda properties: properties.update(pages={"type": "keyword"}))
    store.put("runs", [{"id": "r1", "pages": 1}, {"id": "r2"}])
    client.index(index=index, id="r3", document={"id": "r3", "pages": "many"}, refresh=True)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"1 documents do not fit the new mapping.*r3"):
            list(migration().run())
    assert store.put("runs", [{"id": "r4"}])[0].outcome == "indexed"
    client.delete(index=index, id="r3", refresh=True)
    list(migration().run())
    assert [run["id"] for run in store.scan("runs")] == ["r1", "r2", "r4"]


def test_a_second_migration_takes_over_from_one_that_still_runs(
    store: Store, migration: Callable[..., Migration], aged: Callable[[str, Changed], str]
) -> None:
    aged("runs", lambda properties: properties.update(pages={"type": "long"}))
    store.put("runs", [{"id": f"r{n}"} for n in range(5)])
    others: list[list[Any]] = []

    def second(what: str, done: int, total: int | None) -> None:
        if what.startswith("comparing") and not others:
            others.append(list(migration().run()))
            store.put("runs", [{"id": "r9"}])

    with pytest.raises(StoreError, match="another `umot migrate` has taken over"):
        list(migration(progress=second).run())
    assert len(others[0]) == 2
    store.refresh()
    assert store.count("runs") == 6
    assert migration().plan() == []


def test_fields_that_this_version_does_not_know_are_let_go_only_when_told(
    store: Store, migration: Callable[..., Migration], aged: Callable[[str, Changed], str], client: Elasticsearch
) -> None:
    index = aged("runs", lambda properties: properties.update(later={"type": "keyword"}))
    client.index(index=index, id="r1", document={"id": "r1", "later": "x"}, refresh=True)
    with pytest.raises(StoreError, match=r"does not know: later; .* --drop-fields"):
        migration().plan()
    list(migration(drop_fields=True).run())
    assert store.get("runs", "r1") == {"id": "r1"}


def test_lost_aliases_are_given_back_and_operators_settings_kept(
    store: Store, migration: Callable[..., Migration], client: Elasticsearch, prefix: str
) -> None:
    client.indices.delete_alias(index=f"{prefix}-runs-000001", name=f"{prefix}-runs")
    found: Any = client.indices.get_index_template(name=f"{prefix}-runs")["index_templates"][0]["index_template"]
    body = {"index_patterns": found["index_patterns"], "priority": 500, "template": found["template"]}
    body["template"]["settings"]["index"]["number_of_replicas"] = "0"
    del body["template"]["mappings"]["properties"]["finish"]
    client.indices.put_index_template(name=f"{prefix}-runs", body=body)
    assert [step.kind for step in migration().run()] == ["alias", "template"]
    assert store.put("runs", [{"id": "r"}])[0].outcome == "indexed"
    found = client.indices.get_index_template(name=f"{prefix}-runs")["index_templates"][0]["index_template"]
    assert found["template"]["settings"]["index"] == {"number_of_shards": "1", "number_of_replicas": "0"}
    assert migration().plan() == []


def test_the_command_shows_the_plan_then_does_it_and_says_what_it_left_out(
    elasticsearch_url: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UMOT_KIBANA_URL", "")
    monkeypatch.delenv("UMOT_KIBANA_URL")
    config = tmp_path / "umot.yaml"
    config.write_text(f"store: {place(elasticsearch_url, prefix)}\nbrands: [{{name: Acme}}]\n")

    def umot(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["migrate", "--config", str(config), *arguments], env=dict(os.environ))
        assert done.exit_code == 0, done.output
        return done.stdout

    first = json.loads(umot("--dry-run", "--json"))
    assert (len(first["plan"]), first["done"]) == (2 * len((*COLLECTIONS, "state")), [])
    assert any(notice.startswith("lifecycle: skipped") for notice in first["notices"])
    assert any(notice.startswith("kibana: skipped") for notice in first["notices"])
    assert "done: template" in umot()
    assert "nothing to do" in umot()


class _Policies(BaseHTTPRequestHandler):
    """Stands in for a cluster with ILM, which no node without Elastic's own modules has."""

    kept: dict[str, Any]

    def do_GET(self) -> None:
        self._answer({"operation_mode": "RUNNING"} if self.path == "/_ilm/status" else self.kept.get(self.path))

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.kept[self.path] = {self.path.rpartition("/")[2]: body}
        self._answer({"acknowledged": True})

    def _answer(self, body: Any) -> None:
        self.send_response(200 if body else 404)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body or {"error": "none"}).encode())

    def log_message(self, format: str, *args: Any) -> None:
        return


def test_the_lifecycle_policy_is_put_once_where_there_is_one() -> None:
    _Policies.kept = {}
    with HTTPServer(("127.0.0.1", 0), _Policies) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cluster = Cluster(parse_address(f"elasticsearch+http://127.0.0.1:{server.server_port}/mine", {}), 1)
        assert lifecycle.is_available(cluster)
        assert lifecycle.policy_differs(cluster)
        lifecycle.put_policy(cluster)
        assert list(_Policies.kept) == ["/_ilm/policy/mine"]
        assert not lifecycle.policy_differs(cluster)
        server.shutdown()
        cluster.client.close()


def test_the_age_of_a_year_counts_from_its_end(
    store: Store, elasticsearch_url: str, prefix: str, client: Elasticsearch
) -> None:
    in_2026(store)
    cluster = Cluster(parse_address(place(elasticsearch_url, prefix), {}), 30)
    found = {one.name: one for one in find(cluster)}
    wanted = lifecycle.settings_of(cluster, found["posts-2026"])
    assert wanted == {"index.lifecycle.name": prefix, "index.lifecycle.origination_date": "1798761600000"}
    assert lifecycle.settings_of(cluster, found["posts-other"]) == {"index.lifecycle.name": prefix}
    assert not lifecycle.follows(found["posts-2026"].settings, wanted)
    assert lifecycle.follows({"lifecycle": {"name": prefix, "origination_date": "1798761600000"}}, wanted)
    cluster.client.close()


def test_the_command_brings_a_kibana_up_to_date_and_fails_where_it_refuses(
    elasticsearch_url: str, prefix: str, tmp_path: Path
) -> None:
    config = tmp_path / "umot.yaml"
    config.write_text(f"store: {place(elasticsearch_url, prefix)}\nbrands: [{{name: Acme}}]\n")
    with serving() as kibana:
        arguments = ["migrate", "--config", str(config), "--kibana", kibana.url]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        assert f"kibana: {len(kibana.saved)} objects put in place" in done.output
        kibana.instead["PUT", f"/api/dashboards/{prefix}-journey"] = 400, '{"message": "no"}'
        again = CliRunner().invoke(app, arguments)
        assert again.exit_code == 1
        assert "refused (400): no" in again.output
