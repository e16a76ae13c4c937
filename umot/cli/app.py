"""The application: commands by group, errors as one plain line and an exit code."""

import os
import sys

import typer

from umot import __version__
from umot.cli import alerts, data, health, kibana, migrate, model, scheduling, series, setup, walk
from umot.errors import UmotError

INTERRUPTED = 130
_FULL = 28

app = typer.Typer(
    name="umot",
    help="What customers publish about a brand, along the moments of truth.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 fine, 1 error, 2 wrong configuration or usage, 3 a source needs a look, 4 query refused, "
    "5 store, 6 model, 7 archive, 130 interrupted.",
)
for group in (setup, walk, alerts, health, model, data, series, migrate, kibana, scheduling):
    group.register(app)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"umot {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        app()
    except UmotError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted; run the same command again to go on", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        hint = "; free some space and run the same command again" if error.errno == _FULL else ""
        _fail(f"{error}{hint}", 1)


def _fail(message: str, code: int) -> None:
    sys.stderr.write(f"umot: {message}\n")
    sys.exit(code)
