"""The invoices in Fortnox that may be one of ours, each beside it: what is the same, and what differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice, zip_longest
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fortnox_api import Fortnox, InvoiceItem, NotFound
from fortnox_api import Invoice as FortnoxInvoice
from fortnox_api import InvoiceRow as FortnoxRow
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.invoices.reconcile import differing_number
from uku.integrations.fortnox.invoices.unlisted import find_unlisted
from uku.integrations.fortnox.mapping import NO_REFERENCE
from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport
from uku.invoices.deliveries import may_have_arrived
from uku.invoices.models import Invoice, InvoiceRow, Numbering, State
from uku.invoices.numbers import is_reference
from uku.kit.money import ZERO, show_amount, show_date, show_quantity, to_ore

MOST_SHOWN: Final = 5
NEAR: Final = timedelta(days=7)
"""How far apart the dates of two invoices with the same total may be."""
NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing on both sides, in words. `is_same` is None where one side has nothing to compare."""

    name: str
    ours: str
    theirs: str
    is_same: bool | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice in Fortnox beside ours; `obstacle` says why it cannot be ours, "" where it can."""

    number: str
    facts: tuple[Fact, ...]
    obstacle: str
    sent: bool

    @property
    def differing(self) -> int:
        return sum(fact.is_same is False for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an invoice on either side; one of text has a description alone."""

    description: str
    article: str = ""
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    discount: Decimal = ZERO
    rate: Decimal = ZERO

    def __str__(self) -> str:
        if not (self.article or self.quantity or self.price):
            return self.description
        facts = {
            "article": f"{self.article} {self.description}".strip(),
            "quantity": show_quantity(self.quantity),
            "price": show_amount(self.price),
            "rate": show_quantity(self.rate),
        }
        words = _("%(article)s, %(quantity)s × %(price)s, VAT %(rate)s %%") % facts
        return f"{words}, −{show_quantity(self.discount)} %" if self.discount else words


def find_candidates(
    fortnox: Fortnox, export: InvoiceExport, numbers: Iterable[str], standing: FortnoxInvoice | None
) -> list[Candidate]:
    """Return at most five invoices that may be ours: those with these numbers, and those alike.

    `standing` is the one that Uku has, as `read_standing` found it.
    Raises FortnoxError, and NotFound when there is no invoice with one of the numbers.
    """
    shown = islice(dict.fromkeys([*numbers, *_numbers_alike(fortnox, export)]), MOST_SHOWN)
    read = {} if standing is None else {standing.number: standing}
    found = (read.get(each) or fortnox.invoices.get(each) for each in shown)
    return [_beside_ours(export, each, standing) for each in found]


def read_standing(fortnox: Fortnox, export: InvoiceExport) -> FortnoxInvoice | None:
    """Return what Fortnox tells of the invoice that Uku has for an export; None without one, or where it is gone.

    Somebody may have sent it from Fortnox since Uku read it last. Raises FortnoxError.
    """
    if export.state != ExportState.CONFIRMED:
        return None
    try:
        return fortnox.invoices.get(export.document_number)
    except NotFound:
        return None


def numbers_with_reference(fortnox: Fortnox, export: InvoiceExport) -> list[str]:
    """Return what Fortnox may have made of an export: by Uku's reference, or as the note that its invoice names."""
    if export.kind == ExportKind.CREATE:
        hits = fortnox.invoices.find_by_reference(export.reference) or find_unlisted(fortnox, export)
        found = [hit.number for hit in hits]
    else:
        original = _original(export)
        note = fortnox.invoices.get(original.document_number).credit_invoice_reference
        found = [note] if note not in NO_REFERENCE else []
    return found


def obstacle_to_adopting(export: InvoiceExport, found: FortnoxInvoice, standing: FortnoxInvoice | None) -> str:
    """Say why an invoice in Fortnox cannot be the one of an export; "" when a person may say that it is.

    `standing` is the one that Uku has, as `read_standing` found it.
    """
    invoice = export.invoice
    taken = _claimed(export).filter(document_number=found.number).select_related("invoice").first()
    is_note = found.credit or found.total < 0
    other = ""
    if export.kind == ExportKind.CREDIT and found.credit_invoice_reference not in NO_REFERENCE:
        other = "" if found.credit_invoice_reference == _original(export).document_number else found.number
    if taken is not None:
        return _("In Uku it is another invoice already: %(invoice)s.") % {"invoice": taken.invoice}
    if found.cancelled:
        return _("It is cancelled in Fortnox.")
    if is_note != invoice.is_credit_note:
        return _("It is a credit note.") if is_note else _("It is no credit note.")
    if other:
        return _("It credits another invoice.")
    if found.currency != invoice.currency:
        return _("Its currency is another one.")
    may_change = export.state == ExportState.CONFIRMED and invoice.numbering == Numbering.ACCOUNTING
    return _obstacle_to_changing(export, found, standing) if may_change else differing_number(invoice, found)


def _obstacle_to_changing(export: InvoiceExport, found: FortnoxInvoice, standing: FortnoxInvoice | None) -> str:
    """Say why an invoice in Fortnox cannot take the place of the one that Uku has; "" when a person may choose it.

    The client must not hold another number than Uku: by what Uku knows, and by what Fortnox tells of it now.
    """
    invoice, number = export.invoice, {"number": export.document_number}
    if found.number == export.document_number:
        return _("It is the one that Uku has.")
    if invoice.state == State.CANCELLED or invoice.cancel_asked_at is not None:
        return _("The invoice is cancelled, or is to be.")
    if invoice.ledger_credit_amount or invoice.credit_notes.exclude(pk__in=_never_made(invoice)).exists():
        return _("The invoice was credited as number %(number)s.") % number
    if may_have_arrived(invoice) or invoice.state in {State.SENT, State.PAID} or invoice.payments.exists():
        return _("The client may have got the invoice as number %(number)s.") % number
    return "" if standing is None else _obstacle_to_giving_up(standing) % number


def _never_made(invoice: Invoice) -> QuerySet[InvoiceExport, Any]:
    """The credit notes of an invoice that were refused before anything was sent: they name no number of it."""
    refused = InvoiceExport.objects.filter(invoice__credits=invoice, state=ExportState.REJECTED, sent_at=None)
    return refused.values("invoice")


def _obstacle_to_giving_up(standing: FortnoxInvoice) -> str:
    """Say why the invoice that Uku has cannot be given up for another one, by what Fortnox tells of it now."""
    if standing.sent:
        return _("The client got it from Fortnox as number %(number)s.")
    is_settled = standing.balance != standing.total or standing.credit_invoice_reference not in NO_REFERENCE
    if is_settled and not standing.credit:
        return _("Fortnox has payments or a credit note of number %(number)s.")
    return ""


def _numbers_alike(fortnox: Fortnox, export: InvoiceExport) -> Iterator[str]:
    """Find invoices to the same customer with our total or our date, dated within a week, that are no other of ours."""
    customer, day = _customer_number(export), export.invoice.invoice_date
    if not customer:
        return
    listed = fortnox.invoices.list(customer_number=customer, from_date=day - NEAR, to_date=day + NEAR)
    alike = [item.number for item in listed if _is_alike(item, export.invoice, customer)]
    claimed = set(_claimed(export).filter(document_number__in=alike).values_list("document_number", flat=True))
    yield from (number for number in alike if number not in claimed)


def _is_alike(item: InvoiceItem, invoice: Invoice, customer: str) -> bool:
    """Say whether a listed invoice may be ours; one with a reference of Uku's is another of ours."""
    has_our_facts = to_ore(item.total) == invoice.total or item.invoice_date == invoice.invoice_date
    is_plain = not (item.cancelled or is_reference(item.external_reference)) and item.customer_number == customer
    return is_plain and has_our_facts and (item.total < 0) == (invoice.total < 0)


def _claimed(export: InvoiceExport) -> QuerySet[InvoiceExport]:
    """The other exports of this company that are in Fortnox."""
    confirmed = InvoiceExport.objects.filter(company_id=export.company_id, state=ExportState.CONFIRMED)
    return confirmed.exclude(pk=export.pk)


def _original(export: InvoiceExport) -> InvoiceExport:
    return InvoiceExport.standing().get(invoice=export.invoice.credits_id)


def _customer_number(export: InvoiceExport) -> str:
    """The customer in the bytes that were sent, else the one that is invoiced now."""
    if export.payload:
        return str(json.loads(bytes(export.payload))["Invoice"]["CustomerNumber"])
    customer = invoiced_customer(export.invoice.client, export.company_id)
    return customer.number if customer else ""


def _beside_ours(export: InvoiceExport, found: FortnoxInvoice, standing: FortnoxInvoice | None) -> Candidate:
    invoice, customer = export.invoice, _customer_number(export)
    is_same_customer = found.customer_number == customer if customer else None
    facts = (
        _text(_("Number"), invoice.number, found.number),
        Fact(
            _("Customer"),
            f"{customer} {invoice.client}".strip(),
            f"{found.customer_number} {found.customer_name}",
            is_same_customer,
        ),
        _day(_("Invoice date"), invoice.invoice_date, found.invoice_date),
        _day(_("Due date"), None if invoice.is_credit_note else invoice.due_date, found.due_date),
        _text(_("OCR"), invoice.ocr, found.ocr),
        _text(_("Uku's reference"), export.reference, found.external_reference),
        *_row_facts(export, found),
        _amount(_("Net"), invoice.net, found.net),
        _amount(_("VAT"), invoice.vat, found.total_vat),
        _amount(_("Rounding"), invoice.rounding, found.round_off),
        _amount(_("Total"), invoice.total, found.total),
        _text(_("Currency"), invoice.currency, found.currency),
        Fact(_("Booked"), NOTHING, _("Yes") if found.booked else _("No"), None),
        Fact(_("Sent to the client"), NOTHING, _("Yes") if found.sent else _("No"), None),
        Fact(_("Cancelled"), NOTHING, _("Yes") if found.cancelled else _("No"), None),
    )
    return Candidate(found.number, facts, obstacle_to_adopting(export, found, standing), found.sent)


def _row_facts(export: InvoiceExport, found: FortnoxInvoice) -> Iterator[Fact]:
    """Compare rows by their place."""
    rows = InvoiceRow.objects.filter(invoice=export.invoice).select_related("product").order_by("position")
    ours = [_our_row(row, export.company_id) for row in rows]
    theirs = [_their_row(row) for row in found.rows]
    for place, (our, their) in enumerate(zip_longest(ours, theirs), start=1):
        name = _("Row %(number)s") % {"number": place}
        yield Fact(name, str(our or NOTHING), str(their or NOTHING), our == their)


def _our_row(row: InvoiceRow, company_id: str) -> Row:
    if row.is_text:
        return Row(row.description)
    article = row.article_in(company_id)
    return Row(row.description, article, row.quantity, row.price, row.discount, row.vat_rate)


def _their_row(row: FortnoxRow) -> Row:
    quantity, price = row.delivered_quantity or ZERO, row.price or ZERO
    if not (row.article_number or quantity or price):
        return Row(row.description)
    return Row(row.description, row.article_number, quantity, price, row.discount or ZERO, row.vat or ZERO)


def _text(name: str, ours: str, theirs: str) -> Fact:
    return Fact(name, ours or NOTHING, theirs or NOTHING, ours == theirs if ours else None)


def _amount(name: str, ours: Decimal, theirs: Decimal) -> Fact:
    return Fact(name, show_amount(ours), show_amount(theirs), ours == to_ore(theirs))


def _day(name: str, ours: date | None, theirs: date | None) -> Fact:
    words = [NOTHING if day is None else show_date(day) for day in (ours, theirs)]
    return Fact(name, words[0], words[1], None if ours is None else ours == theirs)
