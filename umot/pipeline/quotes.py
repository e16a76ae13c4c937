"""Take texts that may no longer be kept out of the alerts that quote them; the alerts themselves stay.

An alert's `example_ids` are those of the mentions or posts that its `examples` quote.
"""

from collections.abc import Callable, Container, Iterator
from typing import Final

from more_itertools import batched

from umot.errors import StoreError
from umot.store.checking import post_of
from umot.store.contract import Document, Store

_BATCH: Final = 500
_QUOTING: Final = {"bool": {"should": [{"exists": {"field": name}} for name in ("example_ids", "examples")]}}


def unquote_erased(store: Store, erased: Container[str]) -> None:
    """Take texts of erased posts out of every alert.

    Raises:
        StoreError: an alert could not be written.
    """
    _unquote(store, lambda quoted: {id_ for id_ in quoted if not any(post in erased for post in _posts(id_))})


def unquote_textless(store: Store) -> None:
    """Take texts out of every alert whose posts the store holds no text of any more.

    Raises:
        StoreError: an alert could not be written.
    """
    _unquote(store, lambda quoted: _with_text(store, quoted))


def _unquote(store: Store, keep: Callable[[set[str]], set[str]]) -> None:
    # An alert that was written a moment ago is found by a scan only after a refresh.
    store.refresh()
    for alerts in batched(list(store.scan("alerts", _QUOTING)), _BATCH):
        kept = keep({id_ for alert in alerts for id_ in alert.get("example_ids", ())})
        _write(store, [changed for alert in alerts if (changed := _with_only(kept, alert)) != alert])


def _with_text(store: Store, quoted: set[str]) -> set[str]:
    posts = {post for id_ in quoted for post in _posts(id_)}
    found = store.scan("posts", {"terms": {"id": sorted(posts)}})
    told = {post["id"] for post in found if post.get("text")}
    return {id_ for id_ in quoted if not told.isdisjoint(_posts(id_))}


def _with_only(kept: set[str], alert: Document) -> Document:
    """Return the alert with some of its examples; without both lists when none is left."""
    pairs = [(id_, text) for id_, text in _examples(alert) if id_ in kept]
    rest = {name: value for name, value in alert.items() if name not in ("examples", "example_ids")}
    if not pairs:
        return rest
    ids, texts = zip(*pairs, strict=True)
    return rest | {"examples": list(texts), "example_ids": list(ids)}


def _examples(alert: Document) -> Iterator[tuple[str, str]]:
    """Yield id and text of each example; none where nobody could tell which text is whose."""
    ids, texts = alert.get("example_ids", ()), alert.get("examples", ())
    return zip(ids, texts, strict=True) if len(ids) == len(texts) else iter(())


def _posts(quoted: str) -> set[str]:
    """Return the posts that an id can name: a mention's is that of its post and a number, and posts' may hold a #."""
    return {quoted, post_of(quoted)} - {""}


def _write(store: Store, alerts: list[Document]) -> None:
    for result in store.put("alerts", alerts):
        if result.reason:
            raise StoreError(f"alert {result.id} still quotes what is to go: {result.reason}")
