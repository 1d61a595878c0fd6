"""Articles from Fortnox: a page's rows stored, a detail stored. The same page again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from fortnox_api import Article, ArticleItem
from uku.integrations.fortnox.mapping import article_fields, article_fields_from_detail
from uku.integrations.fortnox.models import ArticleRecord, SyncRun
from uku.integrations.fortnox.resources import ARTICLES
from uku.integrations.fortnox.sync import records
from uku.products.models import Product

WRITTEN: Final = ("description", "unit", "price", "active", "detail_read_at")
TOLD_BY_DETAIL: Final = ("unit", "price", "vat_rate", "account", "active", "detail_read_at")


def store(run: SyncRun, items: Sequence[ArticleItem], details: Mapping[str, Article], at: datetime) -> Counter[str]:
    """Store active articles and the details that were read; return what happened to how many.

    Every article is counted once a run, though two pages show it. The whole page or nothing: raises DataError.
    """
    by_number = {item.number: item for item in items}
    known = records.lock_known(run, by_number)
    counted = [number for number in by_number if records.is_first_look(run, known.get(number))]
    changes, rows = {}, []
    for number, item in by_number.items():
        row, changes[number] = records.as_listed(run, number, article_fields(item), known, at)
        rows.append(row)
    records.write_page(rows, [row for row in rows if changes[row.number] == "updated"], WRITTEN, at)
    apply_details([row for row in rows if row.number in details], details, at)
    replaced = sum(records.has_replacement(by_number[number]) for number in counted)
    return Counter(changes[number] for number in counted) + Counter(imported=len(counted), replaced=replaced)


def apply_details(rows: Sequence[ArticleRecord], details: Mapping[str, Article], at: datetime) -> None:
    """Store what articles' details tell: rate, account and active, and price and unit again."""
    for row in rows:
        article = details[row.number]
        for name, value in article_fields_from_detail(article).items():
            setattr(row, name, value)
        row.active, row.detail_read_at = article.active, at
    ArticleRecord.objects.update_many(rows, TOLD_BY_DETAIL)


def unread(company_id: str) -> QuerySet[ArticleRecord]:
    """Return the articles that a product uses and whose detail is still to be read, oldest first."""
    used = Product.objects.filter(archived_at=None, article_company=company_id).values("article_number")
    rows = ArticleRecord.objects.filter(company_id=company_id, detail_read_at=None, active=True)
    return rows.filter(number__in=used).order_by("id")


ARTICLE_IMPORTER: Final = records.Importer(ARTICLES, store, apply_details, unread)
