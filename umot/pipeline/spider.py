"""One spider as a subprocess: a job goes in, items come out line by line."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

_GRACE = 10.0
_TAIL = 2000

Message = dict[str, Any]


class SpiderProcess:
    """Runs `python -m spiders.runner` for one job; iterate for its messages, the last one has type `end`.

    Relative paths in its parameters start at the workspace's folder. A runner that dies without an end line yields one
    with finish `failed` and the tail of its log, so that the reader always learns how it ended.
    """

    def __init__(self, job: Message, *, folder: Path, time_budget: float) -> None:
        self._folder = folder
        self._budget = time_budget
        self._job = job

    def __enter__(self) -> "SpiderProcess":
        self._log: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "spiders.runner"],  # -P: modules of the workspace's folder stay out
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        # First politely, so that it can say how far it came; then for good.
        self._timers = [
            threading.Timer(self._budget, self._process.terminate),
            threading.Timer(self._budget + _GRACE, self._process.kill),
        ]
        for timer in self._timers:
            timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for timer in self._timers:
            timer.cancel()
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()

    def __iter__(self) -> Iterator[Message]:
        self._hand_over()
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                message: Message = json.loads(line)
            except ValueError:
                break  # cut off in the middle of a line
            yield message
            if message["type"] == "end":
                return
        yield self._died()

    def _hand_over(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(self._job).encode())
            self._process.stdin.close()
        except BrokenPipeError:
            self._process.stdin = None  # it died at once: its log says why

    def _died(self) -> Message:
        code = self._process.wait()
        self._log.seek(0)
        tail = self._log.read()[-_TAIL:].decode("utf-8", "replace").strip().splitlines()
        reason = tail[-1] if tail else "no message"
        return {
            "type": "end",
            "finish": "failed",
            "reason": f"spider ended with code {code}: {reason}",
        }
