"""Messages of facts: every one as plain text and as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Final, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import jinja2

from umot.alert import Alert
from umot.alerts.messages import wording
from umot.alerts.messages.defusing import defused
from umot.alerts.outbox import Event
from umot.config.alerts import ChannelSettings
from umot.config.settings import ReportSettings

_LINES: Final = 20
_QUOTE: Final = 280
_REASON: Final = 400


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: one line, and the rest as plain text and as HTML."""

    subject: str
    text: str
    html: str
    attachment: str | None = None
    """Path of a file that goes along where the service takes files."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How one channel is spoken to."""

    language: str
    zone: ZoneInfo
    name: str
    texts: bool = False
    demo: bool = False

    @property
    def say(self) -> wording.Catalogue:
        """The words of the language."""
        return wording.catalogue(self.language)


class _Speaker(Protocol):
    """The settings that decide how a workspace speaks."""

    @property
    def name(self) -> str: ...
    @property
    def zone(self) -> ZoneInfo: ...
    @property
    def demo(self) -> bool: ...
    @property
    def report(self) -> ReportSettings: ...


def manner_of(speaker: _Speaker, channel: ChannelSettings) -> Manner:
    """Return how a channel is spoken to."""
    language = channel.language or speaker.report.language
    return Manner(language, speaker.zone, speaker.name, texts=channel.texts, demo=speaker.demo)


@dataclass(slots=True)
class _Body:
    """What stands below the subject; every part is safe as plain text, not yet as HTML."""

    lines: list[str]
    quotes: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)


def alert_message(alert: Alert, event: Event, manner: Manner) -> Message:
    """Tell one alert as it stands now."""
    say = manner.say
    title = wording.title_of(alert, manner.language)
    subject = say["subject"].format(
        name=defused(manner.name), event=say["event"][event], title=title, severity=alert.severity
    )
    body = _Body(_facts(alert, event, manner), links=_links(alert, say))
    if manner.texts:
        body.lines += _words(alert, say)
        body.quotes = [quote for text in alert.examples if (quote := defused(text, _QUOTE))]
    return _message(subject, body, manner)


def digest_message(told: Sequence[tuple[Alert, Event]], manner: Manner) -> Message:
    """Tell several alerts in one message, a line each, the severest first."""
    say = manner.say
    ordered = sorted(told, key=lambda each: (-each[0].severity, each[0].since))
    subject = wording.counted(
        say["digest"], len(ordered), say, name=defused(manner.name), severity=str(ordered[0][0].severity)
    )
    lines = [_digest_line(alert, event, manner) for alert, event in ordered[:_LINES]]
    if more := len(ordered) - len(lines):
        lines.append(say["digest_more"].format(n=more))
    return _message(subject, _Body(lines), manner)


def trial_message(channel: str, manner: Manner) -> Message:
    """Say that nothing has happened."""
    subject = manner.say["test_subject"].format(name=defused(manner.name))
    return _message(subject, _Body([manner.say["test"].format(channel=channel)]), manner)


def notice_message(subject: str, lines: Sequence[str], manner: Manner, attachment: str | None = None) -> Message:
    """Tell something that is no alert, in words that are safe as plain text."""
    written = _message(f"{defused(manner.name)}: {subject}", _Body(list(lines)), manner)
    return replace(written, attachment=attachment)


def _digest_line(alert: Alert, event: Event, manner: Manner) -> str:
    title, say = wording.title_of(alert, manner.language), manner.say
    line: str = say["digest_line"].format(
        event=say["event"][event], title=title, severity=alert.severity, since=alert.since
    )
    return line


def _facts(alert: Alert, event: Event, manner: Manner) -> list[str]:
    """Return the lines that every channel gets."""
    say = manner.say
    lines = [
        say["severity"].format(severity=alert.severity),
        wording.span(alert, say, over=event == "closed"),
        wording.how_many(alert, say),
        wording.how_unlikely(alert.p, say),
        wording.who_writes(alert, say),
        say["cold_start"] if alert.cold_start else None,
        say["invited"] if alert.invited else None,
        defused(alert.reason, _REASON) if alert.reason else None,
        _missing(alert, manner),
    ]
    if len(alert.moments) > 1:
        lines.append(wording.listed(say["moments"], [wording.moment_name(code, say) for code in alert.moments]))
    if alert.alike:
        lines.append(wording.listed(say["alike"], alert.alike))
    if alert.about == "brand" and alert.sources:
        lines.append(wording.listed(say["sources"], alert.sources))
    return [line for line in lines if line]


def _missing(alert: Alert, manner: Manner) -> str | None:
    """Say what was not collected."""
    since, until = (_local(at, manner.zone) for at in (alert.missing_from, alert.missing_to))
    if since is None:
        return None
    form: str = manner.say["missing" if until else "missing_since"]
    return form.format(since=since, until=until)


def _local(at: str | None, zone: ZoneInfo) -> str | None:
    return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}" if at else None


def _words(alert: Alert, say: wording.Catalogue) -> list[str]:
    """Return what is only told where texts may leave."""
    terms = [*alert.terms, *alert.phrases]
    lines = [wording.listed(say["terms"], terms)] if terms else []
    return [*lines, wording.listed(say["products"], alert.products)] if alert.products else lines


def _links(alert: Alert, say: wording.Catalogue) -> list[tuple[str, str]]:
    """Return label and address of each page; a report that is a file has none."""
    pages = ((say["kibana"], alert.kibana), (say["report"], alert.report))
    return [(label, url) for label, url in pages if url and urlsplit(url).scheme in ("http", "https")]


def _message(subject: str, body: _Body, manner: Manner) -> Message:
    foot = manner.say["foot"].format(name=defused(manner.name))
    html = _template().render(
        lines=body.lines,
        quotes=body.quotes,
        links=body.links,
        demo=manner.demo,
        say=manner.say,
        foot=foot,
    )
    return Message(subject, _plain(body, manner, foot), html)


def _plain(body: _Body, manner: Manner, foot: str) -> str:
    """Write paragraphs with an empty line between them."""
    paragraphs = [
        body.lines,
        [f"{manner.say['examples']}:", *(f"“{quote}”" for quote in body.quotes)] if body.quotes else [],
        [f"{label}: {url}" for label, url in body.links],
        [manner.say["demo"]] if manner.demo else [],
        [foot],
    ]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if any(lines)) + "\n"


@cache
def _template() -> jinja2.Template:
    loader = jinja2.PackageLoader("umot.alerts", "messages")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.get_template("message.html.j2")
