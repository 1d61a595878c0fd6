"""The intent to send an invoice, stored before anything is asked of Fortnox."""

from __future__ import annotations

from uku.integrations.fortnox.invoices.checks import invoice_checks
from uku.integrations.fortnox.invoices.validate import date_hold
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport
from uku.integrations.fortnox.work import requests
from uku.invoices.checks import InvoiceNotReady
from uku.invoices.models import Invoice, InvoiceRow
from uku.invoices.operations import InvoiceIssued, NumberSourceChanged
from uku.kit import clock


def queue_export(fact: InvoiceIssued) -> None:
    """Store the intent to send an invoice, in the transaction that issues it, whether or not it can be sent now.

    Raises NumberSourceChanged when the company that should give the number is not the connected one any more, and
    InvoiceNotReady when what is stored says that Fortnox would not take the invoice.
    """
    if not fact.ledger:
        return
    connection = Connection.objects.select_for_update().exclude(sealed_tokens="").first()
    if connection is None or connection.company_id != fact.ledger:
        raise NumberSourceChanged
    invoice = Invoice.objects.select_related("workspace", "client").get(pk=fact.invoice_id)
    rows = list(InvoiceRow.objects.filter(invoice=invoice).select_related("product"))
    if checks := invoice_checks(invoice, rows):
        raise InvoiceNotReady(checks)
    hold = date_hold(invoice, invoice.workspace)
    export = InvoiceExport.objects.create(
        invoice=invoice,
        company_id=connection.company_id,
        reference=invoice.reference,
        to_book=connection.books_at_once if fact.to_book is None else fact.to_book,
        state=ExportState.HELD if hold else ExportState.QUEUED,
        hold=hold or "",
        created_at=clock.now(),
    )
    if not hold:
        requests.wake_for_export(export)
