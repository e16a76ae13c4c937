"""Where posts and mentions are kept: one contract, two engines."""

from importlib import import_module
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from umot.errors import ConfigError
from umot.store.contract import Store

_OPENERS: Final = {"": "umot.store.embedded:open_path", "file": "umot.store.embedded:open_path"}


def open_store(url: str | Path, *, read_only: bool = False) -> Store:
    """Open the store that a URL or a path names; each scheme is one engine.

    Raises:
        ConfigError: no engine goes by that scheme.
        StoreError: the store cannot be opened.
    """
    scheme = urlsplit(str(url)).scheme
    if scheme not in _OPENERS:
        known = ", ".join(f"{name}://" for name in _OPENERS if name)
        raise ConfigError(f"store: unknown scheme {scheme!r}, expected a directory or {known}")
    module, _, name = _OPENERS[scheme].partition(":")
    store: Store = getattr(import_module(module), name)(str(url), read_only=read_only)
    return store
