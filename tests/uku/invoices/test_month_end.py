"""What is shown of a month, on a month worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.invoices.conftest import make_client

from uku.clients.operations import create_client
from uku.invoices.credit import credit_invoice
from uku.invoices.drafts import DraftHead, RowFacts, create_draft
from uku.invoices.models import Invoice, MonthCheck, Payment
from uku.invoices.month_end import check_month, month_end
from uku.invoices.operations import issue_invoice
from uku.workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)


@pytest.fixture
def bill(owner, scope):
    """Issue an invoice of one row, or leave it a draft."""

    def make(client, day, price, rate="25", *, issue=True):
        row = RowFacts("Bokslut", Decimal(1), Decimal(price), Decimal(rate), "h")
        draft = create_draft(actor=owner, at=AT, head=DraftHead(client, day), rows=[row])
        if issue:
            issue_invoice(invoice=draft, actor=owner, at=AT, numbering="own")
        return Invoice.objects.get(pk=draft.pk)

    return make


@pytest.fixture
def other(owner, scope):
    return create_client(actor=owner, at=AT, name="Björks Bygg AB", address1="Storgatan 1", city="Lund")


def owed(found):
    assert dict(found.owed_totals) == sums_of(found.owed.rows)
    return [(str(one.client), one.currency, one.amount) for one in found.owed.rows]


def sums_of(rows):
    currencies = {one.currency for one in rows}
    return {currency: sum(one.amount for one in rows if one.currency == currency) for currency in currencies}


def test_what_is_left_to_do_is_listed(bill, owner, scope, other):
    client = make_client(owner)
    bill(other, date(2026, 2, 27), "100")
    bill(client, date(2026, 2, 27), "100")
    unsent = bill(client, date(2026, 3, 31), "1000")
    sent = bill(client, date(2026, 3, 1), "2000")
    draft = bill(client, date(2026, 3, 15), "1", issue=False)
    bill(client, date(2026, 4, 1), "3")
    Invoice.objects.filter(pk=sent.pk).update(state="sent", ledger="1", numbering="accounting", booked=False)
    found = month_end(MARCH)
    assert (found.drafts.rows, found.not_sent.rows, found.not_booked.rows) == ([draft], [unsent], [sent])
    assert [str(each) for each in found.not_invoiced.rows] == ["Björks Bygg AB"]


def test_a_draft_counts_as_invoiced_and_a_cancelled_invoice_does_not(bill, owner, scope, other):
    for day in (date(2026, 2, 2), date(2026, 3, 2)):
        bill(other, day, "100", issue=day.month == 2)
    assert month_end(MARCH).not_invoiced.rows == []
    Invoice.objects.filter(invoice_date=date(2026, 3, 2)).update(state="cancelled", issued_at=AT, numbering="own")
    assert month_end(MARCH).not_invoiced.rows == [other]


def test_what_was_owed_is_that_of_the_last_day(bill, owner, scope, other):
    client = make_client(owner)
    early, late = bill(client, date(2026, 2, 1), "1000"), bill(other, date(2026, 3, 31), "400")
    bill(client, date(2026, 4, 1), "9999")
    facts = {"invoice": early, "booked": True}
    Payment.objects.create(external_number="1", amount=Decimal(250), paid_on=date(2026, 3, 31), **facts)
    Payment.objects.create(external_number="2", amount=Decimal(1000), paid_on=date(2026, 4, 1), **facts)
    Payment.objects.create(
        external_number="3", amount=Decimal(7), paid_on=date(2026, 3, 1), invoice=early, booked=False
    )
    assert owed(month_end(MARCH)) == [
        ("Björks Bygg AB", "SEK", Decimal("500.00")),
        ("Åkerlunds Bygg AB", "SEK", Decimal("1000.00")),
    ]
    (row,) = late.rows.all()
    credit_invoice(
        invoice=late,
        actor=owner,
        at=AT,
        on=date(2026, 3, 31),
        ledger="",
        quantities={row.pk: Decimal(1)},
        notes_seen=0,
    )
    assert owed(month_end(MARCH)) == [("Åkerlunds Bygg AB", "SEK", Decimal("1000.00"))]


def test_an_open_credit_note_is_listed_until_it_is_set_off(bill, owner, scope):
    invoice = bill(make_client(owner), date(2026, 3, 1), "1000")
    Invoice.objects.filter(pk=invoice.pk).update(balance=0, state="paid")
    invoice.refresh_from_db()
    (row,) = invoice.rows.all()
    note = credit_invoice(
        invoice=invoice,
        actor=owner,
        at=AT,
        on=date(2026, 3, 20),
        ledger="",
        quantities={row.pk: Decimal(1)},
        notes_seen=0,
    )
    assert month_end(MARCH).open_credits.rows == [note]
    Invoice.objects.filter(pk=note.pk).update(balance=0)
    assert month_end(MARCH).open_credits.rows == []


def test_what_was_invoiced_is_summed_by_rate_as_each_invoice_rounded_it(bill, owner, scope):
    """0.10 × 25 % is 0.025, so 0.03 on each of two invoices: 0.06, where one sum of 0.20 would have 0.05."""
    client = make_client(owner)
    for price, rate in (("0.10", "25"), ("0.10", "25"), ("200", "12")):
        bill(client, date(2026, 3, 5), price, rate)
    bill(client, date(2026, 3, 6), "77", issue=False)
    (billed,) = month_end(MARCH).billed
    assert (billed.currency, [(part.rate, part.net, part.vat) for part in billed.rates]) == (
        "SEK",
        [(Decimal(25), Decimal("0.20"), Decimal("0.06")), (Decimal(12), Decimal(200), Decimal(24))],
    )


def test_the_first_who_checks_a_month_is_named(owner, member, scope):
    check_month(month=MARCH, actor=owner, at=AT)
    check_month(month=MARCH, actor=owner, at=AT)
    assert MonthCheck.objects.values_list("month", "checked_by").get() == (MARCH, owner.pk)
    assert AuditEntry.objects.filter(action="invoice.month").count() == 1


@pytest.mark.parametrize(("closed_on", "left"), [(date(2026, 3, 31), []), (date(2026, 4, 1), ["1250.00"])])
def test_what_was_written_off_is_owed_until_the_payment_that_closed_the_invoice(bill, owner, scope, closed_on, left):
    invoice = bill(make_client(owner), date(2026, 3, 1), "1000")
    Payment.objects.create(external_number="1", amount=Decimal(1200), paid_on=closed_on, invoice=invoice, booked=True)
    Invoice.objects.filter(pk=invoice.pk).update(balance=0, state="paid", final_pay_date=closed_on)
    assert [amount for _client, _currency, amount in owed(month_end(MARCH))] == [Decimal(each) for each in left]


def test_a_part_that_was_written_off_while_the_rest_is_open_is_not_owed(bill, owner, scope):
    invoice = bill(make_client(owner), date(2026, 3, 1), "1000")
    Payment.objects.create(
        external_number="1", amount=Decimal(200), paid_on=date(2026, 3, 30), invoice=invoice, booked=True
    )
    Invoice.objects.filter(pk=invoice.pk).update(balance=Decimal(1000))
    assert [amount for _client, _currency, amount in owed(month_end(MARCH))] == [Decimal(1000)]


@pytest.fixture
def credit(owner):
    """Credit a part of an invoice of one row; the note is read as set off, its original with what is left."""

    def make(invoice, day, part):
        (row,) = invoice.rows.all()
        facts = {"actor": owner, "at": AT, "on": day, "ledger": "", "notes_seen": invoice.credit_notes.count()}
        note = credit_invoice(invoice=invoice, quantities={row.pk: Decimal(part)}, **facts)
        Invoice.objects.filter(pk=note.pk).update(balance=0)
        return note

    return make


def paid(invoice, number, amount, day):
    Payment.objects.create(
        invoice=invoice, external_number=number, amount=Decimal(amount), paid_on=date(2026, *day), booked=True
    )


def amounts(month):
    return [amount for _client, _currency, amount in owed(month_end(month))]


@pytest.mark.parametrize("credited_on", [date(2026, 3, 20), date(2026, 4, 20)])
@pytest.mark.parametrize("settled_by", ["set-off", "payments"])
def test_what_was_written_off_of_an_invoice_with_a_credit_note_is_not_owed(
    bill, credit, owner, scope, credited_on, settled_by
):
    """Of 1,250 a note takes 500 back and 700 is paid in March: the 50 that nobody pays are written off with it."""
    invoice = bill(make_client(owner), date(2026, 3, 1), "1000")
    note = credit(invoice, credited_on, "0.4")
    if settled_by == "payments":
        day = (credited_on.month, credited_on.day)
        paid(invoice, "1", "500", day)
        paid(note, "2", "-500", day)
    paid(invoice, "3", "700", (3, 15))
    Invoice.objects.filter(pk=invoice.pk).update(balance=0, final_pay_date=max(credited_on, date(2026, 3, 15)))
    assert amounts(MARCH) == ([] if credited_on.month == 3 else [Decimal(500)])
    assert amounts(date(2026, 4, 1)) == []


def test_what_was_written_off_after_the_month_is_still_owed_beside_its_credit_note(bill, credit, owner, scope):
    invoice = bill(make_client(owner), date(2026, 3, 1), "1000")
    credit(invoice, date(2026, 3, 20), "0.4")
    paid(invoice, "1", "700", (4, 2))
    Invoice.objects.filter(pk=invoice.pk).update(balance=0, final_pay_date=date(2026, 4, 2))
    assert amounts(MARCH) == [Decimal(750)]
    assert amounts(date(2026, 4, 1)) == []


def test_a_write_off_without_money_is_dated_by_its_own_payment_beside_a_credit_note(bill, credit, owner, scope):
    invoice = bill(make_client(owner), date(2026, 3, 1), "1000")
    credit(invoice, date(2026, 3, 20), "0.4")
    paid(invoice, "1", "700", (3, 25))
    paid(invoice, "2", "0", (4, 2))
    Invoice.objects.filter(pk=invoice.pk).update(balance=0, final_pay_date=date(2026, 4, 2))
    assert amounts(MARCH) == [Decimal(50)]
    assert amounts(date(2026, 4, 1)) == []


def test_a_note_that_is_not_read_yet_writes_nothing_off(bill, credit, owner, scope):
    """The original is read with the note set off, the note is not: the difference is the note's, not a write-off."""
    invoice = bill(make_client(owner), date(2026, 3, 1), "1000")
    note = credit(invoice, date(2026, 4, 20), "0.4")
    Invoice.objects.filter(pk=note.pk).update(balance=None)
    paid(invoice, "1", "100", (3, 10))
    Invoice.objects.filter(pk=invoice.pk).update(balance=Decimal(650))
    assert amounts(MARCH) == [Decimal(1150)]


def test_what_was_written_off_beside_a_credit_note_of_the_books_is_not_owed(bill, owner, scope):
    invoice = bill(make_client(owner), date(2026, 3, 1), "1000")
    paid(invoice, "1", "700", (3, 15))
    Invoice.objects.filter(pk=invoice.pk).update(balance=0, ledger_credit_amount=500, credited_amount=500)
    assert amounts(MARCH) == []
