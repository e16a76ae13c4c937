"""Find files: a path, a glob, or an address of a storage that fsspec knows."""

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class File:
    """One file. `stamp` changes when the file may have changed; None = not known."""

    path: str
    size: int
    stamp: str | None

    @property
    def name(self) -> str:
        """Return the last part of the path: for messages."""
        return self.path.rstrip("/").rpartition("/")[2]

    def open(self) -> BinaryIO:
        """Open for reading bytes."""
        if not _is_url(self.path):
            return Path(self.path).open("rb")
        import fsspec

        return cast("BinaryIO", fsspec.open(self.path, "rb").open())

    def chunks(self) -> Iterator[bytes]:
        """Yield the contents piece by piece."""
        with self.open() as stream:
            while chunk := stream.read(CHUNK):
                yield chunk

    def fingerprint(self) -> str:
        """Return the SHA-256 of the contents."""
        whole = sha256()
        for chunk in self.chunks():
            whole.update(chunk)
        return whole.hexdigest()


def find(pattern: str) -> list[File]:
    """Return the files that a path, glob or storage address names, by name.

    Raises:
        FileNotFoundError: there is none.
    """
    found = _remote(pattern) if _is_url(pattern) else _local(pattern)
    if not found:
        raise FileNotFoundError(f"no file at {pattern!r}: check the path (it may be a glob, as *.csv)")
    return found


def _local(pattern: str) -> list[File]:
    # A file whose very name holds [ or * goes before the glob.
    exact = [pattern] if Path(pattern).is_file() else glob.glob(pattern, recursive=True)  # noqa: PTH207  patterns may be absolute
    paths = sorted(Path(p) for p in exact if Path(p).is_file())
    return [File(str(p), p.stat().st_size, str(p.stat().st_mtime_ns)) for p in paths]


def _remote(pattern: str) -> list[File]:
    import fsspec

    storage, path = fsspec.core.url_to_fs(pattern)
    names = sorted(storage.glob(path)) if glob.has_magic(path) else [path]
    facts = [storage.info(n) for n in names if storage.exists(n)]
    return [File(storage.unstrip_protocol(f["name"]), int(f["size"]), _stamp(f)) for f in facts if f["type"] == "file"]


def _stamp(facts: dict[str, object]) -> str | None:
    named = (facts.get(k) for k in ("ETag", "etag", "mtime", "LastModified", "last_modified"))
    return next((str(v) for v in named if v), None)


def _is_url(path: str) -> bool:
    return "://" in path
