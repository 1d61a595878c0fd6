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
    """What the books say about an invoice; `as_of` is when the reading began."""

    as_of: datetime
    balance: Decimal
    booked: bool
    cancelled: bool
    credited: bool
    sent: bool
    final_pay_date: date | None
    payments: tuple[PaymentFact, ...] = ()
