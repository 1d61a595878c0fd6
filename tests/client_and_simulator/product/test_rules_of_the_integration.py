"""Rules of the integration whose breaking no other test noticed (see tests/mutants)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fortnox_api import GrantRevoked, InvoicePayload, InvoiceRowPayload
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
from uku.integrations.fortnox.models import BlockReason, Connection, CustomerRecord, RunKind, RunState, SyncRun
from uku.integrations.fortnox.sync.engine import run_import
from uku.integrations.fortnox.sync.sync_run import SyncRequest, with_overlap
from uku.integrations.fortnox.tokens.grant_state import note_failure
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.models import Invoice, Payment, State
from uku.kit import clock

DENIED = '{"ErrorInformation":{"error":1,"message":"Har inte behörighet för scope","code":2000663}}'


@pytest.fixture
def read(connection):
    def go() -> SyncRun:
        run_sync(SyncRequest(connection, RunKind.PAYMENTS))
        return SyncRun.objects.filter(kind=RunKind.PAYMENTS).order_by("-id").first()

    return go


def test_a_run_that_was_stopped_moves_no_watermark(fortnox, connection, read):
    """uku-failed-run-moves-the-watermark: only what was read to its end may be left out next time"""
    done = read()
    assert done.state == RunState.DONE
    fortnox.fault(path="/3/invoices", action="status", status=403, body=DENIED)
    stopped = read()
    assert stopped.state == RunState.STOPPED
    later = read()
    assert (later.state, later.since) == (RunState.DONE, with_overlap(done.started_at))
    assert later.since <= done.started_at - timedelta(minutes=2)  # runs overlap: uku-no-overlap


def test_a_death_while_a_page_is_stored_loses_none_of_its_rows(fortnox, connection):
    """uku-place-before-rows: the place in a run is stored with the rows of its page"""
    fortnox.customers(501)

    def dies(run, items, details, at):
        if run.page == 1 or len(items) == 1:
            raise RuntimeError("killed")
        return CUSTOMER_IMPORTER.store(run, items, details, at)

    request = SyncRequest(connection, RunKind.CUSTOMERS)
    with pytest.raises(RuntimeError, match="killed"):
        run_import(replace(CUSTOMER_IMPORTER, store=dies), request)
    run_import(CUSTOMER_IMPORTER, request)
    assert CustomerRecord.objects.count() == 501


def test_payments_of_an_invoice_whose_number_contains_ours_are_not_ours(fortnox, shop, connection, run_jobs, read):
    """uku-payments-by-contains: the payments are listed afresh when what is stored does not explain the balance"""
    fortnox.switch(exact_searches=False)
    today = clock.today("Europe/Stockholm")
    ours = shop.issue()
    run_jobs()
    ours.refresh_from_db()
    other = f"1{ours.number}"
    facts = {"delivered_quantity": Decimal(1), "price": Decimal(80), "vat": Decimal(25)}
    row = InvoiceRowPayload(article_number=shop.article, **facts)
    payload = InvoicePayload(
        customer_number=shop.customer,
        document_number=other,
        invoice_date=today,
        due_date=today,
        currency="SEK",
        vat_included=False,
        external_reference="not ours",
        rows=(row,),
    )
    with open_fortnox(connection) as client:
        client.invoices.create(payload)
        client.invoices.bookkeep(other)
    payment = fortnox.pay(ours.number, "2375", today.isoformat())
    read()
    assert Invoice.objects.get(pk=ours.pk).state == State.PAID
    fortnox.ask("DELETE", f"companies/{connection.company_id}/payments/{payment}")
    fortnox.pay(other, "100", today.isoformat())
    read()
    assert Invoice.objects.get(pk=ours.pk).state != State.PAID
    assert not Payment.objects.filter(invoice=ours, booked=True).exists()


def test_a_late_failure_of_an_old_grant_does_not_blame_the_new_one(connection, workspace, owner, authorize):
    """uku-late-failure-blames-a-new-grant"""
    old = Connection.objects.get(pk=connection.pk)
    authorize(workspace, owner)
    note_failure(old, GrantRevoked("the refresh token is used"))
    assert Connection.objects.get(pk=connection.pk).block_reason == ""
    note_failure(Connection.objects.get(pk=connection.pk), GrantRevoked("the refresh token is used"))
    assert Connection.objects.get(pk=connection.pk).block_reason == BlockReason.NEEDS_AUTHORIZATION
