"""One word for how an invoice stands: cancelled before credited, credited before paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from uku.invoices.payment_messages import status_in_words
from uku.invoices.payment_status import payment_status

TODAY = date(2026, 4, 20)
YESTERDAY, LATER = date(2026, 4, 19), date(2026, 5, 1)


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
        ("cancelled", "0", {"credited": True}, "Cancelled", "neutral"),
        ("paid", "0", {"credited": True, "final_pay_date": YESTERDAY}, "Credited", "neutral"),
        ("created", "0", {"credited": True}, "Credited", "neutral"),
        ("created", "1250", {"credited": True}, "Credited, both still open", "warning"),
        ("created", None, {"credited": True, "payable_until": YESTERDAY}, "Credited, both still open", "warning"),
    ],
)
def test_an_invoice_stands_as_its_facts_say(state, balance, facts, words, tone):
    known = {"payable_until": LATER, "final_pay_date": None, "credited": False, **facts}
    found = payment_status(
        state=state,
        total=Decimal(1250),
        balance=None if balance is None else Decimal(balance),
        today=TODAY,
        **known,
    )
    assert (status_in_words(found), found.tone) == (words, tone)


def test_a_credit_note_is_not_overpaid():
    note = payment_status(
        state="created",
        total=Decimal(-1250),
        balance=Decimal(-1250),
        payable_until=LATER,
        final_pay_date=None,
        credited=False,
        today=TODAY,
    )
    assert (status_in_words(note), note.tone) == ("Unpaid", "neutral")
