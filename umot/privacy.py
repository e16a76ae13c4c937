"""What must not reach the store: names of authors, and addresses, numbers and accounts in texts."""

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Final

import phonenumbers
from stdnum import iban

MASKS: Final = ("email", "iban", "phone")

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){8,30}", re.IGNORECASE)
_SHORTEST_IBAN = 15
_DIGITS = re.compile(r"\d(?:[^\w\n]{0,2}\d){7,}")


def author_hash(key: bytes, source: str, author: str) -> str:
    """Return a keyed hash of an author's name; it differs between sources, so that nobody is joined across them.

    HMAC-SHA-256 (RFC 2104), 128 bits in hexadecimal.
    """
    message = f"{source}\0{author.strip().casefold()}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]


def mask(text: str, regions: tuple[str, ...] = ("NL",), kinds: tuple[str, ...] = MASKS) -> str:
    """Replace e-mail addresses, phone numbers and IBANs by `[email]`, `[phone]`, `[iban]`.

    Args:
        regions: ISO countries whose national phone numbers are known.
        kinds: which of `MASKS` to look for.
    """
    for kind in kinds:
        text = _MASKERS[kind](text, regions)
    return text


def _mask_email(text: str, _regions: tuple[str, ...]) -> str:
    return _EMAIL.sub("[email]", text) if "@" in text else text


def _mask_iban(text: str, _regions: tuple[str, ...]) -> str:
    return _IBAN.sub(_valid_iban_masked, text)


def _valid_iban_masked(found: re.Match[str]) -> str:
    """Mask the longest beginning that is an account; words may follow it."""
    text = found.group()
    for end in range(len(text), _SHORTEST_IBAN - 1, -1):
        if text[end - 1].isalnum() and iban.is_valid(text[:end], check_country=False):
            return "[iban]" + text[end:]
    return text


def _mask_phone(text: str, regions: tuple[str, ...]) -> str:
    # The library is exact but slow: only texts with a long enough run of digits are shown to it.
    for region in regions if _DIGITS.search(text) else ():
        matches = list(phonenumbers.PhoneNumberMatcher(text, region))
        for match in reversed(matches):
            text = f"{text[: match.start]}[phone]{text[match.end :]}"
    return text


_MASKERS: Final[dict[str, Callable[[str, tuple[str, ...]], str]]] = {
    "email": _mask_email,
    "iban": _mask_iban,
    "phone": _mask_phone,
}
