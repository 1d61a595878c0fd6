"""What can be done to drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from uku.clients.models import Client
from uku.invoices.charges import free_removed_charges
from uku.invoices.models import Invoice, InvoiceRow, RowKind, State, TaskCharge
from uku.invoices.numbers import new_reference
from uku.invoices.totals import Line, Totals, add_up
from uku.invoices.vat_rates import TaxedBuyer, repeated_rate
from uku.kit.money import ZERO
from uku.products.models import Product
from uku.products.rates import statutory
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs


@dataclass(frozen=True, slots=True)
class RowFacts:
    """One row as it is asked for; one of text has a description alone."""

    description: str
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    vat_rate: Decimal = ZERO
    unit: str = ""
    article_number: str = ""
    product: Product | None = None
    article_company: str = ""
    discount: Decimal = ZERO
    kind: RowKind = RowKind.ARTICLE
    rate_proposed: bool = False
    """Nobody wrote the rate: it follows the client and the product."""
    charge: TaskCharge | None = None
    """What of a task the row bills; it belongs to the row's own invoice."""

    @property
    def line(self) -> Line:
        return Line(self.quantity, self.price, self.vat_rate, self.discount)


COPIED = (
    *("kind", "product", "article_number", "description", "charge"),
    *("quantity", "unit", "price", "discount", "vat_rate", "rate_proposed"),
)
"""What a row and its facts call the same."""


@dataclass(frozen=True, slots=True)
class DraftHead:
    """What stands above the rows."""

    client: Client
    invoice_date: date
    due_date: date | None = None
    """None: by terms of payment."""
    supply_from: date | None = None
    supply_to: date | None = None
    your_reference: str = ""
    our_reference: str = ""
    remarks: str = ""

    @property
    def due_by_terms(self) -> date | None:
        """By the client's terms of payment, else the company's own; None where neither are known."""
        days = self.client.payment_days
        if days is None:
            days = self.client.workspace.payment_days
        return None if days is None else self.invoice_date + timedelta(days=days)

    @property
    def due(self) -> date:
        due = self.due_date or self.due_by_terms
        if due is None:
            raise TermsUnknown(self.client)
        return due


class TermsUnknown(Exception):
    """Neither the client nor the company has terms of payment: a person says when the invoice is due."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)

    @property
    def sentence(self) -> str:
        return gettext("Neither the client nor your company has terms of payment.")


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
    head: DraftHead,
    rows: Sequence[RowFacts],
) -> Invoice:
    """Make a draft in the client's currency. Raises NotAllowed or TermsUnknown."""
    invoice = Invoice.objects.create(
        reference=new_reference(), currency=head.client.currency, created_at=at, **_values(head)
    )
    replace_rows(invoice=invoice, rows=rows)
    words = gettext_lazy("Draft for %(client)s")
    _record(actor, "invoice.draft", invoice, translate_for_workspace(words, client=head.client), at)
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
        invoice.currency = head.client.currency
        rows = [replace(row, charge=None) for row in rows]  # another client's tasks are not billed to this one
    for name, value in _values(head).items():
        setattr(invoice, name, value)
    invoice.version += 1
    invoice.save()
    replace_rows(invoice=invoice, rows=rows)
    free_removed_charges(invoice, at=at)
    after = _content(invoice)
    if before != after:
        words = gettext_lazy("Draft for %(client)s was changed")
        summary = translate_for_workspace(words, client=head.client)
        _record(actor, "invoice.edit", invoice, summary, at, before=before, after=after)
    return invoice


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def append_rows(*, invoice: Invoice, rows: Sequence[RowFacts], actor: User, at: datetime) -> None:
    """Put rows below those of a draft. Raises NotAllowed, InvoiceAlreadyIssued or DraftHandedOver."""
    invoice = lock_editable(invoice)
    before = _content(invoice)
    stored = InvoiceRow.objects.filter(invoice=invoice).select_related("product", "charge")
    invoice.version += 1
    invoice.save(update_fields=["version"])
    replace_rows(invoice=invoice, rows=[*(facts_of(row) for row in stored), *rows])
    words = gettext_lazy("Draft for %(client)s was changed")
    summary = translate_for_workspace(words, client=invoice.client)
    _record(actor, "invoice.edit", invoice, summary, at, before=before, after=_content(invoice))


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def copy_invoice(*, invoice: Invoice, actor: User, at: datetime, today: date) -> Invoice:
    """Make a draft like this invoice, dated today and due by terms, or where there are none after as many days.

    Numbers, state, payments and the period are not copied, nor is what was billed from a task: that is billed once.
    Raises NotAllowed.
    """
    invoice = Invoice.objects.select_related("client").get(pk=invoice.pk)
    head = DraftHead(
        invoice.client,
        today,
        due_date=due_of_copy(invoice, today),
        your_reference=invoice.your_reference,
        our_reference=invoice.our_reference,
        remarks=invoice.remarks,
    )
    copied = Invoice.objects.create(
        reference=new_reference(), currency=invoice.currency, created_at=at, **_values(head)
    )
    rows = InvoiceRow.objects.filter(invoice=invoice, charge=None).select_related("product")
    buyer = buyer_of(invoice.client)
    replace_rows(invoice=copied, rows=[facts_made_again(row, buyer) for row in rows])
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


def due_of_copy(source: Invoice, on: date) -> date | None:
    """Return when a copy of an invoice is due: None, which is by terms, unless nobody knows any."""
    by_terms = DraftHead(source.client, on).due_by_terms
    return None if by_terms else on + (source.due_date - source.invoice_date)


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


def rows_of(invoice: Invoice, rows: Sequence[RowFacts]) -> list[InvoiceRow]:
    """Return an invoice's rows as they would be stored."""
    return [
        InvoiceRow(
            workspace_id=invoice.workspace_id,
            invoice=invoice,
            position=position,
            article_company=row.article_company if row.article_number else "",
            **{name: getattr(row, name) for name in COPIED},
        )
        for position, row in enumerate(rows, start=1)
    ]


def replace_rows(*, invoice: Invoice, rows: Sequence[RowFacts]) -> None:
    """Put these rows on a draft in place of what was there, and add it up. Raises InvoiceAlreadyIssued."""
    with transaction.atomic():
        refuse_if_issued(Invoice.objects.select_for_update().get(pk=invoice.pk))
        invoice.rows.all().delete()
        InvoiceRow.objects.bulk_create(rows_of(invoice, rows))
        store_totals(invoice)


def _values(head: DraftHead) -> dict[str, Any]:
    """Return the columns of an invoice that its head fills."""
    return {each.name: getattr(head, each.name) for each in fields(head)} | {"due_date": head.due}


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
    lines = [row.line for row in InvoiceRow.objects.filter(invoice=invoice, kind=RowKind.ARTICLE)]
    return add_up(lines, whole_kronor=invoice.currency == "SEK")


def facts_of(row: InvoiceRow) -> RowFacts:
    """Return a stored row as it would be asked for."""
    return RowFacts(article_company=row.article_company, **{name: getattr(row, name) for name in COPIED})


def facts_made_again(row: InvoiceRow, buyer: TaxedBuyer) -> RowFacts:
    """Return a row as it is asked for again, `product` loaded; where nobody can be asked, it has the ordinary rate."""
    facts = facts_of(row)
    if row.is_text:
        return facts
    own = row.product.vat_rate if row.product else None
    rate = repeated_rate(row.vat_rate, own, buyer)
    if rate is None:
        return replace(facts, vat_rate=ordinary_rate(own, buyer), rate_proposed=False)
    return replace(facts, vat_rate=rate, rate_proposed=row.rate_proposed or rate != row.vat_rate)


def ordinary_rate(own: Decimal | None, buyer: TaxedBuyer) -> Decimal:
    """Return the rate of a sale that is not known to be without VAT: the product's, else the seller's highest."""
    return own if own is not None else statutory(buyer.seller_country)[0]


def buyer_of(client: Client) -> TaxedBuyer:
    seller = Workspace.objects.get(pk=client.workspace_id)
    return TaxedBuyer(client.vat_type, client.country, client.vat_number, seller.country)


def _content(invoice: Invoice) -> dict[str, Any]:
    """Return what a draft says, for the audit log."""
    return {
        "client": str(invoice.client),
        "invoice_date": str(invoice.invoice_date),
        "due_date": str(invoice.due_date),
        "supply": " – ".join(str(day) for day in (invoice.supply_from, invoice.supply_to) if day),
        "your_reference": invoice.your_reference,
        "our_reference": invoice.our_reference,
        "remarks": invoice.remarks,
        "rows": [_row_content(row, invoice.currency) for row in InvoiceRow.objects.filter(invoice=invoice)],
    }


def _row_content(row: InvoiceRow, currency: str) -> str:
    if row.is_text:
        return row.description
    discount = f" - {row.discount} %" if row.discount else ""
    return f"{row.description}: {row.quantity} × {row.price} {currency}{discount}, {row.vat_rate} %"


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
