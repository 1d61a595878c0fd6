"""What the lists and pages say of an invoice's payment."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

from uku.invoices.payment_status import PaymentState, PaymentStatus
from uku.kit.money import show_amount, show_date


def status_in_words(status: PaymentStatus) -> str:
    if status.state == PaymentState.PAID and status.paid_on:
        return gettext("Paid %(date)s") % {"date": show_date(status.paid_on)}
    if status.give_back is not None:
        return gettext("%(amount)s to give back or set off") % {"amount": show_amount(status.give_back)}
    if status.credited is not None and status.total is not None:
        amounts = {"credited": show_amount(status.credited), "total": show_amount(status.total)}
        return gettext("Credited %(credited)s of %(total)s") % amounts
    if status.paid is not None and status.total is not None:
        amounts = {"paid": show_amount(status.paid), "total": show_amount(status.total)}
        return gettext("Partly paid %(paid)s of %(total)s") % amounts
    if status.state == PaymentState.OVERDUE:
        return ngettext("Overdue %(days)d day", "Overdue %(days)d days", status.days) % {"days": status.days}
    return {
        PaymentState.MISSING: gettext("Deleted in the accounting system"),
        PaymentState.CANCELLED: gettext("Cancelled"),
        PaymentState.CREDITED: gettext("Credited"),
        PaymentState.CREDITED_OPEN: gettext("Credited, both still open"),
        PaymentState.SET_OFF: gettext("Set off"),
        PaymentState.NOT_SET_OFF: gettext("Not set off"),
        PaymentState.PAID: gettext("Paid"),
        PaymentState.OVERPAID: gettext("Overpaid"),
    }.get(status.state, gettext("Unpaid"))
