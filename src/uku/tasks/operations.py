"""What can be done to tasks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.tasks.models import Task, TaskState
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


@transaction.atomic
@needs(Permission.WORK_ON_TASKS)
def finish_task(*, task: Task, actor: User, at: datetime) -> None:
    task.state, task.finished_at, task.finished_by = TaskState.DONE, at, actor
    task.save(update_fields=["state", "finished_at", "finished_by"])
    record(
        actor=actor,
        action="task.finish",
        target=task,
        summary=translate_for_workspace(gettext_lazy("%(task)s is done"), task=task),
        at=at,
    )
