"""A mention document as the explanation reads it: typed, cleaned, and in an order that the input's does not change."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from umot.store.contract import Document
from umot.text import clean

_READ: Final = 2_000
"""Characters read of one text: a mention is a sentence or a few."""


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    """What is known of a mention; `""` stands for what is missing. Only `post` is always known."""

    post: str
    ordinal: int
    id: str
    text: str
    author: str
    thread: str
    language: str
    source: str
    product: str
    day: str
    is_peak: bool
    score: float

    @property
    def voter(self) -> str:
        """Return who speaks: the author, or the post where nobody knows the author."""
        return f"author {self.author}" if self.author else f"post {self.post}"


def mentions_of(documents: Iterable[Document]) -> list[Mention]:
    """Return mentions in canonical order; one that names no post is a post of its own."""
    ordered = sorted(map(_mention, documents))
    return [found if found.post else replace(found, post=f"#{n}") for n, found in enumerate(ordered)]


def post_shares(mentions: Iterable[Mention], field: Callable[[Mention], str]) -> list[tuple[str, float]]:
    """Return each value of a field with its share of the posts, most first; what is missing has no share."""
    values = {found.post: "" for found in mentions}
    values |= {found.post: field(found) for found in mentions if field(found)}
    counts = Counter(value for value in values.values() if value)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(value, count / len(values)) for value, count in ordered]


def posts_of(mentions: Sequence[Mention]) -> list[str]:
    """Return the text of each post as far as its mentions tell, in the order of the mentions."""
    texts: dict[str, list[str]] = {}
    for found in mentions:
        texts.setdefault(found.post, []).append(found.text)
    return ["\n".join(parts) for parts in texts.values()]


def _mention(document: Document) -> Mention:
    return Mention(
        post=_known(document, "post_id") or _known(document, "id"),
        ordinal=int(document.get("ordinal") or 0),
        id=_known(document, "id"),
        text=clean(_known(document, "text")[:_READ]),
        author=_known(document, "author"),
        thread=_known(document, "thread_id"),
        language=_known(document, "language"),
        source=_known(document, "source"),
        product=clean(_known(document, "product")[:_READ]),
        day=_known(document, "day"),
        is_peak=bool(document.get("is_peak")),
        score=float(document.get("score") or 0),
    )


def _known(document: Document, name: str) -> str:
    return str(document.get(name) or "")
