"""Files that people name on the command line; `-` is standard input or output."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

from umot.errors import ConfigError


def reading(path: Path, option: str) -> AbstractContextManager[IO[bytes]]:
    """Open a file to read.

    Raises:
        ConfigError: it cannot be read.
    """
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(f"{option} {path}: {error.strerror}; expected a file, or - for stdin") from None


def writing(path: Path, option: str) -> AbstractContextManager[IO[str]]:
    """Open a file to write UTF-8 to.

    Raises:
        ConfigError: it cannot be written.
    """
    if str(path) == "-":
        return nullcontext(sys.stdout)
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"{option} {path}: {error.strerror}; expected a writable file, or - for stdout") from None
