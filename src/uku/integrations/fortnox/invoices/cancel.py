"""An invoice cancelled: before it went to Fortnox at once, in Fortnox first when it is there.

What a person asked for is a column, stored before the first request. Fortnox cancels what is neither booked nor sent;
an unclear outcome is read, and the request repeated only while the invoice stands.
"""

from __future__ import annotations

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fortnox_api import Forbidden, Fortnox, FortnoxError, NotFound, Outcome
from uku.integrations.fortnox.connection.company import name_of_company
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.messages import error_in_words
from uku.integrations.fortnox.invoices.export import as_known, postpone, process
from uku.integrations.fortnox.invoices.send_by_hand import NEVER_THERE
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport
from uku.integrations.fortnox.work import requests
from uku.invoices.cancel import (
    CancellationAsked,
    NotCancellable,
    await_cancellation,
    confirm_cancellation,
    refuse_cancellation,
)
from uku.kit import clock
from uku.kit.clock import database_now
from uku.workspaces.language import translate_for_workspace


def queue_cancellation(fact: CancellationAsked) -> None:
    """Withdraw what never went out, so that it never will; store the intent for what is in Fortnox or may be.

    Raises NotCancellable where a person has to find out first.
    """
    export = InvoiceExport.standing().select_for_update().filter(invoice=fact.invoice_id).first()
    if export is None:
        return
    if _is_absent(export):
        _withdraw(export)
        return
    if export.state == ExportState.NEEDS_PERSON:
        raise NotCancellable(_("It is not known whether the invoice is in Fortnox. Click Decide on its page first."))
    if not Connection.objects.exclude(sealed_tokens="").filter(company_id=export.company_id).exists():
        words = _("The invoice is in %(name)s, which is not connected. Connect %(name)s, then cancel the invoice.")
        raise NotCancellable(words % {"name": name_of_company(export.company_id)})
    export.cancel_wanted_at, export.cancel_refusal = clock.now(), ""
    if export.state == ExportState.CONFIRMED:
        export.next_at = database_now()
    export.save(update_fields=["cancel_wanted_at", "cancel_refusal", "next_at"])
    await_cancellation(invoice_id=fact.invoice_id, at=clock.now())
    requests.wake_for_export(export)


def due_cancellations() -> models.QuerySet[InvoiceExport]:
    """What is to be cancelled and whose outcome is known by now, of all workspaces."""
    known = ~Q(state__in=[ExportState.SENDING, ExportState.UNCERTAIN])
    known &= ~Q(state=ExportState.NEEDS_PERSON, cancelled_number="")
    wanted = InvoiceExport.everywhere.filter(cancel_wanted_at__isnull=False)
    return wanted.filter(known, Q(next_at=None) | Q(next_at__lte=database_now()))


def process_cancellation(*, export_id: int) -> None:
    """Cancel in Fortnox what is there, and here what is not. Safe to call at any time, by any number of workers."""
    process(due_cancellations().filter(pk=export_id), carry_out)


def carry_out(fortnox: Fortnox, export: InvoiceExport) -> None:
    if _is_absent(export):
        with transaction.atomic():
            _withdraw(export)
            confirm_cancellation(invoice_id=export.invoice_id, at=clock.now())
        return
    try:
        invoice = fortnox.invoices.get(export.document_number)
    except NotFound:  # deleted there
        _confirm(export)
        return
    if not invoice.cancelled:
        if invoice.booked or invoice.sent:
            words = gettext_lazy("Fortnox cannot cancel the invoice: it is booked or sent there.")
            _refuse(export, translate_for_workspace(words))
            return
        try:
            invoice = fortnox.invoices.cancel(export.document_number)
        except FortnoxError as error:
            if error.outcome is Outcome.NOT_APPLIED or isinstance(error, Forbidden):
                raise
            invoice = fortnox.invoices.get(export.document_number)
            if error.outcome is Outcome.REFUSED and not invoice.cancelled:
                words = gettext_lazy("Fortnox did not cancel the invoice: %(error)s")
                _refuse(export, translate_for_workspace(words, error=error_in_words(error)))
                return
    if invoice.cancelled:
        _confirm(export)
    else:
        postpone(export)


def _is_absent(export: InvoiceExport) -> bool:
    """Say whether the invoice does not stand in Fortnox, by what is known of its export."""
    return export.state in {*NEVER_THERE, ExportState.CANCELLED, ExportState.LEFT} or bool(
        export.state == ExportState.NEEDS_PERSON and export.cancelled_number
    )


def _withdraw(export: InvoiceExport) -> None:
    export.state, export.hold, export.next_at, export.cancel_wanted_at = ExportState.CANCELLED, "", None, None
    export.save(update_fields=["state", "hold", "next_at", "cancel_wanted_at"])
    _solve_issue(export)


@transaction.atomic
def _confirm(export: InvoiceExport) -> None:
    at = clock.now()
    facts = {"error_code": "", "error_text": "", "cancel_refusal": ""}
    as_known(export).update(cancel_wanted_at=None, cancelled_at=at, next_at=None, **facts)
    confirm_cancellation(invoice_id=export.invoice_id, at=at)
    _solve_issue(export)


@transaction.atomic
def _refuse(export: InvoiceExport, why: str) -> None:
    """Let the invoice stand, and be booked as it would have been."""
    to_book = {"error_code": "", "error_text": "", "next_at": database_now()}
    as_known(export).update(cancel_wanted_at=None, cancel_refusal=why[:500], **to_book)
    refuse_cancellation(invoice_id=export.invoice_id, at=clock.now(), why=why)


def _solve_issue(export: InvoiceExport) -> None:
    place = {"company_id": export.company_id, "kind": sync_issues.INVOICE}
    sync_issues.solve(**place, numbers=[export.reference], at=clock.now())
