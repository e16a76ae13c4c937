"""Options that commands share, and how they open a workspace."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umot.timeline import parse_past

if TYPE_CHECKING:
    from umot.workspace import Workspace

Config = Annotated[
    Path, typer.Option("--config", "-c", envvar="UMOT_CONFIG", help="Configuration file of the workspace.")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="Work as if it were this date or time (ISO 8601); default: now.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Sources = Annotated[list[str] | None, typer.Argument(help="Sources by name; default: all enabled ones.")]

DEFAULT_CONFIG = Path("umot.yaml")


def opened(config: Path, *, read_only: bool = False) -> "Workspace":
    """Open the workspace of a configuration file."""
    from umot.workspace import Workspace  # pydantic and YAML: not needed for --help

    return Workspace.load(config, read_only=read_only)


def moment(as_of: str | None, ws: "Workspace") -> datetime:
    """Return the time to work at; the only place where the clock is read.

    Raises:
        ConfigError: no date or time, or one that is yet to come.
    """
    now = datetime.now(UTC)
    return parse_past(as_of, now, ws.settings.zone, "--as-of") if as_of else now
