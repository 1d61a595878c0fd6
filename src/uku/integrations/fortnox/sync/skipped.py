"""What an import leaves out: inactive records, deleted ones, rows that cannot be read or stored.

Each is listed with its run, and what we knew of it stays: the row, its client, its settings (F87).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import DataError

from fortnox_api import FortnoxError, NotFound, Reject, Rejected, Unreadable
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import SkipReason, SyncRun
from uku.integrations.fortnox.resources import resource_of
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.sync.records import solve_issues
from uku.kit import clock

UNNUMBERED: Final = "?"
"""Begins the number of a row that could not be read so far as to tell its own."""


def mark_inactive(
    run: SyncRun, items: Sequence[Any], at: datetime, *, reason: SkipReason = SkipReason.INACTIVE
) -> None:
    """List inactive or deleted records as skipped; those that we know turn inactive and keep their link."""
    resource, numbers = resource_of(run), [item.number for item in items]
    known = resource.model.objects.filter(company_id=run.company_id, number__in=numbers)
    known.update(active=False, seen_at=at)
    listed = sync_run.skipped_numbers(run, numbers)
    new = {item.number: resource.name_of(item) for item in items if item.number not in listed}
    sync_run.skip(run, new.items(), reason)
    sync_run.count(run, "inactive" if reason == SkipReason.INACTIVE else "gone", len(new))
    solve_issues(resource, run.company_id, numbers, at)


def reject(run: SyncRun, refused: Iterable[Reject], at: datetime) -> None:
    """List rows that could not be read (F54)."""
    rows = {row.number or f"{UNNUMBERED}{row.digest[:12]}": row for row in refused}
    for number, row in rows.items():
        _reject(run, number, "", SkipReason.UNREADABLE, row.reason, at, digest=row.digest)


def reject_stored(run: SyncRun, item: Any, error: DataError, at: datetime) -> None:
    """List a row that the database did not take, a text longer than its column for example."""
    digest = hashlib.sha256(item.model_dump_json().encode()).hexdigest()
    name = resource_of(run).name_of(item)[:200]
    _reject(run, item.number[:1024], name, SkipReason.NOT_STORED, str(error), at, digest=digest)


def reject_detail(run: SyncRun, item: Any, error: FortnoxError, at: datetime) -> None:
    """List a record whose detail could not be read, so that nobody knows whether it is active."""
    name = resource_of(run).name_of(item)
    _reject(run, item.number, name, SkipReason.UNREADABLE, error.reason, at, error=error)


def _reject(  # what is known differs from cause to cause
    run: SyncRun,
    number: str,
    name: str,
    reason: SkipReason,
    detail: str,
    at: datetime,
    *,
    digest: str = "",
    error: FortnoxError | None = None,
) -> None:
    """Keep a sync issue until the record can be imported, and list it once a run."""
    if not sync_run.skipped_numbers(run, [number]):
        sync_run.count(run, "rejected")
        sync_run.skip(run, [(number, name)], reason, detail)
    place: dict[str, Any] = {"company_id": run.company_id, "kind": resource_of(run).issue_kind, "number": number}
    sync_issues.note(**place, name=name, reason=detail, error=error, digest=digest, at=at)


def solve_unnumbered(run: SyncRun, at: datetime) -> None:
    """Close the sync issues of rows without a number that a complete pass did not meet again."""
    theirs = sync_issues.unsolved(run.company_id).filter(kind=resource_of(run).issue_kind)
    theirs.filter(number__startswith=UNNUMBERED, last_at__lt=run.started_at).update(solved_at=at)


def retire_unseen(calls: Any, run: SyncRun) -> None:
    """After one complete pass, ask for each record that no list showed, and mark what is inactive or deleted (F50).

    Rows that moved between two pages can hide one that is there (F47), and so can a row that could not be read.
    """
    rows = resource_of(run).model.objects.filter(company_id=run.company_id)
    rejected = run.skipped_records.values("number")
    for record in rows.filter(active=True, seen_at__lt=run.started_at).exclude(number__in=rejected).order_by("pk"):
        reason = None
        try:
            reason = None if calls.get(record.number).active else SkipReason.INACTIVE
        except NotFound:
            reason = SkipReason.DELETED
        except (Rejected, Unreadable) as error:
            if error.transient:
                raise
        with sync_run.next_step(run):
            if reason:
                mark_inactive(run, [record], clock.now(), reason=reason)
            else:
                rows.filter(pk=record.pk).update(seen_at=clock.now())
