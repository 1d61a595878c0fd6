"""Fortnox may show a new invoice in its lists at once or only after a while; both ways it is created and read once."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue, make_credit_note
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.invoices.export import process_export
from uku.integrations.fortnox.invoices.send_by_hand import send_by_hand
from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport, RunKind, SyncIssue
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.requests import wake_for_export
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.models import Invoice
from uku.kit import clock

POST = {"method": "POST", "path": "/3/invoices"}
LOOKUPS = (5, 25, 90, 480, 120)  # what passes between one look-up and the next, until 12 minutes are over
HIDDEN = pytest.mark.parametrize("seconds", [0, 3600], ids=["at once", "after an hour"])


@pytest.fixture
def look(fortnox, later):
    """Let seconds pass on both sides, take an export on, and return its state."""

    def go(export, *, after: float = 0) -> str:
        fortnox.ask("POST", "clock", advance=after)
        later(export, seconds=after)
        clear_queue()
        process_export(export_id=export.pk)
        return InvoiceExport.objects.get(pk=export.pk).state

    return go


@pytest.fixture
def lost(fortnox, shop):
    """An invoice whose create is carried out and not answered."""
    fortnox.fault(**POST, action="drop", phase="P2")
    return shop.export_of(shop.issue())


@pytest.mark.parametrize(("seconds", "lookup"), [(0, 0), (60, 2), (660, 4)])
def test_a_lost_answer_is_found_by_the_first_look_up_that_can_see_it(fortnox, lost, look, seconds, lookup):
    fortnox.switch(visible_after_seconds=seconds)
    assert look(lost) == ExportState.UNCERTAIN
    states = [look(lost, after=pause) for pause in LOOKUPS[: lookup + 1]]
    assert states == [ExportState.UNCERTAIN] * lookup + [ExportState.CONFIRMED]
    assert fortnox.creates() == {lost.reference: 1}


def test_one_that_stays_hidden_beyond_the_window_is_read_by_the_number_that_comes_next(fortnox, shop, run_jobs, look):
    shop.issue()
    run_jobs()
    fortnox.switch(visible_after_seconds=3600)
    fortnox.fault(**POST, action="drop", phase="P2")
    lost = shop.export_of(shop.issue())
    look(lost)
    *before, last = [look(lost, after=pause) for pause in LOOKUPS]
    assert (set(before), last) == ({ExportState.UNCERTAIN}, ExportState.CONFIRMED)
    assert fortnox.creates()[lost.reference] == 1


def test_one_that_stays_hidden_among_others_is_read_by_the_number_that_the_list_leaves_out(fortnox, shop, look):
    """Lists may show what came later before they show it."""
    fortnox.switch(visible_after_seconds=3600)
    for _ in range(2):
        other = shop.export_of(shop.issue())
        look(other)
    fortnox.fault(**POST, action="drop", phase="P2")
    lost = shop.export_of(shop.issue())
    look(lost)
    later = shop.export_of(shop.issue())
    assert look(later) == ExportState.CONFIRMED
    before = fortnox.mark()
    *_before, last = [look(lost, after=pause) for pause in LOOKUPS]
    assert (last, fortnox.creates()[lost.reference]) == (ExportState.CONFIRMED, 1)
    assert fortnox.commits("invoice.create", before) == []


def test_one_whose_number_nothing_tells_is_sent_twice_and_the_comparison_tells_it(fortnox, shop, lost, look):
    """The limit of what looking can prove (decision 8): the firm's first invoice, hidden for an hour."""
    fortnox.switch(visible_after_seconds=3600)
    look(lost)
    assert [look(lost, after=pause) for pause in LOOKUPS][-1] == ExportState.QUEUED
    assert look(lost) == ExportState.CONFIRMED
    assert fortnox.creates() == {lost.reference: 2}
    fortnox.ask("POST", "clock", advance=3600)
    run_sync(SyncRequest(shop.connection, RunKind.COMPARISON))
    numbers = ", ".join(row["DocumentNumber"] for row in fortnox.invoices())
    told = SyncIssue.objects.get(kind="difference", solved_at=None)
    assert told.reason == f"Fortnox has Uku's reference {lost.reference} on more than one invoice: {numbers}."


def test_a_number_from_uku_keeps_even_that_one_from_being_created_twice(fortnox, shop, look):
    fortnox.switch(visible_after_seconds=3600)
    invoice = shop.issue(numbering="own")
    fortnox.fault(**POST, action="drop", phase="P2")
    export = send_by_hand(invoice=invoice, actor=shop.owner, at=clock.now())
    look(export)
    assert [look(export, after=pause) for pause in LOOKUPS][-1] == ExportState.QUEUED
    assert look(export) == ExportState.UNCERTAIN  # Fortnox refused the number: it is our own invoice's
    assert look(export, after=3600) == ExportState.CONFIRMED
    assert fortnox.creates() == {export.reference: 1}


@HIDDEN
def test_the_comparison_takes_no_hidden_invoice_for_deleted(fortnox, shop, run_jobs, seconds):
    fortnox.switch(visible_after_seconds=seconds)
    invoice = shop.issue()
    run_jobs()
    run_sync(SyncRequest(shop.connection, RunKind.COMPARISON))
    run_jobs()
    assert (SyncIssue.objects.count(), Invoice.objects.get(pk=invoice.pk).is_missing) == (0, False)
    assert fortnox.creates() == {invoice.reference: 1}


@HIDDEN
def test_a_payment_is_read_though_its_invoice_is_hidden(fortnox, shop, run_jobs, seconds):
    fortnox.switch(visible_after_seconds=seconds)
    invoice = shop.issue()
    run_jobs()
    invoice.refresh_from_db()
    fortnox.pay(invoice.number, "2375", clock.today("Europe/Stockholm").isoformat())
    run_sync(SyncRequest(shop.connection, RunKind.PAYMENTS))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.balance) == ("paid", 0)


@HIDDEN
def test_a_lost_credit_is_found_by_its_invoice_and_made_once(fortnox, shop, run_jobs, later, seconds):
    fortnox.switch(visible_after_seconds=seconds)
    invoice = shop.issue()
    run_jobs()
    invoice.refresh_from_db()
    fortnox.fault(method="PUT", path=f"/3/invoices/{invoice.number}/credit", action="drop", phase="P2")
    make_credit_note(shop.owner, invoice)
    run_jobs()
    credit = InvoiceExport.objects.get(kind=ExportKind.CREDIT)
    assert credit.state == ExportState.UNCERTAIN
    later(credit, seconds=60)
    run_sync(SyncRequest(shop.connection, RunKind.PAYMENTS))
    wake_for_export(credit)
    run_jobs()
    credit.refresh_from_db()
    assert (credit.state, credit.company_id, len(fortnox.commits("invoice.credit"))) == (
        ExportState.CONFIRMED,
        FIRST,
        1,
    )


@HIDDEN
@pytest.mark.parametrize("phase", ["P1", "P2"])
def test_a_lost_booking_is_settled_by_reading_its_invoice_and_made_once(fortnox, shop, run_jobs, later, seconds, phase):
    """Booking asks by the number, which is known: a list is not needed."""
    fortnox.switch(visible_after_seconds=seconds)
    fortnox.fault(method="PUT", path="/3/invoices/*", action="drop", phase=phase)
    export = shop.export_of(shop.issue())
    run_jobs()
    later(export, seconds=60)
    wake_for_export(export)
    run_jobs()
    export.refresh_from_db()
    assert (export.state, export.booked) == (ExportState.CONFIRMED, True)
    assert (fortnox.creates(), len(fortnox.commits("invoice.bookkeep"))) == ({export.reference: 1}, 1)
