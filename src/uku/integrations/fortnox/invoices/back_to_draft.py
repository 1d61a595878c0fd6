"""An issued invoice back to draft, where it is certain that Fortnox never created it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from uku.integrations.fortnox.invoices.export import solve_issues
from uku.integrations.fortnox.models import ExportState, InvoiceExport
from uku.invoices.models import Invoice, State
from uku.invoices.operations import reopen_invoice
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


class MayExist(Exception):
    """The invoice is in Fortnox, on its way there, or may be there."""


def was_never_created(export: InvoiceExport) -> bool:
    """Say whether every create was refused, or none was tried. One without a clear outcome proves nothing."""
    if export.was_uncertain or export.cancelled_number or export.document_number:
        return False
    if export.state == ExportState.REJECTED:
        return True
    return export.state in {ExportState.HELD, ExportState.QUEUED} and export.attempts == 0


def can_go_back(export: InvoiceExport) -> bool:
    """Say whether a person may make the invoice a draft again.

    One that keeps its number outside Fortnox stays, and so does a credit note and what one credits.
    """
    invoice = export.invoice
    stays = export.number_kept or invoice.is_credit_note or invoice.credited_amount
    return was_never_created(export) and not stays and invoice.state == State.CREATED


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def return_to_draft(*, export: InvoiceExport, actor: User, at: datetime) -> Invoice:
    """Withdraw the export, which stays as history, and make its invoice a draft. Sends nothing.

    The row is locked, and its fence moves on: a worker that holds it claims nothing any more. Raises NotAllowed,
    MayExist or NotReopenable.
    """
    row = InvoiceExport.objects.select_for_update(of=("self",)).select_related("invoice").get(pk=export.pk)
    if not can_go_back(row):
        raise MayExist
    row.state, row.next_at, row.lease_until = ExportState.WITHDRAWN, None, None
    row.fence += 1
    row.save(update_fields=["state", "next_at", "lease_until", "fence"])
    solve_issues(row)
    return reopen_invoice(invoice=row.invoice, actor=actor, at=at)
