"""What is put into Kibana: the files of `mappings/kibana/` in a language, for a prefix and a space.

`data-view-posts.json` becomes the data view `umot-posts`, `dashboard-journey.json` the dashboard
`umot-journey`. The files are English; `nl.json` holds the Dutch of every text that people see.
Dashboards are bodies of Kibana's Dashboards API (9.5), saved searches the Discover panels of that
same API, so that one schema checks both.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any, Final, Literal, get_args

from umot.errors import ConfigError

Kind = Literal["data-view", "dashboard", "search"]
Language = Literal["nl", "en"]
Body = dict[str, Any]

DEFAULT_SPACE: Final = "default"
TEXT_KEYS: Final = frozenset({"title", "description", "label", "content", "name", "value"})
"""Keys whose texts people see."""
ID_KEYS: Final = frozenset({"id", "ref_id", "data_view_id"})
"""Keys that hold the id of a saved object."""
_SHIPPED: Final = "umot"
_SPACE: Final = re.compile(r"[a-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True)
class KibanaObject:
    """One saved object: `body` is what its file says, in one language."""

    kind: Kind
    id: str
    title: str
    body: Body


@dataclass(frozen=True, slots=True)
class Naming:
    """How ids are made: cluster-wide unique, so a space other than the default one is part of them."""

    prefix: str = _SHIPPED
    space: str = DEFAULT_SPACE

    def id(self, name: str) -> str:
        """Return the id here of what the files call `umot-<name>`."""
        whole = self.index(name)
        return whole if self.space == DEFAULT_SPACE else f"{whole}-{self.space}"

    def index(self, name: str) -> str:
        """Return the alias here of what the files call `umot-<name>`."""
        return f"{self.prefix}-{name.removeprefix(f'{_SHIPPED}-')}"


def kibana_objects(
    language: Language = "en", *, prefix: str = _SHIPPED, space: str = DEFAULT_SPACE
) -> list[KibanaObject]:
    """Return every object in the order in which they are put: data views first.

    Raises:
        ConfigError: that cannot be the id of a space.
    """
    if not _SPACE.fullmatch(space):
        raise ConfigError(f"--space: found {space!r}, expected the id of a space: small letters, digits, - and _")
    naming = Naming(prefix, space)
    texts = {} if language == "en" else read(f"{language}.json")
    return [_object(kind, name, texts, naming) for kind in get_args(Kind) for name in names(kind)]


def names(kind: Kind) -> list[str]:
    """Return the names of the objects of a kind, as their files have them."""
    found = (path.name for path in files("mappings").joinpath("kibana").iterdir())
    return sorted(name.removeprefix(f"{kind}-").removesuffix(".json") for name in found if name.startswith(f"{kind}-"))


def read(name: str) -> Body:
    """Return what a file of `mappings/kibana/` holds."""
    body: Body = json.loads(files("mappings").joinpath("kibana", name).read_text("utf-8"))
    return body


def _object(kind: Kind, name: str, texts: dict[str, str], naming: Naming) -> KibanaObject:
    body = _changed(read(f"{kind}-{name}.json"), partial(_rendered, texts=texts, naming=naming))
    if kind == "data-view":
        body |= {"title": naming.index(name), "name": _distinct(body["name"], naming)}
    return KibanaObject(kind, naming.id(name), body["name" if kind == "data-view" else "title"], body)


def _distinct(name: str, naming: Naming) -> str:
    """Return a data view's name; Kibana wants it unique in a space."""
    return name if naming.prefix == _SHIPPED else f"{name} ({naming.prefix})"


def _changed(value: Any, change: Callable[[str, str], str], key: str = "") -> Any:
    """Return a copy with every text replaced by what `change` makes of its key and itself."""
    if isinstance(value, dict):
        return {name: _changed(item, change, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_changed(item, change, key) for item in value]
    return change(key, value) if isinstance(value, str) else value


def _rendered(key: str, text: str, *, texts: dict[str, str], naming: Naming) -> str:
    if key in ID_KEYS and text.startswith(f"{_SHIPPED}-"):
        return naming.id(text)
    return texts.get(text, text) if key in TEXT_KEYS else text
