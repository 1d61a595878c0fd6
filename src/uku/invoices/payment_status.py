"""How an invoice's payment stands: a state, and the facts of its words in `payment_messages`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from uku.kit.money import ZERO

Tone = Literal["neutral", "good", "warning", "bad", "moving"]


class PaymentState(StrEnum):
    MISSING = "missing"
    CANCELLED = "cancelled"
    CREDITED = "credited"
    CREDITED_OPEN = "credited_open"
    GIVE_BACK = "give_back"
    PARTLY_CREDITED = "partly_credited"
    SET_OFF = "set_off"
    NOT_SET_OFF = "not_set_off"
    PAID = "paid"
    OVERPAID = "overpaid"
    PARTLY_PAID = "partly_paid"
    OVERDUE = "overdue"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class Credit:
    """What the credit notes of an invoice sum to, and what is open of them, a negative amount."""

    is_whole: bool = False
    amount: Decimal = ZERO
    balance: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """The facts of a state: `paid_on` of some paid invoices, `paid` and `total` of partly paid ones, `credited` and
    `total` of partly credited ones, `give_back` of credited ones that were paid before, `days` of overdue ones.
    """

    state: PaymentState
    tone: Tone
    paid_on: date | None = None
    paid: Decimal | None = None
    total: Decimal | None = None
    days: int = 0
    credited: Decimal | None = None
    give_back: Decimal | None = None


_TOLD_FIRST: Final = {
    "missing": PaymentStatus(PaymentState.MISSING, "bad"),
    "cancelled": PaymentStatus(PaymentState.CANCELLED, "neutral"),
}


def payment_status(  # noqa: PLR0911  # one return a state
    *,
    state: str,
    total: Decimal,
    balance: Decimal | None,
    payable_until: date,
    final_pay_date: date | None,
    credit: Credit,
    today: date,
    is_credit_note: bool = False,
) -> PaymentStatus:
    """Say how payment stands; it is overdue after `payable_until`, the banking day on which the money may still come.

    `state` is the invoice's, or "missing" for one that the books do not have any more. What is missing or cancelled is
    told first, then credited. With what is open of its credit notes an invoice nets to what is owed.
    """
    open_amount = total if balance is None else balance
    net, owed = open_amount + credit.balance, total - credit.amount
    if state in _TOLD_FIRST:
        return _TOLD_FIRST[state]
    if is_credit_note:
        return PaymentStatus(PaymentState.NOT_SET_OFF if open_amount else PaymentState.SET_OFF, "neutral")
    if credit.amount:
        settled = _credited_status(state, credit, open_amount, net)
        if settled is not None:
            return settled
    if state == "paid":
        return PaymentStatus(PaymentState.PAID, "good", paid_on=final_pay_date)
    if open_amount < 0 < total:
        return PaymentStatus(PaymentState.OVERPAID, "warning")
    if 0 < net < owed:
        return PaymentStatus(PaymentState.PARTLY_PAID, "warning", paid=owed - net, total=owed)
    if payable_until < today:
        return PaymentStatus(PaymentState.OVERDUE, "warning", days=(today - payable_until).days)
    if credit.amount:
        return PaymentStatus(PaymentState.PARTLY_CREDITED, "warning", credited=credit.amount, total=total)
    return PaymentStatus(PaymentState.UNPAID, "neutral")


def _credited_status(state: str, credit: Credit, open_amount: Decimal, net: Decimal) -> PaymentStatus | None:
    """Say what its credit notes make of an invoice; None while something is owed on it."""
    if net < 0:
        return PaymentStatus(PaymentState.GIVE_BACK, "warning", give_back=-net)
    if credit.is_whole and open_amount == 0:
        return PaymentStatus(PaymentState.CREDITED, "neutral")
    if credit.is_whole or (net == 0 and state != "paid"):
        return PaymentStatus(PaymentState.CREDITED_OPEN, "warning")
    return None
