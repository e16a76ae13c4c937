"""How a command of the package ends: an error made for people is one line, not a traceback."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

from sentiment.errors import CorpusError, ModelUnavailableError

Arguments = ParamSpec("Arguments")


def directory(value: str) -> Path:
    """Return an option's directory; one that is not there is a mistake, not a wish for less."""
    path = Path(value)
    if not path.is_dir():
        raise ArgumentTypeError(f"{value}: no such directory")
    return path


def command(main: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """Make a command print what it cannot work with on one line of stderr and return exit status 1."""

    @wraps(main)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> int:
        try:
            return main(*args, **kwargs)
        except (ModelUnavailableError, CorpusError) as error:
            print(" ".join(str(error).split()), file=sys.stderr)
            return 1

    return run
