"""What an import leaves out: inactive records, records that are gone, rows that cannot be read or stored.

Each is listed with its run, and what we knew of it stays: the row, its client, its settings (reliability F87).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import DataError, transaction

from fortnox_api import Fortnox, FortnoxError, NotFound, Reject, Rejected, Unreadable
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import CustomerRecord, RunKind, SyncRun
from uku.integrations.fortnox.sync import records, sync_run
from uku.kit import clock

UNNUMBERED = "?"  # begins the number of a row that could not be read so far as to tell its own
INACTIVE, GONE = "Inactive in Fortnox", "Gone from Fortnox"


def rest(run: SyncRun, items: Sequence[Any], at: datetime, *, reason: str = INACTIVE) -> None:
    """List inactive or missing records as skipped; those that we know turn inactive and keep their link."""
    numbers = [item.number for item in items]
    known = records.model_of(run).objects.filter(company_id=run.company_id, number__in=numbers)
    known.update(active=False, seen_at=at)
    listed = sync_run.skipped_records(run, numbers)
    new = {item.number: records.name_of(item) for item in items if item.number not in listed}
    sync_run.pass_over_many(run, [(number, name, reason) for number, name in new.items()])
    sync_run.count(run, "inactive" if reason == INACTIVE else "gone", len(new))
    solve(run, numbers, at)


def reject(run: SyncRun, refused: Iterable[Reject], at: datetime) -> None:
    """List rows that could not be read (reliability F54)."""
    told = {row.number or f"{UNNUMBERED}{row.digest[:12]}": row for row in refused}
    listed = sync_run.skipped_records(run, told)
    for number, row in told.items():
        _refuse(run, number, "", f"Could not be read: {row.reason}", at, digest=row.digest, again=number in listed)


def reject_stored(run: SyncRun, item: Any, error: DataError, at: datetime) -> None:
    """List a row that the database did not take, a text longer than its column for example."""
    digest = hashlib.sha256(item.model_dump_json().encode()).hexdigest()
    reason = f"Could not be stored: {error}"
    again = bool(sync_run.skipped_records(run, [item.number]))
    _refuse(run, item.number[:1024], records.name_of(item)[:200], reason, at, digest=digest, again=again)


def reject_detail(run: SyncRun, item: Any, error: FortnoxError, at: datetime) -> None:
    """List a record whose detail could not be read, so that nobody knows whether it is active."""
    reason = f"Could not be read: {error.reason}"
    again = bool(sync_run.skipped_records(run, [item.number]))
    _refuse(run, item.number, records.name_of(item), reason, at, error=error, again=again)


def _refuse(
    run: SyncRun,
    number: str,
    name: str,
    reason: str,
    at: datetime,
    *,
    again: bool,
    digest: str = "",
    error: FortnoxError | None = None,
) -> None:
    """Keep a problem until the record can be taken in, and list it once a run."""
    if not again:
        sync_run.count(run, "rejected")
        sync_run.pass_over(run, number, name, reason)
    place: dict[str, Any] = {"company_id": run.company_id, "kind": _kind(run), "number": number, "name": name}
    sync_issues.note(**place, reason=reason, error=error, digest=digest, at=at)


def solve(run: SyncRun, numbers: Iterable[str], at: datetime) -> None:
    """Close the problems of records that went through; one that may be somebody else waits for a person (B44)."""
    wanted = set(numbers)
    if run.kind == RunKind.CUSTOMERS:
        marked = CustomerRecord.objects.filter(company_id=run.company_id, identity_changed_at__isnull=False)
        wanted -= set(marked.filter(number__in=wanted).values_list("number", flat=True))
    sync_issues.solve(company_id=run.company_id, kind=_kind(run), numbers=wanted, at=at)


def solve_unnumbered(run: SyncRun, at: datetime) -> None:
    """Close the problems of rows without a number that a complete pass did not meet again."""
    nameless = sync_issues.unsolved(run.company_id).filter(kind=_kind(run), number__startswith=UNNUMBERED)
    nameless.filter(last_at__lt=run.started_at).update(solved_at=at)


def _kind(run: SyncRun) -> str:
    return sync_issues.CUSTOMER if run.kind == RunKind.CUSTOMERS else sync_issues.ARTICLE


def retire_unseen(fortnox: Fortnox, run: SyncRun) -> None:
    """After one complete pass, ask for each record that no list showed, and let what is gone rest (reliability F50).

    Rows that moved between two pages can hide one that is there (F47), and so can a row that could not be read.
    """
    unseen = records.model_of(run).objects.filter(company_id=run.company_id, active=True, seen_at__lt=run.started_at)
    rejected = run.skipped_records.values("number")
    for record in unseen.exclude(number__in=rejected).order_by("pk"):
        _ask_for(fortnox, run, record)


def _ask_for(fortnox: Fortnox, run: SyncRun, record: Any) -> None:
    resource: Any = fortnox.customers if run.kind == RunKind.CUSTOMERS else fortnox.articles
    reason = ""
    try:
        reason = "" if resource.get(record.number).active else INACTIVE
    except NotFound:
        reason = GONE
    except (Rejected, Unreadable) as error:
        if error.transient:
            raise
    with transaction.atomic():
        sync_run.hold(run)
        if reason:
            rest(run, [record], clock.now(), reason=reason)
        else:
            records.model_of(run).objects.filter(pk=record.pk).update(seen_at=clock.now())
        run.save(update_fields=["counts"])
