"""Texts that may no longer be kept go out of the alerts that quote them; the alerts stay."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.pipeline.workspaces import AS_OF, CONFIG, make_workspace
from tests.store.conftest import clear, place
from tests.store.documents import alert
from umot.alert import Alert
from umot.errors import StoreError
from umot.pipeline.forget import enforce_retention, forget_author, forget_posts
from umot.pipeline.quotes import unquote_erased, unquote_textless
from umot.store.contract import PostWrite, Store, WriteResult
from umot.workspace import Workspace

TEXTS = {"p:1": "Kwispelstaartje was zoek.", "p:2": "Te laat!", "p:3": "Alweer te laat!"}
DAYS = {"p:1": 2, "p:2": 5, "p:3": 9}


def fill(ws: Workspace, author: str = "x") -> None:
    """Store three posts and alerts that quote them, one of them not refreshed yet."""
    for key, text in TEXTS.items():
        at = f"2026-03-0{DAYS[key]}T10:00:00.000Z"
        post = {"id": key, "version": 1, "text": text, "published_at": at, "author": author if key == "p:1" else "y"}
        ws.store.replace([PostWrite(post, [{"id": f"{key}#0", "post_id": key, "text": text}])])
    put(ws.store, quoting("a:all", *TEXTS), quoting("a:none"), quoting("a:one", "p:1"))
    ws.store.refresh()
    put(ws.store, quoting("a:late", "p:2", "p:1"))


def quoting(key: str, *posts: str) -> Alert:
    return alert(key, examples=[TEXTS[post] for post in posts], example_ids=[f"{post}#0" for post in posts])


def put(store: Store, *alerts: Alert) -> None:
    assert all(result.outcome == "indexed" for result in store.put("alerts", [one.document() for one in alerts]))


def stored(ws: Workspace) -> list[Alert]:
    return [Alert.of(document) for document in ws.store.scan("alerts")]


def alerts_of(*quoted: tuple[str, ...]) -> list[Alert]:
    return [quoting(key, *posts) for key, *posts in quoted]


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    config = CONFIG + "retention: {raw: null, text: 4}\n"
    with Workspace.load(make_workspace(tmp_path, config=config)) as opened:
        yield opened


WITHOUT_FIRST = alerts_of(("a:all", "p:2", "p:3"), ("a:late", "p:2"), ("a:none",), ("a:one",))


def test_an_erasure_takes_the_post_out_of_alerts_and_leaves_the_rest_as_it_was(ws: Workspace) -> None:
    fill(ws)
    assert forget_posts(ws, ["p:1"], AS_OF).counts["deleted"] == 1
    assert stored(ws) == WITHOUT_FIRST
    assert "examples" not in (ws.store.get("alerts", "a:one") or {})
    before = stored(ws)
    forget_posts(ws, ["p:1", "p:unknown"], AS_OF + timedelta(hours=1))
    assert stored(ws) == before


def test_no_word_of_a_quote_is_left_on_disk(ws: Workspace) -> None:
    fill(ws)
    forget_posts(ws, ["p:1"], AS_OF)
    ws.close()
    files = (path for path in (ws.folder / "data").rglob("*") if path.is_file())
    assert not [path for path in files if b"wispelstaartje" in path.read_bytes()]


def test_forgetting_an_author_reaches_alerts(ws: Workspace) -> None:
    fill(ws, author=ws.hash_author("export", "Anna B"))
    forget_author(ws, "export", "Anna B", AS_OF)
    assert stored(ws) == WITHOUT_FIRST


def test_texts_that_are_older_than_they_are_kept_go_out_of_alerts(ws: Workspace) -> None:
    fill(ws)
    enforce_retention(ws, AS_OF)
    assert stored(ws) == alerts_of(("a:all", "p:3"), ("a:late",), ("a:none",), ("a:one",))
    assert (ws.store.get("posts", "p:1") or {}).get("text") is None
    assert ws.store.get("posts", "p:3")
    assert ws.store.state.get("progress", "unpurged") is None


KILLED = """
import os, sys
from pathlib import Path
from tests.pipeline.workspaces import AS_OF
from umot.pipeline import forget, quotes
from umot.store.embedded import EmbeddedStore
from umot.workspace import Workspace

what, where = sys.argv[2:]
if where == "before alerts":
    EmbeddedStore.put = lambda self, collection, documents: os._exit(9)
else:
    EmbeddedStore.purge = lambda self: os._exit(9)
with Workspace.load(Path(sys.argv[1])) as ws:
    forget.forget_posts(ws, ["p:1"], AS_OF) if what == "erasure" else forget.enforce_retention(ws, AS_OF)
"""


@pytest.mark.parametrize("where", ["before alerts", "before purge"])
@pytest.mark.parametrize("what", ["erasure", "retention"])
def test_what_was_killed_half_way_is_finished_by_the_next(tmp_path: Path, what: str, where: str) -> None:
    config = make_workspace(tmp_path, config=CONFIG + "retention: {raw: null, text: 7}\n")
    with Workspace.load(config) as ws:
        fill(ws)
        put(ws.store, quoting("b:last", "p:3"))
    done = subprocess.run([sys.executable, "-c", KILLED, str(config), what, where], check=False, env=dict(os.environ))
    assert done.returncode == 9
    with Workspace.load(config) as ws:
        if what == "erasure":
            forget_posts(ws, [], AS_OF)
        else:
            enforce_retention(ws, AS_OF)
        assert stored(ws) == [*WITHOUT_FIRST, quoting("b:last", "p:3")]
    files = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not [held for held in files if b"wispelstaartje" in held]


def test_texts_that_cannot_be_told_apart_all_go(ws: Workspace) -> None:
    fill(ws)
    odd: list[dict[str, Any]] = [
        alert("o:1").document() | {"example_ids": ["p:3#0", "p:2#0"], "examples": ["whose?"]},
        {name: value for name, value in alert("o:2").document().items() if name != "example_ids"},
    ]
    ws.store.put("alerts", odd)
    unquote_textless(ws.store)
    for key in ("o:1", "o:2"):
        assert Alert.of(ws.store.get("alerts", key) or {}) == alert(key, examples=[], example_ids=[])


def test_posts_whose_own_id_holds_a_number_sign_are_told_apart(ws: Workspace) -> None:
    ids = ["fedi:https://a/1#b", "fedi:https://a/2#b#0", "fedi:https://a/3#b#7"]
    put(ws.store, alert("a:1", examples=["een", "twee", "drie"], example_ids=ids))
    unquote_erased(ws.store, {"fedi:https://a/1#b", "fedi:https://a/2#b", "fedi:https://a/3"})
    assert ws.store.get("alerts", "a:1") == alert("a:1", examples=["drie"], example_ids=ids[2:]).document()


def test_an_alert_that_cannot_be_written_is_no_success(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(ws)
    refused = [WriteResult("a:all", "rejected", "alerts.title: too long")]
    monkeypatch.setattr(ws.store, "put", lambda *_: refused)
    with pytest.raises(StoreError, match=r"alert a:all still quotes what is to go: alerts\.title"):
        unquote_erased(ws.store, {"p:1"})


def test_alerts_in_a_cluster_are_reached_too(tmp_path: Path, elasticsearch_url: str) -> None:
    prefix = f"t{uuid4().hex[:12]}"
    config = CONFIG + f"store: {place(elasticsearch_url, prefix)}\n"
    try:
        with Workspace.load(make_workspace(tmp_path, config=config)) as ws:
            fill(ws)
            unquote_erased(ws.store, {"p:1"})
            ws.store.refresh()
            assert stored(ws) == WITHOUT_FIRST
            ws.store.replace([PostWrite({"id": "p:2", "version": 1})])
            unquote_textless(ws.store)
            ws.store.refresh()
            assert stored(ws) == alerts_of(("a:all", "p:3"), ("a:late",), ("a:none",), ("a:one",))
    finally:
        clear(elasticsearch_url, prefix)
