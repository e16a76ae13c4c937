"""The indices of one prefix as the cluster has them, and the part that each of them plays."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from umot.store.elastic.cluster import Cluster
from umot.store.elastic.indices import NAMES, OTHER, YEARLY

Role = Literal["current", "filling", "leaving", "kept", "lost"]
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Found:
    """One index: `posts-2026` is its name, `posts` its collection, the number counts its successors."""

    index: str
    name: str
    collection: str
    number: int
    role: Role
    aliases: Mapping[str, Mapping[str, Any]]
    mappings: Mapping[str, Any]
    settings: Mapping[str, Any]

    @property
    def uuid(self) -> str:
        """What tells it from another index of the same name."""
        return str(self.settings["uuid"])

    @property
    def shards(self) -> int:
        """How many shards it has."""
        return int(self.settings["number_of_shards"])


def find(cluster: Cluster) -> list[Found]:
    """Return the indices of the cluster's prefix in the order of name and number."""
    prefix = cluster.address.prefix
    answer = cluster.ask(lambda client: client.indices.get(index=f"{prefix}-*"))
    return sorted(_found(cluster, answer), key=lambda found: (found.name, found.number))


def leaving_alias(cluster: Cluster) -> str:
    """Return the alias that marks indices which are to go."""
    return cluster.alias("leaving")


def kept_alias(cluster: Cluster) -> str:
    """Return the alias that marks indices which were moved away from and are kept."""
    return cluster.alias("kept")


def filling_alias(cluster: Cluster, name: str, token: str = "") -> str:
    """Return the alias through which one migration fills an index."""
    return cluster.alias(f"filling-{name}-{token}")


def index_name(cluster: Cluster, name: str, number: int) -> str:
    """Return `umot-posts-2026-000002`."""
    return f"{cluster.alias(name)}-{number:0{_DIGITS}}"


def _found(cluster: Cluster, answer: Mapping[str, Any]) -> Iterator[Found]:
    yearly = f"(?P<yearly>{'|'.join(YEARLY)})-(?:20[0-9]{{2}}|{OTHER})"
    single = "|".join(name for name in NAMES if name not in YEARLY)
    form = re.compile(rf"{cluster.address.prefix}-(?P<name>{yearly}|{single})-(?P<number>[0-9]{{{_DIGITS}}})")
    for index, facts in answer.items():
        if match := form.fullmatch(index):
            name, aliases = match["name"], facts["aliases"]
            yield Found(
                index,
                name,
                match["yearly"] or name,
                int(match["number"]),
                _role(cluster, name, aliases),
                aliases,
                facts["mappings"],
                facts["settings"]["index"],
            )


def _role(cluster: Cluster, name: str, aliases: Mapping[str, Any]) -> Role:
    if cluster.alias(name) in aliases:
        return "current"
    if any(alias.startswith(filling_alias(cluster, name)) for alias in aliases):
        return "filling"
    if leaving_alias(cluster) in aliases:
        return "leaving"
    return "kept" if kept_alias(cluster) in aliases else "lost"
