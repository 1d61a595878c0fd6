"""Tasks as a place to work: found by filter and words, on a calendar, written, finished, commented."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from tests.uku.web.conftest import AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_integration")]
LIST, NEW = "/w/byran/tasks/", "/w/byran/tasks/new/"


@pytest.fixture
def april():
    with time_machine.travel("2026-04-01T07:00:00Z", tick=False):
        yield


def add(title, due, **facts):
    from uku.tasks.models import Task

    return Task.objects.create(title=title, due_date=due, created_at=AT, **facts)


@pytest.fixture
def four(make, scope, owner, member, april):
    """Overdue of the owner, this week of a member, next month of nobody, and one that is done."""
    client = make.client(owner, "Åkerlunds Bygg AB")
    return [
        add("VAT return", date(2026, 3, 26), assignee=owner, client=client),
        add("Löner", date(2026, 4, 2), assignee=member),
        add("Call", date(2026, 5, 4)),
        add("Year end", date(2026, 1, 30), state="done", assignee=owner),
    ]


def titles(page):
    return [row[0] for row in page.rows[1:] if len(row) > 1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["VAT return", "Löner", "Call", "Year end"]),
        ({"show": "mine"}, ["VAT return"]),
        ({"show": "overdue"}, ["VAT return"]),
        ({"show": "month"}, ["Löner"]),
        ({"show": "nonsense"}, ["VAT return", "Löner", "Call", "Year end"]),
        ({"q": "loner"}, ["Löner"]),
        ({"q": "VAT akerlund"}, ["VAT return"]),
        ({"q": "VAT", "show": "month"}, []),
        ({"due": "2026-05-04"}, ["Call"]),
        ({"due": "never"}, ["VAT return", "Löner", "Call", "Year end"]),
    ],
)
def test_filter_words_and_day_stand_in_the_address(read, signed_in, owner, four, query, found):
    answer = signed_in(owner).get(LIST, query)
    assert (answer.status_code, titles(read(answer))) == (200, found)


def test_tasks_are_open_first_and_stand_below_their_week(read, signed_in, owner, four):
    page = read(signed_in(owner).get(LIST))
    assert page.rows == [
        ["Task", "Client", "Topic", "Assignee", "Due", "State"],
        ["Week 13, 23 Mar – 29 Mar"],
        ["VAT return", "Åkerlunds Bygg AB", "", "Olga Owner", "26 Mar", "Overdue 6 days"],
        ["This week, 30 Mar – 5 Apr"],
        ["Löner", "", "", "member@byran.example", "2 Apr", "Open"],
        ["Week 19, 4 May – 10 May"],
        ["Call", "", "", "", "4 May", "Open"],
        ["Done, week 5, 26 Jan – 1 Feb"],
        ["Year end", "", "", "Olga Owner", "30 Jan", "Done"],
    ]
    assert [text for text in page.all("a") if text.split()[0] in {"Mine", "Overdue", "This", "All"}] == [
        "Mine 1",
        "Overdue 1",
        "This month 1",
        "All 4",
    ]


def test_a_typed_search_is_answered_with_the_rows_alone(signed_in, owner, four):
    answer = signed_in(owner).get(LIST, {"q": "call"}, headers={"HX-Request": "true", "HX-Target": "rows"})
    assert ("<html" in answer.content.decode(), "Call" in answer.content.decode()) == (False, True)


def test_the_calendar_shows_a_month_and_what_a_day_cannot_hold(read, signed_in, owner, member, scope, april):
    for number in range(6):
        add(f"Task {number}", date(2026, 3, 31), assignee=owner if number == 5 else member)
    page = read(signed_in(owner).get("/w/byran/tasks/calendar/", {"month": "2026-03"}))
    assert page.heading == "March 2026"
    assert [text for text in page.all("a") if text.startswith(("Task ", "2 more"))] == [
        *(f"Task {number}Overdue" for number in range(4)),
        "2 more",
    ]
    assert f"{LIST}?due=2026-03-31" in page.values("a", "href")
    assert {"?month=2026-02", "?month=2026-04"} <= set(page.values("a", "href"))
    mine = read(signed_in(owner).get("/w/byran/tasks/calendar/", {"month": "2026-03", "show": "mine"}))
    assert [text for text in mine.all("a") if text.startswith("Task ")] == ["Task 5Overdue"]
    assert read(signed_in(owner).get("/w/byran/tasks/calendar/", {"month": "x"})).heading == "April 2026"


def fields_of(scope):
    from uku.tasks.models import TaskField

    kinds = {"Receipts": "number", "Note": "text", "Way": "choice", "Complete": "yes_no"}
    return {
        name: TaskField.objects.create(name=name, kind=kind, choices=["Paper", "File"] if kind == "choice" else [])
        for name, kind in kinds.items()
    }


def test_a_member_adds_a_task_with_every_kind_of_field(read, make, signed_in, scope, owner, member, april):
    from uku.tasks.models import Task

    client, fields = make.client(owner, "Åkerlunds Bygg AB"), fields_of(scope)
    typed = {f"field-{fields[name].pk}": text for name, text in (("Receipts", "1 234,50"), ("Note", "See mail"))}
    typed |= {f"field-{fields['Way'].pk}": "File", f"field-{fields['Complete'].pk}": "yes"}
    facts = {"title": "VAT", "due_date": "2026-04-03", "client": str(client.pk), "assignee": str(member.pk)}
    browser = signed_in(member)
    answer = browser.post(NEW, {**facts, "topic": "Moms", "description": "One\nTwo", **typed})
    task = Task.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{task.pk}/")
    assert (task.client, task.assignee, task.topic.name, task.due_date) == (client, member, "Moms", date(2026, 4, 7))
    page = read(browser.get(answer["Location"]))
    assert {name: page.facts[name] for name in ("Due", "Topic", "Note", "Way", "Complete")} == {
        "Due": "7 Apr 2026",
        "Topic": "Moms",
        "Note": "See mail",
        "Way": "File",
        "Complete": "Yes",
    }
    assert page.rows == [["Field", "Number"], ["Receipts", "1,234.5"]]
    edit = read(browser.get(f"{LIST}{task.pk}/edit/"))
    assert {"1234.5", "See mail", "VAT", "Åkerlunds Bygg AB"} <= set(edit.values("input", "value"))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "Write what is to be done, such as VAT return for March."),
        ({"due_date": "soon"}, "Write the date like 2026-03-31."),
        ({"assignee": "0"}, "Select a valid choice. 0 is not one of the available choices."),
        ({"client-words": "Nobody"}, "Nothing in your list is called “Nobody”. Choose one of the list."),
        ({"number": "many"}, "Write this number like 1 234,50 or 1234.50, with two decimals at most."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_stored(
    read, signed_in, scope, owner, april, wrong, sentence
):
    from uku.tasks.models import Task

    number = f"field-{fields_of(scope)['Receipts'].pk}"
    facts = {"title": "VAT", "due_date": "2026-04-03", number: wrong.pop("number", "")}
    answer = signed_in(owner).post(NEW, {**facts, **wrong})
    assert (answer.status_code, Task.objects.count()) == (422, 0)
    assert sentence in read(answer).all("li")


def test_a_new_task_begins_with_the_client_and_its_responsible_user(read, make, signed_in, scope, owner, member):
    client = make.client(owner, "Åkerlunds Bygg AB", default_user=member)
    answer = signed_in(owner).get(NEW, {"client": client.pk})
    assert f'<option value="{member.pk}" selected>' in answer.content.decode()
    assert "Åkerlunds Bygg AB" in read(answer).values("input", "value")


def test_of_two_who_edit_the_second_is_told(read, signed_in, scope, owner, april):
    task = add("VAT", date(2026, 4, 1))
    path, browser = f"{LIST}{task.pk}/edit/", signed_in(owner)
    facts = {"title": "First", "due_date": "2026-04-01", "version": "1"}
    assert browser.post(path, facts).status_code == 302
    late = browser.post(path, {**facts, "title": "Second"})
    task.refresh_from_db()
    assert (late.status_code, task.title) == (409, "First")
    assert "Second" in read(late).values("input", "value")


def test_finish_and_reopen_stand_in_the_history(read, signed_in, scope, member, april):
    task = add("VAT", date(2026, 4, 1))
    path, browser = f"{LIST}{task.pk}/", signed_in(member)
    for step in ("finish", "reopen", "finish"):
        assert browser.post(f"{path}{step}/")["Location"] == path
    page = read(browser.get(path))
    assert ("Reopen" in page.all("button"), "Finish" in page.all("button"), "Edit" in page.all("a")) == (
        True,
        False,
        False,
    )
    assert [words for words in page.all("span") if words.startswith("VAT ")] == [
        "VAT is done",
        "VAT was reopened",
        "VAT is done",
    ]
    assert browser.post(f"{path}edit/", {"title": "X", "due_date": "2026-04-01", "version": "4"})["Location"] == path


def test_a_comment_is_shown_and_an_empty_one_refused(read, signed_in, scope, member, april):
    task = add("VAT", date(2026, 4, 1))
    path, browser = f"{LIST}{task.pk}/", signed_in(member)
    assert browser.post(f"{path}comment/", {"text": " "}).status_code == 422
    assert browser.post(f"{path}comment/", {"text": "Bank file <b>missing</b>"}).status_code == 302
    assert "Bank file <b>missing</b>" in read(browser.get(path)).all("p")


def test_a_task_is_deleted_after_a_question_and_a_summary_is_kept(read, signed_in, records, owner, april):
    from uku.kit.scoping import workspace_in_force
    from uku.tasks.models import Task

    with workspace_in_force(records.task.workspace_id):
        task = add("VAT", date(2026, 4, 1))
    browser = signed_in(owner)
    assert read(browser.get(f"{LIST}{task.pk}/delete/")).heading == "Delete VAT?"
    assert browser.post(f"{LIST}{task.pk}/delete/")["Location"] == LIST
    kept = browser.post(f"{LIST}{records.task.pk}/delete/", follow=True)
    assert "The summary of a month cannot be deleted." in read(kept).all("p")
    assert [each.pk for each in Task.everywhere.all()] == [records.task.pk]


def test_the_list_asks_as_much_for_many_tasks_as_for_few(signed_in, records, owner, april):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from uku.kit.scoping import workspace_in_force

    browser, asked = signed_in(owner), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            browser.get(LIST)
        asked.append(len(queries))
        with workspace_in_force(records.task.workspace_id):
            for number in range(30):
                add(f"Task {number}", date(2026, 4, 1), client=records.client, assignee=owner)
    assert asked[0] == asked[1]
