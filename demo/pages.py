"""The web site of the three shops: pages, sitemaps, feed and robots.txt."""

from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader

from demo.markup import product_node, question_node
from demo.shelf import Shelf, last_change
from demo.shops import PRODUCTS, Product
from demo.truths import BRANDS, FIRST_DAY, OWN, ZONE

PAGE_SIZE: Final = 20
FEED_SIZE: Final = 30
TRAP: Final = "/intern/"
"""robots.txt closes this area; every page and every sitemap lead into it all the same."""

_OPENED: Final = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=ZONE)
_BY_SLUG: Final = {brand.lower(): brand for brand in BRANDS}


class Pages:
    """Renders the site as it stood at a moment; None = there is no such page."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        folder = FileSystemLoader(Path(__file__).parent / "templates")
        self._environment = Environment(loader=folder, autoescape=True, trim_blocks=True)
        self._environment.globals["rfc"] = format_datetime

    def robots(self, base: str) -> str:
        """Return robots.txt."""
        sitemaps = "".join(f"Sitemap: {base}/{shop}/sitemap.xml\n" for shop in _BY_SLUG)
        return f"User-agent: *\nDisallow: {TRAP}\n{sitemaps}"

    def home(self, shop: str) -> str | None:
        """Return the front page of a shop."""
        if (brand := _BY_SLUG.get(shop)) is None:
            return None
        links = [(f"/{shop}/p/{product.slug}", product.name) for product in PRODUCTS[brand]]
        return self._render("links.html", title="Tuin en huis", shop=brand, links=links)

    def product(self, base: str, shop: str, slug: str, number: int, as_of: datetime) -> str | None:
        """Return a page of a product: every other product in JSON-LD, the rest in microdata."""
        brand = _BY_SLUG.get(shop, "")
        products = {product.slug: (n, product) for n, product in enumerate(PRODUCTS.get(brand, ()))}
        if slug not in products or number < 1:
            return None
        order, product = products[slug]
        posts = self._shelf.public(brand, "reviews", as_of, slug)
        shown = posts[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        url = f"{base}/{shop}/p/{slug}"
        return self._render(
            "microdata.html" if order % 2 else "jsonld.html",
            title=product.name,
            shop=brand,
            url=url,
            posts=shown,
            as_of=as_of,
            following=f"{url}?pagina={number + 1}" if len(posts) > number * PAGE_SIZE else None,
            markup=product_node(product.name, url, shown, len(posts), as_of),
        )

    def questions(self, shop: str, as_of: datetime) -> str | None:
        """Return the list of a shop's questions."""
        if (brand := _BY_SLUG.get(shop)) is None:
            return None
        links = [
            (f"/{shop}/vragen/{p.number}", p.text_at(as_of)) for p in self._shelf.public(brand, "questions", as_of)
        ]
        return self._render("links.html", title="Vragen van klanten", shop=brand, links=links)

    def question(self, base: str, shop: str, number: int, as_of: datetime) -> str | None:
        """Return the page of one question."""
        post = self._shelf.one(number, as_of)
        if post is None or post.channel != "questions" or post.brand.lower() != shop:
            return None
        markup = question_node(post, f"{base}/{shop}/vragen/{number}", as_of)
        return self._render("jsonld.html", title="Vraag", shop=post.brand, posts=[post], as_of=as_of, markup=markup)

    def story(self, number: int, as_of: datetime) -> str | None:
        """Return an entry of the blog."""
        post = self._shelf.one(number, as_of)
        if post is None or post.channel != "blog":
            return None
        return self._render("text.html", title=post.title, shop=post.brand, text=post.text)

    def feed(self, base: str, as_of: datetime) -> str:
        """Return the newest entries of the own shop's blog as RSS 2.0."""
        posts = list(islice(self._shelf.public(OWN, "blog", as_of), FEED_SIZE))
        return self._render("feed.xml", base=base, shop=OWN, posts=posts)

    def sitemap(self, base: str, shop: str, as_of: datetime) -> str | None:
        """Return a shop's sitemap (sitemaps.org)."""
        if (brand := _BY_SLUG.get(shop)) is None:
            return None
        pages = {f"{base}{TRAP}{shop}/prijzen": _OPENED} | dict(self._listed(base, brand, as_of))
        return self._render("sitemap.xml", pages=[(url, at.isoformat(timespec="seconds")) for url, at in pages.items()])

    def _listed(self, base: str, brand: str, as_of: datetime) -> Iterator[tuple[str, datetime]]:
        for product in PRODUCTS[brand]:
            yield f"{base}/{brand.lower()}/p/{product.slug}", self._changed(brand, product, as_of)
        for post in self._shelf.public(brand, "questions", as_of):
            yield f"{base}/{brand.lower()}/vragen/{post.number}", post.changed_at(as_of)

    def _changed(self, brand: str, product: Product, as_of: datetime) -> datetime:
        return last_change(self._shelf.public(brand, "reviews", as_of, product.slug), as_of, _OPENED)

    def _render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(values)
