"""Ten weeks of an export with a failing delivery on the last two days."""

from datetime import date, timedelta

from tests.pipeline.workspaces import Row

FIRST = date(2026, 1, 1)
DAYS = 70
FAILING = 2
AS_OF = "2026-03-11T20:00:00+00:00"
WEEK = "2026-W10"

_GOOD = ("Mooie tuinset, zit heerlijk.", "Prima stoel, snel geleverd.", "Fijne winkel, vriendelijk geholpen.")
_BAD = (
    "Het pakket kwam drie dagen te laat, waardeloos.",
    "De bezorger heeft mijn pakket nooit afgeleverd, schandalig slecht.",
    "Weer te laat bezorgd, ik bestel hier nooit meer.",
)


def rows() -> list[Row]:
    """Return the rows of the export."""
    told = [(day, text) for day in range(DAYS) for text in _texts(day)]
    return [
        (str(n), f"Klant {n}", (FIRST + timedelta(days=day)).isoformat(), "4" if text in _GOOD else "1", text)
        for n, (day, text) in enumerate(told)
    ]


def _texts(day: int) -> list[str]:
    usual = [_GOOD[day % 3], *([_BAD[day % 3]] if day % 4 == 0 else [])]
    failing = day >= DAYS - FAILING
    return usual + [f"{text} Bestelling {day}{n}." for n, text in enumerate(_BAD * 5) if failing]
