"""Tasks: the list, the calendar, one task, adding, editing, finishing, commenting."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.clients.models import Client
from uku.kit import clock
from uku.tasks.billing import billing_of, error_of_billing
from uku.tasks.fields import ValueIsBilled
from uku.tasks.models import Task, TaskField, TaskState, TaskValue, Topic
from uku.tasks.work import (
    SummaryIsKept,
    TaskChanged,
    TaskIsBilled,
    TaskIsDone,
    comment_on_task,
    create_task,
    delete_task,
    edit_task,
    finish_task,
    reopen_task,
)
from uku.web.forms.tasks import TOPIC_LIST, CommentForm, TaskForm
from uku.web.list_filters import is_id, page_of
from uku.web.task_figures import figures_of
from uku.web.task_list import TaskCalendar, TaskList
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.audit_search import changes, history_of
from uku.workspaces.permissions import Permission, may

SHOWN_OF_HISTORY = 30


@workspace_page(Permission.SEE)
@require_safe
def task_list(request: WorkspaceRequest) -> HttpResponse:
    today = clock.today(request.workspace.time_zone)
    listing = TaskList.of(request, request.user, today)
    page = page_of(listing.records, request)
    context = {"page": page, "weeks": listing.weeks(page), "listing": listing, "words": listing.words, "today": today}
    template = "tasks/_weeks.html" if request.htmx.target == "rows" else "tasks/list.html"
    return render(request, template, context)


@workspace_page(Permission.SEE)
@require_safe
def task_calendar(request: WorkspaceRequest) -> HttpResponse:
    today = clock.today(request.workspace.time_zone)
    return render(
        request, "tasks/calendar.html", {"calendar": TaskCalendar.of(request, request.user, today), "today": today}
    )


@workspace_page(Permission.SEE)
@require_safe
def task_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(Task.objects.select_related("client", "topic", "assignee", "finished_by", "plan"), pk=pk)
    return _draw_task(request, task, CommentForm())


@workspace_page(Permission.WORK_ON_TASKS)
@require_http_methods(["GET", "HEAD", "POST"])
def task_new(request: WorkspaceRequest) -> HttpResponse:
    form = _form(request, None)
    if request.method == "POST" and form.is_valid():
        task = create_task(actor=request.user, at=clock.now(), values=form.values, **form.facts)
        messages.success(request, gettext("%(title)s is added.") % {"title": task})
        return redirect("task", slug=request.workspace.slug, pk=task.pk)
    return _draw_form(request, form)


@workspace_page(Permission.WORK_ON_TASKS)
@require_http_methods(["GET", "HEAD", "POST"])
def task_edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(Task.objects.select_related("client", "topic", "assignee"), pk=pk)
    if task.state == TaskState.DONE:
        return _tell_done(request, pk)
    form = _form(request, task)
    if request.method == "POST" and form.is_valid():
        return _save(request, task, form)
    return _draw_form(request, form, task=task)


def _save(request: WorkspaceRequest, task: Task, form: TaskForm) -> HttpResponse:
    """Save what was typed over the task that the page showed; a newer one is not overwritten unseen."""
    seen: dict[str, Any] = {"changes": form.facts, "values": form.values, "version": form.seen_version}
    try:
        edit_task(task=task, actor=request.user, at=clock.now(), **seen)
    except TaskChanged as error:
        return _draw_form(request, form, task=error.task, late=True, status=409)
    except TaskIsDone:
        return _tell_done(request, task.pk)
    except ValueIsBilled as error:
        messages.error(request, gettext("%(field)s is billed, and was not changed.") % {"field": error.value.field})
        return redirect("task-edit", slug=request.workspace.slug, pk=task.pk)
    except TaskIsBilled:
        words = gettext("The task is billed to %(client)s, who stays its client. Nothing was changed.")
        messages.error(request, words % {"client": task.client})
        return redirect("task-edit", slug=request.workspace.slug, pk=task.pk)
    messages.success(request, gettext("%(title)s is saved.") % {"title": task})
    return redirect("task", slug=request.workspace.slug, pk=task.pk)


@workspace_page(Permission.WORK_ON_TASKS)
@require_http_methods(["GET", "HEAD", "POST"])
def task_delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ask, then delete."""
    task = get_object_or_404(Task.objects.select_related("client"), pk=pk)
    if request.method != "POST":
        return render(request, "tasks/delete.html", {"task": task})
    try:
        delete_task(task=task, actor=request.user, at=clock.now())
    except SummaryIsKept:
        messages.error(request, gettext("The summary of a month cannot be deleted."))
    except TaskIsBilled:
        messages.error(request, gettext("The task cannot be deleted: an invoice refers to it."))
    else:
        messages.success(request, gettext("%(title)s is deleted.") % {"title": task.title})
        return redirect("tasks", slug=request.workspace.slug)
    return redirect("task", slug=request.workspace.slug, pk=pk)


@workspace_page(Permission.SEE, act=Permission.WORK_ON_TASKS)
@require_POST
def task_finish(request: WorkspaceRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(Task.objects, pk=pk)
    if task.state == TaskState.OPEN:
        finish_task(task=task, actor=request.user, at=clock.now())
        messages.success(request, gettext("%(title)s is done.") % {"title": task})
    return redirect("task", slug=request.workspace.slug, pk=pk)


@workspace_page(Permission.SEE, act=Permission.WORK_ON_TASKS)
@require_POST
def task_reopen(request: WorkspaceRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(Task.objects, pk=pk)
    if task.state == TaskState.DONE:
        reopen_task(task=task, actor=request.user, at=clock.now())
        messages.success(request, gettext("%(title)s is open again.") % {"title": task})
    return redirect("task", slug=request.workspace.slug, pk=pk)


@workspace_page(Permission.SEE, act=Permission.WORK_ON_TASKS)
@require_POST
def task_comment(request: WorkspaceRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(Task.objects.select_related("client", "topic", "assignee", "finished_by", "plan"), pk=pk)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _draw_task(request, task, form, status=422)
    comment_on_task(task=task, actor=request.user, at=clock.now(), text=form.cleaned_data["text"])
    return redirect("task", slug=request.workspace.slug, pk=pk)


def _tell_done(request: WorkspaceRequest, pk: int) -> HttpResponse:
    messages.error(request, gettext("The task is done. Reopen it to change it."))
    return redirect("task", slug=request.workspace.slug, pk=pk)


def _draw_task(request: WorkspaceRequest, task: Task, comment_form: CommentForm, *, status: int = 200) -> HttpResponse:
    today = clock.today(request.workspace.time_zone)
    values = list(task.values.select_related("field").order_by("field__name"))
    numbers = [value for value in values if value.value is not None]
    sees_invoices = may(request.membership, Permission.SEE_INVOICES)
    billing = billing_of(task, numbers) if sees_invoices else []
    context = {
        "task": task,
        "values": numbers,
        "texts": [value for value in values if value.value is None],
        "today": today,
        "billing": billing,
        "is_unbilled": any(line.charge is None for line in billing),
        "not_billable": error_of_billing(task),
        "comments": list(task.comments.select_related("author")),
        "comment_form": comment_form,
        "history": [(entry, changes(entry)) for entry in history_of(task, at_most=SHOWN_OF_HISTORY)],
    }
    context |= figures_of(task, request.workspace, numbers, today, with_documents=sees_invoices)
    return render(request, "tasks/page.html", context, status=status)


def _form(request: WorkspaceRequest, task: Task | None) -> TaskForm:
    values = {value.field_id: value for value in TaskValue.objects.filter(task=task)} if task else {}
    fields = TaskField.objects.order_by("name")
    return TaskForm(
        request.POST or None,
        initial=_initial(request, task),
        client_search=reverse("client-search", kwargs={"slug": request.workspace.slug}),
        offered=[field for field in fields if field.archived_at is None or field.pk in values],
        values=values,
        task=task,
    )


def _initial(request: WorkspaceRequest, task: Task | None) -> dict[str, Any]:
    """Return what the form begins with: the task, or the client that the address names and who asks."""
    if task is not None:
        names = ("title", "client", "due_date", "description")
        assignee = {"assignee": str(task.assignee_id or ""), "topic": str(task.topic or "")}
        return {name: getattr(task, name) for name in names} | assignee
    sent = request.GET.get("client", "")
    client = Client.objects.current().filter(pk=sent).first() if is_id(sent) else None
    user = client.default_user if client and client.default_user else request.user
    return {"client": client, "assignee": str(user.pk), "due_date": clock.today(request.workspace.time_zone)}


def _draw_form(
    request: WorkspaceRequest, form: TaskForm, *, task: Task | None = None, late: bool = False, status: int = 0
) -> HttpResponse:
    context = {
        "form": form,
        "task": task,
        "late": late,
        "topics": list(Topic.objects.order_by("name").values_list("name", flat=True)),
        "topic_list": TOPIC_LIST,
    }
    return render(request, "tasks/form.html", context, status=status or (422 if form.is_bound else 200))
