"""The command line: `umot`."""

from umot.cli.app import main

__all__ = ["main"]
