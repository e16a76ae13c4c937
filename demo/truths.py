"""What is planted in the year, for tests and for those who want to see whether the pipeline finds it.

Everything here is made up: the shops, their customers and what they went through.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from umot.timeline import weeks_between

ZONE: Final = ZoneInfo("Europe/Amsterdam")
FIRST_DAY: Final = date(2025, 3, 3)
LAST_DAY: Final = date(2026, 3, 1)
WEEKS: Final = tuple(weeks_between(FIRST_DAY, LAST_DAY))

OWN: Final = "Harkanel"
RIVALS: Final = ("Bloemwrik", "Perkjoppe")
BRANDS: Final = (OWN, *RIVALS)

DELIVERY_WEEK: Final = "2025-W50"
"""(a) The own brand's parcels do not arrive: its worst week."""

SEASON: Final = tuple(weeks_between(date(2025, 3, 31), date(2025, 6, 29)))
"""(b) The garden season: more of everything, and above all more questions."""

SOCIAL_REACH: Final = timedelta(days=50)
"""How far back the timeline of the social source goes."""

RUNS: Final = tuple(
    datetime(*day, 7, tzinfo=ZONE).astimezone(UTC)
    for day in (
        (2025, 3, 10), (2025, 4, 28), (2025, 6, 16), (2025, 8, 4), (2025, 9, 22),
        (2025, 11, 10), (2025, 12, 29), (2026, 2, 16), (2026, 3, 2),
    )
)  # fmt: skip
"""When it is collected: Monday mornings at seven."""

OUTAGE: Final = RUNS[4]
"""The run in which the social source answers 503."""

HOLE: Final = (RUNS[3], RUNS[5] - SOCIAL_REACH)
"""(c) What the social source dropped before it answered again."""

ECHO_WEEKS: Final = 2
"""(d) So long after a bad week of the own brand, prospects ask about what they read; the rivals' prospects do not."""

BAD_WEEKS: Final[dict[str, dict[str, int]]] = {
    OWN: {
        "2025-W17": 12, "2025-W24": 14, "2025-W30": 13, "2025-W41": 15, "2025-W46": 11, DELIVERY_WEEK: 34,
        "2026-W06": 15,
    },
    "Bloemwrik": {"2025-W15": 9, "2025-W22": 10, "2025-W28": 9, "2025-W43": 11, "2025-W48": 9, "2026-W03": 10},
    "Perkjoppe": {"2025-W19": 10, "2025-W25": 9, "2025-W31": 10, "2025-W40": 9, "2025-W51": 11, "2026-W05": 9},
}  # fmt: skip
"""Extra bad experiences per brand and week."""

EDITED: Final = 24
"""Posts that their authors change after publication."""

DELETED: Final = 5
"""Social posts that are collected and then deleted by their authors."""

BOOSTED: Final = 12
"""Social posts that somebody shares."""

COPIED: Final = 4
"""Reviews of the own shop whose authors give the same text in the survey."""
