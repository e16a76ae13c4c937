"""What the columns of an export mean: by name in Dutch, English, German or French, or by contents."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, get_args

from spiders.dates import DateError, DateReader
from spiders.ratings import RatingError, read_rating
from spiders.text import fold, web_address

MappedField = Literal[
    "key", "text", "title", "author", "published_at", "rating", "rating_best", "language", "url",
    "product", "location", "reply_text", "reply_at", "likes", "helpful", "thread", "parent",
]  # fmt: skip
How = Literal["given", "name", "contents"]
Columns = dict[str, list[str]]

# The likeliest names first: of two columns that fit, the earlier name wins.
_NAMES: dict[str, str] = {
    "reply_at": "reply date|reply at|response date|responded at|reactie datum|datum reactie|"
    "antwoorddatum|datum antwoord|developer reply date and time|antwortdatum|date de reponse",
    "reply_text": "reply|reply text|response|owner response|company reply|developer reply text|reactie|"
    "antwoord|reactie bedrijf|reactie van bedrijf|weerwoord|antwort|reponse",
    "key": "id|review id|external id|response id|responseid|ticket id|ticket number|review uuid|uuid|guid|"
    "nummer|kenmerk|bewertungs id|identifiant|reference|key",
    "text": "text|review text|review|content|body|comment|comments|review body|message|description|"
    "opinion|feedback|verbatim|answer|tekst|recensie|beoordeling tekst|review tekst|inhoud|opmerking|"
    "opmerkingen|toelichting|reactie klant|ervaring|bericht|omschrijving|beschrijving|bewertung|"
    "bewertungstext|kommentar|nachricht|inhalt|avis|commentaire|texte|contenu|beoordeling|evaluation|antwoord|reponse",
    "title": "title|review title|subject|headline|summary|titel|kop|onderwerp|samenvatting|betreff|"
    "uberschrift|titre|sujet|objet",
    "author": "author|author name|user|username|user name|reviewer|reviewer name|nickname|reviewer nickname|"
    "name|customer|customer name|requester|auteur|naam|klant|klantnaam|gebruiker|inzender|autor|"
    "verfasser|kunde|nutzer|client|nom|utilisateur",
    "published_at": "date|published at|published|publication date|date published|created at|created|"
    "created date|date created|review date|submitted at|submission date|recorded date|recordeddate|"
    "timestamp|time|review submit date and time|datum|geplaatst op|geplaatst|aangemaakt|aangemaakt op|"
    "reviewdatum|publicatiedatum|datum review|erstellt|erstellt am|veroffentlicht|cree le|publie le",
    "rating": "rating|overall rating|stars|star rating|score|review rating|overall score|grade|nps|"
    "nps score|satisfaction|beoordeling|cijfer|sterren|aantal sterren|waardering|eindcijfer|"
    "totaalscore|rapportcijfer|sterne|note|etoiles|evaluation|punkte",
    "rating_best": "rating scale|best rating|rating best|max rating|scale|maximum|schaal|skala|echelle",
    "language": "language|lang|locale|user language|userlanguage|reviewer language|taal|sprache|langue",
    "url": "url|link|permalink|review link|review url|web address|webadres|adresse",
    "product": "product|product name|product title|item|sku|app|service|productnaam|artikel|artikelnaam|"
    "dienst|produkt|produktname|produit|article|airline name|hotel name|brand name|company|brand|merk",
    "location": "location|store|branch|shop|place|city|airport|locatie|vestiging|filiaal|winkel|plaats|"
    "stad|luchthaven|standort|filiale|ort|stadt|magasin|ville|lieu|agence",
    "helpful": "helpful|helpful votes|helpful count|votes|useful|nuttig|behulpzaam|hilfreich|utile",
    "likes": "likes|like count|thumbs up|upvotes|favourites|favorites|duimpjes|vind ik leuks",
    "thread": "thread|thread id|conversation id|topic id|gesprek",
    "parent": "parent|parent id|in reply to|reply to",
}  # fmt: skip
_EXTRA_TEXTS = {
    "pros",
    "cons",
    "advantages",
    "disadvantages",
    "pluspunten",
    "minpunten",
    "voordelen",
    "nadelen",
    "positive",
    "negative",
    "positief",
    "negatief",
}
_SAMPLE = 60
_LONG_TEXT = 20


def understand_columns(
    header: list[str], rows: list[dict[str, Any]], labels: dict[str, str], given: Columns
) -> dict[str, tuple[How, list[str]]]:
    """Return, per field, how its columns were found and which they are.

    `given` comes first, then names (also the questions of a survey, in `labels`), then contents.

    Raises:
        ValueError: a given column does not exist, or nothing holds the texts.
    """
    found: dict[str, tuple[How, list[str]]] = {}
    for name, columns in given.items():
        _check_exist(name, columns, header)
        found[name] = ("given", columns)
    free = [c for c in header if not any(c in columns for _, columns in found.values())]
    for name in get_args(MappedField):
        if name not in found and (column := _by_name(name, free, rows)):
            found[name] = ("name", [column])
            free.remove(column)
    _by_contents(found, free, rows, labels)
    if "text" not in found and "title" not in found:
        raise ValueError(f"no column holds texts; name it in `mapping` (there are: {_list(header)})")
    return found


def _check_exist(name: str, columns: list[str], header: list[str]) -> None:
    for column in columns:
        if column not in header:
            raise ValueError(f"mapping.{name}: no column {column!r} (there are: {_list(header)})")


def _by_name(name: str, free: list[str], rows: list[dict[str, Any]]) -> str | None:
    """Return the free column with the likeliest name whose contents do not speak against it."""
    wanted = _NAMES[name].split("|")
    by_fold = {_folded(c): c for c in reversed(free)}
    candidates = (by_fold[w] for w in wanted if w in by_fold)
    fits = _CHECKS.get(name, _anything)
    return next((c for c in candidates if fits(_values(c, rows))), None)


def _folded(column: str) -> str:
    """Return the words of a column name: `authorName` and `author_name` are the same."""
    spaced = "".join(f" {c}" if c.isupper() and p.islower() else c for p, c in _pairs(column))
    return fold(spaced)


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    return zip(f" {text}", text, strict=False)


def _by_contents(
    found: dict[str, tuple[How, list[str]]],
    free: list[str],
    rows: list[dict[str, Any]],
    labels: dict[str, str],
) -> None:
    more = [c for c in free if _folded(c) in _EXTRA_TEXTS]
    open_questions = [c for c in free if labels and _mean_length(_values(c, rows)) >= _LONG_TEXT]
    if "text" not in found:
        longest = max(free, key=lambda c: _mean_length(_values(c, rows)), default=None)
        if longest and _mean_length(_values(longest, rows)) >= _LONG_TEXT and not open_questions:
            found["text"] = ("contents", [longest])
        elif open_questions:
            found["text"] = ("contents", open_questions)
        elif more:
            found["text"] = ("name", more)
    elif more and found["text"][0] == "name":
        found["text"] = ("name", [*found["text"][1], *more])
    taken = {c for _, columns in found.values() for c in columns}
    rest = [c for c in free if c not in taken]
    if "published_at" not in found:
        dated = next((c for c in rest if _dates(_values(c, rows), strict=True)), None)
        if dated:
            found["published_at"] = ("contents", [dated])
    if "rating" not in found and labels:
        asked = next((c for c in rest if "nps" in _folded(c).split()), None)
        if asked and _ratings(_values(asked, rows)):
            found["rating"] = ("contents", [asked])


def _values(column: str, rows: list[dict[str, Any]]) -> list[Any]:
    return [v for v in (r.get(column) for r in rows) if v not in (None, "", [])][:_SAMPLE]


def _mean_length(values: list[Any]) -> float:
    texts = [v for v in values if isinstance(v, str) and " " in v.strip() and not web_address(v)]
    return sum(map(len, texts)) / max(len(values), 1)


def _share(values: list[Any], test: Callable[[Any], bool]) -> float:
    return sum(map(test, values)) / len(values) if values else 1.0


def _reads(reader: Callable[[Any], Any], error: type[Exception]) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        try:
            reader(value)
        except error:
            return False
        return True

    return test


_is_date = _reads(DateReader().read, DateError)
_is_rating = _reads(read_rating, RatingError)


def _anything(_values: list[Any]) -> bool:
    return True


def _dates(values: list[Any], *, strict: bool = False) -> bool:
    return (bool(values) or not strict) and _share(values, _is_date) > 0.5


def _ratings(values: list[Any]) -> bool:
    return _share(values, _is_rating) > 0.5


def _urls(values: list[Any]) -> bool:
    return _share(values, lambda v: web_address(v) is not None) > 0.5


def _wordy(values: list[Any]) -> bool:
    """Say whether texts are texts: a column of numbers or dates named `review` is none."""
    return _share(values, lambda v: _is_rating(v) or _is_date(v)) < 0.5 or not values


def _distinct(values: list[Any]) -> bool:
    return len({str(v) for v in values}) == len(values)


_CHECKS: dict[str, Callable[[list[Any]], bool]] = {
    "key": _distinct,
    "text": _wordy,
    "published_at": _dates,
    "reply_at": _dates,
    "rating": _ratings,
    "rating_best": _ratings,
    "url": _urls,
}


def _list(header: list[str]) -> str:
    return ", ".join(header[:30]) + (", …" if len(header) > 30 else "")
