"""The pages of a client's books, of months and plans; and attacks on the tie from both sides."""

from __future__ import annotations

import re
from datetime import date

import pytest
from tests.uku.conftest import AT, make_user, make_workspace
from tests.uku.integrations.fortnox.browsers import texts

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.kit.scoping import workspace_in_force
from uku.tasks.models import BooksTie, SummaryPlan, Task, TaskValue
from uku.tasks.summaries import Figure, Schedule, open_month, own_plan, plan_summaries, take_in_figures
from uku.tasks.ties import add_company_file, hand_over
from uku.tasks.work import finish_task
from uku.workspaces.models import Workspace
from uku.workspaces.operations import add_member

MARCH = date(2026, 3, 1)


@pytest.fixture
def client_of_firm(workspace, owner):
    with workspace_in_force(workspace.pk):
        return create_client(actor=owner, at=AT, name="Åkerlunds Bygg AB")


@pytest.fixture
def tie(workspace, owner, client_of_firm):
    """A company file with statistics, whose first numbers came."""
    with workspace_in_force(workspace.pk):
        made = add_company_file(workspace=workspace, client=client_of_firm, actor=owner, at=AT)
    with workspace_in_force(made.books_id):
        facts = {"title": "Month", "topic": "Books", "client": None, "schedule": Schedule(MARCH)}
        plan = plan_summaries(actor=owner, at=AT, fields={"vouchers": "Vouchers"}, **facts)
        plan.company = "556001"
        hand_over(plan, {("vouchers", MARCH): Figure(37)}, at=AT)
    return made


def address(client) -> str:
    return f"/w/byran/clients/{client.pk}/books/"


def test_a_company_file_is_added_tied_and_untied_on_the_clients_page(signed_in, owner, client_of_firm):
    browser = signed_in(owner)
    assert "Add company file" in texts(browser.get(address(client_of_firm)))
    answer = browser.post(address(client_of_firm), {"action": "add"}, follow=True)
    assert "The workspace Åkerlunds Bygg AB is made. Connect its company there." in texts(answer)
    tie = BooksTie.everywhere.get()
    assert browser.get(f"/w/{tie.books.slug}/settings/").status_code == 200
    browser.post(address(client_of_firm), {"action": "untie", "tie": tie.pk})
    assert "Use a workspace that you have" in texts(browser.get(address(client_of_firm)))
    browser.post(address(client_of_firm), {"action": "tie", "books": tie.books_id})
    assert BooksTie.everywhere.get().untied_at is None
    answer = browser.post(f"/w/{tie.books.slug}/settings/books/untie/", follow=True)
    assert "Unlinked. No more numbers go there." in texts(answer)
    assert BooksTie.everywhere.get().untied_at is not None


def test_the_firm_sees_the_months_number_and_chooses_what_is_expected(signed_in, owner, workspace, tie):
    browser = signed_in(owner)
    with workspace_in_force(workspace.pk):
        task, plan = Task.objects.get(), SummaryPlan.objects.get(tie=tie)
    page = texts(browser.get(f"/w/byran/tasks/{task.pk}/"))
    assert ("Vouchers 37" in page, "March 2026 in numbers" in page) == (True, True)
    sent = {"share": "25", "first_month": "2026-03", "agreed_vouchers": "20", "field_vouchers": "Vouchers"}
    assert browser.post(f"/w/byran/tasks/plans/{plan.pk}/", sent).status_code == 302
    month = texts(browser.get("/w/byran/tasks/months/?month=2026-03"))
    assert ("Vouchers: 37" in month, "85 % from the 20 agreed" in month) == (True, True)
    assert "Åkerlunds Bygg AB" in month
    browser.post(f"/w/byran/tasks/plans/{plan.pk}/", {**sent, "share": "86"})
    assert "85 % from the 20 agreed" not in texts(browser.get("/w/byran/tasks/months/?month=2026-03"))


WRONG = [{"share": "0"}, {"share": "x"}, {"agreed_vouchers": "-1"}]
WRONG += [{"first_month": month} for month in ("soon", "0001-01", "2000-01", "9999-12")]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_number_or_month_is_refused_and_nothing_is_saved(signed_in, owner, workspace, tie, wrong):
    with workspace_in_force(workspace.pk):
        plan = SummaryPlan.objects.get(tie=tie)
    sent = {"share": "20", "first_month": "2026-03", "field_vouchers": "Vouchers"}
    answer = signed_in(owner).post(f"/w/byran/tasks/plans/{plan.pk}/", {**sent, **wrong})
    assert (answer.status_code, "Nothing was saved" in texts(answer)) == (422, True)
    assert SummaryPlan.everywhere.get(pk=plan.pk).deviation_percent == 25


def test_months_are_summed_up_over_all_clients_whatever_page_is_shown(signed_in, owner, workspace, tie):
    with workspace_in_force(workspace.pk):
        first = Client.objects.get()
        for number in range(50):
            client = create_client(actor=owner, at=AT, name=f"Client {number}")
            books = Workspace.objects.create(name=client.name, slug=f"client-{number}", created_at=AT)
            made = BooksTie.objects.create(client=client, books=books, tied_at=AT, tied_by=owner)
            plan = SummaryPlan.objects.create(active=True, tie=made, client=client)
            Task.objects.create(plan=plan, month=MARCH, title=client.name, due_date=MARCH, created_at=AT)
        finish_task(task=Task.objects.get(client=first), actor=owner, at=AT)
    browser = signed_in(owner)
    for page, shown in ((1, "50 late, 0 deviate on this page"), (2, "50 late, 0 deviate on this page")):
        assert f"1 of 51 done, {shown}" in texts(browser.get(f"/w/byran/tasks/months/?month=2026-03&page={page}"))


@pytest.mark.parametrize("file", ["csv", "xlsx"])
def test_the_numbers_of_13_months_are_a_file(signed_in, owner, workspace, tie, file):
    with workspace_in_force(workspace.pk):
        task = Task.objects.get()
    answer = signed_in(owner).post(f"/w/byran/tasks/{task.pk}/export/", {"action": file})
    sent = b"".join(answer.streaming_content)
    assert (answer.status_code, f"2026-03.{file}" in answer["Content-Disposition"]) == (200, True)
    if file == "csv":
        lines = sent.decode("utf-8-sig").split("\r\n")
        assert (lines[0], lines[-2], len(lines)) == ("Month;Vouchers", "2026-03;37,00", 15)


def test_a_number_edited_by_hand_stands_beside_what_the_books_say(signed_in, owner, workspace, scope):
    facts = {"title": "Month", "topic": "Books", "client": None, "schedule": Schedule(MARCH)}
    plan_summaries(actor=owner, at=AT, fields={"vouchers": "Vouchers"}, **facts)
    task = open_month(own_plan(), month=MARCH, at=AT)
    take_in_figures(own_plan(), {("vouchers", MARCH): Figure(37)}, at=AT)
    TaskValue.objects.update(value=35, edited=True)
    take_in_figures(own_plan(), {("vouchers", MARCH): Figure(38)}, at=AT)
    page = texts(signed_in(owner).get(f"/w/byran/tasks/{task.pk}/"))
    assert "In the books" in page
    assert "Vouchers 35 show the documents 38" in page


# The tie is the only crossing: attacked from both sides


def test_a_member_of_the_books_alone_sees_nothing_of_the_firm(signed_in, workspace, tie):
    clerk = make_user("clerk@akerlunds.example")
    with workspace_in_force(tie.books_id):
        add_member(workspace=tie.books, user=clerk, role="admin")
    browser = signed_in(clerk)
    task = Task.everywhere.get(workspace=workspace)
    for path in (
        "tasks/",
        f"tasks/{task.pk}/",
        "tasks/months/",
        "clients/",
        f"clients/{tie.client_id}/books/",
        "settings/",
    ):
        assert browser.get(f"/w/byran/{path}").status_code == 404, path
    theirs = texts(browser.get(f"/w/{tie.books.slug}/settings/"))
    assert (workspace.name in theirs, "Åkerlunds Bygg AB" in theirs) == (True, True)
    assert browser.post(f"/w/{tie.books.slug}/tasks/{task.pk}/finish/").status_code == 404
    assert browser.get(f"/w/{tie.books.slug}/tasks/plans/{tie.plan.pk}/").status_code == 404


def test_a_member_of_the_firm_alone_sees_nothing_of_the_books(signed_in, workspace, tie, admin):
    browser = signed_in(admin)
    with workspace_in_force(tie.books_id):
        secret = create_client(actor=None, at=AT, name="Hemlig Kund AB")
    for path in ("clients/", f"clients/{secret.pk}/", "tasks/", "settings/", "settings/fortnox/", "billing/"):
        assert browser.get(f"/w/{tie.books.slug}/{path}").status_code == 404, path
    page = browser.get(address(tie.client)).content.decode()
    assert (tie.books.name in page, f"/w/{tie.books.slug}/" in page, "Hemlig" in page) == (True, False, False)


@pytest.mark.parametrize("action", ["tie", "untie", "add"])
def test_another_firm_reaches_no_tie_by_its_numbers(signed_in, stranger, other_workspace, other_records, tie, action):
    browser, mine = signed_in(stranger), other_records.client
    sent = {"action": action, "books": tie.books_id, "tie": tie.pk}
    browser.post(f"/w/annan/clients/{mine.pk}/books/", sent)
    browser.post("/w/annan/settings/books/untie/")
    held = BooksTie.everywhere.get(pk=tie.pk)
    assert (held.untied_at, held.workspace_id, held.books_id) == (None, tie.workspace_id, tie.books_id)
    made = Workspace.objects.exclude(slug__in=["byran", "annan", tie.books.slug])
    assert made.count() == (1 if action == "add" else 0)


def test_a_member_ties_nothing(signed_in, member, client_of_firm):
    browser = signed_in(member)
    answers = [browser.get(address(client_of_firm)), browser.post(address(client_of_firm), {"action": "add"})]
    assert ([answer.status_code for answer in answers], BooksTie.everywhere.count()) == ([403, 403], 0)


def test_a_workspace_that_belongs_to_a_stranger_is_not_tied_by_its_number(signed_in, owner, client_of_firm):
    theirs = make_workspace("annan2", make_user("x@annan2.example"))
    answer = signed_in(owner).post(address(client_of_firm), {"action": "tie", "books": theirs.pk}, follow=True)
    assert "Nothing was changed." in texts(answer)
    assert BooksTie.everywhere.count() == 0


@pytest.mark.parametrize(
    ("chosen", "first"),
    [(None, date(2026, 11, 1)), ("2026-12", date(2026, 12, 1)), ("1999-01", date(2026, 11, 1))],
    ids=["as proposed", "the current month", "what no page sends"],
)
def test_on_the_first_of_december_the_first_task_is_of_november(
    signed_in, owner, client_of_firm, monkeypatch, chosen, first
):
    monkeypatch.setattr("uku.kit.clock.today", lambda _zone: date(2026, 12, 1))
    browser = signed_in(owner)
    page = browser.get(address(client_of_firm)).content.decode()
    months = re.findall(r"<option value=\"(2026-..)\">(\w+ 2026)</option>", page)
    assert months == [("2026-11", "November 2026"), ("2026-12", "December 2026")]
    browser.post(address(client_of_firm), {"action": "add"} | ({"first_month": chosen} if chosen else {}))
    assert SummaryPlan.everywhere.get(tie__client=client_of_firm).first_month == first
