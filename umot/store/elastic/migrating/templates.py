"""Index templates: those of `mappings/`, with the settings that the cluster's operators gave them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from umot.store.elastic.cluster import Cluster
from umot.store.elastic.indices import YEARLY, template_for
from umot.store.elastic.migrating import lifecycle

Template = dict[str, Any]
_OPERATORS: Final = ("composed_of", "ignore_missing_component_templates")


def found_template(cluster: Cluster, name: str) -> Template | None:
    """Return the cluster's template, None when there is none."""
    alias = cluster.alias(name)
    if not cluster.ask_whether(lambda client: client.indices.exists_index_template(name=alias)):
        return None
    answer = cluster.ask(lambda client: client.indices.get_index_template(name=alias))
    template: Template = answer["index_templates"][0]["index_template"]
    return template


def wanted_template(cluster: Cluster, name: str, found: Template | None, *, with_lifecycle: bool) -> Template:
    """Return the template as it should be: mappings are ours, settings that somebody changed stay theirs."""
    shipped, before = template_for(name, cluster.address.prefix), found or {}
    settings = flat(shipped["template"]["settings"]) | flat(before.get("template", {}).get("settings", {}))
    if with_lifecycle and name in YEARLY:
        settings[lifecycle.NAME] = cluster.address.prefix
    kept = {key: before[key] for key in _OPERATORS if before.get(key)}
    return shipped | kept | {"template": shipped["template"] | {"settings": settings}}


def same(found: Template, wanted: Template) -> bool:
    """Tell whether a template is as it should be."""
    inner, outer = found.get("template", {}), wanted["template"]
    return (
        inner.get("mappings") == outer["mappings"]
        and flat(inner.get("settings", {})) == outer["settings"]
        and all(found.get(key) == value for key, value in wanted.items() if key != "template")
    )


def flat(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return settings by their dotted names, values as Elasticsearch shows them."""
    return dict(_flat(settings, ""))


def _flat(settings: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", str(value).lower() if isinstance(value, bool) else str(value)
