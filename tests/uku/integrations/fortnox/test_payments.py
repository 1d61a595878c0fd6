"""Paid amounts and dates back, for two lists and one detail an invoice that changed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.models import Connection, InvoiceExport, RunKind, RunState, SyncRun
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work import requests
from uku.integrations.fortnox.work.loop import Stopped
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.models import Invoice, Payment, State
from uku.invoices.paid_mark import mark_paid
from uku.kit import clock
from uku.kit.money import show_date
from uku.workspaces.models import AuditEntry

TOTAL = Decimal(2375)


@pytest.fixture
def sent(fortnox, shop, run_jobs):
    """An invoice in Fortnox, booked, of 2,375 kronor."""
    invoice = shop.issue()
    run_jobs()
    invoice.refresh_from_db()
    assert (invoice.total, invoice.booked) == (TOTAL, True)
    return invoice


@pytest.fixture
def read(connection):
    """Read the paid status and return the newest run."""

    def go() -> SyncRun:
        run_sync(SyncRequest(connection, RunKind.PAYMENTS))
        return SyncRun.objects.filter(kind=RunKind.PAYMENTS).order_by("-id").first()

    return go


@pytest.fixture
def today() -> date:
    """The day it is in Sweden, as both sides date their papers."""
    return clock.today("Europe/Stockholm")


def standing(invoice) -> tuple[str, Decimal | None, Decimal]:
    """State, balance and the sum of booked payments, as stored."""
    found = Invoice.objects.get(pk=invoice.pk)
    paid = sum((p.amount for p in Payment.objects.filter(invoice=found, booked=True)), Decimal(0))
    return found.state, found.balance, paid


def test_an_invoice_paid_in_full_is_paid_with_its_date(fortnox, sent, read, today):
    fortnox.pay(sent.number, "2375", today.isoformat())
    read()
    assert standing(sent) == (State.PAID, Decimal(0), TOTAL)
    assert Invoice.objects.get().final_pay_date == today
    assert [(p.amount, p.paid_on, p.booked) for p in Payment.objects.all()] == [(TOTAL, today, True)]


def test_two_lists_and_one_detail_are_all_it_costs(fortnox, shop, sent, read, run_jobs, today, move_clock):
    others = [shop.issue() for _ in range(2)]
    run_jobs()
    move_clock(seconds=3 * 3600)
    read()
    before = fortnox.mark()
    move_clock(seconds=6 * 3600)
    read()
    assert sorted(fortnox.requests(before)) == ["GET invoicepayments", "GET invoices"]
    fortnox.pay(sent.number, "2375", clock.today("Europe/Stockholm").isoformat())
    before = fortnox.mark()
    move_clock(seconds=6 * 3600 + 60)
    read()
    wanted = ["GET invoicepayments", "GET invoices", f"GET invoices/{sent.number}"]
    assert sorted(fortnox.requests(before)) == wanted
    assert [standing(other)[0] for other in others] == [State.CREATED] * 2


def test_a_part_payment_leaves_the_rest_open(fortnox, sent, read, today):
    fortnox.pay(sent.number, "1000", today.isoformat())
    read()
    assert standing(sent) == (State.CREATED, Decimal(1375), Decimal(1000))


def test_two_part_payments_make_a_paid_invoice(fortnox, sent, read, today):
    for amount in ("1000", "1375"):
        fortnox.pay(sent.number, amount, today.isoformat())
        read()
    assert standing(sent) == (State.PAID, Decimal(0), TOTAL)
    assert Payment.objects.count() == 2


def test_a_payment_after_the_due_date_is_told_with_its_own_date(fortnox, shop, run_jobs, read, today):
    invoice = shop.issue_old(on=today - timedelta(days=60))
    run_jobs()
    invoice.refresh_from_db()
    assert invoice.due_date < today
    fortnox.pay(invoice.number, "2375", today.isoformat())
    read()
    assert standing(invoice) == (State.PAID, Decimal(0), TOTAL)
    assert Payment.objects.get().paid_on == today


def test_a_payment_that_is_not_booked_pays_nothing(fortnox, sent, read, today):
    fortnox.pay(sent.number, "2375", today.isoformat(), book=False)
    read()
    assert standing(sent) == (State.CREATED, TOTAL, Decimal(0))


def test_a_reversed_payment_makes_the_invoice_unpaid_again(fortnox, sent, read, today):
    payment = fortnox.pay(sent.number, "2375", today.isoformat())
    read()
    fortnox.ask("DELETE", f"companies/{FIRST}/payments/{payment}")
    read()
    assert standing(sent) == (State.CREATED, TOTAL, Decimal(0))
    assert Invoice.objects.get().final_pay_date is None


def test_a_payment_that_was_removed_is_found_though_a_credit_closes_as_much_of_the_balance(fortnox, sent, read, today):
    payment = fortnox.pay(sent.number, "1188", today.isoformat())
    read()
    row = {"ArticleNumber": sent.rows.get().article_number, "DeliveredQuantity": "-1", "Price": 950, "VAT": 25}
    fortnox.ask("DELETE", f"companies/{FIRST}/payments/{payment}")
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{sent.number}/credit", InvoiceRows=[row], book=True)
    read()
    assert standing(sent) == (State.CREATED, TOTAL - 1188, Decimal(0))


def test_a_write_off_closes_the_balance_and_is_no_payment(fortnox, sent, read, today):
    fortnox.pay(sent.number, "2300", today.isoformat(), write_off="75")
    read()
    assert standing(sent) == (State.PAID, Decimal(0), Decimal(2300))


def test_an_invoice_cancelled_in_fortnox_is_told_as_cancelled(fortnox, shop, run_jobs, read):
    """F21"""
    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=clock.today("Europe/Stockholm").isoformat())
    invoice = shop.issue()
    run_jobs()
    number = InvoiceExport.objects.get().document_number
    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=None)
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{number}/cancel")
    read()
    assert standing(invoice)[0] == State.CANCELLED
    assert fortnox.creates() == {invoice.reference: 1}


@pytest.mark.parametrize("settles", ["automatic", "by_payments", "never"])
def test_a_credited_invoice_is_never_told_as_paid(fortnox, sent, read, settles):
    fortnox.switch(credit_settles=settles, credit_note_booked=True)
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{sent.number}/credit")
    read()
    found = Invoice.objects.get()
    assert (found.credited, found.state) == (True, State.CREATED)
    assert found.balance == (0 if settles == "automatic" else TOTAL)
    assert (found.credited_amount, found.credit_balance) == (TOTAL, -found.balance)


def test_an_invoice_that_vanished_is_listed_and_ours_is_kept(fortnox, sent, read, today):
    """F88"""
    fortnox.pay(sent.number, "1000", today.isoformat())
    read()
    before = standing(sent)
    fortnox.fault(
        path=f"/3/invoices/{sent.number}",
        action="status",
        status=404,
        times=9,
        body='{"ErrorInformation":{"Error":1,"Message":"Kan inte hitta fakturan.","Code":2000434}}',
    )
    run = read()
    assert run.state == RunState.DONE
    missing = (sent.number, "Björk Bygg AB", "deleted")
    assert list(run.skipped_records.values_list("number", "name", "reason")) == [missing]
    assert standing(sent) == before
    assert fortnox.creates() == {sent.reference: 1}


@pytest.fixture
def vanished(fortnox, sent, read):
    """An invoice that was read back after it was deleted in Fortnox."""
    fortnox.fault(
        path=f"/3/invoices/{sent.number}",
        action="status",
        status=404,
        times=1,
        body='{"ErrorInformation":{"Error":1,"Message":"Kan inte hitta fakturan.","Code":2000434}}',
    )
    fortnox.pay(sent.number, "1000", clock.today("Europe/Stockholm").isoformat())
    read()
    return Invoice.objects.get()


def test_an_invoice_deleted_in_fortnox_is_told_as_deleted_and_not_as_unpaid(vanished, client, owner, scope):
    client.force_login(owner)
    page = client.get(f"/w/{scope.slug}/billing/{vanished.pk}/").content.decode()
    assert page.count("Deleted in the accounting system") == 1
    assert "Deleted in Fortnox" in page
    assert page.count(f"Fortnox does not have invoice {vanished.number} any more.") == 1
    assert "Unpaid" not in page


def test_a_deleted_invoice_that_comes_back_is_read_by_refresh(vanished, owner, run_jobs):
    export = InvoiceExport.objects.get()
    retry_export(export=export, actor=owner)
    run_jobs()
    assert standing(vanished) == (State.CREATED, Decimal(1375), Decimal(1000))
    assert Invoice.objects.get().missing_since is None
    told = AuditEntry.objects.order_by("-id").values_list("summary", flat=True)[:2]
    read = "left to pay – → 1,375.00 SEK, deleted in the accounting system yes → no, paid 0.00 SEK → 1,000.00 SEK"
    day = show_date(clock.today("Europe/Stockholm"))
    assert sorted(told) == [
        f"Invoice {vanished.number}: {read}, payments – → 1: 1,000.00 SEK, {day}",
        f"Invoice {vanished.number}: looked for in Fortnox again",
    ]


def test_a_run_that_fails_moves_no_watermark(fortnox, sent, read, today):
    read()
    fortnox.pay(sent.number, "2375", today.isoformat())
    fortnox.fault(path=f"/3/invoices/{sent.number}", action="status", status=500, times=9)
    assert read().state == RunState.RUNNING
    assert standing(sent)[0] == State.CREATED
    fortnox.heal()
    assert read().state == RunState.DONE
    assert standing(sent)[0] == State.PAID


def test_a_run_that_was_cut_off_goes_on_with_the_invoices_that_are_left(fortnox, shop, connection, run_jobs, today):
    """Neither list is read again, and no invoice: else a company with many would never come to an end."""
    invoices = [shop.issue() for _ in range(4)]
    run_jobs()
    for invoice in Invoice.objects.all():
        fortnox.pay(invoice.number, "2375", today.isoformat())
    before, left = fortnox.mark(), [4]

    def stop_at_the_third_invoice() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Stopped

    with pytest.raises(Stopped):
        run_sync(SyncRequest(connection, RunKind.PAYMENTS, check=stop_at_the_third_invoice))
    assert InvoiceExport.objects.filter(read_due_at=None).count() == 2
    run_sync(SyncRequest(connection, RunKind.PAYMENTS))
    asked = Counter(fortnox.requests(before))
    details = {f"GET invoices/{invoice.number}": 1 for invoice in Invoice.objects.all()}
    assert {name: n for name, n in asked.items() if name != "GET invoicepayments"} == {"GET invoices": 1, **details}
    assert [standing(invoice)[0] for invoice in invoices] == [State.PAID] * 4
    assert SyncRun.objects.filter(kind=RunKind.PAYMENTS).latest("id").counts["read"] == 4


def test_invoices_made_in_fortnox_are_counted_and_never_imported(fortnox, sent, read, today):
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        row = company.get("invoices", sent.number)
        company.put("invoices", "9001", {**row, "DocumentNumber": "9001", "ExternalInvoiceReference1": ""})
    before = fortnox.mark()
    read()
    assert f"GET invoices/{9001}" not in fortnox.requests(before)
    assert Invoice.objects.count() == 1


# A person's mark


def mark(shop, invoice, day):
    mark_paid(invoice=invoice, paid_on=day, actor=shop.owner, at=clock.now())


def test_what_a_person_marks_as_paid_is_read_at_once_and_the_books_count(fortnox, shop, sent, run_jobs, today):
    mark(shop, sent, today)
    assert standing(sent)[:2] == (State.PAID, 0)
    before = fortnox.mark()
    run_jobs()
    assert f"GET invoices/{sent.number}" in fortnox.requests(before)
    assert (standing(sent), Invoice.objects.get().contradicted_mark) == ((State.CREATED, TOTAL, 0), today)
    fortnox.pay(sent.number, "2375", today.isoformat())
    requests.request_sync(Connection.objects.get(), RunKind.PAYMENTS)
    run_jobs()
    assert (standing(sent), Invoice.objects.get().contradicted_mark) == ((State.PAID, 0, TOTAL), None)


def test_a_mark_made_while_fortnox_is_off_is_compared_when_it_is_on(shop, sent, connection, run_jobs, read, today):
    Connection.objects.update(enabled=False)
    mark(shop, sent, today)
    run_jobs()
    assert standing(sent)[:2] == (State.PAID, 0)
    Connection.objects.update(enabled=True)
    read()
    assert (standing(sent), Invoice.objects.get().contradicted_mark) == ((State.CREATED, TOTAL, 0), today)
