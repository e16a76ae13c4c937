"""What a migration has to do, told before it is done, and done until nothing is left to do."""

import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from umot.errors import StoreError
from umot.progress import Progress, silent
from umot.store.elastic.address import Address
from umot.store.elastic.cluster import Cluster, check_server
from umot.store.elastic.indices import NAMES, OTHER, YEARLY, Indices
from umot.store.elastic.migrating import lifecycle
from umot.store.elastic.migrating.found import Found, find
from umot.store.elastic.migrating.mappings import difference
from umot.store.elastic.migrating.moves import Move
from umot.store.elastic.migrating.templates import Template, found_template, same, wanted_template

Kind = Literal["alias", "mapping", "move", "template", "index", "lifecycle", "remove"]
_PATIENCE: Final = 120.0
_ROUNDS: Final = 5
# As long as a request may be under way that was addressed to an index before its aliases passed over.
_GRACE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be done, to whom, and what it means."""

    kind: Kind
    name: str
    detail: str
    do: Callable[[], None] = field(repr=False, compare=False)


class Migration:
    """Brings templates, indices, aliases and mappings of one prefix to the shape of this version."""

    def __init__(
        self,
        address: Address,
        *,
        keep_old: bool = False,
        drop_fields: bool = False,
        progress: Progress = silent,
        grace: float = _GRACE,
    ) -> None:
        """Connect to the cluster.

        Args:
            keep_old: keep indices that were moved, blocked, under the alias `<prefix>-kept`.
            drop_fields: let go of fields that this version does not know.
            grace: seconds between the passing over of the aliases and the removal of the old index.

        Raises:
            StoreError: it cannot be reached or served.
        """
        self._cluster = Cluster(address, _PATIENCE)
        check_server(self._cluster)
        self._keep = keep_old
        self._drop = drop_fields
        self._progress = progress
        self._grace = grace
        self._passed_over = time.monotonic()
        self._has_lifecycle = lifecycle.is_available(self._cluster)
        self._templates: dict[str, Template] = {}

    def plan(self) -> list[Step]:
        """Return what is to be done, in order; nothing is changed.

        Raises:
            StoreError: indices have fields that this version does not know, and they are not to be dropped.
        """
        indices = find(self._cluster)
        found = {name: found_template(self._cluster, name) for name in NAMES}
        self._templates = {
            name: wanted_template(self._cluster, name, found[name], with_lifecycle=self._has_lifecycle)
            for name in NAMES
        }
        mappings = list(self._mappings(indices))
        return [
            *self._aliases(indices),
            *mappings,
            *self._template_steps(found),
            *self._first_indices(indices),
            *self._lifecycle(indices),
            *self._removals(indices, {step.name for step in mappings if step.kind == "move"}),
        ]

    def run(self) -> Iterator[Step]:
        """Carry out the plan and yield each step when it is done; what others began meanwhile follows.

        Raises:
            StoreError: a step failed; what was done stays, the next run goes on.
        """
        for _ in range(_ROUNDS):
            steps = self.plan()
            if not steps:
                return
            for step in steps:
                step.do()
                yield step
        raise StoreError(f"{self._cluster.address}: {steps[0].kind} {steps[0].name} is undone again by somebody else")

    def notices(self) -> list[str]:
        """Return what was left out and why."""
        if self._has_lifecycle:
            return []
        return ["lifecycle: skipped, this cluster has no index lifecycle management; indices stay where they are"]

    def close(self) -> None:
        """Close the connections."""
        self._cluster.client.close()

    def _aliases(self, indices: Sequence[Found]) -> Iterator[Step]:
        """Give an index back the aliases it has lost, when none has them."""
        taken = {found.name for found in indices if found.role == "current"}
        lost = {found.name: found for found in indices if found.role == "lost" and found.name not in taken}
        for found in lost.values():
            aliases = dict.fromkeys((self._cluster.alias(found.collection), self._cluster.alias(found.name)))
            actions = [{"add": {"index": found.index, "alias": alias}} for alias in aliases]
            yield Step(
                "alias", found.index, f"add {', '.join(aliases)}", self._action("update_aliases", actions=actions)
            )

    def _mappings(self, indices: Sequence[Found]) -> Iterator[Step]:
        for found in indices:
            if found.role != "current":
                continue
            wanted = self._templates[found.collection]["template"]["mappings"]
            differs = difference(found.collection, found.mappings, wanted)
            self._check_dropped(found, differs.dropped)
            if differs and differs.in_place:
                added = {name: wanted["properties"][name] for name in differs.added}
                change = self._action("put_mapping", index=found.index, properties=added)
                yield Step("mapping", found.index, str(differs), change)
            elif differs:
                yield self._move(found, [other for other in indices if other.name == found.name], str(differs))

    def _move(self, found: Found, others: Sequence[Found], differs: str) -> Step:
        def move() -> None:
            Move(self._cluster, found, self._templates[found.collection], self._progress, keep=self._keep).run(others)
            self._passed_over = time.monotonic()

        count = self._cluster.ask(lambda client: client.count(index=found.index))["count"]
        begun = ", a copy is begun" if any(other.role == "filling" for other in others) else ""
        return Step("move", found.index, f"{count} documents to a new index{begun} ({differs})", move)

    def _check_dropped(self, found: Found, dropped: Sequence[str]) -> None:
        if dropped and not self._drop:
            raise StoreError(
                f"{found.index}: has fields that this version does not know: {', '.join(dropped)}; it was written by "
                "another version: use that one, or let go of them with --drop-fields"
            )

    def _template_steps(self, found: dict[str, Template | None]) -> Iterator[Step]:
        for name, wanted in self._templates.items():
            before = found[name]
            if before is None or not same(before, wanted):
                alias = self._cluster.alias(name)
                change = self._action("put_index_template", name=alias, body=wanted)
                yield Step("template", alias, "update" if before else "create", change)

    def _first_indices(self, indices: Sequence[Found]) -> Iterator[Step]:
        first = [*(f"{name}-{OTHER}" for name in YEARLY), *(name for name in NAMES if name not in YEARLY)]
        there = {found.name for found in indices if found.role in ("current", "lost")}
        years = {found.name.partition("-")[2] for found in indices if found.collection in YEARLY}
        wanted = dict.fromkeys((*first, *(f"{name}-{year}" for year in sorted(years) for name in YEARLY)))
        make = Indices(self._cluster)
        for name in wanted:
            if name not in there:
                yield Step("index", self._cluster.alias(name), "create with its aliases", self._creation(make, name))

    def _creation(self, make: Indices, name: str) -> Callable[[], None]:
        year = name.partition("-")[2]
        return (lambda: make.ensure([year])) if year else make.prepare

    def _lifecycle(self, indices: Sequence[Found]) -> Iterator[Step]:
        if not self._has_lifecycle:
            return
        if lifecycle.policy_differs(self._cluster):
            policy = self._cluster.address.prefix
            yield Step("lifecycle", policy, "put the policy", lambda: lifecycle.put_policy(self._cluster))
        for found in indices:
            if found.role != "current" or found.collection not in YEARLY:
                continue
            wanted = lifecycle.settings_of(self._cluster, found)
            if not lifecycle.follows(found.settings, wanted):
                change = self._action("put_settings", index=found.index, settings=wanted)
                yield Step("lifecycle", found.index, "follow the policy", change)

    def _removals(self, indices: Sequence[Found], moving: Container[str]) -> Iterator[Step]:
        current = {found.name: found.index for found in indices if found.role == "current"}
        for found in indices:
            if found.role == "leaving":
                yield Step("remove", found.index, "its documents are in its successor", self._removal(found, wait=True))
            elif found.role == "filling" and current.get(found.name, "") not in moving:
                yield Step("remove", found.index, "a copy that nothing needs any more", self._removal(found))

    def _removal(self, found: Found, *, wait: bool = False) -> Callable[[], None]:
        def remove() -> None:
            if wait:
                self._wait()
            self._cluster.ask(lambda client: client.indices.delete(index=found.index))

        return remove

    def _wait(self) -> None:
        """Wait until no request can be under way to an index whose aliases have passed over."""
        while (left := self._passed_over + self._grace - time.monotonic()) > 0:
            self._progress(
                "waiting for the last requests to the old indices", int(self._grace - left), int(self._grace)
            )
            time.sleep(min(left, 1))

    def _action(self, name: str, /, **options: Any) -> Callable[[], None]:
        """Return one request to the cluster's indices as something to be done."""

        def act() -> None:
            self._cluster.ask(lambda client: getattr(client.indices, name)(**options))

        return act
