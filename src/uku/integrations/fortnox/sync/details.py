"""Details: what only one record's own address tells. Read once for a linked client or a used article, and when changed.

A slice at a time, behind everything a person waits for; at once when a person opens or bills the client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from fortnox_api import Article, Customer, Fortnox, FortnoxError, NotFound, Rejected, Unreadable
from uku.clients.matching import normalise_number
from uku.clients.operations import import_details
from uku.integrations.fortnox.customers import reused_number
from uku.integrations.fortnox.customers.links import filled_by, first_customers
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.mapping import (
    article_fields_from_detail,
    client_fields_from_detail,
    record_fields_from_detail,
)
from uku.integrations.fortnox.models import ArticleRecord, Connection, CustomerRecord
from uku.integrations.fortnox.sync.records import name_of
from uku.kit import clock
from uku.products.models import Product

SLICE = 20  # details that are read in one go, so that what a person waits for comes in between


def waiting(company_id: str) -> tuple[QuerySet[CustomerRecord], QuerySet[ArticleRecord]]:
    """Return linked customers and used articles whose detail is to be read, oldest first."""
    unread = {"company_id": company_id, "detail_read_at": None, "active": True}
    used = Product.objects.filter(archived_at=None, article_company=company_id).values("article_number")
    customers = CustomerRecord.objects.filter(client__isnull=False, **unread)
    articles = ArticleRecord.objects.filter(number__in=used, **unread)
    return customers.order_by("id"), articles.order_by("id")


def count_waiting(company_id: str) -> int:
    return sum(rows.count() for rows in waiting(company_id))


def read_slice(fortnox: Fortnox, connection: Connection, *, at_most: int) -> bool:
    """Read some of the waiting details, one request each; say whether more wait. Raises FortnoxError.

    A slice at a time, so that a person's click waits for a slice and not for all of them.
    """
    customers, articles = waiting(connection.company_id)
    found: list[Any] = list(customers[: at_most + 1])
    found += articles[: at_most + 1 - len(found)]
    for record in found[:at_most]:
        _read_or_note(fortnox, record)
    return len(found) > at_most


def _read_or_note(fortnox: Fortnox, record: CustomerRecord | ArticleRecord) -> None:
    """Read a detail; one that cannot be read is kept as a problem, so that the others do not wait behind it."""
    try:
        read_again(fortnox, record)
    except (Rejected, Unreadable) as error:
        if error.transient:
            raise
        _note(record, error)
    else:
        if not getattr(record, "identity_changed_at", None):
            kind, at = _kind(record), clock.now()
            sync_issues.solve(company_id=record.company_id, kind=kind, numbers=[record.number], at=at)


def _note(record: CustomerRecord | ArticleRecord, error: FortnoxError) -> None:
    at = clock.now()
    type(record).objects.filter(pk=record.pk).update(detail_read_at=at)
    place: dict[str, Any] = {"company_id": record.company_id, "kind": _kind(record), "number": record.number}
    sync_issues.note(**place, name=name_of(record), error=error, at=at)


def _kind(record: CustomerRecord | ArticleRecord) -> str:
    return sync_issues.CUSTOMER if isinstance(record, CustomerRecord) else sync_issues.ARTICLE


def read_again(fortnox: Fortnox, record: CustomerRecord | ArticleRecord) -> None:
    """Read one record's detail and store it; `record` is as stored then. One that is gone turns inactive."""
    resource: Any = fortnox.customers if isinstance(record, CustomerRecord) else fortnox.articles
    take: Callable[..., None] = take_customer if isinstance(record, CustomerRecord) else take_article
    try:
        detail = resource.get(record.number)
    except NotFound:
        record.active, record.detail_read_at = False, clock.now()
        record.save(update_fields=["active", "detail_read_at"])
    else:
        with transaction.atomic():
            take(_locked(record), detail, clock.now())
        record.refresh_from_db()


def _locked(record: Any) -> Any:
    """The record as it is now: a person may have linked it to another client while it was read."""
    return type(record).objects.get_queryset().select_for_update(of=("self",)).get(pk=record.pk)


def take_customers(records: Sequence[CustomerRecord], read: Mapping[str, Customer], at: datetime) -> None:
    _take_all(records, read, take_customer, at)


def take_articles(records: Sequence[ArticleRecord], read: Mapping[str, Article], at: datetime) -> None:
    _take_all(records, read, take_article, at)


def _take_all(records: Iterable[Any], read: Mapping[str, Any], take: Callable[..., None], at: datetime) -> None:
    for record in records:
        if record.number in read:
            take(record, read[record.number], at)


def take_customer(record: CustomerRecord, customer: Customer, at: datetime) -> None:
    """Store what a customer's detail tells, and fill its client."""
    marked = record.identity_changed_at
    reused_number.compare(record, customer.organisation_number, at)
    told = {**record_fields_from_detail(customer), "active": customer.active}
    if normalise_number(customer.organisation_number):
        told["organisation_number"] = customer.organisation_number
    _store(record, told, at, "identity_changed_at")
    if record.identity_changed_at not in {None, marked}:
        reused_number.note_changed(record.company_id, [record], at)
    fills = first_customers(record.company_id, [record.client_id] if record.client_id else [])
    if record.client is not None and not record.identity_changed_at and fills[record.client_id] == record.pk:
        import_details(
            client=record.client, details=filled_by(record, client_fields_from_detail(customer)), source=record.source
        )


def take_article(article: ArticleRecord, detail: Article, at: datetime) -> None:
    """Store what an article's detail tells: rate, account and active, and price and unit again."""
    _store(article, {**article_fields_from_detail(detail), "active": detail.active}, at)


def _store(record: Any, fields: Mapping[str, Any], at: datetime, *more: str) -> None:
    for name, value in {**fields, "detail_read_at": at}.items():
        setattr(record, name, value)
    record.save(update_fields=[*fields, "detail_read_at", *more])
