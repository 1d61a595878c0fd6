"""Invoices in euros: paid, shown and summed in euros, booked in kronor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.uku.integrations.fortnox.conftest import bill_in_euros, clear_queue, let_rest
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import RunKind, RunState, SyncIssue, SyncRun
from uku.integrations.fortnox.reload import service
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.models import Invoice, Payment, State
from uku.kit import clock
from uku.kit.money import show_date
from uku.workspaces.models import AuditEntry

TOTAL, PART, REST = Decimal("499.99"), Decimal("400.00"), Decimal("99.99")
HOUR = 3600


@pytest.fixture
def today() -> date:
    return clock.today("Europe/Stockholm")


@pytest.fixture
def sent(fortnox, shop, run_jobs):
    """An invoice of 499.99 euros, booked at 11.25 kronor."""
    bill_in_euros(fortnox, shop)
    invoice = shop.issue(price="399.99", quantity="1")
    run_jobs()
    invoice.refresh_from_db()
    assert (invoice.currency, invoice.total, invoice.booked) == ("EUR", TOTAL, True)
    return invoice


@pytest.fixture
def read(fortnox, connection):
    """Read the paid status; return the requests it took."""

    def go() -> list[str]:
        before = fortnox.mark()
        run_sync(SyncRequest(connection, RunKind.PAYMENTS))
        return sorted(fortnox.requests(before))

    return go


@pytest.fixture
def read_again(fortnox, connection, owner, run_jobs):
    """Reload everything; return the requests about invoices and payments."""

    def go() -> list[str]:
        clear_queue()
        let_rest(connection)
        before = fortnox.mark()
        service.begin(actor=owner, at=clock.now())
        run_jobs()
        return sorted(line for line in fortnox.requests(before) if line.startswith("GET invoice"))

    return go


def standing(invoice) -> tuple[str, Decimal | None, list[Decimal]]:
    """State, balance and payments, as stored."""
    found = Invoice.objects.get(pk=invoice.pk)
    return found.state, found.balance, [p.amount for p in found.payments.order_by("external_number")]


def list_vouchers(fortnox, series: str) -> list[list[list[Any]]]:
    """Return account and kronor of each row of each voucher of a series, credit negative."""
    found = fortnox.ask("GET", f"companies/{FIRST}/vouchers")
    return [voucher["VoucherRows"] for voucher in found if voucher["VoucherSeries"] == series]


LAST_VOUCHER = {
    "invoice": [[1930, "1124.89"], [1510, "-1124.89"]],
    "register": [[1930, "1107.66"], [1510, "-1124.89"], [7960, "17.23"]],
}


@pytest.mark.parametrize("rate", ["invoice", "register"])
def test_an_invoice_in_euros_is_paid_in_euros_and_booked_in_kronor(fortnox, sent, read, today, rate):
    """F62"""
    fortnox.switch(payment_rate=rate)
    fortnox.pay(sent.number, str(PART), today.isoformat(), rate="11.4001")
    read()
    assert standing(sent) == (State.CREATED, REST, [PART])
    fortnox.set_company(currencies={"EUR": "11.0777"})
    fortnox.pay(sent.number, str(REST), today.isoformat())
    read()
    assert standing(sent) == (State.PAID, Decimal(0), [PART, REST])
    assert AuditEntry.objects.filter(action="invoice.read").latest("id").after["paid"] == str(TOTAL)
    assert list_vouchers(fortnox, "B") == [[[1510, "5624.89"], [3041, "-4499.89"], [2611, "-1125.00"]]]
    part = [[1930, "4560.04"], [1510, "-4500.00"], [3960, "-60.04"]]
    assert list_vouchers(fortnox, "C") == [part, LAST_VOUCHER[rate]]


def test_pages_show_what_was_paid_in_the_invoices_currency(fortnox, sent, read, desk, today):
    fortnox.pay(sent.number, str(PART), today.isoformat(), rate="11.4001")
    read()
    page, in_list = desk.show(sent), desk.list().rows[1]
    assert [row for row in page.rows if row[0] in {show_date(today), "Left to pay"}] == [
        [show_date(today), "1", "Booked", "400.00"],
        ["Left to pay", "99.99"],
    ]
    assert (page.all("th").count("Amount, EUR"), page.all("dd").count("499.99 EUR")) == (2, 1)
    assert (in_list[5], in_list[-1]) == ("Partly paid 400.00 of 499.99", "499.99 EUR")
    fortnox.pay(sent.number, str(REST), today.isoformat(), rate="11")
    read()
    page, in_list = desk.show(sent), desk.list().rows[1]
    paid = [row[-1] for row in page.rows if row[0] in {show_date(today), "Left to pay"}]
    assert (paid, in_list[5]) == (["400.00", "99.99", "0.00"], f"Paid {show_date(today)}")


def test_only_payments_of_our_invoices_in_another_currency_cost_a_request(
    fortnox, shop, sent, read, run_jobs, today, move_clock
):
    shop.client.currency = "SEK"
    shop.client.save()
    in_kronor = shop.issue()
    run_jobs()
    in_kronor.refresh_from_db()
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        company.put("invoices", "9001", {**company.get("invoices", sent.number), "DocumentNumber": "9001"})
    move_clock(seconds=3 * HOUR)
    read()
    move_clock(seconds=6 * HOUR)
    fortnox.pay("9001", str(PART), today.isoformat())
    fortnox.pay(in_kronor.number, "1000", today.isoformat())
    lists = ["GET invoicepayments", "GET invoices"]
    assert read() == [*lists, f"GET invoices/{in_kronor.number}"]
    move_clock(seconds=9 * HOUR)
    read()
    move_clock(seconds=12 * HOUR)
    payment = fortnox.pay(sent.number, str(PART), today.isoformat())
    assert read() == sorted([*lists, f"GET invoicepayments/{payment}", f"GET invoices/{sent.number}"])
    assert [standing(invoice)[1:] for invoice in (sent, in_kronor)] == [(REST, [PART]), (1375, [1000])]


def test_a_payment_that_was_stored_in_kronor_is_put_right_by_a_reload(fortnox, sent, read_again, today, move_clock):
    payment = fortnox.pay(sent.number, str(PART), today.isoformat())
    read_again()
    move_clock(seconds=9 * HOUR)
    read_again()
    Payment.objects.update(amount=Decimal(4500))
    move_clock(seconds=12 * HOUR)
    lists = ["GET invoicepayments", "GET invoices", "GET invoices"]
    assert read_again() == sorted([*lists, f"GET invoicepayments/{payment}", f"GET invoices/{sent.number}"])
    assert standing(sent) == (State.CREATED, REST, [PART])


def test_a_payment_that_was_stored_in_kronor_is_put_right_when_the_rest_is_paid(fortnox, sent, read, today):
    fortnox.pay(sent.number, str(PART), today.isoformat())
    read()
    Payment.objects.update(amount=Decimal(4500))
    fortnox.pay(sent.number, str(REST), today.isoformat(), rate="11")
    read()
    assert standing(sent) == (State.PAID, Decimal(0), [PART, REST])


def test_a_write_off_in_euros_closes_the_balance_and_is_no_payment(fortnox, sent, read, today):
    fortnox.pay(sent.number, "499", today.isoformat(), rate="11.4", write_off="0.99")
    read()
    assert standing(sent) == (State.PAID, Decimal(0), [Decimal(499)])


def test_a_payment_that_vanishes_between_list_and_detail_is_no_payment(fortnox, sent, read, today):
    payment = fortnox.pay(sent.number, str(PART), today.isoformat(), book=False)
    fortnox.fault(
        path=f"/3/invoicepayments/{payment}",
        action="status",
        status=404,
        times=1,
        body='{"ErrorInformation":{"Error":1,"Message":"Kan inte hitta betalningen.","Code":2000434}}',
    )
    read()
    assert standing(sent) == (State.CREATED, TOTAL, [])


def test_a_payment_without_its_amount_in_euros_is_listed_and_never_shown_in_kronor(fortnox, sent, read, today):
    """F62"""
    payment = fortnox.pay(sent.number, str(PART), today.isoformat())
    detail = {"Number": payment, "InvoiceNumber": sent.number, "Amount": 4500, "Booked": True, "Currency": "EUR"}
    fortnox.fault(path=f"/3/invoicepayments/{payment}", action="rewrite", set={"InvoicePayment": detail})
    read()
    run = SyncRun.objects.filter(kind=RunKind.PAYMENTS).latest("id")
    assert (run.state, run.skipped_records.get().number) == (RunState.DONE, sent.number)
    assert SyncIssue.objects.get(kind=sync_issues.PAYMENT).number == sent.number
    assert Payment.objects.count() == 0
