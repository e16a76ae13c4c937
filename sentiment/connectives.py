"""Words that decide where a sentence ends and where a clause begins, for the six languages."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A full stop after one of these ends no sentence.
ABBREVIATIONS: Final = _words(
    """
    bijv bv blz ca dhr drs dr ds enz evt excl gem incl ing ir jl max mevr min mr mw nl nr o.a o.b.v
    i.v.m i.p.v m.b.t m.u.v t.a.v t.n.v n.a.v d.m.v m.a.w t/m resp st tel telnr vb vgl zgn
    e.g i.e mrs ms prof approx appt apt dept est etc fig inc jr ltd misc no sr vs
    abzgl allg bzgl bzw d.h einschl evtl fr ggf hr inkl inh jh str u.a u.s.w usw z.b z.t zzgl
    art av bd boul chap cf env ex m mlle mm mme n.b p.ex ref rte svp tél
    aprox avda c/ d.ª dª dna dña ee.uu etc núm pág p.ej srta ud uds ud vd
    avv cell dott dott.ssa ecc es geom ing pag rag sig sig.ra sigg tel
    """
)

# After these abbreviations a capital does begin a new sentence.
CLOSING_ABBREVIATIONS: Final = _words("enz etc usw u.s.w ecc evt incl excl")

MONTHS: Final = _words(
    """
    januar jänner februar märz april mai juni juli august september oktober november dezember
    januari februari maart mei augustus december
    """
)

# A clause that begins with one of these opposes the one before it.
CONTRAST: Final = (
    """
    maar|echter|alleen jammer|jammer dat|jammer genoeg|helaas|terwijl|hoewel|ondanks dat|desondanks|enkel jammer
    but|however|although|though|unfortunately|sadly|whereas|nevertheless|except that|shame about
    aber|jedoch|allerdings|leider|obwohl|trotzdem|dennoch|sondern|während
    mais|cependant|pourtant|malheureusement|par contre|en revanche|toutefois|dommage|alors que|même si|hélas|sauf que
    pero|aunque|sin embargo|lamentablemente|por desgracia|no obstante|en cambio|mientras que|sino que|lástima que
    ma|però|purtroppo|tuttavia|anche se|peccato|mentre|sebbene|invece
    """
).strip()

# These only join: both clauses must be long enough to have a predicate of their own.
COORDINATION: Final = "en dus|en|dus|and|so|und|et|y|e|also|donc|así que|quindi|plus"

# After a comma, one of these goes on with the same clause.
SUBORDINATION: Final = _words(
    """
    als toen omdat dat die wat wie waar want zodat zodra nadat voordat doordat indien of om
    because that which who when if where while since unless until as after before
    weil dass das der die den dem wenn als nachdem bevor ob damit um wo welche welcher welches da denn
    parce que qui dont quand lorsque si comme car puisque afin où
    porque que quien cuando si como donde ya para cuyo pues
    perché che chi quando se come dove poiché siccome cui dato
    """
)
