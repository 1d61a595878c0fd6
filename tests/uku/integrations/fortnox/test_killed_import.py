"""A worker killed in the middle of an import: what was stored stays, nothing comes twice."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.simulated import until

from uku.clients.models import Client
from uku.integrations.fortnox.models import CustomerRecord, RunKind, RunState, SyncRun
from uku.integrations.fortnox.work import due, requests
from uku.kit import clock


@pytest.mark.process
def test_three_pages_are_stored_once_though_the_worker_is_killed_on_the_second(
    fortnox, connection, processes, move_clock
):
    fortnox.customers(1_200)
    move_clock(seconds=3 * 3600)
    before = fortnox.mark()
    held = fortnox.fault(path="/3/customers", query={"page": 2, "filter": "active"}, action="hold", phase="P4")
    due.wake(connection, at=clock.now())
    first = processes("-m", "uku", "worker")
    until(lambda: fortnox.holds(held), seconds=120)
    assert (SyncRun.objects.get(kind="customers").page, CustomerRecord.objects.count()) == (1, 500)
    first.kill()
    first.wait()
    fortnox.release(held)
    second = processes("-m", "uku", "worker")
    until(lambda: SyncRun.objects.filter(kind="customers", state=RunState.DONE).exists(), seconds=180)
    second.terminate()
    second.wait(timeout=60)

    run = SyncRun.objects.get(kind="customers", stage="inactive")
    assert (run.counts["seen"], run.counts["imported"], run.counts["created"]) == (1_200, 1_200, 1_200)
    assert CustomerRecord.objects.count() == Client.objects.count() == 1_200
    assert CustomerRecord.objects.values("number").distinct().count() == 1_200
    assert CustomerRecord.objects.values("client").distinct().count() == 1_200
    lists = [(q["filter"], q["page"]) for q in fortnox.queries("/3/customers", before) if "filter" in q]
    assert lists == [("active", "1"), ("active", "2"), ("active", "2"), ("active", "3"), ("inactive", "1")]
    assert fortnox.statuses(before)[429] == 0


@pytest.mark.process
def test_a_job_of_a_dead_worker_does_not_block_the_one_that_waits_behind_it(fortnox, connection, worker):
    from django.db import connection as database

    requests.request_sync(connection, RunKind.CUSTOMERS)
    with database.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE status = 'todo'")
    requests.request_sync(connection, RunKind.CUSTOMERS)
    with worker():
        until(lambda: SyncRun.objects.filter(kind="customers", state=RunState.DONE).exists(), seconds=15)
