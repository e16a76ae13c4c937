"""Choose the pieces that a compact vocabulary keeps: ranked by how often six languages use them.

Word frequencies come from wordfreq (data CC BY-SA 4.0; only the resulting choice of pieces is
kept), which is lower-case and free of digits; casing, brands, digits, characters and emoji are
therefore added by rule.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tokenizers import Tokenizer

SIZE: Final = 64_000
SPECIAL: Final = 4  # <s> <pad> </s> <unk>

_LANGUAGE_WEIGHT: Final = {"nl": 3.0, "en": 2.0, "de": 1.0, "fr": 1.0, "es": 1.0, "it": 1.0}
# German writes its nouns with a capital; elsewhere a capital is a sentence start or a name.
_TITLE_SHARE: Final = {"de": 0.5}
_DEFAULT_TITLE_SHARE: Final = 0.12
_UPPER_SHARE: Final = 0.03
# After a bracket, a quote or a hyphen a word has no word-start mark.
_INNER_SHARE: Final = 0.05
_BRAND_WEIGHT: Final = 1e-4

_WESTERN: Final = re.compile(
    r"[\u2581 -~\u00a0-\u024f\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u218f"
    r"\u2190-\u21ff\u2460-\u24ff\u25a0-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]+"
)
_NUMERIC: Final = re.compile(r"\u2581?(\d{1,4}|[^\w\s]{1,8}|[^\w\s]?\d{1,3}[^\w\s]?\d{0,2})")
_BRANDS: Final = """
iPhone iPad iOS iMac MacBook AirPods iCloud iTunes iDEAL eBay eSIM WhatsApp YouTube PayPal LinkedIn TikTok
ChatGPT GitHub DoorDash FedEx UPS DHL DPD GLS PostNL PostNord bpost BPost MediaMarkt HelloFresh FlixBus easyJet
KLM ING ABN AMRO RyanAir EasyJet AliExpress SheIn PlayStation Xbox OneDrive OneNote PowerPoint JavaScript
McDonald KFC IKEA H&M C&A HEMA ANWB NS KPN T-Mobile VodafoneZiggo Odido Deutsche Bahn DB ÖBB SBB SNCF RATP RENFE
TUI BMW VW Mercedes-Benz SEAT Škoda Citroën Renault QR PIN BTW KvK DigiD AVG GDPR FAQ SMS GPS WiFi Wi-Fi wifi USB
HDMI LED OLED TV PC SSD GB TB MB kWh km/h CEO VIP DIY AI CV OV OV-chipkaart NFC app App apps Apps
"""


def rank(full: Tokenizer, pieces: Sequence[tuple[str, float]], texts: Iterable[str]) -> list[int]:
    """Return the ids of the Western pieces, most used first.

    `full` is the untrimmed tokenizer of `pieces`; `texts` are samples of the prose to be read.
    """
    from wordfreq import get_frequency_dict

    counts: Counter[int] = Counter()
    for language, weight in _LANGUAGE_WEIGHT.items():
        frequencies = get_frequency_dict(language, wordlist="large")
        if language == "de":
            frequencies = _with_eszett(frequencies)
        title = _TITLE_SHARE.get(language, _DEFAULT_TITLE_SHARE)
        _count(counts, full, _spellings(frequencies, title, weight))
    _count(counts, full, ((brand, _BRAND_WEIGHT) for brand in _BRANDS.split()))
    samples = list(texts)
    _count(counts, full, ((text, 1 / max(len(samples), 1)) for text in samples))
    candidates = (i for i, (piece, _) in enumerate(pieces) if _WESTERN.fullmatch(piece))
    return sorted(candidates, key=lambda i: (-counts[i], i))


def choose(ranked: Sequence[int], pieces: Sequence[tuple[str, float]], size: int) -> list[int]:
    """Return `size` ids in file order: the specials, the mandatory pieces, then the best ranked."""
    chosen = set(range(SPECIAL))
    chosen |= {i for i in ranked if _is_mandatory(pieces[i][0])}
    for identifier in ranked:
        if len(chosen) >= size:
            break
        chosen.add(identifier)
    return sorted(chosen)


def _is_mandatory(piece: str) -> bool:
    # Single characters keep every Western text free of <unk>.
    return len(piece.removeprefix("▁")) <= 1 or bool(_NUMERIC.fullmatch(piece))


def _spellings(frequencies: dict[str, float], title: float, weight: float) -> Iterator[tuple[str, float]]:
    for word, frequency in frequencies.items():
        share = weight * frequency
        yield word, share * (1 - title - _UPPER_SHARE)
        yield word.capitalize(), share * title
        yield f"-{word.capitalize()}", share * _INNER_SHARE
        yield word.upper(), share * _UPPER_SHARE


def _with_eszett(frequencies: dict[str, float]) -> dict[str, float]:
    # wordfreq folds ß to ss; a spelling that does not exist costs nothing but a few rare pieces.
    both = {word.replace("ss", "ß"): frequency for word, frequency in frequencies.items()}
    return frequencies | both


def _count(counts: Counter[int], full: Tokenizer, weighted: Iterable[tuple[str, float]]) -> None:
    rows = list(weighted)
    encodings = full.encode_batch_fast([text for text, _ in rows], add_special_tokens=False)
    for encoding, (_, weight) in zip(encodings, rows, strict=True):
        for identifier in encoding.ids:
            counts[identifier] += weight  # type: ignore[assignment]  # weights, not whole counts
