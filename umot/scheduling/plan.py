"""A configuration as a scheduler sees it: which sources run when, and which variables are filled in by then.

Read often, by processes that hold no secrets: variables that are not set stay as they are written.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, Field, ValidationError

from umot.config.loader import explain, read_yaml
from umot.config.settings import SentimentSettings, Settings, SourceSettings, Timezone
from umot.errors import ConfigError
from umot.scheduling.needs import partly_filled, unset_variables

MODEL_POOL: Final = "umot_model"
STORE_POOL: Final = "umot_store"


class Outline(BaseModel):
    """The part of a configuration that must be complete before secrets are filled in."""

    timezone: Timezone = Settings.model_fields["timezone"].default
    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    sentiment: SentimentSettings = Field(default_factory=SentimentSettings)


@dataclass(frozen=True, slots=True)
class Plan:
    """The enabled sources of a workspace by name, the time zone of their schedules, and how many tasks classify."""

    path: Path
    timezone: str
    sources: Mapping[str, SourceSettings]
    classifiers: int

    @property
    def scheduled(self) -> bool:
        """Tell whether any source is collected by the clock."""
        return any(source.schedule for source in self.sources.values())

    @property
    def pools(self) -> dict[str, dict[str, Any]]:
        """Return the pools of the tasks as `airflow pools import` takes them: a source, and the store, is for one task.

        The classifiers share a pool with a place for each.
        """
        described = {pool_of(name): f"Collecting {name}" for name in self.sources}
        described |= {MODEL_POOL: "Classifiers at work", STORE_POOL: "Steps that rewrite the store"}
        slots = {MODEL_POOL: self.classifiers}
        return {
            n: {"slots": slots.get(n, 1), "description": d, "include_deferred": False} for n, d in described.items()
        }


def pool_of(source: str) -> str:
    """Return the name of a source's own pool."""
    return f"umot_collect_{source}"


def config_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the configuration: `UMOT_CONFIG`, else `umot.yaml`."""
    return Path(environment.get("UMOT_CONFIG", "umot.yaml"))


def read_plan(path: Path, environment: Mapping[str, str] = os.environ) -> Plan:
    """Read what a scheduler needs of a configuration, in a few milliseconds and without secrets.

    Raises:
        ConfigError: the configuration is wrong, as far as it can be seen without the variables that are not set.
    """
    data = partly_filled(read_yaml(path), environment)
    try:
        settings = Settings.model_validate(data)
        outline = Outline(timezone=settings.timezone, sources=settings.sources, sentiment=settings.sentiment)
    except ValidationError as error:
        if any(not _is_open(data, found["loc"]) for found in error.errors(include_url=False)):
            raise ConfigError(explain(error, Settings, str(path))) from None
        outline = _outline(data, path)
    enabled = {name: source for name, source in outline.sources.items() if source.enabled}
    return Plan(path, outline.timezone, enabled, outline.sentiment.workers)


def _is_open(data: Any, place: tuple[int | str, ...]) -> bool:
    """Tell whether what stands at a place depends on a variable that is not set."""
    for step in place:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            break
    return bool(place) and bool(unset_variables(data))


def _outline(data: dict[str, Any], path: Path) -> Outline:
    try:
        return Outline.model_validate(data)
    except ValidationError as error:
        hint = "the scheduler needs this before secrets are filled in: give the variable a default (${NAME:-default})"
        raise ConfigError(f"{explain(error, Outline, str(path))}\n{hint}") from None
