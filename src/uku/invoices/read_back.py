"""What the books say about issued invoices, stored: payments, the balance, credits, and what is gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from uku.invoices.charges import free_charges
from uku.invoices.credit_totals import store_credit, store_credit_of_original
from uku.invoices.deliveries import confirm_by_reading, has_arrived
from uku.invoices.ledger_facts import Reading
from uku.invoices.models import Invoice, Payment, State
from uku.kit.money import ZERO, show_date, show_money, to_ore
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace, workspace_language


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
        invoice.missing_since = None
        _store_sending(invoice, reading, at)
        store_credit(invoice, at=at)
        invoice.state = _state_after(invoice, reading)
        invoice.save()
        if invoice.is_credit_note:
            store_credit_of_original(invoice, at=at)
        if invoice.state == State.CANCELLED:
            free_charges(invoice, at=at)
        now = _payment_facts(invoice)
        changed = [name for name in now if before[name] != now[name]]
        if changed:
            before, after = ({name: facts[name] for name in changed} for facts in (before, now))
            with workspace_language():
                summary = f"{invoice}: {_changes_in_words(before, after, invoice.currency)}"
            record(
                actor=None, action="invoice.read", target=invoice, summary=summary, at=at, before=before, after=after
            )
    return bool(changed)


def _store_sending(invoice: Invoice, reading: Reading, at: datetime) -> None:
    """What the books say about how the invoice went out. Their invoice service gives it another OCR number."""
    if reading.sent:
        confirm_by_reading(invoice, at=at)
    differs = bool(reading.ocr and invoice.ocr and reading.ocr != invoice.ocr and not invoice.is_credit_note)
    invoice.ledger_ocr = reading.ocr[:30] if differs else ""
    invoice.factored = reading.factored
    invoice.ledger_reminders, invoice.ledger_reminded_on = reading.reminders, reading.reminded_on


@transaction.atomic
def accept_missing(*, invoice: Invoice, as_of: datetime, at: datetime) -> bool:
    """Store that the books do not have an invoice any more; it stays as it was. Return whether that is news.

    A reading that began before the newest one we have is old news.
    """
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.missing_since is not None or (invoice.read_at is not None and as_of < invoice.read_at):
        return False
    invoice.missing_since = as_of
    invoice.save(update_fields=["missing_since"])
    words = gettext_lazy("%(invoice)s is not in the accounting system any more")
    record(
        actor=None,
        action="invoice.missing",
        target=invoice,
        summary=translate_for_workspace(words, invoice=invoice),
        at=at,
    )
    return True


def _payment_facts(invoice: Invoice) -> dict[str, Any]:
    payments = list(invoice.payments.order_by("external_number"))
    facts = (
        "state",
        "balance",
        "booked",
        "credited_amount",
        "final_pay_date",
        "ledger_ocr",
        "ledger_reminders",
        "factored",
    )
    told = []
    for payment in payments:
        words = f"{payment.external_number}: {show_money(payment.amount, invoice.currency)}"
        if payment.paid_on is not None:
            words = f"{words}, {show_date(payment.paid_on)}"
        told.append(words if payment.booked else gettext("%(payment)s, not booked") % {"payment": words})
    return {
        **{name: "" if (value := getattr(invoice, name)) is None else str(value) for name in facts},
        "is_missing": str(invoice.missing_since is not None),
        "paid": str(sum((payment.amount for payment in payments if payment.booked), ZERO)),
        "payments": told,
    }


_FACTS: Final = {
    "state": gettext_lazy("state"),
    "balance": gettext_lazy("left to pay"),
    "booked": gettext_lazy("booked"),
    "credited_amount": gettext_lazy("credited"),
    "final_pay_date": gettext_lazy("paid in full"),
    "paid": gettext_lazy("paid"),
    "payments": gettext_lazy("payments"),
    "is_missing": gettext_lazy("deleted in the accounting system"),
    "ledger_ocr": gettext_lazy("OCR number in the accounting system"),
    "ledger_reminders": gettext_lazy("reminders from the accounting system"),
    "factored": gettext_lazy("invoice service"),
}


_AMOUNTS: Final = frozenset({"balance", "credited_amount", "paid"})


def _changes_in_words(before: Mapping[str, Any], after: Mapping[str, Any], currency: str) -> str:
    """Each fact with what it was and what it became; – stands for nothing."""
    return ", ".join(
        f"{_FACTS[name]} {_in_words(name, before[name], currency)} → {_in_words(name, after[name], currency)}"
        for name in after
    )


def _in_words(name: str, fact: Any, currency: str) -> str:
    if isinstance(fact, list):
        return "; ".join(fact) or "–"
    if fact and name in _AMOUNTS:
        return show_money(Decimal(fact), currency)
    if fact and name == "final_pay_date":
        return show_date(date.fromisoformat(fact))
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
    was_sent = invoice.state == State.SENT or (invoice.state == State.PAID and has_arrived(invoice))
    return State.SENT if reading.sent or was_sent else State.CREATED
