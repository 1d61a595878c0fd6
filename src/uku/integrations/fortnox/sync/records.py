"""Rows of a page into their table: what is there in one query, what is new or changed in one each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import DataError, transaction

from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, RunKind, SyncRun

T = TypeVar("T")
BATCH = 100  # rows an UPDATE; its text grows with rows times columns
FLAW = "\ufffd"  # what the client puts in the place of NUL and of a lone surrogate, which no database takes


def model_of(run: SyncRun) -> Any:
    return CustomerRecord if run.kind == RunKind.CUSTOMERS else ArticleRecord


def held(run: SyncRun, numbers: Iterable[str]) -> dict[str, Any]:
    """Return the records that are here already, by number, locked in one order.

    A person's decision on one of them waits for the page, or the page for the decision; neither overwrites the other.
    """
    rows = model_of(run).objects.get_queryset().select_for_update(of=("self",))
    found = rows.filter(company_id=run.company_id, number__in=list(numbers)).order_by("pk")
    return {record.number: record for record in found}


def write(records: Sequence[Any], changed: Sequence[Any], names: Sequence[str], at: datetime) -> None:
    """Store new records, those that changed in the named fields, and when all of them were seen."""
    if not records:
        return
    model = type(records[0])
    model.objects.bulk_create([record for record in records if record.pk is None])
    model.objects.bulk_update(changed, [*names, "seen_at"], batch_size=BATCH)
    written = {record.pk for record in changed}
    unchanged = [record.pk for record in records if record.pk not in written]
    model.objects.filter(pk__in=unchanged).exclude(seen_at=at).update(seen_at=at)


def is_first_look(run: SyncRun, record: Any) -> bool:
    """Say whether a run meets a record as an active one for the first time. A look at one record is always a first."""
    return record is None or not record.active or run.pk is None or record.seen_at < run.started_at


def differing(record: Any, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields in which a record is not what Fortnox tells now."""
    return {name: value for name, value in fields.items() if getattr(record, name) != value}


def renew(record: Any, news: dict[str, Any], at: datetime) -> None:
    """Set what a record's list row tells differently now. Its detail is to be read again: it may have changed too."""
    for name, value in {**news, "detail_read_at": None, "seen_at": at}.items():
        setattr(record, name, value)


def in_halves(items: Sequence[T], store: Callable[[Sequence[T]], None], refuse: Callable[[T, DataError], None]) -> None:
    """Store items together; where the database refuses one, in halves, until that one stands alone (F54, I25)."""
    if not items:
        return
    try:
        with transaction.atomic():
            store(items)
    except DataError as error:
        if len(items) == 1:
            refuse(items[0], error)
            return
        middle = len(items) // 2
        in_halves(items[:middle], store, refuse)
        in_halves(items[middle:], store, refuse)


def flawed(item: Any) -> bool:
    """Say whether a text of an item held what no database takes, and was mended (reliability B37)."""
    return any(isinstance(value, str) and FLAW in value for value in dict(item).values())


def name_of(item: Any) -> str:
    """Return what a customer or an article is called, in a list or in our table."""
    return str(getattr(item, "name", "") or getattr(item, "description", ""))
