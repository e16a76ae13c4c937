"""Word to those who run the pipeline, by the channels of the product's alerts."""

import logging
from pathlib import Path

from umot.alerts.channels import Channel
from umot.alerts.delivery import manner_of
from umot.alerts.messages import notice_message
from umot.alerts.messages.defusing import defused
from umot.workspace import Workspace

logger = logging.getLogger(__name__)

_LONGEST = 400


def give_notice(config: Path, subject: str, body: str) -> list[str]:
    """Tell every channel that hears of ill sources that something in the pipeline itself went wrong; return which did.

    It is sent at once: the store, which keeps what waits, may be what went wrong.

    Raises:
        ConfigError: the configuration is wrong.
    """
    told = []
    with Workspace.load(config, sources=()) as ws:
        for name, channel in ws.settings.alerts.channels.items():
            if not channel.sources:
                continue
            message = notice_message(defused(subject), [defused(body, _LONGEST)], manner_of(ws, channel))
            with Channel(channel) as opened:
                problem = opened.send(message)
            if problem:
                logger.error("%s: %s", name, problem)
            else:
                told.append(name)
    return told
