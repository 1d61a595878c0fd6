"""What a person does about an invoice that did not go through: sends it again, books it again, or has it looked for."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, require_usable_connection
from uku.integrations.fortnox.invoices.send_by_hand import require_highest_number
from uku.integrations.fortnox.models import ExportState, InvoiceExport, RunKind
from uku.integrations.fortnox.work import requests
from uku.kit import clock
from uku.kit.clock import database_now
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

_DRAFT_AGAIN = _("Nothing was done: this invoice is a draft again. Issue it first.")
_OTHER_COMPANY = _("Nothing was done: this invoice belongs to a Fortnox company that is not connected.")


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def retry_export(*, export: InvoiceExport, actor: User) -> None:
    """Do by hand what helps: send again what was rejected, book again what could not be booked, else look again.

    Raises NotAllowed, ConnectionNotUsable, or HigherNumberFirst.
    """
    connection = require_usable_connection()
    row = InvoiceExport.objects.select_for_update().get(pk=export.pk)
    if row.company_id != connection.company_id:
        raise ConnectionNotUsable(str(_OTHER_COMPANY))
    if row.state == ExportState.WITHDRAWN:
        raise ConnectionNotUsable(str(_DRAFT_AGAIN))
    words = _("%(invoice)s: looked for in Fortnox again")
    if row.state == ExportState.REJECTED:
        words = _("%(invoice)s: sent to Fortnox again")
        require_highest_number(row.invoice, row.company_id)
        row.state, row.payload, row.payload_hash, row.number_kept = ExportState.QUEUED, None, "", False
    elif row.state in {ExportState.NEEDS_PERSON, ExportState.LEFT} and not row.cancelled_number:
        # It may be there by now: look for it again, send nothing.
        row.state, row.lookups, row.late_negatives = ExportState.UNCERTAIN, 0, 0
    elif row.state == ExportState.CONFIRMED and row.invoice.is_missing:
        row.read_due_at = clock.now()
        requests.request_sync(connection, RunKind.PAYMENTS, asked_by=actor.pk)
    elif row.state == ExportState.CONFIRMED:
        words = _("%(invoice)s: to be booked in Fortnox")
        row.to_book = not row.cash_method
    row.error_code = row.error_text = ""
    row.next_at = None if row.state == ExportState.QUEUED else database_now()
    row.save()
    summary = translate_for_workspace(words, invoice=row.invoice)
    record(actor=actor, action="fortnox.retry", target=row, summary=summary, at=clock.now())
    requests.wake_for_export(row)
