"""The pages of Reload data: what it will do, how far it is, what it came to."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.browsers import Walk, said, texts
from tests.uku.integrations.fortnox.conftest import lose_jobs

from uku.integrations.fortnox import jobs
from uku.integrations.fortnox.models import Reload, ReloadPhase, ReloadStop, RunKind, RunState, SkippedRecord, SyncRun
from uku.integrations.fortnox.reload import progress, report, service
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.kit import clock
from uku.workspaces.operations import set_plan


@pytest.fixture
def walk(fortnox, connection, owner, scope):
    return Walk(owner, scope, fortnox)


@pytest.fixture
def members(fortnox, connection, member, scope):
    return Walk(member, scope, fortnox)


def latest() -> Reload:
    return Reload.objects.order_by("-id").first()


def test_the_confirmation_names_numbers_dates_and_what_stays(fortnox, shop, walk, run_jobs):
    """A confirmation names the thing and the consequence in numbers."""
    shop.issue()
    run_jobs()
    page = texts(walk.see("reload"))
    span = report.between(progress.period_until(clock.today("Europe/Stockholm")))
    for sentence in (
        "All customers: now 1 active.",
        "All articles: now 1 active.",
        f"dated {span['first']} to {span['last']}: 1 invoice.",
        "No work statistics: none are switched on.",
        "Nothing is deleted. Your decisions and the fields that you edited are kept. Invoices created in Fortnox are",
        "It takes less than a minute: 7 requests to Fortnox, five per second",
    ):
        assert sentence in page


def test_the_button_leads_to_the_confirmation_and_that_begins_it(walk):
    assert f'href="{walk.address("reload")}"' in walk.see("settings").content.decode()
    assert Reload.objects.count() == 0
    answer = walk.post("reload")
    assert answer["Location"] == walk.address("reload-page", pk=latest().pk)
    page = texts(walk.see("reload-page", pk=latest().pk))
    assert "Step 1 of 5: Customers" in page
    assert "Started by Olga Owner" in page


def test_a_second_press_is_led_to_the_one_that_runs(walk, admin, scope, fortnox):
    walk.post("reload")
    running = latest()
    theirs = Walk(admin, scope, fortnox)
    place = theirs.address("reload-page", pk=running.pk)
    assert theirs.see("reload")["Location"] == place
    answer = theirs.post("reload")
    assert (answer["Location"], Reload.objects.count()) == (place, 1)
    assert "Nothing was started: Reload data is already running. Olga Owner started it on " in said(answer)
    assert theirs.address("reload") + '"' not in theirs.see("settings").content.decode()


@pytest.mark.parametrize("tab", ["settings", "overview", "activity"])
def test_the_one_that_runs_is_reached_from_each_tab(walk, tab):
    walk.post("reload")
    assert walk.address("reload-page", pk=latest().pk) in walk.see(tab).content.decode()


def test_a_member_sees_how_far_it_is_and_can_neither_begin_nor_cancel(walk, members):
    assert members.see("reload").status_code == 403
    assert members.post("reload").status_code == 403
    walk.post("reload")
    page = members.see("reload-page", pk=latest().pk)
    assert (page.status_code, "cancel-reload" in page.content.decode()) == (200, False)
    assert members.post("cancel-reload", pk=latest().pk).status_code == 403


def test_cancel_asks_nothing_further_and_the_page_says_so_at_once(walk, run_jobs):
    walk.post("reload")
    made = latest()
    answer = walk.post("cancel-reload", pk=made.pk)
    assert answer["Location"] == walk.address("reload-page", pk=made.pk)
    page = walk.see("reload-page", pk=made.pk)
    assert "Cancelled. It ends at the next page; what was read stays." in texts(page)
    lose_jobs()
    jobs.sweep.func(timestamp=0)
    run_jobs()
    page = texts(walk.see("reload-page", pk=made.pk))
    assert "nothing was taken away" in page
    assert page.count("Not done") == len(ReloadPhase)
    assert "Nothing was cancelled: it had already ended." in said(walk.post("cancel-reload", pk=made.pk))
    assert "Cancelled" in texts(walk.see("activity"))


def test_the_page_asks_for_itself_while_it_runs_and_no_more_when_it_has_ended(walk, run_jobs):
    """It polls without inline script, and has a link to refresh by hand for who has none."""
    walk.post("reload")
    made = latest()
    address = walk.address("reload-page", pk=made.pk)
    running = walk.see("reload-page", pk=made.pk).content.decode()
    assert f'hx-get="{address}"' in running
    assert "<noscript>" in running
    run_jobs()
    ended = walk.see("reload-page", pk=made.pk).content.decode()
    assert "hx-trigger" not in ended.partition('id="fortnox-reload"')[2]
    assert "Refresh" not in ended


def test_the_report_lists_what_was_skipped_and_why_page_by_page(fortnox, walk, run_jobs):
    """Ends with a report: created, updated, linked, skipped and why."""
    fortnox.customer(OrganisationNumber="455000-0006")
    gone = fortnox.customer(Name="Vilande AB", Active=False)
    walk.post("reload")
    run_jobs()
    made = latest()
    page = texts(walk.see("reload-page", pk=made.pk))
    assert f"{gone} Vilande AB Customers · Inactive in Fortnox" in page
    assert "Created 1" in page
    assert "requests to Fortnox" in page
    run = made.runs.get(kind="customers")
    SkippedRecord.objects.bulk_create(
        SkippedRecord(workspace_id=run.workspace_id, run=run, number=str(i), name="X", reason="inactive")
        for i in range(60)
    )
    first = walk.see("reload-page", pk=made.pk).content.decode()
    assert "1–50 of 61" in first
    second = walk.browser.get(walk.address("reload-page", pk=made.pk), {"page": 2}).content.decode()
    assert "51–61 of 61" in second


def test_a_stopped_one_says_what_happened_what_it_means_and_what_to_do(walk, run_jobs, connection):
    walk.post("reload")
    made = latest()
    service.end(made, RunState.STOPPED, at=clock.now(), stop_reason=ReloadStop.DISCONNECTED)
    page = texts(walk.see("reload-page", pk=made.pk))
    why = report.why_stopped(latest())
    for sentence in (why.happened, why.means, why.remedy):
        assert sentence in page


def test_while_paused_the_page_says_so_and_that_it_goes_on(walk, scope):
    walk.post("reload")
    set_plan(workspace=scope, plan="free", at=clock.now())
    page = texts(walk.see("reload-page", pk=latest().pk))
    assert "Team and Elite plans" in page
    assert "The reload goes on then." in page


def test_a_run_of_a_reload_names_it_on_the_activity_tab_and_a_cancelled_one_its_state(fortnox, connection, walk):
    made = Reload.objects.create(company_id=connection.company_id, started_at=clock.now(), state=RunState.CANCELLED)
    run = {"kind": RunKind.CUSTOMERS, "company_id": connection.company_id, "reload": made}
    SyncRun.objects.create(**run, started_at=clock.now(), finished_at=clock.now(), state=RunState.CANCELLED)
    page = walk.see("activity")
    assert '<span class="badge badge--neutral">Cancelled</span>' in page.content.decode()
    assert f'href="{walk.address("reload-page", pk=made.pk)}">Reload data' in page.content.decode()
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    assert "Needs attention" not in texts(walk.see("overview"))


def test_another_workspaces_reload_is_not_there(walk, connection, other_workspace, stranger, fortnox):
    walk.post("reload")
    theirs = Walk(stranger, other_workspace, fortnox)
    assert theirs.see("reload-page", pk=latest().pk).status_code == 404
    assert theirs.post("cancel-reload", pk=latest().pk).status_code == 404
    assert latest().cancel_asked_at is None
