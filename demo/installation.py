"""The demonstration's workspace: a folder with `umot.yaml`, the key of the author hashes and the site's port."""

import shutil
from contextlib import nullcontext
from pathlib import Path
from string import Template
from typing import Final

from demo.site import Site
from demo.starting import LOCK, OccupiedError, starting
from demo.survey import FILE as SURVEY
from demo.truths import RUNS, SOCIAL_REACH
from demo.year import make_year
from umot.workspace import make_author_key

CONFIG: Final = "umot.yaml"
SOCIAL: Final = "tuinpraat"
STORE: Final = "data/store"
AIRFLOW: Final = "airflow"
_PORT: Final = "site.port"
_TEMPLATE: Final = Path(__file__).parent / "umot.yaml.template"


def open_site(folder: Path) -> Site:
    """Return the web site on the workspace's port; addresses are the ids of posts, so it keeps the one it got first.

    Raises:
        OccupiedError: something else listens on that port.
    """
    file = folder / _PORT
    port = int(file.read_text()) if file.exists() else 0
    try:
        site = Site(make_year(), RUNS[0], port)
    except OSError as error:
        raise OccupiedError(
            f"port {port}, on which this demonstration lives, is in use ({error.strerror}); "
            "stop what uses it, or start anew with --fresh"
        ) from None
    file.write_text(f"{site.port}\n")
    return site


def prepare(folder: Path, *, fresh: bool = False) -> None:
    """Make the workspace's folder, empty when asked for.

    Raises:
        OccupiedError: the folder holds something that is no demonstration, or an Airflow that is running; nothing was
            removed.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / _PORT).exists():
        raise OccupiedError(f"{folder} is not empty and holds no demonstration; name another folder with --workspace")
    folder.mkdir(parents=True, exist_ok=True)
    home = folder / AIRFLOW
    if fresh:
        with starting(home) if home.exists() else nullcontext():
            _empty(folder, home / LOCK)
    # From now on it is seen to be a demonstration; its site takes any port that is free.
    if not (folder / _PORT).exists():
        (folder / _PORT).write_text("0\n")


def _empty(folder: Path, kept: Path) -> None:
    """Remove what is in a folder but one file, and the port last: broken off, it is still a demonstration."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name == _PORT):
        if entry == kept.parent:
            _empty(entry, kept)
        elif entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != kept:
            entry.unlink()


def configure(folder: Path, site: Site, store: str = STORE) -> Path:
    """Write the key of the author hashes and `umot.yaml` for a site; return the latter's path."""
    values = {"base": site.base, "reach_days": SOCIAL_REACH.days, "survey": SURVEY, "store": store}
    file = folder / CONFIG
    make_author_key(folder)
    file.write_text(Template(_TEMPLATE.read_text("utf-8")).substitute(values), "utf-8")
    return file
