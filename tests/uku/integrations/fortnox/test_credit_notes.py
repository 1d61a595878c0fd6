"""A credit note out, exactly once: made by Fortnox from the invoice that it credits, and judged by the journal."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue, make_credit_note
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.integration import FortnoxIntegration
from uku.integrations.fortnox.invoices.export import process_export
from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport, RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.credit import CreditedMeanwhile
from uku.invoices.models import Invoice, State
from uku.invoices.operations import NumberSourceChanged
from uku.kit import clock
from uku.web.views.billing import payment_status_of

TOTAL = Decimal(2375)


@pytest.fixture
def sent(shop, run_jobs):
    """An invoice of two hours, 2,375 kronor, in Fortnox and booked."""
    invoice = shop.issue()
    run_jobs()
    invoice.refresh_from_db()
    assert invoice.booked
    return invoice


@pytest.fixture
def credit(shop):
    return lambda invoice, quantity=None, **facts: make_credit_note(shop.owner, invoice, quantity, **facts)


@pytest.fixture
def read(connection):
    return lambda: run_sync(SyncRequest(connection, RunKind.PAYMENTS))


@pytest.fixture
def work(run_jobs, later):
    """Work the queue off; with `after`, once so many seconds have passed for what goes out."""

    def go(after: float = 0):
        if after:
            for export in InvoiceExport.objects.exclude(state=ExportState.CONFIRMED, booked=True):
                later(export, seconds=after)
        from uku.integrations.fortnox.models import Connection
        from uku.integrations.fortnox.work.due import wake

        wake(Connection.objects.get(), at=clock.now())
        run_jobs()

    return go


def now(invoice) -> Invoice:
    return Invoice.objects.get(pk=invoice.pk)


def says(invoice) -> str:
    return payment_status_of(now(invoice), invoice.workspace).words


def export_of(invoice) -> InvoiceExport:
    return InvoiceExport.objects.get(invoice=invoice)


def badge(invoice) -> str:
    return FortnoxIntegration().invoice_badges([now(invoice)])[invoice.pk].words


def in_fortnox(fortnox) -> list[tuple[str, Decimal, Decimal, bool]]:
    """Number, total, balance and whether it is booked, of each invoice."""
    found = fortnox.invoices()
    return [(row["DocumentNumber"], row["Total"], row["Balance"], bool(row.get("Booked"))) for row in found]


def credits_made(fortnox) -> int:
    return len(fortnox.commits("invoice.credit"))


# Whole and in part


def test_a_whole_credit_is_one_request_and_gets_its_number_and_figures_from_fortnox(fortnox, sent, credit, work):
    before = fortnox.mark()
    note = credit(sent)
    work()
    made = now(note)
    assert (made.number, made.total, made.booked, made.difference) == (str(int(sent.number) + 1), -TOTAL, True, "")
    assert (made.net, made.vat) == (-sent.net, -sent.vat)
    assert in_fortnox(fortnox) == [(sent.number, TOTAL, 0, True), (made.number, -TOTAL, 0, True)]
    assert fortnox.requests(before)[:5] == [
        f"GET invoices/{sent.number}",
        f"PUT invoices/{sent.number}/credit",
        f"GET invoices/{made.number}",
        f"PUT invoices/{made.number}/bookkeep",
        "GET invoicepayments",
    ]
    assert (says(sent), says(note), now(sent).state) == ("Credited", "Set off", State.CREATED)


def test_a_credit_of_a_part_has_our_rows_before_it_is_booked(fortnox, sent, credit, work):
    note = credit(sent, "0.50")
    work()
    made = now(note)
    assert in_fortnox(fortnox) == [(sent.number, TOTAL, 1781, True), (made.number, Decimal(-594), 0, True)]
    (row,) = fortnox.invoices()[1]["InvoiceRows"]
    assert (row["DeliveredQuantity"], row["Price"], row["VAT"]) == (Decimal("-0.5"), Decimal(950), Decimal(25))
    assert (made.total, made.difference) == (Decimal(-594), "")
    assert says(sent) == "Credited 594.00 of 2,375.00"


def test_a_second_click_makes_no_second_note(fortnox, sent, credit, work):
    credit(sent, "1", notes_seen=0)
    with pytest.raises(CreditedMeanwhile):
        credit(sent, "1", notes_seen=0)
    work()
    assert (credits_made(fortnox), Invoice.objects.filter(credits=sent).count()) == (1, 1)


def test_a_second_note_goes_as_an_invoice_that_names_the_first_and_is_shown_as_not_tied(fortnox, shop, credit, work):
    sent = shop.issue(price="1000.00")
    work()
    sent = now(sent)
    first, second = credit(sent, "1"), credit(sent, "1")
    work()
    third = now(second)
    assert (credits_made(fortnox), fortnox.creates()) == (1, {sent.reference: 1, second.reference: 1})
    made = fortnox.invoices()[-1]
    assert (made["DocumentNumber"], made["Total"], made["ExternalInvoiceReference2"]) == (
        third.number,
        third.total,
        sent.number,
    )
    assert made["Remarks"] == f"Credits invoice {sent.number}."
    assert (export_of(second).kind, badge(second)) == (ExportKind.CREATE, f"In Fortnox {third.number}, not tied")
    assert badge(first) == f"In Fortnox {now(first).number}, booked"
    assert (now(sent).credited, says(sent)) == (True, "Credited, both still open")


def test_a_note_that_somebody_made_in_fortnox_is_not_taken_for_ours(fortnox, sent, credit, work):
    row = {"ArticleNumber": "1", "DeliveredQuantity": "-1", "Price": 950, "VAT": 25}
    row["ArticleNumber"] = sent.rows.get().article_number
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{sent.number}/credit", InvoiceRows=[row], book=True)
    note = credit(sent, "1")
    work()
    assert (export_of(note).kind, len(fortnox.invoices())) == (ExportKind.CREATE, 3)
    assert fortnox.creates() == {sent.reference: 1, note.reference: 1}
    assert (now(sent).credited_amount, now(sent).ledger_credit_amount) == (Decimal(2376), Decimal(1188))
    assert says(sent) == "1.00 to give back or set off"  # each half is rounded to kronor by Fortnox


# What it waits for


def test_a_note_waits_until_its_invoice_is_confirmed(fortnox, shop, credit, work):
    """F28"""
    invoice = shop.issue()
    note = credit(invoice)
    clear_queue()
    fault = fortnox.fault(method="POST", path="/3/invoices", action="reset", phase="P2")
    before = fortnox.mark()
    work()
    assert (export_of(invoice).state, export_of(note).state) == (ExportState.UNCERTAIN, ExportState.QUEUED)
    assert [each for each in fortnox.requests(before) if "credit" in each] == []
    assert badge(note) == "Waits for its invoice"
    assert fortnox.struck(fault) == 1
    work(after=6)
    assert (credits_made(fortnox), says(invoice)) == (1, "Credited")
    assert fortnox.creates() == {invoice.reference: 1}


def test_an_unbooked_invoice_is_booked_first(fortnox, shop, credit, work, run_jobs):
    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=clock.today("Europe/Stockholm").isoformat())
    invoice = shop.issue()
    run_jobs()
    assert not now(invoice).booked
    note = credit(invoice)
    work()
    assert (export_of(note).state, credits_made(fortnox)) == (ExportState.REJECTED, 0)
    assert export_of(note).error_text.startswith(f"Fortnox did not book invoice {now(invoice).number}, which must be")
    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=None)
    retry_export(export=export_of(note), actor=shop.owner)
    work()
    assert [row[3] for row in in_fortnox(fortnox)] == [True, True]
    assert (credits_made(fortnox), says(invoice)) == (1, "Credited")


def delete_in_fortnox(fortnox, invoice) -> None:
    fortnox.ask("DELETE", f"companies/{FIRST}/invoices/{invoice.number}")


def test_a_note_of_an_invoice_that_was_deleted_in_fortnox_waits_for_a_person(fortnox, shop, sent, credit, work):
    other = fortnox.copy_invoice(CreditInvoiceReference="0")
    delete_in_fortnox(fortnox, sent)
    note = credit(sent)
    work()
    why = f"Fortnox does not have invoice {sent.number} any more, so it cannot be credited there."
    assert (export_of(note).state, export_of(note).error_text) == (ExportState.REJECTED, why)
    fortnox.copy_invoice(sent.number, of=other, OCR=sent.ocr)  # it is back
    retry_export(export=export_of(note), actor=shop.owner)
    work()
    assert (export_of(note).state, credits_made(fortnox)) == (ExportState.CONFIRMED, 1)


def test_a_note_that_may_have_been_made_before_its_invoice_was_deleted_is_a_persons(fortnox, sent, credit, work):
    note = credit(sent)
    fortnox.fault(method="PUT", path=f"/3/invoices/{sent.number}/credit", action="reset", phase="P2")
    work()
    delete_in_fortnox(fortnox, sent)
    work(after=6)
    assert (export_of(note).state, credits_made(fortnox)) == (ExportState.NEEDS_PERSON, 1)
    assert export_of(note).error_text.startswith(f"Fortnox does not have invoice {sent.number} any more")


def test_an_invoice_outside_fortnox_has_its_note_outside_too(fortnox, shop, credit, work):
    invoice = shop.issue(numbering="own")
    note = credit(invoice, "1", ledger="")
    work()
    assert (now(note).number, now(note).ocr, InvoiceExport.objects.count()) == ("900000002", "", 0)
    assert (says(note), says(invoice)) == ("Set off", "Credited 1,188.00 of 2,375.00")
    credit(invoice, "1", ledger="")
    assert (says(invoice), fortnox.creates()) == ("Credited", {})


def test_an_invoice_that_fortnox_refused_with_its_number_from_uku_stays_outside_once_credited(shop, credit):
    invoice = shop.issue(numbering="own")
    refused = {"company_id": FIRST, "reference": invoice.reference, "state": ExportState.REJECTED}
    InvoiceExport.objects.create(invoice=invoice, created_at=clock.now(), **refused)
    credit(invoice)
    (panel,) = FortnoxIntegration().invoice_panels(now(invoice))
    assert (panel.badge.words, panel.actions, says(invoice)) == ("Number from Uku", (), "Credited")


def test_the_ledger_that_the_page_showed_must_still_be_the_invoices(sent, credit):
    with pytest.raises(NumberSourceChanged):
        credit(sent, ledger="")
    assert Invoice.objects.count() == 1


# Unclear and refused


@pytest.mark.parametrize("phase", ["P1", "P2"])
@pytest.mark.parametrize("quantity", [None, "1"])
def test_a_lost_answer_is_looked_up_on_the_invoice_and_the_credit_is_made_once(
    fortnox, sent, credit, work, phase, quantity
):
    note = credit(sent, quantity)
    fault = fortnox.fault(method="PUT", path=f"/3/invoices/{sent.number}/credit", action="reset", phase=phase)
    work()
    assert (export_of(note).state, fortnox.struck(fault)) == (ExportState.UNCERTAIN, 1)
    for seconds in (6, 25, 90, 480, 120, 60, 60):
        work(after=seconds)
    assert (export_of(note).state, export_of(note).booked) == (ExportState.CONFIRMED, True)
    assert (credits_made(fortnox), len(fortnox.invoices())) == (1, 2)
    assert export_of(note).attempts == (1 if phase == "P2" else 2)
    assert fortnox.invoices()[1]["Total"] == now(note).total == (-TOTAL if quantity is None else Decimal(-1188))


@pytest.mark.parametrize("phase", ["P1", "P2"])
def test_a_lost_answer_about_the_rows_leaves_no_whole_note_booked(fortnox, sent, credit, work, phase):
    note = credit(sent, "1")
    number = str(int(sent.number) + 1)
    fortnox.fault(method="PUT", path=f"/3/invoices/{number}", action="reset", phase=phase)
    work()
    assert [row[3] for row in in_fortnox(fortnox)] == [True, False]
    work(after=60)
    assert in_fortnox(fortnox)[1] == (number, Decimal(-1188), 0, True)
    assert (credits_made(fortnox), now(note).total) == (1, Decimal(-1188))


def test_a_refused_credit_says_why_and_can_be_sent_again(fortnox, shop, sent, credit, work):
    body = '{"ErrorInformation":{"error":1,"message":"Fortnox säger nej","code":2009999}}'
    fortnox.fault(method="PUT", path=f"/3/invoices/{sent.number}/credit", phase="P1", status=400, body=body)
    note = credit(sent)
    work()
    assert (export_of(note).state, export_of(note).error_text) == (ExportState.REJECTED, "Fortnox säger nej")
    assert (badge(note), now(sent).credited, credits_made(fortnox)) == ("Fortnox refused it", False, 0)
    retry_export(export=export_of(note), actor=shop.owner)
    work()
    assert (export_of(note).state, credits_made(fortnox)) == (ExportState.CONFIRMED, 1)


def test_a_note_that_fortnox_books_at_once_is_whole_or_goes_to_a_person(fortnox, shop, sent, credit, work):
    fortnox.switch(credit_note_booked=True)
    note = credit(sent, "1")
    work()
    export = export_of(note)
    assert (export.state, credits_made(fortnox)) == (ExportState.NEEDS_PERSON, 1)
    assert "for the whole invoice" in export.error_text
    assert badge(note) == "Needs a decision"
    retry_export(export=export, actor=shop.owner)
    work()
    assert (export_of(note).state, credits_made(fortnox)) == (ExportState.NEEDS_PERSON, 1)


def test_a_copied_reference_on_a_note_is_no_duplicate_of_its_invoice(fortnox, shop, work, run_jobs):
    fortnox.switch(credit_copies_reference=True)
    invoice = shop.issue()
    fortnox.fault(method="POST", path="/3/invoices", action="reset", phase="P2")
    run_jobs()
    (made,) = fortnox.invoices()
    for action in ("bookkeep", "credit"):
        fortnox.ask("POST", f"companies/{FIRST}/invoices/{made['DocumentNumber']}/{action}")
    work(after=6)
    assert (export_of(invoice).state, now(invoice).number) == (ExportState.CONFIRMED, made["DocumentNumber"])


def test_a_note_keeps_its_rates_after_the_article_has_another_one(fortnox, sent, credit, work):
    credit(sent, "1")
    work()
    fortnox.ask("PATCH", f"companies/{FIRST}/articles/{sent.rows.get().article_number}", SalesAccount=3002)
    note = credit(sent, "1")
    work()
    assert (export_of(note).state, now(note).vat) == (ExportState.CONFIRMED, Decimal("-237.50"))


# Back: both methods, and every way in which the two are set off

CASES = {
    # how they are set off, paid before: what the invoice and the note say after a whole credit, and after one of half
    ("automatic", 0): ("Credited", "Set off", "Credited 1,188.00 of 2,375.00"),
    ("automatic", 1000): ("1,000.00 to give back or set off", "Not set off", "Partly paid 1,000.00 of 1,187.00"),
    ("automatic", 2375): ("2,375.00 to give back or set off", "Not set off", "1,188.00 to give back or set off"),
    ("by_payments", 0): ("Credited", "Set off", "Credited 1,188.00 of 2,375.00"),
    ("by_payments", 1000): ("1,000.00 to give back or set off", "Not set off", "Partly paid 1,000.00 of 1,187.00"),
    ("by_payments", 2375): ("2,375.00 to give back or set off", "Not set off", "1,188.00 to give back or set off"),
    ("never", 0): ("Credited, both still open", "Not set off", "Credited 1,188.00 of 2,375.00"),
    ("never", 1000): ("1,000.00 to give back or set off", "Not set off", "Partly paid 1,000.00 of 1,187.00"),
    ("never", 2375): ("2,375.00 to give back or set off", "Not set off", "1,188.00 to give back or set off"),
}


@pytest.mark.parametrize("method", ["ACCRUAL", "CASH"])
@pytest.mark.parametrize(("settles", "paid"), list(CASES))
def test_each_pair_ends_in_the_state_that_it_is_in(fortnox, shop, credit, work, read, method, settles, paid):
    fortnox.ask("PATCH", f"companies/{FIRST}", method=method)
    fortnox.switch(credit_settles=settles)
    found = {}
    for quantity in (None, "1"):
        invoice = shop.issue()
        work()
        number = now(invoice).number
        if paid:
            fortnox.pay(number, str(paid), clock.today("Europe/Stockholm").isoformat())
            read()
        note = credit(invoice, quantity)
        work()
        if settles == "by_payments" and paid < TOTAL:  # nobody registers a payment of what is paid in full
            fortnox.ask("POST", f"companies/{FIRST}/invoices/{now(note).number}/setoff")
        read()
        found[quantity] = (says(invoice), says(note))
        booked = method == "ACCRUAL"
        assert [(now(one).booked, export_of(one).to_book) for one in (invoice, note)] == [(booked, booked)] * 2
        assert now(invoice).state == (State.PAID if quantity and paid == 2375 else State.CREATED)
    whole, note, half = CASES[settles, paid]
    assert (found[None], found["1"][0]) == ((whole, note), half)
    assert credits_made(fortnox) == 2


def test_a_refused_credit_under_the_cash_method_waits_for_a_person(fortnox, shop, credit, work):
    fortnox.ask("PATCH", f"companies/{FIRST}", method="CASH")
    fortnox.switch(credit_under_cash="refuse")
    invoice = shop.issue()
    work()
    note = credit(invoice)
    work()
    assert (export_of(note).state, export_of(invoice).booked) == (ExportState.REJECTED, False)


def test_what_was_given_back_is_owed_no_more(fortnox, sent, credit, work, read):
    today = clock.today("Europe/Stockholm").isoformat()
    fortnox.pay(sent.number, "2375", today)
    note = credit(sent)
    work()
    assert says(sent) == "2,375.00 to give back or set off"
    fortnox.pay(now(note).number, "-2375", today)
    read()
    assert (says(sent), says(note)) == ("Credited", "Set off")


def test_a_note_of_somebody_else_is_followed_until_it_is_set_off(fortnox, sent, read):
    fortnox.switch(credit_settles="never")
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{sent.number}/credit", book=True)
    read()
    assert (says(sent), now(sent).credited) == ("Credited, both still open", True)
    number = InvoiceExport.objects.get().foreign_note
    assert number == fortnox.invoices()[1]["DocumentNumber"]
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{number}/setoff")
    read()
    assert says(sent) == "Credited"


def test_a_stale_worker_credits_nothing_a_second_time(fortnox, sent, credit, work):
    note = credit(sent)
    export = export_of(note)
    work()
    InvoiceExport.objects.filter(pk=export.pk).update(lease_until=clock.now() - timedelta(days=1))
    process_export(export_id=export.pk)
    assert credits_made(fortnox) == 1
