"""A channel that is open for sending: Apprise in a process of its own, which can be ended and keeps its secrets."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any

from umot.alerts.messages import Message
from umot.alerts.sending import START
from umot.config.alerts import ChannelSettings


class Channel:
    """Sends messages to one service, one after the other; a context manager.

    The process starts with the first message. The URL goes through a pipe: it is no argument that other users of the
    machine could read, and what the process logs is thrown away.
    """

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    def send(self, message: Message) -> str | None:
        """Send a message and return what went wrong, in plain words without secrets; None when it was taken.

        It takes the channel's `timeout` at most, and a minute more when the process must start.
        """
        return (None if self._process else self._start()) or self._ask(asdict(message), self._settings.timeout)

    def close(self) -> None:
        """End the process, also in the middle of a message."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was still to be written has nobody to read it
                stream.close()  # type: ignore[union-attr]
        self._process = None

    def _start(self) -> str | None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "umot.alerts.sending"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        except OSError as error:
            return f"no process for sending can be started: {error.strerror}"
        job = {"url": self._settings.url.get_secret_value(), "timeout": self._settings.timeout}
        return self._ask(job, START)

    def _ask(self, line: dict[str, Any], limit: float) -> str | None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            problem: str | None = json.loads(answer)["problem"]
        except (OSError, ValueError):
            return _died(process, limit)
        return problem

    def __enter__(self) -> "Channel":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _died(process: "subprocess.Popen[str]", limit: float) -> str:
    if process.wait() == -signal.SIGALRM:
        return f"no answer within {limit:g} seconds"
    return "sending broke off unexpectedly; `umot alerts test` tries it again"
