"""The steps of an invoice from draft to paid, each taken one with its day where that is known. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext as _

from uku.invoices.delivery_models import DeliveryKind, DeliveryState, InvoiceDelivery
from uku.invoices.models import Invoice, State
from uku.kit.times import local_time

ORDER: Final = (State.DRAFT, State.APPROVAL, State.CREATED, State.SENT, State.PAID)


@dataclass(frozen=True, slots=True)
class InvoiceStep:
    """`day` is when it was taken, by the firm's clock; None where that is not known or the step is still ahead."""

    name: str
    day: date | None
    is_taken: bool
    is_now: bool


def steps_of(
    invoice: Invoice, deliveries: Iterable[InvoiceDelivery], *, handed_over_at: datetime | None, zone: str
) -> list[InvoiceStep]:
    """Return the steps that an invoice took and those ahead. What it left out on its way is left out here too.

    A credit note is not paid. One that is cancelled, or has nothing left to credit, ends there.
    """

    def day_of(moment: datetime | None) -> date | None:
        return local_time(moment, zone).date() if moment else None

    taken: dict[State, date | None] = {State.DRAFT: day_of(invoice.created_at)}
    if invoice.state == State.APPROVAL or (invoice.is_issued and invoice.handed_over_by_id is not None):
        taken[State.APPROVAL] = day_of(handed_over_at)
    if invoice.is_issued:
        taken[State.CREATED] = day_of(invoice.issued_at)
    arrived = [each for each in deliveries if (each.kind, each.state) == (DeliveryKind.INVOICE, DeliveryState.SENT)]
    if arrived:
        taken[State.SENT] = arrived[0].sent_on or day_of(arrived[0].ended_at)
    elif invoice.state == State.SENT:
        taken[State.SENT] = None
    if invoice.state == State.PAID:
        taken[State.PAID] = invoice.final_pay_date
    last, end = list(taken)[-1], _end_of(invoice)
    steps = [InvoiceStep(str(step.label), day, True, step == last and not end) for step, day in taken.items()]
    if end:
        return [*steps, InvoiceStep(end, None, is_taken=True, is_now=True)]
    left_out = {State.APPROVAL, State.PAID} if invoice.is_credit_note else {State.APPROVAL}
    ahead = [step for step in ORDER[ORDER.index(last) + 1 :] if step not in left_out]
    return [*steps, *(InvoiceStep(str(step.label), None, is_taken=False, is_now=False) for step in ahead)]


def _end_of(invoice: Invoice) -> str:
    """Return what an invoice ended with other than its payment; empty while it has not."""
    if invoice.state == State.CANCELLED:
        return str(State.CANCELLED.label)
    return _("Credited") if invoice.credited and invoice.state != State.PAID else ""
