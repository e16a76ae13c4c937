"""Credentials of a service, from the environment only: an API key, or user and password, and an authority to trust."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from umot.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Variables:
    """The environment variables of a service, such as `UMOT_KIBANA`."""

    service: str

    @property
    def api_key(self) -> str:
        """Name of the variable that holds the encoded API key."""
        return f"{self.service}_API_KEY"

    @property
    def user(self) -> str:
        """Name of the variable that holds the user."""
        return f"{self.service}_USER"

    @property
    def password(self) -> str:
        """Name of the variable that holds the password."""
        return f"{self.service}_PASSWORD"

    @property
    def ca(self) -> str:
        """Name of the variable that names the authority's PEM file."""
        return f"{self.service}_CA"

    def __str__(self) -> str:
        return f"{self.api_key}, or {self.user} and {self.password}"


@dataclass(frozen=True, slots=True)
class Access:
    """What opens a service; secrets are never shown."""

    ca: Path | None = None
    api_key: str | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)


def read_access(variables: Variables, environment: Mapping[str, str]) -> Access:
    """Read the credentials of a service.

    Raises:
        ConfigError: half a credential, two of them, a key that is none, or a CA file that is not there.
    """
    return Access(_ca(variables, environment), _api_key(variables, environment), _basic(variables, environment))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ca(variables: Variables, environment: Mapping[str, str]) -> Path | None:
    if not (named := environment.get(variables.ca)):
        return None
    path = Path(named)
    if not path.is_file():
        raise ConfigError(
            f"{variables.ca}: no file {named}: name the PEM file of the authority that signed the certificate"
        )
    return path


def _api_key(variables: Variables, environment: Mapping[str, str]) -> str | None:
    key = environment.get(variables.api_key, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(f"{variables.api_key}: expected the encoded key, as it is shown once when it is made")
    return key or None


def _basic(variables: Variables, environment: Mapping[str, str]) -> tuple[str, str] | None:
    user, password = environment.get(variables.user), environment.get(variables.password)
    if bool(user) != bool(password):
        found, lacking = (variables.user, variables.password) if user else (variables.password, variables.user)
        raise ConfigError(f"{found} is set, {lacking} is not: set both, or {variables.api_key} alone")
    if user and environment.get(variables.api_key):
        raise ConfigError(f"both {variables.api_key} and {variables.user} are set: keep one of them")
    return (user, password) if user and password else None
