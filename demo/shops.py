"""What the three shops sell, and who writes about them."""

from dataclasses import dataclass
from typing import Final

from demo.truths import OWN


@dataclass(frozen=True, slots=True)
class Product:
    """A product and the topic of the sentences that are written about it."""

    slug: str
    name: str
    topic: str


_HARKANEL: Final = (
    Product("hortensia-wolkje", "Hortensia Wolkje", "plants"),
    Product("loungeset-sloot", "Loungeset Sloot", "furniture"),
    Product("accumaaier-m36", "Accumaaier M36", "tools"),
    Product("vloerkleed-zandpad", "Vloerkleed Zandpad", "home"),
    Product("bollenpakket-lente", "Bollenpakket Lente", "plants"),
    Product("tuintafel-wilg", "Tuintafel Wilg", "furniture"),
    Product("snoeischaar-knip", "Snoeischaar Knip", "tools"),
    Product("hanglamp-schemer", "Hanglamp Schemer", "home"),
    Product("olijfboom-groot", "Olijfboom groot", "plants"),
    Product("zweefparasol-wolk", "Zweefparasol Wolk", "furniture"),
)
_BLOEMWRIK: Final = (
    Product("haagpakket-groen", "Haagpakket Groen", "plants"),
    Product("tuinbank-dijk", "Tuinbank Dijk", "furniture"),
    Product("robotmaaier-bas", "Robotmaaier Bas", "tools"),
    Product("lantaarn-gloed", "Lantaarn Gloed", "home"),
)
_PERKJOPPE: Final = (
    Product("klimroos-perzik", "Klimroos Perzik", "plants"),
    Product("hangstoel-nest", "Hangstoel Nest", "furniture"),
    Product("heggenschaar-licht", "Heggenschaar Licht", "tools"),
    Product("kerstboom-net-echt", "Kerstboom Net Echt", "home"),
)
PRODUCTS: Final = {OWN: _HARKANEL, "Bloemwrik": _BLOEMWRIK, "Perkjoppe": _PERKJOPPE}

_FIRST: Final = (
    "Aaltje", "Babet", "Corneel", "Dirkje", "Evert", "Fenna", "Gijs", "Hedwig",
    "IJsbrand", "Jikke", "Karst", "Lobke", "Machteld", "Nanko", "Okke", "Pleun",
    "Quirijn", "Renske", "Siebrand", "Tjitske", "Ubbo", "Veerle", "Wobbe", "Xandra",
    "Yvo", "Zwaantje", "Aycha", "Bilal", "Chenna", "Deniz", "Emre", "Fatou",
    "Giulia", "Hanno", "Imre", "Joris", "Kadir", "Lieve", "Mirte", "Nour",
)  # fmt: skip
_LAST: Final = (
    "Aldeveen", "Bromstee", "Druifkamp", "Eelspoor", "Glimhoek", "Kwartelveld", "Mosterbeek", "Puntlaar",
    "Strekdijk", "Vlonderman",
)  # fmt: skip
AUTHORS: Final = tuple(f"{first} {last}" for last in _LAST for first in _FIRST)

OPTED_OUT: Final = "Zwaantje Stilleven"
"""She asked search engines and collectors to leave her posts alone."""
