"""Reminding a client of an invoice that is overdue: our e-mail with the paper that went out, and no fee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext

from uku.invoices.deliveries import NotDeliverable, Wanted, ask_for_delivery, why_not_deliverable
from uku.invoices.delivery_models import DeliveryKind, DeliveryState, InvoiceDelivery
from uku.invoices.invoice_settings import settings_of
from uku.invoices.models import Invoice, State
from uku.kit.banking_days import add_banking_days, first_banking_day
from uku.kit.events import publish
from uku.kit.money import show_date
from uku.kit.times import local_time
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

FRESH: Final = timedelta(minutes=15)
"""How old what the books say about payment may be when a client is reminded."""


@dataclass(frozen=True, slots=True)
class ReadingAsked:
    """A person wants to know now how an invoice stands in the books. Told inside the transaction."""

    workspace_id: int
    invoice_id: int


def is_remindable(invoice: Invoice) -> bool:
    """Say whether an invoice is of the kind that clients are reminded of, whatever the day."""
    is_open = invoice.state in {State.CREATED, State.SENT} and invoice.net_balance > 0
    return is_open and not (invoice.is_credit_note or invoice.credited_amount or invoice.factored)


def first_reminder_on(invoice: Invoice, seller: Workspace) -> date:
    """The day from which the client may be reminded: so many banking days after the due date."""
    payable_until = first_banking_day(invoice.due_date, seller.country)
    return add_banking_days(payable_until, settings_of().remind_after, seller.country)


def why_no_reminder(invoice: Invoice, *, at: datetime) -> str:
    """Say why the client is not reminded now; "" when that may be done. How fresh the books are is asked apart."""
    if reason := why_not_deliverable(invoice):
        return reason
    if invoice.factored:
        return gettext("The accounting system's invoice service sends reminders of this invoice itself.")
    if invoice.credited_amount:
        return gettext("The invoice is credited. Write to the client yourself about what is left to pay.")
    if not is_remindable(invoice):
        return gettext("Nothing is left to pay.")
    seller = Workspace.objects.get(pk=invoice.workspace_id)
    first = first_reminder_on(invoice, seller)
    if local_time(at, seller.time_zone).date() < first:
        return gettext("The client can be reminded from %(day)s.") % {"day": show_date(first)}
    return ""


def earlier_reminders(invoice: Invoice) -> list[InvoiceDelivery]:
    """Return the reminders that the client got, may have got, or is about to get from Uku, the newest first."""
    gone = (DeliveryState.REFUSED, DeliveryState.NOT_SENT)
    found = InvoiceDelivery.objects.filter(invoice=invoice, kind=DeliveryKind.REMINDER).exclude(state__in=gone)
    return list(found.select_related("asked_by").order_by("-id"))


def is_freshly_read(invoice: Invoice, *, at: datetime) -> bool:
    return invoice.read_at is not None and at - invoice.read_at <= FRESH


@transaction.atomic
@needs(Permission.SEND_INVOICES)
def remind(*, invoice: Invoice, wanted: Wanted, seen: int, actor: User, at: datetime) -> None:
    """Send the client our e-mail with the paper of an overdue invoice. `seen` is as in `send_invoice`.

    Raises NotAllowed or NotDeliverable.
    """
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if reason := why_no_reminder(invoice, at=at):
        raise NotDeliverable(reason)
    if not is_freshly_read(invoice, at=at):
        raise NotDeliverable(gettext("It is not known whether the invoice is paid by now. Check the payment first."))
    ask_for_delivery(invoice, DeliveryKind.REMINDER, wanted, seen=seen, actor=actor, at=at)


@transaction.atomic
@needs(Permission.SEE_INVOICES)
def ask_for_reading(*, invoice: Invoice, actor: User) -> None:  # noqa: ARG001  # who may is checked by `needs`
    """Have the books asked now how an invoice stands. Raises NotAllowed, or NotDeliverable when they cannot be."""
    publish(ReadingAsked(invoice.workspace_id, invoice.pk))
