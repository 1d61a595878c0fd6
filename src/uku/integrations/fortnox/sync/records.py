"""Rows of a page into their table: what is there in one query, what is new or changed in one each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import DataError, transaction
from django.db.models import QuerySet

from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import SyncRun
from uku.integrations.fortnox.resources import Resource, resource_of

T = TypeVar("T")
REPLACEMENT: Final = "\ufffd"
"""What the client puts in the place of NUL and of a lone surrogate, which no database takes."""


@dataclass(frozen=True, slots=True)
class Importer:
    """How the records of one kind are stored.

    `store` takes a page's active items, and by number the details that were read of them; it returns what became of
    how many, and raises DataError with nothing stored. `apply_details` stores, by number, what the own addresses of
    locked records tell; it raises DataError. `unread` are a company's records whose detail is still to be read.
    """

    resource: Resource
    store: Callable[[SyncRun, Sequence[Any], Mapping[str, Any], datetime], Counter[str]]
    apply_details: Callable[[Sequence[Any], Mapping[str, Any], datetime], None]
    unread: Callable[[str], QuerySet[Any]]


def lock_known(run: SyncRun, numbers: Iterable[str]) -> dict[str, Any]:
    """Return the records that are here already, by number, locked in one order.

    A person's decision on one of them waits for the page, or the page for the decision; neither overwrites the other.
    """
    rows = resource_of(run).model.objects.get_queryset().select_for_update(of=("self",))
    found = rows.filter(company_id=run.company_id, number__in=list(numbers)).order_by("pk")
    return {record.number: record for record in found}


def as_listed(
    run: SyncRun, number: str, fields: Mapping[str, Any], known: Mapping[str, Any], at: datetime
) -> tuple[Any, str]:
    """Return a record with the fields that its list item tells, not stored, and if it is new, updated or unchanged.

    One that changed has its detail read again: that may have changed too.
    """
    if number not in known:
        place = {"workspace_id": run.workspace_id, "company_id": run.company_id, "number": number}
        return resource_of(run).model(**place, **fields, first_seen_at=at, seen_at=at), "new"
    record = known[number]
    changed = {name: value for name, value in {**fields, "active": True}.items() if getattr(record, name) != value}
    if not changed:
        return record, "unchanged"
    for name, value in {**changed, "detail_read_at": None, "seen_at": at}.items():
        setattr(record, name, value)
    return record, "updated"


def write_page(records: Sequence[Any], changed: Sequence[Any], names: Sequence[str], at: datetime) -> None:
    """Store new records, those that changed in the named fields, and when all of them were seen."""
    if not records:
        return
    model = type(records[0])
    model.objects.bulk_create([record for record in records if record.pk is None])
    model.objects.update_many(changed, [*names, "seen_at"])
    written = {record.pk for record in changed}
    unchanged = [record.pk for record in records if record.pk not in written]
    model.objects.filter(pk__in=unchanged).exclude(seen_at=at).update(seen_at=at)


def is_first_look(run: SyncRun, record: Any) -> bool:
    """Say whether a run meets a record as an active one for the first time. A look at one record is always a first."""
    return record is None or not record.active or run.pk is None or record.seen_at < run.started_at


def store_in_halves(items: Sequence[T], store: Callable[[Sequence[T]], None]) -> list[tuple[T, DataError]]:
    """Store items together; where the database refuses one, in halves, until that one stands alone (F54, I25).

    Returns the refused items with their errors.
    """
    if not items:
        return []
    try:
        with transaction.atomic():
            store(items)
    except DataError as error:
        if len(items) == 1:
            return [(items[0], error)]
        middle = len(items) // 2
        return [*store_in_halves(items[:middle], store), *store_in_halves(items[middle:], store)]
    return []


def has_replacement(item: Any) -> bool:
    """Say whether a text of an item held what no database takes, and was mended (B37)."""
    return any(isinstance(value, str) and REPLACEMENT in value for value in dict(item).values())


def solve_issues(resource: Resource, company_id: str, numbers: Iterable[str], at: datetime) -> None:
    """Close the sync issues of records that went through, but of those that wait for a person's review (B44)."""
    wanted = set(numbers)
    in_review = resource.model.objects.filter(resource.needs_review, company_id=company_id, number__in=wanted)
    unless = in_review.values("number")
    sync_issues.solve(company_id=company_id, kind=resource.issue_kind, numbers=wanted, unless=unless, at=at)
