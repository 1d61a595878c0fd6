"""What the books say about an invoice, as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PaymentFact:
    number: str
    amount: Decimal
    paid_on: date | None
    booked: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What the books say about an invoice; `as_of` is when the reading began.

    `credit_amount` and `credit_balance` are those of its credit notes that were not made here: what they sum to, as a
    positive amount, and what is open of them, as a negative one.
    """

    as_of: datetime
    balance: Decimal
    booked: bool
    cancelled: bool
    sent: bool
    final_pay_date: date | None
    payments: tuple[PaymentFact, ...] = ()
    credit_amount: Decimal = Decimal(0)
    credit_balance: Decimal = Decimal(0)
    ocr: str = ""
    factored: bool = False
    reminders: int = 0
    reminded_on: date | None = None
