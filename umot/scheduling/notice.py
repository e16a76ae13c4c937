"""Word to those who run the pipeline, by the channels of the product's alerts."""

import logging
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from umot.alerts.channels import Channel
from umot.alerts.messages import Manner, Message, notice_message
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


class Outline(BaseModel):
    """What telling people takes of a configuration: all the rest of it may be what went wrong."""

    name: str = Settings.model_fields["name"].default
    timezone: Timezone = Settings.model_fields["timezone"].default
    demo: bool = Settings.model_fields["demo"].default
    report: ReportSettings = ReportSettings()
    channels: dict[Slug, ChannelSettings]


def give_notice(config: Path, subject: str, body: str, *, about: str, at: datetime) -> list[str]:
    """Tell every channel that hears of ill sources that something in the pipeline itself went wrong; return which did.

    It is sent at once: the store, which keeps what waits, may be what went wrong. For the same reason variables of
    other parts of the configuration may be missing, and a channel that lacks its own is left out.

    Args:
        about: what is told once a day on this machine, as soon as a channel took it.
        at: the time; its day in the workspace's zone counts.

    Raises:
        ConfigError: the channels' configuration is wrong.
    """
    outline = _outline(config, os.environ)
    day = local_day(at, ZoneInfo(outline.timezone)).isoformat()
    mark = config.resolve().parent / _TOLD / f"{day}-{digest(about)}"
    if not _is_first(mark, day):
        logger.info("told today already: %s", subject)
        return []
    lines = [defused(body, _LONGEST), _ONCE]
    told = [
        name for name, channel in outline.channels.items() if channel.sources and _told(outline, name, subject, lines)
    ]
    if not told:
        mark.unlink(missing_ok=True)
    return told


def _is_first(mark: Path, day: str) -> bool:
    """Tell whether nobody has made this day's mark, which is made now; those of days before go."""
    try:
        mark.parent.mkdir(exist_ok=True)
        mark.touch(exist_ok=False)
        for old in mark.parent.iterdir():
            if old.name < day:
                old.unlink(missing_ok=True)
    except FileExistsError:
        return False
    except OSError as error:  # such as a full disk, which is worth telling
        logger.warning("%s: %s", mark.parent, error.strerror)
    return True


def _told(outline: Outline, name: str, subject: str, lines: list[str]) -> bool:
    channel = outline.channels[name]
    with Channel(channel) as opened:
        problem = opened.send(_message(outline, channel, subject, lines))
    if problem:
        logger.error("%s: %s", name, problem)
    return problem is None


def _message(outline: Outline, channel: ChannelSettings, subject: str, lines: list[str]) -> Message:
    language, zone = channel.language or outline.report.language, ZoneInfo(outline.timezone)
    manner = Manner(language, zone, outline.name, texts=channel.texts, demo=outline.demo)
    return notice_message(defused(subject), lines, manner)


def _outline(config: Path, environment: Mapping[str, str]) -> Outline:
    data = read_yaml(config)
    alerts = data.get("alerts")
    channels = _reachable(alerts.get("channels") if isinstance(alerts, dict) else None, environment)
    try:
        return Outline.model_validate(partly_filled({**data, "channels": channels}, environment))
    except ValidationError as error:
        raise ConfigError(explain(error, Outline, str(config))) from None


def _reachable(channels: Any, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the channels whose variables are set."""
    found = {}
    for name, channel in (channels if isinstance(channels, dict) else {}).items():
        if missing := [variable for variable in unset_variables(channel) if variable not in environment]:
            logger.error("%s: not told, %s not set", name, ", ".join(missing))
        else:
            found[name] = channel
    return found
