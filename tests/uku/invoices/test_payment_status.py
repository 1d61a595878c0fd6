"""One word for how an invoice stands: cancelled before credited, credited before paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from uku.invoices.payment_messages import status_in_words
from uku.invoices.payment_status import Credit, payment_status

TODAY = date(2026, 4, 20)
YESTERDAY, LATER = date(2026, 4, 19), date(2026, 5, 1)
WHOLE, OPEN = Credit(True, Decimal(1250)), Credit(True, Decimal(1250), Decimal(-1250))
PART, PART_OPEN = Credit(False, Decimal(500)), Credit(False, Decimal(500), Decimal(-500))


@pytest.mark.parametrize(
    ("state", "balance", "facts", "words", "tone"),
    [
        ("created", None, {}, "Unpaid", "neutral"),
        ("sent", "1250", {}, "Unpaid", "neutral"),
        ("sent", "1250", {"payable_until": TODAY}, "Unpaid", "neutral"),
        ("sent", "1250", {"payable_until": YESTERDAY}, "Overdue 1 day", "warning"),
        ("created", None, {"payable_until": date(2026, 3, 31)}, "Overdue 20 days", "warning"),
        ("sent", "1000", {}, "Partly paid 250.00 of 1,250.00", "warning"),
        ("sent", "0.01", {"payable_until": YESTERDAY}, "Partly paid 1,249.99 of 1,250.00", "warning"),
        ("sent", "-50", {}, "Overpaid", "warning"),
        ("paid", "0", {}, "Paid", "good"),
        ("paid", "0", {"final_pay_date": YESTERDAY}, "Paid 19 Apr 2026", "good"),
        ("cancelled", "0", {"credit": WHOLE}, "Cancelled", "neutral"),
        ("paid", "0", {"credit": WHOLE, "final_pay_date": YESTERDAY}, "Credited", "neutral"),
        ("created", "0", {"credit": WHOLE}, "Credited", "neutral"),
        ("created", "1250", {"credit": OPEN}, "Credited, both still open", "warning"),
        ("created", None, {"credit": OPEN, "payable_until": YESTERDAY}, "Credited, both still open", "warning"),
        (
            "created",
            "0",
            {"credit": Credit(True, Decimal(1250), Decimal(-1000))},
            "1,000.00 to give back or set off",
            "warning",
        ),
        ("created", "250", {"credit": OPEN}, "1,000.00 to give back or set off", "warning"),
        (
            "paid",
            "0",
            {"credit": Credit(False, Decimal(500), Decimal(-500))},
            "500.00 to give back or set off",
            "warning",
        ),
        ("created", "750", {"credit": PART}, "Credited 500.00 of 1,250.00", "warning"),
        ("created", "1250", {"credit": PART_OPEN}, "Credited 500.00 of 1,250.00", "warning"),
        ("created", "1250", {"credit": PART_OPEN, "payable_until": YESTERDAY}, "Overdue 1 day", "warning"),
        ("created", "250", {"credit": PART}, "Partly paid 500.00 of 750.00", "warning"),
        ("created", "750", {"credit": PART_OPEN}, "Partly paid 500.00 of 750.00", "warning"),
        ("created", "500", {"credit": PART_OPEN}, "Credited, both still open", "warning"),
        ("paid", "0", {"credit": PART}, "Paid", "good"),
    ],
)
def test_an_invoice_stands_as_its_facts_say(state, balance, facts, words, tone):
    known = {"payable_until": LATER, "final_pay_date": None, "credit": Credit(), **facts}
    found = payment_status(
        state=state,
        total=Decimal(1250),
        balance=None if balance is None else Decimal(balance),
        today=TODAY,
        **known,
    )
    assert (status_in_words(found), found.tone) == (words, tone)


@pytest.mark.parametrize(
    ("balance", "words"), [(None, "Not set off"), (-1250, "Not set off"), (-250, "Not set off"), (0, "Set off")]
)
def test_a_credit_note_is_set_off_or_not_and_is_neither_overpaid_nor_overdue(balance, words):
    note = payment_status(
        state="created",
        total=Decimal(-1250),
        balance=None if balance is None else Decimal(balance),
        payable_until=YESTERDAY,
        final_pay_date=None,
        credit=Credit(),
        today=TODAY,
        is_credit_note=True,
    )
    assert (status_in_words(note), note.tone) == (words, "neutral")
