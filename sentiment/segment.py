"""Cut a text into mentions: sentences as reviewers type them, then clauses with their own predicate.

A mention is at most a sentence; clauses are cut eagerly, because neighbours that the model finds
alike are joined again (`classify`). Offsets count code points of the text as given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import regex

from sentiment.connectives import (
    ABBREVIATIONS,
    CLOSING_ABBREVIATIONS,
    CONTRAST,
    COORDINATION,
    MONTHS,
    SUBORDINATION,
)

MAX_LENGTH: Final = 400

_EMOJI: Final = r"[\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f]"
_CLOSERS: Final = rf"[\"'”’»)\]]*(?:\s*(?:{_EMOJI}|[:;]-?[()DP](?!\w)))*"
_BREAK: Final = regex.compile(
    rf"(?P<line>(?<![^\S\n])[^\S\n]*+\n\s*+)"
    rf"|(?P<stop>(?<![.!?…])[.!?…]++{_CLOSERS})(?:\s++|$)"
    rf"|(?<=[\p{{Ll}}\d])(?P<tight>[.!?]+)(?=\p{{Lu}}\p{{Ll}})"
    rf"|(?P<emoji>\s?(?<!{_EMOJI}){_EMOJI}++)\s++(?=[\p{{L}}\d])"
)
# A run of blanks is tried once, at its begin: a text of blanks alone must not cost its square.
_GAP: Final = r"(?:,|(?<![\s,]))\s++"
_CONNECTORS: Final = "|".join(part for line in CONTRAST.split("\n") for part in line.strip().split("|"))
_CLAUSE: Final = regex.compile(
    rf"(?P<contrast>{_GAP})(?=(?:{_CONNECTORS})\b)"
    rf"|(?P<mark>;\s++|(?<!\s)\s++[-–—]++\s++|\.\.+\s*+|…\s*+)"
    rf"|(?P<join>{_GAP})(?=(?:{COORDINATION})\s)"
    rf"|(?P<comma>,\s++)",
    regex.IGNORECASE,
)
_LEAST_WORDS: Final = {"contrast": 2, "mark": 2, "join": 4, "comma": 4}
_WORD: Final = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}'’]*")
_CONTENT: Final = regex.compile(rf"[\p{{L}}\p{{N}}]|{_EMOJI}")
_BULLET: Final = regex.compile(r"\d{1,2}|[a-zA-Z]")
_LAST_TOKEN: Final = regex.compile(r"\S+$")
_WRAPPED: Final = 60
_VIEW: Final = 200

Span = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """The code points [start, end) of one mention, and the number of its sentence."""

    start: int
    end: int
    sentence: int


def segment(text: str) -> list[Piece]:
    """Return the mentions of a text in order; none for a text without letters, digits or emoji."""
    return [
        Piece(start, end, number)
        for number, sentence in enumerate(sentences(text))
        for clause in clauses(text, sentence)
        for start, end in _limited(text, clause)
    ]


def sentences(text: str) -> list[Span]:
    """Return the sentences, trimmed; a stretch without content joins the one before it."""
    cuts = [0, *(end for end in _sentence_ends(text)), len(text)]
    return _contentful(text, pairwise(cuts))


def _sentence_ends(text: str) -> Iterator[int]:
    last = 0
    for match in _BREAK.finditer(text):
        if _ends_sentence(text, match, last):
            last = match.end()
            yield last


def _ends_sentence(text: str, match: regex.Match[str], last: int) -> bool:
    if match["line"] is not None:
        return not _is_wrapped(text, match, last)
    if match["tight"] is not None:
        return not _is_address(text, match.start())
    if match["emoji"] is not None:
        return _words(text[max(last, match.start() - _VIEW) : match.start()]) >= 2
    if match["stop"].startswith(("..", "…")):
        return text[match.end() : match.end() + 1].isupper()
    return match["stop"] != "." or not _is_abbreviated(text, match, last)


def _is_wrapped(text: str, match: regex.Match[str], last: int) -> bool:
    # A line that was broken by width goes on in lower case.
    line = text[max(last, text.rfind("\n", 0, match.start()) + 1) : match.start()]
    goes_on = text[match.end() : match.end() + 1].islower()
    return match["line"].count("\n") == 1 and len(line) > _WRAPPED and goes_on


def _is_address(text: str, place: int) -> bool:
    token = _LAST_TOKEN.search(text, max(0, place - 80), place)
    return token is not None and any(mark in token[0] for mark in ("://", "www.", "@"))


def _is_abbreviated(text: str, match: regex.Match[str], last: int) -> bool:
    found = _LAST_TOKEN.search(text, max(last, match.start() - 40), match.start())
    if found is None:
        return True
    token = found[0].lstrip("(\"'").lower()
    following = text[match.end() :][:12]
    if token.isdigit() or _BULLET.fullmatch(token):
        return _is_number(text, token, found.start(), last, following)
    if token in CLOSING_ABBREVIATIONS:
        return not following[:1].isupper()
    return token in ABBREVIATIONS


def _is_number(text: str, token: str, start: int, last: int, following: str) -> bool:
    # "1. " opens a list item, "3. Mai" is a date, "J. Smit" an initial; "in 2024. Daarna" ends.
    opens = not text[last:start].strip()
    month = following.split(" ")[0].strip(".,").lower() in MONTHS
    return opens or month or following[:1].islower() or (token.isalpha() and len(token) == 1)


def clauses(text: str, sentence: Span) -> list[Span]:
    """Return the clauses of a sentence, cut where both sides are long enough to stand alone."""
    start, end = sentence
    cuts = [start]
    for match in _CLAUSE.finditer(text, start, end):
        if _begins_clause(text, match, cuts[-1], end):
            cuts.append(match.end())
    return _contentful(text, pairwise([*cuts, end]))


def _begins_clause(text: str, match: regex.Match[str], start: int, end: int) -> bool:
    kind = match.lastgroup or "comma"
    least = _LEAST_WORDS[kind]
    left = text[max(start, match.start() - _VIEW) : match.start()]
    right = text[match.end() : min(end, match.end() + _VIEW)]
    if _words(left) < least or _words(right) < least:
        return False
    return kind in ("contrast", "mark") or not _depends(left, right)


def _depends(left: str, right: str) -> bool:
    # "Toen ik belde, was er niemand": one predicate leans on the other.
    firsts = (_WORD.search(side) for side in (left, right))
    return any(first is not None and first[0].lower() in SUBORDINATION for first in firsts)


def _words(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def _limited(text: str, span: Span) -> Iterator[Span]:
    start, end = span
    while end - start > MAX_LENGTH:
        space = text.rfind(" ", start + MAX_LENGTH // 2, start + MAX_LENGTH)
        stop = space if space > 0 else start + MAX_LENGTH
        yield _trimmed(text, start, stop)
        start = stop
    if start < end:
        yield _trimmed(text, start, end)


def _contentful(text: str, spans: Iterator[Span]) -> list[Span]:
    kept: list[Span] = []
    pending: int | None = None
    for span in spans:
        start, end = _trimmed(text, *span)
        if start == end:
            continue
        if _CONTENT.search(text, start, end):
            kept.append((start if pending is None else pending, end))
            pending = None
        elif kept:
            kept[-1] = (kept[-1][0], end)
        elif pending is None:
            pending = start
    return kept


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
