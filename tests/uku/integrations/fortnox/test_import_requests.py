"""What an import costs and whom it holds up: requests read from the journal, pace, tokens, priorities."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import pytest
from django.db import connection as database
from tests.uku.conftest import make_user, make_workspace
from tests.uku.integrations.fortnox.conftest import clear_queue, let_rest, read_details, work_off
from tests.uku.integrations.fortnox.grants import stored
from tests.uku.integrations.fortnox.import_runs import (
    ARTICLES,
    CUSTOMERS,
    HOURS,
    active_here,
    bring_in,
    complaint,
    lists,
    meanwhile,
    small_pages,
)
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND, no_waiting, until

from uku.clients.models import Client
from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.client import rate_limit
from uku.integrations.fortnox.customers.review import create_clients
from uku.integrations.fortnox.models import (
    ArticleRecord,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    RunKind,
    RunState,
    SyncIssue,
    SyncRun,
)
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work import requests
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.kit.scoping import workspace_in_force

QUARTER = 15 * 60


def details(fortnox, since: int) -> list[str]:
    """The requests that read one record, in order."""
    return [path for path in fortnox.requests(since) if path.count("/") == 1 and not path.endswith("/")]


def test_each_detail_of_a_first_import_is_of_a_linked_customer_or_a_used_article(
    fortnox, connection, run_jobs, move_clock
):
    """The lists at the minimum, then one detail each that somebody needs, and never a second one"""
    wanted = [fortnox.customer(Name=f"Bolag {number} AB") for number in range(4)]
    fortnox.customer(Name="Vilande AB", Active=False)
    for _ in range(3):
        fortnox.article()
    move_clock(seconds=3 * HOURS)
    let_rest(connection)
    before = fortnox.mark()
    for kind in (CUSTOMERS, ARTICLES):
        run_sync(SyncRequest(connection, kind))
    read_details(connection)
    linked = set(CustomerRecord.objects.exclude(client=None).values_list("number", flat=True))
    assert sorted(details(fortnox, before)) == sorted(f"GET customers/{number}" for number in wanted)
    assert linked == set(wanted)
    assert len(fortnox.requests(before)) == 4 + len(wanted)
    before = fortnox.mark()
    for kind in (CUSTOMERS, ARTICLES):
        run_sync(SyncRequest(connection, kind, full=True))
    read_details(connection)
    assert details(fortnox, before) == []


def test_customers_that_wait_for_a_person_cost_no_detail(fortnox, scope, owner, authorize, run_jobs):
    """The first import waits for decisions; nobody needs the details of what is not linked"""
    connection = authorize(scope, owner)
    clear_queue()
    let_rest(connection)
    fortnox.customers(3)
    before = fortnox.mark()
    run_sync(SyncRequest(connection, CUSTOMERS))
    read_details(connection)
    assert (Client.objects.count(), CustomerRecord.objects.filter(client=None).count()) == (0, 3)
    assert fortnox.requests(before) == ["GET customers"] * 2
    known = CustomerRecord.objects.order_by("id")[1]  # its neighbours go on waiting
    create_clients(ids=[known.pk], actor=owner, at=clock.now())
    work_off()
    read_details(connection)
    assert details(fortnox, before) == [f"GET customers/{known.number}"]


def test_an_unchanged_run_costs_two_and_one_changed_record_three(fortnox, connection, run_jobs, move_clock):
    """Two lists; the third request is the changed record's detail"""
    number = fortnox.customer()
    fortnox.article()
    move_clock(seconds=3 * HOURS)
    for kind in (CUSTOMERS, ARTICLES):
        run_sync(SyncRequest(connection, kind))
    read_details(connection)
    for hours, cost in ((6, []), (9, [f"GET customers/{number}"])):
        move_clock(seconds=hours * HOURS)
        let_rest(connection)
        if cost:
            fortnox.change_customer(number, Phone1="031-1 23 45")
        before = fortnox.mark()
        for kind in (CUSTOMERS, ARTICLES):
            run_sync(SyncRequest(connection, kind))
        read_details(connection)
        assert sorted(fortnox.requests(before)) == sorted(["GET customers", "GET articles", *cost])


def test_a_quiet_quarter_of_an_hour_costs_at_most_four_requests(fortnox, shop, run_jobs, move_clock):
    """Customers, articles, invoices, payments, as the schedule asks for them"""
    shop.issue()
    for step in range(1, 3):  # whatever the first rounds still have to do
        move_clock(seconds=step * 4 * HOURS)
        jobs.sweep.func(timestamp=0)
        run_jobs()
    for quarter in range(1, 9):
        move_clock(seconds=8 * HOURS + quarter * QUARTER + 5 * quarter)
        before = fortnox.mark()
        jobs.sweep.func(timestamp=0)
        run_jobs()
        assert len(fortnox.requests(before)) <= 4, fortnox.requests(before)
        assert {path.split()[1] for path in fortnox.requests(before)} >= {"customers", "articles"}


def test_an_import_that_outlasts_its_token_renews_it_in_the_middle(fortnox, connection, monkeypatch):
    """F57: no page is lost and none is counted twice"""
    small_pages(monkeypatch, 5)
    numbers = [fortnox.customer(Name=f"Bolag {number} AB") for number in range(17)]
    meanwhile(fortnox, 3, {"path": "/_sim/clock", "body": {"advance": 2 * HOURS}}, filter="active")
    before = fortnox.mark()
    run = bring_in(connection)
    assert (run.state, run.counts["seen"], active_here()) == (RunState.DONE, 17, numbers)
    pages = ["1", "2", "3", "3", "4"]
    assert [page for name, page in lists(fortnox, before) if name == "active"] == pages
    assert len(fortnox.mints(before)) + fortnox.refreshes(before) == 1
    assert fortnox.reuses(before) == []


# F58: the storm


@pytest.fixture
def passing(monkeypatch):
    """Let every wait for leave pass at once: the company's row moves back as far as the sleeper would have slept."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        with database.cursor() as cursor:
            cursor.execute("UPDATE fortnox_pace SET next_at = next_at - make_interval(secs => %s)", [seconds])

    monkeypatch.setattr("uku.integrations.fortnox.client.open.PaceRow", partial(rate_limit.PaceRow, sleep=sleep))
    no_waiting(monkeypatch)
    return slept


STORMS = {
    "nothing": {},
    "seconds": {"Retry-After": "7"},
    "a date": {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"},
    "much": {"Retry-After": "999999"},
    "nonsense": {"Retry-After": "Wed, 99 Foo", "Set-Cookie": "a=b"},
    "less than nothing": {"Retry-After": "-5"},
}


@pytest.mark.parametrize("told", STORMS)
def test_a_storm_of_429_holds_everybody_back_and_the_run_goes_on_at_its_page(
    fortnox, connection, real_pace, passing, monkeypatch, told
):
    """F58, B48: at most one request each 5 s, whatever Retry-After says; the wait is capped, the page is the same"""
    small_pages(monkeypatch, 5)
    numbers = [fortnox.customer(Name=f"Bolag {number} AB") for number in range(12)]
    storm = fortnox.fault(
        path="/3/customers", query={"page": 2}, action="status", status=429, headers=STORMS[told], times=10_000
    )
    before = fortnox.mark()
    first = bring_in(connection)
    for _ in range(3):
        bring_in(connection)
    assert (first.state, first.page, active_here()) == (RunState.RUNNING, 1, numbers[:5])
    least = {"a date": 1}.get(told, 5)  # one that lies in the past is the shortest wait
    assert sum(passing) >= least * (fortnox.struck(storm) - 1)
    assert max(passing) <= rate_limit.LONGEST_WAIT
    fortnox.heal()
    done = bring_in(connection)
    assert (done.pk, done.state, active_here()) == (first.pk, RunState.DONE, numbers)
    pages = [page for name, page in lists(fortnox, before) if name == "active"]
    assert (pages.count("1"), pages.count("3")) == (1, 1)


def test_ten_minutes_of_429_cost_less_than_a_request_each_five_seconds(
    fortnox, connection, real_pace, passing, monkeypatch
):
    """F58: for as long as it lasts, however often the schedule asks again"""
    fortnox.customers(3)
    storm = fortnox.fault(path="/3/customers", action="status", status=429, times=10_000)
    while sum(passing) < 600:
        bring_in(connection)
    assert fortnox.struck(storm) <= sum(passing) / 5 + 1
    fortnox.heal()
    for _ in range(2):
        run = bring_in(connection)
    assert (run.state, len(active_here())) == (RunState.DONE, 3)


# F59: one budget

IMPORT = """
import pathlib, sys, time
import django
from uku.kit.loading import loading_what_stays
with loading_what_stays():
    django.setup()
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.client.open import open_fortnox
from uku.kit.scoping import workspace_in_force
place, what = pathlib.Path(sys.argv[1]), sys.argv[2]
connection = Connection.everywhere.get()
(place / f"ready-{what}").touch()
while not (place / "go").exists():
    time.sleep(0.01)
with workspace_in_force(connection.workspace_id), open_fortnox(connection) as fortnox:
    for number in range(30):
        fortnox.customers.get("1") if what == "web" else fortnox.articles.count()
"""


@pytest.mark.process
def test_a_web_process_and_a_worker_at_full_speed_share_one_budget(fortnox, connection, processes, tmp_path, real_pace):
    """F59, I31: never more than 25 requests in any 5 s, and not one 429"""
    fortnox.switch(rate_limit=True, rate_model="sliding")
    fortnox.customer()
    before = fortnox.mark()
    running = [processes("-c", IMPORT, str(tmp_path), what) for what in ("web", "worker")]
    until(lambda: len(list(tmp_path.glob("ready-*"))) == 2)
    (tmp_path / "go").touch()
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    entries = [e for e in fortnox.journal(before) if e["kind"] == "request" and e["path"].startswith("/3/")]
    at = [datetime.fromisoformat(entry["real"]).timestamp() for entry in entries]
    assert (len(at), fortnox.statuses(before)[429]) == (60, 0)
    assert max(sum(0 <= later - first < 5 for later in at) for first in at) <= 25


# F60: one large company


@pytest.fixture
def neighbour(fortnox, authorize):
    """Another workspace, connected to another company."""
    other = make_user("nina@grannen.example", "Nina")
    place = make_workspace("grannen", other, organisation_number="5560360793")
    fortnox.ask("PATCH", f"companies/{SECOND}", OrganizationNumber="556036-0793")
    connection = authorize(place, other, company=SECOND)
    connection.first_import_of = connection.company_id
    connection.save(update_fields=["first_import_of"])
    clear_queue()
    return connection


@pytest.mark.process
def test_another_tenants_import_does_not_wait_behind_a_large_one(fortnox, connection, neighbour, worker):
    """F60: while a page of the large company hangs, the neighbour's import begins and ends"""
    fortnox.customers(1_500)
    fortnox.customers(3, SECOND)
    held = fortnox.fault(company=FIRST, path="/3/customers", query={"page": 2}, action="hold", phase="P4")
    requests.request_sync(connection, CUSTOMERS)
    with worker():
        until(lambda: fortnox.holds(held), seconds=60)
        with workspace_in_force(neighbour.workspace_id):
            requests.request_sync(neighbour, CUSTOMERS)
            until(lambda: SyncRun.objects.filter(kind=CUSTOMERS, state=RunState.DONE).exists(), seconds=60)
            assert CustomerRecord.objects.filter(active=True).count() == 3
        assert fortnox.holds(held)
        assert SyncRun.objects.get(kind=CUSTOMERS).state == RunState.RUNNING
        fortnox.release(held)


def test_a_export_goes_out_between_the_slices_of_a_large_import(fortnox, shop, monkeypatch):
    """F60: what a person waits for has priority over the rest of the pages"""
    small_pages(monkeypatch, 2)
    for number in range(60):
        fortnox.customer(Name=f"Bolag {number} AB")
    requests.request_sync(shop.connection, CUSTOMERS, full=True)
    before = fortnox.mark()
    issue_at_page(fortnox, shop, 3)
    work_off(at_most=500)
    made = fortnox.requests(before)
    exported = made.index("POST invoices")
    assert made[:exported].count("GET customers") < 31
    assert made[exported:].count("GET customers") >= 15
    assert InvoiceExport.objects.get().state == ExportState.CONFIRMED
    assert SyncRun.objects.filter(kind=CUSTOMERS, state=RunState.DONE, full=True).count() == 2
    assert len(active_here()) == 61


@pytest.mark.parametrize("rows", [4, 6])
def test_a_pause_right_behind_the_last_page_costs_nothing_and_interrupts_nothing(
    fortnox, connection, monkeypatch, rows
):
    """F48, F50: ten pages of a list are one step's; the next step begins with the next list, and may still retire"""
    small_pages(monkeypatch, 2)
    numbers = [fortnox.customer(Name=f"Bolag {number} AB") for number in range(rows)]
    bring_in(connection)
    fortnox.ask("DELETE", f"companies/{FIRST}/customers/{numbers[0]}")
    fortnox.customer(Name="Ny AB", CustomerNumber="9000")
    before = fortnox.mark()
    while (run := run_sync(SyncRequest(connection, CUSTOMERS, full=True, pages=rows // 2))) and run.paused:
        clear_queue()
    assert [page for name, page in lists(fortnox, before) if name == "active"] == [str(n + 1) for n in range(rows // 2)]
    assert active_here() == [*numbers[1:], "9000"]


def issue_at_page(fortnox, shop, page: int) -> None:
    """Let a person issue an invoice while the worker reads a page."""
    import threading

    fault = fortnox.fault(path="/3/customers", query={"page": page, "filter": "active"}, action="hold", phase="P4")

    def person() -> None:
        until(lambda: fortnox.holds(fault))
        with workspace_in_force(shop.connection.workspace_id):
            shop.issue()
        database.close()
        fortnox.release(fault)

    threading.Thread(target=person, daemon=True).start()


# B49: what Fortnox says of an error


def test_an_error_of_an_import_is_shown_escaped_and_without_our_token(fortnox, connection, signed_in, owner, scope):
    """B49: Swedish text with holes and our own token in it, code as text, another case of the keys"""
    words = "Värdet {Value} är fel <script>alert(1)</script> {access_token} " + "x" * 1_000
    body = complaint("2000108", words).replace('"code"', '"Code"').replace('"message"', '"Message"')
    fortnox.fault(path="/3/customers", status=400, body=body, echo=True, times=10)
    run = bring_in(connection)
    sync_issue = SyncIssue.objects.get()
    assert (run.state, sync_issue.code) == (RunState.STOPPED, "2000108")
    ours = stored().access_token[:8]  # random texts of the page have fewer letters of it by chance
    assert ours not in f"{sync_issue.message} {run.text}"
    assert len(sync_issue.message) <= 500
    page = signed_in(owner).get(f"/w/{scope.slug}/settings/fortnox/activity/").content.decode()
    assert "<script>alert(1)" not in page
    assert ours not in page


@pytest.mark.parametrize("code", [2001101, 2001103, 2000663])
def test_a_missing_licence_or_scope_turns_one_kind_off_and_no_other(fortnox, connection, code):
    """F86: the other kind goes on, the connection lives, and it is one problem however often it is tried"""
    fortnox.customer()
    fortnox.article()
    fortnox.fault(path="/3/articles", action="status", status=403, body=complaint(code), times=10_000)
    for _ in range(3):
        articles, customers = bring_in(connection, ARTICLES), bring_in(connection, CUSTOMERS)
    assert (articles.state, customers.state) == (RunState.STOPPED, RunState.DONE)
    assert (ArticleRecord.objects.count(), len(active_here())) == (0, 1)
    sync_issue = SyncIssue.objects.get(solved_at=None)
    assert (sync_issue.kind, sync_issue.code, sync_issue.times) == (str(RunKind.ARTICLES), str(code), 3)
    fortnox.heal()
    assert bring_in(connection, ARTICLES).state == RunState.DONE
    assert SyncIssue.objects.filter(solved_at=None).count() == 0
