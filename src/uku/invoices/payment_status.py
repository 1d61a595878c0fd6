"""What is said of an invoice's payment, in the lists and on its page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from uku.kit.money import show_amount, show_date

Tone = Literal["neutral", "good", "warning", "bad", "moving"]


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    words: str
    tone: Tone


def payment_status(  # noqa: PLR0911  # one return a state
    *,
    state: str,
    total: Decimal,
    balance: Decimal | None,
    due_date: date,
    final_pay_date: date | None,
    credited: bool,
    today: date,
) -> PaymentStatus:
    """Say how payment stands. Cancelled comes first, then credited."""
    open_amount = total if balance is None else balance
    if state == "cancelled":
        return PaymentStatus("Cancelled", "neutral")
    if credited:
        return (
            PaymentStatus("Credited", "neutral")
            if open_amount == 0
            else PaymentStatus("Credited, not set off", "warning")
        )
    if state == "paid":
        return PaymentStatus(f"Paid {show_date(final_pay_date)}" if final_pay_date else "Paid", "good")
    if open_amount < 0 < total:
        return PaymentStatus("Overpaid", "warning")
    if 0 < open_amount < total:
        return PaymentStatus(f"Partly paid {show_amount(total - open_amount)} of {show_amount(total)}", "warning")
    if due_date < today:
        days = (today - due_date).days
        return PaymentStatus(f"Overdue {days} day{'' if days == 1 else 's'}", "warning")
    return PaymentStatus("Unpaid", "neutral")
