"""Both sides' invoices compared each day: one list, and what differs is found, looked up or shown."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.uku.integrations.fortnox.conftest import due_steps, end_rests
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.invoices import command
from uku.integrations.fortnox.invoices.comparison import compare_invoices
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport, RunKind, SyncIssue, SyncRun
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work import issue_actions
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.models import Invoice
from uku.kit import clock
from uku.kit.heartbeats import WorkerHeartbeat


@pytest.fixture
def sent(fortnox, shop, run_jobs):
    """An invoice in Fortnox, booked, of 2,375 kronor."""
    invoice = shop.issue()
    run_jobs()
    invoice.refresh_from_db()
    return invoice


@pytest.fixture
def compare(connection):
    """Compare now; return the run's counts and the sentences of the differences that stand."""

    def go() -> tuple[dict[str, int], list[str]]:
        run_sync(SyncRequest(connection, RunKind.COMPARISON))
        run = SyncRun.objects.filter(kind=RunKind.COMPARISON).order_by("-id").first()
        standing = SyncIssue.objects.filter(kind="difference", solved_at=None).order_by("id")
        return run.counts, [issue.reason for issue in standing]

    return go


def counts(seen: int, *, differences: int = 0, looked_up: int = 0) -> dict[str, int]:
    return {"seen": seen, "differences": differences, "looked_up": looked_up}


@pytest.fixture
def copy(connection):
    """Create an invoice in Fortnox from the bytes that an export sent, with another reference if one is given."""

    def go(export: InvoiceExport, reference: str = "") -> str:
        body = bytes(export.payload).replace(export.reference.encode(), (reference or export.reference).encode())
        with open_fortnox(connection) as fortnox:
            return fortnox.invoices.create_raw(body).number

    return go


def test_invoices_that_are_the_same_on_both_sides_cost_one_request_and_tell_nothing(fortnox, shop, sent, compare):
    before = fortnox.mark()
    assert compare() == (counts(1), [])
    assert fortnox.requests(before) == ["GET invoices"]


def test_it_is_due_a_day_after_the_first_invoice_was_sent_and_each_day_from_then(connection, sent, move_clock):
    end_rests()
    assert "comparison" not in due_steps(connection)
    move_clock(seconds=24 * 3600 + 1)
    assert "comparison" in due_steps(connection)
    compare_invoices(SyncRequest(connection, RunKind.COMPARISON))
    assert "comparison" not in due_steps(connection)
    move_clock(seconds=48 * 3600 + 2)
    assert "comparison" in due_steps(connection)


def test_a_company_that_never_got_an_invoice_is_not_compared(connection, move_clock):
    end_rests()
    move_clock(seconds=72 * 3600)
    assert "comparison" not in due_steps(connection)


def test_an_amount_that_was_changed_in_fortnox_is_a_difference_until_it_is_right(fortnox, sent, compare):
    """F21"""
    Invoice.objects.filter(pk=sent.pk).update(total=2500)
    words = f"Invoice {sent.number} has the total 2,375.00 SEK in Fortnox, but 2,500.00 SEK in Uku."
    assert compare() == (counts(1, differences=1), [words])
    Invoice.objects.filter(pk=sent.pk).update(total=2375)
    assert compare() == (counts(1), [])


def test_a_second_invoice_with_one_reference_is_told_until_it_is_cancelled(fortnox, shop, sent, compare, copy):
    """Both creates landed, and no look-up saw the first."""
    other = copy(shop.export_of(sent))
    words = f"Fortnox has Uku's reference {sent.reference} on more than one invoice: {sent.number}, {other}."
    assert compare() == (counts(2, differences=1), [words])
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{other}/cancel")
    assert compare() == (counts(2), [])


def test_a_credit_note_that_carries_the_reference_of_its_invoice_is_no_second_one(fortnox, shop, sent, compare):
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{sent.number}/credit")
    assert compare() == (counts(2), [])


def test_an_invoice_with_a_reference_of_ours_that_nobody_here_knows_is_told(shop, sent, compare, copy):
    """F24: a backup of Uku was restored that does not know the invoice yet."""
    other = copy(shop.export_of(sent), "UKU000000000ZZZ")
    words = f"Fortnox has invoice {other} with the reference UKU000000000ZZZ, and Uku does not know it."
    assert compare() == (counts(2, differences=1), [words])


@pytest.mark.parametrize("state", [ExportState.QUEUED, ExportState.REJECTED, ExportState.NEEDS_PERSON])
def test_an_invoice_that_is_there_after_all_is_looked_up_and_never_sent_again(fortnox, sent, compare, run_jobs, state):
    """F24: Uku knows the intent and not its outcome."""
    number = sent.number
    InvoiceExport.objects.update(state=state, document_number="", booked=False, next_at=None)
    Invoice.objects.update(number="", ocr="")
    assert compare() == (counts(1, looked_up=1), [])
    run_jobs()
    export = InvoiceExport.objects.get()
    assert (export.state, export.document_number) == (ExportState.CONFIRMED, number)
    assert fortnox.creates() == {sent.reference: 1}


def test_one_that_is_gone_when_it_is_looked_up_is_looked_up_again(fortnox, sent, compare, run_jobs):
    lost = {"state": ExportState.REJECTED, "document_number": "", "booked": False, "next_at": None, "sent_at": None}
    InvoiceExport.objects.update(**lost)
    number = Invoice.objects.get().number
    Invoice.objects.update(number="", ocr="")
    compare()
    fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{number}")
    run_jobs()
    export = InvoiceExport.objects.get()
    assert (export.state, export.next_at is None) == (ExportState.UNCERTAIN, False)


def test_an_invoice_that_is_missing_in_fortnox_is_read_and_told_as_deleted(fortnox, sent, compare, run_jobs):
    """F88"""
    fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{sent.number}")
    assert compare() == (counts(0), [])
    run_jobs()
    assert Invoice.objects.get().is_missing
    before = fortnox.mark()
    assert compare() == (counts(0), [])
    run_jobs()
    assert fortnox.requests(before) == ["GET invoices"]  # what is known to be missing is not read again


def test_a_comparison_that_fails_is_told_and_made_again(fortnox, sent, compare):
    fortnox.fault(path="/3/invoices", action="status", status=500, times=9)
    compare()
    run = SyncRun.objects.get(kind=RunKind.COMPARISON)
    assert (run.state, run.tries) == ("running", 1)
    fortnox.heal()
    assert compare() == (counts(1), [])


def test_activity_tells_what_a_difference_means_and_what_to_do(fortnox, shop, sent, compare, copy, signed_in, scope):
    copy(shop.export_of(sent))
    compare()
    page = signed_in(shop.owner).get(reverse("fortnox:activity", kwargs={"slug": scope.slug})).content.decode()
    assert page.count("Fortnox has Uku&#x27;s reference") == 1
    assert page.count("The client may have been invoiced twice.") == 1
    assert page.count("Cancel or credit the one that is too many there, then click Retry.") == 1
    assert page.count("2 read, 1 difference") == 1


def test_retry_on_a_difference_compares_again(fortnox, shop, sent, compare, copy, run_jobs):
    other = copy(shop.export_of(sent))
    compare()
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{other}/cancel")
    issue_actions.retry(issue=SyncIssue.objects.get(kind="difference"), actor=shop.owner, at=clock.now())
    run_jobs()
    assert list(SyncIssue.objects.filter(solved_at=None)) == []


@pytest.fixture
def worked_off(monkeypatch, run_jobs):
    """Let what the command asks for be done while it waits."""
    monkeypatch.setattr("uku.integrations.fortnox.invoices.command.time.sleep", lambda _seconds: run_jobs())


def test_the_command_prints_each_difference_with_what_to_do(fortnox, shop, sent, copy, worked_off):
    other = copy(shop.export_of(sent))
    means = (
        "The client may have been invoiced twice. Open the invoices in Fortnox. Cancel or credit the one that is too"
        " many there, then click Retry. If Uku has the wrong one, click Decide on the page of the invoice first."
    )
    said: list[str] = []
    assert command.run(said.append) == 1
    assert said == [
        "Compared with Exempelbyrån AB: 2 read, 1 difference.",
        f"- Fortnox has Uku's reference {sent.reference} on more than one invoice: {sent.number}, {other}. {means}",
    ]
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{other}/cancel")
    assert (command.run(said.append), said[-1]) == (0, "Compared with Exempelbyrån AB: 2 read.")


def test_the_command_ends_with_a_sentence_when_nothing_can_be_compared(connection):
    WorkerHeartbeat.objects.all().delete()
    said: list[str] = []
    assert command.run(said.append) == 2
    Connection.objects.update(enabled=False)
    assert command.run(said.append) == 2
    assert said == [
        "Nothing was compared yet: no worker runs. Start one: uku worker",
        "Nothing was done: Fortnox is disabled. Click Enable on the Overview tab first.",
    ]
