"""What can be done to invoices: draft, issue, take the number and the payments that come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy

from uku.clients.models import Client
from uku.invoices.credit_totals import store_credit
from uku.invoices.ledger_facts import Reading
from uku.invoices.models import Invoice, InvoiceRow, Numbering, NumberSeries, Payment, State
from uku.invoices.numbers import first_number_beyond, new_reference, ocr_for
from uku.invoices.totals import Totals, add_up
from uku.kit.events import publish
from uku.kit.money import ZERO, to_ore
from uku.products.models import Product
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace, workspace_language
from uku.workspaces.models import User, Workspace
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
class InvoiceIssued:
    """The invoice's content is frozen. Told inside the issuing transaction."""

    workspace_id: int
    invoice_id: int
    numbering: Numbering
    ledger: str = ""


class NumberSourceChanged(Exception):
    """The company that should give the number is connected no more, or another one is. Nothing was issued."""


class NumberTaken(Exception):
    """Another invoice has this number or its OCR, and each stands for one invoice for ever."""


class InvoiceAlreadyIssued(Exception):
    """An issued invoice does not change; correct it with a credit note."""


class InvoiceIncomplete(Exception):
    """Something the law asks for on an invoice is missing; `missing` names it."""

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(", ".join(missing))


class ArticlesElsewhere(Exception):
    """Rows have an article of another company than the one that is connected; `rows` are those."""

    def __init__(self, rows: Sequence[InvoiceRow]) -> None:
        self.rows = tuple(rows)
        super().__init__(", ".join(str(row) for row in rows))


@transaction.atomic
@needs(Permission.EDIT_INVOICES)
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
        _refuse_if_issued(Invoice.objects.select_for_update().get(pk=invoice.pk))
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
        _store_totals(invoice)


@transaction.atomic
@needs(Permission.EDIT_INVOICES)
def issue_invoice(*, invoice: Invoice, actor: User, at: datetime, numbering: Numbering, ledger: str = "") -> Invoice:
    """Freeze the content and tell the fact, in one transaction.

    With our own numbering the number and its OCR are given here; otherwise they wait for the answer of the accounting
    system's company `ledger`, and rows get their articles there. Raises NotAllowed, InvoiceAlreadyIssued,
    InvoiceIncomplete, ArticlesElsewhere or NumberSourceChanged.
    """
    invoice = Invoice.objects.select_for_update(of=("self",)).select_related("client").get(pk=invoice.pk)
    _refuse_if_issued(invoice)
    if missing := _missing_contents(invoice):
        raise InvoiceIncomplete(missing)
    if ledger:
        _store_articles(invoice, ledger)
    _store_totals(invoice)
    if numbering == Numbering.OWN:
        invoice.number, invoice.ocr = take_number()
    invoice.numbering, invoice.ledger = numbering, ledger
    invoice.state, invoice.issued_at = State.CREATED, at
    invoice.save()
    after = {"number": invoice.number, "total": invoice.total, "currency": invoice.currency}
    record(
        actor=actor,
        action="invoice.issue",
        target=invoice,
        summary=translate_for_workspace(gettext_lazy("%(invoice)s was issued"), invoice=invoice),
        at=at,
        after=after,
    )
    publish(InvoiceIssued(invoice.workspace_id, invoice.pk, numbering, ledger))
    return invoice


def accept_number(*, invoice: Invoice, number: str, ocr: str, figures: Totals, at: datetime) -> list[str]:
    """Store the number, OCR and figures that the accounting system gave; return the amounts that differ.

    Its figures are what the customer sees; a difference stays visible on the invoice. Raises NumberTaken.
    """
    with transaction.atomic():
        leave_range_to(number)
        invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
        ours = _add_up(invoice)
        differing = ours.differs_from(figures)
        with workspace_language():
            invoice.difference = _difference_in_words(figures, ours, differing)
        invoice.number, invoice.ocr = number, ocr
        invoice.net, invoice.vat = figures.net, figures.vat
        invoice.rounding, invoice.total = figures.rounding, figures.total
        _save_number(invoice)
        _store_credit_of_original(invoice)
        summary = translate_for_workspace(gettext_lazy("Number %(number)s given"), number=number)
        if differing:
            summary = f"{summary} ({invoice.difference})"
        record(actor=None, action="invoice.number", target=invoice, summary=summary, at=at)
    return differing


@transaction.atomic
def await_number(*, invoice: Invoice, ledger: str) -> None:
    """Let another company of the accounting system give the number of an invoice that has none yet."""
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.number or invoice.numbering != Numbering.ACCOUNTING:
        raise NumberTaken(invoice.number)
    invoice.ledger = ledger
    invoice.save(update_fields=["ledger"])


def leave_range_to(number: str) -> None:
    """Go on beyond a number of our range that an accounting system gets or gave: it may continue from there."""
    beyond = first_number_beyond(number)
    if beyond is None:
        return
    series = _locked_series()
    if series.next_number < beyond:
        series.next_number = beyond
        series.save(update_fields=["next_number"])


def accept_reading(*, invoice: Invoice, reading: Reading, at: datetime) -> bool:
    """Store what the books say about payment. Return whether anything changed.

    A reading that began before the newest one we have is old news and changes nothing (F63).
    """
    with transaction.atomic():
        invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
        if invoice.read_at is not None and reading.as_of < invoice.read_at:
            return False
        before = _payment_facts(invoice)
        invoice.payments.exclude(external_number__in={fact.number for fact in reading.payments}).delete()
        for fact in reading.payments:
            values = {"amount": fact.amount, "paid_on": fact.paid_on, "booked": fact.booked}
            Payment.objects.update_or_create(invoice=invoice, external_number=fact.number, defaults=values)
        invoice.balance, invoice.booked = to_ore(reading.balance), reading.booked
        invoice.final_pay_date, invoice.read_at = reading.final_pay_date, reading.as_of
        invoice.ledger_credit_amount, invoice.ledger_credit_balance = reading.credit_amount, reading.credit_balance
        store_credit(invoice)
        invoice.state = _state_after(invoice, reading)
        invoice.save()
        _store_credit_of_original(invoice)
        after = _payment_facts(invoice)
        if before != after:
            with workspace_language():
                summary = f"{invoice}: {_changes_in_words(before, after)}"
            record(
                actor=None, action="invoice.read", target=invoice, summary=summary, at=at, before=before, after=after
            )
    return before != after


def _store_credit_of_original(note: Invoice) -> None:
    if note.credits_id is not None:
        store_credit(Invoice.objects.select_for_update().get(pk=note.credits_id))


def _store_articles(invoice: Invoice, company: str) -> None:
    """Store each row's article in this company, which may be its product's by now. Raises ArticlesElsewhere."""
    rows = list(InvoiceRow.objects.filter(invoice=invoice).select_related("product"))
    if elsewhere := [row for row in rows if row.asks_for_article(company)]:
        raise ArticlesElsewhere(elsewhere)
    for row in rows:
        number = row.article_in(company)
        if number and (number, company) != (row.article_number, row.article_company):
            row.article_number, row.article_company = number, company
            row.save(update_fields=["article_number", "article_company"])


def _refuse_if_issued(invoice: Invoice) -> None:
    if invoice.is_issued:
        raise InvoiceAlreadyIssued(invoice.reference)


def _store_totals(invoice: Invoice) -> None:
    totals = _add_up(invoice)
    invoice.net, invoice.vat = totals.net, totals.vat
    invoice.rounding, invoice.total = totals.rounding, totals.total
    invoice.save(update_fields=["net", "vat", "rounding", "total"])


def _add_up(invoice: Invoice) -> Totals:
    lines = [row.line for row in InvoiceRow.objects.filter(invoice=invoice)]
    return add_up(lines, whole_kronor=invoice.currency == "SEK")


def _missing_contents(invoice: Invoice) -> list[str]:
    """Name what an invoice must carry and this one lacks (L01)."""
    seller = Workspace.objects.get(pk=invoice.workspace_id)
    needed = {
        gettext("your firm's organisation number"): seller.organisation_number,
        gettext("your firm's VAT number"): seller.vat_number,
        gettext("your firm's address"): seller.address and seller.city,
        gettext("your firm's registered office"): seller.registered_office,
        gettext("the client's name"): invoice.client.name,
        gettext("the client's address"): invoice.client.address1 and invoice.client.city,
        gettext("at least one row"): InvoiceRow.objects.filter(invoice=invoice).exists(),
    }
    return [name for name, value in needed.items() if not value]


_NUMBER_CONSTRAINTS = frozenset({"uku_invoice_number_in_ledger", "uku_invoice_ocr_in_ledger", "uku_invoice_own_number"})


def _save_number(invoice: Invoice) -> None:
    """Save an invoice with its number. Raises NumberTaken when the database knows another one with it."""
    try:
        with transaction.atomic():
            invoice.save()
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)  # psycopg's
        if getattr(diagnosis, "constraint_name", None) in _NUMBER_CONSTRAINTS:
            raise NumberTaken(invoice.number) from error
        raise


def _locked_series() -> NumberSeries:
    series: NumberSeries = NumberSeries.objects.select_for_update().get_or_create()[0]
    return series


def take_number() -> tuple[str, str]:
    """Take the next number of ours that nobody has, with its OCR."""
    series = _locked_series()
    number = series.next_number
    while Invoice.objects.filter(Q(number=str(number)) | Q(ocr=ocr_for(str(number)))).exists():
        number += 1
    series.next_number = number + 1
    series.save(update_fields=["next_number"])
    return str(number), ocr_for(str(number))


def _payment_facts(invoice: Invoice) -> dict[str, Any]:
    payments = list(invoice.payments.order_by("external_number"))
    facts = ("state", "balance", "booked", "credited_amount", "final_pay_date")
    return {
        **{name: "" if (value := getattr(invoice, name)) is None else str(value) for name in facts},
        "paid": str(sum((payment.amount for payment in payments if payment.booked), ZERO)),
        "payments": [
            f"{p.external_number}: {p.amount} {p.paid_on}"
            if p.booked
            else gettext("%(payment)s, not booked") % {"payment": f"{p.external_number}: {p.amount} {p.paid_on}"}
            for p in payments
        ],
    }


_FACTS: Final = {
    "state": gettext_lazy("state"),
    "balance": gettext_lazy("left to pay"),
    "booked": gettext_lazy("booked"),
    "credited_amount": gettext_lazy("credited"),
    "final_pay_date": gettext_lazy("paid in full"),
    "paid": gettext_lazy("paid"),
    "payments": gettext_lazy("payments"),
}
_AMOUNTS: Final = {
    "net": gettext_lazy("net"),
    "vat": gettext_lazy("VAT"),
    "rounding": gettext_lazy("rounding"),
    "total": gettext_lazy("total"),
}


def _difference_in_words(theirs: Totals, ours: Totals, names: Iterable[str]) -> str:
    words = gettext("%(name)s %(theirs)s instead of %(ours)s")
    return "; ".join(
        words % {"name": _AMOUNTS[name], "theirs": getattr(theirs, name), "ours": getattr(ours, name)} for name in names
    )


def _changes_in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Each fact that changed, with what it was and what it became; – stands for nothing."""
    changed = {name: (_in_words(before[name]), _in_words(after[name])) for name in after if before[name] != after[name]}
    return ", ".join(f"{_FACTS[name]} {old} → {new}" for name, (old, new) in changed.items())


def _in_words(fact: Any) -> str:
    if isinstance(fact, list):
        return "; ".join(fact) or "–"
    known = {"True": gettext("yes"), "False": gettext("no"), **{state.value: str(state.label) for state in State}}
    return known.get(fact, fact) or "–"


def _state_after(invoice: Invoice, reading: Reading) -> State:
    """Paid can become unpaid again; cancelled is told first; credited is never told as paid, nor is a credit note.

    Under the cash method an invoice is never booked, and paid by booked payments all the same.
    """
    if reading.cancelled:
        return State.CANCELLED
    counts = reading.booked or any(payment.booked for payment in reading.payments)
    if counts and reading.balance == 0 and not (invoice.credited or invoice.is_credit_note):
        return State.PAID
    return State.SENT if reading.sent or invoice.state == State.SENT else State.CREATED
