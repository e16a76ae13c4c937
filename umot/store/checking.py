"""What both engines check of a write before they touch anything."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from umot.store.contract import Collection, Document, PostWrite
from umot.store.mapping import fields_of

T = TypeVar("T")
_CHUNK: Final = 500


def write_problem(write: PostWrite) -> str | None:
    """Say why a post with its mentions cannot be stored; None if it can."""
    if trouble := document_problem("posts", write.post):
        return trouble
    if write.post.get("version") is None:
        return "posts.version: found none, expected a whole number"
    seen: set[str] = set()
    for mention in write.mentions:
        if trouble := _mention_problem(mention, write.post["id"], seen):
            return trouble
        seen.add(mention["id"])
    return None


def document_problem(collection: Collection, document: Document) -> str | None:
    """Say why one document cannot be stored; None if it can."""
    trouble = fields_of(collection).problem(document)
    if trouble or collection != "mentions":
        return trouble
    key = document["id"]
    if "post_id" in document and post_of(key) == document["post_id"]:
        return None
    return f"mentions.id: found {key!a} for post {document.get('post_id')!a}, expected '<post id>#<number>'"


def post_of(mention_id: str) -> str:
    """Return the id of the post that a mention's id names."""
    return mention_id.rpartition("#")[0]


def owners(collection: Collection, ids: Sequence[Any]) -> list[Any]:
    """Return the post that each document belongs to; None where it belongs to none."""
    if collection == "mentions":
        return [post_of(key) if isinstance(key, str) else key for key in ids]
    return list(ids) if collection == "posts" else [None for _ in ids]


def distinct(items: Sequence[T], id_of: Callable[[T], Any], size: int = _CHUNK) -> Iterator[list[T]]:
    """Yield chunks in order, none with the same id twice."""
    chunk: list[T] = []
    seen: set[Any] = set()
    for item in items:
        key = repr(id_of(item))
        if len(chunk) >= size or key in seen:
            yield chunk
            chunk, seen = [], set()
        chunk.append(item)
        seen.add(key)
    if chunk:
        yield chunk


def _mention_problem(mention: Document, post_id: str, seen: set[str]) -> str | None:
    if trouble := document_problem("mentions", mention):
        return trouble
    if mention.get("post_id") != post_id:
        return f"mentions.post_id: found {mention.get('post_id')!a}, expected {post_id!a}"
    return f"mentions.id: found {mention['id']!a} twice, expected it once" if mention["id"] in seen else None
