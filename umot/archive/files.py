"""Compressed JSON lines on any fsspec file system."""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
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
    try:
        fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        fs.pipe_file(path, data)
    except OSError as error:
        raise ArchiveError(
            f"archive: cannot write {path}: {error}; free space or mend access, then run again"
        ) from error


def replace(fs: AbstractFileSystem, path: str, data: bytes) -> None:
    """Write a file that exists already so that a reader sees either the old or the new one."""
    write(fs, f"{path}.new", data)
    fs.mv(f"{path}.new", path)


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
    try:
        data: bytes = fs.cat_file(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ArchiveError(f"archive: cannot read {path}: {error}") from error
    return data
