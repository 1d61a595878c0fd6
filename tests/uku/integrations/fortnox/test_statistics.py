"""Work statistics: two counted figures on the month's one summary task."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.uku.conftest import AT

from uku.integrations.fortnox.connection import scopes
from uku.integrations.fortnox.models import RunKind, RunState, SyncRun
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.kit.banking_days import first_banking_day
from uku.tasks.models import Task, TaskValue
from uku.tasks.months import first_of
from uku.tasks.summaries import Schedule, plan_summaries
from uku.tasks.work import finish_task

LABELS = {"sales_invoices": "Sales invoices", "vouchers": "Vouchers"}


def last_month() -> date:
    return first_of(first_of(clock.today("Europe/Stockholm")) - timedelta(days=1))


@pytest.fixture
def plan(connection, owner):
    """Switch statistics on from last month, with the permission they need unless told otherwise."""

    def on(*names, granted: bool = True):
        fields = {name: LABELS[name] for name in names}
        plan_summaries(
            actor=owner,
            at=AT,
            title="Month",
            topic="Books",
            client=None,
            fields=fields,
            schedule=Schedule(last_month()),
        )
        connection.statistics = list(names)
        connection.save(update_fields=["statistics"])
        return granted

    return on


@pytest.fixture
def count(connection):
    def go() -> SyncRun | None:
        connection.refresh_from_db()
        run_sync(SyncRequest(connection, RunKind.STATISTICS))
        return SyncRun.objects.filter(kind=RunKind.STATISTICS).order_by("-id").first()

    return go


@pytest.fixture
def authorized(authorize, scope, owner, plan, connection):
    """Both statistics chosen, then authorized for them."""
    plan("sales_invoices", "vouchers")
    authorize(scope, owner)
    connection.refresh_from_db()


def figures() -> dict[str, Decimal]:
    """Last month's. On a month's last day that month has its task, too."""
    values = TaskValue.objects.filter(task__month=last_month()).select_related("field")
    return {value.field.name: value.value for value in values}


def test_bookkeeping_is_asked_for_only_when_vouchers_is_chosen(connection, plan):
    assert "bookkeeping" not in scopes.scopes_for(connection)
    plan("sales_invoices")
    connection.refresh_from_db()
    assert "bookkeeping" not in scopes.scopes_for(connection)
    plan("vouchers")
    connection.refresh_from_db()
    assert scopes.scopes_for(connection)[-1] == "bookkeeping"
    assert scopes.lacking_scopes(connection) == ["bookkeeping"]


def test_two_statistics_land_on_the_months_one_task(fortnox, shop, authorized, run_jobs, count):
    for _ in range(2):
        shop.issue_old(on=last_month() + timedelta(days=3))
    shop.issue()
    run_jobs()
    before = fortnox.mark()
    count()
    task = Task.objects.get(month=last_month())
    assert figures() == {"Sales invoices": Decimal(2), "Vouchers": Decimal(2)}
    in_a_week = clock.today("Europe/Stockholm") + timedelta(days=7)
    due = first_banking_day(in_a_week, "SE")
    assert (task.due_date, Task.objects.filter(month=last_month()).count()) == (due, 1)
    counted = fortnox.requests(before)
    assert sorted(counted) == [
        "GET financialyears",
        "GET invoices",
        "GET invoices",
        "GET predefinedvoucherseries",
        "GET sie/4",
        "GET sie/4",
        "GET voucherseries",
    ]


def test_an_open_month_is_refreshed_and_a_finished_one_keeps_its_value(
    fortnox, shop, authorized, run_jobs, count, owner
):
    count()
    assert figures()["Sales invoices"] == 0
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    count()
    assert figures()["Sales invoices"] == 1
    finish_task(task=Task.objects.get(month=last_month()), actor=owner, at=AT)
    shop.issue_old(on=last_month() + timedelta(days=4))
    run_jobs()
    count()
    assert (figures()["Sales invoices"], Task.objects.filter(month=last_month()).count()) == (1, 1)


def test_a_value_edited_by_hand_is_kept_with_the_figure_beside_it(fortnox, shop, authorized, run_jobs, count):
    count()
    TaskValue.objects.filter(field__name="Sales invoices").update(value=7, edited=True)
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    count()
    value = TaskValue.objects.get(field__name="Sales invoices", task__month=last_month())
    assert (value.value, value.measured) == (7, 1)


def test_cancelled_invoices_are_not_counted(fortnox, shop, authorized, run_jobs, count):
    from tests.uku.integrations.fortnox.simulated import FIRST

    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=clock.today("Europe/Stockholm").isoformat())
    for _ in range(2):
        shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    number = fortnox.invoices()[0]["DocumentNumber"]
    fortnox.ask("POST", f"companies/{FIRST}/invoices/{number}/cancel")
    count()
    assert figures()["Sales invoices"] == 1


def test_months_that_were_slept_over_are_caught_up_once_each(fortnox, authorized, count, move_clock):
    count()
    move_clock(seconds=70 * 24 * 3600)
    for _ in range(2):
        count()
    months = list(Task.objects.order_by("month").values_list("month", flat=True))
    assert len(months) == len(set(months))
    assert months[0] == first_of(months[0])
    assert len(months) in {3, 4}


def test_a_statistic_without_its_permission_waits_and_the_others_are_counted(fortnox, connection, plan, count):
    plan("sales_invoices", "vouchers")
    run = count()
    assert (run.state, figures()) == (RunState.DONE, {"Sales invoices": Decimal(0)})
    connection.refresh_from_db()
    assert connection.block_reason == ""


def test_without_a_plan_nothing_is_asked(fortnox, connection, count):
    before = fortnox.mark()
    assert count() is None
    assert fortnox.requests(before) == []
