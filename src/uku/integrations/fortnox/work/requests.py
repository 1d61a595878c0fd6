"""Asking for work: each request is a job that a worker takes up; what is due stands in the tables, not in the job."""

from __future__ import annotations

from django.db.models import Q

from uku.integrations.fortnox.models import BulkCreation, Connection, ExportState, InvoiceExport, Reload, RunKind
from uku.kit.clock import database_now
from uku.kit.jobs import LATER, NORMAL, SOON, enqueue, enqueue_once


def request_sync(
    connection: Connection,
    kind: RunKind,
    *,
    priority: int = NORMAL,
    full: bool = False,
    scheduled: bool = False,
    asked_by: int | None = None,
) -> bool:
    """Ask for a sync from a button or a schedule; False when one waits already."""
    return enqueue_once(
        "fortnox.sync",
        key=f"sync {connection.pk} {kind}",
        lock=company_lock(connection.company_id),
        priority=priority,
        connection_id=connection.pk,
        kind=str(kind),
        full=full,
        scheduled=scheduled,
        **({"asked_by": asked_by} if asked_by else {}),  # last week's worker does not know it
    )


def request_look(connection: Connection) -> bool:
    """Ask for a look at the company; False when one waits already."""
    lock, key = company_lock(connection.company_id), f"look {connection.pk}"
    return enqueue_once("fortnox.look_at_company", key=key, lock=lock, connection_id=connection.pk)


def request_grant_look(connection: Connection) -> bool:
    """Ask for a look at what the grant gives; False when one waits already."""
    lock, key = company_lock(connection.company_id), f"look at grant {connection.pk}"
    return enqueue_once("fortnox.look_at_grant", key=key, lock=lock, connection_id=connection.pk)


def enqueue_sync(connection: Connection, kind: RunKind, *, priority: int, full: bool, asked_by: int) -> None:
    """Ask for a sync that a person wants, as part of the caller's transaction."""
    lock = company_lock(connection.company_id)
    enqueue(
        "fortnox.sync",
        lock=lock,
        priority=priority,
        connection_id=connection.pk,
        kind=str(kind),
        full=full,
        asked_by=asked_by,
    )


def enqueue_due(connection: Connection, kind: RunKind) -> None:
    """Ask for a sync that is due as part of the caller's transaction; it is let go when another one has done it.

    So goes on what a cure woke, and the rest of a paused import: what people wait for goes in between (F60).
    """
    lock = company_lock(connection.company_id)
    enqueue("fortnox.sync", lock=lock, connection_id=connection.pk, kind=str(kind), scheduled=True)


def enqueue_record(connection: Connection, kind: RunKind, number: str) -> None:
    """Ask for one record as part of the caller's transaction."""
    facts = {"connection_id": connection.pk, "kind": str(kind), "number": number}
    enqueue("fortnox.read_record", lock=company_lock(connection.company_id), priority=SOON, **facts)


def enqueue_details(connection: Connection) -> None:
    enqueue(
        "fortnox.read_details", lock=company_lock(connection.company_id), priority=LATER, connection_id=connection.pk
    )


def enqueue_creation(creation: BulkCreation) -> None:
    """Have clients made as part of the caller's transaction. Behind the company's lock: an import matches meanwhile."""
    enqueue("fortnox.create_clients", lock=company_lock(creation.company_id), creation_id=creation.pk)


def enqueue_export(row: InvoiceExport) -> None:
    """Wake a push as part of the caller's transaction."""
    enqueue("fortnox.push", lock=company_lock(row.company_id), priority=SOON, push_id=row.pk)


def enqueue_held_exports(connection: Connection) -> None:
    """Wake what was queued for this company while it was not connected, or not permitted."""
    theirs = InvoiceExport.objects.filter(company_id=connection.company_id)
    theirs.filter(state=ExportState.QUEUED).update(next_at=None)
    theirs.filter(next_at__gt=database_now()).update(next_at=database_now())
    for row in theirs.filter(Q(state=ExportState.QUEUED) | Q(next_at__lte=database_now())):
        enqueue_export(row)


def company_lock(company_id: str) -> str:
    return f"fortnox {company_id}"


def enqueue_reload(row: Reload) -> None:
    """Have a reload begun, or ended, as part of the caller's transaction."""
    enqueue("fortnox.reload", lock=company_lock(row.company_id), priority=LATER, reload_id=row.pk)


def request_reload(row: Reload) -> bool:
    """Ask for a reload's next piece; False when one waits already."""
    lock, key = company_lock(row.company_id), f"reload {row.pk}"
    return enqueue_once("fortnox.reload", key=key, lock=lock, priority=LATER, reload_id=row.pk)
