"""What is to be written of a post, decided from what is stored of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from umot.store.contract import Document
from umot.store.elastic.indices import year_of
from umot.store.elastic.probing import Copy, Known


@dataclass(frozen=True, slots=True)
class Task:
    """A post to be written; without mentions (None) those it has stay, and no version is too old."""

    post: Document
    mentions: Sequence[Document] | None = None

    @property
    def id(self) -> str:
        """Id of the post."""
        return str(self.post["id"])

    @property
    def version(self) -> int:
        """Version of the post."""
        return int(self.post.get("version") or 0)

    def is_stale(self, known: Known) -> bool:
        """Tell whether a later version is stored."""
        return self.mentions is not None and known.best is not None and self.version < known.best.version


@dataclass(frozen=True, slots=True)
class Plan:
    """Where and under which number Elasticsearch is to have a post.

    The number (`stamp`) is the post's version, unless the stored one is higher because `put` brought
    an older version over a newer one. `before` are the keys of mentions that may be there.
    """

    task: Task
    year: str
    stamp: int
    before: tuple[str, ...] = ()
    new: bool = True

    @property
    def own(self) -> tuple[str, ...]:
        """Keys of the mentions that the post is to have."""
        return (
            self.before
            if self.task.mentions is None
            else tuple(key_of(mention["id"]) for mention in self.task.mentions)
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all mentions that may be there during the write and after it."""
        return tuple(dict.fromkeys((*self.own, *self.before)))

    @property
    def former(self) -> tuple[str, ...]:
        """Keys of the mentions that are to go."""
        own = set(self.own)
        return tuple(key for key in self.before if key not in own)

    def is_held_by(self, copy: Copy) -> bool:
        """Tell whether a stored copy is what was planned."""
        return (copy.year, copy.stamp, copy.keys) == (self.year, self.stamp, self.keys)

    def beside(self, copy: Copy) -> tuple[str, ...]:
        """Keys of the mentions of this plan that do not belong to the copy that won over it."""
        return tuple(key for key in self.own if copy.year != self.year or key not in copy.keys)


def plan(task: Task, known: Known) -> Plan:
    """Return how a post is written: in the year it is in, else in the year of its date."""
    stamp = max(task.version, 0)
    if best := known.best:
        return Plan(task, best.year, max(stamp, best.stamp), best.keys, new=False)
    return Plan(task, year_of(task.post), stamp)


def key_of(mention_id: str) -> str:
    """Return what a mention's id adds to that of its post."""
    return mention_id.rpartition("#")[2]
