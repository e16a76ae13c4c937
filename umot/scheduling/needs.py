"""Which variables a configuration takes from its environment, and which connections of a scheduler may hold them."""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from umot.access import Variables
from umot.config.loader import VARIABLE, read_yaml, substituted
from umot.errors import ConfigError

_STORE: Final = "elasticsearch"
_SOURCES: Final = "sources."
_ACCESS: Final = Variables("UMOT_ELASTICSEARCH")
_LOGIN: Final = (_ACCESS.user, _ACCESS.password)


@dataclass(frozen=True, slots=True)
class Need:
    """Variables of one part of a configuration, and the connection that holds them when the environment does not."""

    connection: str
    where: str
    variables: tuple[str, ...]
    optional: bool = False

    @property
    def source(self) -> str | None:
        """Return the source whose parameters need them; None when all of the workspace does."""
        return self.where.removeprefix(_SOURCES) if self.where.startswith(_SOURCES) else None

    def missing(self, environment: Mapping[str, str]) -> list[str]:
        """Return the variables that the environment lacks, of a login it holds half of only the other half."""
        half = self.optional and any(name in environment for name in _LOGIN)
        return [name for name in (_LOGIN if half else self.variables) if name not in environment]

    def met(self, environment: Mapping[str, str]) -> bool:
        """Tell whether the environment has what is needed; one way to log in is enough."""
        return not self.missing(environment) or (self.optional and _ACCESS.api_key in environment)

    def secrets(self, environment: Mapping[str, str]) -> list[str]:
        """Return the values that nobody may read in a log; a user's name is none, and may be part of other words."""
        return [environment[name] for name in self.variables if name in environment and name != _ACCESS.user]

    def values(
        self, login: str | None, password: str | None, extra: Mapping[str, Any], environment: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the variables that the environment lacks, with the values that a connection gives them.

        Raises:
            ConfigError: some stay without a value.
        """
        found = self.given(login, password, extra, environment)
        lacking = [name for name in self.missing(environment) if name not in found]
        if lacking and not self.optional:
            raise ConfigError(
                f"connection {self.connection}: no value for {', '.join(lacking)} ({self.where}): name them in its "
                "extra; a single one may be its password"
            )
        return found

    def given(
        self, login: str | None, password: str | None, extra: Mapping[str, Any], environment: Mapping[str, str]
    ) -> dict[str, str]:
        """Return those of the variables that the environment lacks to which a connection gives a value.

        Its extra names them; its password is the value of the one that neither extra nor the environment has.
        """
        missing = self.missing(environment)
        found = {name: str(extra[name]) for name in missing if name in extra}
        if self.optional:
            return found | _login(missing, login, password)
        lacking = [name for name in missing if name not in found]
        return found | {lacking[0]: password} if len(lacking) == 1 and password else found


def needs(path: Path, environment: Mapping[str, str] = os.environ) -> list[Need]:
    """Return which variables a configuration takes from the environment or from connections, part by part.

    Raises:
        ConfigError: the file cannot be read.
    """
    data = read_yaml(path)
    sources = data.pop("sources", None)
    parts = {f"{_SOURCES}{name}": source for name, source in sources.items()} if isinstance(sources, dict) else {}
    parts |= data
    names = {where: tuple(unset_variables(part)) for where, part in parts.items()}
    found = [Need(_connection(where), where, variables) for where, variables in names.items() if variables]
    store = partly_filled(data.get("store", ""), environment)
    if str(store).startswith(_STORE):
        found.append(Need(f"umot_{_STORE}", "store", (_ACCESS.api_key, *_LOGIN), optional=True))
    return found


def unset_variables(part: Any) -> list[str]:
    """Return the variables in a part of a configuration that have no default, in order."""
    found = (match for text in _texts(part) for match in VARIABLE.finditer(text))
    return list(dict.fromkeys(match[1] for match in found if match[2] is None))


def partly_filled(value: Any, environment: Mapping[str, str]) -> Any:
    """Fill in the variables that are set; the others stay as they are written."""

    def fill(found: re.Match[str]) -> str:
        filled = environment.get(found[1], found[2])
        return found[0] if filled is None else filled

    return substituted(value, fill)


def _connection(where: str) -> str:
    return f"umot_{where.removeprefix(_SOURCES)}"


def _login(missing: Collection[str], login: str | None, password: str | None) -> dict[str, str]:
    """Return what the fields of a connection give of a login; less than all that is missing of it is nothing."""
    fields = dict(zip(_LOGIN, (login, password), strict=True))
    given = {name: value for name, value in fields.items() if name in missing and value}
    return given if all(name in given for name in _LOGIN if name in missing) else {}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
