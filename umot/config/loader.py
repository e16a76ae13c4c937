"""Reads `umot.yaml`: variables filled in, keys checked, errors that say what to do."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, get_args

import yaml
from pydantic import BaseModel, ValidationError

from umot.config.settings import Settings
from umot.errors import ConfigError, did_you_mean

VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def load_settings(
    path: Path, environment: Mapping[str, str] = os.environ, *, sources: Collection[str] | None = None
) -> Settings:
    """Read and check a configuration file.

    Args:
        environment: values for `${NAME}` and `${NAME:-default}` in the file's texts.
        sources: those whose parameters are needed; the others' stay as they are written, so that nobody needs secrets
            of sources that are none of his business. None: all.

    Raises:
        ConfigError: the file is missing, not YAML, names a variable that is not set, or says something unknown.
    """
    data = read_yaml(path)
    unasked = {} if sources is None else _params_of_others(data, sources)
    data = _filled(data, environment, path)
    for name, params in unasked.items():
        data["sources"][name]["params"] = params
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise ConfigError(explain(error, Settings, str(path))) from None
    check_sources(settings, path, unasked)
    return settings


def _params_of_others(data: dict[str, Any], asked: Collection[str]) -> dict[str, Any]:
    """Take out the parameters of sources that were not asked for."""
    sources = data.get("sources")
    others = (
        {name: source for name, source in sources.items() if name not in asked} if isinstance(sources, dict) else {}
    )
    return {name: s.pop("params") for name, s in others.items() if isinstance(s, dict) and "params" in s}


def check_sources(settings: Settings, path: Path, unchecked: Collection[str] = ()) -> None:
    """Check every source's parameters against its spider's own model.

    Args:
        unchecked: sources whose parameters hold variables that are not filled in.

    Raises:
        ConfigError: an unknown spider or a parameter that does not fit.
    """
    from spiders.registry import sources

    known = sources()
    for name, source in settings.sources.items():
        if source.spider not in known:
            hint = did_you_mean(source.spider, known)
            raise ConfigError(f"{path}: sources.{name}.spider: no spider {source.spider!r}{hint}")
        if name in unchecked:
            continue
        params = known[source.spider].Params
        try:
            params.model_validate(source.params)
        except ValidationError as error:
            where = f"{path}: sources.{name}.params"
            raise ConfigError(explain(error, params, where)) from None


def explain(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """Turn pydantic's findings into lines that name the key, what was found and what to do.

    Values are not repeated: they may be secrets.
    """
    lines = []
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(map(str, found["loc"]))
        message = found["msg"].removeprefix("Value error, ")
        if found["type"] == "extra_forbidden":
            message = f"unknown key{did_you_mean(str(found['loc'][-1]), _keys(model, found['loc'][:-1]))}"
        lines.append(f"{where}: {place}: {message}" if place else f"{where}: {message}")
    return "\n".join(lines)


def _keys(model: type[BaseModel], path: tuple[int | str, ...]) -> Iterable[str]:
    """Return the keys that are known at a place in the configuration."""
    for step in path:
        if isinstance(step, str) and step in model.model_fields:
            model = _model_in(model.model_fields[step].annotation) or model
    return model.model_fields


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the settings class inside an annotation such as `tuple[BrandSettings, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return what a configuration file says, as it is written.

    Raises:
        ConfigError: the file is missing or no YAML with keys.
    """
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; `umot init` writes one, or name yours with --config") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected keys such as `brands:` and `sources:`; found none")
    return data


def substituted(value: Any, fill: Callable[[re.Match[str]], str]) -> Any:
    """Replace what `VARIABLE` finds in every text of a configuration."""
    if isinstance(value, dict):
        return {key: substituted(item, fill) for key, item in value.items()}
    if isinstance(value, list):
        return [substituted(item, fill) for item in value]
    return VARIABLE.sub(fill, value) if isinstance(value, str) else value


def _filled(value: Any, environment: Mapping[str, str], path: Path) -> Any:
    """Fill `${NAME}` in every text of the configuration."""

    def fill(found: re.Match[str]) -> str:
        name, default = found.groups()
        if (filled := environment.get(name, default)) is None:
            raise ConfigError(
                f"{path}: ${{{name}}} is not set in the environment; set it, or write ${{{name}:-default}}"
            )
        return filled

    return substituted(value, fill)
