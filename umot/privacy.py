"""What must not reach the store: names of authors, and addresses, numbers and accounts in texts."""

import hashlib
import hmac
import re
from collections.abc import Callable
from itertools import count
from typing import Final

from umot.text import clean

MASKS: Final = ("email", "iban", "phone")

# Bounded, and never begun inside a run: a text of a million letters takes no longer than it must.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){8,30}", re.IGNORECASE)
_HOUR = r"(?:[01]?\d|2[0-3])[.:]?[0-5]\d"
_OPENING_HOURS = re.compile(rf"{_HOUR} ?[-–/] ?{_HOUR}")
_SHORTEST_IBAN = 15
# No customer lists more numbers than this; what follows is masked unseen.
_LOOKED_AT = 200
_DIGITS = re.compile(r"(?<!\d)[+(]{0,2}\d(?:[^\w\n]{0,3}\d){7,16}(?!\d)")


def author_hash(key: bytes, source: str, author: str) -> str:
    """Return a keyed hash of an author's name; it differs between sources, so that nobody is joined across them.

    HMAC-SHA-256 (RFC 2104), 128 bits in hexadecimal.
    """
    message = f"{source}\0{clean(author).casefold()}".encode()
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
    from stdnum import iban  # here and below: configurations are read often, texts masked elsewhere

    text = found.group()
    for end in range(len(text), _SHORTEST_IBAN - 1, -1):
        if text[end - 1].isalnum() and iban.is_valid(text[:end], check_country=False):
            return "[iban]" + text[end:]
    return text


def _mask_phone(text: str, regions: tuple[str, ...]) -> str:
    # The library is exact but slow: it is shown only the runs of digits that are long enough.
    looked_at = count()
    return _DIGITS.sub(
        lambda found: _phones_masked(found.group(), regions) if next(looked_at) < _LOOKED_AT else "[phone]", text
    )


def _phones_masked(digits: str, regions: tuple[str, ...]) -> str:
    import phonenumbers

    if _OPENING_HOURS.fullmatch(digits.strip()):
        return digits
    for region in regions:
        for match in reversed(list(phonenumbers.PhoneNumberMatcher(digits, region))):
            digits = f"{digits[: match.start]}[phone]{digits[match.end :]}"
    return digits


_MASKERS: Final[dict[str, Callable[[str, tuple[str, ...]], str]]] = {
    "email": _mask_email,
    "iban": _mask_iban,
    "phone": _mask_phone,
}
