"""An invoice that a person marks as paid: it counts until the books say otherwise, and then both are shown."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.invoices.conftest import make_draft

from uku.invoices.cancel import cancel_invoice
from uku.invoices.credit import credit_invoice
from uku.invoices.deliveries import Wanted, send_invoice
from uku.invoices.delivery_models import DeliveryWay
from uku.invoices.ledger_facts import PaymentFact, Reading
from uku.invoices.models import Invoice, Numbering, State
from uku.invoices.operations import issue_invoice
from uku.invoices.paid_mark import NotMarkable, is_markable, mark_paid, remove_mark
from uku.invoices.read_back import accept_reading
from uku.workspaces.models import AuditEntry
from uku.workspaces.permissions import NotAllowed

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)
LATER = AT + timedelta(hours=1)


@pytest.fixture
def invoice(draft, owner):
    return issue_invoice(invoice=draft, actor=owner, at=AT, numbering=Numbering.OWN)


@pytest.fixture
def marked(invoice, owner):
    return mark(invoice, owner)


def mark(invoice, actor, *, on=DAY, at=AT):
    mark_paid(invoice=invoice, paid_on=on, actor=actor, at=at)
    invoice.refresh_from_db()
    return invoice


def unmark(invoice, actor):
    remove_mark(invoice=invoice, actor=actor, at=LATER)
    invoice.refresh_from_db()
    return invoice


def by_hand(invoice, actor):
    send_invoice(invoice=invoice, wanted=Wanted(DeliveryWay.HAND, sent_on=DAY), seen=0, actor=actor, at=AT)
    invoice.refresh_from_db()
    return invoice


def read(invoice, balance: str, *payments: PaymentFact, at=LATER):
    paid_on = DAY if balance == "0" else None
    told = Reading(
        at, Decimal(balance), booked=True, cancelled=False, sent=False, final_pay_date=paid_on, payments=payments
    )
    accept_reading(invoice=invoice, reading=told, at=at)
    invoice.refresh_from_db()
    return invoice


def stands(invoice) -> tuple[str, Decimal | None, date | None]:
    return invoice.state, invoice.balance, invoice.final_pay_date


def entries() -> list[tuple[str, str]]:
    about = AuditEntry.objects.filter(action__in=("invoice.mark_paid", "invoice.remove_mark")).order_by("id")
    return list(about.values_list("action", "summary"))


def test_a_marked_one_is_paid_on_the_day_that_was_stated(marked, owner):
    assert stands(marked) == (State.PAID, 0, DAY)
    assert (marked.is_paid_by_mark, marked.marked_paid_by, marked.net_balance) == (True, owner, 0)
    assert entries() == [("invoice.mark_paid", f"Invoice {marked.number} was marked as paid: 1,250.00 SEK")]


def test_a_second_click_marks_nothing_twice(marked, owner):
    mark(marked, owner, at=LATER)
    assert (marked.marked_paid_at, len(entries())) == (AT, 1)


@pytest.mark.parametrize("day", [date(2026, 3, 30), date(2026, 4, 1)])
def test_the_day_is_neither_before_the_invoice_nor_in_the_future(invoice, owner, day):
    with pytest.raises(NotMarkable, match="between the invoice date and today"):
        mark(invoice, owner, on=day)
    assert stands(Invoice.objects.get()) == (State.CREATED, None, None)


def test_what_has_no_number_yet_or_is_a_draft_is_not_marked(issued, client, owner):
    for unfit in (issued, make_draft(owner, client)):
        assert not is_markable(unfit)
        with pytest.raises(NotMarkable, match="has a number"):
            mark(unfit, owner)


def test_what_is_cancelled_credited_or_a_credit_note_is_not_marked(invoice, client, owner):
    other = issue_invoice(invoice=make_draft(owner, client), actor=owner, at=AT, numbering=Numbering.OWN)
    note = credit_invoice(
        invoice=other,
        actor=owner,
        at=AT,
        on=DAY,
        ledger="",
        quantities={other.rows.get().pk: Decimal(1)},
        notes_seen=0,
        reason="Wrong",
    )
    other.refresh_from_db()
    cancelled = cancel_invoice(invoice=invoice, actor=owner, at=AT)
    assert [is_markable(each) for each in (other, note, cancelled)] == [False, False, False]


def test_who_may_not_issue_may_neither_mark_nor_remove_a_mark(marked, member):
    for change in (mark, unmark):
        with pytest.raises(NotAllowed):
            change(marked, member)
    assert stands(Invoice.objects.get()) == (State.PAID, 0, DAY)


def test_a_removed_mark_leaves_it_as_it_was(marked, owner):
    unmark(unmark(marked, owner), owner)
    assert (stands(marked), marked.marked_paid_on, marked.net_balance) == ((State.CREATED, None, None), None, 1250)
    assert [action for action, _words in entries()] == ["invoice.mark_paid", "invoice.remove_mark"]


def test_what_the_books_had_told_of_payments_is_left_when_a_mark_is_removed(invoice, owner):
    read(invoice, "750", PaymentFact("7", Decimal(500), DAY, booked=True), at=AT)
    assert stands(mark(invoice, owner, at=LATER)) == (State.PAID, 0, DAY)
    assert stands(unmark(invoice, owner)) == (State.CREATED, 750, None)


def test_one_that_the_client_has_is_sent_again_without_its_mark(invoice, owner):
    assert unmark(mark(by_hand(invoice, owner), owner), owner).state == State.SENT


def test_books_that_say_otherwise_count_and_the_mark_is_shown_beside_them(invoice, owner):
    read(mark(by_hand(invoice, owner), owner), "1250")
    assert (stands(invoice), invoice.contradicted_mark) == ((State.SENT, 1250, None), DAY)
    assert (invoice.is_paid_by_mark, is_markable(invoice)) == (False, False)
    assert (stands(unmark(invoice, owner)), invoice.contradicted_mark) == ((State.SENT, 1250, None), None)


def test_books_that_agree_are_what_it_is_paid_by(marked, owner):
    read(marked, "0", PaymentFact("7", Decimal(1250), DAY, booked=True))
    assert (stands(marked), marked.contradicted_mark, marked.is_paid_by_mark) == ((State.PAID, 0, DAY), None, False)
    assert stands(unmark(marked, owner)) == (State.PAID, 0, DAY)
