"""Tasks: the list, one task with its figures, finishing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from uku.kit import clock
from uku.tasks.models import Task, TaskState
from uku.tasks.operations import finish_task
from uku.web.list_filters import chosen_state, page_of, state_chips
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.SEE)
@require_safe
def task_list(request: WorkspaceRequest) -> HttpResponse:
    """Open tasks first, by due date; `open` sorts after `done`."""
    state = chosen_state(request, TaskState.choices)
    tasks = Task.objects.select_related("client", "topic", "assignee").order_by("-state", "due_date", "id")
    context = {
        "page": page_of(tasks.filter(state=state) if state else tasks, request),
        "state": state,
        "chips": state_chips(Task.objects.all(), state, TaskState.choices),
        "today": clock.today(request.workspace.time_zone),
    }
    return render(request, "tasks/list.html", context)


@workspace_page(Permission.SEE)
@require_safe
def task_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(Task.objects.select_related("client", "topic", "assignee"), pk=pk)
    values = list(task.values.select_related("field").order_by("field__name"))
    context = {
        "task": task,
        "values": values,
        "with_measured": any(v.measured is not None and v.measured != v.value for v in values),
        "measured_at": max((v.measured_at for v in values if v.measured_at), default=None),
        "today": clock.today(request.workspace.time_zone),
    }
    return render(request, "tasks/page.html", context)


@workspace_page(Permission.SEE, act=Permission.WORK_ON_TASKS)
@require_POST
def task_finish(request: WorkspaceRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(Task.objects, pk=pk)
    if task.state == TaskState.OPEN:
        finish_task(task=task, actor=request.user, at=clock.now())
        messages.success(request, gettext("%(title)s is done.") % {"title": task})
    return redirect("task", slug=request.workspace.slug, pk=pk)
