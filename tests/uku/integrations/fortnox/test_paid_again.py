"""The paid status read again by lists: one detail only for what the lists cannot tell."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue, let_rest

from uku.integrations.fortnox.models import InvoiceExport, SkippedRecord
from uku.integrations.fortnox.reload import service
from uku.invoices.models import Invoice, Payment, State
from uku.kit import clock

HOUR = 3600


@pytest.fixture
def today() -> date:
    return clock.today("Europe/Stockholm")


@pytest.fixture
def sent(shop, run_jobs, move_clock):
    """Three invoices in Fortnox, booked, read back once, some hours ago."""
    made = [shop.issue() for _ in range(3)]
    run_jobs()
    from uku.integrations.fortnox.models import RunKind
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.integrations.fortnox.work.runs import run_sync

    run_sync(SyncRequest(shop.connection, RunKind.PAYMENTS))
    move_clock(seconds=3 * HOUR)
    run_sync(SyncRequest(shop.connection, RunKind.PAYMENTS))
    move_clock(seconds=6 * HOUR)
    return [Invoice.objects.get(pk=invoice.pk) for invoice in made]


@pytest.fixture
def read_again(fortnox, connection, owner, run_jobs):
    """Reload, and return what was asked about invoices and payments, and the run."""

    def go():
        clear_queue()
        let_rest(connection)
        before = fortnox.mark()
        made = service.begin(actor=owner, at=clock.now())
        run_jobs()
        asked = [line for line in fortnox.requests(before) if line.startswith("GET invoice")]
        return sorted(asked), made.runs.get(kind="payments")

    return go


def standing(invoice):
    found = Invoice.objects.get(pk=invoice.pk)
    return found.state, found.balance


def test_nothing_new_costs_three_lists_and_no_detail(sent, read_again):
    asked, run = read_again()
    assert asked == ["GET invoicepayments", "GET invoices", "GET invoices"]
    assert (run.counts["seen"], run.counts["total"], run.counts["changed"]) == (3, 3, 0)


def test_what_was_lost_here_comes_back_from_the_lists(fortnox, sent, read_again, today, move_clock):
    """A payment that the schedule took in, and that is wrong here, is put right without a detail."""
    fortnox.pay(sent[0].number, "1000", today.isoformat())
    for hours in (9, 12):
        read_again()
        move_clock(seconds=hours * HOUR)
    Payment.objects.all().delete()
    Invoice.objects.update(balance=Decimal(2375), read_at=None)
    asked, run = read_again()
    assert asked == ["GET invoicepayments", "GET invoices", "GET invoices"]
    assert run.counts["changed"] == 1
    assert standing(sent[0]) == (State.CREATED, Decimal(1375))
    assert [payment.amount for payment in Payment.objects.all()] == [Decimal(1000)]


def test_invoices_made_in_fortnox_are_counted_and_never_imported(fortnox, sent, read_again):
    before = Invoice.objects.count()
    for export in InvoiceExport.objects.filter(document_number=sent[2].number):
        export.invoice.payments.all().delete()
    InvoiceExport.objects.filter(document_number=sent[2].number).update(document_number="999999")
    _asked, run = read_again()
    assert (run.counts["elsewhere"], Invoice.objects.count()) == (1, before)


def test_one_that_the_lists_do_not_name_is_looked_up_and_told(fortnox, sent, read_again):
    InvoiceExport.objects.filter(document_number=sent[2].number).update(document_number="999999")
    asked, run = read_again()
    assert "GET invoices/999999" in asked
    assert [row.reason for row in SkippedRecord.objects.filter(run=run)] == ["deleted"]


def test_a_payment_that_was_removed_in_fortnox_is_found(fortnox, sent, read_again, today, move_clock):
    Payment.objects.create(invoice=sent[1], external_number="4711", amount=Decimal(500), paid_on=today, booked=True)
    asked, _run = read_again()
    assert f"GET invoices/{sent[1].number}" in asked
    assert Payment.objects.filter(invoice=sent[1]).count() == 0


def test_an_older_invoice_that_nothing_touched_is_left_alone(sent, read_again):
    old = clock.today("Europe/Stockholm") - timedelta(days=500)
    Invoice.objects.filter(pk=sent[0].pk).update(invoice_date=old)
    InvoiceExport.objects.filter(invoice=sent[0]).update(document_number="999999")
    asked, run = read_again()
    assert "GET invoices/999999" not in asked
    assert run.counts["total"] == 2
