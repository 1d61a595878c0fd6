"""An invoice cancelled: here at once when it never went out, in Fortnox first when it is there."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue, make_credit_note
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.integration import FortnoxIntegration
from uku.integrations.fortnox.invoices.cancel import process_cancellation
from uku.integrations.fortnox.models import Booking, Connection, ExportState, InvoiceExport
from uku.integrations.fortnox.work.due import wake
from uku.invoices.cancel import NotCancellable, cancel_invoice
from uku.invoices.models import Invoice, State
from uku.kit import clock
from uku.workspaces.models import AuditEntry


@pytest.fixture
def cancel(shop):
    return lambda invoice: cancel_invoice(invoice=invoice, actor=shop.owner, at=clock.now())


@pytest.fixture
def work(run_jobs, later):
    def go(after: float = 0):
        if after:
            for export in InvoiceExport.objects.all():
                later(export, seconds=after)
        wake(Connection.objects.get(), at=clock.now())
        run_jobs()

    return go


@pytest.fixture
def unbooked(fortnox, shop, run_jobs):
    """An invoice in Fortnox that its locked period kept from being booked; the period is open again."""
    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=clock.today("Europe/Stockholm").isoformat())
    invoice = shop.issue()
    run_jobs()
    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=None)
    invoice.refresh_from_db()
    assert (invoice.number, invoice.booked) == (fortnox.invoices()[0]["DocumentNumber"], False)
    return invoice


def stands(invoice) -> tuple[str, str, bool]:
    """State here, words about Fortnox, and whether the cancellation is still waited for."""
    found = Invoice.objects.get(pk=invoice.pk)
    badges = FortnoxIntegration().invoice_badges([found])
    return found.state, badges[found.pk].words, found.cancel_asked_at is not None


def cancelled_there(fortnox) -> int:
    return len(fortnox.commits("invoice.cancel"))


def actions() -> list[str]:
    found = AuditEntry.objects.filter(action__startswith="invoice.cancel").order_by("id")
    return list(found.values_list("action", flat=True))


def test_an_invoice_that_waits_is_cancelled_at_once_and_never_goes_out(fortnox, shop, cancel, work):
    invoice = shop.issue()
    clear_queue()
    cancel(invoice)
    assert stands(invoice) == (State.CANCELLED, "Not sent: cancelled", False)
    work()
    assert (fortnox.invoices(), actions()) == ([], ["invoice.cancel"])


def test_a_number_from_uku_stays_visible_on_a_cancelled_invoice(shop, cancel):
    invoice = cancel(shop.issue(numbering="own"))
    assert (invoice.state, invoice.number) == (State.CANCELLED, "900000001")


def test_one_in_fortnox_is_cancelled_there_first_and_here_after_it(fortnox, unbooked, cancel, work):
    before = fortnox.mark()
    cancel(unbooked)
    assert stands(unbooked) == (State.CREATED, "Being cancelled", True)
    work()
    number = unbooked.number
    assert stands(unbooked) == (State.CANCELLED, f"Cancelled in Fortnox {number}", False)
    assert fortnox.requests(before)[:2] == [f"GET invoices/{number}", f"PUT invoices/{number}/cancel"]
    assert actions() == ["invoice.cancel_asked", "invoice.cancel"]
    assert InvoiceExport.objects.get().error_text == ""


def test_a_second_click_asks_once(fortnox, unbooked, cancel, work):
    for _ in range(2):
        cancel(unbooked)
    work()
    cancel_again = Invoice.objects.get()
    with pytest.raises(NotCancellable):
        cancel(cancel_again)
    assert (cancelled_there(fortnox), actions()) == (1, ["invoice.cancel_asked", "invoice.cancel"])


@pytest.mark.parametrize("phase", ["P1", "P2"])
def test_a_lost_answer_is_read_and_repeated_only_while_the_invoice_stands(fortnox, unbooked, cancel, work, phase):
    fault = fortnox.fault(method="PUT", path=f"/3/invoices/{unbooked.number}/cancel", action="reset", phase=phase)
    before = fortnox.mark()
    cancel(unbooked)
    for _ in range(2):
        work(after=4000)
    assert fortnox.struck(fault) == 1
    assert stands(unbooked)[0] == State.CANCELLED
    puts = [each for each in fortnox.requests(before) if each.endswith("/cancel")]
    assert (cancelled_there(fortnox), len(puts)) == (1, 1 if phase == "P2" else 2)


def test_one_that_is_booked_or_sent_there_meanwhile_is_refused_with_a_way_on(fortnox, unbooked, cancel, work):
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{unbooked.number}/bookkeep")
    cancel(unbooked)
    work()
    invoice = Invoice.objects.get()
    (panel,) = FortnoxIntegration().invoice_panels(invoice)
    assert (invoice.state, invoice.cancel_asked_at, invoice.booked) == (State.CREATED, None, True)
    assert (panel.happened, panel.remedy) == (
        "Fortnox cannot cancel the invoice: it is booked or sent there.",
        "Credit the invoice instead.",
    )
    assert (cancelled_there(fortnox), actions()) == (0, ["invoice.cancel_asked", "invoice.cancel_refused"])


def test_a_refusal_is_said_in_fortnoxs_words(fortnox, unbooked, cancel, work):
    body = '{"ErrorInformation":{"error":1,"message":"Fortnox säger nej","code":2009999}}'
    fortnox.fault(method="PUT", path=f"/3/invoices/{unbooked.number}/cancel", phase="P1", status=400, body=body)
    cancel(unbooked)
    work()
    assert InvoiceExport.objects.get().cancel_refusal == "Fortnox did not cancel the invoice: Fortnox säger nej"
    assert stands(unbooked)[::2] == (State.CREATED, False)


def test_one_that_was_deleted_there_is_cancelled_here(fortnox, unbooked, cancel, work):
    fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{unbooked.number}")
    cancel(unbooked)
    work()
    assert stands(unbooked)[0] == State.CANCELLED


def test_a_booked_invoice_is_credited_and_not_cancelled(shop, run_jobs, cancel):
    invoice = shop.issue()
    run_jobs()
    with pytest.raises(NotCancellable):
        cancel(invoice)
    assert (Invoice.objects.get().state, actions()) == (State.CREATED, [])


def test_one_with_a_credit_note_under_way_is_not_cancelled(shop, cancel):
    invoice = shop.issue()
    make_credit_note(shop.owner, invoice, "1")
    with pytest.raises(NotCancellable):
        cancel(invoice)
    assert InvoiceExport.objects.get(invoice=invoice).state == ExportState.QUEUED


def test_under_the_cash_method_an_unsent_invoice_is_cancelled_there(fortnox, shop, cancel, work):
    fortnox.ask("PATCH", f"companies/{FIRST}", method="CASH")
    invoice = shop.issue()
    work()
    cancel(invoice)
    work()
    assert (stands(invoice)[0], cancelled_there(fortnox)) == (State.CANCELLED, 1)


@pytest.mark.parametrize("method", ["ACCRUAL", "CASH"])
@pytest.mark.parametrize("settles", ["automatic", "by_payments", "never"])
def test_under_each_method_and_each_way_to_set_off_it_ends_cancelled_on_both_sides(
    fortnox, shop, cancel, work, method, settles
):
    fortnox.ask("PATCH", f"companies/{FIRST}", method=method)
    fortnox.switch(credit_settles=settles)
    Connection.objects.update(booking=Booking.BY_HAND)
    invoice = shop.issue()
    work()
    (there,) = fortnox.invoices()
    cancel(invoice)
    work()
    assert stands(invoice) == (State.CANCELLED, f"Cancelled in Fortnox {there['DocumentNumber']}", False)
    assert ([each["Cancelled"] for each in fortnox.invoices()], cancelled_there(fortnox)) == ([True], 1)


def test_one_whose_create_is_unclear_is_not_cancelled_by_a_worker_that_comes_too_early(
    fortnox, shop, cancel, work, later
):
    invoice = shop.issue()
    fortnox.fault(method="POST", path="/3/invoices", action="reset", phase="P2")
    work()
    cancel(invoice)
    later(shop.export_of(invoice), seconds=600)
    before = list(fortnox.requests())
    process_cancellation(export_id=shop.export_of(invoice).pk)
    assert list(fortnox.requests()) == before
    assert stands(invoice) == (State.CREATED, "Being cancelled", True)


@pytest.mark.parametrize("phase", ["P1", "P2"])
def test_one_whose_create_is_unclear_is_looked_up_before_it_is_cancelled(fortnox, shop, cancel, work, phase):
    invoice = shop.issue()
    fortnox.fault(method="POST", path="/3/invoices", action="reset", phase=phase)
    work()
    cancel(invoice)
    assert stands(invoice) == (State.CREATED, "Being cancelled", True)
    for seconds in (6, 25, 90, 480, 120, 60):
        work(after=seconds)
    assert stands(invoice)[::2] == (State.CANCELLED, False)
    there = [(row.get("Cancelled", False), row.get("Booked", False)) for row in fortnox.invoices()]
    assert there == ([(True, False)] if phase == "P2" else [])


def test_one_that_needs_a_decision_is_decided_first(fortnox, shop, cancel, work):
    invoice = shop.issue()
    InvoiceExport.objects.update(state=ExportState.NEEDS_PERSON)
    with pytest.raises(NotCancellable):
        cancel(invoice)


def test_one_in_a_company_that_is_not_connected_waits_for_it(unbooked, cancel, desk):
    desk.disconnect()
    with pytest.raises(NotCancellable, match="is not connected"):
        cancel(unbooked)
    assert Invoice.objects.get(pk=unbooked.pk).cancel_asked_at is None
