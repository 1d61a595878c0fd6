"""The minute sweep: wakes what is due, asks once, and is quiet while the connection rests."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.invoices.export import due_exports
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport, RunKind, RunState, SyncRun
from uku.integrations.fortnox.work import requests
from uku.kit import clock
from uku.kit.jobs import NORMAL, SOON

MINUTE, HOUR = 60, 3600


@pytest.fixture
def sweep(queue):
    """Sweep and return what waits then, as "push", "customers" and so on."""

    def go() -> list[str]:
        jobs.sweep.func(timestamp=0)
        return sorted(arguments.get("kind") or name.removeprefix("fortnox.") for name, arguments in queue())

    return go


@pytest.fixture
def settled(fortnox, connection, run_jobs, sweep, move_clock):
    """Everything was read a moment ago, and what was made in Fortnox is hours old."""
    move_clock(seconds=3 * HOUR)
    sweep()
    run_jobs()
    clear_queue()


def test_a_new_connection_is_asked_for_every_kind_once(connection, sweep):
    wanted = ["articles", "customers", "payments"]  # no statistics: there is no plan for them
    assert [sweep(), sweep()] == [wanted, wanted]


def test_nothing_is_asked_again_within_a_quarter_of_an_hour(settled, sweep, move_clock):
    assert sweep() == []
    move_clock(seconds=3 * HOUR + 14 * MINUTE)
    assert sweep() == []


def test_a_quiet_cycle_costs_four_requests(fortnox, settled, sweep, move_clock, run_jobs):
    move_clock(seconds=3 * HOUR + 16 * MINUTE)
    assert sweep() == ["articles", "customers", "payments"]
    before = fortnox.mark()
    run_jobs()
    assert sorted(fortnox.requests(before)) == [
        "GET articles",
        "GET customers",
        "GET invoicepayments",
        "GET invoices",
    ]


def test_a_sync_that_was_done_meanwhile_is_let_go(fortnox, settled, connection, sweep, move_clock, run_jobs):
    move_clock(seconds=3 * HOUR + 16 * MINUTE)
    sweep()
    requests.enqueue_sync(
        connection, RunKind.CUSTOMERS, priority=NORMAL, full=False, asked_by=connection.authorized_by_id
    )
    requests.request_sync(connection, RunKind.ARTICLES, priority=SOON)
    before = fortnox.mark()
    run_jobs()
    assert fortnox.requests(before).count("GET customers") == 2  # both were asked for before either ran
    assert fortnox.requests(before).count("GET articles") == 1
    jobs.sync.func(connection.pk, "customers", scheduled=True)
    assert fortnox.requests(before).count("GET customers") == 2


def test_a_run_that_was_cut_off_is_taken_up_again(fortnox, settled, connection, sweep, move_clock):
    SyncRun.objects.filter(kind="customers").update(state=RunState.RUNNING)
    assert "customers" not in sweep()
    clear_queue()
    move_clock(seconds=3 * HOUR + 6 * MINUTE)
    assert "customers" in sweep()


def test_a_due_export_is_woken_once(fortnox, shop, sweep, later):
    export = shop.export_of(shop.issue())
    clear_queue()
    assert [sweep().count("push") for _ in range(2)] == [1, 1]
    clear_queue()
    InvoiceExport.objects.update(state=ExportState.UNCERTAIN, sent_at=clock.now(), next_at=clock.now())
    later(export, seconds=4 * HOUR)
    assert sweep().count("push") == 1


def test_a_export_whose_time_has_not_come_sleeps(fortnox, shop, sweep, later):
    export = shop.export_of(shop.issue())
    clear_queue()
    InvoiceExport.objects.update(next_at=clock.now())
    later(export, seconds=-HOUR)
    assert "push" not in sweep()
    assert not due_exports().exists()


def test_a_sender_whose_lease_ran_out_is_woken(fortnox, shop, sweep, later):
    export = shop.export_of(shop.issue())
    clear_queue()
    InvoiceExport.objects.update(state=ExportState.SENDING, sent_at=clock.now(), lease_until=clock.now())
    later(export, seconds=MINUTE)
    assert sweep().count("push") == 1


@pytest.mark.parametrize("why", ["disabled", "free", "needs authorization"])
def test_a_resting_connection_is_asked_for_nothing(fortnox, shop, scope, sweep, run_jobs, move_clock, why):
    shop.issue()
    clear_queue()
    if why == "disabled":
        Connection.everywhere.update(enabled=False)
    elif why == "free":
        scope.plan = "free"
        scope.save()
    else:
        Connection.everywhere.update(block_reason="needs_authorization")
    move_clock(seconds=2 * HOUR)
    before = fortnox.mark()
    sweep()
    run_jobs()
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
