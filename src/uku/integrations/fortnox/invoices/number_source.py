"""What numbers a draft, and why its invoice would wait if it were issued now."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from uku.integrations.fortnox.customers.creation import creates_customers
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.invoices.validate import connection_hold, date_hold, hold_in_words
from uku.integrations.fortnox.models import Connection
from uku.integrations.registry import NumberSource
from uku.invoices.models import Invoice


def number_source(invoice: Invoice) -> NumberSource | None:
    """Return the connected company as what numbers a draft, and why the invoice would wait."""
    connection = Connection.objects.select_related("workspace").exclude(sealed_tokens="").first()
    if connection is None:
        return None
    note, books = _customer_note(invoice, connection), connection.books_at_once
    source = NumberSource("Fortnox", connection.company_id, note=note, books_at_once=books)
    waits = _(
        "If you issue the invoice now, it waits in Uku without a number, and you cannot send it to the client yet."
    )
    instead = _("If the client needs it earlier, issue it with a number from Uku.")
    if (reason := connection_hold(connection)) is not None:
        return replace(source, happened=reason.happened, means=waits, remedy=f"{reason.ends} {instead}")
    if (hold := date_hold(invoice, connection.workspace)) is not None:
        means = _("Uku does not send it automatically: after Issue it waits until you send it to Fortnox.")
        remedy = _("Check that the period is open in Fortnox.")
        return replace(source, happened=hold_in_words(hold, invoice.invoice_date), means=means, remedy=remedy)
    return source


def _customer_note(invoice: Invoice, connection: Connection) -> str:
    if invoice.client_id is None or not creates_customers(connection):
        return ""
    if invoiced_customer(invoice.client, connection.company_id) is not None:
        return ""
    words = _("%(client)s is not a customer in Fortnox: Uku creates it there when it sends the invoice.")
    return words % {"client": invoice.client}
