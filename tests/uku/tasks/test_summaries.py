"""One summary task a month, whoever asks and however often; what a person wrote stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.uku.conftest import AT, make_user, make_workspace

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.kit.scoping import workspace_in_force
from uku.tasks.fields import archive_field
from uku.tasks.jobs import open_months
from uku.tasks.models import SummaryPlan, Task, TaskField, TaskState, TaskValue, Topic
from uku.tasks.month_figures import read_month
from uku.tasks.pauses import Pause, note_connected, note_disconnected, pauses_of
from uku.tasks.summaries import (
    Figure,
    Frozen,
    Schedule,
    fields_of,
    open_missing_months,
    open_month,
    own_plan,
    plan_for_company,
    plan_summaries,
    take_in_figures,
    why_frozen,
)
from uku.tasks.work import TaskChanged, edit_task, finish_task
from uku.workspaces.models import AuditEntry, Membership, Workspace
from uku.workspaces.operations import set_plan

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
FIELDS = {"vouchers": "Vouchers", "sales_invoices": "Sales invoices"}


def switch_on(actor, *, client=None, month=JANUARY, day=0, clock=time(0), due_days=0, **changes):
    facts = {"title": "Monthly summary", "topic": "Bokföring", "client": client, "fields": FIELDS}
    schedule = Schedule(month, day, clock, due_days)
    return plan_summaries(actor=actor, at=AT, schedule=schedule, **{**facts, **changes})


@pytest.fixture
def plan(scope, owner):
    return switch_on(owner)


def values(task) -> dict[str, tuple[Decimal, Decimal | None]]:
    rows = TaskValue.objects.filter(task=task).order_by("field__name")
    return {row.field.name: (row.value, row.measured) for row in rows.select_related("field")}


def take(task, *, at=AT, final=False, **figures: int | None) -> None:
    told = {(name, task.month): Figure(figure, final=final) for name, figure in figures.items()}
    take_in_figures(task.plan, told, at=at)


def test_a_months_task_carries_what_the_plan_says(plan, owner):
    task = open_month(plan, month=date(2026, 2, 14), at=datetime(2026, 2, 28, 9, 0, tzinfo=UTC))
    assert (task.title, task.topic.name, task.month, task.due_date, task.assignee, task.state) == (
        "Monthly summary February 2026",
        "Bokföring",
        FEBRUARY,
        date(2026, 3, 2),  # the Monday after
        owner,
        TaskState.OPEN,
    )


@pytest.mark.parametrize(
    ("made", "due"),
    [
        (datetime(2026, 2, 28, 22, 59, tzinfo=UTC), date(2026, 3, 2)),  # the month's last minute in Sweden, a Saturday
        (datetime(2026, 2, 28, 23, 0, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 5, 1, 9, 0, tzinfo=UTC), date(2026, 5, 8)),
    ],
)
def test_a_task_made_after_its_month_is_due_a_week_after_it_is_made(plan, made, due):
    """Nobody could have done it before: it is not overdue the moment it is there."""
    assert open_month(plan, month=FEBRUARY, at=made).due_date == due


def test_summaries_are_off_until_switched_on(scope):
    assert own_plan() is None


def test_planning_again_changes_the_plan_and_is_written_down_once(plan, owner):
    for _ in range(2):
        again = switch_on(owner, title="Månadssammanställning", month=MARCH, fields={"vouchers": "Vouchers"})
    assert (again.pk, again.title, again.first_month) == (plan.pk, "Månadssammanställning", MARCH)
    assert (SummaryPlan.objects.count(), Topic.objects.count(), TaskField.objects.count()) == (1, 1, 2)
    assert AuditEntry.objects.filter(action="summaries.plan").count() == 2


def test_a_plan_without_fields_is_off_and_keeps_the_rest(plan, owner):
    off = switch_on(owner, fields={})
    assert (off.active, off.title, off.topic.name, off.first_month) == (False, "Monthly summary", "Bokföring", JANUARY)
    assert own_plan() is None
    assert switch_on(owner).active is True


def test_the_clients_default_user_is_assigned_else_the_owner(scope, owner, member):
    client = create_client(actor=owner, at=AT, name="Åkerlunds Bygg AB")
    plan = switch_on(owner, client=client)
    assert open_month(plan, month=JANUARY, at=AT).assignee == owner
    client.default_user = member
    client.save(update_fields=["default_user"])
    plan = own_plan()
    assert open_month(plan, month=FEBRUARY, at=AT).assignee == member


def test_opening_a_month_again_returns_the_same_task(plan):
    assert open_month(plan, month=MARCH, at=AT) == open_month(plan, month=date(2026, 3, 31), at=AT)
    assert Task.objects.count() == 1


def test_the_database_holds_one_summary_task_a_month_that_begins_on_a_first(plan, scope):
    """F91, I33"""
    facts = {"title": "Second", "due_date": MARCH, "created_at": AT}
    open_month(plan, month=MARCH, at=AT)
    for refused, month, name in (
        (plan, MARCH, "uku_task_one_summary_a_month"),
        (plan, date(2026, 3, 2), "uku_task_month_is_a_first"),
        (plan, None, "uku_task_month_of_a_plan"),
        (None, MARCH, "uku_task_month_of_a_plan"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Task.objects.create(plan=refused, month=month, **facts)
    for _ in range(2):
        Task.objects.create(**facts)
    Task.objects.create(plan=SummaryPlan.objects.create(company="556002"), month=MARCH, **facts)
    assert Task.objects.count() == 4


@pytest.mark.parametrize(
    "wrong", [{}, {"value": 1, "text": "one"}, {"text": "one", "measured": 1}, {"text": "one", "statistic": "vouchers"}]
)
def test_the_database_holds_a_number_or_a_text_of_each_field(plan, wrong):
    task = open_month(plan, month=MARCH, at=AT)
    with pytest.raises(IntegrityError, match="uku_taskvalue_number_or_text"), transaction.atomic():
        TaskValue.objects.create(task=task, field=TaskField.objects.create(name="Hours"), **wrong)


def test_two_schedulers_at_once_end_with_the_same_task(committed):
    """F91"""
    actor = make_user("owner@byran.example")
    workspace = make_workspace("byran", actor)
    with workspace_in_force(workspace.pk):
        plan = switch_on(actor)
    start = Barrier(2)

    def open_it(_turn: int) -> int:
        with workspace_in_force(workspace.pk):
            start.wait(10)
            try:
                return open_month(plan, month=MARCH, at=AT).pk
            finally:
                connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(open_it, range(2)))) == 1
    assert Task.everywhere.count() == 1


@pytest.mark.parametrize(
    ("at", "months"),
    [
        (datetime(2026, 1, 30, 22, 59, tzinfo=UTC), []),
        (datetime(2026, 1, 30, 23, 0, tzinfo=UTC), [JANUARY]),  # midnight in Sweden
        (datetime(2026, 2, 27, 9, 0, tzinfo=UTC), [JANUARY]),
        (datetime(2026, 2, 28, 9, 0, tzinfo=UTC), [JANUARY, FEBRUARY]),
        (datetime(2026, 4, 3, 9, 0, tzinfo=UTC), [JANUARY, FEBRUARY, MARCH]),
    ],
)
def test_months_whose_last_day_has_come_are_opened(plan, at, months):
    assert [task.month for task in open_missing_months(plan, at=at)] == months


@pytest.mark.parametrize(
    ("day", "clock", "before", "opened"),
    [
        (0, time(18, 30), datetime(2026, 3, 31, 16, 29, tzinfo=UTC), datetime(2026, 3, 31, 16, 30, tzinfo=UTC)),
        (5, time(6, 0), datetime(2026, 4, 5, 3, 59, tzinfo=UTC), datetime(2026, 4, 5, 4, 0, tzinfo=UTC)),
    ],
)
def test_the_month_is_opened_on_the_day_and_at_the_time_that_were_chosen(scope, owner, day, clock, before, opened):
    plan = switch_on(owner, month=MARCH, day=day, clock=clock)
    assert [task.month for at in (before, opened) for task in open_missing_months(plan, at=at)] == [MARCH]
    assert open_missing_months(plan, at=before) == []


@pytest.mark.parametrize(("day", "clock"), [(date(2026, 3, 29), "02:30"), (date(2026, 10, 25), "02:30")])
def test_an_hour_that_does_not_exist_or_comes_twice_opens_a_month_once(scope, owner, day, clock):
    """F66"""
    month = date(day.year, day.month - 1, 1)
    plan = switch_on(owner, month=month, day=28, clock=time.fromisoformat(clock))
    hours = [datetime(day.year, day.month, 28, hour, 11, tzinfo=UTC) for hour in range(24)]
    assert [task.month for at in hours for task in open_missing_months(plan, at=at)] == [month]


@pytest.mark.parametrize(("zone", "opened"), [("Europe/Stockholm", []), ("Europe/Helsinki", [MARCH])])
def test_the_workspaces_own_zone_decides_when_a_month_is_opened(scope, owner, zone, opened):
    """F67: at 21:30 UTC on 30 March the last day of the month has begun in Helsinki only."""
    scope.time_zone = zone
    scope.save(update_fields=["time_zone"])
    plan = SummaryPlan.objects.select_related("workspace").get(pk=switch_on(owner, month=MARCH).pk)
    at = datetime(2026, 3, 30, 21, 30, tzinfo=UTC)
    assert [task.month for task in open_missing_months(plan, at=at)] == opened


@pytest.mark.parametrize(
    ("month", "due_days", "due"),
    [(MARCH, 10, date(2026, 4, 10)), (MARCH, 3, date(2026, 4, 7)), (date(2026, 5, 1), 0, date(2026, 6, 1))],
)
def test_a_task_is_due_some_days_after_the_months_end_or_on_the_next_banking_day(scope, owner, month, due_days, due):
    plan = switch_on(owner, month=month, due_days=due_days)
    assert open_month(plan, month=month, at=datetime(2026, 3, 31, 9, tzinfo=UTC)).due_date == due


def test_a_scheduler_that_slept_catches_up_once(plan):
    """F65"""
    open_month(plan, month=FEBRUARY, at=AT)
    at = datetime(2026, 4, 3, 9, 0, tzinfo=UTC)
    opened = [[task.month for task in open_missing_months(plan, at=at)] for _ in range(2)]
    assert opened == [[JANUARY, MARCH], []]
    assert Task.objects.count() == 3


def test_a_clock_that_steps_back_or_a_day_ahead_makes_no_second_task(plan):
    """F90"""
    last_day = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
    moments = [last_day, last_day - timedelta(hours=1), last_day - timedelta(days=1), last_day + timedelta(days=1)]
    assert [[task.month for task in open_missing_months(plan, at=at)] for at in moments] == [[JANUARY], [], [], []]


def test_the_hourly_job_opens_months_in_each_workspace_that_wants_them(committed):
    places = []
    for slug in ("byran", "annan"):
        actor = make_user(f"owner@{slug}.example")
        places.append(make_workspace(slug, actor))
        with workspace_in_force(places[-1].pk):
            switch_on(actor, month=AT.date())
    SummaryPlan.everywhere.filter(workspace=places[1]).update(active=False)
    with time_machine.travel(datetime(2026, 4, 29, 21, 59, tzinfo=UTC), tick=False):
        open_months.func(timestamp=0)
    assert list(Task.everywhere.values_list("workspace", "month")) == [(places[0].pk, MARCH)]
    with time_machine.travel(datetime(2026, 5, 30, 22, 0, tzinfo=UTC), tick=False):
        for _ in range(2):
            open_months.func(timestamp=0)
    months = [MARCH, date(2026, 4, 1), date(2026, 5, 1)]
    assert list(Task.everywhere.order_by("month").values_list("workspace", "month")) == [
        (places[0].pk, month) for month in months
    ]


def test_figures_are_taken_in_and_refreshed(plan):
    task = open_month(plan, month=MARCH, at=AT)
    take(task, vouchers=10, sales_invoices=3)
    take(task, vouchers=12)
    assert values(task) == {"Sales invoices": (3, 3), "Vouchers": (12, 12)}


def test_a_value_edited_by_hand_is_kept_and_the_figure_stands_beside_it(plan):
    task = open_month(plan, month=MARCH, at=AT)
    take(task, vouchers=10)
    TaskValue.objects.update(value=Decimal(9), edited=True)
    take(task, vouchers=12)
    assert values(task) == {"Vouchers": (9, 12)}


def test_a_finished_task_keeps_its_values_and_the_figure_stands_beside_them(plan, owner):
    task = open_month(plan, month=MARCH, at=AT)
    take(task, vouchers=10)
    stale = Task.objects.get(pk=task.pk)
    finish_task(task=task, actor=owner, at=AT)
    for copy in (task, stale):
        take(copy, vouchers=12)
        assert values(task) == {"Vouchers": (10, 12)}
    assert AuditEntry.objects.latest("id").summary == "Monthly summary March 2026 is done"


def test_a_number_that_changed_while_a_person_edits_the_task_is_not_overwritten(plan, owner):
    task = open_month(plan, month=MARCH, at=AT)
    take(task, vouchers=10)
    seen = Task.objects.get(pk=task.pk)
    take(task, vouchers=10)
    field = TaskField.objects.get(name="Vouchers")
    edit_task(task=seen, actor=owner, at=AT, changes={}, values={field: Decimal(10)}, version=seen.version)
    take(task, vouchers=12)
    with pytest.raises(TaskChanged):
        edit_task(task=seen, actor=owner, at=AT, changes={}, values={field: Decimal(10)}, version=seen.version)
    assert values(task) == {"Vouchers": (12, 12)}


@pytest.mark.parametrize("is_frozen", [True, False])
def test_a_field_that_another_statistic_fills_from_now_on_keeps_its_frozen_months(plan, owner, is_frozen):
    task = open_month(plan, month=MARCH, at=AT)
    take(task, vouchers=10)
    if is_frozen:
        finish_task(task=task, actor=owner, at=AT)
    switch_on(owner, fields={"vouchers_manual": "Vouchers"})
    take(task, vouchers_manual=4)
    assert values(task) == {"Vouchers": (10, 10) if is_frozen else (4, 4)}
    number = read_month([plan], MARCH, today=MARCH)[0].numbers[0]
    assert (number.name, number.number, number.differs) == ("Vouchers", 10 if is_frozen else 4, False)


def test_a_statistic_in_another_field_shows_the_number_of_that_field(plan, owner):
    task = open_month(plan, month=MARCH, at=AT)
    take(task, vouchers=10)
    switch_on(owner, fields={"vouchers": "Receipts"})
    take(task, vouchers=14)
    assert read_month([plan], MARCH, today=MARCH)[0].numbers[0].number == 14


def test_a_responsible_user_who_was_deactivated_is_assigned_nothing(scope, owner, member):
    client = create_client(actor=owner, at=AT, name="Åkerlunds Bygg AB", default_user=member)
    plan = switch_on(owner, client=client)
    Membership.objects.filter(user=member).update(is_active=False)
    assert open_month(plan, month=MARCH, at=AT).assignee == owner


def test_a_plan_goes_on_with_another_company_though_a_field_was_archived(plan, owner):
    plan_for_company(plan, "556001", at=AT)
    archive_field(field=TaskField.objects.get(name="Vouchers"), actor=owner, at=AT)
    moved = plan_for_company(plan, "556002", at=AT)
    assert {each.statistic: each.field.name for each in fields_of(moved)} == FIELDS


def test_figures_that_are_known_are_taken_in_by_the_same_number_of_queries(plan):
    costs = []
    for months in ([MARCH], [JANUARY, FEBRUARY, MARCH]):
        figures = {(name, month): Figure(1) for name in FIELDS for month in months}
        take_in_figures(plan, figures, at=AT)
        with CaptureQueriesContext(connection) as queries:
            take_in_figures(plan, figures, at=AT)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_statistic_that_the_plan_no_longer_maps_is_left_out(plan, owner):
    task = open_month(plan, month=MARCH, at=AT)
    switch_on(owner, fields={"vouchers": "Vouchers"})
    take(task, vouchers=10, sales_invoices=3)
    assert values(task) == {"Vouchers": (10, 10)}


def test_a_workspace_whose_month_cannot_be_opened_stops_no_other(committed, monkeypatch):
    from uku.tasks import jobs

    places = []
    for slug in ("byran", "annan"):
        actor = make_user(f"owner@{slug}.example")
        places.append(make_workspace(slug, actor))
        with workspace_in_force(places[-1].pk):
            switch_on(actor, month=MARCH)
    real = jobs.open_missing_months

    def broken(plan, **facts):
        if plan.workspace_id == places[0].pk:
            raise RuntimeError(plan.workspace_id)
        return real(plan, **facts)

    monkeypatch.setattr(jobs, "open_missing_months", broken)
    with time_machine.travel(datetime(2026, 4, 2, tzinfo=UTC), tick=False), pytest.raises(RuntimeError):
        open_months.func(timestamp=0)
    assert list(Task.everywhere.values_list("workspace", "month")) == [(places[1].pk, MARCH)]


def test_the_months_name_is_in_the_workspaces_language(plan, settings):
    settings.LANGUAGES = [("en", "English"), ("sv", "Svenska")]
    Workspace.objects.filter(pk=plan.workspace_id).update(language="sv")
    assert open_month(plan, month=MARCH, at=AT).title == "Monthly summary mars 2026"


def test_an_archived_client_gets_no_task_and_catches_up_when_it_is_back(scope, owner):
    client = create_client(actor=owner, at=AT, name="Åkerlunds Bygg AB")
    plan = switch_on(owner, client=client, month=MARCH)
    later = datetime(2026, 4, 30, 12, 0, tzinfo=UTC)
    for archived_at, months in ((AT, []), (None, [MARCH, date(2026, 4, 1)])):
        Client.objects.filter(pk=client.pk).update(archived_at=archived_at)
        plan = SummaryPlan.objects.get(pk=plan.pk)
        assert [task.month for task in open_missing_months(plan, at=later)] == months


@pytest.mark.parametrize("pause", [Pause.FREE, Pause.DISCONNECTED])
def test_a_workspace_on_free_or_without_its_books_gets_no_task_until_that_is_over(plan, scope, pause):
    def switch(*, on: bool) -> SummaryPlan:
        if pause == Pause.FREE:
            set_plan(workspace=scope, plan="team" if on else "free")
        elif on:
            note_connected()
        else:
            note_disconnected(at=AT)
        return SummaryPlan.objects.get(pk=plan.pk)

    paused = switch(on=False)
    assert (open_missing_months(paused, at=AT), pauses_of([paused])) == ([], {plan.pk: pause})
    again = switch(on=True)
    assert ([task.month for task in open_missing_months(again, at=AT)], pauses_of([again])) == (
        [JANUARY, FEBRUARY, MARCH],
        {},
    )


@pytest.mark.parametrize(
    ("facts", "today", "frozen"),
    [
        ({}, date(2026, 9, 30), None),
        ({}, date(2026, 10, 1), Frozen.OLD),
        ({"month": None}, date(2036, 1, 1), None),
        ({"final": True}, date(2026, 10, 1), Frozen.FINAL),
        ({"final": True, "billed": True}, date(2026, 4, 1), Frozen.BILLED),
        ({"billed": True, "state": TaskState.DONE}, date(2026, 4, 1), Frozen.FINISHED),
    ],
)
def test_the_books_change_a_month_until_it_is_finished_billed_final_or_ended_six_months_ago(facts, today, frozen):
    """The first of these reasons is told."""
    given = {"month": MARCH, "state": TaskState.OPEN, "billed": False, "final": False, **facts}
    task = Task(month=given["month"], state=given["state"])
    assert why_frozen(task, billed=given["billed"], final=given["final"], today=today) == frozen
