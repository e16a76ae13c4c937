"""Sends a weekly report to the channels that the configuration names, once each."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from umot.alerts.channels import Channel
from umot.alerts.messages import Message, manner_of, notice_message
from umot.config.alerts import ChannelSettings
from umot.report.build import messages, week_told
from umot.timeline import iso
from umot.workspace import Workspace

# Not `reported/`, under which reports were noted by the week in which they left: the next one would count as sent.
_SENT: Final = "reported_week"


@dataclass(slots=True)
class Sending:
    """What came of sending a report: channels that took it now, that had it before, and what is wrong with others."""

    sent: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def send_report(ws: Workspace, report: Path, as_of: datetime) -> Sending:
    """Send the report of a week to `report.channels`; a channel that has taken it once gets it no more.

    A kill between sending and noting repeats one message.

    Raises:
        StoreError: what was sent cannot be read or noted.
    """
    week = week_told(ws, as_of)
    done = Sending()
    with ws.exclusive("report"):
        for name in ws.settings.report.channels:
            key = f"{_SENT}/{week}/{name}"
            if ws.store.state.get("progress", key):
                done.before.append(name)
                continue
            channel = ws.settings.alerts.channels[name]
            with Channel(channel) as opened:
                problem = opened.send(_message(ws, channel, report, week))
            if problem:
                done.problems[name] = problem
            else:
                ws.store.state.put("progress", key, iso(as_of))
                done.sent.append(name)
    return done


def _message(ws: Workspace, channel: ChannelSettings, report: Path, week: str) -> Message:
    """Write what goes with a report; it quotes people, so the file itself leaves only where texts may."""
    manner = manner_of(ws.settings, channel)
    say = messages(manner.language)
    line = say["sent_attached" if channel.texts else "sent_path"].format(week=week, path=report)
    attachment = str(report) if channel.texts else None
    return notice_message(say["sent_subject"].format(week=week), [line], manner, attachment)
