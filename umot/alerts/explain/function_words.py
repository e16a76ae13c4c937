"""Words that carry grammar, not news: the analysers' stop words and what these short lists leave out."""

from functools import cache
from typing import Final

from umot.store.analysis import LANGUAGE_OF, stop_words

ANALYZER_OF: Final = {language: analyzer for analyzer, language in LANGUAGE_OF.items()}

# Lucene's English list has 33 words. Halves of contractions ("don" of "don't") stand here without their end.
_FURTHER: Final = {
    "en": """
        about actually after again against ain all already also always am another any anybody anyone
        anything aren around because been before being between both can cannot could couldn did didn do does
        doesn doing don done during each either else even ever every everyone everything few from further
        get gets getting go goes going got had hadn has hasn have haven having he her here hers him his how
        however i including its itself just later less let like many may maybe me might mine more most much
        must my myself neither nor nothing now off once one only other our ours out over own per quite
        rather really same shall she should shouldn since so some somebody someone something still than them
        themselves thing things those though three through too two under until up us using very via was wasn
        we well were weren what whatever when where whether which while who whole whom whose why within
        without won would wouldn yes yet you your yours yourself""",
    "nl": """
        af alle alleen allemaal allerlei anders bent bijna dacht deed doe doet drie echt echter eigen elk
        elkaar elke ene enige enkele erg even ga gaan gaat gewoon ging goh graag hadden hebt heel hele
        helemaal hen hoewel hoor ieder iedere iedereen jij jou jouw juist jullie komen komt krijg krijgen
        krijgt kun kunt kwam laten mag mee meest meestal misschien mn moeten mogen momenteel natuurlijk nee
        net noch nogal nou ongeveer onze ooit pas per samen sinds sommige soms steeds straks terwijl tijdens
        toe totaal tussen twee vaak vanaf vanuit veel verder via vind volgens vooral waar waarom wanneer we
        weer wel welke werden wij willen wilt worden zeer zeg zei zeker zelfs zitten zo'n zoals zodat zodra
        zulke zullen één""",
    "de": """
        ab allerdings beiden beim bereits besonders dabei dadurch dafür daher darauf darf darüber dass davon
        dazu denen deren deshalb doch drei eben eigentlich einfach erst etwa fast gab ganz ganze gar genau
        gerade gern gerne gibt habe halt hast heute hätte immer irgendwie ja jedoch jemand kannst kommt
        konnte lassen leider machen macht mal mehr mehrere meist möchte möglich müssen natürlich neben nein
        ob oft ohne schon sehr sei seit selbst sogar sollen sowie statt trotz unsere viel viele vielleicht
        warum wegen weiter wenig wer werde werden wieder wirklich wohl worden wurde wurden wäre ziemlich
        zwei überhaupt""",
    "fr": """
        ainsi alors après as assez aucun aucune aussi autant autre autres avant avoir beaucoup bien ca car
        celle celui ceux chaque chez ci comme comment contre depuis deux dire dit doit donc dont déjà elles
        encore enfin entre est faire fait faut fois hors ici jamais juste lors lorsque là maintenant mieux
        moins ni non ont oui où parce pendant peu peut peux plus plusieurs pourquoi presque près puis quand
        quelque quelques quoi rien sans sauf selon seulement si sinon son sous souvent suis surtout tant
        toujours tous tout toute toutes trois trop très va vais vers veut voici voilà vraiment y ça
        également été être""",
    "es": """
        además ahora ahí alguien alguna algún allí antes apenas aquel aquí así aun aunque aún bajo bastante
        bien cada casi cierto claro creo cual cualquier cómo da debe decir después dice dos embargo entonces
        esto está están gran haber hace hacer hacia haciendo hasta hay incluso jamás luego mas mayor
        mediante mejor menos mientras mismo mucha muchas mucho muchos muy nadie ninguna ningún no nunca otra
        otro podemos poder pueda puede pueden puedes puedo pues qué según ser si sido siempre sino sobre
        solo sólo tal también tampoco tan tanto tener toda todas todo todos tras tres un uno va vamos van
        vez ya""",
    "it": """
        adesso alcune alcuni allora almeno altra altre altri altro anche ancora appena aver avere bene c'è
        cioè circa ciò comunque cosa così cui davvero dentro deve dopo dove due ecco era essere fa fare
        fatto fino forse fra già infatti invece loro là lì ma mai me meno mentre molta molte molti molto
        nemmeno niente no nulla ogni oltre ora ossia ovvero perchè però poco poi posso possono prima proprio
        puoi pure può qua qualche qualcosa qualcuno quale quali quando quanto quasi quel quella quello
        questa questo qui quindi se sempre senza sia so solo sono sotto spesso stata stato stesso su subito
        sì tanto te tre troppo tutta tutte tutti tutto un'altra va verso via viene""",
}

_NEGATIONS: Final = """no not never nothing cannot niet geen nooit niets niemand nicht kein keine keinen nichts nie pas
    jamais rien aucun aucune sans nunca nada sin ningún ninguna non mai niente nessun nessuno senza"""


def is_negation(word: str) -> bool:
    """Say whether a lower-cased word denies; such a word may begin or end a phrase ("niet geleverd")."""
    return word in _negations() or word.replace("’", "'").endswith("n't")


def is_function_word(word: str, language: str) -> bool:
    """Say whether a lower-cased word is one of a language's function words; of any language's when it is unknown."""
    known = function_words(language)
    return word in known or (language == "en" and word.replace("’", "'").partition("'")[0] in known)


@cache
def _negations() -> frozenset[str]:
    return frozenset(_NEGATIONS.split())


@cache
def function_words(language: str) -> frozenset[str]:
    """Return the function words of a language; those of all languages when it is none of them."""
    if language not in _FURTHER:
        return frozenset().union(*map(function_words, _FURTHER))
    return stop_words()[language] | frozenset(_FURTHER[language].split())
