"""Messages reach real receivers; what goes wrong is said without secrets."""

import logging
import subprocess
import sys
from typing import Any
from zoneinfo import ZoneInfo

import apprise
import pytest
from apprise.plugins.slack import NotifySlack
from pydantic import SecretStr

from tests.alerts.receivers import HANG, mail_server, webhook
from tests.alerts.stories import SECRET_TEXT, alert
from umot.alerts.channels import Channel
from umot.alerts.messages import Manner, alert_message
from umot.alerts.sending import UnusableUrlError, send, service_of
from umot.config.alerts import ChannelSettings

TOKEN = "s3cretTOKENxyz"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOSTILE = "Kijk <!here> @channel [hier](http://evil.example/x) <@U123> *vet* `code` & <b>bold</b> evil.example"


def opened(url: str, **settings: Any) -> Channel:
    return Channel(ChannelSettings(url=SecretStr(url), **settings))


def message(*, texts: bool = True, **changes: Any):  # type: ignore[no-untyped-def]
    return alert_message(alert(**changes), "opened", Manner("nl", AMSTERDAM, "proef", texts=texts))


def test_a_mail_holds_plain_text_and_html_and_one_line_as_its_subject() -> None:
    with (
        mail_server() as mail,
        opened(f"mailto://127.0.0.1:{mail.port}?from=umot@example.org&to=team@example.org") as channel,
    ):
        assert channel.send(message(brand="Zonne\r\nBcc: spion@example.org\r\nhoek")) is None
    (got,) = mail.got
    assert "Nieuw" in got["Subject"]
    assert "ernst 7" in got["Subject"]
    assert got["Bcc"] is None
    plain, html = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "pakket" in plain.get_content()
    assert "<li>" in html.get_content()


def test_a_webhook_gets_plain_text() -> None:
    with webhook() as hook, opened(f"json://{hook.host}/umot") as channel:
        assert channel.send(message()) is None
        assert channel.send(message()) is None
    assert len(hook.got) == 2
    assert hook.paths[0].startswith("/umot")
    assert "35 berichten" in hook.got[0]["message"]
    assert "<p>" not in hook.got[0]["message"]


def test_teams_gets_a_card_in_which_nothing_of_a_stranger_is_markup() -> None:
    with webhook(202, tls=True) as hook, opened(f"workflows://{hook.host}/WORKFLOWID/SIGNATURE?verify=no") as channel:
        assert channel.send(message(examples=[HOSTILE])) is None
    cards = str(hook.got)
    assert "evil.example" not in cards
    assert "http://evil" not in cards
    assert "@channel" not in cards
    assert "kibana.example.org" in cards
    assert "\\\\*vet\\\\*" in cards


def test_slack_is_called_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as hook:
        # Slack's address is fixed in its plugin; this process sends, so that it can lead to loopback.
        monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{hook.host}/services")
        service = service_of("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#test")
        assert send(service, message(examples=[HOSTILE], brand="<!channel> C&A")) is None
    said = str(hook.got)
    assert "<!" not in said
    assert "<@" not in said
    assert "&lt;b&gt;" not in said
    assert "evil.example" not in said
    assert "C&amp;A" in said
    assert "<https://kibana.example.org" in said


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (500, "answered 500"),
        (429, "too many requests (429)"),
        (401, "does not know these credentials (401)"),
        (302, "answered 302"),
    ],
)
def test_a_refusal_is_said_in_plain_words(status: int, says: str) -> None:
    with webhook(status) as hook:
        problem = send(service_of(f"json://{hook.host}/{TOKEN}?optional=yes"), message())
    assert problem is not None
    assert says in problem
    assert TOKEN not in problem


def test_a_mail_server_that_refuses_a_password_says_so() -> None:
    with mail_server(password=b"right") as mail:
        address = f"mailto://bot:{TOKEN}@127.0.0.1:{mail.port}?from=umot@example.org&to=team@example.org"
        with opened(address) as channel:
            assert channel.send(message()) == "the service does not know these credentials (535)"
    assert not mail.got


def test_a_redirect_is_not_followed() -> None:
    with webhook() as elsewhere, webhook(307, headers={"Location": f"http://{elsewhere.host}/"}) as hook:
        assert send(service_of(f"json://{hook.host}/"), message()) == "the service answered 307"
    assert hook.got
    assert not elsewhere.got


def test_a_service_that_hangs_is_given_up() -> None:
    with webhook(HANG) as hook, opened(f"json://{hook.host}/", timeout=1) as channel:
        assert channel.send(message()) == "no answer within 1 seconds"
    assert hook.asked.is_set()


def test_nobody_there() -> None:
    with webhook() as hook:
        host = hook.host
    with opened(f"json://{host}/{TOKEN}") as channel:
        assert channel.send(message()) == "the service cannot be reached"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"slak://{TOKEN}", "does not know the scheme slak://"),
        (f"slack://{TOKEN}", "finds something wrong"),
        (f"https://intern.example.org/hook/{TOKEN}", "write json:// or jsons://"),
    ],
)
def test_an_unusable_url_is_named_by_its_scheme_only(url: str, says: str) -> None:
    with pytest.raises(UnusableUrlError, match=says) as caught:
        service_of(url)
    assert TOKEN not in str(caught.value)


def test_nothing_is_logged_or_printed(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    with webhook(500) as hook, opened(f"json://user:{TOKEN}@{hook.host}/{TOKEN}") as channel:
        channel.send(message())
    printed = capfd.readouterr()
    assert TOKEN not in caplog.text + printed.out + printed.err
    assert SECRET_TEXT not in caplog.text + printed.out + printed.err


def test_what_is_too_long_for_a_service_is_sent_in_pieces() -> None:
    assert service_of("discord://1234567890/abcdefghijklmnop").overflow_mode == apprise.OverflowMode.SPLIT
    kept = service_of("discord://1234567890/abcdefghijklmnop?overflow=truncate")
    assert kept.overflow_mode == apprise.OverflowMode.TRUNCATE


def test_an_unusable_url_is_a_problem_of_its_channel() -> None:
    with opened(f"slak://{TOKEN}") as channel:
        assert channel.send(message()) == "Apprise does not know the scheme slak://"


def test_apprise_is_not_imported_before_something_is_sent() -> None:
    code = "import sys, umot.config, umot.alerts.delivery, umot.cli.notify; print('apprise' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
