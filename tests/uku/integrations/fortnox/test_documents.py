"""The documents behind a number: who may see them, and what is said when they cannot be read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.browsers import texts
from tests.uku.web.page_reader import marked_in_menu

from uku.kit import clock
from uku.kit.months import first_of
from uku.workspaces.members import change_billing
from uku.workspaces.models import Membership
from uku.workspaces.permissions import Permission

NONE = "There are none in this month."


def last_month() -> date:
    return first_of(first_of(clock.today("Europe/Stockholm")) - timedelta(days=1))


def address(statistic: str = "sales_invoices", month: str = "") -> str:
    return f"/w/byran/settings/fortnox/documents/{month or last_month().isoformat()[:7]}/{statistic}/"


def test_the_documents_of_a_month_are_listed(shop, connection, run_jobs, signed_in, owner):
    browser = signed_in(owner)
    assert NONE in texts(browser.get(address()))
    shop.issue_old(on=last_month() + timedelta(days=3))
    run_jobs()
    page = texts(browser.get(address()))
    assert (NONE in page, shop.client.name in page) == (False, True)


def test_the_menu_marks_the_place_that_the_documents_were_opened_from(connection, signed_in, owner):
    answer = signed_in(owner).get(address())
    assert marked_in_menu(answer) == {"/w/byran/tasks/"}
    assert '<a class="back" href="/w/byran/tasks/">' in answer.content.decode()


@pytest.mark.parametrize("month", ["2026-13", "0001-01", "9999-12", "soon"])
def test_a_month_that_books_cannot_have_is_not_found(connection, signed_in, owner, month):
    assert signed_in(owner).get(address(month=month)).status_code == 404


@pytest.mark.parametrize(("may_see", "status"), [(True, 200), (False, 403)])
def test_a_member_sees_documents_only_with_the_permission_to_see_invoices(
    connection, signed_in, owner, member, may_see, status
):
    allowed = [Permission.SEE_INVOICES] if may_see else []
    change_billing(membership=Membership.objects.get(user=member), allowed=allowed, actor=owner, at=AT)
    assert signed_in(member).get(address()).status_code == status


def test_an_error_of_fortnox_is_said(fortnox, connection, signed_in, owner):
    fortnox.fault(path="/3/invoices", action="status", status=500, times=99, phase="P0")
    assert "The documents could not be read" in texts(signed_in(owner).get(address()))


def test_tokens_that_cannot_be_opened_here_are_said(connection, signed_in, owner):
    connection.instance = "another"
    connection.save()
    assert "These documents cannot be read" in texts(signed_in(owner).get(address()))
