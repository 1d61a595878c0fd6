"""A person's mark that an invoice is paid. It counts until the books say otherwise; then both are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext, gettext_lazy

from uku.invoices.deliveries import has_arrived
from uku.invoices.models import Invoice, State
from uku.kit.events import publish
from uku.kit.money import ZERO, show_money
from uku.kit.times import local_time
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


@dataclass(frozen=True, slots=True)
class PaidMarkChanged:
    """A person says, or says no longer, that an invoice is paid. Told inside the transaction."""

    workspace_id: int
    invoice_id: int


class NotMarkable(Exception):
    """The mark cannot be set as asked; the text says why."""


def is_markable(invoice: Invoice) -> bool:
    """Say whether a person may mark an invoice as paid: one that has its number, and something left to pay."""
    is_owed = invoice.state in {State.CREATED, State.SENT} and not (invoice.is_credit_note or invoice.credited)
    is_open = is_owed and invoice.net_balance > 0 and invoice.cancel_asked_at is None
    return is_open and bool(invoice.number) and invoice.marked_paid_at is None


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def mark_paid(*, invoice: Invoice, paid_on: date, actor: User, at: datetime) -> None:
    """Count an invoice as paid on a day; the books are asked at once, where there are any.

    A second click changes nothing. Raises NotAllowed or NotMarkable.
    """
    invoice = _locked(invoice)
    if invoice.is_paid_by_mark and invoice.marked_paid_on == paid_on:
        return
    if not is_markable(invoice):
        raise NotMarkable(gettext("Only an invoice that has a number, and something left to pay, is marked as paid."))
    if not invoice.invoice_date <= paid_on <= local_time(at, invoice.workspace.time_zone).date():
        raise NotMarkable(gettext("The day of payment is between the invoice date and today."))
    left, before = invoice.net_balance, {"state": invoice.state, "balance": invoice.balance}
    invoice.marked_paid_on, invoice.marked_paid_at, invoice.marked_paid_by = paid_on, at, actor
    invoice.state, invoice.final_pay_date = State.PAID, paid_on
    invoice.balance = -invoice.credit_balance
    _save(invoice)
    words = gettext_lazy("%(invoice)s was marked as paid: %(amount)s")
    summary = translate_for_workspace(words, invoice=invoice, amount=show_money(left, invoice.currency))
    after = {"state": invoice.state, "balance": invoice.balance, "paid_on": paid_on}
    record(actor=actor, action="invoice.mark_paid", target=invoice, summary=summary, at=at, before=before, after=after)
    publish(PaidMarkChanged(invoice.workspace_id, invoice.pk))


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def remove_mark(*, invoice: Invoice, actor: User, at: datetime) -> None:
    """Take a mark back; where it is what the invoice was paid by, what is left of its total is owed again.

    A second click changes nothing. Raises NotAllowed.
    """
    invoice = _locked(invoice)
    if invoice.marked_paid_at is None:
        return
    before = {"state": invoice.state, "balance": invoice.balance, "paid_on": invoice.marked_paid_on}
    if invoice.is_paid_by_mark:
        paid = invoice.payments.filter(booked=True).aggregate(sum=Sum("amount"))["sum"] or ZERO
        invoice.balance = invoice.total - paid if paid or invoice.read_at else None
        invoice.state = State.SENT if has_arrived(invoice) else State.CREATED
        invoice.final_pay_date = None
    invoice.marked_paid_on = invoice.marked_paid_at = invoice.marked_paid_by = None
    _save(invoice)
    summary = translate_for_workspace(gettext_lazy("%(invoice)s: the mark as paid was removed"), invoice=invoice)
    after = {"state": invoice.state, "balance": invoice.balance, "paid_on": None}
    record(
        actor=actor, action="invoice.remove_mark", target=invoice, summary=summary, at=at, before=before, after=after
    )
    publish(PaidMarkChanged(invoice.workspace_id, invoice.pk))


def _locked(invoice: Invoice) -> Invoice:
    rows = Invoice.objects.select_for_update(of=("self",)).select_related("workspace")
    found: Invoice = rows.get(pk=invoice.pk)
    return found


def _save(invoice: Invoice) -> None:
    marked = ["marked_paid_on", "marked_paid_at", "marked_paid_by"]
    invoice.save(update_fields=["state", "balance", "final_pay_date", *marked])
