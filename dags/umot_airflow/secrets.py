"""Secrets of a workspace: from the environment, else from Airflow's connections, for as long as a task works."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from umot.errors import ConfigError
from umot.scheduling.needs import Need, needs


@contextmanager
def secrets(config: Path, sources: Collection[str]) -> Iterator[None]:
    """Put what the environment lacks into it while a task works: the workspace's own secrets and those of some sources.

    Nothing of it, nor of what the environment held before, reaches logs, templates or what tasks tell each other.

    Raises:
        ConfigError: a variable is neither in the environment nor in its connection.
    """
    concerned = [need for need in needs(config) if need.source is None or need.source in sources]
    with _environment(concerned, _all_of):
        yield


@contextmanager
def secrets_at_hand(config: Path, part: str) -> Iterator[None]:
    """Do the same with what there is of the secrets of one part of the configuration; some may be missing."""
    with _environment([need for need in needs(config) if need.where == part], _at_hand):
        yield


def _all_of(need: Need) -> Mapping[str, str]:
    connection = _connection(need)
    if connection is not None:
        return need.values(connection.login, connection.password, connection.extra_dejson, os.environ)
    if need.optional:
        return {}
    raise ConfigError(
        f"{', '.join(need.missing(os.environ))} ({need.where}): neither in the environment nor in a connection "
        f"{need.connection}; `umot airflow connections` lists what is needed"
    )


def _at_hand(need: Need) -> Mapping[str, str]:
    found = _connection(need)
    return need.given(found.login, found.password, found.extra_dejson, os.environ) if found else {}


def _connection(need: Need) -> Connection | None:
    try:
        found: Connection = Connection.get(need.connection)
    except AirflowNotFoundException:
        return None
    return found


@contextmanager
def _environment(wanted: list[Need], look: Callable[[Need], Mapping[str, str]]) -> Iterator[None]:
    """Look for what the environment lacks, mask all of it, and have it in the environment for a while."""
    values: dict[str, str] = {}
    for need in wanted:
        values |= {} if need.met(os.environ) else look(need)
        for value in need.secrets({**os.environ, **values}):
            mask_secret(value)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
