"""Move a grown installation from one store to another, whichever engines they are, and count what arrived.

Only the contract is used. Tombstones go first, so that nothing erased arrives; `progress` goes last,
so that the target never claims to hold what a kill kept from it. Everything is written by id, so a
repeated copy ends in the same state; a killed one goes on after the last batch of posts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any, Final, get_args

from more_itertools import batched

from umot.errors import StoreError
from umot.progress import Progress, silent
from umot.store.contract import Collection, Document, Entry, PostWrite, Space, Store, WriteResult
from umot.store.mapping import COLLECTIONS
from umot.text import digest

_BATCH: Final = 500
_ENTRIES: Final = 5_000
_NAMED: Final = 10
_MARK: Final = "copied/from"
# Leases are about who is at work in a store, not about what is in it.
_SPACES: Final[tuple[Space, ...]] = tuple(space for space in get_args(Space) if space != "lease")
_ERASED: Final[tuple[Space, ...]] = ("tombstone",)
_LAST: Final[tuple[Space, ...]] = ("progress",)
_SINGLE: Final[tuple[Collection, ...]] = ("runs", "alerts")
_NEWEST: Final[dict[Collection, str]] = {"posts": "version", "runs": "as_of", "alerts": "updated_at"}


@dataclass(frozen=True, slots=True)
class Tally:
    """One collection or space on both sides: how many, and the first of those that are not the same."""

    name: str
    source: int
    target: int
    differing: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Tell whether both sides hold the same."""
        return self.source == self.target and not self.differing


@dataclass(slots=True)
class Copied:
    """What a copy did: documents by outcome, those refused with the reason, and both sides compared."""

    outcomes: Counter[str] = field(default_factory=Counter)
    rejected: list[WriteResult] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Tell whether the target holds all and only what the source holds."""
        return not self.rejected and all(tally.same for tally in self.tallies)

    def count(self, results: Iterable[WriteResult]) -> None:
        """Count what became of documents."""
        for result in results:
            self.outcomes[result.outcome] += 1
            if result.outcome == "rejected":
                self.rejected.append(result)


@dataclass(frozen=True, slots=True)
class _Mark:
    """The target's note of a copy: from where, what the source's newest was, and the last post that arrived."""

    source: str
    newest: str
    after: str | None = None


def check_target(source: Store, target: Store, origin: str) -> None:
    """Check that a target is empty, or holds an earlier copy of this source and nothing newer.

    Args:
        origin: the place of the source, by which the target knows its copies.

    Raises:
        StoreError: it holds something else, which a copy would mix up or overwrite.
    """
    mark = _mark(target)
    if mark is None and (found := _anything(target)):
        raise StoreError(f"--to: holds {found} that did not come from {origin}: name an empty place")
    if mark is not None and mark.source != origin:
        raise StoreError(f"--to: is a copy of {mark.source}, not of {origin}: name an empty place")
    for collection, name in _NEWEST.items():
        ours, theirs = (_newest(store, collection) for store in (source, target))
        if theirs is not None and (ours is None or theirs > ours):
            raise StoreError(
                f"--to: has been written to since it was copied: its newest {name} of {collection} is {theirs}, "
                f"that of {origin} is {ours}; a copy would bring older state over newer one"
            )


def copy(source: Store, target: Store, origin: str, progress: Progress = silent) -> Copied:
    """Bring everything of a source into a target and compare both.

    Raises:
        StoreError: the target may not be written over, or one of them is away; what was copied stays.
    """
    source.refresh()
    target.refresh()
    check_target(source, target, origin)
    return _Copier(source, target, origin, progress).run()


def compare(source: Store, target: Store, progress: Progress = silent) -> list[Tally]:
    """Compare two stores document by document and entry by entry."""
    tallies = []
    for collection in COLLECTIONS:
        progress(f"comparing {collection}", 0, None)
        tallies.append(_tally(collection, *(_documents(store, collection) for store in (source, target))))
    for space in _SPACES:
        progress(f"comparing {space}", 0, None)
        tallies.append(_tally(space, *(_entries(store, space) for store in (source, target))))
    return tallies


def sizes(source: Store) -> list[Tally]:
    """Return what is to be copied to a place where nothing is yet."""
    documents = [Tally(collection, source.count(collection), 0) for collection in COLLECTIONS]
    return [*documents, *(Tally(space, sum(1 for _ in _kept(source, space)), 0) for space in _SPACES)]


class _Copier:
    def __init__(self, source: Store, target: Store, origin: str, progress: Progress) -> None:
        self._source, self._target = source, target
        self._origin, self._progress = origin, progress
        self._copied = Copied()

    def run(self) -> Copied:
        mark = self._begin()
        self._erase()
        self._copy_posts(mark)
        self._copy_lone_mentions()
        self._copy_singles()
        self._copy_spaces(space for space in _SPACES if space not in _ERASED + _LAST)
        self._copy_spaces(_LAST)
        self._set_mark(_Mark(self._origin, mark.newest))
        self._target.refresh()
        self._copied.tallies = compare(self._source, self._target, self._progress)
        return self._copied

    def _begin(self) -> _Mark:
        """Return where to go on: after the last post, unless the source was written to since then."""
        newest = digest(_newest(self._source, "posts"), self._source.count("posts"))
        found = _mark(self._target)
        mark = found if found and found.newest == newest else _Mark(self._origin, newest)
        self._set_mark(mark)
        return mark

    def _erase(self) -> None:
        """Erase in the target what is erased in the source."""
        for entries in batched(self._source.state.scan("tombstone"), _ENTRIES):
            for reason in {str(entry.value["reason"]) for entry in entries}:
                ids = [entry.key for entry in entries if entry.value["reason"] == reason]
                self._target.erase(ids, reason=reason)

    def _copy_posts(self, mark: _Mark) -> None:
        query = {"range": {"id": {"gt": mark.after}}} if mark.after else None
        total = self._source.count("posts", query)
        done = 0
        for posts in batched(self._source.scan("posts", query), _BATCH):
            said = self._mentions([post["id"] for post in posts])
            writes = [PostWrite(post, said.get(post["id"], ())) for post in posts]
            self._copied.count(self._target.replace(writes))
            self._set_mark(_Mark(self._origin, mark.newest, posts[-1]["id"]))
            done += len(posts)
            self._progress("posts", done, total)

    def _mentions(self, posts: Sequence[str]) -> dict[str, list[Document]]:
        found = self._source.scan("mentions", {"terms": {"post_id": list(posts)}})
        by_post = sorted(found, key=lambda mention: str(mention["post_id"]))
        return {post: list(some) for post, some in groupby(by_post, lambda mention: str(mention["post_id"]))}

    def _copy_lone_mentions(self) -> None:
        """Copy mentions whose post is not stored; the others came with it."""
        for mentions in batched(self._source.scan("mentions"), _BATCH):
            posts = {mention["post_id"] for mention in mentions}
            held = {post["id"] for post in self._source.scan("posts", {"terms": {"id": sorted(posts)}})}
            if lone := [mention for mention in mentions if mention["post_id"] not in held]:
                self._copied.count(self._target.put("mentions", lone))

    def _copy_singles(self) -> None:
        for collection in _SINGLE:
            for documents in batched(self._source.scan(collection), _BATCH):
                self._copied.count(self._target.put(collection, documents))

    def _copy_spaces(self, spaces: Iterable[Space]) -> None:
        for space in spaces:
            done = 0
            for entries in batched(_kept(self._source, space), _ENTRIES):
                self._target.state.put_many(space, {entry.key: entry.value for entry in entries})
                done += len(entries)
                self._progress(space, done, None)
            self._remove_former(space)

    def _remove_former(self, space: Space) -> None:
        """Remove entries that an earlier copy brought and the source does not have any more."""
        sides = _side_by_side(_entries(self._source, space), _entries(self._target, space))
        for former in batched((key for key, here, _ in sides if here is None), _ENTRIES):
            self._target.state.delete(space, former)

    def _set_mark(self, mark: _Mark) -> None:
        self._target.state.put("progress", _MARK, asdict(mark))


def _mark(store: Store) -> _Mark | None:
    entry = store.state.get("progress", _MARK)
    return _Mark(**entry.value) if entry else None


def _kept(store: Store, space: Space) -> Iterator[Entry]:
    """Yield the entries of a space but for the note of the copy itself."""
    return (entry for entry in store.state.scan(space) if (space, entry.key) != ("progress", _MARK))


def _anything(store: Store) -> str | None:
    """Say what a store holds, None when it is empty."""
    for collection in COLLECTIONS:
        if count := store.count(collection):
            return f"{count} {collection}"
    return next((f"state ({space})" for space in _SPACES if next(iter(_kept(store, space)), None)), None)


def _newest(store: Store, collection: Collection) -> Any:
    name = _NEWEST[collection]
    hits = store.search(collection, {"exists": {"field": name}}, sort=[{name: "desc"}], size=1).hits
    return hits[0].source[name] if hits else None


def _documents(store: Store, collection: Collection) -> Iterator[tuple[str, str]]:
    return ((document["id"], digest(_sorted(document))) for document in store.scan(collection))


def _entries(store: Store, space: Space) -> Iterator[tuple[str, str]]:
    return ((entry.key, digest(_sorted(entry.value))) for entry in _kept(store, space))


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [[key, _sorted(value[key])] for key in sorted(value)]
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _tally(name: str, source: Iterator[tuple[str, str]], target: Iterator[tuple[str, str]]) -> Tally:
    counts, differing = [0, 0], list[str]()
    for key, here, there in _side_by_side(source, target):
        counts[0] += here is not None
        counts[1] += there is not None
        if here != there and len(differing) < _NAMED:
            only = "" if here and there else f" (only {'--from' if here else '--to'})"
            differing.append(f"{key}{only}")
    return Tally(name, counts[0], counts[1], tuple(differing))


def _side_by_side(
    source: Iterator[tuple[str, str]], target: Iterator[tuple[str, str]]
) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield every key with its digest on either side; both come in the order of their keys."""
    ours, theirs = next(source, None), next(target, None)
    while ours or theirs:
        key = min(pair[0] for pair in (ours, theirs) if pair)
        here = ours[1] if ours and ours[0] == key else None
        there = theirs[1] if theirs and theirs[0] == key else None
        yield key, here, there
        ours = ours if here is None else next(source, None)
        theirs = theirs if there is None else next(target, None)
