"""What people do to tasks is written down, of two who edit the second is told, and what is typed is kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.uku.conftest import AT

from uku.tasks.fields import (
    FieldNameTaken,
    archive_field,
    create_field,
    edit_field,
    plans_of,
    restore_field,
    set_values,
)
from uku.tasks.models import FieldKind, Task, TaskComment, TaskField, TaskState, TaskValue
from uku.tasks.summaries import Figure, Schedule, open_month, plan_summaries, take_in_figures
from uku.tasks.work import (
    SummaryIsKept,
    TaskChanged,
    TaskIsDone,
    comment_on_task,
    create_task,
    delete_task,
    edit_task,
    finish_task,
    reopen_task,
)
from uku.workspaces.audit_search import changes, history_of
from uku.workspaces.models import AuditEntry

MARCH = date(2026, 3, 1)
MONDAY = date(2026, 3, 30)


def add(actor, **facts):
    return create_task(actor=actor, at=AT, **{"title": "VAT return", "due_date": MONDAY, **facts})


def edit(task, actor, *, values=None, version=None, **facts):
    facts = {"changes": facts, "values": values or {}, "version": version or task.version}
    return edit_task(task=task, actor=actor, at=AT, **facts)


def last_changes(task):
    return changes(history_of(task, at_most=1)[0])


@pytest.fixture
def field(scope):
    return TaskField.objects.create(name="Receipts")


@pytest.fixture
def summary(scope, owner):
    facts = {"title": "Summary", "topic": "", "client": None, "fields": {"vouchers": "Vouchers"}}
    plan = plan_summaries(actor=owner, at=AT, schedule=Schedule(MARCH), **facts)
    task = open_month(plan, month=MARCH, at=AT)
    take_in_figures(plan, {("vouchers", MARCH): Figure(37)}, at=AT)
    return task


def test_a_task_is_added_with_its_topic_and_what_its_fields_say(scope, owner, member, field):
    task = add(member, topic="VAT", assignee=owner, description="Ask for receipts", values={field: Decimal(12)})
    assert (task.topic.name, task.created_by, task.assignee, task.state) == ("VAT", member, owner, TaskState.OPEN)
    assert (task.values.get().value, task.values.get().edited) == (12, True)
    entry = AuditEntry.objects.get(action="task.create")
    assert (entry.summary, entry.after["due_date"], entry.after["Receipts"]) == (
        "VAT return was added",
        "2026-03-30",
        "12",
    )


@pytest.mark.parametrize(
    ("wanted", "due"),
    [
        (date(2026, 4, 3), date(2026, 4, 7)),  # Good Friday: after Easter
        (date(2026, 6, 6), date(2026, 6, 8)),  # the national day, a Saturday
        (date(2026, 4, 30), date(2026, 4, 30)),  # half a day is one
    ],
)
def test_what_is_due_on_a_holiday_is_due_on_the_next_banking_day(scope, owner, wanted, due):
    task = add(owner, due_date=wanted)
    moved = edit(add(owner), owner, due_date=wanted)
    assert [Task.objects.get(pk=each.pk).due_date for each in (task, moved)] == [due, due]


def test_an_edit_is_written_down_with_both_sides_and_makes_a_version(scope, owner, field):
    task = edit(add(owner), owner, title="VAT for March", topic="VAT", values={field: Decimal("12.50")})
    assert (task.version, task.changed_by, task.changed_at) == (2, owner, AT)
    assert last_changes(task) == [
        ("title", "VAT return", "VAT for March"),
        ("topic", "", "VAT"),
        ("Receipts", "", "12.5"),
    ]
    assert edit(task, owner, title="VAT for March").version == 2


def test_of_two_who_edit_the_second_is_told(scope, owner, member):
    task = add(owner)
    edit(Task.objects.get(pk=task.pk), member, title="First", version=1)
    with pytest.raises(TaskChanged) as refused:
        edit(task, owner, title="Second", version=1)
    assert (refused.value.task.title, refused.value.task.changed_by) == ("First", member)


def test_a_finished_task_is_edited_after_it_is_reopened(scope, owner, member):
    task = add(owner)
    for _ in range(2):
        finish_task(task=task, actor=member, at=AT)
    assert (task.state, task.finished_by, task.finished_at, task.version) == ("done", member, AT, 2)
    with pytest.raises(TaskIsDone):
        edit(task, owner, title="Other")
    for _ in range(2):
        reopen_task(task=task, actor=owner, at=AT)
    assert (task.state, task.finished_by, task.finished_at, task.version) == ("open", None, None, 3)
    assert [entry.action for entry in history_of(task, at_most=9)] == ["task.reopen", "task.finish", "task.create"]


def test_a_task_is_deleted_with_its_comments_and_a_summary_never(scope, owner, summary, field):
    task = add(owner, values={field: Decimal(1)})
    comment_on_task(task=task, actor=owner, at=AT, text="Bank file is missing.")
    delete_task(task=Task.objects.get(pk=task.pk), actor=owner, at=AT)
    assert (TaskComment.objects.count(), TaskValue.objects.filter(field=field).count()) == (0, 0)
    with pytest.raises(SummaryIsKept):
        delete_task(task=summary, actor=owner, at=AT)
    assert list(Task.objects.all()) == [summary]


def test_a_counted_number_that_is_changed_is_kept_until_it_is_emptied(owner, summary):
    value = summary.values.get()
    edit(summary, owner, values={value.field: Decimal(35)})
    take_in_figures(summary.plan, {("vouchers", MARCH): Figure(40)}, at=AT)
    value.refresh_from_db()
    assert (value.value, value.measured, value.edited) == (35, 40, True)
    edit(summary, owner, values={value.field: None})
    value.refresh_from_db()
    assert (value.value, value.measured, value.edited) == (40, 40, False)


def test_a_text_is_stored_as_one_and_an_emptied_one_is_gone(scope, owner):
    field = create_field(actor=owner, at=AT, name="Way", kind=FieldKind.CHOICE, choices=["Paper", "File"])
    task = add(owner, values={field: "Paper"})
    assert (task.values.get().text, task.values.get().value) == ("Paper", None)
    assert set_values(task, {field: "Paper"}) == ({}, {})
    assert set_values(task, {field: ""}) == ({"Way": "Paper"}, {"Way": ""})
    assert not task.values.exists()


def test_a_field_is_renamed_archived_and_restored(scope, owner):
    field = create_field(actor=owner, at=AT, name="Way", kind=FieldKind.CHOICE, choices=["Paper", "File"])
    create_field(actor=owner, at=AT, name="Pages", kind=FieldKind.NUMBER)
    for name in ("Pages", "Way"):
        with pytest.raises(FieldNameTaken):
            create_field(actor=owner, at=AT, name=name, kind=FieldKind.TEXT)
    with pytest.raises(FieldNameTaken):
        edit_field(field=field, actor=owner, at=AT, name="Pages")
    edit_field(field=field, actor=owner, at=AT, name="Documents", choices=["Paper", "File", "Bank"])
    assert last_changes(field) == [
        ("name", "Way", "Documents"),
        ("choices", ["Paper", "File"], ["Paper", "File", "Bank"]),
    ]
    archive_field(field=field, actor=owner, at=AT)
    assert TaskField.objects.get(pk=field.pk).archived_at == AT
    restore_field(field=field, actor=owner, at=AT)
    assert TaskField.objects.get(pk=field.pk).archived_at is None


def test_a_field_knows_the_plans_that_fill_it(owner, summary, field):
    assert [plans_of(each) for each in (summary.values.get().field, field)] == [[summary.plan], []]
