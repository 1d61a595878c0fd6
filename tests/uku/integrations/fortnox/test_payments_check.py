"""When payments were last checked stands on the list of invoices, and whoever sees it may have them checked now."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.uku.integrations.fortnox.standing_rows import connected, ran
from tests.uku.web.page_reader import Page

from uku.integrations.fortnox.models import Connection, RequestedSync, RunKind, StepRest, SyncRun
from uku.kit import clock
from uku.kit.heartbeats import WorkerHeartbeat
from uku.workspaces.models import Membership

NO_WORKER = "Nothing is sent or read: the background program of Uku (the worker) has not run yet."
LIST = "/w/byran/billing/"
CHECK = "/w/byran/settings/fortnox/check-payments/"


@pytest.fixture
def browser(scope, signed_in, owner):
    return signed_in(owner)


@pytest.fixture
def line(scope, browser):
    """What the head of the list says about payments."""

    def read() -> str:
        html = browser.get(LIST).content.decode()
        start = html.index('id="payments-check"')
        inside = html[html.index(">", start) + 1 : html.index("</div>", start)]
        return " ".join(re.sub(r"<[^>]*>", "", inside).split())

    return read


def test_the_button_has_payments_checked_and_the_list_says_so(connection, browser, line, run_jobs, move_clock):
    browser.post(CHECK)
    run_jobs()
    move_clock(seconds=8 * 60 + 5)
    assert line() == "Payments checked 8 min ago · Check now"
    assert browser.post(CHECK, {"query": "show=unpaid"}).url == f"{LIST}?show=unpaid"
    assert line() == "Checking payments"
    run_jobs()
    assert line() == "Payments checked just now · Check now"


def test_a_second_click_does_nothing_twice(connection, browser, queue, run_jobs):
    for _ in range(2):
        browser.post(CHECK)
    assert RequestedSync.objects.filter(kind=RunKind.PAYMENTS).count() == 1
    assert len(queue("fortnox.work")) == 1
    run_jobs()
    browser.post(CHECK)
    run_jobs()
    assert SyncRun.objects.filter(kind=RunKind.PAYMENTS).count() == 2


def test_a_click_while_payments_are_read_asks_for_nothing(scope, browser):
    connected()
    ran(RunKind.PAYMENTS, state="running")
    browser.post(CHECK)
    assert not RequestedSync.objects.exists()


def test_a_check_that_failed_is_tried_again_by_the_button(scope, browser, line):
    made = connected()
    ran(RunKind.PAYMENTS, minutes_ago=31)
    ran(RunKind.PAYMENTS, state="running", minutes_ago=2)
    StepRest.objects.create(connection=made, step=RunKind.PAYMENTS, until=clock.now() + timedelta(minutes=5))
    assert line() == "Payments checked 30 min ago · Check now"
    browser.post(CHECK)
    assert (StepRest.objects.count(), line()) == (0, "Checking payments")


def test_without_a_worker_the_list_says_that_nothing_is_read(scope, browser, line):
    connected()
    WorkerHeartbeat.objects.all().delete()
    browser.post(CHECK)
    assert line() == NO_WORKER


@pytest.mark.parametrize(
    "facts", [{"enabled": False}, {"sealed_tokens": "", "company_id": ""}, {"block_reason": "needs_authorization"}]
)
def test_where_nothing_can_be_asked_there_is_no_button(scope, browser, line, facts):
    connected()
    ran(RunKind.PAYMENTS)
    Connection.objects.update(**facts)
    assert "Check now" not in line()
    assert browser.post(CHECK).status_code == 302
    assert not RequestedSync.objects.exists()


def test_a_workspace_that_was_never_connected_has_no_such_line(scope, browser):
    assert "Check now" not in browser.get(LIST).content.decode()


def test_a_member_who_sees_no_invoices_checks_none(scope, signed_in, member):
    connected()
    Membership.objects.filter(user=member).update(may_see_invoices=False, may_draft_invoices=False)
    assert signed_in(member).post(CHECK).status_code == 403
    assert not RequestedSync.objects.exists()


def test_the_page_refreshes_its_line_and_in_the_end_its_rows_with_what_is_ticked(shop, browser, run_jobs):
    invoice = shop.issue()
    browser.post(CHECK)
    ask = {"headers": {"HX-Request": "true", "HX-Target": "payments-check"}}
    moving = browser.get(LIST, **ask).content.decode()
    run_jobs()
    done = browser.get(LIST, {"invoice": invoice.pk}, **ask).content.decode()
    page = Page(done)
    boxes = [facts for tag, facts in page.tags if tag == "input" and facts.get("name") == "invoice"]
    assert ('hx-trigger="every 2s"' in moving, 'id="rows"' in moving) == (True, False)
    assert ('hx-trigger="every 2s"' in done, 'id="rows"' in done) == (False, True)
    assert [(box["value"], "checked" in box) for box in boxes] == [(str(invoice.pk), True)]
