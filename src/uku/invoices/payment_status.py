"""How an invoice's payment stands: a state, and the facts of its words in `payment_messages`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

Tone = Literal["neutral", "good", "warning", "bad", "moving"]


class PaymentState(StrEnum):
    MISSING = "missing"
    CANCELLED = "cancelled"
    CREDITED = "credited"
    CREDITED_OPEN = "credited_open"
    PAID = "paid"
    OVERPAID = "overpaid"
    PARTLY_PAID = "partly_paid"
    OVERDUE = "overdue"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """`paid_on` is known of some paid invoices, `paid` and `total` of partly paid ones, `days` of overdue ones."""

    state: PaymentState
    tone: Tone
    paid_on: date | None = None
    paid: Decimal | None = None
    total: Decimal | None = None
    days: int = 0


def payment_status(  # noqa: PLR0911  # one return a state
    *,
    state: str,
    total: Decimal,
    balance: Decimal | None,
    payable_until: date,
    final_pay_date: date | None,
    credited: bool,
    today: date,
    missing: bool = False,
) -> PaymentStatus:
    """Say how payment stands; it is overdue after `payable_until`, the banking day on which the money may still come.

    That the books do not have it any more comes first, then cancelled, then credited.
    """
    open_amount = total if balance is None else balance
    if missing:
        return PaymentStatus(PaymentState.MISSING, "bad")
    if state == "cancelled":
        return PaymentStatus(PaymentState.CANCELLED, "neutral")
    if credited and open_amount == 0:
        return PaymentStatus(PaymentState.CREDITED, "neutral")
    if credited:
        return PaymentStatus(PaymentState.CREDITED_OPEN, "warning")
    if state == "paid":
        return PaymentStatus(PaymentState.PAID, "good", paid_on=final_pay_date)
    if open_amount < 0 < total:
        return PaymentStatus(PaymentState.OVERPAID, "warning")
    if 0 < open_amount < total:
        return PaymentStatus(PaymentState.PARTLY_PAID, "warning", paid=total - open_amount, total=total)
    if payable_until < today:
        return PaymentStatus(PaymentState.OVERDUE, "warning", days=(today - payable_until).days)
    return PaymentStatus(PaymentState.UNPAID, "neutral")
