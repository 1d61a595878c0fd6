"""Many customers cost few queries: counted for some and for twice as many, so that the growth per customer shows."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.clients.models import Client
from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.customers import bulk_create
from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
from uku.integrations.fortnox.models import Connection, CustomerRecord, LinkReason, RunKind, SyncIssue, SyncRun
from uku.integrations.fortnox.sync.details import read_slice
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.workspaces.audit import verify_chain
from uku.workspaces.models import AuditEntry

FEW, MANY = 200, 400


def count_queries(made: CaptureQueriesContext) -> int:
    """How many there were, but for those that ask how far tests moved the clock."""
    return sum("uku_clockoffset" not in query["sql"] for query in made)


def waiting(count: int, connection) -> list[CustomerRecord]:
    """Customers to review, whose details are read already: reading them is no part of making clients."""
    given = {"workspace_id": connection.workspace_id, "company_id": connection.company_id}
    times = {"seen_at": AT, "detail_read_at": AT}
    first = CustomerRecord.objects.count() + 1
    return CustomerRecord.objects.bulk_create(
        CustomerRecord(number=f"W{n}", name=f"Kund {n:05}", email=f"kund{n}@kund.example", **given, **times)
        for n in range(first, first + count)
    )


def test_clients_from_10_000_customers_take_at_most_1_000_queries(connection, owner):
    """Counted by the company's loop for two batches and for four."""
    queries, total = [], 0
    for count in (2 * bulk_create.BATCH + 1, 4 * bulk_create.BATCH + 1):
        last, total = waiting(count, connection)[-1].pk, total + count
        creation = bulk_create.create_all(up_to=last, actor=owner, at=AT)
        assert creation.made == 0
        with CaptureQueriesContext(database) as made:
            jobs.work.func(connection.pk, connection.company_id)
        creation.refresh_from_db()
        assert (creation.made, creation.ended_at is not None) == (count, True)
        queries.append(count_queries(made))
    assert (queries[1] - queries[0]) * 10_000 / (2 * bulk_create.BATCH) <= 1_000, queries
    assert Client.objects.count() == total
    assert CustomerRecord.objects.filter(linked_because=LinkReason.CREATED, linked_by=owner).count() == total
    for action in ("client.create", "fortnox.link"):
        assert AuditEntry.objects.filter(action=action, actor=owner).count() == total
    assert verify_chain(connection.workspace) is None


def test_10_000_customers_that_match_existing_clients_take_at_most_2_000_queries(fortnox, connection):
    """They come in 20 pages of 500. Counted for a page with 200 and with 400, each of which fills its client."""
    queries, known = [], 0
    for count in (FEW, MANY):
        fortnox.customers(count - known)
        known = count
        run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
        CustomerRecord.objects.all().delete()
        Client.objects.update(phone="", city="")
        SyncRun.objects.update(company_id="")
        clear_queue()
        lines = AuditEntry.objects.filter(action="client.import").count()
        with CaptureQueriesContext(database) as made:
            run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
        queries.append(count_queries(made))
        filled = AuditEntry.objects.filter(action="client.import").count() - lines
        assert filled == CustomerRecord.objects.exclude(client=None).count() > count * 0.9
        assert Client.objects.filter(city="").count() == Client.objects.count() - filled
        CustomerRecord.objects.all().delete()
    assert (queries[0] == queries[1], 20 * queries[1] <= 2_000) == (True, True), queries
    assert verify_chain(connection.workspace) is None


def test_a_detail_takes_at_most_six_queries(fortnox, connection):
    """Counted by the company's loop for 40 and for 80 details, each of which fills its client."""
    fortnox.customers(100)
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
    linked = list(CustomerRecord.objects.exclude(client=None).order_by("pk").values_list("pk", flat=True))
    queries = []
    for count in (40, 80):
        CustomerRecord.objects.update(detail_read_at=AT)
        CustomerRecord.objects.filter(pk__in=linked[:count]).update(detail_read_at=None)
        Client.objects.update(payment_days=1, currency="XXX")
        with CaptureQueriesContext(database) as made:
            jobs.work.func(connection.pk, connection.company_id)
        queries.append(count_queries(made))
        assert CustomerRecord.objects.filter(detail_read_at=None).count() == 0
        assert Client.objects.exclude(currency="XXX").count() == count
    assert (queries[1] - queries[0]) / 40 <= 6, queries
    assert verify_chain(connection.workspace) is None


@pytest.mark.parametrize("left", ["a run of its own", "the run before"])
def test_unchanged_customers_cost_nothing_each(fortnox, connection, left):
    """A page of customers that are as they were costs the same for 200 and for 400."""
    queries, known = [], 0
    for count in (FEW, MANY):
        fortnox.customers(count - known)
        known = count
        run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
        if left == "a run of its own":
            SyncRun.objects.update(company_id="")
        with CaptureQueriesContext(database) as made:
            run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
        queries.append(count_queries(made))
    assert queries[1] <= queries[0], queries


# A slice of details


def imported(fortnox, connection, count: int) -> list[str]:
    """Import customers whose details are still to be read; return their numbers in the order of reading."""
    fortnox.customers(count)
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
    return list(CustomerRecord.objects.exclude(client=None).order_by("pk").values_list("number", flat=True))


def test_details_that_came_before_fortnox_failed_are_stored_and_not_read_again(fortnox, connection):
    numbers = imported(fortnox, connection, 8)
    fault = fortnox.fault(path=f"/3/customers/{numbers[4]}", action="status", status=500, times=10_000)
    jobs.work.func(connection.pk, connection.company_id)
    left = CustomerRecord.objects.filter(detail_read_at=None, client__isnull=False)
    assert sorted(left.values_list("number", flat=True)) == sorted(numbers[4:])
    assert fortnox.struck(fault) > 0


def test_a_detail_that_the_database_refuses_is_an_issue_and_keeps_no_other_waiting(fortnox, connection):
    numbers = imported(fortnox, connection, 5)
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        long = {"OrganisationNumber": "455000" + "-" * 40 + "0006"}
        company.put("customers", numbers[2], {**company.get("customers", numbers[2]), **long})
    jobs.work.func(connection.pk, connection.company_id)
    assert CustomerRecord.objects.filter(detail_read_at=None, client__isnull=False).count() == 0
    issue = SyncIssue.objects.get(kind="customer", solved_at=None)
    assert (issue.number, issue.reason[:21]) == (numbers[2], "Could not be stored: ")
    assert CustomerRecord.objects.exclude(country="").count() == len(numbers) - 1


def test_a_record_that_was_stored_by_another_while_its_detail_was_read_is_left_as_it_is(fortnox, connection):
    """A loop that was frozen between reading and storing comes back with what is old by then."""
    numbers = imported(fortnox, connection, 3)

    def freeze() -> None:
        CustomerRecord.objects.filter(number=numbers[0]).update(detail_read_at=AT, country="NO")

    with open_fortnox(Connection.objects.get(), freeze) as api:
        read_slice(api, connection.company_id, [CUSTOMER_IMPORTER])
    told = dict(CustomerRecord.objects.filter(number__in=numbers).values_list("number", "country"))
    assert told == {numbers[0]: "NO", numbers[1]: "SE", numbers[2]: "SE"}


def test_a_text_that_became_too_long_is_listed_as_not_stored_and_never_cut(fortnox, connection):
    numbers = imported(fortnox, connection, 3)
    names = dict(CustomerRecord.objects.values_list("number", "name"))
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        company.put("customers", numbers[1], {**company.get("customers", numbers[1]), "Name": "x" * 2_000})
    SyncRun.objects.update(company_id="")
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
    run = SyncRun.objects.order_by("-id")[0]
    skipped = [(row.number, row.reason) for row in run.skipped_records.all()]
    assert (run.state, skipped) == ("done", [(numbers[1], "not_stored")])
    assert dict(CustomerRecord.objects.values_list("number", "name")) == names
