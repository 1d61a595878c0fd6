"""Sending an invoice to Fortnox by hand: what issuing did not send, or what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Length

from fortnox_api import FortnoxError, InvoiceItem
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection.guards import working_connection
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import Connection, Push, PushState
from uku.integrations.fortnox.tokens.store import NotConnected
from uku.integrations.fortnox.work import requests
from uku.invoices.models import Invoice, Numbering, State
from uku.invoices.operations import await_number, leave_range_to
from uku.kit.money import to_ore
from uku.workspaces.audit import record
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

NEVER_THERE = frozenset({PushState.QUEUED, PushState.HELD, PushState.REJECTED})


class NotSendable(Exception):
    """The invoice is in Fortnox, on its way there, or may be there."""


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a person should know before sending: the push that waits, and what may happen to numbers.

    `alike` is None when Fortnox did not say which of its invoices look the same.
    """

    push: Push | None
    own_number: str
    next_number: str
    higher: tuple[str, ...]
    alike: tuple[InvoiceItem, ...] | None


def can_be_sent(invoice: Invoice, push: Push | None, company_id: str) -> bool:
    """Say whether a person may send an invoice to the connected company: only what cannot be in any already."""
    if not (company_id and invoice.is_issued) or invoice.state == State.CANCELLED:
        return False
    if push is None:
        return invoice.numbering == Numbering.OWN or not invoice.number
    if push.state == PushState.NEEDS_PERSON:
        return bool(push.cancelled_number)
    if push.company_id == company_id:
        return push.state == PushState.HELD
    return push.state == PushState.REJECTED or (push.state in NEVER_THERE and push.attempts == 0)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def send_by_hand(*, invoice: Invoice, actor: User, at: datetime) -> Push:
    """Queue an invoice for the connected company. Raises NotAllowed, NotWorking or NotSendable.

    One with a number from Uku keeps it; any other gets the number that the connected company gives.
    """
    working = working_connection()
    # In the order in which confirming and issuing lock them: push, invoice, connection.
    push = Push.objects.select_for_update().filter(invoice=invoice).first()
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    connection = Connection.objects.select_for_update().get(pk=working.pk)
    if not can_be_sent(invoice, push, connection.company_id):
        raise NotSendable
    if invoice.number:
        leave_range_to(invoice.number)
    else:
        await_number(invoice=invoice, ledger=connection.company_id)
    row = _queue(invoice, push or Push(invoice=invoice, created_at=at), connection, at)
    summary = f"{invoice}: sent to Fortnox, {connection.company_name}, by hand"
    record(actor=actor, action="fortnox.send", target=row, summary=summary, at=at)
    requests.enqueue_push(row)
    return row


def _queue(invoice: Invoice, row: Push, connection: Connection, at: datetime) -> Push:
    if row.pk:
        sync_issues.solve(company_id=row.company_id, kind=sync_issues.INVOICE, numbers=[row.reference], at=at)
    if row.company_id != connection.company_id:
        row.cancelled_number = ""
    row.workspace_id, row.reference = invoice.workspace_id, invoice.reference
    row.company_id = connection.company_id
    row.state, row.hold, row.sent_by_hand_at = PushState.QUEUED, "", at
    row.payload, row.payload_hash, row.next_at = None, "", None
    row.fence += 1  # a worker that still holds the row for the other company claims nothing
    row.attempts = row.lookups = row.late_negatives = 0
    row.error_code = row.error_text = ""
    row.save()
    return row


def consequences_of(invoice: Invoice, push: Push | None, connection: Connection) -> Consequences:
    """Return what sending an invoice means. One request to Fortnox, outside any transaction."""
    own = invoice.number
    return Consequences(
        push=push,
        own_number=own,
        next_number=str(int(own) + 1) if own.isdecimal() else "",
        higher=_higher_numbers(own) if own else (),
        alike=_alike(invoice, connection),
    )


def _higher_numbers(number: str) -> tuple[str, ...]:
    """The numbers from Uku above this one that are on no invoice in Fortnox: it could give them to others."""
    sent = Push.objects.values("invoice")
    ours = Invoice.objects.filter(ledger="", number__gt=number).exclude(pk__in=sent)
    same_length = ours.annotate(length=Length("number")).filter(length=len(number))
    return tuple(same_length.order_by("number").values_list("number", flat=True)[:20])


def _alike(invoice: Invoice, connection: Connection) -> tuple[InvoiceItem, ...] | None:
    """The invoices in Fortnox with the same customer, date and total; None when they cannot be read now."""
    customer = invoiced_customer(invoice.client, connection.company_id)
    if customer is None:
        return ()
    day = invoice.invoice_date
    try:
        with open_fortnox(connection) as fortnox:
            asked = fortnox.invoices.list(from_date=day, to_date=day, customer_number=customer.number)
            items = [item for item in asked if item.customer_number == customer.number and item.invoice_date == day]
    except (FortnoxError, NotConnected):
        return None
    return tuple(item for item in items if not item.cancelled and to_ore(item.total) == invoice.total)
