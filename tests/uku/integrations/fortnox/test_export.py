"""An issued invoice out, exactly once: each fault ends with one create in the journal."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.db import transaction
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.conftest import clear_queue, due_steps
from tests.uku.integrations.fortnox.simulated import FIRST, until
from tests.uku.integrations.fortnox.test_rate_limit import moments

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.connection.grant_check import check_refusal
from uku.integrations.fortnox.health.messages import explain
from uku.integrations.fortnox.integration import FortnoxIntegration
from uku.integrations.fortnox.invoices.export import process_export
from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.models import ArticleRecord, Connection, CustomerRecord, ExportState, InvoiceExport
from uku.integrations.fortnox.tokens.renewal import is_refused
from uku.integrations.registry import Badge
from uku.invoices.drafts import InvoiceAlreadyIssued
from uku.invoices.models import Invoice
from uku.invoices.operations import issue_invoice
from uku.kit import clock
from uku.kit.alarms import Alarm, is_open, mail_new_alarms
from uku.kit.scoping import workspace_in_force
from uku.kit.times import show_recent_time

POST = {"method": "POST", "path": "/3/invoices"}
LOOKUPS = (5, 25, 90, 480, 120)  # what passes between one look-up and the next, until 12 minutes are over


@pytest.fixture
def go(shop, run_jobs, later):
    """Take a push on after some seconds have passed for it, and return its row."""

    def on(export, *, after: float = 0):
        if after:
            later(export, seconds=after)
        clear_queue()
        with workspace_in_force(export.workspace_id):
            process_export(export_id=export.pk)
        return InvoiceExport.everywhere.get(pk=export.pk)

    return on


@pytest.fixture
def queued(shop):
    """An invoice that was issued just now, and its push."""
    invoice = shop.issue()
    return shop.export_of(invoice)


def invoice_of(export) -> Invoice:
    return Invoice.everywhere.get(pk=export.invoice_id)


def panel(export):
    (shown,) = FortnoxIntegration().invoice_panels(invoice_of(export))
    return shown


def error(code, text="Fortnox säger nej"):
    return f'{{"ErrorInformation":{{"error":1,"message":"{text}","code":{code}}}}}'


# The way without faults


def test_issuing_queues_the_export_in_the_same_transaction(shop, queue):
    invoice = shop.issue()
    export = shop.export_of(invoice)
    assert (export.state, export.company_id, export.reference) == (ExportState.QUEUED, FIRST, invoice.reference)
    assert queue() == [("fortnox.work", {"connection_id": shop.connection.pk, "company_id": FIRST})]
    assert due_steps(shop.connection) == ["details", "export"]  # of the customer, which nobody read yet


def test_a_rolled_back_issue_leaves_neither_export_nor_job(shop, queue):
    class Stop(Exception):
        pass

    with pytest.raises(Stop), transaction.atomic():
        shop.issue()
        raise Stop
    assert (InvoiceExport.objects.count(), queue()) == (0, [])


def test_an_invoice_with_our_own_number_is_not_exported(shop, queue):
    invoice = shop.issue(numbering="own")
    assert (invoice.number, InvoiceExport.objects.count(), queue()) == ("900000001", 0, [])


def test_number_ocr_and_figures_come_from_fortnox_and_the_invoice_is_booked(fortnox, shop, queued, run_jobs):
    before = fortnox.mark()
    run_jobs()
    (made,) = fortnox.invoices()
    export, invoice = InvoiceExport.objects.get(), invoice_of(queued)
    assert (export.state, export.document_number, export.booked) == (
        ExportState.CONFIRMED,
        made["DocumentNumber"],
        True,
    )
    assert (invoice.number, invoice.ocr, invoice.booked) == (made["DocumentNumber"], made["OCR"], True)
    assert (invoice.net, invoice.vat, invoice.total) == (Decimal(1900), Decimal(475), Decimal(2375))
    assert made["DeliveryDate"] == made["InvoiceDate"] == invoice.invoice_date.isoformat()
    assert (made["Total"], made["Booked"], invoice.difference) == (Decimal(2375), True, "")
    assert export.voucher == f"{made['VoucherSeries']}{made['VoucherNumber']}"
    assert fortnox.requests(before) == [
        f"GET customers/{shop.customer}",
        f"GET articles/{shop.article}",
        "POST invoices",
        f"PUT invoices/{made['DocumentNumber']}/bookkeep",
    ]
    assert fortnox.creates() == {invoice.reference: 1}


def test_nothing_that_affects_money_is_left_to_defaults(fortnox, shop, run_jobs):
    fortnox.ask("PATCH", f"companies/{FIRST}/customers/{shop.customer}", ShowPriceVATIncluded=True, InvoiceFreight="99")
    fortnox.ask("PATCH", f"companies/{FIRST}", freight=50, admin_fee=25)
    shop.issue()
    run_jobs()
    (made,) = fortnox.invoices()
    assert (made["Total"], made["VATIncluded"]) == (Decimal(2375), False)
    assert (made["Freight"], made["AdministrationFee"]) == (0, 0)


def test_a_difference_in_fortnoxs_figures_is_shown_and_its_figures_win(fortnox, shop, run_jobs):
    """F14"""
    fortnox.ask("PATCH", f"companies/{FIRST}", rounding=False)
    invoice = shop.issue(price="0.70", quantity="1")
    assert invoice.total == Decimal("1.00")
    run_jobs()
    invoice.refresh_from_db()
    assert (shop.export_of(invoice).state, invoice.total) == (ExportState.CONFIRMED, Decimal("0.88"))
    assert "total 0.88 instead of 1.00 SEK" in invoice.difference
    assert fortnox.creates() == {invoice.reference: 1}


def test_the_intent_is_committed_and_no_transaction_is_open_while_fortnox_thinks(fortnox, queued, go, committed):
    import psycopg

    held = fortnox.fault(**POST, action="hold", phase="P0")
    worker = threading.Thread(target=_advance, args=(queued,))
    worker.start()
    until(lambda: fortnox.holds(held))
    row = InvoiceExport.everywhere.get(pk=queued.pk)
    assert (row.state, row.attempts, bool(row.payload)) == (ExportState.SENDING, 1, True)
    with psycopg.connect(committed.superuser, autocommit=True) as session:
        open_ = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
        assert session.execute(f"{open_} AND pid <> pg_backend_pid()").fetchone() == (0,)
    fortnox.release(held)
    worker.join()
    assert InvoiceExport.everywhere.get().state == ExportState.CONFIRMED


def _advance(export, barrier: threading.Barrier | None = None) -> None:
    try:
        if barrier is not None:
            barrier.wait()
        with workspace_in_force(export.workspace_id):
            process_export(export_id=export.pk)
    finally:
        database.close()


# Unclear outcomes


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "drop", "phase": "P2"},
        {"action": "reset", "phase": "P2"},
        {"action": "status", "phase": "P2", "status": 500},
        {"action": "html", "phase": "P2", "status": 502},
        {"action": "html", "phase": "P2", "status": 503},
        {"action": "html", "phase": "P2", "status": 504},
        {"action": "truncate", "phase": "P3"},
        {"action": "status", "phase": "P2", "status": 201, "body": ""},
        {"action": "status", "phase": "P2", "status": 201, "body": "not json"},
        {"action": "status", "phase": "P2", "status": 201, "body": '{"Invoice":{}}'},
        {"action": "status", "phase": "P2", "status": 201, "body": '{"Invoice":{"DocumentNumber":""}}'},
    ],
    ids=str,
)
def test_an_answer_lost_after_the_commit_is_looked_up_and_never_repeated(fortnox, queued, go, fault):
    """F11"""
    fortnox.fault(**POST, **fault)
    unclear = go(queued)
    assert (unclear.state, unclear.document_number) == (ExportState.UNCERTAIN, "")
    assert panel(unclear).happened == "Fortnox did not confirm that it received the invoice."
    before = fortnox.mark()
    assert go(queued).state == ExportState.UNCERTAIN
    assert fortnox.requests(before) == []
    settled = go(queued, after=5)
    (made,) = fortnox.invoices()
    assert (settled.state, settled.document_number, settled.booked) == (
        ExportState.CONFIRMED,
        made["DocumentNumber"],
        True,
    )
    assert fortnox.creates() == {queued.reference: 1}


def test_an_invoice_under_way_is_known_again_though_another_customer_is_linked_meanwhile(fortnox, queued, go):
    """F17: the customer that counts is the one in the bytes that were sent"""
    fortnox.fault(**POST, action="drop", phase="P3")
    assert go(queued).state == ExportState.UNCERTAIN
    CustomerRecord.objects.filter(client=invoice_of(queued).client).update(client=None)
    assert go(queued, after=5).state == ExportState.CONFIRMED
    assert fortnox.creates() == {queued.reference: 1}


def test_a_late_landing_is_found_and_never_created_twice(fortnox, queued, go):
    """F02"""
    late = fortnox.fault(**POST, action="drop", phase="P5")
    assert go(queued).state == ExportState.UNCERTAIN
    for pause in LOOKUPS[:4]:
        assert go(queued, after=pause).state == ExportState.UNCERTAIN
    assert (go(queued).lookups, fortnox.creates()) == (4, {})
    fortnox.release(late)
    until(fortnox.creates)
    assert go(queued, after=LOOKUPS[4]).state == ExportState.CONFIRMED
    assert fortnox.creates() == {queued.reference: 1}


def test_what_never_arrived_is_sent_again_once_after_two_late_negatives_with_the_same_bytes(fortnox, queued, go):
    fortnox.fault(**POST, action="drop", phase="P1")
    first = go(queued)
    states = [go(queued, after=pause).state for pause in LOOKUPS]
    assert states == [ExportState.UNCERTAIN] * 4 + [ExportState.QUEUED]
    assert fortnox.creates() == {}
    second = go(queued)
    assert (second.state, second.attempts, second.payload_hash) == (ExportState.CONFIRMED, 2, first.payload_hash)
    assert bytes(second.payload) == bytes(first.payload)
    assert fortnox.creates() == {queued.reference: 1}


def test_a_second_silence_is_left_to_a_person(fortnox, queued, go):
    fortnox.fault(**POST, action="drop", phase="P1", times=9)
    go(queued)
    for pause in LOOKUPS:
        go(queued, after=pause)
    assert go(queued).state == ExportState.UNCERTAIN
    for pause in LOOKUPS:
        row = go(queued, after=pause)
    assert (row.state, row.attempts) == (ExportState.NEEDS_PERSON, 2)
    assert len([r for r in fortnox.requests() if r == "POST invoices"]) == 2
    jobs.sweep.func(timestamp=0)
    assert go(queued, after=86_400).state == ExportState.NEEDS_PERSON


def test_two_look_ups_before_ten_minutes_prove_nothing(fortnox, queued, go):
    fortnox.fault(**POST, action="drop", phase="P1")
    go(queued)
    for pause in LOOKUPS[:3]:
        row = go(queued, after=pause)
    assert (row.state, row.late_negatives, row.lookups) == (ExportState.UNCERTAIN, 0, 3)


def test_a_look_up_that_fails_counts_for_nothing(fortnox, queued, go):
    fortnox.fault(**POST, action="drop", phase="P1")
    go(queued)
    fortnox.fault(method="GET", path="/3/invoices", action="status", status=503, times=9)
    row = go(queued, after=700)
    assert (row.state, row.lookups, row.late_negatives) == (ExportState.UNCERTAIN, 0, 0)


# Failures that are known


def test_a_refused_connection_is_repeated_by_itself(fortnox, queued, go, settings):
    good = settings.UKU
    settings.UKU = good.model_copy(update={"fortnox_api_url": "http://127.0.0.1:1"})
    assert go(queued).state == ExportState.QUEUED
    settings.UKU = good
    assert go(queued).state == ExportState.QUEUED  # its time has not come
    assert go(queued, after=3600).state == ExportState.CONFIRMED
    assert fortnox.creates() == {queued.reference: 1}


def test_too_many_requests_is_repeated_by_itself_with_the_same_bytes(fortnox, queued, go):
    fortnox.fault(**POST, action="status", status=429)
    first = go(queued)
    assert first.state == ExportState.QUEUED
    second = go(queued, after=3600)
    assert (second.state, second.payload_hash) == (ExportState.CONFIRMED, first.payload_hash)
    assert fortnox.creates() == {queued.reference: 1}


def test_a_refused_sign_in_holds_the_export_until_a_check_shows_that_it_works(fortnox, queued, go):
    fortnox.fault(**POST, action="status", status=401, times=9, body='{"message":"unauthorized"}')
    row = go(queued)
    assert (row.state, is_refused(Connection.everywhere.get())) == (ExportState.QUEUED, True)
    fortnox.heal()
    check_refusal(connection=Connection.everywhere.get())
    assert not is_refused(Connection.everywhere.get())
    assert go(queued, after=3600).state == ExportState.CONFIRMED
    assert fortnox.creates() == {queued.reference: 1}


@pytest.mark.parametrize("code", ["2001304", "2002141", "2000433", "2000428", "2000429", "2000359", "2004167"])
def test_what_only_a_person_can_cure_is_rejected_in_our_words(fortnox, queued, go, queue, code):
    """F19"""
    fortnox.fault(**POST, action="status", status=400, body=error(code))
    row = go(queued)
    assert (row.state, row.error_code, row.error_text) == (ExportState.REJECTED, code, "Fortnox säger nej")
    shown, words = panel(row), explain(code)
    assert (shown.happened, shown.means, shown.remedy) == (words.happened, words.means, words.remedy)
    assert shown.quoted == f"Fortnox säger nej ({code})"
    jobs.sweep.func(timestamp=0)
    assert "export" not in due_steps(Connection.everywhere.get())
    assert go(queued, after=86_400).state == ExportState.REJECTED
    assert fortnox.creates() == {}


@pytest.mark.parametrize(
    ("status", "code"), [(413, None), (415, 1000031), (406, 1000030)], ids=["too large", "unknown type", "unacceptable"]
)
def test_what_uku_sent_wrongly_is_refused_once_and_is_the_operators(fortnox, queued, go, queue, caplog, status, code):
    """F84"""
    fortnox.fault(**POST, status=status, body=error(code) if code else "", times=9)
    row = go(queued)
    assert (row.state, row.next_at, queue()) == (ExportState.REJECTED, None, [])
    before = fortnox.mark()
    go(queued, after=86_400)
    assert (fortnox.requests(before), fortnox.creates()) == ([], {})
    assert panel(row).happened == "Uku sent something that Fortnox could not read."
    told = [entry for entry in caplog.records if entry.levelname == "ERROR"]
    assert ["Fortnox could not read what Uku sent" in entry.getMessage() for entry in told] == [True]


def test_the_operator_is_mailed_once_about_invoices_that_fortnox_cannot_read_until_the_first_is_cured(
    fortnox, shop, queued, run_jobs, mailoutbox, settings, owner
):
    """F84"""
    settings.UKU = settings.UKU.model_copy(update={"operator_email": "drift@uku.example"})
    fortnox.fault(**POST, status=415, body=error(1000031), headers={"X-Uid": "4f1a"}, times=2)
    other = shop.export_of(shop.issue())
    run_jobs()
    for _ in range(2):
        mail_new_alarms(at=clock.now())
    (mail,) = mailoutbox
    alarm = Alarm.objects.get()
    assert (mail.to, alarm.text in mail.body, alarm.cleared_at) == (["drift@uku.example"], True, None)
    assert alarm.text == (
        f"Fortnox could not read invoice {queued.reference} as Uku sent it (code 1000031, request id 4f1a)."
        " Nothing is wrong in Fortnox, and the invoice is not sent again by itself. Other invoices may be"
        " refused in the same way: the log has each."
    )
    retry_export(export=other, actor=owner)
    run_jobs()
    assert is_open(alarm.key)
    retry_export(export=queued, actor=owner)
    run_jobs()
    assert not is_open(alarm.key)
    assert InvoiceExport.objects.get(pk=queued.pk).state == ExportState.CONFIRMED


def test_sending_again_after_the_cure_creates_once(fortnox, shop, queued, go, run_jobs, owner):
    fortnox.fault(**POST, action="status", status=400, body=error(2001304))
    go(queued)
    for _ in range(2):
        retry_export(export=queued, actor=owner)
    run_jobs()
    assert InvoiceExport.objects.get().state == ExportState.CONFIRMED
    assert fortnox.creates() == {queued.reference: 1}


def test_one_poison_invoice_leaves_the_rest_of_the_batch_alone(fortnox, shop, run_jobs):
    """F25"""
    fortnox.fault(**POST, nth=3, action="status", status=400, body=error(2000359))
    exports = [shop.export_of(shop.issue()) for _ in range(5)]
    run_jobs()
    states = [InvoiceExport.objects.get(pk=export.pk).state for export in exports]
    assert states == ["confirmed", "confirmed", "rejected", "confirmed", "confirmed"]
    assert fortnox.creates() == {export.reference: 1 for i, export in enumerate(exports) if i != 2}


# What is checked before anything is sent


@pytest.mark.process
def test_a_burst_at_the_end_of_a_month_keeps_fortnoxs_pace_and_each_invoice_is_created_once(
    fortnox, shop, run_jobs, real_pace
):
    """F26"""
    fortnox.switch(rate_limit=True)
    exports = [shop.export_of(shop.issue()) for _ in range(30)]
    before = fortnox.mark()
    run_jobs()
    states = InvoiceExport.objects.filter(pk__in=[export.pk for export in exports]).values_list("state", "booked")
    assert set(states) == {(ExportState.CONFIRMED, True)}
    assert fortnox.creates() == {export.reference: 1 for export in exports}
    at = moments(fortnox, before)
    assert max(sum(0 <= later - first < 5 for later in at) for first in at) <= 25
    assert set(fortnox.statuses(before)) == {200, 201}


def refused(fortnox, export) -> str:
    row = InvoiceExport.everywhere.get(pk=export.pk)
    assert (row.state, row.attempts, row.error_code) == (ExportState.REJECTED, 0, "")
    assert fortnox.requests().count("POST invoices") == 0
    return row.error_text


def test_a_rate_that_is_not_the_articles_is_refused_in_words(fortnox, shop, run_jobs):
    invoice = shop.issue(rate="12")
    run_jobs()
    assert refused(fortnox, shop.export_of(invoice)) == (
        f"Row “Bokföring” has 12 % VAT, but Fortnox has 25 % for article {shop.article}. Change the rate of"
        " the row, or the account of the article in Fortnox. Click Back to draft for that."
    )


def test_what_our_own_check_stopped_is_not_said_to_be_refused_by_fortnox(fortnox, shop, run_jobs):
    invoice = shop.issue(rate="12")
    run_jobs()
    assert panel(shop.export_of(invoice)).badge == Badge("Not sent: correct it", "bad")


@pytest.mark.parametrize(("minutes", "told"), [(10, True), (0, False)])
def test_a_long_wait_says_until_when(shop, queued, scope, minutes, told):
    sent_at = clock.real_now()
    next_at = sent_at + timedelta(minutes=minutes, seconds=30)
    facts = {"state": ExportState.UNCERTAIN, "sent_at": sent_at, "next_at": next_at}
    InvoiceExport.everywhere.filter(pk=queued.pk).update(**facts)
    when = show_recent_time(next_at, scope.time_zone, now=clock.real_now())
    looking = "Uku looks for the invoice in Fortnox by Uku's reference and shows the result here."
    assert panel(queued).remedy == f"You do not need to do anything: {looking}" + (
        f" Next try: {when}." if told else ""
    )


def test_a_client_that_was_unlinked_after_issuing_is_refused_in_words(fortnox, shop, queued, run_jobs):
    CustomerRecord.objects.update(client=None)
    run_jobs()
    client = invoice_of(queued).client
    words = f"{client} is not linked to a Fortnox customer. Link the client. Then click Send to Fortnox."
    assert refused(fortnox, queued) == words


def test_an_inactive_customer_is_refused_in_words(fortnox, shop, queued, run_jobs):
    fortnox.change_customer(shop.customer, Active=False)
    CustomerRecord.objects.update(detail_read_at=None)
    run_jobs()
    assert "is inactive in Fortnox. Activate it there. Then click Send to Fortnox." in refused(fortnox, queued)


def test_an_inactive_article_is_refused_in_words(fortnox, shop, queued, run_jobs):
    fortnox.ask("PATCH", f"companies/{FIRST}/articles/{shop.article}", Active=False)
    run_jobs()
    assert refused(fortnox, queued) == (
        f"Article {shop.article} Bokföring is inactive in Fortnox. Activate it there. Then click Send to Fortnox."
    )


def test_an_article_that_nobody_knows_is_refused_in_words(fortnox, shop, queued, run_jobs):
    ArticleRecord.objects.all().delete()
    run_jobs()
    assert refused(fortnox, queued) == (
        f"Uku does not know article {shop.article}. Click Reload data on the Settings tab of Fortnox."
        " Then click Send to Fortnox."
    )


def test_customers_and_articles_are_read_once_for_a_batch(fortnox, shop, run_jobs):
    for _ in range(3):
        shop.issue()
    before = fortnox.mark()
    run_jobs()
    reads = [request for request in fortnox.requests(before) if request.startswith("GET")]
    assert reads == [f"GET customers/{shop.customer}", f"GET articles/{shop.article}"]


# Two at once


def test_eight_workers_on_one_export_create_once(fortnox, queued, shop):
    """F06"""
    barrier = threading.Barrier(8)
    workers = [threading.Thread(target=_advance, args=(queued, barrier)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert fortnox.requests().count("POST invoices") == 1
    assert fortnox.creates() == {queued.reference: 1}
    assert InvoiceExport.objects.get().state == ExportState.CONFIRMED


def test_issuing_from_eight_browsers_at_once_queues_one_export(fortnox, shop, owner, run_jobs):
    """F07"""
    draft, barrier, outcomes = shop.draft(), threading.Barrier(8), []

    def press() -> None:
        barrier.wait()
        try:
            with workspace_in_force(draft.workspace_id):
                issue_invoice(invoice=draft, actor=owner, at=AT, numbering="accounting", ledger=FIRST)
            outcomes.append("issued")
        except InvoiceAlreadyIssued:
            outcomes.append("was issued already")
        finally:
            database.close()

    people = [threading.Thread(target=press) for _ in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    run_jobs()
    assert sorted(outcomes) == ["issued", *["was issued already"] * 7]
    assert fortnox.creates() == {draft.reference: 1}


# Look-ups


@pytest.fixture
def unclear(fortnox, queued, go):
    """A create that was committed and whose answer was lost."""
    fortnox.fault(**POST, action="drop", phase="P2")
    return go(queued)


def test_a_reference_that_only_contains_ours_is_not_ours(fortnox, unclear, go):
    """F15"""
    fortnox.copy_invoice("9001", ExternalInvoiceReference1=f"{unclear.reference}0")
    fortnox.copy_invoice("9002", ExternalInvoiceReference1=f"X{unclear.reference}")
    row = go(unclear, after=5)
    assert (row.state, row.document_number not in {"9001", "9002"}) == (ExportState.CONFIRMED, True)


def test_two_invoices_with_our_reference_are_left_to_a_person(fortnox, unclear, go):
    """F16"""
    fortnox.copy_invoice("9001")
    (ours, _) = [row["DocumentNumber"] for row in fortnox.invoices()]
    row = go(unclear, after=5)
    assert row.state == ExportState.NEEDS_PERSON
    assert (ours in row.error_text, "9001" in row.error_text) == (True, True)
    assert fortnox.creates() == {unclear.reference: 1}


@pytest.mark.parametrize("change", [{"CustomerNumber": "other"}, {"Total": Decimal(9), "TotalToPay": Decimal(9)}])
def test_an_invoice_with_our_reference_that_does_not_fit_is_left_to_a_person(fortnox, unclear, go, change):
    """F17"""
    if "CustomerNumber" in change:
        change = {"CustomerNumber": fortnox.customer(Name="Någon annan AB")}
    (ours,) = fortnox.invoices()
    fortnox.copy_invoice(ours["DocumentNumber"], **change)
    row = go(unclear, after=5)
    assert (row.state, row.document_number) == (ExportState.NEEDS_PERSON, "")


def test_an_invoice_that_was_cancelled_meanwhile_is_left_to_a_person_and_not_created_again(fortnox, unclear, go):
    (ours,) = fortnox.invoices()
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{ours['DocumentNumber']}/cancel")
    for pause in LOOKUPS:
        row = go(unclear, after=pause)
    go(unclear)
    assert fortnox.creates() == {unclear.reference: 1}
    assert row.state == ExportState.NEEDS_PERSON
    assert row.error_text == f"Fortnox has the invoice as number {ours['DocumentNumber']}, and it is cancelled there."


# Booking


def test_a_booking_that_is_refused_is_shown_and_a_retry_books_without_creating(
    fortnox, shop, queued, go, run_jobs, owner
):
    from uku.kit import clock

    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=clock.today("Europe/Stockholm").isoformat())
    row = go(queued)
    assert (row.state, row.booked, row.error_code) == (ExportState.CONFIRMED, False, "2002141")
    shown = panel(row)
    assert (shown.badge.words, shown.means) == (
        f"In Fortnox {row.document_number}, not booked",
        "The invoice is in Fortnox, not booked.",
    )
    assert [action.label for action in shown.actions] == ["Book in Fortnox"]
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert fortnox.requests().count(f"PUT invoices/{row.document_number}/bookkeep") == 1
    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=None)
    retry_export(export=row, actor=owner)
    run_jobs()
    after = InvoiceExport.objects.get()
    assert (after.booked, after.error_text) == (True, "")
    assert fortnox.creates() == {queued.reference: 1}


@pytest.mark.parametrize("phase", ["P1", "P2"])
def test_an_unclear_booking_is_read_and_not_believed(fortnox, shop, queued, go, phase):
    (before,) = [fortnox.fault(method="PUT", path="/3/invoices/*", action="drop", phase=phase)]
    row = go(queued)
    assert (row.state, row.booked) == (ExportState.CONFIRMED, phase == "P2")
    assert fortnox.struck(before) == 1
    assert go(queued, after=3600).booked
    assert len(fortnox.commits("invoice.bookkeep")) == 1


def test_an_invoice_that_a_person_booked_meanwhile_counts_as_booked(fortnox, shop, queued, go):
    fortnox.fault(method="PUT", path="/3/invoices/*", action="status", status=503)
    row = go(queued)
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{row.document_number}/bookkeep")
    assert go(queued, after=3600).booked


# Held


@pytest.mark.parametrize("what", ["disabled", "free"])
def test_a_export_waits_while_the_integration_is_off(fortnox, shop, queued, go, scope, what):
    if what == "disabled":
        Connection.everywhere.update(enabled=False)
    else:
        scope.plan = "free"
        scope.save()
    assert (go(queued).state, fortnox.requests().count("POST invoices")) == (ExportState.QUEUED, 0)
    Connection.everywhere.update(enabled=True)
    scope.plan = "team"
    scope.save()
    assert go(queued).state == ExportState.CONFIRMED
