"""A post of the made-up year, and how it looked at any moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from demo.phrases import Language, Mood

Channel = Literal["reviews", "questions", "blog", "social", "survey"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something added to a post later: the brand's answer, or its author's edit (the whole new text)."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What somebody wrote about a brand. `stance` and `mood` are what was planted, not what is served.

    `shown` is False for authors who asked to be left out: they are served and must not be collected.
    """

    number: int
    brand: str
    channel: Channel
    stance: str
    mood: Mood
    published: datetime
    author: str
    language: Language
    text: str
    stars: int | None = None
    product: str | None = None
    title: str | None = None
    answer: Note | None = None
    edit: Note | None = None
    removed: datetime | None = None
    shared: datetime | None = None
    shown: bool = True

    def is_public(self, as_of: datetime) -> bool:
        """Tell whether the post can be seen at a time."""
        return self.published <= as_of and not (self.removed and self.removed <= as_of)

    def text_at(self, as_of: datetime) -> str:
        """Return the text as it stood at a time."""
        return self.edit.text if self.edit and self.edit.at <= as_of else self.text

    def answer_at(self, as_of: datetime) -> Note | None:
        """Return the brand's answer when it was there by then."""
        return self.answer if self.answer and self.answer.at <= as_of else None

    def edited_at(self, as_of: datetime) -> datetime | None:
        """Return when the author last changed it."""
        return self.edit.at if self.edit and self.edit.at <= as_of else None

    def changed_at(self, as_of: datetime) -> datetime:
        """Return the last change that could be seen at a time."""
        later = [note.at for note in (self.answer, self.edit) if note and note.at <= as_of]
        return max(self.published, *later) if later else self.published
