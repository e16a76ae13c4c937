"""Word to those who run the pipeline, by the channels of the product's alerts."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from filelock import FileLock
from pydantic import BaseModel, ValidationError

from umot.alerts.channels import Channel
from umot.alerts.messages import manner_of, notice_message
from umot.alerts.messages.defusing import defused
from umot.config.alerts import ChannelSettings
from umot.config.base import Slug
from umot.config.loader import explain, read_yaml
from umot.config.settings import ReportSettings, Settings, Timezone
from umot.errors import ConfigError
from umot.scheduling.needs import partly_filled, unset_variables
from umot.text import digest
from umot.timeline import local_day

logger = logging.getLogger(__name__)

_LONGEST = 400
_TOLD = ".told"
_ONCE = "The same is told once a day."
_WAIT = 300.0


class NoticeSettings(BaseModel):
    """What telling people takes of a configuration: all the rest of it may be what went wrong."""

    name: str = Settings.model_fields["name"].default
    timezone: Timezone = Settings.model_fields["timezone"].default
    demo: bool = Settings.model_fields["demo"].default
    report: ReportSettings = ReportSettings()
    channels: dict[Slug, ChannelSettings]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of days."""
        return ZoneInfo(self.timezone)


def give_notice(config: Path, subject: str, body: str, *, about: str, at: datetime) -> list[str]:
    """Tell every channel that hears of ill sources that something in the pipeline itself went wrong; return which did.

    It is sent at once: the store, which keeps what waits, may be what went wrong. For the same reason variables of
    other parts of the configuration may be missing, and a channel that lacks its own is left out.

    Args:
        about: what is told once a day on this machine, as soon as a channel took it. A kill right then repeats it.
        at: the time; its day in the workspace's zone counts.

    Raises:
        ConfigError: the channels' configuration is wrong.
    """
    settings = _settings(config, os.environ)
    day = local_day(at, settings.zone).isoformat()
    mark = config.resolve().parent / _TOLD / f"{day}-{digest(about)}"
    with _alone(mark):
        if mark.exists():
            logger.info("told today already: %s", subject)
            return []
        told = []
        for name, channel in settings.channels.items():
            if channel.sources and _told(settings, name, subject, body):
                told.append(name)
                _make(mark, day)
    return told


@contextmanager
def _alone(mark: Path) -> Iterator[None]:
    """Wait for those who tell the same; what keeps them apart, such as room on the disk, may be what is missing."""
    with ExitStack() as held:
        try:
            mark.parent.mkdir(exist_ok=True)
            held.enter_context(FileLock(mark.with_name(f"{mark.name}.lock"), timeout=_WAIT))
        except OSError as error:  # also when somebody takes longer than sending does: better twice than never
            logger.warning("%s: %s", mark.parent, error)
        yield


def _make(mark: Path, day: str) -> None:
    """Make this day's mark; those of days before go."""
    try:
        mark.touch()
        for old in mark.parent.iterdir():
            if old.name < day:
                old.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s: %s", mark.parent, error)


def _told(settings: NoticeSettings, name: str, subject: str, body: str) -> bool:
    channel = settings.channels[name]
    message = notice_message(defused(subject), [defused(body, _LONGEST), _ONCE], manner_of(settings, channel))
    with Channel(channel) as opened:
        problem = opened.send(message)
    if problem:
        logger.error("%s: %s", name, problem)
    return problem is None


def _settings(config: Path, environment: Mapping[str, str]) -> NoticeSettings:
    data = read_yaml(config)
    alerts = data.get("alerts")
    channels = _reachable(alerts.get("channels") if isinstance(alerts, dict) else None, environment)
    try:
        return NoticeSettings.model_validate(partly_filled({**data, "channels": channels}, environment))
    except ValidationError as error:
        raise ConfigError(explain(error, NoticeSettings, str(config))) from None


def _reachable(channels: Any, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the channels whose variables are set."""
    found = {}
    for name, channel in (channels if isinstance(channels, dict) else {}).items():
        if missing := [variable for variable in unset_variables(channel) if variable not in environment]:
            logger.error("%s: not told, %s not set", name, ", ".join(missing))
        else:
            found[name] = channel
    return found
