"""What the state remembers of the archive: which posts were seen, and which runs were taken over."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from more_itertools import batched

from umot.archive import Manifest
from umot.archive.files import Record
from umot.posts import Post, copy_fingerprint
from umot.store.contract import State
from umot.workspace import Workspace

KNOWN_LIMIT: Final = 200_000
_BATCH = 500


def recover(ws: Workspace, source: str) -> None:
    """Take over what an interrupted run left: real runs are applied to the state, the rest is swept."""
    taken = f"collected/{source}/"
    done = {entry.key.removeprefix(taken) for entry in ws.store.state.scan("progress", taken)}
    for run in ws.archive.runs(source):
        if run not in done and (manifest := ws.archive.manifest(source, run)) is not None:
            apply(ws, manifest)
        elif run not in done:
            ws.archive.sweep(source, run)
    ws.ledger.interrupted(step="collect", source=source)


def apply(ws: Workspace, manifest: Manifest) -> None:
    """Bring a real run into the state: what was seen, where to go on, and that this is done. Idempotent."""
    state = ws.store.state
    for batch in batched(_records(ws, manifest), _BATCH):
        state.put_many("seen", dict(pair for record in batch for pair in _seen(record, manifest.source)))
        _remember_texts(state, batch)
    if manifest.cursor is not None:
        state.put("cursor", manifest.source, manifest.cursor)
    kept = manifest.notes["run"]
    known = ws.store.get("runs", kept["id"])
    if known is None or known["verdict"] in ("running", "interrupted"):
        ws.store.put("runs", [kept])
    state.put("progress", f"collected/{manifest.source}/{manifest.run}", True)


def known_keys(state: State, source: str) -> list[str]:
    """Return digests of the keys that were collected before, for spiders that stop at a known page."""
    prefix = f"key:{source}:"
    return [entry.key.removeprefix(prefix) for entry in islice(state.scan("seen", prefix), KNOWN_LIMIT)]


def key_digest(key: str | None) -> str | None:
    """Return the digest under which a source's key is known."""
    return sha256(key.encode()).hexdigest()[:16] if key else None


def _records(ws: Workspace, manifest: Manifest) -> Iterator[Record]:
    for part in manifest.parts:
        yield from ws.archive.read(part)


def _remember_texts(state: State, batch: tuple[Record, ...]) -> None:
    """Remember who was first with a text, to tell its copies."""
    texts = {f"copy:{fp}": record for record in batch if (fp := _fingerprint(record))}
    known = state.get_many("seen", list(texts))
    first = {key: {"id": r["id"], "platform": r["platform"]} for key, r in texts.items() if key not in known}
    state.put_many("seen", first)


def _seen(record: Record, source: str) -> Iterator[tuple[str, Any]]:
    """Yield what is remembered of an archived record."""
    if record["type"] == "delete":
        yield f"post:{record['of']}", {"hash": None, "first": None, "deleted": True}
    elif record["type"] == "repost":
        yield f"post:{record['id']}", {"hash": None, "first": None}
    else:
        yield f"post:{record['id']}", {"hash": record["content_hash"], "first": record["first_seen_at"]}
        if record.get("key"):
            yield f"key:{source}:{record['key']}", True


def _fingerprint(record: Record) -> str | None:
    return copy_fingerprint(Post.from_document(record)) if record["type"] == "post" else None
