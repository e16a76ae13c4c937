"""The lifecycle policy of the yearly indices, where the cluster has index lifecycle management (ILM)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

from umot.errors import StoreError
from umot.store.elastic.cluster import Cluster
from umot.store.elastic.indices import OTHER
from umot.store.elastic.migrating.found import Found

_MISSING: Final = (400, 404, 405, 410)
NAME: Final = "index.lifecycle.name"
ORIGIN: Final = "index.lifecycle.origination_date"


def is_available(cluster: Cluster) -> bool:
    """Tell whether the cluster has ILM; serverless and minimal distributions have not."""
    return _ask_for(cluster, lambda client: client.ilm.get_status()) is not None


def policy() -> dict[str, Any]:
    """Return the policy of `mappings/lifecycle.json`."""
    found: dict[str, Any] = json.loads(files("mappings").joinpath("lifecycle.json").read_text(encoding="utf-8"))
    return found


def policy_differs(cluster: Cluster) -> bool:
    """Tell whether the cluster's policy is another one, or there is none."""
    name = cluster.address.prefix
    answer = _ask_for(cluster, lambda client: client.ilm.get_lifecycle(name=name))
    return answer is None or answer[name]["policy"].get("phases") != policy()["phases"]


def put_policy(cluster: Cluster) -> None:
    """Create or replace the cluster's policy."""
    name, wanted = cluster.address.prefix, policy()
    cluster.ask(lambda client: client.ilm.put_lifecycle(name=name, policy=wanted))


def settings_of(cluster: Cluster, found: Found) -> dict[str, str]:
    """Return the settings by which an index follows the policy: its age counts from the end of its year."""
    year = found.name.rpartition("-")[2]
    named = {NAME: cluster.address.prefix}
    if year == OTHER:
        return named
    end = datetime(int(year) + 1, 1, 1, tzinfo=UTC)
    return named | {ORIGIN: str(int(end.timestamp() * 1000))}


def follows(settings: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Tell whether an index has these settings."""
    own = settings.get("lifecycle", {})
    return all(str(own.get(name.rpartition(".")[2])) == value for name, value in wanted.items())


def _ask_for(cluster: Cluster, request: Any) -> Any:
    """Return the answer; None when there is no such thing in the cluster."""
    try:
        return cluster.ask(request)
    except StoreError as error:
        if getattr(error.__cause__, "status_code", None) in _MISSING:
            return None
        raise
