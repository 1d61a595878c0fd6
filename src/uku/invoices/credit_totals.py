"""What the credit notes of an invoice sum to, stored on the invoice."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from uku.invoices.charges import free_charges
from uku.invoices.models import Invoice, InvoiceRow, State
from uku.kit.money import ZERO


def left_to_credit(invoice: Invoice) -> dict[int, Decimal]:
    """Return by row id the quantity that no credit note takes back yet; rows of which nothing is left are left out.

    A note counts from the moment it is issued, whether or not the accounting system has it yet.
    """
    credited = Sum("credit_rows__quantity", filter=~Q(credit_rows__invoice__state=State.CANCELLED))
    rows = InvoiceRow.objects.filter(invoice=invoice).annotate(credited=credited)
    left = {row.pk: row.quantity + (row.credited or ZERO) for row in rows}
    return {pk: quantity for pk, quantity in left.items() if quantity}


def store_credit_of_original(note: Invoice, *, at: datetime) -> None:
    """Add up anew the invoice that a credit note belongs to."""
    store_credit(Invoice.objects.select_for_update(of=("self",)).get(credit_notes=note), at=at)


def store_credit(invoice: Invoice, *, at: datetime) -> None:
    """Add up an invoice's credit notes that have their number, and those that only the accounting system has.

    What is credited whole bills no task any more.
    """
    counted = ~Q(number="") & ~Q(state=State.CANCELLED)
    sums = Invoice.objects.filter(credits=invoice).aggregate(
        all=Sum("total", filter=counted),
        open=Sum(Coalesce("balance", "total"), filter=counted),
        unnumbered=Count("pk", filter=Q(number="")),
    )
    invoice.credited_amount = invoice.ledger_credit_amount - (sums["all"] or ZERO)
    invoice.credit_balance = invoice.ledger_credit_balance + (sums["open"] or ZERO)
    numbered = bool(sums["all"]) and not sums["unnumbered"]
    is_whole = invoice.credited_amount >= invoice.total > 0
    invoice.credited = is_whole or (numbered and not left_to_credit(invoice))
    fields = ("credited", "credited_amount", "credit_balance", "ledger_credit_amount", "ledger_credit_balance")
    invoice.save(update_fields=fields)
    if invoice.credited:
        free_charges(invoice, at=at)
