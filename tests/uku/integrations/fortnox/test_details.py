"""Details: one for each linked client and used article, when it is needed, and again when it changed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS

from uku.clients.models import Client
from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
from uku.integrations.fortnox.models import (
    ArticleRecord,
    CustomerRecord,
    ExportState,
    RunKind,
    SkippedRecord,
    SyncIssue,
    SyncRun,
)
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.sync.details import read_detail_now
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.products.models import Product

HOURS = 3600


def product(number: str, **facts) -> Product:
    given = {"name": number, "price": Decimal(1), "vat_rate": Decimal(25), "created_at": AT, **facts}
    return Product.objects.create(article_number=number, article_company=FIRST, **given)


def test_an_article_is_read_once_some_product_has_its_number_and_not_before(fortnox, scope, read):
    used, archived, _ = (fortnox.article() for _ in range(3))
    product(used)
    product(archived, archived_at=AT)
    before = fortnox.mark()
    read(RunKind.ARTICLES)
    assert fortnox.requests(before) == ["GET articles", "GET articles", f"GET articles/{used}"]
    article = ArticleRecord.objects.get(number=used)
    assert (article.vat_rate, article.account) == (Decimal(25), 3041)


def test_a_full_run_reads_the_details_of_what_changed_since_the_last_and_of_nothing_else(fortnox, read, move_clock):
    """A term of payment is in no list: only the list of changed records tells that it is another."""
    changed, _ = fortnox.customer(), fortnox.customer(Name="Ek AB")
    read()
    move_clock(seconds=3 * HOURS)
    read()
    move_clock(seconds=6 * HOURS)
    fortnox.change_customer(changed, TermsOfPayment="10")
    before = fortnox.mark()
    read(full=True)
    assert fortnox.requests(before) == [*["GET customers"] * 3, f"GET customers/{changed}"]
    assert CustomerRecord.objects.get(number=changed).client.payment_days == 10


def test_a_detail_is_read_at_once_for_a_person_who_opens_the_client(fortnox, connection):
    number = fortnox.customer(TermsOfPayment="10", VATType="EXPORT", Currency="EUR")
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    clear_queue()
    record = CustomerRecord.objects.get()
    before = fortnox.mark()
    record = read_detail_now(CUSTOMER_IMPORTER, record)
    assert fortnox.requests(before) == [f"GET customers/{number}"]
    assert (record.terms_of_payment, record.currency, record.vat_type) == ("10", "EUR", "EXPORT")
    client = Client.objects.get()
    assert (client.payment_days, client.currency, client.vat_type) == (10, "EUR", "export")


def test_no_invoice_goes_to_a_number_that_may_be_somebody_elses(fortnox, shop, run_jobs, move_clock):
    """B44: found when the customer is read to bill it, told, and not filled into the client."""
    move_clock(seconds=HOURS)
    fortnox.change_customer(shop.customer, OrganisationNumber=NUMBERS[1])
    export = shop.export_of(shop.issue())
    run_jobs()
    export.refresh_from_db()
    assert export.state == ExportState.REJECTED
    assert "another organisation number" in export.error_text
    assert Client.objects.get().organisation_number == NUMBERS[0]
    assert SyncIssue.objects.filter(kind="customer", number=shop.customer, solved_at=None).count() == 1
    fortnox.change_customer(shop.customer, OrganisationNumber=NUMBERS[0])
    read_detail_now(CUSTOMER_IMPORTER, CustomerRecord.objects.get())
    assert CustomerRecord.objects.get().identity_changed_at is None


def test_a_run_counts_every_record_once_and_its_counts_add_up(fortnox, connection, read, move_clock):
    kept, changed, resting, gone = fortnox.customers(4)
    fortnox.customer(Name="Vilande AB", Active=False)
    first = read().counts
    assert (first["seen"], first["total"], first["imported"], first["inactive"]) == (5, 5, 4, 1)
    assert (first["new"], first["created"]) == (4, 4)
    move_clock(seconds=3 * HOURS)
    fortnox.change_customer(changed, Phone1="040-1 23 45")
    fortnox.change_customer(resting, Active=False)
    with fortnox.app.installation.lock:
        fortnox.app.installation.store.put(f"{FIRST}/customers", gone, None)
    run = read(full=True)
    told = run.counts
    assert (told["seen"], told["total"], told["imported"], told["inactive"]) == (4, 4, 2, 2)
    assert (told["unchanged"], told["updated"], told["known"], told["gone"]) == (1, 1, 2, 1)
    assert set(run.skipped_records.values_list("number", "reason")) >= {
        (resting, "inactive"),
        (gone, "deleted"),
    }
    assert set(CustomerRecord.objects.filter(active=True).values_list("number", flat=True)) == {kept, changed}
    assert CustomerRecord.objects.filter(first_seen_at=None).count() == 0


def test_lists_of_what_was_passed_over_go_after_90_days_and_the_counts_stay(fortnox, connection, read):
    fortnox.customer(Active=False)
    run = read()
    jobs.delete_old_lists.func(timestamp=0)
    assert SkippedRecord.objects.count() == 1
    SyncRun.objects.update(started_at=clock.now() - timedelta(days=91))
    jobs.delete_old_lists.func(timestamp=0)
    assert SkippedRecord.objects.count() == 0
    run.refresh_from_db()
    assert run.counts["inactive"] == 1


def test_two_workers_on_one_run_store_its_page_once(fortnox, connection):
    """F56: the one that was taken for dead and comes back stores nothing, and ends nothing."""
    fortnox.customers(3)
    run = sync_run.start_or_resume(SyncRequest(connection, RunKind.CUSTOMERS), clock.now())
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    with pytest.raises(sync_run.StaleRun), sync_run.next_step(run):
        pass
    assert Client.objects.count() == 3


def test_a_record_that_no_list_shows_is_asked_for_before_it_rests(fortnox, connection, read, move_clock):
    """F47, I20: rows that move between two pages can hide one from a run whose totals agree."""
    number = fortnox.customer()
    for hours in (3, 6):
        read()
        move_clock(seconds=hours * HOURS)
    totals = '{"@TotalResources": 0, "@TotalPages": 0, "@CurrentPage": 1}'
    body = f'{{"MetaInformation": {totals}, "Customers": []}}'
    fortnox.fault(path="/3/customers", query={"filter": "active"}, action="status", status=200, body=body)
    before = fortnox.mark()
    run = read(full=True)
    assert fortnox.requests(before) == [*["GET customers"] * 3, f"GET customers/{number}"]
    assert (run.counts.get("gone", 0), run.counts.get("inactive", 0)) == (0, 0)
    assert CustomerRecord.objects.get().active
