"""What can be done to drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.clients.models import Client
from uku.invoices.models import Invoice, InvoiceRow, State
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


@dataclass(frozen=True, slots=True)
class DraftHead:
    """What stands above the rows."""

    client: Client
    invoice_date: date
    your_reference: str = ""
    our_reference: str = ""
    remarks: str = ""


class InvoiceAlreadyIssued(Exception):
    """An issued invoice does not change; correct it with a credit note."""


class DraftChanged(Exception):
    """Somebody changed the draft after it was read for this change; `invoice` is the draft as it is now."""

    def __init__(self, invoice: Invoice) -> None:
        self.invoice = invoice
        super().__init__(invoice.reference)


class DraftHadNumber(Exception):
    """The draft was issued before, and its cancelled number must be found for ever."""


class DraftHandedOver(Exception):
    """The draft waits for approval, and its content does not change until it is back."""


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
    words = gettext_lazy("Draft for %(client)s")
    _record(actor, "invoice.draft", invoice, translate_for_workspace(words, client=client), at)
    return invoice


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def edit_draft(
    *,
    invoice: Invoice,
    version: int,
    head: DraftHead,
    rows: Sequence[RowFacts],
    actor: User,
    at: datetime,
) -> Invoice:
    """Put new content in place of the draft's; `version` is the one that the person has seen.

    Prices stay in the currency that they were written in unless the client is another. Raises NotAllowed,
    InvoiceAlreadyIssued, DraftHandedOver or DraftChanged.
    """
    invoice = lock_editable(invoice, version=version)
    before = _content(invoice)
    if invoice.client_id != head.client.pk:
        invoice.client, invoice.currency = head.client, head.client.currency
    invoice.invoice_date = head.invoice_date
    invoice.due_date = head.invoice_date + timedelta(days=head.client.payment_days)
    invoice.your_reference, invoice.our_reference = head.your_reference, head.our_reference
    invoice.remarks = head.remarks
    invoice.version += 1
    invoice.save()
    replace_rows(invoice=invoice, rows=rows)
    after = _content(invoice)
    if before != after:
        words = gettext_lazy("Draft for %(client)s was changed")
        summary = translate_for_workspace(words, client=head.client)
        _record(actor, "invoice.edit", invoice, summary, at, before=before, after=after)
    return invoice


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def copy_invoice(*, invoice: Invoice, actor: User, at: datetime, today: date) -> Invoice:
    """Make a draft like this invoice, dated today. Numbers, state and payments are not copied. Raises NotAllowed."""
    invoice = Invoice.objects.select_related("client").get(pk=invoice.pk)
    copied = Invoice.objects.create(
        client=invoice.client,
        reference=new_reference(),
        invoice_date=today,
        due_date=today + timedelta(days=invoice.client.payment_days),
        currency=invoice.currency,
        your_reference=invoice.your_reference,
        our_reference=invoice.our_reference,
        remarks=invoice.remarks,
        created_at=at,
    )
    rows = InvoiceRow.objects.filter(invoice=invoice).select_related("product")
    replace_rows(invoice=copied, rows=[_facts_of(row) for row in rows])
    words = gettext_lazy("Draft for %(client)s, copied from %(invoice)s")
    summary = translate_for_workspace(words, client=invoice.client, invoice=invoice)
    _record(actor, "invoice.copy", copied, summary, at)
    return copied


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def delete_draft(*, invoice: Invoice, actor: User, at: datetime) -> None:
    """Delete a draft; its content stays in the audit log.

    Raises NotAllowed, InvoiceAlreadyIssued, DraftHandedOver or DraftHadNumber.
    """
    invoice = lock_editable(invoice)
    if invoice.cancelled_numbers.exists():
        raise DraftHadNumber(invoice.reference)
    words = gettext_lazy("Draft for %(client)s was deleted")
    summary = translate_for_workspace(words, client=invoice.client)
    _record(actor, "invoice.delete", invoice, summary, at, before=_content(invoice))
    invoice.delete()


def lock_draft(invoice: Invoice, *, version: int | None = None) -> Invoice:
    """Return what is not issued yet as it is now, locked. Raises InvoiceAlreadyIssued, or DraftChanged."""
    row = Invoice.objects.select_for_update(of=("self",)).select_related("client").get(pk=invoice.pk)
    refuse_if_issued(row)
    _refuse_if_newer(row, version)
    return row


def lock_editable(invoice: Invoice, *, version: int | None = None) -> Invoice:
    """Return a draft whose content may change, locked. Raises what `lock_draft` does, or DraftHandedOver."""
    row = lock_draft(invoice)
    if row.state == State.APPROVAL:
        raise DraftHandedOver(row.reference)
    _refuse_if_newer(row, version)
    return row


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


def _refuse_if_newer(invoice: Invoice, version: int | None) -> None:
    if version is not None and invoice.version != version:
        raise DraftChanged(invoice)


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


def _facts_of(row: InvoiceRow) -> RowFacts:
    return RowFacts(
        description=row.description,
        quantity=row.quantity,
        price=row.price,
        vat_rate=row.vat_rate,
        unit=row.unit,
        article_number=row.article_number,
        product=row.product,
        article_company=row.article_company,
    )


def _content(invoice: Invoice) -> dict[str, Any]:
    """Return what a draft says, for the audit log."""
    return {
        "client": str(invoice.client),
        "invoice_date": str(invoice.invoice_date),
        "your_reference": invoice.your_reference,
        "our_reference": invoice.our_reference,
        "remarks": invoice.remarks,
        "rows": [
            f"{row.description}: {row.quantity} × {row.price} {invoice.currency}, {row.vat_rate} %"
            for row in InvoiceRow.objects.filter(invoice=invoice)
        ],
    }


def _record(
    actor: User,
    action: str,
    invoice: Invoice,
    summary: str,
    at: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    record(actor=actor, action=action, target=invoice, summary=summary, at=at, before=before, after=after)
