"""What Fortnox brings to products: its articles, the rates and the units they have. Of the connected company only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Case, Count, IntegerField, Min, Q, QuerySet, Value, When
from django.db.models.functions import Collate, Length, Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uku.integrations.fortnox.articles.importer import ARTICLE_IMPORTER
from uku.integrations.fortnox.models import ArticleRecord, Connection
from uku.integrations.fortnox.sync.details import read_detail_now
from uku.products.articles import LOWEST_RATE, RATE_LIMIT, Article, ArticlesFound
from uku.products.rates import KnownRate

MOST_UNITS = 50
_FACTS = ("number", "description", "unit", "price", "vat_rate", "active", "account", "company_id")
NUMBER_ORDER = (Length("number"), Collate("number", "C"), "id")
"""Numbers are text: 2 before 10, and the same order on every PostgreSQL (B52)."""


def article_system() -> str:
    """Return "Fortnox" while a company is connected; a disabled connection keeps what was read."""
    return "Fortnox" if article_company() else ""


def article_company() -> str:
    """Return the connected company's database number, or "": another company's articles are none of ours."""
    connection = Connection.objects.first()
    return connection.company_id if connection is not None and connection.is_connected else ""


def articles(words: str, *, at_most: int) -> ArticlesFound:
    """Find active articles: each word begins their number or stands in their description, the number itself first."""
    found = numbered = _records().filter(active=True)
    for word in words.split():
        found = found.filter(Q(description__icontains=word) | Q(number__istartswith=word))
    found |= numbered.filter(number__istartswith=words)  # a number may hold a space
    exact = Case(When(number__iexact=words, then=Value(0)), default=Value(1), output_field=IntegerField())
    ordered = found.order_by(exact, Collate(Lower("description"), "C"), *NUMBER_ORDER)
    shown = [_article(record) for record in ordered[: at_most + 1]]
    total = found.count() if len(shown) > at_most else len(shown)
    return ArticlesFound(tuple(shown[:at_most]), total)


def article(number: str) -> Article | None:
    """Return one article with its VAT rate and account, which only its detail tells: read now if it never was."""
    record = _records().filter(number=number).first()
    if record is not None and record.detail_read_at is None:
        record = read_detail_now(ARTICLE_IMPORTER, record)
    return _article(record) if record is not None else None


def articles_of(numbers: Collection[str]) -> Mapping[str, Article]:
    """Return articles by number as they were last read; one query, however many."""
    source = _source_of("%(number)s")
    rows = _records().filter(number__in=numbers).values_list(*_FACTS)  # a record of its own for each takes too long
    return {row[0]: _made(row, source % {"number": row[0]}) for row in rows}


def tax_rates() -> Sequence[KnownRate]:
    """Return the distinct rates of active articles whose detail was read; Fortnox lists rates nowhere else."""
    read = _records().filter(active=True, vat_rate__gte=LOWEST_RATE, vat_rate__lt=RATE_LIMIT)
    counted: Any = read.values("vat_rate").order_by("-vat_rate")
    rates = []
    for row in counted.annotate(count=Count("pk"), first=Min("number")):
        source, more = _source_of(row["first"]), row["count"] - 1
        if more:
            words = ngettext(
                "Fortnox article %(number)s and %(more)d other", "Fortnox article %(number)s and %(more)d others", more
            )
            source = words % {"number": row["first"], "more": more}
        rates.append(KnownRate(row["vat_rate"], source))
    return rates


def units() -> Sequence[str]:
    """Return the units of the company's articles, the most used first."""
    used: Any = _records().filter(active=True).exclude(unit="").values_list("unit")
    return [unit for unit, _count in used.annotate(count=Count("pk")).order_by("-count", "unit")[:MOST_UNITS]]


def _records() -> QuerySet[ArticleRecord]:
    company = article_company()
    rows = ArticleRecord.objects.filter(company_id=company)
    return rows if company else rows.none()


def _article(record: ArticleRecord) -> Article:
    return _made([getattr(record, name) for name in _FACTS], _source_of(record.number))


def _made(row: Sequence[Any], source: str) -> Article:
    number, description, unit, price, vat_rate, active, account, company = row
    return Article(number, description, unit, price, vat_rate, active, str(account or ""), source, company)


def _source_of(number: str) -> str:
    return _("Fortnox article %(number)s") % {"number": number}
