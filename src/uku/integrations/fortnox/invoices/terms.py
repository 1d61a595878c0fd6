"""The company's own terms of payment: no setting of Fortnox tells them; an invoice to a customer without any does."""

from __future__ import annotations

from datetime import datetime

from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.mapping import payment_days
from uku.integrations.fortnox.models import InvoiceExport
from uku.workspaces.company import fill_empty


def learn_terms(export: InvoiceExport, created: FortnoxInvoice, *, at: datetime) -> None:
    """Fill the company details with the terms that Fortnox gave an invoice, where nobody stated any. No request."""
    days = payment_days(created.terms_of_payment)
    if export.workspace.payment_days is not None or days is None:
        return
    customer = invoiced_customer(export.invoice.client, export.company_id)
    if customer is None or customer.detail_read_at is None or customer.terms_of_payment:
        return
    fill_empty(workspace=export.workspace, actor=None, at=at, proposal={"payment_days": str(days)}, source="fortnox")
