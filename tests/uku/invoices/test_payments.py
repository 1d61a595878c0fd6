"""The number and the payments that come back, told truthfully whatever order they arrive in."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from tests.uku.conftest import AT
from tests.uku.invoices.conftest import make_draft

from uku.invoices.ledger_facts import PaymentFact, Reading
from uku.invoices.models import Invoice, Numbering, Payment, State
from uku.invoices.operations import accept_difference, accept_number, issue_invoice
from uku.invoices.read_back import accept_reading
from uku.invoices.totals import Totals
from uku.workspaces.models import AuditEntry

TOTAL = Decimal("1250.00")
FIGURES = Totals(Decimal("1000.00"), Decimal("250.00"), Decimal("0.00"), TOTAL)
PAID_ON = date(2026, 4, 15)


def reading(balance: str = "1250", *payments: PaymentFact, after: int = 0, **facts: object) -> Reading:
    known = {"booked": True, "cancelled": False, "sent": False, "final_pay_date": None}
    return Reading(
        as_of=AT + timedelta(minutes=after), balance=Decimal(balance), payments=payments, **{**known, **facts}
    )


def payment(number: str, amount: str, *, booked: bool = True) -> PaymentFact:
    return PaymentFact(number, Decimal(amount), PAID_ON, booked)


def take(invoice, *readings: Reading) -> list[bool]:
    changed = [accept_reading(invoice=invoice, reading=each, at=AT) for each in readings]
    invoice.refresh_from_db()
    return changed


def last_entry() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def test_the_number_and_the_ocr_are_stored_as_given(issued):
    assert accept_number(invoice=issued, number="1042", ocr="104260", figures=FIGURES, at=AT) == []
    issued.refresh_from_db()
    assert (issued.number, issued.ocr, issued.difference, issued.totals) == ("1042", "104260", "", FIGURES)
    assert (last_entry().action, last_entry().summary) == ("invoice.number", "Number 1042 given")


def test_a_difference_is_named_and_the_given_figures_are_shown(issued):
    theirs = Totals(Decimal("1000.00"), Decimal("249.99"), Decimal("0.01"), TOTAL)
    assert accept_number(invoice=issued, number="1042", ocr="", figures=theirs, at=AT) == ["vat", "rounding"]
    issued.refresh_from_db()
    assert issued.difference == "VAT 249.99 instead of 250.00 SEK; rounding 0.01 instead of 0.00 SEK"
    assert issued.totals == theirs
    assert last_entry().summary == f"Number 1042 given ({issued.difference})"


def test_taking_the_same_number_again_keeps_the_difference(issued):
    theirs = Totals(Decimal("1000.00"), Decimal("249.99"), Decimal("0.01"), TOTAL)
    for _ in range(2):
        accept_number(invoice=issued, number="1042", ocr="", figures=theirs, at=AT)
    issued.refresh_from_db()
    assert issued.difference == "VAT 249.99 instead of 250.00 SEK; rounding 0.01 instead of 0.00 SEK"


def test_a_difference_is_accepted_as_it_was_seen_and_another_one_is_asked_about_again(issued, owner):
    theirs = Totals(Decimal("1000.00"), Decimal("249.99"), Decimal("0.01"), TOTAL)
    accept_number(invoice=issued, number="1042", ocr="", figures=theirs, at=AT)
    issued.refresh_from_db()
    accept = partial(accept_difference, invoice=issued, actor=owner, at=AT)
    assert (accept(seen="something else"), accept(seen=issued.difference)) == (False, True)
    issued.refresh_from_db()
    assert (issued.difference_accepted_at, last_entry().action) == (AT, "invoice.accept")
    accept_number(invoice=issued, number="1042", ocr="", figures=theirs, at=AT)
    issued.refresh_from_db()
    assert issued.difference_accepted_at == AT
    others = Totals(Decimal("1000.00"), Decimal("249.98"), Decimal("0.02"), TOTAL)
    accept_number(invoice=issued, number="1042", ocr="", figures=others, at=AT)
    issued.refresh_from_db()
    assert issued.difference_accepted_at is None


def test_a_number_of_our_own_is_given_to_one_invoice_only(owner, client, scope):
    drafts = [make_draft(owner, client) for _ in range(2)]
    one, other = (issue_invoice(invoice=d, actor=owner, at=AT, numbering=Numbering.OWN) for d in drafts)
    with pytest.raises(IntegrityError, match="uku_invoice_own_number"), transaction.atomic():
        Invoice.objects.filter(pk=other.pk).update(number=one.number)


def test_a_payment_in_full_makes_it_paid(issued):
    fact = payment("1", "1250")
    assert take(issued, reading("0", fact, sent=True, final_pay_date=PAID_ON)) == [True]
    assert (issued.state, issued.balance, issued.final_pay_date, issued.booked) == (State.PAID, 0, PAID_ON, True)
    assert list(issued.payments.values_list("external_number", "amount", "paid_on", "booked")) == [
        ("1", TOTAL, PAID_ON, True)
    ]


def test_the_same_reading_twice_changes_and_writes_down_nothing(issued):
    fact = payment("1", "250")
    assert take(issued, reading("1000", fact), reading("1000", fact, after=1)) == [True, False]
    assert AuditEntry.objects.filter(action="invoice.read").count() == 1


def test_a_change_is_written_down_with_both_sides(issued):
    take(issued, reading("1000", payment("1", "250")), reading("0", payment("1", "250"), payment("2", "1000"), after=1))
    entry = last_entry()
    first, second = "1: 250.00 SEK, 15 Apr 2026", "2: 1,000.00 SEK, 15 Apr 2026"
    assert entry.summary == (
        f"{issued}: state Created → Paid, left to pay 1,000.00 SEK → 0.00 SEK, paid 250.00 SEK → 1,250.00 SEK,"
        f" payments {first} → {first}; {second}"
    )
    assert (entry.before, entry.after) == (
        {"state": "created", "balance": "1000.00", "paid": "250.00", "payments": [first]},
        {"state": "paid", "balance": "0.00", "paid": "1250.00", "payments": [first, second]},
    )


def test_the_summary_tells_only_what_changed(issued):
    take(issued, reading("1250"))
    assert last_entry().summary == f"{issued}: left to pay – → 1,250.00 SEK, booked no → yes"


def test_an_older_reading_that_arrives_late_changes_nothing(issued):
    """F63"""
    newer, older = reading("0", payment("1", "1250"), after=5), reading("1250", after=4)
    assert take(issued, newer, older) == [True, False]
    assert (issued.state, issued.balance, issued.payments.count()) == (State.PAID, 0, 1)


def test_paid_can_become_unpaid_again(issued):
    """F61"""
    assert take(issued, reading("0", payment("1", "1250")), reading("1250", after=1)) == [True, True]
    assert (issued.state, issued.balance, issued.payments.count()) == (State.CREATED, TOTAL, 0)


def test_an_invoice_that_was_sent_stays_sent_when_its_payment_is_reversed(issued):
    take(
        issued, reading(sent=True), reading("0", payment("1", "1250"), sent=True, after=1), reading(sent=True, after=2)
    )
    assert issued.state == State.SENT


def test_an_invoice_marked_sent_here_and_unpaid_again_does_not_fall_back(issued):
    issued.state = State.SENT
    issued.save(update_fields=["state"])
    take(issued, reading("1250"))
    assert issued.state == State.SENT


def test_cancelled_is_told_first(issued):
    take(issued, reading("0", payment("1", "1250"), cancelled=True, credit_amount=TOTAL, sent=True))
    assert issued.state == State.CANCELLED


def test_a_credited_invoice_is_never_told_as_paid(issued):
    """F61"""
    take(issued, reading("0", credit_amount=TOTAL))
    assert (issued.state, issued.credited, issued.balance) == (State.CREATED, True, 0)


def test_nothing_left_to_pay_on_an_unbooked_invoice_is_not_paid(issued):
    """F61"""
    take(issued, reading("0", booked=False))
    assert (issued.state, issued.booked) == (State.CREATED, False)


def test_a_payment_that_is_gone_is_removed_and_a_changed_one_changed(issued):
    take(issued, reading("750", payment("1", "250"), payment("2", "250")))
    take(issued, reading("1000", payment("2", "250", booked=False), payment("3", "0.50"), after=1))
    assert list(issued.payments.order_by("external_number").values_list("external_number", "amount", "booked")) == [
        ("2", Decimal("250.00"), False),
        ("3", Decimal("0.50"), True),
    ]


def test_a_payment_changed_in_amount_alone_is_noticed(issued):
    take(issued, reading("1000", payment("1", "250")))
    assert take(issued, reading("1000", payment("1", "251"), after=1)) == [True]


def test_a_payment_that_changed_its_date_alone_is_noticed(issued):
    take(issued, reading("1000", payment("1", "250")))
    moved = PaymentFact("1", Decimal(250), date(2026, 4, 16), booked=True)
    assert take(issued, reading("1000", moved, after=1)) == [True]
    assert issued.payments.get().paid_on == date(2026, 4, 16)


def test_crediting_alone_is_a_change(issued):
    take(issued, reading("0", booked=False))
    assert take(issued, reading("0", credit_amount=TOTAL, booked=False, after=1)) == [True]


def test_the_payments_of_other_invoices_are_left_alone(issued, owner, client):
    other = issue_invoice(invoice=make_draft(owner, client), actor=owner, at=AT, numbering=Numbering.ACCOUNTING)
    take(issued, reading("1000", payment("1", "250")))
    take(other, reading("1000", payment("1", "250")), reading("1250", after=1))
    assert list(Payment.objects.values_list("invoice", "amount")) == [(issued.pk, Decimal("250.00"))]


@pytest.mark.parametrize(
    ("booked", "payments", "state"),
    [
        (True, (), State.PAID),
        (False, (payment("2", "1250"),), State.PAID),
        (False, (payment("2", "1250", booked=False),), State.CREATED),
    ],
)
def test_an_invoice_that_is_never_booked_is_paid_by_a_payment_that_is(issued, booked, payments, state):
    """As under the cash method; a booked invoice may come to nothing without a payment."""
    take(issued, reading("0", *payments, booked=booked))
    assert (issued.state, issued.balance) == (state, 0)
