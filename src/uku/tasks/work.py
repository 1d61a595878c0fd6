"""What people do to tasks: add, change, finish, comment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from uku.invoices.models import TaskCharge
from uku.kit.banking_days import first_banking_day
from uku.kit.scoping import current_workspace_id
from uku.tasks.fields import set_values
from uku.tasks.models import Task, TaskComment, TaskField, TaskState, Topic
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

Values = Mapping[TaskField, Decimal | str | None]


class TaskChanged(Exception):
    """Somebody changed the task after the person opened it. `task` is as it is now."""

    def __init__(self, task: Task) -> None:
        self.task = task
        super().__init__(f"{task.pk} is at version {task.version}")


class TaskIsDone(Exception):
    """A finished task does not change. Reopen it first."""


class SummaryIsKept(Exception):
    """The summary of a month is there once for ever."""


class TaskIsBilled(Exception):
    """A number of the task stands, or stood, on an invoice or draft, which refers to it."""


@transaction.atomic
@needs(Permission.WORK_ON_TASKS)
def create_task(
    *, actor: User, at: datetime, due_date: date, topic: str = "", values: Values | None = None, **facts: Any
) -> Task:
    """Add a task; one that is due on a holiday is due on the next banking day. Raises NotAllowed."""
    due = banking_day(due_date)
    task = Task.objects.create(created_at=at, created_by=actor, due_date=due, topic=topic_named(topic), **facts)
    _, after = set_values(task, values or {})
    _record("task.create", gettext_lazy("%(task)s was added"), task, actor, at, after={**_facts_of(task), **after})
    return task


@transaction.atomic
@needs(Permission.WORK_ON_TASKS)
def edit_task(
    *, task: Task, actor: User, at: datetime, changes: Mapping[str, Any], values: Values, version: int
) -> Task:
    """Change a task and what its fields say; `version` is the one that the person saw.

    What is billed to a client keeps it. Raises NotAllowed, TaskIsDone, TaskChanged, TaskIsBilled and ValueIsBilled.
    """
    _hold(task)
    if task.state == TaskState.DONE:
        raise TaskIsDone(task)
    if task.version != version:
        raise TaskChanged(task)
    is_billed = task.values.filter(charges__in=TaskCharge.objects.filter(freed_at=None)).exists()
    if is_billed and changes.get("client", task.client) != task.client:
        raise TaskIsBilled(task)
    before = _facts_of(task)
    for name, value in changes.items():
        setattr(task, name, topic_named(value) if name == "topic" else value)
    if str(task.due_date) != before["due_date"]:
        task.due_date = banking_day(task.due_date)
    values_before, values_after = set_values(task, values)
    before, after = {**before, **values_before}, {**_facts_of(task), **values_after}
    if before != after:
        _save(task, [*changes], by=actor, at=at)
        words = gettext_lazy("%(task)s was changed")
        _record("task.edit", words, task, actor, at, before=before, after=after)
    return task


@transaction.atomic
@needs(Permission.WORK_ON_TASKS)
def delete_task(*, task: Task, actor: User, at: datetime) -> None:
    """Raises NotAllowed, SummaryIsKept, or TaskIsBilled."""
    _hold(task)
    if task.plan_id is not None:
        raise SummaryIsKept(task)
    if task.values.filter(charges__isnull=False).exists():
        raise TaskIsBilled(task)
    _record("task.delete", gettext_lazy("%(task)s was deleted"), task, actor, at, before=_facts_of(task))
    task.delete()


@transaction.atomic
@needs(Permission.WORK_ON_TASKS)
def finish_task(*, task: Task, actor: User, at: datetime) -> None:
    """Raises NotAllowed. A second click changes nothing."""
    _hold(task)
    if task.state == TaskState.DONE:
        return
    task.state, task.finished_at, task.finished_by = TaskState.DONE, at, actor
    _save(task, ["state", "finished_at", "finished_by"], by=actor, at=at)
    _record("task.finish", gettext_lazy("%(task)s is done"), task, actor, at)


@transaction.atomic
@needs(Permission.WORK_ON_TASKS)
def reopen_task(*, task: Task, actor: User, at: datetime) -> None:
    """Open a finished task again; what is billed of it stays billed. Raises NotAllowed."""
    _hold(task)
    if task.state == TaskState.OPEN:
        return
    task.state, task.finished_at, task.finished_by = TaskState.OPEN, None, None
    _save(task, ["state", "finished_at", "finished_by"], by=actor, at=at)
    _record("task.reopen", gettext_lazy("%(task)s was reopened"), task, actor, at)


@transaction.atomic
@needs(Permission.WORK_ON_TASKS)
def comment_on_task(*, task: Task, actor: User, at: datetime, text: str) -> TaskComment:
    """Raises NotAllowed."""
    comment: TaskComment = task.comments.create(workspace_id=task.workspace_id, author=actor, text=text, at=at)
    _record("task.comment", gettext_lazy("A comment on %(task)s"), task, actor, at)
    return comment


def banking_day(day: date) -> date:
    """Return the day, or the next banking day of the firm's country."""
    country = Workspace.objects.values_list("country", flat=True).get(pk=current_workspace_id())
    return first_banking_day(day, country)


def topic_named(name: str) -> Topic | None:
    return Topic.objects.get_or_create(name=name)[0] if name else None


def _hold(task: Task) -> None:
    """Lock the task and read it again."""
    task.refresh_from_db(from_queryset=Task.objects.get_queryset().select_for_update(of=("self",)))


def _save(task: Task, names: list[str], *, by: User, at: datetime) -> None:
    """Store fields as a new version."""
    task.version, task.changed_by, task.changed_at = task.version + 1, by, at
    task.save(update_fields=[*names, "version", "changed_by", "changed_at"])


def _facts_of(task: Task) -> dict[str, str]:
    """Return what the audit log keeps of a task."""
    named = ("title", "description", "client", "topic", "assignee", "due_date")
    facts = {name: getattr(task, name) for name in named}
    return {name: "" if value is None else str(value) for name, value in facts.items()}


def _record(action: str, words: Promise, task: Task, actor: User, at: datetime, **sides: Mapping[str, str]) -> None:
    summary = translate_for_workspace(words, task=task)
    record(actor=actor, action=action, target=task, summary=summary, at=at, **sides)
