"""The product list as its address asks for it: words, filter, order; and how each product stands to its article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Func, Q, QuerySet, Value
from django.db.models.functions import Collate, Length, Lower
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from uku.integrations.registry import Badge
from uku.products.articles import OURS, ArticleStatus, article_status
from uku.products.models import Product
from uku.web import integration_data
from uku.web.list_filters import searched_words
from uku.web.record_list import ARCHIVED, RecordList

DIFFERS = "differs"
# å, ä and ö behind z, as the Swedish alphabet has them: in ASCII these signs follow it, on every PostgreSQL.
_BY_NAME = Collate(Func(Lower("name"), Value("åäöéü"), Value("{|}eu"), function="translate"), "C")
# Numbers are text: 2 before 10, and one order on every PostgreSQL (B52).
_BY_NUMBER = (Length("article_number"), Collate("article_number", "C"))
ORDERS: Mapping[str, tuple[Any, ...]] = {
    "name": (_BY_NAME,),
    "article": (*_BY_NUMBER, _BY_NAME),
    "unit": (Lower("unit"), _BY_NAME),
    "price": ("price", _BY_NAME),
    "rate": ("vat_rate", _BY_NAME),
}
_COMPARED = ("article_number", "article_company", "article_seen", *OURS.values())


@dataclass(frozen=True)
class ProductList(RecordList):
    """Products; `system` is what their articles are in, "" for none."""

    system: str

    @classmethod
    def of(cls, request: HttpRequest) -> ProductList:
        """Read the address; what is no filter and no column of ours is left out."""
        system = integration_data.article_system()
        shows = {ARCHIVED, DIFFERS} if system else {ARCHIVED}
        show, sort = request.GET.get("show", ""), request.GET.get("sort", "")
        known = sort.removeprefix("-") in ORDERS
        return cls(searched_words(request), show if show in shows else "", sort if known else "name", system=system)

    @cached_property
    def statuses(self) -> Mapping[int, ArticleStatus]:
        """How each active product with an article stands, by id: two queries, however many there are."""
        if not self.system:
            return {}
        rows = self._found().filter(archived_at=None).exclude(article_number="")
        mapped = list(rows.values_list("pk", *_COMPARED, named=True))  # a product of its own for each takes too long
        articles = integration_data.articles_of({product.article_number for product in mapped})
        known = next(iter(articles.values()), None)  # they are all of the connected company
        company = known.company if known else integration_data.article_company()
        return {
            product.pk: article_status(product, articles.get(product.article_number), company) for product in mapped
        }

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many products each filter shows."""
        archived, active = Count("pk", Q(archived_at__isnull=False)), Count("pk", Q(archived_at=None))
        found = self._found().aggregate(archived=archived, active=active)
        return {"": found["active"], DIFFERS: len(self._differing), ARCHIVED: found["archived"]}

    @property
    def filters(self) -> Mapping[str, str]:
        differs = _("Differs from %(system)s") % {"system": self.system}
        return {"": _("Active"), DIFFERS: differs, ARCHIVED: _("Archived")}

    @property
    def columns(self) -> Mapping[str, str]:
        return {
            "name": _("Name"),
            "article": _("Article"),
            "unit": _("Unit"),
            "price": _("Price"),
            "rate": _("VAT rate"),
        }

    def rows(self, products: Sequence[Product]) -> list[tuple[Product, Badge]]:
        return [(product, badge_of(product, self.statuses.get(product.pk), self.system)) for product in products]

    @cached_property
    def _differing(self) -> frozenset[int]:
        return frozenset(pk for pk, found in self.statuses.items() if found != ArticleStatus.SAME)

    @property
    def records(self) -> QuerySet[Product]:
        found = self._found().filter(archived_at__isnull=not self.shows_archived)
        if self.show == DIFFERS:
            found = found.filter(pk__in=self._differing)
        down = self.sort.startswith("-")
        order = ORDERS[self.sort.removeprefix("-")]
        columns = [F(column) if isinstance(column, str) else column for column in order]
        return found.order_by(*(column.desc() if down else column.asc() for column in columns), "id")

    def _found(self) -> QuerySet[Product]:
        found = numbered = Product.objects.get_queryset()
        for word in self.words.split():
            found = found.filter(Q(name__icontains=word) | Q(article_number__istartswith=word))
        return found | numbered.filter(article_number__istartswith=self.words)  # a number may hold a space


def badge_of(product: Product, found: ArticleStatus | None, system: str) -> Badge:
    """How a product stands, in a word."""
    if product.archived_at is not None:
        return Badge(_("Archived"), "neutral")
    if found in {None, ArticleStatus.SAME}:
        return Badge(_("Active"), "good")
    words = {
        ArticleStatus.DIFFERS: _("Differs from %(system)s"),
        ArticleStatus.INACTIVE: _("Inactive in %(system)s"),
        ArticleStatus.GONE: _("Not in %(system)s"),
        ArticleStatus.ELSEWHERE: _("Choose an article"),
    }
    return Badge(words[ArticleStatus(found)] % {"system": system}, "warning")
