"""Words of strangers, made harmless for mail and chat: nothing to click, nobody called."""

import re
from typing import Final

from umot.text import one_line

_JOINER: Final = "\u2060"
"""Has no width and no meaning, but services see no mention and no address across it."""

_LINK: Final = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\b(?:mailto|tel|javascript|data):)\S+", re.IGNORECASE
)
_DOT: Final = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")
_CALL: Final = re.compile(r"@(?!\s)")
_ANGLES: Final = str.maketrans("<>", "‹›")
# Marks without width hide words; what reorders a line is gone already.
_HIDDEN: Final = re.compile(
    "[\u00ad\u061c\u200b-\u200f\u2028\u2029\u2060-\u2064\u206a-\u206f\ufeff\U000e0000-\U000e007f]"
)


def defused(text: str, limit: int = 160) -> str:
    """Return a text on one line without links, mentions, control characters and angle brackets.

    Addresses of pages become `[link]`; `@all`, `<!here>` and `shop.example` stay readable, but call and link nobody.
    """
    line = one_line(_HIDDEN.sub("", _LINK.sub("[link]", text)), limit).translate(_ANGLES)
    return _CALL.sub(f"@{_JOINER}", _DOT.sub(f"{_JOINER}.", line))
