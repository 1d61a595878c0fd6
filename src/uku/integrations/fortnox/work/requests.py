"""What is asked for is a row, stored in the caller's transaction with the wake-up of its connection."""

from __future__ import annotations

from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import Q

from uku.integrations.fortnox.models import (
    BulkCreation,
    Connection,
    ExportState,
    InvoiceExport,
    Reload,
    RequestedRead,
    RunKind,
    StepRest,
)
from uku.integrations.fortnox.models.work import ReadKind
from uku.integrations.fortnox.work.due import wake
from uku.kit import clock
from uku.kit.clock import database_now
from uku.kit.jobs import NORMAL, SOON

_REQUEST = """
    INSERT INTO fortnox_requestedsync AS row (workspace_id, company_id, kind, "full", asked_by_id, asked_at)
    VALUES (%(workspace)s, %(company)s, %(kind)s, %(full)s, %(asked_by)s, %(at)s)
    ON CONFLICT (workspace_id, kind) DO UPDATE
      SET company_id = excluded.company_id, "full" = row."full" OR excluded."full",
          asked_by_id = excluded.asked_by_id, asked_at = excluded.asked_at
    RETURNING xmax = 0 AS is_new
"""


@transaction.atomic(savepoint=False)
def request_sync(
    connection: Connection, kind: RunKind, *, full: bool = False, asked_by: int | None = None, priority: int = SOON
) -> bool:
    """Ask for a sync; False when one is asked for already. `asked_by` is the id of who pressed a button.

    Asked for again it is asked for now: a run that is under way may have passed what was changed meanwhile.
    """
    at = clock.now()
    place: dict[str, Any] = {"workspace": connection.workspace_id, "company": connection.company_id, "kind": kind}
    with database.cursor() as cursor:
        cursor.execute(_REQUEST, {**place, "full": full, "asked_by": asked_by, "at": at})
        (is_new,) = cursor.fetchone()
    StepRest.objects.filter(connection=connection, step__in=(kind, "")).delete()
    wake(connection, at=at, priority=priority)
    return bool(is_new)


@transaction.atomic
def request_read(connection: Connection, kind: ReadKind, number: str = "") -> bool:
    """Ask for one record, the company or its grant to be read; False when that is asked for already."""
    at = clock.now()
    _asked, created = RequestedRead.objects.update_or_create(
        company_id=connection.company_id, kind=kind, number=number, defaults={"asked_at": at}
    )
    step = kind if kind in {ReadKind.COMPANY, ReadKind.GRANT} else "record"
    StepRest.objects.filter(connection=connection, step__in=(step, "")).delete()
    wake(connection, at=at, priority=SOON)
    return created


def wake_for_export(row: InvoiceExport) -> None:
    _wake_workspace(row.workspace_id, SOON)


def read_back_credit(note: InvoiceExport) -> None:
    """Ask for a credit note and its invoice to be read: in Fortnox the two may be set off by now."""
    pair = Q(pk=note.pk) | Q(invoice__credit_notes=note.invoice_id)
    InvoiceExport.objects.filter(pair, state=ExportState.CONFIRMED).update(read_due_at=clock.now())
    request_sync(Connection.objects.get(), RunKind.PAYMENTS)


def wake_for_clients(creation: BulkCreation) -> None:
    _wake_workspace(creation.workspace_id, NORMAL)


def wake_for_reload(row: Reload) -> None:
    _wake_workspace(row.workspace_id, NORMAL)


def wake_for_details(connection: Connection) -> None:
    wake(connection, at=clock.now())


def wake_held(connection: Connection) -> None:
    """Let everything go now that waited while the company was not connected or not permitted."""
    StepRest.objects.filter(connection=connection).delete()
    theirs = InvoiceExport.objects.filter(company_id=connection.company_id)
    theirs.filter(state=ExportState.QUEUED).update(next_at=None)
    theirs.filter(next_at__gt=database_now()).update(next_at=database_now())
    wake(connection, at=clock.now(), priority=SOON)


def _wake_workspace(workspace_id: int, priority: int) -> None:
    wake(Connection.objects.get(workspace_id=workspace_id), at=clock.now(), priority=priority)
