"""The minute sweep: wakes what is due, asks once, and is quiet while the connection rests."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from tests.uku.integrations.fortnox.conftest import due_steps, let_rest, lose_jobs

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.invoices.export import due_exports
from uku.integrations.fortnox.models import (
    Connection,
    DueWork,
    ExportState,
    InvoiceExport,
    ReadKind,
    RequestedSync,
    RunKind,
    RunState,
    SyncRun,
)
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work import requests
from uku.integrations.fortnox.work.step import Work
from uku.integrations.fortnox.work.steps import STEPS
from uku.kit import clock
from uku.workspaces.models import Notice

REFUSED = '{"ErrorInformation":{"error":1,"message":"Kan inte hitta kunden.","code":2000433}}'
MOST_STATEMENTS = 125
"""A quiet cycle asks of the database, its job included: 125 when this was written."""
MINUTE, HOUR = 60, 3600


@pytest.fixture
def sweep(scope, queue):
    """Sweep and return what the loop that is woken finds due; nothing when none is woken."""

    def go() -> list[str]:
        jobs.sweep.func(timestamp=0)
        return due_steps(Connection.objects.get()) if queue("fortnox.work") else []

    return go


@pytest.fixture
def settled(fortnox, connection, run_jobs, sweep, move_clock):
    """Everything was read a moment ago, and what was made in Fortnox is hours old."""
    requests.request_sync(connection, RunKind.CUSTOMERS)
    run_jobs()
    move_clock(seconds=3 * HOUR)
    sweep()
    run_jobs()


def test_a_new_connection_is_asked_for_every_kind_once(fortnox, scope, owner, authorize, sweep, queue):
    authorize(scope, owner)
    lose_jobs()
    wanted = ["articles", "customers", "payments"]  # no statistics: there is no plan for them
    assert [sweep(), sweep()] == [wanted, wanted]
    assert len(queue()) == 1


def test_nothing_is_asked_again_within_a_quarter_of_an_hour(settled, sweep, move_clock):
    assert sweep() == []
    move_clock(seconds=3 * HOUR + 14 * MINUTE)
    assert sweep() == []


def test_a_quiet_cycle_costs_four_requests(fortnox, settled, sweep, move_clock, run_jobs):
    move_clock(seconds=3 * HOUR + 16 * MINUTE)
    assert sweep() == ["articles", "customers", "payments", "review"]
    before = fortnox.mark()
    with CaptureQueriesContext(database) as asked:
        run_jobs()
    assert sum("uku_clockoffset" not in each["sql"] for each in asked) <= MOST_STATEMENTS
    assert sorted(fortnox.requests(before)) == [
        "GET articles",
        "GET customers",
        "GET invoicepayments",
        "GET invoices",
    ]


def test_a_sync_that_was_asked_for_and_due_is_done_once(fortnox, settled, connection, sweep, move_clock, run_jobs):
    move_clock(seconds=3 * HOUR + 16 * MINUTE)
    sweep()
    for kind in (RunKind.CUSTOMERS, RunKind.ARTICLES):
        requests.request_sync(connection, kind)
    before = fortnox.mark()
    run_jobs()
    jobs.sync.func(connection.pk, "customers", scheduled=True)
    run_jobs()
    assert [fortnox.requests(before).count(f"GET {kind}") for kind in ("customers", "articles")] == [1, 1]


@pytest.mark.parametrize(
    ("name", "kind", "place"),
    [
        ("articles", RunKind.ARTICLES, "work.runs.run_sync"),
        ("record", ReadKind.CUSTOMER, "work.runs.read_record"),
        ("company", ReadKind.COMPANY, "connection.company.look_at_company"),
        ("grant", ReadKind.GRANT, "connection.grant_check.refresh_scopes"),
    ],
)
def test_what_is_asked_for_again_while_it_is_read_is_read_once_more(
    fortnox, settled, connection, move_clock, monkeypatch, name, kind, place
):
    """Whoever asks has just changed something, which the reading under way may have passed already."""
    fortnox.customer(CustomerNumber="7")
    let_rest(connection)
    (step,) = (step for step in STEPS if step.name == name)
    module, function = place.rsplit(".", 1)
    module = import_module(f"uku.integrations.fortnox.{module}")
    read = getattr(module, function)

    def ask(minutes: int) -> None:
        move_clock(seconds=3 * HOUR + minutes * MINUTE)
        if kind in RunKind:
            requests.request_sync(connection, kind)
        else:
            requests.request_read(connection, kind, "7" if kind == ReadKind.CUSTOMER else "")

    def read_and_ask(*args, **facts):
        done = read(*args, **facts)
        ask(2)
        return done

    ask(1)
    with monkeypatch.context() as patched:
        patched.setattr(module, function, read_and_ask)
        step.do(Work(connection, lambda: None))
    assert due_steps(connection) == [name]
    step.do(Work(connection, lambda: None))
    assert due_steps(connection) == []


def test_a_request_ends_with_the_run_that_follows_the_run_of_another_company(fortnox, connection):
    SyncRun.objects.create(kind=RunKind.CUSTOMERS, company_id="556002", started_at=clock.now(), full=True)
    requests.request_sync(connection, RunKind.CUSTOMERS, full=True)
    sync_run.start_or_resume(SyncRequest(connection, RunKind.CUSTOMERS, full=True), clock.now())
    assert not RequestedSync.objects.exists()


def test_a_run_that_was_cut_off_is_taken_up_again(fortnox, settled, connection, sweep, move_clock, run_jobs):
    move_clock(seconds=3 * HOUR + 16 * MINUTE)
    assert "customers" in sweep()
    run = sync_run.start_or_resume(SyncRequest(connection, RunKind.CUSTOMERS), clock.now())
    lose_jobs()  # its worker died after it began the run
    assert "customers" in sweep()
    run_jobs()
    newest = SyncRun.objects.filter(kind="customers").latest("id")
    assert (newest, newest.state) == (run, RunState.DONE)


def test_a_due_export_is_woken_once(fortnox, shop, sweep, later, queue):
    export = shop.export_of(shop.issue())
    lose_jobs()
    assert [sweep().count("export") for _ in range(2)] == [1, 1]
    assert len(queue()) == 1
    lose_jobs()
    InvoiceExport.objects.update(state=ExportState.UNCERTAIN, sent_at=clock.now(), next_at=clock.now())
    later(export, seconds=4 * HOUR)
    assert sweep().count("export") == 1


def test_an_export_whose_time_has_not_come_sleeps(fortnox, shop, sweep, later, run_jobs):
    export = shop.export_of(shop.issue())
    InvoiceExport.objects.update(next_at=clock.now())
    later(export, seconds=-HOUR)
    assert run_jobs() == ["fortnox.work"]
    assert (sweep(), fortnox.requests().count("POST invoices")) == ([], 0)
    assert not due_exports().exists()
    export.refresh_from_db()
    assert DueWork.objects.get().real_due_at == export.next_at


def test_a_sender_whose_lease_ran_out_is_woken(fortnox, shop, sweep, later):
    export = shop.export_of(shop.issue())
    lose_jobs()
    InvoiceExport.objects.update(state=ExportState.SENDING, sent_at=clock.now(), lease_until=clock.now())
    assert sweep().count("export") == 1
    later(export, seconds=-MINUTE)
    assert sweep().count("export") == 0


def test_an_invoice_that_fortnox_refuses_is_in_the_bell_before_the_loop_ends(fortnox, shop, settled, run_jobs):
    assert due_steps(Connection.objects.get()) == []
    fortnox.fault(path="/3/invoices", method="POST", action="status", status=400, body=REFUSED)
    shop.issue()
    run_jobs()
    assert Notice.objects.get(cleared_at=None).title == "Some invoices need attention."


@pytest.mark.parametrize("why", ["disabled", "free", "needs authorization"])
def test_a_resting_connection_is_asked_for_nothing(fortnox, shop, scope, sweep, run_jobs, move_clock, why):
    shop.issue()
    if why == "disabled":
        Connection.everywhere.update(enabled=False)
    elif why == "free":
        scope.plan = "free"
        scope.save()
    else:
        Connection.everywhere.update(block_reason="needs_authorization")
    move_clock(seconds=2 * HOUR)
    before = fortnox.mark()
    assert sweep() == ["review"]
    assert "fortnox.work" in run_jobs()
    assert fortnox.requests(before, prefix="/") == []
    assert InvoiceExport.objects.get().state == ExportState.QUEUED


def test_what_waits_when_fortnox_is_disabled_does_nothing(fortnox, connection, run_jobs):
    for kind in RunKind:
        requests.request_sync(connection, kind)
    Connection.everywhere.update(enabled=False)
    before = fortnox.mark()
    run_jobs()
    assert fortnox.requests(before, prefix="/") == []


def test_an_idle_connection_is_kept_alive_once_a_day(fortnox, settled, sweep, run_jobs, move_clock):
    minted = len(fortnox.commits("token.credentials"))
    move_clock(seconds=28 * HOUR)
    assert "keep_alive" in sweep()
    run_jobs()
    assert len(fortnox.commits("token.credentials")) == minted + 1
    assert "keep_alive" not in sweep()
