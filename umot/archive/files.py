"""Compressed JSON lines on any fsspec file system."""

import hashlib
import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import zstandard
from fsspec.spec import AbstractFileSystem

from umot.errors import ArchiveError

Record = dict[str, Any]


def pack(records: Iterable[Record]) -> bytes:
    """Compress records as JSON lines (zstd with a checksum)."""
    compressor = zstandard.ZstdCompressor(level=6, write_checksum=True)
    lines = (json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in records)
    return compressor.compress("".join(lines).encode())


def unpack(data: bytes) -> Iterator[Record]:
    """Yield the records of a packed file.

    Raises:
        zstandard.ZstdError: the data is cut off or damaged.
    """
    with zstandard.ZstdDecompressor().stream_reader(data) as reader:
        for line in io.TextIOWrapper(reader, "utf-8"):
            yield json.loads(line)


def checksum(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def write(fs: AbstractFileSystem, path: str, data: bytes) -> None:
    """Write a whole file.

    Raises:
        ArchiveError: the file system refuses, for example because it is full.
    """
    with _plainly("write", path, "free space or mend access, then run again"):
        if not _is_object_store(fs):
            fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        fs.pipe_file(path, data)


def replace(fs: AbstractFileSystem, path: str, data: bytes) -> None:
    """Write a file that exists already so that a reader sees either the old or the new one.

    Raises:
        ArchiveError: the file system refuses.
    """
    if _is_object_store(fs):
        write(fs, path, data)  # an object appears whole or not at all
        return
    write(fs, f"{path}.new", data)
    with _plainly("write", path, "free space or mend access, then run again"):
        fs.mv(f"{path}.new", path)


def remove(fs: AbstractFileSystem, paths: Iterable[str]) -> None:
    """Remove files, and folders with what is in them.

    Raises:
        ArchiveError: the file system refuses.
    """
    for path in paths:
        with _plainly("remove", path, "mend access, then run again"):
            fs.rm(path, recursive=True)


def read(fs: AbstractFileSystem, path: str) -> bytes:
    """Return a whole file.

    Raises:
        ArchiveError: it is missing or cannot be read.
    """
    data = read_if_there(fs, path)
    if data is None:
        raise ArchiveError(f"archive: {path} is missing; restore it from a backup")
    return data


def read_if_there(fs: AbstractFileSystem, path: str) -> bytes | None:
    """Return a whole file, None when there is none; any other trouble is no proof that it is not there.

    Raises:
        ArchiveError: it cannot be read.
    """
    with _plainly("read", path, "mend access, then run again"):
        try:
            data: bytes = fs.cat_file(path)
        except FileNotFoundError:
            return None
        return data


def folders(fs: AbstractFileSystem, path: str) -> list[str]:
    """Return the names of the folders in a folder, also those that others have just made.

    Raises:
        ArchiveError: they cannot be listed.
    """
    fs.invalidate_cache()
    with _plainly("list", path, "mend access, then run again"):
        try:
            found = fs.ls(path, detail=True)
        except FileNotFoundError:
            return []
    names = (f["name"].rstrip("/") for f in found if f["type"] == "directory")
    return sorted(name.rpartition("/")[2] for name in names if name != path)


def find(fs: AbstractFileSystem, path: str) -> list[str]:
    """Return the paths of all files below a folder, also of those that others have just written.

    Raises:
        ArchiveError: they cannot be listed.
    """
    fs.invalidate_cache()
    with _plainly("list", path, "mend access, then run again"):
        return list(fs.find(path))


def _is_object_store(fs: AbstractFileSystem) -> bool:
    """Tell whether files appear whole or not at all, and folders need not be made: fsspec's asynchronous ones.

    Making a folder there would make the bucket that a slip of the pen named.
    """
    return bool(fs.async_impl)


@contextmanager
def _plainly(what: str, path: str, advice: str) -> Iterator[None]:
    try:
        yield
    except _failures() as error:
        raise ArchiveError(f"archive: cannot {what} {path}: {error}; {advice}") from error


def _failures() -> tuple[type[Exception], ...]:
    """Return the errors of file systems: Python's own and, once S3 is in use, botocore's."""
    botocore = sys.modules.get("botocore.exceptions")
    return (OSError, botocore.BotoCoreError) if botocore else (OSError,)
