"""Bulk writing: bounded requests, repeated as a whole or item by item, every item with an outcome."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from umot.errors import StoreError
from umot.store.contract import Document
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.failures import is_passing_status, reason_of, refusal

MAX_BYTES: Final = 8_000_000
_MAX_ITEMS: Final = 5_000
_NEWLINE: Final = 2
_TOO_LARGE: Final = 413


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of a bulk request, or two, ready to be sent."""

    action: bytes
    body: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes in a request."""
        return len(self.action) + len(self.body or b"") + _NEWLINE

    @property
    def lines(self) -> list[bytes]:
        """The operation as it is sent."""
        return [self.action] if self.body is None else [self.action, self.body]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an operation: an HTTP status, why it failed if it did, and where and as which write it is kept."""

    status: int
    reason: str | None = None
    seq_no: int = -1
    index: str = ""

    @property
    def done(self) -> bool:
        """Tell whether the document is as the operation wanted it; a missing one is deleted, too."""
        return self.reason is None

    @property
    def conflict(self) -> bool:
        """Tell whether a later version stands in the way."""
        return self.status == 409

    @property
    def deleted(self) -> bool:
        """Tell whether a deletion found something to delete."""
        return self.done and self.status == 200


def index_operation(
    index: str,
    id: str,
    document: Document,
    version: int | None = None,
    *,
    new: bool = False,
    after: tuple[int, int] | None = None,
) -> Operation:
    """Return the writing of a document.

    Args:
        version: write only over the same version or an older one.
        new: write over nothing.
        after: write only over the document with this sequence number and primary term.
    """
    target = _target(index, id, version)
    if after is not None:
        target |= {"if_seq_no": after[0], "if_primary_term": after[1]}
    return Operation(orjson.dumps({"create" if new else "index": target}), orjson.dumps(document))


def delete_operation(index: str, id: str, version: int | None = None) -> Operation:
    """Return the removal of a document; with a version only of the same or an older one."""
    return Operation(orjson.dumps({"delete": _target(index, id, version)}))


def send(cluster: Cluster, operations: Iterable[Operation]) -> list[Outcome]:
    """Send operations in requests of at most 8 MB and return their outcomes in order.

    Busy and unreachable nodes are met with patience; all operations can be repeated safely.

    Raises:
        StoreError: the cluster refuses to write, or is away for longer than the patience.
    """
    return [outcome for group in _groups(operations) for outcome in _send_group(cluster, group)]


def _target(index: str, id: str, version: int | None) -> dict[str, Any]:
    target: dict[str, Any] = {"_index": index, "_id": id, "require_alias": True}
    return target if version is None else target | {"version": version, "version_type": "external_gte"}


def _groups(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    group: list[Operation] = []
    size = 0
    for operation in operations:
        if group and (size + operation.size > MAX_BYTES or len(group) >= _MAX_ITEMS):
            yield group
            group, size = [], 0
        group.append(operation)
        size += operation.size
    if group:
        yield group


def _send_group(cluster: Cluster, group: Sequence[Operation]) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    waits = cluster.back_off()
    while waiting := [place for place in range(len(group)) if place not in outcomes]:
        items = _attempt(cluster, [group[place] for place in waiting], waits)
        busy = [item for item in items if _passes(item)]
        outcomes |= {place: item for place, item in zip(waiting, items, strict=True) if not _passes(item)}
        if busy:
            cluster.wait(
                waits, refusal(busy[0].status, f"{len(busy)} writes refused: {busy[0].reason}", cluster.address)
            )
    return [_settled(outcomes[place], cluster) for place in range(len(group))]


def _attempt(cluster: Cluster, group: Sequence[Operation], waits: Iterator[float]) -> list[Outcome]:
    lines: list[Any] = [line for operation in group for line in operation.lines]
    try:
        answer = cluster.ask(lambda client: client.bulk(operations=lines), waits)
    except StoreError as error:
        if len(group) == 1 and getattr(error.__cause__, "status_code", None) == _TOO_LARGE:
            return [Outcome(_TOO_LARGE, f"found {group[0].size} bytes: more than the cluster takes in one request")]
        raise
    return [_outcome(item) for item in answer["items"]]


def _outcome(item: dict[str, Any]) -> Outcome:
    ((action, answer),) = item.items()
    status = int(answer["status"])
    missing = action == "delete" and status == 404 and "error" not in answer
    reason = None if status < 300 or missing else reason_of(answer)
    return Outcome(status, reason, int(answer.get("_seq_no", -1)), str(answer["_index"]))


def _passes(outcome: Outcome) -> bool:
    return outcome.reason is not None and is_passing_status(outcome.status, outcome.reason)


def _settled(outcome: Outcome, cluster: Cluster) -> Outcome:
    """Return an outcome that is about its document alone.

    Raises:
        StoreError: it is about the cluster.
    """
    if outcome.done or outcome.status in (400, 409, _TOO_LARGE):
        return outcome
    raise refusal(outcome.status, str(outcome.reason), cluster.address)
