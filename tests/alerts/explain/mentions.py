"""Mention documents of an ordinary web shop, and of the days on which its parcels went missing."""

import random
from typing import Any

from umot.store.contract import Document

CHATTER = {
    "nl": (
        (
            "De website",
            "De app",
            "Het bestellen",
            "De klantenservice",
            "De prijs",
            "Het assortiment",
            "De verpakking",
        ),
        ("is", "was", "vond ik", "blijft"),
        ("prima", "overzichtelijk", "wat duur", "vriendelijk", "netjes", "verrassend goed", "een beetje traag"),
        ("en ik kom zeker terug.", "voor wat je betaalt.", "zoals altijd.", "vergeleken met vorig jaar.", "hoor."),
    ),
    "en": (
        ("The website", "The app", "Ordering", "Customer service", "The price", "The selection", "The packaging"),
        ("is", "was", "seemed", "stays"),
        ("fine", "clear", "rather expensive", "friendly", "neat", "surprisingly good", "a bit slow"),
        ("and I will come back.", "for what you pay.", "as always.", "compared with last year.", "to be honest."),
    ),
    "de": (
        ("Die Website", "Die App", "Das Bestellen", "Der Kundendienst", "Der Preis", "Die Auswahl", "Die Verpackung"),
        ("ist", "war", "fand ich", "bleibt"),
        (
            "in Ordnung",
            "übersichtlich",
            "etwas teuer",
            "freundlich",
            "ordentlich",
            "erstaunlich gut",
            "etwas langsam",
        ),
        ("und ich komme wieder.", "für das Geld.", "wie immer.", "verglichen mit dem letzten Jahr.", "finde ich."),
    ),
}
FAILURE = {
    "nl": (
        (
            "Vorige week besteld.",
            "Dit is al de derde keer!",
            "Ongelofelijk slecht.",
            "Wat een ellende zeg.",
            "Schandalig gewoon.",
            "Helaas alweer mis.",
            "Maandag zou het komen.",
        ),
        ("Mijn pakket is", "Het pakket is", "Het pakketje is", "Twee pakketten zijn", "Ons pakket is nog steeds"),
        ("niet geleverd,", "niet geleverd!", "zoekgeraakt,", "kwijt,"),
        ("de bezorger belde niet aan.", "de bezorger is nooit geweest.", "geen bezorger gezien.", "bezorger weg."),
        (
            "Geld terug graag.",
            "Wachten duurt eindeloos.",
            "Klantendienst neemt niet op.",
            "Cadeau voor mijn moeder verpest.",
            "Nu sta ik hier.",
            "Buren weten ook niks.",
        ),
    ),
    "en": (
        (
            "Ordered last week.",
            "Third time this happens!",
            "Unbelievably bad.",
            "What a mess.",
            "Shame on you.",
            "Went wrong again.",
            "Promised for Monday.",
        ),
        ("My parcel was", "Two parcels were", "The parcel was", "Our parcel has still"),
        ("not delivered,", "not delivered!", "lost,", "thrown over the fence,"),
        ("the courier never rang.", "no courier in sight.", "the courier lied.", "couriers do not care."),
        (
            "Refund please.",
            "Waiting takes ages.",
            "Nobody picks up the phone.",
            "Birthday gift ruined.",
            "Here I stand.",
            "Neighbours know nothing.",
        ),
    ),
    "de": (
        (
            "Letzte Woche bestellt.",
            "Schon das dritte Mal!",
            "Unglaublich schlecht.",
            "Was für ein Chaos.",
            "Eine Schande.",
            "Leider wieder schief.",
            "Montag war versprochen.",
        ),
        ("Mein Paket wurde", "Zwei Pakete wurden", "Das Paket wurde", "Unser Paket wurde immer noch"),
        ("nicht geliefert,", "nicht geliefert!", "verloren,", "abgestellt,"),
        ("der Bote hat nicht geklingelt.", "kein Bote zu sehen.", "der Bote log.", "Bote weg."),
        (
            "Geld zurück bitte.",
            "Warten dauert ewig.",
            "Niemand nimmt ab.",
            "Geschenk für meine Mutter ruiniert.",
            "Nun stehe ich hier.",
            "Nachbarn wissen nichts.",
        ),
    ),
}
EVENT_DAY = "2026-03-02"
EARLIER_DAYS = tuple(f"2026-02-{day:02}" for day in range(1, 29))


def chatter(language: str, number: int, seed: int = 1, days: tuple[str, ...] = EARLIER_DAYS) -> list[Document]:
    """Return ordinary mentions, each of another author."""
    return _made(CHATTER[language], language, number, f"calm{seed}", seed, days)


def failure(language: str, number: int, seed: int = 1) -> list[Document]:
    """Return mentions of missing parcels, each of another author."""
    return _made(FAILURE[language], language, number, f"lost{seed}", seed, (EVENT_DAY,))


def mention(name: str, text: str, **fields: Any) -> Document:
    """Return a mention of a post and an author of its own."""
    known = {"id": f"{name}#0", "post_id": name, "author": f"author of {name}", "language": "nl", "day": EVENT_DAY}
    return known | {"text": text, "source": "shop", "score": -0.5} | fields


def _made(
    parts: tuple[tuple[str, ...], ...], language: str, number: int, prefix: str, seed: int, days: tuple[str, ...]
) -> list[Document]:
    chance = random.Random(f"{prefix}{language}{seed}")
    return [
        mention(
            f"{prefix}-{language}-{n}",
            " ".join(map(chance.choice, parts)),
            language=language,
            day=chance.choice(days),
        )
        for n in range(number)
    ]
