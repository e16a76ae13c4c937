"""Secrets of a workspace: from the environment, else from Airflow's connections, for as long as a task works."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from umot.errors import ConfigError
from umot.scheduling.needs import Need, needs


@contextmanager
def secrets(config: Path, sources: Collection[str], *, part: str | None = None) -> Iterator[None]:
    """Put what the environment lacks into it while a task works: the workspace's own secrets and those of some sources.

    Nothing of it, nor of what the environment held before, reaches logs, templates or what tasks tell each other.

    Args:
        part: the only part of the configuration that matters; None: all that concerns these sources.

    Raises:
        ConfigError: a variable is neither in the environment nor in its connection.
    """
    found: dict[str, str] = {}
    for need in needs(config):
        if _concerns(need, sources) and part in (None, need.where):
            found |= {} if need.met(os.environ) else _from_connection(need)
            for value in need.secrets({**os.environ, **found}):
                mask_secret(value)
    with _environment(found):
        yield


def _concerns(need: Need, sources: Collection[str]) -> bool:
    return need.source is None or need.source in sources


def _from_connection(need: Need) -> Mapping[str, str]:
    try:
        connection = Connection.get(need.connection)
    except AirflowNotFoundException:
        if need.optional:
            return {}
        raise ConfigError(
            f"{', '.join(need.missing(os.environ))} ({need.where}): neither in the environment nor in a connection "
            f"{need.connection}; `umot airflow connections` lists what is needed"
        ) from None
    return need.values(connection.login, connection.password, connection.extra_dejson, os.environ)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
