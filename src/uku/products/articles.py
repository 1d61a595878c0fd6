"""What an article of the accounting system says, and where a product says something else. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

LOWEST_RATE, RATE_LIMIT = Decimal(0), Decimal(100)
OURS = {"description": "name", "unit": "unit", "price": "price", "vat_rate": "vat_rate"}
"""An article's fields, in the order they are shown, and the fields of a product that they are proposed for."""
LOCKED = "vat_rate"


@dataclass(frozen=True, slots=True)
class Article:
    """An article of the accounting system.

    `price` None: it has none. `vat_rate` None: not read yet. `account` is that of a sale within the country.
    `source` names it for people, with the system and its number; `company` is the company whose article it is.
    """

    number: str
    description: str
    unit: str
    price: Decimal | None
    vat_rate: Decimal | None
    active: bool = True
    account: str = ""
    source: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class ArticlesFound:
    """The first articles of a search, and how many there are in all."""

    articles: Sequence[Article] = ()
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.articles)


class MappedProduct(Protocol):
    """A product, as far as it is compared with its article."""

    @property
    def article_number(self) -> str: ...
    @property
    def article_company(self) -> str: ...
    @property
    def article_seen(self) -> Mapping[str, str]: ...
    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def vat_rate(self) -> Decimal: ...


class ArticleStatus(StrEnum):
    """How a product stands to its article. All but SAME wait for a person."""

    SAME = "same"
    DIFFERS = "differs"
    INACTIVE = "inactive"
    GONE = "gone"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that the article says otherwise: what it said when a person last looked, what we say, what it says."""

    field: str
    seen: str
    ours: str
    now: str

    @property
    def can_be_taken(self) -> bool:
        """A product has a name, and a price of zero or more; an article may lack either."""
        if self.field == "price":
            return bool(self.now) and Decimal(self.now) >= 0
        return self.field != "description" or bool(self.now)

    @property
    def can_be_kept(self) -> bool:
        """A rate other than the article's is refused whenever an invoice is sent, so it is no choice."""
        return self.field != LOCKED


def rate_text(rate: Decimal) -> str:
    """Write a rate in per cent without the decimals it does not need: "25", "25.5"."""
    return f"{rate.normalize():f}"


def known_rate(article: Article | None) -> Decimal | None:
    """Return the rate that an article gives its products; None while it is not read, or is no rate at all."""
    rate = article.vat_rate if article else None
    return rate if rate is not None and LOWEST_RATE <= rate < RATE_LIMIT else None


def locked_rate(article: Article | None, product: MappedProduct | None = None) -> Decimal | None:
    """Return the rate that nobody can choose, or None where a person does.

    It is the article's. A product that has the article already keeps its own until the difference is taken over.
    """
    rate = known_rate(article)
    if rate is None or article is None or product is None or not _has(product, article):
        return rate
    return product.vat_rate


def _has(product: MappedProduct, article: Article) -> bool:
    return (product.article_company, product.article_number) == (article.company, article.number)


def texts_of(article: Article) -> dict[str, str]:
    """What an article says, as it is remembered; a rate that is not known is left out."""
    price, rate = article.price, known_rate(article)
    said = {
        "description": article.description,
        "unit": article.unit,
        "price": f"{price:.2f}" if price is not None else "",
    }
    return said if rate is None else {**said, LOCKED: rate_text(rate)}


def differences(product: MappedProduct, article: Article | None) -> list[Difference]:
    """What the article says otherwise than the product, and otherwise than when a person last looked.

    A price or name that the firm chose is no difference; only a change of the article's own is. A rate always is one.
    """
    if article is None or not _has(product, article):
        return []
    now, ours = texts_of(article), texts_of_product(product)
    seen = {**ours, **product.article_seen}
    return [
        Difference(field, seen[field], ours[field], now[field])
        for field in OURS
        if field in now and now[field] != ours[field] and (field == LOCKED or now[field] != seen[field])
    ]


def article_status(product: MappedProduct, article: Article | None, company: str = "") -> ArticleStatus:
    """Say how a product with an article number stands while this company of the accounting system is connected."""
    if product.article_company != company:
        return ArticleStatus.ELSEWHERE
    if article is None:
        return ArticleStatus.GONE
    if not article.active:
        return ArticleStatus.INACTIVE
    return ArticleStatus.DIFFERS if differences(product, article) else ArticleStatus.SAME


def texts_of_product(product: MappedProduct) -> dict[str, str]:
    """What a product says, by the fields of an article, in the words of `texts_of`."""
    return {
        "description": product.name,
        "unit": product.unit,
        "price": f"{product.price:.2f}",
        LOCKED: rate_text(product.vat_rate),
    }
