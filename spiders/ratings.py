"""Ratings as sources write them: `4`, `4,5`, `4/5`, `8 van 10`, `80%`, stars."""

import math
import re
from typing import Any

_NUMBER = r"[+-]?\d+(?:[.,]\d+)?"
_PLAIN = re.compile(rf"^({_NUMBER})\s*(?:stars?|sterren|ster|sterne|étoiles?|points?|punten)?$", re.IGNORECASE)
_OUT_OF = re.compile(rf"^({_NUMBER})\s*(?:/|out of|van(?: de)?|von|sur|of)\s*({_NUMBER})", re.IGNORECASE)
_PERCENT = re.compile(rf"^({_NUMBER})\s*%$")
_STARS = re.compile(r"^[★⭐\ufe0f]+[☆✩]*$")


class RatingError(ValueError):
    """A rating cannot be read or lies outside its scale: the item is rejected with this message."""


def number(value: Any) -> float:
    """Return a finite number from `4`, `"4,5"` or `"4.5"`.

    Raises:
        RatingError: anything else.
    """
    try:
        found = float(str(value).strip().replace(",", "."))
    except ValueError as error:
        raise RatingError(f"{str(value)[:40]!r} is not a number") from error
    if not math.isfinite(found):
        raise RatingError(f"{str(value)[:40]!r} is not a number")
    return found


def read_rating(value: Any) -> tuple[float, float | None]:
    """Return the rating and the best possible one where the text names it.

    Raises:
        RatingError: the text is no rating.
    """
    text = str(value).strip()
    if match := _PLAIN.match(text):
        return number(match[1]), None
    if match := _OUT_OF.match(text):
        return number(match[1]), number(match[2])
    if match := _PERCENT.match(text):
        return number(match[1]), 100.0
    if _STARS.match(text):
        return _stars(text.replace("\ufe0f", ""))
    raise RatingError(f"{text[:40]!r} is not a rating: expected a number, `4/5`, `80%` or stars")


def check_scale(rating: float, best: float | None, worst: float | None) -> None:
    """Raise RatingError when a rating lies outside the scale that is known of it."""
    low = 0.0 if worst is None else worst
    if best is not None and best <= low:
        raise RatingError(f"the rating scale runs from {low:g} to {best:g}: it has no room")
    if rating < low or (best is not None and rating > best):
        top = "…" if best is None else f"{best:g}"
        raise RatingError(f"rating {rating:g} lies outside its scale {low:g} to {top}")


def count(value: Any) -> int | None:
    """Return a whole number of votes, None when there is none (`1.204`, `3 likes`, `-`)."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return max(int(value), 0)
    match = re.match(r"\d{1,3}(?:[.,]\d{3})+(?!\d)|\d+", str(value).strip()) if value else None
    return int(re.sub(r"\D", "", match[0])) if match else None


def _stars(text: str) -> tuple[float, float | None]:
    full = sum(c in "★⭐" for c in text)
    return float(full), float(len(text)) if len(text) > full else 5.0
