"""Write posts with their mentions so that a kill, a repeat and a second writer all end in the same state.

Elasticsearch has no transaction over documents, so the order of writes carries the meaning:

1. The post is written first, with the keys of all mentions that were ever written for it. From then
   on nothing of it can be forgotten, and since the same version is never stale, a post whose
   mentions were not reached is written whole by the next attempt.
2. Its mentions follow, and those that no longer exist are removed.
3. What is stored is read again. A tombstone that came meanwhile, a later version, or a copy in
   another year, written by somebody else, wins: what this writer left beside it goes.

Documents carry the version of their post (`external_gte`): an older one never overwrites a newer one.
A post stays in the year in which it was first stored, also when its date changes, and its mentions
stay with it: so it is never in two places, not even for a moment.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from umot.errors import StoreError
from umot.store.checking import distinct, document_problem, write_problem
from umot.store.contract import Document, PostWrite, WriteResult
from umot.store.elastic.bulk import Operation, Outcome, delete_operation, index_operation, send
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.documents import KEYS, to_index
from umot.store.elastic.indices import Indices
from umot.store.elastic.plans import Plan, Task, plan
from umot.store.elastic.probing import Copy, Known, probe

_CHUNK: Final = 1_000
_ATTEMPTS: Final = 8


class PostWriter:
    """Writes posts and their mentions to one cluster."""

    def __init__(self, cluster: Cluster, indices: Indices) -> None:
        self._cluster = cluster
        self._indices = indices

    def replace(self, writes: Sequence[PostWrite]) -> list[WriteResult]:
        """Write posts with all their mentions as the contract says."""
        results = []
        for chunk in distinct(writes, lambda write: write.post.get("id"), _CHUNK):
            tasks = [Task(write.post, write.mentions) for write in chunk]
            results += self._write(tasks, [write_problem(write) for write in chunk])
        return results

    def put(self, posts: Sequence[Document]) -> list[WriteResult]:
        """Write posts alone, over whatever is there; their mentions stay."""
        results = []
        for chunk in distinct(posts, lambda post: post.get("id"), _CHUNK):
            results += self._write([Task(post) for post in chunk], [document_problem("posts", post) for post in chunk])
        return results

    def remove(self, ids: Sequence[str]) -> int:
        """Remove every copy of some posts and the mentions they name; return how many posts went."""
        return self._remove([(key, copy) for key, known in self._probe(ids).items() for copy in known.copies])

    def _write(self, tasks: Sequence[Task], troubles: Sequence[str | None]) -> list[WriteResult]:
        results: dict[int, WriteResult] = {
            n: WriteResult(str(task.post.get("id")), "rejected", trouble)
            for n, (task, trouble) in enumerate(zip(tasks, troubles, strict=True))
            if trouble
        }
        for _ in range(_ATTEMPTS):
            rest = {task.id: n for n, task in enumerate(tasks) if n not in results}
            if not rest:
                return [results[n] for n in range(len(tasks))]
            settled = self._attempt([tasks[n] for n in rest.values()])
            results |= {rest[result.id]: result for result in settled}
        raise StoreError(
            f"{self._cluster.address}: post {next(iter(rest))} is being written by others all the time: "
            "run again when they are done"
        )

    def _attempt(self, tasks: Sequence[Task]) -> list[WriteResult]:
        """Write some posts and return what became of them; those that others wrote meanwhile are left out."""
        known = self._probe([task.id for task in tasks])
        erased = [task for task in tasks if known[task.id].erased]
        stale = [task for task in tasks if not known[task.id].erased and task.is_stale(known[task.id])]
        done = {task.id for task in (*erased, *stale)}
        self._clear_refused(erased, stale, known)
        plans = [plan(task, known[task.id]) for task in tasks if task.id not in done]
        return [
            *(WriteResult(task.id, "erased") for task in erased),
            *(WriteResult(task.id, "stale") for task in stale),
            *self._carry_out(plans),
        ]

    def _carry_out(self, plans: Sequence[Plan]) -> Iterator[WriteResult]:
        self._indices.ensure(p.year for p in plans)
        outcomes = self._send(map(self._post_operation, plans))
        yield from _rejections(plans, outcomes)
        accepted = [p for p, outcome in zip(plans, outcomes, strict=True) if outcome.done]
        refused = self._write_mentions(accepted)
        now = self._probe([p.task.id for p in accepted])
        for p in accepted:
            if result := self._settle(p, now[p.task.id], refused.get(p.task.id)):
                yield result

    def _write_mentions(self, plans: Sequence[Plan]) -> Mapping[str, Outcome]:
        """Write the mentions of posts and remove their former ones; return what failed, one per post."""
        wanted = [(p, operation) for p in plans for operation in self._mention_operations(p)]
        outcomes = self._send(operation for _, operation in wanted)
        failed = [(p.task.id, outcome) for (p, _), outcome in zip(wanted, outcomes, strict=True) if not outcome.done]
        return dict(sorted(failed, key=lambda item: not item[1].conflict))

    def _settle(self, p: Plan, now: Known, failed: Outcome | None) -> WriteResult | None:
        """Give way to what came meanwhile; None when the post is to be written anew."""
        trouble = failed.reason if failed and not failed.conflict else None
        if now.erased or (trouble and p.new):
            self._remove([(p.task.id, copy) for copy in now.copies])
            self._send(self._deletions(p.task.id, p.year, p.own, p.stamp))
            return WriteResult(p.task.id, "erased") if now.erased else WriteResult(p.task.id, "rejected", trouble)
        if now.best is None:
            return None
        self._remove([(p.task.id, copy) for copy in now.copies[1:]])
        if not p.is_held_by(now.best):
            self._send(self._deletions(p.task.id, p.year, p.beside(now.best), p.stamp))
        elif failed and failed.conflict:
            return None
        if trouble:
            return WriteResult(p.task.id, "rejected", trouble)
        return WriteResult(p.task.id, "stale" if p.task.is_stale(now) else "indexed")

    def _clear_refused(self, erased: Sequence[Task], stale: Sequence[Task], known: Mapping[str, Known]) -> None:
        """Remove what a writer that was killed half-way may have left of posts that are not to be written."""
        self._remove([(task.id, copy) for task in erased for copy in known[task.id].copies])
        self._remove([(task.id, copy) for task in stale for copy in known[task.id].copies[1:]])
        left = [(plan(task, known[task.id]), None) for task in erased]
        late = [(plan(task, known[task.id]), known[task.id].best) for task in stale]
        self._send(
            operation
            for p, best in (*left, *late)
            for operation in self._deletions(
                p.task.id, p.year, p.beside(best) if best else p.own, max(p.task.version, 0)
            )
        )

    def _remove(self, copies: Sequence[tuple[str, Copy]]) -> int:
        """Remove copies of posts, each after its mentions, so that a kill leaves a post that names what is left.

        Removed with its version, a document can be written again with the same one at once.
        """
        self._send(
            operation for key, copy in copies for operation in self._deletions(key, copy.year, copy.keys, copy.stamp)
        )
        outcomes = self._send(delete_operation(self._posts(copy.year), key, copy.stamp) for key, copy in copies)
        return len({key for (key, _), outcome in zip(copies, outcomes, strict=True) if outcome.deleted})

    def _post_operation(self, p: Plan) -> Operation:
        document = to_index("posts", p.task.post)
        if p.keys:
            document[KEYS] = p.keys
        return index_operation(self._posts(p.year), p.task.id, document, p.stamp)

    def _mention_operations(self, p: Plan) -> Iterator[Operation]:
        alias = self._mentions(p.year)
        for mention in p.task.mentions or ():
            yield index_operation(alias, mention["id"], to_index("mentions", mention), p.stamp)
        yield from self._deletions(p.task.id, p.year, p.former, p.stamp)

    def _deletions(self, id: str, year: str, keys: Iterable[str], stamp: int) -> Iterator[Operation]:
        if year not in self._indices.known_years():
            return iter(())
        return (delete_operation(self._mentions(year), f"{id}#{key}", stamp) for key in keys)

    def _send(self, operations: Iterable[Operation]) -> list[Outcome]:
        return send(self._cluster, operations)

    def _probe(self, ids: Sequence[str]) -> dict[str, Known]:
        return probe(self._cluster, self._indices, ids) if ids else {}

    def _posts(self, year: str) -> str:
        return self._cluster.alias(f"posts-{year}")

    def _mentions(self, year: str) -> str:
        return self._cluster.alias(f"mentions-{year}")


def _rejections(plans: Sequence[Plan], outcomes: Sequence[Outcome]) -> Iterator[WriteResult]:
    for p, outcome in zip(plans, outcomes, strict=True):
        if not outcome.done and not outcome.conflict:
            yield WriteResult(p.task.id, "rejected", outcome.reason)
