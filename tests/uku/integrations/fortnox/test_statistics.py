"""Work statistics: two counted figures on the month's one summary task."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.uku.conftest import AT, make_workspace
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND

from fortnox_sim.seeds import company_defaults
from uku.clients.operations import create_client
from uku.integrations.fortnox.connection import disconnect, scopes
from uku.integrations.fortnox.models import (
    Connection,
    CountedSource,
    RunKind,
    RunState,
    SyncRun,
    VoucherKind,
    VoucherSeries,
)
from uku.integrations.fortnox.reload import service
from uku.integrations.fortnox.statistics.choice import choose_kinds, choose_statistics
from uku.integrations.fortnox.statistics.definitions import STATISTICS
from uku.integrations.fortnox.statistics.preview import figures_for, preview_of, request_preview
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.drafts import DraftHead, create_draft
from uku.invoices.models import TaskCharge
from uku.kit import clock
from uku.kit.banking_days import first_banking_day
from uku.kit.months import first_of, last_of, months_later
from uku.kit.scoping import workspace_in_force
from uku.tasks.models import Missing, MonthFigure, SummaryPlan, Task, TaskValue
from uku.tasks.pauses import Pause, pauses_of
from uku.tasks.summaries import Schedule, fields_of, latest_plan, own_plan, plan_for_company, plan_summaries
from uku.tasks.ties import tie_books
from uku.tasks.work import finish_task, reopen_task

HOUR = 3600
LABELS = {name: str(found.label) for name, found in STATISTICS.items()}


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
    count()
    task = Task.objects.get(month=last_month())
    assert figures() == {"Sales invoices": Decimal(2), "Vouchers": Decimal(2)}
    in_a_week = clock.today("Europe/Stockholm") + timedelta(days=7)
    due = first_banking_day(in_a_week, "SE")
    assert (task.due_date, Task.objects.filter(month=last_month()).count()) == (due, 1)


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


# Requests: what is counted, and how often


def book(fortnox, series: str) -> None:
    """Enter a voucher of last month in a series."""
    rows = [[6110, 80], [1910, -80]]
    fortnox.ask("POST", f"companies/{FIRST}/vouchers", date=last_month().isoformat(), series=series, rows=rows)


FIRST_TIME = ["GET financialyears", "GET predefinedvoucherseries", "GET voucherseries"]


def years_counted() -> int:
    """How many calendar years the 13 months touch."""
    today = clock.today("Europe/Stockholm")
    return today.year - months_later(first_of(today), -12).year + 1


def test_the_first_count_takes_one_file_a_year_and_three_look_ups(fortnox, authorized, count):
    book(fortnox, "A")
    before = fortnox.mark()
    count()
    files = ["GET sie/4"] * years_counted()
    assert sorted(fortnox.requests(before)) == sorted(["GET invoices", "GET invoices", *FIRST_TIME, *files])


def test_books_that_did_not_change_are_not_read_again(fortnox, authorized, count, move_clock):
    count()
    counted_at = MonthFigure.objects.latest("counted_at").counted_at
    move_clock(seconds=HOUR)
    before = fortnox.mark()
    count()
    looks = ["GET vouchers"] * years_counted()
    asked = ["GET financialyears", "GET invoices", "GET settings/lockedperiod", *looks]
    assert sorted(fortnox.requests(before)) == sorted(asked)
    assert MonthFigure.objects.earliest("counted_at").counted_at >= counted_at + timedelta(hours=1)


def test_unchanged_books_are_counted_again_after_a_week_and_when_somebody_asks(
    fortnox, authorized, connection, count, move_clock, owner
):
    count()
    move_clock(seconds=HOUR)
    before = fortnox.mark()
    run_sync(SyncRequest(connection, RunKind.STATISTICS, asked_by=owner.pk))
    assert fortnox.requests(before).count("GET sie/4") == years_counted()
    move_clock(seconds=8 * 24 * HOUR)
    before = fortnox.mark()
    count()
    assert fortnox.requests(before).count("GET sie/4") == years_counted()


@pytest.mark.parametrize("change", ["voucher", "other statistics", "other kinds"])
def test_what_changed_is_counted_again(fortnox, authorized, connection, plan, count, move_clock, owner, change):
    book(fortnox, "A")
    count()
    move_clock(seconds=HOUR)
    if change == "voucher":
        book(fortnox, "A")
    elif change == "other statistics":
        plan("sales_invoices", "vouchers", "vouchers_manual")
        connection.refresh_from_db()
    else:
        choose_kinds(company_id=FIRST, kinds={"A": VoucherKind.OTHER}, actor=owner, at=clock.now())
    before = fortnox.mark()
    count()
    assert fortnox.requests(before).count("GET sie/4") == years_counted()


def test_kinds_of_vouchers_are_told_by_fortnox_and_chosen_by_a_person(
    fortnox, connection, authorize, scope, owner, plan, count
):
    plan("vouchers", "vouchers_manual", "vouchers_depreciation")
    authorize(scope, owner)
    for series in ("A", "A", "I", "Q"):
        book(fortnox, series)
    count()
    assert figures() == {"Vouchers": 4, "Manual vouchers": 3, "Depreciation vouchers": 1}
    choose_kinds(company_id=FIRST, kinds={"Q": VoucherKind.DEPRECIATION}, actor=owner, at=clock.now())
    count()
    assert figures() == {"Vouchers": 4, "Manual vouchers": 2, "Depreciation vouchers": 2}
    assert VoucherSeries.objects.get(code="Q").chosen_by == owner


# What is missing is said


def told(name: str, month: date | None = None) -> tuple[int | None, str]:
    row = MonthFigure.objects.get(statistic=name, month=month or last_month())
    return row.count, row.missing


def test_a_source_that_is_refused_says_so_keeps_its_numbers_and_stops_no_other(
    fortnox, authorized, count, shop, run_jobs
):
    count()
    denied = '{"ErrorInformation":{"error":1,"message":"Ingen licens","code":2001101}}'
    fortnox.fault(path="/3/sie/4", action="status", status=403, body=denied, times=10, phase="P0")
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    CountedSource.objects.all().delete()
    run = count()
    assert (run.state, run.stop_reason) == (RunState.STOPPED, "not_permitted")
    assert (told("sales_invoices"), told("vouchers")) == ((1, ""), (0, Missing.NOT_PERMITTED))


def test_a_month_in_no_financial_year_is_said_and_stops_no_other(
    fortnox, connection, authorize, scope, owner, plan, count
):
    plan("vouchers")
    begins = last_month() + timedelta(days=10)
    authorize(scope, owner)
    company = fortnox.app.installation.company(FIRST)
    for year in list(company.table("years").values()):
        company.remove("years", str(year["Id"]))
    company_defaults.add_years(company, [(begins.isoformat(), (begins + timedelta(days=400)).isoformat())])
    count()
    before = months_later(last_month(), -1)
    assert [told("vouchers", month) for month in (before, last_month(), first_of(clock.today("Europe/Stockholm")))] == [
        (None, Missing.NO_YEAR),
        (0, Missing.PART_OF_A_YEAR),
        (0, ""),
    ]


def test_books_of_another_company_get_a_plan_of_their_own(fortnox, authorized, connection, count, owner, scope):
    count()
    tasks = Task.objects.count()
    old = SummaryPlan.objects.get(active=True)
    Connection.objects.update(company_id=SECOND)
    connection.refresh_from_db()
    plan = plan_for_company(old, SECOND, at=clock.now())
    assert (plan.company, plan.active, plan.first_month) == (SECOND, True, first_of(clock.today("Europe/Stockholm")))
    assert [each.statistic for each in fields_of(plan)] == ["sales_invoices", "vouchers"]
    old.refresh_from_db()
    assert (old.company, old.active, Task.objects.filter(plan=old).count()) == (FIRST, False, tasks)
    assert plan_for_company(plan, SECOND, at=clock.now()) == plan


@pytest.mark.parametrize("error", [(400, ""), (500, ""), (200, '{"SupplierInvoices": [{"GivenNumber": []}]}')])
def test_a_source_that_cannot_be_read_stops_no_other(fortnox, connection, authorize, scope, owner, plan, count, error):
    plan("supplier_invoices", "vouchers")
    authorize(scope, owner)
    status, body = error
    fortnox.fault(path="/3/supplierinvoices", action="status", status=status, body=body, times=99, phase="P0")
    run = count()
    assert (run.state == RunState.DONE, figures()) == (False, {"Vouchers": 0})


def test_a_payment_that_cannot_be_read_is_said_and_not_left_out(fortnox, connection, plan, count):
    plan("sales_invoices", "customer_payments")
    meta = {"@TotalResources": 1, "@TotalPages": 1, "@CurrentPage": 1}
    body = json.dumps({"MetaInformation": meta, "InvoicePayments": [{"Number": []}]})
    fortnox.fault(path="/3/invoicepayments", action="status", status=200, body=body, times=99, phase="P0")
    count()
    assert (told("customer_payments"), told("sales_invoices")) == ((None, Missing.UNREADABLE), (0, ""))


@pytest.mark.parametrize("lasting", [Missing.NOT_PERMITTED, Missing.UNREADABLE])
def test_what_is_missing_is_counted_again_though_the_books_did_not_change(fortnox, authorized, count, lasting):
    count()
    MonthFigure.objects.filter(statistic="vouchers", month=last_month()).update(missing=lasting)
    count()
    assert told("vouchers") == (0, "")


def test_a_task_that_was_reopened_shows_what_the_books_said_meanwhile(
    fortnox, authorized, count, shop, run_jobs, owner, move_clock
):
    count()
    task = Task.objects.get(month=last_month())
    finish_task(task=task, actor=owner, at=AT)
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    count()
    reopen_task(task=task, actor=owner, at=AT)
    move_clock(seconds=HOUR)
    count()
    assert figures()["Sales invoices"] == 1


def test_books_that_are_tied_after_they_were_counted_hand_over_with_the_next_count(
    fortnox, authorized, count, scope, owner, move_clock
):
    """Tied to a client of another firm; refused sources are told there, too."""
    count()
    move_clock(seconds=HOUR)
    firm = make_workspace("firman", owner)
    with workspace_in_force(firm.pk):
        client = create_client(actor=owner, at=AT, name="Byrån själv")
        tie_books(workspace=firm, client=client, books=scope, actor=owner, at=AT)
    count()
    with workspace_in_force(firm.pk):
        assert {row.statistic for row in MonthFigure.objects.all()} == {"sales_invoices", "vouchers"}
    denied = '{"ErrorInformation":{"error":1,"message":"Ingen licens","code":2001101}}'
    fortnox.fault(path="/3/vouchers", action="status", status=403, body=denied, times=10, phase="P0")
    count()
    with workspace_in_force(firm.pk):
        assert told("vouchers") == (0, Missing.NOT_PERMITTED)


# Frozen months


def test_books_that_are_locked_give_the_last_number_of_a_month(fortnox, authorized, shop, run_jobs, count):
    count()
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    locked = last_of(last_month()).isoformat()
    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period=locked)
    count()
    assert figures() == {"Sales invoices": 1, "Vouchers": 1}
    fortnox.ask("PATCH", f"companies/{FIRST}", locked_period="")
    shop.issue_old(on=last_month() + timedelta(days=4))
    run_jobs()
    count()
    assert (figures(), told("vouchers")) == ({"Sales invoices": 1, "Vouchers": 1}, (2, ""))


def test_a_locked_period_that_is_not_told_stops_no_count(fortnox, authorized, count, shop, run_jobs):
    count()
    denied = '{"ErrorInformation":{"error":1,"message":"Nej","code":2000663}}'
    fortnox.fault(path="/3/settings/lockedperiod", action="status", status=403, body=denied, times=9, phase="P0")
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    assert (count().state, figures()["Sales invoices"]) == (RunState.DONE, 1)


# The preview


def test_a_month_is_counted_for_every_statistic_before_any_is_chosen(fortnox, connection, shop, run_jobs, owner, scope):
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    request_preview(workspace=scope, connection=connection, month=last_month(), actor=owner, at=clock.now())
    run_jobs()
    asked = preview_of(FIRST)
    known = {name: figure.count for name, figure in figures_for(FIRST, last_month()).items()}
    assert (asked.month, asked.failed, known) == (
        last_month(),
        "",
        {"sales_invoices": 1, "credit_invoices": 0, "customer_payments": 0, "supplier_payments": 0},
    )
    assert (Task.objects.count(), SummaryPlan.objects.get().active) == (0, False)


@pytest.mark.parametrize("on", [True, False])
def test_a_preview_of_another_companys_books_changes_nothing_of_the_first(
    authorized, connection, plan, shop, run_jobs, count, owner, on
):
    count()
    before = SummaryPlan.objects.get()
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    if not on:
        plan()
    Connection.objects.update(company_id=SECOND)
    connection.refresh_from_db()
    scope, month = connection.workspace, last_month()
    request_preview(workspace=scope, connection=connection, month=month, actor=owner, at=clock.now())
    run_jobs()
    seen = [figures_for(company, last_month())["sales_invoices"].count for company in (FIRST, SECOND)]
    assert (preview_of(SECOND).failed, seen, figures()["Sales invoices"]) == ("", [0, 1], 0)
    assert (latest_plan() == before, latest_plan().title) == (not on, "Month")


def test_a_preview_that_fails_says_why_and_asks_no_more(fortnox, connection, run_jobs, owner, scope):
    fortnox.fault(path="/3/invoices", action="status", status=500, times=99, phase="P0")
    request_preview(workspace=scope, connection=connection, month=last_month(), actor=owner, at=clock.now())
    run_jobs()
    assert (preview_of(FIRST).done_at is not None, preview_of(FIRST).failed != "") == (True, True)


# Reload data


def test_a_preview_counts_the_other_sources_when_one_is_refused(fortnox, connection, run_jobs, owner, scope):
    denied = '{"ErrorInformation":{"error":1,"message":"Ingen licens","code":2001101}}'
    fortnox.fault(path="/3/invoices", action="status", status=403, body=denied, times=99, phase="P0")
    request_preview(workspace=scope, connection=connection, month=last_month(), actor=owner, at=clock.now())
    run_jobs()
    known = {name for name, figure in figures_for(FIRST, last_month()).items() if figure.count is not None}
    assert (preview_of(FIRST).failed != "", known) == (True, {"customer_payments", "supplier_payments"})


@pytest.fixture
def reload_now(owner, run_jobs):
    def go(**facts) -> None:
        service.begin(actor=owner, at=clock.now(), **facts)
        run_jobs()

    return go


def test_a_reload_builds_the_months_without_a_task_only_when_asked(fortnox, authorized, count, reload_now):
    count()
    known = Task.objects.count()
    reload_now()
    assert Task.objects.count() == known
    reload_now(builds_months=True)
    months, earliest = set(Task.objects.values_list("month", flat=True)), months_later(last_month(), -11)
    assert (len(months), min(months)) == (Task.objects.count(), earliest)


def test_after_a_hand_edit_finish_and_bill_a_reload_changes_nothing_and_says_what_the_books_say(
    fortnox, authorized, shop, run_jobs, count, reload_now, owner
):
    """Three months: edited by hand, finished, billed."""
    months = [months_later(last_month(), -back) for back in (1, 2, 3)]
    SummaryPlan.objects.update(first_month=months[-1])
    count()
    edited, finished, billed = (Task.objects.get(month=month) for month in months)
    TaskValue.objects.filter(task=edited, statistic="sales_invoices").update(value=7, edited=True)
    finish_task(task=finished, actor=owner, at=AT)
    draft = create_draft(actor=owner, at=AT, head=DraftHead(shop.client, clock.today("Europe/Stockholm")), rows=[])
    value = TaskValue.objects.get(task=billed, statistic="sales_invoices")
    TaskCharge.objects.create(value=value, invoice=draft, quantity=0, measured=0)
    for month in months:
        shop.issue_old(on=month + timedelta(days=3))
    run_jobs()
    reload_now()
    told = TaskValue.objects.filter(statistic="sales_invoices", task__in=[edited, finished, billed]).order_by(
        "-task__month"
    )
    assert [(each.value, each.measured) for each in told] == [(7, 1), (0, 1), (0, 1)]


def test_a_count_under_way_when_statistics_are_switched_off_stores_nothing_more(
    fortnox, shop, authorized, connection, run_jobs, count, scope, owner
):
    count()
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    off = {"title": "Month", "topic": "Books", "client": None, "schedule": Schedule(last_month()), "fields": {}}
    asked = iter(range(10))

    def switch_off() -> None:
        if next(asked) == 1:
            choose_statistics(workspace=scope, actor=owner, at=clock.now(), **off)

    connection.refresh_from_db()
    run_sync(SyncRequest(connection, RunKind.STATISTICS, asked_by=owner.pk, check=switch_off))
    run = SyncRun.objects.filter(kind=RunKind.STATISTICS).order_by("-id").first()
    assert (figures()["Sales invoices"], run.state) == (0, RunState.CANCELLED)


def test_no_task_is_made_while_the_books_are_disconnected(fortnox, authorized, count, authorize, scope, owner):
    count()
    disconnect.disconnect(workspace=scope, actor=owner, at=clock.now())
    assert pauses_of([own_plan()]) == {own_plan().pk: Pause.DISCONNECTED}
    authorize(scope, owner)
    assert pauses_of([own_plan()]) == {}
