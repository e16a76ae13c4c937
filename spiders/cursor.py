"""The fetch cursor: what one run leaves for the next. Whatever cannot be read is left out."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from spiders.text import digest

VERSION = 1
MAX_VALIDATORS = 20_000
MAX_SEEN = 2_000


class TargetState(dict[str, Any]):
    """What is kept for one target (a feed, a tag on an instance, a file): JSON values by name."""

    def text(self, name: str) -> str | None:
        """Return a text, None when absent or something else."""
        value = self.get(name)
        return value if isinstance(value, str) and value else None

    def time(self, name: str) -> datetime | None:
        """Return an aware time, None when absent or something else."""
        try:
            found = datetime.fromisoformat(self.text(name) or "")
        except ValueError:
            return None
        return found if found.tzinfo else None

    def rows(self, name: str, width: int) -> list[list[str | None]]:
        """Return a table of texts, leaving out the rows of another width or with other values."""
        value = self.get(name)
        rows = value if isinstance(value, list) else []
        return [r for r in rows if isinstance(r, list) and len(r) == width and _texts(r)]

    def seen(self) -> set[str]:
        """Return the digests of what the last runs found here."""
        value = self.get("seen")
        return {v for v in value if isinstance(v, str)} if isinstance(value, list) else set()

    def remember(self, digests: Iterable[str]) -> None:
        """Keep the newest digests, a bounded number of them."""
        kept = [v for v in self.get("seen") or [] if isinstance(v, str)] if self.seen() else []
        ordered = dict.fromkeys([*kept, *digests])
        self["seen"] = list(deque(ordered, maxlen=MAX_SEEN))


class Cursor:
    """Read from and written to a JSON object: states per target, cache validators per address."""

    def __init__(self, data: Any = None) -> None:
        stored = data if isinstance(data, dict) and data.get("version") == VERSION else {}
        targets, http = stored.get("targets"), stored.get("http")
        self._targets: dict[str, Any] = dict(targets) if isinstance(targets, dict) else {}
        self._http: dict[str, list[str | None]] = {
            k: v for k, v in (http if isinstance(http, dict) else {}).items() if _validators(v)
        }

    def state(self, key: str) -> TargetState:
        """Return a copy of a target's state."""
        stored = self._targets.get(key)
        return TargetState(stored if isinstance(stored, dict) else {})

    def keep(self, key: str, state: TargetState) -> None:
        """Store a target's state."""
        self._targets[key] = dict(state)

    def validators(self, url: str) -> tuple[str | None, str | None, str | None]:
        """Return the ETag, Last-Modified and sitemap date of an address, as far as known."""
        etag, modified, listed = self._http.get(digest(url), [None, None, None])
        return etag, modified, listed

    def validate(self, url: str, etag: str | None, modified: str | None, listed: str | None) -> None:
        """Store what says that an address has not changed; nothing known = forget it."""
        self._http.pop(digest(url), None)
        if etag or modified or listed:
            self._http[digest(url)] = [etag, modified, listed]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object; the oldest validators go first when there are too many."""
        kept = list(self._http.items())[-MAX_VALIDATORS:]
        return {"version": VERSION, "targets": self._targets, "http": dict(kept)}


def _texts(row: list[Any]) -> bool:
    return all(v is None or isinstance(v, str) for v in row)


def _validators(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and _texts(value)
