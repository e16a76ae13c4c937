"""Cut a text into mentions: sentences as reviewers type them, then clauses with their own predicate.

A mention is at most a sentence; clauses are cut eagerly, because neighbours that the model finds
alike are joined again (`classify`). Offsets count code points of the text as given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import regex

from sentiment.connectives import (
    ABBREVIATIONS,
    ANY_LANGUAGE,
    BEFORE_ORDINALS,
    CLOSING_ABBREVIATIONS,
    CLOSING_ENDS,
    CONNECTIVES,
    MONTHS,
    QUESTION_WORDS,
    Connectives,
)

MAX_LENGTH: Final = 400

_EMOJI: Final = r"[\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f]"
_CLOSERS: Final = rf"[\"'”’»)\]]*(?:[^\S\n]*+(?:{_EMOJI}|[:;]-?[()DP](?!\w)))*"
# Every kind of break takes the blanks after it: whether these end a line is asked of them all.
_BREAK: Final = regex.compile(
    rf"(?P<blanks>(?<![^\S\n])[^\S\n]*+\n\s*+)"
    rf"|(?P<stop>(?<![.!?…])[.!?…]++{_CLOSERS})(?:(?P<blanks>\s++)|$)"
    rf"|(?<=[\p{{Ll}}\d])(?P<tight>[.!?]+)(?=\p{{Lu}}\p{{Ll}})"
    rf"|(?P<emoji>\s?(?<!{_EMOJI}){_EMOJI}++|\s[:;]-?[()D])(?P<blanks>\s++)(?=[\p{{L}}\d])"
)
# A run of blanks is tried once, at its begin: a text of blanks alone must not cost its square.
_GAP: Final = r"(?:,|(?<![\s,]))\s++"
_COMMA: Final = regex.compile(r",\s")
_LEAST_WORDS: Final = {"contrast": 2, "mark": 2, "join": 3, "listed": 2, "comma": 2}
_WORD: Final = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}'’]*(?:[.,]\p{N}+)*")
_CONTENT: Final = regex.compile(r"[\p{L}\p{N}\p{Extended_Pictographic}]")
_LABEL: Final = regex.compile(r"(?<!\w)[#@][\w.]++|https?://\S++")
_BULLET: Final = regex.compile(r"\d{1,2}|[a-zA-Z]")
_LAST_TOKEN: Final = regex.compile(r"\S+$")
# A German article, where a relative pronoun would look alike: "…, der Flug wurde gestrichen"; "om 9 uur".
_NOUN_PHRASE: Final = regex.compile(r"(?:der|die|das|den|dem)\s(?:\p{Ll}+\s)?\p{Lu}|\p{L}+\s\d")
_WRAPPED: Final = 60
_VIEW: Final = 200

Span = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """The code points [start, end) of one mention, and the number of its sentence."""

    start: int
    end: int
    sentence: int


def segment(text: str, language: str | None = None) -> list[Piece]:
    """Return the mentions of a text in order; none for a text without letters, digits or emoji.

    `language` (ISO 639-1) chooses the words that begin a clause; all languages' when it is none of the six.
    """
    rules = _rules(language if language in CONNECTIVES else None)
    return [
        Piece(start, end, number)
        for number, sentence in enumerate(sentences(text))
        for clause in rules.clauses(text, sentence)
        for start, end in _limited(text, clause)
    ]


def sentences(text: str) -> list[Span]:
    """Return the sentences, trimmed; hashtags, handles and links alone join the one before them.

    Marks alone ("---", ":)") join a sentence on their line; on a line of their own they are left out.
    """
    cuts = [0, *(end for end in _sentence_ends(text)), len(text)]
    return _contentful(text, pairwise(cuts))


def _sentence_ends(text: str) -> Iterator[int]:
    last = 0
    for match in _BREAK.finditer(text):
        if _ends_sentence(text, match, last):
            last = match.end()
            yield last


def _ends_sentence(text: str, match: regex.Match[str], last: int) -> bool:
    return _mark_ends(text, match, last) or _line_ends(text, match, last)


def _mark_ends(text: str, match: regex.Match[str], last: int) -> bool:
    if match["tight"] is not None:
        return not _is_address(text, match.start())
    if match["emoji"] is not None:
        return _words(text[max(last, match.start() - _VIEW) : match.start()]) >= 2
    if match["stop"] is None:
        return False
    if match["stop"].startswith(("..", "…")):
        return text[match.end() : match.end() + 1].isupper()
    return match["stop"] != "." or not _is_abbreviated(text, match, last)


def _line_ends(text: str, match: regex.Match[str], last: int) -> bool:
    breaks = (match["blanks"] or "").count("\n")
    return breaks > 1 or (breaks == 1 and not _is_wrapped(text, match, last))


def _is_wrapped(text: str, match: regex.Match[str], last: int) -> bool:
    # A line that was broken by width goes on in lower case, or after an abbreviation ("dhr.").
    end = match.start("blanks")
    start = text.rfind("\n", 0, end) + 1
    if match["stop"] == "." and text[match.start() - 1].isalnum():
        return end - start > _WRAPPED
    return end - max(last, start) > _WRAPPED and text[match.end() : match.end() + 1].islower()


def _is_address(text: str, place: int) -> bool:
    token = _LAST_TOKEN.search(text, max(0, place - 80), place)
    return token is not None and any(mark in token[0] for mark in ("://", "www.", "@"))


def _is_abbreviated(text: str, match: regex.Match[str], last: int) -> bool:
    found = _LAST_TOKEN.search(text, max(last, match.start() - 40), match.start())
    if found is None:
        return True
    token = found[0].lstrip("(\"'").lower()
    following = text[match.end() : match.end() + 12]
    if token.isdigit() or _BULLET.fullmatch(token):
        return _is_number(text, token, found.start(), last, following)
    if token in CLOSING_ABBREVIATIONS or token.endswith(CLOSING_ENDS):
        return not following[:1].isupper()
    return token in ABBREVIATIONS


def _is_number(text: str, token: str, start: int, last: int, following: str) -> bool:
    # "1. " opens a list item, "3. Mai" is a date, "J. Smit" an initial; "in 2024. Daarna" ends.
    before = text[max(last, start - _VIEW) : start].split()
    month = following.split(" ")[0].strip(".,").lower() in MONTHS
    ordinal = len(token) <= 2 and bool(before) and before[-1].lower() in BEFORE_ORDINALS
    return not before or month or ordinal or (token.isalpha() and len(token) == 1)


@dataclass(frozen=True)
class _Rules:
    """How sentences of one language are cut into clauses."""

    words: Connectives
    clause: regex.Pattern[str]

    def clauses(self, text: str, sentence: Span) -> list[Span]:
        """Return the clauses of a sentence, cut where both sides are long enough to stand alone."""
        start, end = sentence
        cuts = [start]
        for match in self.clause.finditer(text, start, end):
            if self._begins(text, match, cuts[-1], end):
                cuts.append(match.end())
        return _contentful(text, pairwise([*cuts, end]))

    def _begins(self, text: str, match: regex.Match[str], start: int, end: int) -> bool:
        kind = match.lastgroup or "comma"
        left = text[max(start, match.start() - _VIEW) : match.start()]
        right = text[match.end() : min(end, match.end() + _VIEW)]
        least = _LEAST_WORDS["listed" if kind == "join" and match[0][0] == "," else kind]
        if kind in ("contrast", "mark"):
            return _words(left) >= least and _words(right) >= least
        next_comma = _COMMA.search(right)
        near = right[: next_comma.start()] if next_comma else right
        free = kind == "join" or not self._leans(left, right)
        return free and _words(left) >= least and _words(near) >= least

    def _leans(self, left: str, right: str) -> bool:
        # "Toen ik belde, was er niemand": one predicate leans on the other.
        return _first(left) in self.words.leading or (
            _first(right) in self.words.following and not _asks(right) and not _NOUN_PHRASE.match(right)
        )


@cache
def _rules(language: str | None) -> _Rules:
    words = CONNECTIVES[language] if language else ANY_LANGUAGE
    pattern = regex.compile(
        rf"(?P<contrast>{_GAP})(?=(?:{words.opposing})\b)"
        rf"|(?P<mark>;\s++|(?<!\s)\s++[-–—]++\s++|\.\.+\s*+|…\s*+)"
        rf"|(?P<join>{_GAP})(?=(?:{words.joining})\s)"
        rf"|(?P<comma>,\s++)",
        regex.IGNORECASE,
    )
    return _Rules(words, pattern)


def _first(text: str) -> str:
    found = _WORD.search(text)
    return found[0].lower() if found else ""


def _asks(clause: str) -> bool:
    return "?" in clause and _first(clause) in QUESTION_WORDS


def _words(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def _limited(text: str, span: Span) -> Iterator[Span]:
    start, end = span
    while start < end:
        stop = end if end - start <= MAX_LENGTH else _last_blank(text, start)
        piece = _trimmed(text, start, stop)
        if _CONTENT.search(text, *piece):
            yield piece
        start = stop


def _last_blank(text: str, start: int) -> int:
    blank = text.rfind(" ", start + MAX_LENGTH // 2, start + MAX_LENGTH)
    return blank if blank > 0 else start + MAX_LENGTH


def _contentful(text: str, spans: Iterator[Span]) -> list[Span]:
    kept: list[Span] = []
    pending: Span | None = None
    for start, end in _with_marks(text, spans):
        if _speaks(text[start:end]):
            kept.append((pending[0] if pending else start, end))
            pending = None
        elif kept:
            kept[-1] = (kept[-1][0], end)
        else:
            pending = (pending[0] if pending else start, end)
    return [pending] if pending else kept  # labels alone are all there is


def _with_marks(text: str, spans: Iterator[Span]) -> Iterator[Span]:
    """Yield the stretches with content; one without joins its neighbour on the same line or is left out."""
    held: Span | None = None
    has_content = False
    for span in spans:
        start, end = _trimmed(text, *span)
        if start == end:
            continue
        found = _CONTENT.search(text, start, end) is not None
        if held and not (has_content and found) and "\n" not in text[held[1] : start]:
            held, has_content = (held[0], end), has_content or found
            continue
        if held and has_content:
            yield held
        held, has_content = (start, end), found
    if held and has_content:
        yield held


def _speaks(piece: str) -> bool:
    """Tell whether a stretch says something beyond hashtags, handles and links."""
    return _CONTENT.search(_LABEL.sub(" ", piece)) is not None


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    first = end - len(piece.lstrip())
    return first, first + len(piece.strip())
