"""Where posts and mentions are kept: one contract, two engines."""

from importlib import import_module
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from umot.errors import ConfigError
from umot.store.contract import Store
from umot.store.elastic.address import parse_address

_OPENERS: Final = {
    "": "umot.store.embedded:open_path",
    "file": "umot.store.embedded:open_path",
    "elasticsearch": "umot.store.elastic.store:open_url",
    "elasticsearch+http": "umot.store.elastic.store:open_url",
}


def open_store(url: str | Path, *, read_only: bool = False) -> Store:
    """Open the store that a URL or a path names; each scheme is one engine.

    Raises:
        ConfigError: no engine goes by that scheme, or the URL is wrong.
        StoreError: the store cannot be opened.
    """
    module, _, name = _opener(str(url)).partition(":")
    store: Store = getattr(import_module(module), name)(str(url), read_only=read_only)
    return store


def check_place(url: str) -> None:
    """Check a URL or path without opening anything.

    Raises:
        ConfigError: no engine goes by that scheme, or the URL is wrong.
    """
    if "elastic" in _opener(url):
        parse_address(url)


def _opener(url: str) -> str:
    scheme = urlsplit(url).scheme
    if scheme not in _OPENERS:
        known = ", ".join(f"{name}://" for name in _OPENERS if name)
        raise ConfigError(f"store: unknown scheme {scheme!r}, expected a directory or {known}")
    return _OPENERS[scheme]
