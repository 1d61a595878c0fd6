"""Cancelling an invoice that nobody outside has: at once, or after the accounting system that has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from uku.invoices.charges import free_charges
from uku.invoices.deliveries import may_have_arrived
from uku.invoices.models import Invoice, State
from uku.kit.events import publish
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


@dataclass(frozen=True, slots=True)
class CancellationAsked:
    """A person cancels an invoice. Told inside the transaction, before the invoice is locked.

    An accounting system that has the invoice, or may have it, calls `await_cancellation`; otherwise it is cancelled.
    """

    workspace_id: int
    invoice_id: int


class NotCancellable(Exception):
    """The invoice cannot be cancelled any more, or not yet. The text says why and what to do."""


def can_be_cancelled(invoice: Invoice) -> bool:
    """Say whether an invoice may be cancelled: only one that is neither sent nor booked (else a credit note)."""
    is_new = invoice.state == State.CREATED and not invoice.booked and invoice.cancel_asked_at is None
    is_plain = not invoice.is_credit_note and not invoice.credited_amount
    return is_new and is_plain and not may_have_arrived(invoice)


@transaction.atomic
@needs(Permission.CREDIT_INVOICES)
def cancel_invoice(*, invoice: Invoice, actor: User, at: datetime) -> Invoice:
    """Cancel an invoice, or ask the accounting system that has it to do so first. A second click changes nothing.

    Raises NotAllowed or NotCancellable.
    """
    if Invoice.objects.filter(pk=invoice.pk, cancel_asked_at__isnull=False).exists():
        return invoice
    publish(CancellationAsked(invoice.workspace_id, invoice.pk))
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    waits = invoice.cancel_asked_at is not None
    invoice.cancel_asked_at = None
    if not can_be_cancelled(invoice) or invoice.credit_notes.exists():
        raise NotCancellable(gettext("Only an invoice that is neither sent nor booked can be cancelled. Credit it."))
    if waits:
        words = gettext_lazy("%(invoice)s: the accounting system was asked to cancel it")
        summary = translate_for_workspace(words, invoice=invoice)
        record(actor=actor, action="invoice.cancel_asked", target=invoice, summary=summary, at=at)
        invoice.refresh_from_db()
        return invoice
    return _cancel(invoice, actor=actor, at=at)


def await_cancellation(*, invoice_id: int, at: datetime) -> None:
    """Let an invoice wait until the accounting system has cancelled it."""
    Invoice.objects.filter(pk=invoice_id).update(cancel_asked_at=at)


@transaction.atomic
def confirm_cancellation(*, invoice_id: int, at: datetime) -> None:
    """Cancel an invoice that was asked to be, now that the accounting system does not have it standing."""
    invoice = Invoice.objects.select_for_update().get(pk=invoice_id)
    if invoice.state != State.CANCELLED:
        _cancel(invoice, actor=None, at=at)


@transaction.atomic
def refuse_cancellation(*, invoice_id: int, at: datetime, why: str) -> None:
    """Let an invoice stand as it did: the accounting system does not cancel it."""
    invoice = Invoice.objects.select_for_update().get(pk=invoice_id)
    invoice.cancel_asked_at = None
    invoice.save(update_fields=["cancel_asked_at"])
    summary = translate_for_workspace(gettext_lazy("%(invoice)s was not cancelled"), invoice=invoice)
    record(actor=None, action="invoice.cancel_refused", target=invoice, summary=f"{summary}: {why}", at=at)


def _cancel(invoice: Invoice, *, actor: User | None, at: datetime) -> Invoice:
    invoice.state, invoice.cancel_asked_at = State.CANCELLED, None
    invoice.save(update_fields=["state", "cancel_asked_at"])
    free_charges(invoice, at=at)
    summary = translate_for_workspace(gettext_lazy("%(invoice)s was cancelled"), invoice=invoice)
    record(actor=actor, action="invoice.cancel", target=invoice, summary=summary, at=at)
    return invoice
