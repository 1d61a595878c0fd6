"""Crediting an invoice: the note that takes back all of it, or some quantities of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from uku.invoices.credit_totals import left_to_credit, store_credit
from uku.invoices.models import Invoice, InvoiceRow, Numbering, State
from uku.invoices.numbers import new_reference
from uku.invoices.operations import take_number
from uku.invoices.totals import Line, Totals, add_up
from uku.kit.events import publish
from uku.kit.money import ZERO
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

ROUNDED = Decimal(1)
"""Kronor by which the rounding of notes may move what they sum to."""
KEPT = ("client_id", "currency", "your_reference", "our_reference")
KEPT_OF_ROWS = (
    "product_id",
    "article_number",
    "article_company",
    "description",
    "unit",
    "price",
    "discount",
    "vat_rate",
    "rate_name",
)


@dataclass(frozen=True, slots=True)
class CreditNoteIssued:
    """A credit note is made, and its content is frozen. Told inside the transaction that makes it.

    `ledger` is the accounting system's company that has the original and gives the note its number; "" when none does.
    """

    workspace_id: int
    invoice_id: int
    ledger: str


class NotCreditable(Exception):
    """There is nothing that could be credited, or not so much of it. The text says why."""


class CreditedMeanwhile(Exception):
    """Another credit note of the invoice was made since the page was opened. Nothing was done."""


@dataclass(frozen=True, slots=True)
class CreditEffect:
    """What a credit note will do: its totals, what is then left to pay, and what is then to be given back."""

    totals: Totals
    left_to_pay: Decimal
    give_back: Decimal


def can_be_credited(invoice: Invoice) -> bool:
    """Say whether an invoice is one that credit notes are for: issued, not cancelled or to be, and no note itself."""
    is_standing = invoice.is_issued and invoice.state != State.CANCELLED and invoice.cancel_asked_at is None
    return is_standing and not invoice.is_credit_note and not invoice.credited


def effect_of_credit(invoice: Invoice, quantities: Mapping[int, Decimal], ledger: str) -> CreditEffect:
    """Return what crediting these quantities, by row id, would do.

    The last note takes what is left of the total, which each note's rounding to kronor has moved; where an accounting
    system makes the note, its own rounding is what counts.
    """
    rows = InvoiceRow.objects.filter(invoice=invoice, pk__in=quantities)
    lines = [Line(-quantities[row.pk], row.price, row.vat_rate, row.discount) for row in rows]
    totals = add_up(lines, whole_kronor=invoice.currency == "SEK")
    uncredited = invoice.total - invoice.credited_amount
    if not ledger and quantities == left_to_credit(invoice) and abs(uncredited + totals.total) <= ROUNDED:
        totals = replace(totals, rounding=totals.rounding - uncredited - totals.total, total=-uncredited)
    rest = invoice.net_balance + totals.total
    return CreditEffect(totals, max(rest, ZERO), max(-rest, ZERO))


@transaction.atomic
@needs(Permission.CREDIT_INVOICES)
def credit_invoice(
    *,
    invoice: Invoice,
    actor: User,
    at: datetime,
    on: date,
    ledger: str,
    quantities: Mapping[int, Decimal],
    notes_seen: int,
    reason: str = "",
) -> Invoice:
    """Make a credit note of these quantities, by row id, and tell the fact.

    `on` is its date, `ledger` the accounting system's company that has the invoice, `notes_seen` how many credit notes
    the person saw: a second click finds one more. Raises NotAllowed, NotCreditable or CreditedMeanwhile.
    """
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.credit_notes.count() != notes_seen:
        raise CreditedMeanwhile
    wanted = {pk: quantity for pk, quantity in quantities.items() if quantity}
    _require_creditable(invoice, wanted, ledger)
    note = Invoice(
        **{name: getattr(invoice, name) for name in KEPT},
        workspace_id=invoice.workspace_id,
        credits=invoice,
        reference=new_reference(),
        state=State.CREATED,
        numbering=Numbering.ACCOUNTING if ledger else Numbering.OWN,
        ledger=ledger,
        invoice_date=on,
        due_date=on,
        remarks=reason,
        created_at=at,
        issued_at=at,
    )
    _add_up(note, effect_of_credit(invoice, wanted, ledger).totals)
    if not ledger:
        note.number, _ocr = take_number()
        _set_off(note, invoice)
    note.save()
    _make_rows(note, invoice, wanted)
    store_credit(invoice, at=at)
    words = gettext_lazy("Credit note for %(invoice)s was issued")
    record(
        actor=actor,
        action="invoice.credit",
        target=note,
        summary=translate_for_workspace(words, invoice=invoice),
        at=at,
        after={"number": note.number, "total": note.total, "currency": note.currency, "reason": reason},
    )
    publish(CreditNoteIssued(note.workspace_id, note.pk, ledger))
    return note


def _require_creditable(invoice: Invoice, quantities: Mapping[int, Decimal], ledger: str) -> None:
    """Raise NotCreditable; a quantity has the sign of its row, and is at most what is left of it."""
    if invoice.is_credit_note:
        raise NotCreditable(gettext("This is a credit note. It cannot be credited."))
    if not can_be_credited(invoice):
        raise NotCreditable(gettext("Only an issued invoice that is not cancelled or credited can be credited."))
    if not quantities:
        raise NotCreditable(gettext("Write how much is credited on at least one row."))
    left = left_to_credit(invoice)
    for pk, quantity in quantities.items():
        most = left.get(pk, ZERO)
        if not min(ZERO, most) <= quantity <= max(ZERO, most):
            raise NotCreditable(gettext("A row has less left to credit than you wrote."))
    credited = invoice.ledger_credit_amount - effect_of_credit(invoice, quantities, ledger).totals.total
    if invoice.ledger_credit_amount and credited > invoice.total:
        raise NotCreditable(gettext("The accounting system has a credit note already, and less than this is left."))


def _add_up(note: Invoice, totals: Totals) -> None:
    note.net, note.vat = totals.net, totals.vat
    note.rounding, note.total = totals.rounding, totals.total


def _set_off(note: Invoice, invoice: Invoice) -> None:
    """Set a note off against its invoice as far as both reach, where no accounting system does it."""
    balance = invoice.total if invoice.balance is None else invoice.balance
    amount = max(min(balance, -note.total), ZERO)
    note.balance, invoice.balance = note.total + amount, balance - amount
    invoice.save(update_fields=["balance"])


def _make_rows(note: Invoice, invoice: Invoice, quantities: Mapping[int, Decimal]) -> None:
    credited = InvoiceRow.objects.filter(invoice=invoice, pk__in=quantities).order_by("position")
    InvoiceRow.objects.bulk_create(
        InvoiceRow(
            **{name: getattr(row, name) for name in KEPT_OF_ROWS},
            workspace_id=note.workspace_id,
            invoice=note,
            credits=row,
            position=position,
            quantity=-quantities[row.pk],
        )
        for position, row in enumerate(credited, start=1)
    )
