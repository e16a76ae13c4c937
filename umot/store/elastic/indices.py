"""Index templates, and indices behind aliases: one per year for posts and mentions, one for each of the others.

`<prefix>-posts` reads all years, `<prefix>-posts-2026` writes one of them, and behind both stands
`<prefix>-posts-2026-000001`. Since everything is addressed by alias, a mapping change is a new
index with the next number and a swap.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from umot.errors import NoStoreError, StoreError
from umot.store.contract import Collection, Document
from umot.store.elastic.cluster import Cluster
from umot.store.mapping import COLLECTIONS, iso, milliseconds, template_of

STATE: Final = "state"
YEARLY: Final[tuple[Collection, ...]] = ("posts", "mentions")
NAMES: Final = (*COLLECTIONS, STATE)
SINGLE: Final = tuple(name for name in NAMES if name not in YEARLY)
OTHER: Final = "other"
_SHIPPED: Final = "umot"
_FIRST: Final = "000001"
_YEAR: Final = re.compile(r"20\d\d")


def year_of(document: Document) -> str:
    """Return the part of the index that a new document goes to: its year, or `other`.

    Without a date, or with one outside 2000-2099, it is `other`: wrong dates must not open
    thousands of indices.
    """
    moment = document.get("published_at")
    year = iso(milliseconds(moment))[:4] if moment else ""
    return year if _YEAR.fullmatch(year) else OTHER


def template_for(name: str, prefix: str) -> dict[str, Any]:
    """Return a template of `mappings/` for the indices of a prefix."""
    template = template_of(name)
    renamed = [pattern.replace(_SHIPPED, prefix, 1) for pattern in template["index_patterns"]]
    return template | {"index_patterns": renamed}


class Indices:
    """The templates and indices of one prefix; which years there are is remembered and asked anew when it matters."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._years: frozenset[str] = frozenset()

    def prepare(self) -> None:
        """Put templates and first indices where there are none.

        Raises:
            StoreError: the cluster has templates of another version.
        """
        for name in NAMES:
            self._prepare_template(name)
        for name in SINGLE:
            self._create(name)
        self.ensure([OTHER])

    def check(self) -> None:
        """Check that there is something to read.

        Raises:
            NoStoreError: the cluster has no indices of this prefix.
            StoreError: it lacks an index that this version reads.
        """
        if not self._exists(self._cluster.alias(STATE)):
            raise NoStoreError(f"{self._cluster.address}: no store here yet: `umot run` makes one; or check the prefix")
        if lacking := [alias for alias in map(self._cluster.alias, SINGLE) if not self._exists(alias)]:
            raise StoreError(
                f"{self._cluster.address}: has no {', '.join(lacking)}, as it was made by an earlier version: "
                "run `umot migrate`"
            )

    def ensure(self, years: Iterable[str]) -> None:
        """Make sure that the indices of some years exist."""
        for year in sorted(set(years) - self._years):
            for collection in YEARLY:
                self._create(collection, year)
        self._years |= set(years)

    def known_years(self) -> frozenset[str]:
        """Return the years that existed when last asked."""
        return self._years

    def years(self) -> frozenset[str]:
        """Ask which years exist; another process may have begun one."""
        alias = self._cluster.alias("posts")
        found = self._cluster.ask(lambda client: client.indices.get_alias(name=f"{alias}-*"))
        names = {name for index in found.values() for name in index["aliases"]}
        self._years = frozenset(name.removeprefix(f"{alias}-") for name in names if name != alias)
        return self._years

    def _prepare_template(self, name: str) -> None:
        alias, wanted = self._cluster.alias(name), template_for(name, self._cluster.address.prefix)
        if not self._cluster.ask_whether(lambda client: client.indices.exists_index_template(name=alias)):
            self._cluster.ask(lambda client: client.indices.put_index_template(name=alias, body=wanted))
            return
        found = self._cluster.ask(lambda client: client.indices.get_index_template(name=alias))
        mappings = found["index_templates"][0]["index_template"]["template"].get("mappings")
        if _canonical(mappings) != _canonical(wanted["template"]["mappings"]):
            raise StoreError(
                f"{self._cluster.address}: the index template {alias} is of another version: run `umot migrate`, "
                "or use the version of UMOT monitor that wrote it"
            )

    def _create(self, name: str, year: str | None = None) -> None:
        whole = self._cluster.alias(name)
        alias = f"{whole}-{year}" if year else whole
        if self._exists(alias):
            return
        aliases: dict[str, Any] = {whole: {}, alias: {}}
        # Answered with 400 when another process has just made it.
        self._cluster.ask(
            lambda client: client.options(ignore_status=400).indices.create(index=f"{alias}-{_FIRST}", aliases=aliases)
        )
        if not self._exists(alias):
            raise StoreError(
                f"{self._cluster.address}: the index {alias}-{_FIRST} has lost its alias {alias}: run `umot migrate`"
            )

    def _exists(self, alias: str) -> bool:
        return self._cluster.ask_whether(lambda client: client.indices.exists_alias(name=alias))


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
