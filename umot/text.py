"""Texts of strangers, made safe to keep and comparable."""

import hashlib
import re
import unicodedata
from typing import Final

SYNDICATED_WORDS: Final = 8
"""Shorter texts are alike by chance ("Snelle levering, top!") and prove no copy."""

# C0/C1 controls but tab and newline, lone surrogates, and marks that reorder a line for its reader.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
_WORDS = re.compile(r"[^\W_]+")


def clean(text: str) -> str:
    """Return the text in NFC without control characters, with plain newlines and trimmed lines."""
    text = _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (" ".join(line.split()) for line in unicodedata.normalize("NFC", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def with_title(title: str | None, text: str) -> str:
    """Put a title before the text as its first line, unless the text begins with it already."""
    if not title or text.casefold().startswith(title.casefold().rstrip("….")):
        return text or title or ""
    return f"{title}\n{text}" if text else title


def digest(*parts: object) -> str:
    """Return 128 bits of SHA-256 over the parts, in hexadecimal."""
    joined = "\0".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fingerprint(text: str) -> str | None:
    """Return a digest of the words alone, equal for copies of a text; None when it is too short to tell."""
    words = _WORDS.findall(text.casefold())
    return digest(*words) if len(words) >= SYNDICATED_WORDS else None


def one_line(text: str, limit: int = 160) -> str:
    """Return the text on one line, cut with an ellipsis, safe to print on a terminal."""
    line = " ".join(_UNSAFE.sub("", text).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
