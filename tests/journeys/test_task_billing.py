"""In Chromium: a number is typed on a task, finished, and put on a draft, where it stays billed once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.journeys.looking import look

pytestmark = pytest.mark.browser


def clients_and_tasks():
    """Two clients, and tasks in four weeks: overdue, due, done."""
    from uku.clients.operations import create_client
    from uku.kit import clock
    from uku.tasks.work import create_task, finish_task
    from uku.workspaces.models import User

    owner, at, today = User.objects.get(email="owner@byran.example"), clock.now(), clock.today("Europe/Stockholm")
    member = User.objects.get(email="member@byran.example")
    facts = {"address1": "Ågatan 1", "city": "Malmö", "country": "SE"}
    for name in ("Åkerlunds Bygg AB", "Öberg & Co"):
        client = create_client(actor=owner, at=at, name=name, **facts)
        for days, title in ((-9, "VAT return"), (0, "Payroll"), (2, "Reconcile the bank"), (16, "Annual accounts")):
            due = today + timedelta(days=days)
            task = create_task(actor=owner, at=at, title=title, due_date=due, client=client, assignee=member)
            if title == "Payroll":
                finish_task(task=task, actor=member, at=at)


def first_draft():
    from uku.invoices.models import Invoice

    (draft,) = Invoice.objects.all()
    rows = [(row.description, str(row.quantity), str(row.price)) for row in draft.rows.all()]
    return str(draft.client), rows, draft.task_charges.filter(freed_at=None).count()


def type_task(page):
    page.get_by_role("link", name="Add task").click()
    page.get_by_label("Title").fill("Sort receipts")
    page.get_by_role("combobox", name="Client").press_sequentially("åker")
    page.get_by_role("option", name=re.compile("Åkerlunds Bygg AB")).click()
    page.get_by_label("Topic").fill("Bokföring")
    page.get_by_label("Receipts").fill("37")


def test_a_number_typed_on_a_task_becomes_rows_of_the_next_draft(site):
    site.within(clients_and_tasks)
    page, found = site.sign_in("owner"), {}

    site.open(page, "/settings/fields/new/")
    page.get_by_label("Name").fill("Receipts")
    page.get_by_role("button", name="Add field").click()
    page.get_by_text("Receipts is added.").wait_for()
    found["fields"] = look(page, "task-fields")

    site.open(page, "/products/new/")
    page.get_by_label("Name").fill("Kvitto")
    page.get_by_label("Price without VAT").fill("30")
    page.get_by_label("VAT rate").select_option(label="25 %")
    page.get_by_role("button", name="Add product").click()
    page.get_by_role("link", name="Kvitto").click()
    page.get_by_role("link", name="Bill from tasks").click()
    page.get_by_label("Billed from").select_option(label="Receipts")
    page.get_by_label("From piece").first.fill("21")
    page.get_by_label("Price", exact=True).first.fill("20")
    found["pieces"] = look(page, "task-pieces")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Per piece of Receipts").wait_for()
    found["product"] = look(page, "task-product")

    page.get_by_role("link", name="Tasks").first.click()
    page.wait_for_url("**/tasks/")
    found["list"] = look(page, "task-list")
    page.get_by_role("link", name="Calendar").click()
    page.wait_for_url("**/calendar/**")
    found["calendar"] = look(page, "task-calendar")
    type_task(page)
    found["form"] = look(page, "task-form")
    page.get_by_role("button", name="Add task").click()
    page.get_by_text("It is billed when the task is finished.").wait_for()
    page.get_by_label("Comment").fill("Two are missing.")
    page.get_by_role("button", name="Comment").click()
    page.get_by_text("Two are missing.").wait_for()

    page.get_by_role("button", name="Finish").click()
    page.get_by_role("button", name="Reopen").wait_for()
    found["task"] = look(page, "task-page")
    page.get_by_role("button", name=re.compile("^20 × 30.00 SEK \\+ 17 × 20.00 SEK: add to next draft")).click()
    page.get_by_text(re.compile("^It is on the draft of ")).wait_for()
    rows = [("Kvitto: Sort receipts", "20.00", "30.00"), ("Kvitto: Sort receipts", "17.00", "20.00")]
    assert site.within(first_draft) == ("Åkerlunds Bygg AB", rows, 1)
    found["billed"] = look(page, "task-billed")

    page.get_by_role("link", name=re.compile("^Already on the draft of ")).click()
    page.get_by_label("Remarks").fill("Thank you")
    page.get_by_role("button", name="Save draft").last.click()
    page.get_by_text("The draft is saved.").wait_for()
    assert site.within(first_draft) == ("Åkerlunds Bygg AB", rows, 1)
    assert {name: each for name, each in found.items() if each} == {}


def billed_month_that_grew():
    """A summary task of last month whose vouchers were billed before three more were counted, and a new draft."""
    from datetime import date

    from tests.uku.tasks.test_billing import AT, bill, make_value

    from uku.clients.models import Client
    from uku.invoices.drafts import DraftHead, RowFacts, create_draft
    from uku.tasks.models import TaskField, TaskValue
    from uku.tasks.work import comment_on_task, reopen_task
    from uku.workspaces.models import User

    owner = User.objects.get(email="owner@byran.example")
    value = make_value(owner, measured=37)
    draft = bill(value, owner)
    TaskValue.objects.update(measured=40, measured_at=AT)
    for name in ("Sales invoices", "Purchase invoices", "Payslips"):
        TaskField.objects.create(name=name)
    TaskField.objects.create(name="Documents", kind="choice", choices=["Paper", "File"])
    reopen_task(task=value.task, actor=owner, at=AT)
    comment_on_task(task=value.task, actor=owner, at=AT, text="Three came from the bank.\nAsk Anna.")
    rows = [RowFacts("Advice")]
    create_draft(actor=owner, at=AT, head=DraftHead(Client.objects.get(), date(2026, 4, 1)), rows=rows)
    return value.task_id, draft.pk, TaskField.objects.get(name="Documents").pk


def test_a_late_volume_is_added_from_the_draft_that_proposes_it(site):
    task, draft, field = site.within(billed_month_that_grew)
    page, found = site.sign_in("owner"), {}
    places = {"late": f"/tasks/{task}/", "edit": f"/tasks/{task}/edit/", "late-draft": f"/billing/{draft}/edit/"}
    places |= {"field": f"/settings/fields/{field}/", "settings": "/settings/"}
    for name, path in places.items():
        site.open(page, path)
        found[name] = look(page, f"task-{name}")
    site.open(page, places["late-draft"])
    page.get_by_role("button", name=re.compile("^3 × 24.00 SEK: add to next draft")).click()
    page.get_by_text(re.compile("^It is on the draft of ")).wait_for()
    assert page.get_by_role("heading", name="Late volumes").count() == 0
    site.open(page, places["late"])
    page.get_by_text("Late volume 3:").wait_for()
    assert {name: each for name, each in found.items() if each} == {}


def test_without_a_script_a_client_is_found_by_its_name(site):
    site.within(clients_and_tasks)
    page = site.sign_in("member", script=False)
    site.open(page, "/tasks/new/")
    page.get_by_label("Title").fill("Call")
    page.get_by_role("combobox", name="Client").fill("Öberg & Co")
    page.get_by_role("button", name="Add task").click()
    page.get_by_text("Call is added.").wait_for()
    assert page.get_by_role("link", name="Öberg & Co").count() == 1
