"""The buttons of the dialog, pressed over HTTP by an owner."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from tests.uku.integrations.fortnox.conftest import clear_queue, let_rest
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS, SECOND

from uku.clients.models import Client
from uku.integrations.fortnox.models import (
    READ_KINDS,
    Connection,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    RequestedSync,
    RunKind,
    SyncRun,
)
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.tasks.models import SummaryPlan
from uku.tasks.summaries import fields_of
from uku.workspaces.models import AuditEntry


@pytest.fixture
def press(signed_in, owner, scope):
    browser = signed_in(owner)

    def post(name, data=None, **place):
        return browser.post(reverse(f"fortnox:{name}", kwargs={"slug": scope.slug, **place}), data or {})

    return post


@pytest.fixture
def see(signed_in, owner, scope):
    browser = signed_in(owner)
    return lambda name: browser.get(reverse(f"fortnox:{name}", kwargs={"slug": scope.slug})).content.decode()


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_asking_twice_queues_each_kind_once(connection, press, queue):
    for _ in range(2):
        answer = press("sync")
    assert "Reading from Fortnox." in said(answer)
    asked = sorted(RequestedSync.objects.values_list("kind", "full"))
    assert asked == sorted((str(kind), False) for kind in READ_KINDS)
    assert [name for name, _ in queue()] == ["fortnox.work"]


def test_asking_while_not_connected_asks_for_nothing(fortnox, scope, press):
    assert "Fortnox is disabled." in said(press("sync"))
    press("enable")
    assert "Fortnox is not connected." in said(press("sync"))
    assert RequestedSync.objects.count() == 0


@pytest.mark.parametrize("tab", ["overview", "connect", "settings", "activity", "help", "disconnect", "confirm"])
def test_looking_makes_no_row(fortnox, scope, owner, tab):
    """S19: a workspace that never enabled Fortnox has no connection, however often somebody looks."""
    from tests.uku.integrations.fortnox.browsers import Walk

    walk = Walk(owner, scope, fortnox)
    assert walk.see(tab).status_code in {200, 302}
    assert walk.browser.get(f"{walk.root}settings/").status_code == 200
    assert Connection.objects.count() == 0
    walk.post("enable")
    assert Connection.objects.get().enabled is True


def test_reload_reads_everything_again(fortnox, shop, press, run_jobs, move_clock):
    move_clock(seconds=3 * 3600)
    let_rest(shop.connection)
    press("reload")
    before = fortnox.mark()
    run_jobs()
    lists = [query.get("filter") for query in fortnox.queries("/3/customers", before)]
    assert lists[:2] == ["active", "inactive"]


@pytest.mark.parametrize("decision", ["link", "create-client"])
def test_a_suggested_customer_is_decided_by_a_button(fortnox, connection, press, decision):
    fortnox.customer(OrganisationNumber=NUMBERS[0])
    second = fortnox.customer(Name="Björk filial", OrganisationNumber=NUMBERS[0])
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    record = CustomerRecord.objects.get(number=second)
    client = record.suggested
    assert press(decision, pk=record.pk).status_code == 302
    record.refresh_from_db()
    assert record.suggested is None
    assert (record.client == client, Client.objects.count()) == ((True, 1) if decision == "link" else (False, 2))
    assert AuditEntry.objects.filter(action="fortnox.link").count() == 1
    before = AuditEntry.objects.count()
    assert press(decision, pk=record.pk).status_code == 302  # and says that it is decided already (B17)
    assert (AuditEntry.objects.count(), Client.objects.count()) == (before, 1 if decision == "link" else 2)


def test_sending_again_by_the_button_creates_once(fortnox, shop, press, run_jobs):
    body = '{"ErrorInformation":{"error":1,"message":"Konto saknas","code":2001304}}'
    fortnox.fault(method="POST", path="/3/invoices", action="status", status=400, body=body)
    invoice = shop.issue()
    run_jobs()
    export = shop.export_of(invoice)
    assert export.state == ExportState.REJECTED
    for _ in range(2):
        assert press("retry", pk=export.pk).status_code == 302
    run_jobs()
    assert fortnox.creates() == {invoice.reference: 1}


def test_switching_statistics_on_stores_the_plan_and_says_what_is_lacking(connection, press, see):
    form = {
        "new_clients": "create",
        "title": "Månad",
        "topic": "Books",
        "first_month": clock.today("Europe/Stockholm").replace(day=1).isoformat(),
        "statistics": ["sales_invoices", "vouchers"],
    }
    assert press("settings", form).status_code == 302
    plan = SummaryPlan.objects.get()
    assert (plan.title, [each.statistic for each in fields_of(plan)]) == ("Månad", ["sales_invoices", "vouchers"])
    assert Connection.objects.get().statistics == ["sales_invoices", "vouchers"]
    assert "Bookkeeping" in see("connect")


def test_the_activity_lists_what_was_passed_over(fortnox, connection, see):
    fortnox.customer(Name="Vilande AB", Active=False)
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    page = see("activity")
    assert ("Vilande AB" in page, "Inactive in Fortnox" in page) == (True, True)
    assert SyncRun.objects.count() == 1


def test_a_dead_grant_is_shown_with_the_one_thing_to_do(fortnox, connection, see):
    Connection.objects.update(block_reason="needs_authorization", block_text="Invalid refresh token")
    page = see("overview")
    assert "Needs attention" in page
    assert "Click Authorize on the Connect to Fortnox tab." in page


def test_the_same_number_in_two_companies_is_no_conflict(fortnox, shop, owner, scope, authorize, run_jobs):
    """After moving to another company, its invoice may carry a number that the first company's one has too."""
    from uku.integrations.fortnox.connection.disconnect import disconnect

    first = shop.issue()
    run_jobs()
    number = shop.export_of(first).document_number
    disconnect(workspace=scope, actor=owner, at=clock.now())
    connection = authorize(scope, owner, company=SECOND)
    clear_queue()
    fortnox.ask("PATCH", f"companies/{SECOND}")
    with fortnox.app.installation.lock:
        fortnox.app.installation.company(SECOND).set_counter("invoices", int(number))
    fortnox.customer(company=SECOND, OrganisationNumber=NUMBERS[0])
    article = fortnox.article(company=SECOND)
    for kind in (RunKind.CUSTOMERS, RunKind.ARTICLES):
        run_sync(SyncRequest(connection, kind))
    clear_queue()
    second = shop.issue()
    run_jobs()
    export = InvoiceExport.objects.get(invoice=second)
    assert (article, export.company_id, export.state, export.document_number) == (
        shop.article,
        SECOND,
        ExportState.CONFIRMED,
        number,
    )
    assert shop.export_of(first).company_id == FIRST
