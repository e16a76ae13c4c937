"""Move an index to a new mapping while other processes write to it.

Every write to a shard takes the next number of a sequence (`_seq_no`); a document is found under the
number of its last write. So:

1. The successor is filled in the order of these numbers. What was written meanwhile has higher ones
   and is copied by the next pass, until a pass finds little. A pass begins at the shard's global
   checkpoint as it was when the former one began: up to there every write is done on every copy.
2. What is gone from the old index has no number any more. Every id of the successor is looked for in
   the old index, and removed where it is not: erasures, mentions and state that no longer exist.
3. The old index is blocked, which waits for writes under way. Writers wait and try again. The rest is
   copied, and the counts are compared; step 2 is repeated for the ranges of ids where they differ.
4. The aliases pass over in one change of the cluster's state, and the writers go on.

The successor is written only through an alias that bears the name of this very run. Another migration
that takes over removes that alias, so nothing that is still under way here can reach the successor.
How far the copy is stands in the successor's own mapping (`_meta`): it goes when the successor goes.
"""

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final

from more_itertools import batched

from umot.errors import StoreError
from umot.progress import Progress
from umot.store.elastic.bulk import delete_operation, index_operation, send
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.indices import STATE
from umot.store.elastic.migrating.found import Found, filling_alias, index_name, kept_alias, leaving_alias
from umot.store.elastic.migrating.mappings import difference, fitted
from umot.store.elastic.probing import read_many

Hits = list[dict[str, Any]]
Query = dict[str, Any]
_PAGE: Final = 1_000
_IDS: Final = 5_000
_RANGES: Final = 100
_EVERYTHING: Final[Query] = {"match_all": {}}
_SAVE_EVERY: Final = 20
_PASSES: Final = 10
_LITTLE: Final = 500
_NAMED: Final = 10
_MOST_REFUSED: Final = 10_000
# Nothing is searched before the swap, and a document that was removed may come back under a lower version.
_WHILE_FILLING: Final = {"index.refresh_interval": "-1", "index.gc_deletes": "0s"}
_ABOVE_TEMPLATES: Final = 501


class Move:
    """The move of one index to its successor; goes on where a killed one stopped."""

    def __init__(
        self, cluster: Cluster, old: Found, template: Mapping[str, Any], progress: Progress, *, keep: bool
    ) -> None:
        """Prepare a move; nothing is done yet.

        Args:
            template: the index template that the successor follows.
            keep: keep the old index, blocked, instead of marking it to be removed.
        """
        self._cluster = cluster
        self._old = old
        self._template = template["template"]
        self._progress = progress
        self._keep = keep
        self._alias = filling_alias(cluster, old.name, uuid.uuid4().hex[:12])
        self._new = ""
        self._done: dict[str, int] = {}
        self._copied = 0
        self._refused: list[str] = []
        self._key = "key" if old.collection == STATE else "id"
        self._bounds: set[str] = set()

    def run(self, others: Sequence[Found]) -> None:
        """Fill the successor and put it in the place of the old index.

        Args:
            others: all indices of the same name, a half-filled successor perhaps among them.

        Raises:
            StoreError: the cluster is away, documents do not fit the new mapping, or another migration
                took over; the old index goes on serving.
        """
        self._begin(others)
        try:
            self._catch_up()
            self._remove_gone()
            self._copy_new()
            with self._blocked():
                self._finish()
        except StoreError as error:
            if not self._has(self._alias, self._new):
                raise StoreError(f"{self._old.index}: another `umot migrate` has taken over: wait for it") from error
            raise

    def _begin(self, others: Sequence[Found]) -> None:
        mine = [other for other in others if other.role == "filling" and self._can_go_on(other)]
        if mine:
            self._take_over(mine[-1])
            return
        self._create(max(other.number for other in others) + 1)

    def _can_go_on(self, other: Found) -> bool:
        """Tell whether a half-filled index was meant to be the same."""
        origin = other.mappings.get("_meta", {}).get("of")
        return origin == self._old.uuid and not difference(
            self._old.collection, other.mappings, self._template["mappings"]
        )

    def _take_over(self, target: Found) -> None:
        self._new, self._done = target.index, dict(target.mappings["_meta"]["done"])
        former = [{"remove": {"index": target.index, "alias": alias}} for alias in target.aliases]
        self._change_aliases([*former, {"add": {"index": target.index, "alias": self._alias}}])

    def _create(self, number: int) -> None:
        self._new = index_name(self._cluster, self._old.name, number)
        settings = self._template["settings"] | _WHILE_FILLING
        if "number_of_replicas" in self._old.settings:
            settings = {"index.number_of_replicas": self._old.settings["number_of_replicas"]} | settings
        body = {"settings": settings, "mappings": self._template["mappings"] | {"_meta": self._note()}}
        # The old template still holds for the name; one that is above it keeps its fields out of the successor.
        own = self._cluster.alias("filling")
        body_of_own = {"index_patterns": [self._new], "priority": _ABOVE_TEMPLATES, "template": {}}
        self._ask(lambda client: client.indices.put_index_template(name=own, body=body_of_own))
        self._ask(lambda client: client.indices.create(index=self._new, aliases={self._alias: {}}, **body))
        self._ask(lambda client: client.indices.delete_index_template(name=own))

    def _catch_up(self) -> None:
        for _ in range(_PASSES):
            if self._copy_new() < _LITTLE:
                return

    def _copy_new(self) -> int:
        """Copy what was written since the last pass began and return how many documents."""
        before, ends = self._copied, self._checkpoints()
        self._refresh(self._old.index)
        for shard, end in ends.items():
            self._copy_shard(shard, end)
        self._check_refused()
        return self._copied - before

    def _copy_shard(self, shard: str, end: int | None) -> None:
        """Copy a shard's documents up to a number; up to the last one without."""
        pages = self._pages(self._old.index, shard, self._done.get(shard, -1), end, _PAGE)
        for number, hits in enumerate(pages, 1):
            self._write(hits)
            self._done[shard] = hits[-1]["_seq_no"]
            if number % _SAVE_EVERY == 0:
                self._save()
        if end is not None:
            self._done[shard] = end
            self._save()

    def _write(self, hits: Hits) -> None:
        outcomes = send(self._cluster, map(self._operation, hits))
        found = list(zip(hits, outcomes, strict=True))
        self._overwrite([hit for hit, outcome in found if outcome.conflict])
        self._refused += [f"{hit['_id']} ({o.reason})" for hit, o in found if not o.done and not o.conflict]
        self._copied += len(hits)
        if len(self._refused) > _MOST_REFUSED:
            self._check_refused()
        self._progress(f"copying {self._old.name}", self._copied, None)

    def _operation(self, hit: dict[str, Any]) -> Any:
        document = fitted(self._old.collection, hit["_source"], self._template["mappings"]["properties"])
        return index_operation(self._alias, hit["_id"], document, hit["_version"])

    def _overwrite(self, hits: Hits) -> None:
        """Write documents that were removed and came back under a lower version than the copied one."""
        waits = self._cluster.back_off()
        while hits:
            send(self._cluster, (delete_operation(self._alias, hit["_id"]) for hit in hits))
            # Elasticsearch's clock for removed documents has a grain of 0.2 s.
            self._cluster.wait(waits, f"{self._new}: {len(hits)} documents came back", logging.DEBUG)
            outcomes = send(self._cluster, map(self._operation, hits))
            hits = [hit for hit, outcome in zip(hits, outcomes, strict=True) if outcome.conflict]

    def _check_refused(self) -> None:
        if not self._refused:
            return
        self._done = {}  # the next run meets them again
        self._save()
        raise StoreError(
            f"{self._old.index}: {len(self._refused)} documents do not fit the new mapping, so it stays in place: "
            + "; ".join(self._refused[:_NAMED])
        )

    def _remove_gone(self, within: Query = _EVERYTHING) -> None:
        """Remove what the old index does not hold any more, and note keys at even distances."""
        self._refresh(self._new)
        seen = 0
        for shard in self._checkpoints_of(self._new):
            for hits in self._pages(self._new, shard, -1, None, _IDS, within, source=[self._key]):
                self._bounds.add(hits[0]["_source"][self._key])
                held = read_many(self._cluster, [(self._old.index, hit["_id"]) for hit in hits], ())
                gone = {hit["_id"] for hit in hits} - {found["_id"] for found in held}
                send(self._cluster, (delete_operation(self._alias, key) for key in gone))
                seen += len(hits)
                self._progress(f"comparing {self._old.name}", seen, None)

    def _remove_late(self) -> None:
        """Do the same only where the numbers of documents differ: what went after the comparison is not much."""
        for some in batched(_ranges(self._key, sorted(self._bounds)), _RANGES):
            held, copied = (self._counts(index, some) for index in (self._old.index, self._new))
            for within, ours, theirs in zip(some, held, copied, strict=True):
                if ours != theirs:
                    self._remove_gone(within)

    def _counts(self, index: str, queries: Sequence[Query]) -> list[int]:
        searches: list[Any] = []
        for query in queries:
            searches += [{"index": index}, {"query": query, "size": 0, "track_total_hits": True}]
        answers = self._ask(lambda client: client.msearch(searches=searches))["responses"]
        # A range that could not be counted differs from every other.
        return [answer["hits"]["total"]["value"] if "hits" in answer else -n for n, answer in enumerate(answers, 1)]

    def _finish(self) -> None:
        """Copy the rest and swap; nothing is written to the old index meanwhile."""
        self._refresh(self._old.index)
        for shard in self._checkpoints():
            self._copy_shard(shard, None)
        self._check_refused()
        if self._counts_differ():
            self._remove_late()
        if counts := self._counts_differ():
            raise StoreError(f"{self._old.index} has {counts[0]} documents, its copy {counts[1]}: nothing was swapped")
        back = dict.fromkeys(_WHILE_FILLING)
        self._ask(lambda client: client.indices.put_settings(index=self._new, settings=back))
        self._swap()

    def _counts_differ(self) -> tuple[int, int] | None:
        self._refresh(self._new)
        old, new = (self._ask(lambda client, i=i: client.count(index=i))["count"] for i in (self._old.index, self._new))
        return None if old == new else (old, new)

    def _swap(self) -> None:
        passing = [({"index": self._old.index, "alias": alias}, how) for alias, how in self._old.aliases.items()]
        mark = kept_alias(self._cluster) if self._keep else leaving_alias(self._cluster)
        try:
            self._change_aliases(
                [
                    *({"remove": place | {"must_exist": True}} for place, _ in passing),
                    *({"add": place | {"index": self._new} | dict(how)} for place, how in passing),
                    {"remove": {"index": self._new, "alias": self._alias, "must_exist": True}},
                    {"add": {"index": self._old.index, "alias": mark}},
                ]
            )
        except StoreError:
            # When only the answer was lost, the repeated request finds nothing to remove.
            if not self._has(self._cluster.alias(self._old.name), self._new):
                raise

    @contextmanager
    def _blocked(self) -> Iterator[None]:
        """Let no write into the old index; afterwards only if it is still the current one, and this run in charge."""
        self._ask(lambda client: client.indices.add_block(index=self._old.index, block="write"))
        try:
            yield
        except BaseException:
            if self._has(self._cluster.alias(self._old.name), self._old.index) and self._has(self._alias, self._new):
                lifted = {"index.blocks.write": None}
                self._ask(lambda client: client.indices.put_settings(index=self._old.index, settings=lifted))
            raise

    def _pages(
        self,
        index: str,
        shard: str,
        after: int,
        end: int | None,
        size: int,
        within: Query = _EVERYTHING,
        *,
        source: bool | list[str] = True,
    ) -> Iterator[Hits]:
        """Yield a shard's documents in the order of their last writes."""
        while True:
            bounds = {"gt": after} if end is None else {"gt": after, "lte": end}
            answer = self._ask(
                lambda client, bounds=bounds: client.search(
                    index=index,
                    query={"bool": {"filter": [{"range": {"_seq_no": bounds}}, within]}},
                    sort=[{"_seq_no": "asc"}],
                    size=size,
                    source=source,
                    version=True,
                    seq_no_primary_term=True,
                    track_total_hits=False,
                    allow_partial_search_results=False,
                    preference=f"_shards:{shard}",
                )
            )
            if hits := answer["hits"]["hits"]:
                after = hits[-1]["_seq_no"]
                yield hits
            if len(hits) < size:
                return

    def _checkpoints(self) -> dict[str, int]:
        return self._checkpoints_of(self._old.index)

    def _checkpoints_of(self, index: str) -> dict[str, int]:
        """Return the number by shard up to which every write is done everywhere."""
        stats = self._ask(lambda client: client.indices.stats(index=index, metric="docs", level="shards"))
        shards = stats["indices"][index]["shards"]
        return {
            number: int(copy["seq_no"]["global_checkpoint"])
            for number, copies in shards.items()
            for copy in copies
            if copy["routing"]["primary"]
        }

    def _save(self) -> None:
        self._ask(lambda client: client.indices.put_mapping(index=self._new, meta=self._note()))

    def _note(self) -> dict[str, Any]:
        return {"of": self._old.uuid, "done": self._done}

    def _refresh(self, index: str) -> None:
        self._ask(lambda client: client.indices.refresh(index=index))

    def _change_aliases(self, actions: Sequence[Mapping[str, Any]]) -> None:
        self._ask(lambda client: client.indices.update_aliases(actions=actions))

    def _has(self, alias: str, index: str) -> bool:
        return self._cluster.ask_whether(lambda client: client.indices.exists_alias(name=alias, index=index))

    def _ask(self, request: Any) -> Any:
        return self._cluster.ask(request)


def _ranges(key: str, bounds: Sequence[str]) -> Iterator[Query]:
    """Yield queries that divide all documents at some keys."""
    if not bounds:
        yield _EVERYTHING
        return
    yield {"range": {key: {"lte": bounds[0]}}}
    yield from ({"range": {key: {"gt": low, "lte": high}}} for low, high in pairwise(bounds))
    yield {"range": {key: {"gt": bounds[-1]}}}
