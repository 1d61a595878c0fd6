"""A reload whose worker is killed at every durable step of every phase: taken up again, same end state."""

from __future__ import annotations

from datetime import date

import pytest
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.conftest import clear_queue, let_rest, work_off
from tests.uku.integrations.fortnox.simulated import until

from uku.clients.models import Client
from uku.integrations.fortnox.models import (
    ArticleRecord,
    Connection,
    CustomerRecord,
    Reload,
    ReloadPhase,
    RunKind,
    RunState,
    SyncRun,
)
from uku.integrations.fortnox.reload import service
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.models import Invoice, Payment
from uku.kit import clock
from uku.tasks.models import Task, TaskValue
from uku.tasks.summaries import Schedule, open_month, own_plan, plan_summaries

pytestmark = pytest.mark.process
HOUR = 3600
MOST_STEPS = 400


@pytest.fixture
def world(fortnox, shop, owner, run_jobs, move_clock):
    """Something for every phase: customers new and gone inactive, an article, a payment, a month to count."""
    invoice = shop.issue()
    run_jobs()
    run_sync(SyncRequest(shop.connection, RunKind.PAYMENTS))
    today: date = clock.today("Europe/Stockholm")
    fields = {"sales_invoices": "Sales invoices"}
    plan_summaries(actor=owner, at=AT, title="Month", topic="B", client=None, fields=fields, schedule=Schedule(today))
    Connection.objects.update(statistics=["sales_invoices"])
    open_month(own_plan(), month=today, at=AT)
    fortnox.customer(Name="Ny Kund AB", OrganisationNumber="455000-0014")
    fortnox.customer(Name="Vilande AB", Active=False)
    fortnox.article(Description="Lön")
    invoice.refresh_from_db()
    fortnox.pay(invoice.number, "1000", today.isoformat())
    move_clock(seconds=3 * HOUR)
    let_rest(shop.connection, "details")
    clear_queue()


def end_state() -> dict[str, list[object]]:
    """What a reload leaves, but for ids and moments."""
    return {
        "customers": list(
            CustomerRecord.objects.order_by("number").values_list("number", "name", "active", "client__name")
        ),
        "read": sorted(CustomerRecord.objects.filter(detail_read_at=None).values_list("number", flat=True)),
        "articles": list(ArticleRecord.objects.order_by("number").values_list("number", "description", "active")),
        "clients": sorted(Client.objects.values_list("name", flat=True)),
        "invoices": list(Invoice.objects.values_list("number", "state", "balance")),
        "payments": list(Payment.objects.values_list("amount", "booked")),
        "tasks": list(Task.objects.values_list("month", "state")),
        "values": list(TaskValue.objects.values_list("field__name", "value", "measured")),
    }


def test_killed_at_every_step_of_every_phase_it_ends_as_if_nobody_had_been_killed(mortal, world, shop, owner):
    """Each step is a commit or one side of a request: the process counts them, the product names none."""
    made = service.begin(actor=owner, at=clock.now())
    place = {"connection_id": shop.connection.pk, "company_id": shop.connection.company_id}
    order = {"do": "job", "name": "fortnox.work", "arguments": place}
    died: dict[str, list[str]] = {phase: [] for phase in ReloadPhase}
    for _ in range(MOST_STEPS):
        row = Reload.objects.get(pk=made.pk)
        if row.state != RunState.RUNNING:
            break
        at = 0
        while (step := mortal.die(at, **order)) is not None:
            died[row.phase].append(step)
            at += 1
            if Reload.objects.get(pk=made.pk).phase != row.phase:
                break  # what is left of this phase is done; the next one begins with its own first step
    row = Reload.objects.get(pk=made.pk)
    killed = end_state()
    assert row.state == RunState.DONE, (row.phase, died)
    assert all(steps for phase, steps in died.items() if phase != ReloadPhase.DETAILS), died
    assert sum(map(len, died.values())) >= 40, died
    assert (SyncRun.objects.filter(state=RunState.RUNNING).count(), row.runs.count()) == (0, 4)

    clear_queue()
    clean = service.begin(actor=owner, at=clock.now())
    work_off()
    assert Reload.objects.get(pk=clean.pk).state == RunState.DONE
    assert end_state() == killed


def test_a_real_worker_that_is_killed_is_followed_by_another_which_goes_on(fortnox, connection, processes, owner):
    """The job of the dead one is given back, or the sweep takes the reload up: nobody has to ask."""
    fortnox.customers(501)
    clear_queue()
    held = fortnox.fault(path="/3/customers", query={"page": 2, "filter": "active"}, action="hold", phase="P4")
    made = service.begin(actor=owner, at=clock.now())
    first = processes("-m", "uku", "worker")
    until(lambda: fortnox.holds(held), seconds=120)
    first.kill()
    first.wait()
    fortnox.release(held)
    second = processes("-m", "uku", "worker")
    until(lambda: Reload.objects.get(pk=made.pk).phase == ReloadPhase.DETAILS, seconds=180)
    second.terminate()
    second.wait(timeout=60)
    assert CustomerRecord.objects.count() == Client.objects.count() == 501
    assert made.runs.filter(kind="customers").count() == 1
