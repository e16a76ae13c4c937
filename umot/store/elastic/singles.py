"""Write mentions, runs and alerts one by one, by their id, the last writer wins."""

from collections.abc import Sequence
from typing import Final

from umot.errors import StoreError
from umot.store.checking import distinct, document_problem, post_of
from umot.store.contract import Collection, Document, WriteResult
from umot.store.elastic.bulk import Outcome, delete_operation, index_operation, send
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.documents import to_index
from umot.store.elastic.indices import Indices, year_of
from umot.store.elastic.probing import find_copies, find_erased

_CHUNK: Final = 1_000
_ATTEMPTS: Final = 8


def put_singles(cluster: Cluster, collection: Collection, documents: Sequence[Document]) -> list[WriteResult]:
    """Write documents of a collection that has one index and belongs to no post: runs, alerts."""
    alias = cluster.alias(collection)
    results: list[WriteResult] = []
    for chunk in distinct(documents, lambda document: document.get("id"), _CHUNK):
        troubles = [document_problem(collection, document) for document in chunk]
        good = [document for document, trouble in zip(chunk, troubles, strict=True) if not trouble]
        outcomes = iter(send(cluster, (index_operation(alias, one["id"], to_index(collection, one)) for one in good)))
        results += [
            _rejected(document, trouble) if trouble else _result(document, next(outcomes))
            for document, trouble in zip(chunk, troubles, strict=True)
        ]
    return results


class MentionWriter:
    """Writes mentions without their post.

    A mention goes where its post is. The post does not know of it, so only an erasure removes it.
    """

    def __init__(self, cluster: Cluster, indices: Indices) -> None:
        self._cluster = cluster
        self._indices = indices

    def put(self, mentions: Sequence[Document]) -> list[WriteResult]:
        """Write mentions over whatever is there."""
        results: list[WriteResult] = []
        for chunk in distinct(mentions, lambda mention: mention.get("id"), _CHUNK):
            results += self._put(chunk)
        return results

    def _put(self, mentions: Sequence[Document]) -> list[WriteResult]:
        results = {
            n: _rejected(mention, trouble)
            for n, mention in enumerate(mentions)
            if (trouble := document_problem("mentions", mention))
        }
        for _ in range(_ATTEMPTS):
            rest = {mention["id"]: n for n, mention in enumerate(mentions) if n not in results}
            if not rest:
                return [results[n] for n in range(len(mentions))]
            results |= {rest[result.id]: result for result in self._attempt([mentions[n] for n in rest.values()])}
        raise StoreError(f"{self._cluster.address}: mention {next(iter(rest))} is being written by others all the time")

    def _attempt(self, mentions: Sequence[Document]) -> list[WriteResult]:
        erased = self._erased(mentions)
        results = [WriteResult(mention["id"], "erased") for mention in mentions if _post(mention) in erased]
        fresh = [mention for mention in mentions if _post(mention) not in erased]
        places = self._places(fresh)
        self._indices.ensure(year for year, _ in places)
        outcomes = send(
            self._cluster,
            (
                index_operation(self._alias(year), mention["id"], to_index("mentions", mention), stamp)
                for mention, (year, stamp) in zip(fresh, places, strict=True)
            ),
        )
        late = self._erased(fresh)
        gone = [
            (mention["id"], year) for mention, (year, _) in zip(fresh, places, strict=True) if _post(mention) in late
        ]
        send(self._cluster, (delete_operation(self._alias(year), key) for key, year in gone))
        results += [WriteResult(key, "erased") for key, _ in gone]
        left = zip(fresh, outcomes, strict=True)
        return results + [_result(m, outcome) for m, outcome in left if _post(m) not in late and not outcome.conflict]

    def _places(self, mentions: Sequence[Document]) -> list[tuple[str, int]]:
        """Return year and version of each: those of the stored one, else those of its post."""
        years = self._indices.years()
        own = find_copies(self._cluster, years, "mentions", [mention["id"] for mention in mentions])
        posts = find_copies(self._cluster, years, "posts", list({_post(mention) for mention in mentions}))
        found = [next(iter((*own[m["id"]], *posts[_post(m)])), None) for m in mentions]
        return [
            (copy.year, copy.stamp) if copy else (year_of(mention), 0)
            for mention, copy in zip(mentions, found, strict=True)
        ]

    def _erased(self, mentions: Sequence[Document]) -> set[str]:
        return find_erased(self._cluster, {_post(mention) for mention in mentions})

    def _alias(self, year: str) -> str:
        return self._cluster.alias(f"mentions-{year}")


def _post(mention: Document) -> str:
    return post_of(mention["id"])


def _rejected(document: Document, trouble: str) -> WriteResult:
    return WriteResult(str(document.get("id")), "rejected", trouble)


def _result(document: Document, outcome: Outcome) -> WriteResult:
    return WriteResult(document["id"], "indexed") if outcome.done else _rejected(document, str(outcome.reason))
