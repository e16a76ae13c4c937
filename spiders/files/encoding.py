"""Tell how a text file is encoded: UTF-8 and UTF-16 by proof, the rest by likelihood."""

import codecs
from collections.abc import Iterable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What Western European exports use when they are not Unicode, the likeliest first.
_LEGACY = ["cp1252", "mac_roman", "cp850"]
_SAMPLE = 1 << 16


def detect(chunks: Iterable[bytes]) -> str:
    """Return the name of a codec that reads these bytes.

    The whole file is checked: the first odd byte may stand in its last line.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = b""
    for chunk in chunks:
        if not first:
            first = chunk
            if named := _marked(chunk):
                return named
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return _legacy(chunk[max(error.start - _SAMPLE // 2, 0) :][:_SAMPLE])
    return "utf-8"


def _marked(chunk: bytes) -> str | None:
    for mark, name in _MARKS:
        if chunk.startswith(mark):
            return name
    sample = chunk[:4096]
    zeros = (sample[0::2].count(0), sample[1::2].count(0))
    # Latin text in UTF-16 without a mark: nearly every other byte is zero.
    if max(zeros) > 0.6 * len(sample) / 2 and len(sample) > 1:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return None


def _legacy(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_LEGACY).best()
    return best.encoding if best else _LEGACY[0]
