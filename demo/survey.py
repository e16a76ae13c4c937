"""The own shop's survey, as the spreadsheet export of a Dutch office: semicolons, decimal commas, day first."""

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from demo.posts import Post
from demo.shops import PRODUCTS
from demo.truths import OWN, ZONE

FILE: Final = "exports/enquete-verzonnen.csv"
_HEADER: Final = ("Nummer", "Datum", "Cijfer", "Toelichting", "Klant", "Artikel", "Antwoord", "Antwoorddatum")
_GRADES: Final = {1: (1.0, 1.5, 2.0), 2: (3.5, 4.0, 4.5), 3: (5.5, 6.0, 6.5), 4: (7.0, 7.5, 8.0), 5: (9.0, 9.5, 10.0)}
"""What people who would give so many stars give out of ten."""

_NAMES: Final = {product.slug: product.name for product in PRODUCTS[OWN]}


def write_export(folder: Path, posts: Iterable[Post], as_of: datetime) -> Path:
    """Write what the survey holds by a time, oldest first, and return the file."""
    file = folder / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(_HEADER)
        writer.writerows(_row(p, as_of) for p in posts if p.channel == "survey" and p.is_public(as_of))
    return file


def _row(post: Post, as_of: datetime) -> tuple[str, ...]:
    answer = post.answer_at(as_of)
    return (
        f"E{post.number:05}",
        _local(post.published),
        _grade(post),
        post.text_at(as_of),
        post.author,
        _NAMES[post.product or ""],
        answer.text if answer else "",
        _local(answer.at) if answer else "",
    )


def _grade(post: Post) -> str:
    grades = _GRADES[post.stars or 3]
    return f"{grades[post.number % len(grades)]:.1f}".replace(".", ",")


def _local(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%d-%m-%Y %H:%M")
