"""Random posts and mentions with every kind of field, absent values included."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from umot.alert import Alert
from umot.store.contract import PostWrite

_FORMS = """batterijen batterij levering geleverd niet de het een product's products café l'appareil 3,5
laat late kind kinderen huizen huis technology the and shipping e-mail 👍 goed"""
WORDS = _FORMS.split()
BRANDS = ("acme", "bolt", "Čas", "delta air", "ø")
START = datetime(2026, 1, 1, tzinfo=UTC)


def random_write(pick: random.Random, number: int) -> PostWrite:
    """Return a post with up to three mentions."""
    moment = START + timedelta(milliseconds=pick.randrange(90 * 86_400_000))
    post = {"id": f"p:{number:05d}", "version": 1, "language": pick.choice(["nl", "en", "fr", "pl"])} | _some(
        pick,
        {
            "published_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "day": f"{moment:%Y-%m-%d}",
            "week": f"{moment:%G-W%V}",
            "brands": pick.sample(BRANDS, pick.randint(0, 3)),
            "author": f"a{pick.randrange(40)}",
            "likes": pick.randrange(5),
            "views": pick.randrange(10**9),
            "rating": pick.randrange(5) / 4,
            "score": round(pick.uniform(-1, 1), 3),
            "complaint": pick.random() < 0.4,
            "sentiment": pick.choice(["negative", "neutral", "positive"]),
            "title": _text(pick, 3),
            "text": _text(pick, 12),
        },
    )
    return PostWrite(post, [_mention(pick, post, n) for n in range(pick.randrange(4))])


def alert(key: str, **fields: Any) -> Alert:
    """Return an alert about a brand whose deliveries fail."""
    told: dict[str, Any] = {
        "about": "brand",
        "what": "negative_peaks",
        "status": "open",
        "severity": 7,
        "title": "Bezorging te laat bij Čas",
        "since": "2026-03-02",
        "until": "2026-03-04",
        "fired": "2026-03-03",
        "started_at": "2026-03-01T23:00:00.000Z",
        "opened_at": "2026-03-03T07:00:00.000Z",
        "updated_at": "2026-03-04T07:00:00.000Z",
        "days": 3,
        "brand": "Čas",
        "moment": "smot",
        "moments": ["smot", "umot"],
        "expected": 1.25,
        "p": 1e-7,
        "examples": ["Pakket kwijt.", "Drie dagen te laat."],
        "example_ids": ["p:2#0", "p:1#1"],
    }
    return Alert(key, **(told | fields))


def _mention(pick: random.Random, post: dict[str, Any], number: int) -> dict[str, Any]:
    own = {"id": f"{post['id']}#{number}", "post_id": post["id"], "ordinal": number, "text": _text(pick, 5)}
    return own | _some(pick, {"moment": pick.choice(["smot", "umot", "none"]), "is_peak": pick.random() < 0.5})


def _some(pick: random.Random, fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if pick.random() < 0.85}


def _text(pick: random.Random, longest: int) -> str:
    return " ".join(pick.choice(WORDS) for _ in range(pick.randint(1, longest)))
