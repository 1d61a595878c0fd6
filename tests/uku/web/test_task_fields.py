"""The fields of tasks: added, renamed, archived, by those who manage the workspace."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_integration")]
FIELDS = "/w/byran/settings/fields/"


def test_a_choice_is_added_with_its_choices_and_renamed(read, signed_in, admin, scope):
    from uku.tasks.models import TaskField

    browser = signed_in(admin)
    facts = {"name": "Way", "kind": "choice", "choices": "Paper\n\nFile\nPaper"}
    assert browser.post(f"{FIELDS}new/", facts)["Location"] == FIELDS
    field = TaskField.objects.get()
    assert (field.name, field.kind, field.choices) == ("Way", "choice", ["Paper", "File"])
    browser.post(f"{FIELDS}{field.pk}/", {"name": "Documents", "kind": "text", "choices": "Paper\nBank"})
    field.refresh_from_db()
    assert (field.name, field.kind, field.choices) == ("Documents", "choice", ["Paper", "Bank"])
    assert "Documents Choice: Paper, Bank" in read(browser.get(FIELDS)).all("p")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"name": ""}, "Write what the field is called, such as Receipts."),
        ({"name": "Receipts"}, "Another field has this name. It may be archived."),
        ({"name": "Way", "kind": "choice", "choices": "Paper"}, "Write at least two choices, one a line."),
        (
            {"name": "Way", "kind": "choice", "choices": "a" * 101 + "\nb"},
            "Write at most 50 choices, each of at most 100 characters.",
        ),
    ],
)
def test_what_is_wrong_is_said_at_the_field(read, signed_in, owner, scope, facts, sentence):
    from uku.tasks.models import TaskField

    TaskField.objects.create(name="Receipts")
    answer = signed_in(owner).post(f"{FIELDS}new/", {"kind": "number", **facts})
    assert (answer.status_code, TaskField.objects.count()) == (422, 1)
    assert sentence in read(answer).all("li")


def test_an_archived_field_is_offered_no_more_and_stays_on_the_tasks_that_have_it(read, signed_in, records, owner):
    from uku.tasks.models import TaskField

    field, browser = TaskField.everywhere.get(), signed_in(owner)
    page = browser.post(f"{FIELDS}{field.pk}/archive/", follow=True)
    assert "Vouchers is archived. Its values on tasks are kept." in read(page).all("p")
    assert f"field-{field.pk}" not in read(browser.get("/w/byran/tasks/new/")).values("input", "name")
    assert f"field-{field.pk}" in read(browser.get(f"/w/byran/tasks/{records.task.pk}/edit/")).values("input", "name")
    browser.post(f"{FIELDS}{field.pk}/archive/", {"action": "restore"})
    assert f"field-{field.pk}" in read(browser.get("/w/byran/tasks/new/")).values("input", "name")


def test_a_field_says_once_which_plans_fill_it(read, signed_in, owner, scope, make):
    from tests.uku.conftest import AT

    from uku.tasks.models import BooksTie, PlanField, SummaryPlan, TaskField
    from uku.workspaces.models import Workspace

    field = TaskField.objects.create(name="Vouchers")
    books = Workspace.objects.create(name="Bygg", slug="bygg", created_at=AT)
    facts = {"client": make.client(owner, "Bygg AB"), "books": books, "tied_at": AT, "tied_by": owner}
    for company, tie in (("556001", None), ("557001", BooksTie.objects.create(**facts))):
        plan = SummaryPlan.objects.create(active=True, title="Monthly summary", company=company, tie=tie)
        PlanField.objects.create(plan=plan, statistic="vouchers", field=field)
    page = read(signed_in(owner).get(FIELDS))
    assert page.all("p").count("Filled from work statistics, for Monthly summary") == 1


def test_a_member_is_told_who_can(read, signed_in, member, workspace):
    answer = signed_in(member).get(FIELDS)
    assert answer.status_code == 403
    assert "Only a Company Owner or Company Admin can change the fields of tasks." in answer.content.decode()


def test_a_client_gets_a_responsible_user(read, signed_in, records, owner, member):
    path, browser = f"/w/byran/clients/{records.client.pk}/", signed_in(owner)
    facts = {"name": "Bygg", "currency": "SEK", "payment_days": "30", "version": "1", "default_user": str(member.pk)}
    assert browser.post(f"{path}edit/", facts)["Location"] == path
    records.client.refresh_from_db()
    assert records.client.default_user == member
    assert read(browser.get(path)).facts["Responsible"] == "member@byran.example"
    assert f'<option value="{member.pk}" selected>' in browser.get(f"{path}edit/").content.decode()
