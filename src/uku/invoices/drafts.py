"""What can be done to drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.clients.models import Client
from uku.invoices.models import Invoice, InvoiceRow
from uku.invoices.numbers import new_reference
from uku.invoices.totals import Totals, add_up
from uku.products.models import Product
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


@dataclass(frozen=True, slots=True)
class RowFacts:
    """One row as it is asked for."""

    description: str
    quantity: Decimal
    price: Decimal
    vat_rate: Decimal
    unit: str = ""
    article_number: str = ""
    product: Product | None = None
    article_company: str = ""


class InvoiceAlreadyIssued(Exception):
    """An issued invoice does not change; correct it with a credit note."""


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def create_draft(
    *,
    actor: User,
    at: datetime,
    client: Client,
    invoice_date: date,
    rows: Sequence[RowFacts],
    your_reference: str = "",
    our_reference: str = "",
    remarks: str = "",
) -> Invoice:
    """Make a draft; the due date follows the client's terms of payment."""
    invoice = Invoice.objects.create(
        client=client,
        reference=new_reference(),
        invoice_date=invoice_date,
        due_date=invoice_date + timedelta(days=client.payment_days),
        currency=client.currency,
        your_reference=your_reference,
        our_reference=our_reference,
        remarks=remarks,
        created_at=at,
    )
    replace_rows(invoice=invoice, rows=rows)
    record(
        actor=actor,
        action="invoice.draft",
        target=invoice,
        summary=translate_for_workspace(gettext_lazy("Draft for %(client)s"), client=client),
        at=at,
    )
    return invoice


def replace_rows(*, invoice: Invoice, rows: Sequence[RowFacts]) -> None:
    """Put these rows on a draft in place of what was there, and add it up. Raises InvoiceAlreadyIssued."""
    with transaction.atomic():
        refuse_if_issued(Invoice.objects.select_for_update().get(pk=invoice.pk))
        invoice.rows.all().delete()
        InvoiceRow.objects.bulk_create(
            InvoiceRow(
                workspace_id=invoice.workspace_id,
                invoice=invoice,
                position=position,
                product=row.product,
                article_number=row.article_number,
                article_company=row.article_company if row.article_number else "",
                description=row.description,
                quantity=row.quantity,
                unit=row.unit,
                price=row.price,
                vat_rate=row.vat_rate,
            )
            for position, row in enumerate(rows, start=1)
        )
        store_totals(invoice)


def refuse_if_issued(invoice: Invoice) -> None:
    if invoice.is_issued:
        raise InvoiceAlreadyIssued(invoice.reference)


def store_totals(invoice: Invoice) -> None:
    totals = add_up_rows(invoice)
    invoice.net, invoice.vat = totals.net, totals.vat
    invoice.rounding, invoice.total = totals.rounding, totals.total
    invoice.save(update_fields=["net", "vat", "rounding", "total"])


def add_up_rows(invoice: Invoice) -> Totals:
    lines = [row.line for row in InvoiceRow.objects.filter(invoice=invoice)]
    return add_up(lines, whole_kronor=invoice.currency == "SEK")
