"""The whole walk: every source, then classify, index and watch."""

from collections.abc import Sequence
from datetime import datetime

from umot.errors import ConfigError, did_you_mean
from umot.ledger import Run
from umot.pipeline.classify import classify
from umot.pipeline.collect import collect
from umot.pipeline.forget import enforce_retention, retention_is_due
from umot.pipeline.index import index
from umot.pipeline.watch import watch
from umot.progress import Progress, silent
from umot.workspace import Workspace


def run_all(ws: Workspace, as_of: datetime, sources: Sequence[str] = (), progress: Progress = silent) -> list[Run]:
    """Collect the named sources (else all enabled ones), classify, index, watch; return the ledger records.

    Once a day retention is enforced as well.

    Raises:
        ConfigError: a source that is not configured.
        ModelError, StoreError: as the steps say; sources collected by then are kept.
    """
    runs = [collect(ws, name, as_of, progress) for name in chosen(ws, sources)]
    runs += [step(ws, as_of, progress) for step in (classify, index, watch)]
    if retention_is_due(ws, as_of):
        runs.append(enforce_retention(ws, as_of, progress))
    return runs


def chosen(ws: Workspace, names: Sequence[str]) -> list[str]:
    """Return the sources to work on.

    Raises:
        ConfigError: a name that is not configured.
    """
    known = ws.settings.sources
    for name in names:
        if name not in known:
            raise ConfigError(f"no source {name!r} in the configuration{did_you_mean(name, known)}")
    return list(names) or [name for name, source in known.items() if source.enabled]
