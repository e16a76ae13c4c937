"""The sources there are: every class in `spiders.sources`, and those of other packages.

Another package adds its own through the entry point group `umot.sources`.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from importlib.metadata import entry_points

from spiders import sources as package
from spiders.source import Source

GROUP = "umot.sources"


class UnknownSourceError(LookupError):
    """No source has this name: the message lists those that do."""


@cache
def sources() -> dict[str, type[Source]]:
    """Return every source by name.

    Raises:
        ValueError: two sources share a name.
    """
    found: dict[str, type[Source]] = {}
    for source_class in (*_own(), *_foreign()):
        if found.setdefault(source_class.name, source_class) is not source_class:
            raise ValueError(f"two sources are named {source_class.name!r}")
    return dict(sorted(found.items()))


def source(name: str) -> type[Source]:
    """Return one source.

    Raises:
        UnknownSourceError: there is none of this name.
    """
    try:
        return sources()[name]
    except KeyError:
        near = get_close_matches(name, sources(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        known = ", ".join(sources())
        raise UnknownSourceError(f"no spider is named {name!r}{hint} (there are: {known})") from None


def _own() -> Iterator[type[Source]]:
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        yield from _declared(module.name)


def _declared(module_name: str) -> Iterator[type[Source]]:
    for value in vars(importlib.import_module(module_name)).values():
        own = isinstance(value, type) and value.__module__ == module_name
        if own and issubclass(value, Source):
            yield value


def _foreign() -> Iterator[type[Source]]:
    for point in entry_points(group=GROUP):
        loaded = point.load()
        if isinstance(loaded, type) and issubclass(loaded, Source):
            yield loaded
