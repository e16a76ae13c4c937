"""Find documents: the index says which, the truth gives them."""

from collections.abc import Sequence
from typing import Any

from umot.store.contract import Hit
from umot.store.embedded.compiling import is_scored
from umot.store.embedded.index import SearchIndex
from umot.store.embedded.selecting import beyond, constant_score, first_rows, in_order, ranked
from umot.store.embedded.truth import Truth
from umot.store.highlight import Highlighter
from umot.store.nodes import Bool, Node, Sort, SortKey
from umot.store.ordering import check_after, sort_values


class Finder:
    """Searches one collection as it was last refreshed."""

    def __init__(self, index: SearchIndex, truth: Truth) -> None:
        self._index = index
        self._truth = truth
        self._by_id: Sort = (SortKey(index.fields["id"]),)

    def find(
        self,
        node: Node,
        keys: Sort,
        size: int,
        after: Sequence[Any] | None = None,
        highlight: Sequence[str] = (),
    ) -> list[Hit]:
        """Return the first documents of an order (by relevance without keys) after a place in it."""
        check_after(after, keys)
        if size == 0:
            return []
        marker = Highlighter(node, highlight)
        if keys:
            return self._sorted(node, keys, size, after, marker)
        if is_scored(node):
            return self._ranked(node, size, after, marker)
        return self._unscored(node, size, after, marker)

    def _sorted(self, node: Node, keys: Sort, size: int, after: Sequence[Any] | None, marker: Highlighter) -> list[Hit]:
        wanted = Bool(filter=(node, beyond(keys, after))) if after else node
        found = self._truth.documents(first_rows(self._index, wanted, keys, size))
        return [
            Hit(document["id"], None, document, marker.spans(document), sort_values(document, keys))
            for document in in_order(list(found.values()), keys)
        ]

    def _ranked(self, node: Node, size: int, after: Sequence[Any] | None, marker: Highlighter) -> list[Hit]:
        place = (float(after[0]), str(after[1])) if after else None
        found = ranked(self._index, node, size, place, self._truth.ids)
        documents = self._truth.documents([row for row, _ in found])
        scored = ((documents[row], score) for row, score in found if row in documents)
        return [
            Hit(document["id"], score, document, marker.spans(document), (score, document["id"]))
            for document, score in scored
        ]

    def _unscored(self, node: Node, size: int, after: Sequence[Any] | None, marker: Highlighter) -> list[Hit]:
        score = constant_score(self._index, node)
        hits = self._sorted(node, self._by_id, size, after[1:] if after else None, marker)
        return [Hit(hit.id, score, hit.source, hit.highlights, (score, hit.id)) for hit in hits]
