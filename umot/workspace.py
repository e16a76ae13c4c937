"""One brand team's installation: its settings and the rooms they open."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from umot.archive import Archive
from umot.brands import BrandMatcher
from umot.config import Settings, load_settings
from umot.deadletters import DeadLetters
from umot.errors import ConfigError, StoreBusyError
from umot.ledger import Ledger
from umot.privacy import author_hash, mask
from umot.store import open_store
from umot.store.contract import Store

KEY_FILE = "author.key"
_SHORTEST_KEY = 16
_LOCK_WAIT = 3600.0


class Workspace:
    """Settings with the archive and store they name, opened when first used; a context manager that closes them."""

    def __init__(self, settings: Settings, folder: Path, *, read_only: bool = False) -> None:
        self.settings = settings
        self.folder = folder
        self._read_only = read_only
        self._locks: dict[str, FileLock] = {}

    @classmethod
    def load(cls, config: Path, *, read_only: bool = False) -> "Workspace":
        """Open the workspace of a configuration file; relative paths in it start at its folder.

        Raises:
            ConfigError: the configuration is wrong.
        """
        return cls(load_settings(config), config.resolve().parent, read_only=read_only)

    @cached_property
    def store(self) -> Store:
        """Where posts are searched."""
        return open_store(self._place(self.settings.store), read_only=self._read_only)

    @cached_property
    def archive(self) -> Archive:
        """What was collected."""
        return Archive(self._place(self.settings.archive))

    @cached_property
    def ledger(self) -> Ledger:
        """What every run did."""
        return Ledger(self.store)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """What could not be processed."""
        return DeadLetters(self.store.state)

    @cached_property
    def matcher(self) -> BrandMatcher:
        """Finds the configured brands in texts."""
        return BrandMatcher(self.settings.brands)

    def hash_author(self, source: str, author: str) -> str:
        """Return the keyed hash that stands for an author in the archive and the store."""
        return author_hash(self._author_key, source, author)

    def mask(self, text: str) -> str:
        """Hide what the privacy settings name."""
        privacy = self.settings.privacy
        return mask(text, privacy.phone_regions, privacy.mask)

    @contextmanager
    def exclusive(self, *names: str) -> Iterator[None]:
        """Hold work on this machine that must not be done twice at the same time; a kill lets go of it.

        Raises:
            StoreBusyError: another process holds it for longer than an hour.
        """
        folder = self.folder / ".locks"
        folder.mkdir(exist_ok=True)
        with ExitStack() as held:
            for name in sorted(names):
                # One lock object per name: a step may call another one that needs the same.
                lock = self._locks.setdefault(name, FileLock(folder / f"{name}.lock"))
                try:
                    held.enter_context(lock.acquire(timeout=_LOCK_WAIT))
                except Timeout:
                    raise StoreBusyError(f"{name}: another process is at it for over an hour; is it stuck?") from None
            yield

    def path(self, below: str) -> Path:
        """Return a path of the configuration as an absolute one."""
        return self.folder / Path(below).expanduser()

    def _place(self, place: str) -> str:
        """Return a URL as it is, a path as an absolute one."""
        return place if "://" in place else str(self.path(place))

    @cached_property
    def _author_key(self) -> bytes:
        if self.settings.privacy.author_key is not None:
            return _strong(self.settings.privacy.author_key.get_secret_value().encode(), "privacy.author_key")
        file = self.folder / KEY_FILE
        try:
            return _strong(file.read_bytes().strip(), str(file))
        except FileNotFoundError:
            raise ConfigError(
                f"no key for author names: neither privacy.author_key nor {file}; `umot init` makes the file"
            ) from None

    def close(self) -> None:
        """Close what was opened."""
        if "store" in self.__dict__:
            self.store.close()

    def __enter__(self) -> "Workspace":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def make_author_key(folder: Path) -> Path:
    """Write a new random key that only its owner can read; an existing one is kept."""
    file = folder / KEY_FILE
    new = file.with_name(f".{KEY_FILE}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(secrets.token_hex(32).encode())
    try:
        file.hardlink_to(new)  # whole or not at all, and never over an existing key
    except FileExistsError:
        pass
    finally:
        new.unlink()
    return file


def _strong(key: bytes, where: str) -> bytes:
    """Return the key of the author hashes.

    Raises:
        ConfigError: it is so short that names could be guessed from their hashes.
    """
    if len(key) < _SHORTEST_KEY:
        raise ConfigError(f"{where}: a key of {len(key)} bytes; at least {_SHORTEST_KEY} random ones are expected")
    return key
