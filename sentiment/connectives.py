"""Words that decide where a sentence ends and where a clause begins, for the six languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A full stop after one of these ends no sentence.
ABBREVIATIONS: Final = _words(
    """
    bijv bv ca dhr drs ds gem mevr mr mw nl nr o.a o.b.v i.v.m i.p.v m.b.t m.u.v t.a.v t.n.v n.a.v d.m.v m.a.w t/m
    resp tel telnr vb vgl zgn e.g i.e mrs ms prof approx dr st fig vs sr
    abzgl allg bzgl bzw d.h fr ggf hr u.a z.b z.t zzgl
    av bd boul chap cf m mlle mm mme n.b p.ex rte svp tél
    aprox avda c/ d.ª dª dna dña ee.uu núm pág p.ej srta vd
    avv dott dott.ssa geom pag rag sig sig.ra sigg
    """
)

# After these a capital does begin a new sentence: they close one ("enz."), are words or names as well ("no.", "ING.",
# "es."), or stand before a number ("max. 5").
CLOSING_ABBREVIATIONS: Final = _words(
    """
    appt art blz cell dep dept ecc einschl enz env es est etc evt evtl ex excl exkl inc incl ing inh inkl jh jl jr ltd
    max min misc no ref ud uds u.s.w usw
    """
)
# The same goes for what is put together with them: "bestelnr.", "Hauptstr.".
CLOSING_ENDS: Final = ("nr", "str")

MONTHS: Final = _words(
    """
    januar jänner februar märz april mai juni juli august september oktober november dezember
    januari februari maart mei augustus december
    """
)
# German: "im 4. Stock", "zum 2. Mal".
BEFORE_ORDINALS: Final = _words("am beim dem den der das im vom zum zur")


@dataclass(frozen=True)
class Connectives:
    """One language's words that begin a clause, as regular expressions, or make it lean on another.

    `opposing`: begin a clause with or without a comma; `joining`: only where both sides are long enough for a predicate
    of their own; `leading`: a clause that begins so waits for its main clause; `following`: after a comma the
    same clause goes on.
    """

    opposing: str
    joining: str
    leading: frozenset[str]
    following: frozenset[str]


# As adverbs they follow the finite verb or a pronoun: "das hat aber nicht geklappt", "ik kon maar niet".
_DE_VERB: Final = (
    r"(?<!\b(?:ist|sind|war|waren|hat|habe|haben|hatte|wird|wurde|kann|konnte|muss|kam|ich|es|er|sie|wir|man|uns|mir"
    r"|mich|sich|das|dann|jetzt|da)\s)"
)
_NL_VERB: Final = r"(?<!\b(?:kan|kon|heb|had|heeft|ik|je|ze|we|dan|nog|alleen|zo|wat|toch|niets|en)\s)"
_NL_FINITE: Final = (
    "is|was|zijn|waren|heb|heeft|hebben|had|hadden|moet|moest|moesten|kan|kon|kwam|kwamen|ging|gaat|duurt|duurde|blijft"
    "|bleef|wordt|werd|vind|vond|lijkt|leek|mag|mocht"
)
_NL_DETERMINER: Final = "de|het|een|die|dat|jammer|is|was|zijn|waren|wel|niet|nu|sinds|mis|bij|met"

CONNECTIVES: Final[Mapping[str, Connectives]] = {
    "nl": Connectives(
        opposing=(
            rf"{_NL_VERB}maar(?!\s+(?:\d|één|een\s+(?:paar|beetje)))|alleen\s(?={_NL_DETERMINER})|jammer\sgenoeg|helaas"
            rf"|terwijl|hoewel|ondanks|desondanks|want|omdat|(?:al|wel)\s(?={_NL_FINITE})|daarna|vervolgens"
        ),
        joining="en dus|en|dus|zodat|tot",
        leading=_words("als toen omdat zodra nadat voordat doordat indien zolang sinds wanneer hoewel ondanks"),
        following=_words("als toen dat die wat wie waar waarbij waardoor zodra nadat voordat of om"),
    ),
    "en": Connectives(
        opposing=(
            r"but|however|(?<!\beven\s)although|(?<!\beven\s)though|even though|whereas|nevertheless|except that"
            r"|shame|because|cause|cuz|hence"
        ),
        joining="and so|and|so|then|plus",
        leading=_words("if when since while until as after before once because although though despite"),
        following=_words("that which who whose when if where while until as after before"),
    ),
    "de": Connectives(
        opposing=rf"{_DE_VERB}aber|obwohl|sondern|während|weil",
        joining="und|also",
        leading=_words("wenn als nachdem bevor ob damit da sobald solange seit seitdem weil obwohl trotz"),
        following=_words(
            "dass das der die den dem deren dessen wenn als nachdem bevor ob damit um wo was wie welche welcher"
        ),
    ),
    "fr": Connectives(
        opposing=r"mais|par contre|en revanche|dommage|alors que|même si|sauf que|parce que|car(?=\s+\p{L})",
        joining="et|donc|puis",
        leading=_words("quand lorsque si comme puisque dès après malgré"),
        following=_words("qui que dont quand lorsque si comme où afin pour"),
    ),
    "es": Connectives(
        opposing="pero|aunque|sin embargo|en cambio|mientras que|sino que|lástima|porque|ya que|no obstante",
        joining="y|e|así que|conque",
        leading=_words("cuando si como porque aunque tras"),
        following=_words("que quien cuando si como donde para cuyo"),
    ),
    "it": Connectives(
        opposing=r"ma(?!i\b)|anche se|peccato|sebbene|perché|mentre",
        joining="e|quindi",
        leading=_words("quando se come dove poiché siccome appena dopo"),
        following=_words("che chi quando se come dove cui"),
    ),
}

QUESTION_WORDS: Final = _words(
    """
    wie wat waar welke hoe waarom wanneer who what which where how why when wer was wo welche welcher wie warum wann
    qui quoi où quel quelle comment pourquoi quand quién qué dónde cuál cómo chi cosa dove quale come quando perché
    """
)


def _all() -> Connectives:
    every = CONNECTIVES.values()
    return Connectives(
        opposing="|".join(language.opposing for language in every),
        joining="|".join(language.joining for language in every),
        leading=frozenset().union(*(language.leading for language in every)),
        following=frozenset().union(*(language.following for language in every)),
    )


# For a text whose language is not told.
ANY_LANGUAGE: Final = _all()
