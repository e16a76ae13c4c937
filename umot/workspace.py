"""One brand team's installation: its settings and the rooms they open."""

import os
import secrets
from collections.abc import Collection, Iterator
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
from umot.lease import SECONDS, Lease
from umot.ledger import Ledger
from umot.privacy import author_hash, mask
from umot.store import open_store
from umot.store.contract import Store

KEY_FILE = "author.key"
_SHORTEST_KEY = 16
_LOCK_WAIT = 3600.0


class Workspace:
    """Settings with the archive and store they name, opened when first used; a context manager that closes them."""

    def __init__(
        self, settings: Settings, folder: Path, *, read_only: bool = False, lease_seconds: float = SECONDS
    ) -> None:
        """Make the workspace; nothing is opened yet.

        Args:
            lease_seconds: for how long other machines wait for this one when it is gone in the middle of work.
        """
        self.settings = settings
        self.folder = folder
        self._read_only = read_only
        self._lease_seconds = lease_seconds
        self._locks: dict[str, FileLock] = {}
        self._leases: dict[str, Lease] = {}

    @classmethod
    def load(cls, config: Path, *, read_only: bool = False, sources: Collection[str] | None = None) -> "Workspace":
        """Open the workspace of a configuration file; relative paths in it start at its folder.

        Args:
            sources: those whose parameters are needed, see `load_settings`.

        Raises:
            ConfigError: the configuration is wrong.
        """
        return cls(load_settings(config, sources=sources), config.resolve().parent, read_only=read_only)

    @cached_property
    def store(self) -> Store:
        """Where posts are searched."""
        return open_store(self._place(self.settings.store), read_only=self._read_only)

    @cached_property
    def archive(self) -> Archive:
        """What was collected."""
        return Archive(self._place(self.settings.archive), before_change=self.check_leases)

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
    def exclusive(self, *names: str, wait: float = _LOCK_WAIT) -> Iterator[None]:
        """Hold work that must not be done twice at the same time; a kill lets go of it.

        A lock in the workspace's folder keeps processes of this machine apart, a lease in a shared store machines.
        Work that lasts calls `check_leases` before it writes on; the archive does so itself.

        Args:
            wait: seconds to wait for another process.

        Raises:
            StoreBusyError: another process holds it for longer than that.
        """
        with ExitStack() as held:
            for name in sorted(names):
                held.enter_context(self.exclusive_here(name, wait=wait))
                if self.store.shared and name not in self._leases:
                    held.enter_context(self._leased(name, wait))
            yield

    @contextmanager
    def exclusive_here(self, name: str, *, wait: float = _LOCK_WAIT) -> Iterator[None]:
        """Hold work that must not be done twice at the same time on this machine; the store is not opened.

        Raises:
            StoreBusyError: another process holds it for longer than `wait` seconds.
        """
        # One lock object per name: a step may call another one that needs the same.
        lock = self._locks.setdefault(name, FileLock(self._lock_file(name, "lock")))
        try:
            held = lock.acquire(timeout=wait)
        except Timeout:
            raise StoreBusyError(f"{name}: another process is at it for over {wait:g} s; is it stuck?") from None
        with held:
            yield

    def check_leases(self) -> None:
        """Return while no other machine can have taken over the work that is held.

        Raises:
            LeaseLostError: one has, while this process was paused or cut off.
            StoreError: the shared store is away, so that nobody can tell.
        """
        for lease in self._leases.values():
            lease.check()

    @contextmanager
    def _leased(self, name: str, wait: float) -> Iterator[None]:
        """Hold the lease of work whose lock is held: whoever had it before under this lock is gone."""
        mark = self._lock_file(name, "lease")
        former = mark.read_text("ascii") if mark.exists() else None
        lease = Lease(self.store.state, name, seconds=self._lease_seconds, wait=wait, former=former)
        mark.write_text(lease.id, "ascii")
        with lease:
            self._leases[name] = lease
            try:
                yield
            finally:
                del self._leases[name]

    def _lock_file(self, name: str, kind: str) -> Path:
        folder = self.folder / ".locks"
        folder.mkdir(exist_ok=True)
        return folder / f"{name}.{kind}"

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
