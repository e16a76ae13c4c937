"""Sends messages to one service through Apprise: `python -m umot.alerts.sending`, a process of its own.

The first line of standard input is `{"url", "timeout"}`, every other one `{"subject", "text", "html", "attachment"}`;
every line is answered by `{"problem": null}` or by what is wrong in plain words, which never repeat the URL. A
service that takes longer than `timeout` seconds for a message ends the process, whatever it waits for. What libraries
print goes nowhere.
"""

import html
import json
import logging
import os
import re
import signal
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from umot.alerts.messages import Message

if TYPE_CHECKING:
    from apprise import NotifyBase

START: Final = 60.0
"""Seconds that the process may take until it is ready for messages."""

_APP: Final = "UMOT monitor"
_READ: Final = 30.0
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_STATUS: Final = re.compile(r"(?:error[= ]|HTTP |\()(\d{3})\b")
_MAIL: Final = re.compile(r"Socket Exception: ")  # a mail server's answer, which Apprise tells for debugging only
_CONNECTION: Final = re.compile(r"connection|socket", re.IGNORECASE)
_MEANING: Final = {
    "401": "does not know these credentials",
    "403": "does not allow this with these credentials",
    "404": "has nothing at this address",
    "410": "has nothing at this address any more",
    "413": "finds the message too long",
    "429": "has too many requests",
    "535": "does not know these credentials",
}


class UnusableUrlError(ValueError):
    """Apprise cannot use a URL; the text says what is wrong without repeating it."""


def service_of(url: str) -> "NotifyBase":
    """Return the service that an Apprise URL names.

    It follows no redirects unless its URL says `redirect=yes`, keeps nothing on disk, and links to no picture.

    Raises:
        UnusableUrlError: Apprise does not know it, or lacks something in it.
    """
    from apprise import Apprise, AppriseAsset, NotificationManager, OverflowMode

    asset = AppriseAsset(
        app_id=_APP,
        app_desc=_APP,
        app_url="",
        async_mode=False,
        http_redirects=False,
        image_url_logo="",
        image_url_mask="",
        pem_autogen=False,
        pgp_autogen=False,
        secure_logging=True,
        service_timeout=0,
    )
    service = Apprise.instantiate(url, asset=asset)
    if service is None:
        raise UnusableUrlError(_unusable(url, NotificationManager()))  # type: ignore[no-untyped-call]
    if "overflow=" not in url:
        service.overflow_mode = OverflowMode.SPLIT
    if "rto=" not in url:
        service.socket_read_timeout = _READ
    return service


def send(service: "NotifyBase", message: Message) -> str | None:
    """Send a message and return what went wrong, in plain words; None when the service took it.

    The service gets what it likes best: plain text, or HTML, of which Apprise makes its markup with everything escaped.
    """
    from apprise import Apprise, NotifyFormat

    is_plain = service.resolve_format() == NotifyFormat.TEXT
    subject, body = message.subject, message.text if is_plain else message.html
    if service.title_maxlen <= 0:
        # Apprise would put it into the body as it is; there it stands as the first line already.
        subject, body = "", _with_subject(message, body, is_plain=is_plain)
    everyone = Apprise(asset=service.asset, log_level=logging.DEBUG)
    everyone.add(service)
    form = NotifyFormat.TEXT if is_plain else NotifyFormat.HTML
    result = everyone.notify(body=body, title=subject, body_format=form, attach=message.attachment)
    attempts = [attempt for each in result for attempt in each.attempts]
    if attempts and attempts[-1]:  # not the result itself: a URL may call its own failures optional
        return None
    logged = [entry for attempt in attempts for entry in attempt.logs]
    return _problem(entry.message for entry in logged if entry.level != "DEBUG" or _MAIL.match(entry.message))


def _with_subject(message: Message, body: str, *, is_plain: bool) -> str:
    return f"{message.subject}\n\n{body}" if is_plain else f"<p><b>{html.escape(message.subject)}</b></p>\n{body}"


def _unusable(url: str, known: Any) -> str:
    found = _SCHEME.match(url)
    scheme = found[1].lower() if found else ""
    if scheme in ("http", "https"):
        return "the page is of no service that Apprise knows by its address; for a webhook write json:// or jsons://"
    if scheme not in known:
        return f"Apprise does not know the scheme {scheme}://"
    return f"Apprise finds something wrong in, or missing from, what follows {scheme}://"


def _problem(logged: Iterable[str]) -> str:
    """Say in own words what was logged: the log itself may hold addresses and tokens."""
    lines = list(logged)
    for line in reversed(lines):
        if found := _STATUS.search(line):
            meaning = _MEANING.get(found[1])
            return f"the service {meaning} ({found[1]})" if meaning else f"the service answered {found[1]}"
    if any(_CONNECTION.search(line) for line in lines):
        return "the service cannot be reached"
    return "the service did not take the message"


def main() -> None:
    """Answer line by line until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    logging.getLogger("apprise").setLevel(logging.DEBUG)
    job = json.loads(sys.stdin.readline())
    signal.setitimer(signal.ITIMER_REAL, START)
    try:
        service = service_of(job["url"])
    except UnusableUrlError as error:
        _answer(answers, str(error))
        return
    _answer(answers, None)
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_REAL, job["timeout"])
        _answer(answers, send(service, Message(**json.loads(line))))


def _answer(answers: Any, problem: str | None) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    answers.write(json.dumps({"problem": problem}) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
