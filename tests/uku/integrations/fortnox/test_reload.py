"""Reload data: everything read again in the background, one at a time, cancelled or stopped without harm."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.conftest import clear_queue, due_steps, let_rest
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND

from uku.clients.models import Client
from uku.clients.operations import edit_client
from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.client.rate_limit import INTERVAL
from uku.integrations.fortnox.connection import authorize as connecting
from uku.integrations.fortnox.connection.disconnect import disconnect
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable
from uku.integrations.fortnox.models import (
    ArticleRecord,
    Connection,
    CustomerRecord,
    Reload,
    ReloadPhase,
    RunKind,
    RunState,
    SkippedRecord,
    SyncRun,
)
from uku.integrations.fortnox.reload import progress, queries, report, service
from uku.integrations.fortnox.reload.progress import KnownCounts, Period, PhaseProgress
from uku.integrations.fortnox.sync.sync_run import SyncRequest, last_done
from uku.integrations.fortnox.work import requests
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.kit.scoping import workspace_in_force
from uku.tasks.models import MonthFigure, Task, TaskState
from uku.tasks.summaries import Schedule, open_month, own_plan, plan_summaries
from uku.workspaces.models import AuditEntry, Notice
from uku.workspaces.operations import set_plan
from uku.workspaces.permissions import NotAllowed

HOUR = 3600
NOTHING = {"counts"}


@pytest.fixture
def begin(connection, owner):
    """Begin a reload as the owner, with nothing else to do."""

    def go(actor=None) -> Reload:
        clear_queue()
        let_rest(connection, "details")
        return service.begin(actor=actor or owner, at=clock.now())

    return go


@pytest.fixture
def reload_now(begin, run_jobs):
    def go() -> Reload:
        made = begin()
        run_jobs()
        return again(made)

    return go


def again(made: Reload) -> Reload:
    return Reload.everywhere.get(pk=made.pk)


def notices() -> list[tuple[str, str]]:
    found = Notice.objects.filter(key=service.NOTICE, cleared_at=None)
    return [(notice.title, notice.text) for notice in found]


def runs_of(made: Reload) -> list[tuple[str, str]]:
    return list(made.runs.order_by("id").values_list("kind", "state"))


# What it reads


def test_a_reload_goes_through_its_phases_and_tells_when_it_is_done(fortnox, connection, reload_now, move_clock):
    """Everything again, in the background, with a notification at the end."""
    fortnox.customer(OrganisationNumber="455000-0006")
    fortnox.customer(Name="Vilande AB", Active=False)
    fortnox.article()
    made = reload_now()
    assert (made.state, made.phase) == (RunState.DONE, ReloadPhase.STATISTICS)
    assert runs_of(made) == [(kind, RunState.DONE) for kind in ("customers", "articles", "payments")]
    assert (CustomerRecord.objects.filter(active=True).count(), ArticleRecord.objects.count()) == (1, 1)
    assert Client.objects.count() == 1
    assert [row.reason for row in SkippedRecord.objects.filter(run__reload=made)] == ["inactive"]
    ((title, text),) = notices()
    assert title == "Reload data is done."
    assert "Created: 1" in text
    assert "Skipped, inactive in Fortnox: 1" in text
    assert [entry.action for entry in AuditEntry.objects.filter(action__startswith="fortnox.reload")] == [
        "fortnox.reload"
    ]


def test_both_imports_are_full_and_what_was_missing_comes(fortnox, shop, reload_now, move_clock):
    """The lists are asked for what is active and what is inactive, whatever changed or not."""
    move_clock(seconds=3 * HOUR)
    CustomerRecord.objects.all().delete()
    before = fortnox.mark()
    made = reload_now()
    asked = [query["filter"] for query in fortnox.queries("/3/customers", before) if "filter" in query]
    assert asked == ["active", "inactive"]
    assert [query["filter"] for query in fortnox.queries("/3/articles", before) if "filter" in query] == asked
    assert CustomerRecord.objects.get().client == shop.client
    assert all(run.full for run in made.runs.filter(kind__in=("customers", "articles")))


def test_an_edited_field_and_a_decision_stay(fortnox, shop, reload_now, owner):
    ignored = fortnox.customer(Name="Privat bekant")
    run_sync(SyncRequest(shop.connection, RunKind.CUSTOMERS))
    CustomerRecord.objects.filter(number=ignored).update(client=None, ignored_at=AT, ignored_by=owner)
    edit_client(client=shop.client, actor=owner, at=clock.now(), changes={"email": "annan@bjork.example"})
    reload_now()
    assert Client.objects.get(pk=shop.client.pk).email == "annan@bjork.example"
    record = CustomerRecord.objects.get(number=ignored)
    assert (record.client, record.ignored_at) == (None, AT)


def test_the_months_are_thirteen_from_the_first_of_the_month_twelve_months_ago():
    """From the first day of the month twelve months ago until today, 13 calendar months."""
    assert progress.period_until(date(2026, 3, 31)) == Period(date(2025, 3, 1), date(2026, 3, 31))
    assert progress.period_until(date(2026, 1, 1)) == Period(date(2025, 1, 1), date(2026, 1, 1))
    assert progress.period_until(date(2024, 2, 29)) == Period(date(2023, 2, 1), date(2024, 2, 29))


def test_statistics_are_counted_again_for_the_months_of_the_window_finished_ones_too(
    fortnox, connection, reload_now, owner
):
    today = clock.today("Europe/Stockholm")
    first = progress.period_until(today).first
    before_it = progress.period_until(first).first
    fields = {"sales_invoices": "Sales invoices"}
    plan_summaries(
        actor=owner, at=AT, title="Month", topic="B", client=None, fields=fields, schedule=Schedule(before_it)
    )
    Connection.objects.update(statistics=["sales_invoices"])
    run_sync(SyncRequest(Connection.objects.get(), RunKind.STATISTICS))
    open_month(own_plan(), month=today, at=AT)
    Task.objects.update(state=TaskState.DONE)
    mark = fortnox.mark()
    made = reload_now()
    asked = [query["fromdate"] for query in fortnox.queries("/3/invoices", mark) if "todate" in query]
    assert asked == [str(first)] * 2  # how many there are, then one page for all months
    assert MonthFigure.objects.filter(count=0).count() == Task.objects.filter(month__gte=first).count() == 13
    assert made.runs.get(kind="statistics").counts["months"] == 13


# One at a time


def test_a_second_one_is_refused_with_the_name_of_who_began_the_first(begin, owner, admin):
    """It cannot run twice at once; F56."""
    made = begin(owner)
    with pytest.raises(service.AlreadyRunning) as refusal:
        service.begin(actor=admin, at=clock.now())
    assert refusal.value.reload == made
    assert "Olga Owner started it on " in str(refusal.value)
    assert Reload.objects.count() == 1


def test_of_two_presses_at_the_same_moment_one_begins_it(connection, scope, owner):
    """F56: the database decides, so that two browsers, or the browser and the command line, end with one."""
    outcomes, ready = [], threading.Barrier(2)

    def press():
        from django.db import connection as database

        with workspace_in_force(scope.pk):
            ready.wait()
            try:
                outcomes.append(service.begin(actor=owner, at=clock.now()).pk)
            except service.AlreadyRunning as refusal:
                outcomes.append(-refusal.reload.pk)
        database.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = Reload.objects.get()
    assert sorted(outcomes) == [-made.pk, made.pk]


def test_a_new_one_may_begin_when_the_first_has_ended(reload_now):
    assert [reload_now().state for _ in range(2)] == [RunState.DONE] * 2
    assert len(notices()) == 1


def test_only_who_may_change_integrations_begins_or_cancels_one(begin, member):
    made = begin()
    with pytest.raises(NotAllowed):
        service.begin(actor=member, at=clock.now())
    with pytest.raises(NotAllowed):
        service.ask_to_cancel(reload=made, actor=member, at=clock.now())
    assert again(made).cancel_asked_at is None


@pytest.mark.parametrize("state", ["disabled", "free", "disconnected", "trouble"])
def test_it_is_refused_with_words_where_nothing_may_be_asked(connection, scope, owner, state):
    if state == "disabled":
        connecting.disable(workspace=scope, actor=owner, at=clock.now())
    elif state == "free":
        set_plan(workspace=scope, plan="free", at=clock.now())
    elif state == "disconnected":
        disconnect(workspace=scope, actor=owner, at=clock.now())
    else:
        Connection.objects.update(block_reason="needs_authorization")
    with pytest.raises(ConnectionNotUsable) as refusal:
        service.begin(actor=owner, at=clock.now())
    assert str(refusal.value)
    assert Reload.objects.count() == 0


# Ordinary syncs meanwhile


def test_an_ordinary_sync_leaves_the_run_of_a_reload_to_it(fortnox, shop, begin, run_jobs, move_clock):
    """F56: it joins: when the reload is done everything is read, and nothing was read twice."""
    made = begin()
    run = SyncRun.objects.create(
        kind=RunKind.CUSTOMERS, company_id=FIRST, started_at=clock.now(), full=True, reload=made, stage="active"
    )
    before = fortnox.mark()
    run_sync(SyncRequest(shop.connection, RunKind.CUSTOMERS))
    assert fortnox.requests(before) == []
    move_clock(seconds=24 * HOUR)
    assert "customers" not in due_steps(shop.connection)
    run_jobs()
    run.refresh_from_db()
    assert (run.state, again(made).state) == (RunState.DONE, RunState.DONE)
    assert made.runs.filter(kind="customers").count() == 1


def test_a_run_of_the_schedule_that_was_cut_off_is_ended_before_the_reload_reads_for_itself(
    fortnox, shop, begin, run_jobs
):
    open_one = SyncRun.objects.create(
        kind=RunKind.CUSTOMERS, company_id=FIRST, started_at=clock.now(), since=clock.now(), stage="changed"
    )
    made = begin()
    run_jobs()
    open_one.refresh_from_db()
    assert (open_one.state, open_one.reload) == (RunState.DONE, None)
    assert (again(made).state, made.runs.get(kind="customers").full) == (RunState.DONE, True)


def test_a_reload_and_the_schedule_at_once_end_as_one_clean_reload_does(fortnox, shop, begin, run_jobs):
    fortnox.customers(30)
    made = begin()
    for kind in RunKind:
        requests.request_sync(shop.connection, kind)
    run_jobs()
    assert again(made).state == RunState.DONE
    assert CustomerRecord.objects.count() == Client.objects.count() == 31
    assert SyncRun.objects.exclude(state=RunState.DONE).count() == 0


# Cancelled


def cancel_at(fortnox, made, owner, run_jobs, *, path, query):
    """Cancel while a request is under way, and let the queue run to its end."""
    held = fortnox.fault(path=path, query=query, action="hold", phase="P4")
    done = threading.Event()

    def press():
        from django.db import connection as database
        from tests.uku.integrations.fortnox.simulated import until

        with workspace_in_force(made.workspace_id):
            until(lambda: fortnox.holds(held))
            service.ask_to_cancel(reload=made, actor=owner, at=clock.now())
            fortnox.release(held)
        database.close()
        done.set()

    thread = threading.Thread(target=press)
    thread.start()
    run_jobs()
    thread.join()
    assert done.is_set()


def test_a_cancelled_reload_keeps_what_was_stored_retires_nothing_and_moves_no_watermark(
    fortnox, connection, begin, run_jobs, owner, move_clock
):
    """Cancel is honoured at the next page. What is not listed yet is not gone for that."""
    fortnox.customers(1_200)
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS, full=True))
    watermark = last_done(connection, RunKind.CUSTOMERS)
    assert CustomerRecord.objects.filter(active=True).count() == 1_200
    move_clock(seconds=3 * HOUR)
    made = begin()
    before = fortnox.mark()
    cancel_at(fortnox, made, owner, run_jobs, path="/3/customers", query={"page": 2, "filter": "active"})
    made = again(made)
    assert (made.state, runs_of(made)) == (RunState.CANCELLED, [("customers", RunState.CANCELLED)])
    asked = [q["page"] for q in fortnox.queries("/3/customers", before)]
    assert asked == ["1", "2"]
    assert CustomerRecord.objects.filter(active=True).count() == 1_200
    assert last_done(connection, RunKind.CUSTOMERS) == watermark
    assert fortnox.queries("/3/articles", before) == []
    assert notices()[0][0] == "Reload data was cancelled."
    move_clock(seconds=4 * HOUR)
    assert "customers" in due_steps(connection)


def test_cancelling_one_that_waits_ends_it_without_a_request(fortnox, begin, run_jobs, owner):
    made = begin()
    before = fortnox.mark()
    assert service.ask_to_cancel(reload=made, actor=owner, at=clock.now()) is True
    run_jobs()
    assert (again(made).state, fortnox.requests(before)) == (RunState.CANCELLED, [])
    assert service.ask_to_cancel(reload=made, actor=owner, at=clock.now()) is False
    assert AuditEntry.objects.filter(action="fortnox.reload_cancel").count() == 1


def test_a_paused_reload_can_be_cancelled(begin, run_jobs, owner, scope):
    made = begin()
    set_plan(workspace=scope, plan="free", at=clock.now())
    service.ask_to_cancel(reload=made, actor=owner, at=clock.now())
    run_jobs()
    assert again(made).state == RunState.CANCELLED


# Paused and stopped


@pytest.mark.parametrize("why", ["plan", "disable"])
def test_a_pause_lets_it_wait_and_it_goes_on_by_itself_afterwards(fortnox, begin, run_jobs, scope, owner, why):
    """Syncs pause and all resumes by itself."""
    made = begin()
    if why == "plan":
        set_plan(workspace=scope, plan="free", at=clock.now())
    else:
        connecting.disable(workspace=scope, actor=owner, at=clock.now())
    before = fortnox.mark()
    run_jobs()
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert (again(made).state, fortnox.requests(before)) == (RunState.RUNNING, [])
    if why == "plan":
        set_plan(workspace=scope, plan="team", at=clock.now())
    else:
        connecting.enable(workspace=scope, actor=owner, at=clock.now())
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert again(made).state == RunState.DONE


@pytest.mark.parametrize("cause", ["disconnected", "other_company", "needs_authorization", "no_licence"])
def test_what_only_a_person_can_put_right_stops_it_and_is_told(begin, run_jobs, scope, owner, authorize, cause):
    made = begin()
    if cause in {"disconnected", "other_company"}:
        disconnect(workspace=scope, actor=owner, at=clock.now())
    else:
        tomorrow = clock.now() + timedelta(days=1)  # when a missing licence is looked for again
        Connection.objects.update(block_reason=cause, blocked_at=clock.now(), renew_not_before=tomorrow)
    if cause == "other_company":
        authorize(scope, owner, company=SECOND)
    jobs.sweep.func(timestamp=0)
    run_jobs()
    made = again(made)
    assert made.state == RunState.STOPPED
    why = report.why_stopped(made)
    assert all((why.happened, why.means, why.remedy))
    ((title, text),) = notices()
    assert (title, text) == ("Reload data stopped.", f"{why.happened} {why.remedy}")
    assert made.runs.filter(state=RunState.RUNNING).count() == 0


def test_disconnect_ends_it_at_once_and_not_at_the_next_look(begin, run_jobs, scope, owner):
    made = begin()
    clear_queue()
    disconnect(workspace=scope, actor=owner, at=clock.now())
    run_jobs()
    assert again(made).state == RunState.STOPPED


def test_access_revoked_in_the_middle_stops_it(fortnox, connection, begin, run_jobs):
    fortnox.customers(600)
    made = begin()
    body = '{"error":"invalid_grant","error_description":"Invalid refresh token"}'
    fortnox.remove_integration()
    fortnox.fault(path="/oauth-v1/token", action="status", status=400, body=body, times=20)
    run_jobs()
    connection.refresh_from_db()
    if not connection.block_reason:  # a plain refusal is looked into before it is final
        Connection.objects.update(block_reason="needs_authorization", blocked_at=clock.now())
        jobs.sweep.func(timestamp=0)
        run_jobs()
    assert again(made).state == RunState.STOPPED


def test_passing_trouble_is_waited_out_and_the_reload_goes_on(fortnox, connection, begin, run_jobs, move_clock):
    fortnox.customers(3)
    fault = fortnox.fault(path="/3/customers", action="status", status=503, times=50)
    made = begin()
    run_jobs()
    jobs.sweep.func(timestamp=0)
    assert again(made).retry_at > clock.now()
    struck = fortnox.struck(fault)
    run_jobs()
    assert (fortnox.struck(fault), again(made).state) == (struck, RunState.RUNNING)
    fortnox.heal()
    move_clock(seconds=360)
    jobs.sweep.func(timestamp=0)
    run_jobs()
    assert (again(made).state, CustomerRecord.objects.count()) == (RunState.DONE, 3)


def test_passing_trouble_that_lasts_stops_it(fortnox, connection, begin, run_jobs, move_clock):
    fortnox.fault(path="/3/customers", action="status", status=503, times=10_000)
    made = begin()
    for tries in range(1, 10):
        run_jobs()
        if again(made).state != RunState.RUNNING:
            break
        move_clock(seconds=tries * 360)
        jobs.sweep.func(timestamp=0)
    made = again(made)
    assert (made.state, made.stop_reason, made.phase) == (RunState.STOPPED, "phase_failed", "customers")
    assert report.why_stopped(made).happened


def test_a_kind_that_is_not_permitted_is_passed_by_and_the_others_go_on(fortnox, shop, reload_now):
    """F86: that resource is off with a clear message; the others go on."""
    body = '{"ErrorInformation":{"Error":1,"Message":"Saknar behörighet","Code":2000663}}'
    fortnox.fault(path="/3/articles", action="status", status=403, body=body, times=50)
    made = reload_now()
    assert (made.state, dict(runs_of(made))["articles"]) == (RunState.DONE, RunState.STOPPED)
    assert dict(runs_of(made))["payments"] == RunState.DONE
    assert report.badge(made).tone == "warning"


# Estimates and progress


def test_the_pace_of_the_estimate_is_the_pace_of_the_requests():
    assert f"{int(progress.PACE.total_seconds() * 1000)} milliseconds" == INTERVAL


def test_what_is_expected_is_the_lists_the_details_the_paid_status_and_the_months():
    known = KnownCounts(customers=1_001, inactive_customers=0, articles=25, details=60, invoices=501, months=13)
    assert progress.expected_requests(known) == {
        "customers": 4,
        "articles": 2,
        "details": 60,
        "payments": 5,
        "statistics": 0,
    }
    assert progress.expected_requests(KnownCounts())["customers"] == 2


def test_time_left_follows_the_speed_so_far_once_it_shows():
    slow = PhaseProgress("details", requests=100, done=50, total=100, running_for=timedelta(minutes=5))
    unknown = PhaseProgress("payments", requests=10)
    ended = PhaseProgress("customers", requests=7, ended=True)
    assert progress.time_left((ended, slow, unknown)) == timedelta(minutes=5) + progress.duration_of(10)
    assert progress.percent_done((ended, slow, unknown)) == 48
    assert progress.percent_done((ended,)) == 100


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "less than a minute"), (61, "about 2 minutes"), (60, "about 1 minute"), (5_400, "about 1.5 hours")],
)
def test_a_span_is_said_no_more_exactly_than_it_is_known(seconds, said):
    assert report.about(timedelta(seconds=seconds)) == said


def test_each_phase_says_how_far_it_is(fortnox, shop, begin, run_jobs):
    made = begin()
    run_jobs()
    parts = queries.phases_of(again(made), clock.now())
    assert [part.phase for part in parts] == list(ReloadPhase)
    assert all(part.ended for part in parts)
    assert again(made).requests >= 4
    assert Decimal(progress.percent_done(parts)) == 100
