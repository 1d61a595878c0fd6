"""Settings & Apps → Fields of tasks: which there are, what uses them, adding, renaming, archiving."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.invoices.invoice_settings import set_billing_of_tasks, settings_of
from uku.kit import clock
from uku.tasks.fields import FieldNameTaken, archive_field, create_field, edit_field, plans_of, restore_field
from uku.tasks.models import FieldKind, TaskField
from uku.web.forms.tasks import TaskFieldForm
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.MANAGE_TASK_FIELDS)
@require_safe
def field_list(request: WorkspaceRequest) -> HttpResponse:
    found = TaskField.objects.order_by("name").prefetch_related("products")
    fields = [(field, {plan.title: None for plan in plans_of(field)}, list(field.products.all())) for field in found]
    context = {
        "bill_open_tasks": settings_of().bill_open_tasks,
        "fields": [each for each in fields if each[0].archived_at is None],
        "archived": [each for each in fields if each[0].archived_at is not None],
    }
    return render(request, "tasks/fields.html", context)


@workspace_page(Permission.MANAGE_TASK_FIELDS)
@require_http_methods(["GET", "HEAD", "POST"])
def field_new(request: WorkspaceRequest) -> HttpResponse:
    form = TaskFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        facts: dict[str, Any] = {"kind": FieldKind(typed["kind"]), "choices": typed["choices"]}
        try:
            create_field(actor=request.user, at=clock.now(), name=typed["name"], **facts)
        except FieldNameTaken:
            return _draw_taken(request, form)
        messages.success(request, gettext("%(name)s is added.") % {"name": typed["name"]})
        return redirect("task-fields", slug=request.workspace.slug)
    return render(request, "tasks/field.html", {"form": form}, status=422 if form.is_bound else 200)


@workspace_page(Permission.MANAGE_TASK_FIELDS)
@require_http_methods(["GET", "HEAD", "POST"])
def field_edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    field = get_object_or_404(TaskField.objects, pk=pk)
    form = TaskFieldForm(request.POST or None, field=field)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            edit_field(field=field, actor=request.user, at=clock.now(), name=typed["name"], choices=typed["choices"])
        except FieldNameTaken:
            return _draw_taken(request, form, field)
        messages.success(request, gettext("%(name)s is saved.") % {"name": typed["name"]})
        return redirect("task-fields", slug=request.workspace.slug)
    context = {"form": form, "field": field}
    return render(request, "tasks/field.html", context, status=422 if form.is_bound else 200)


@workspace_page(Permission.MANAGE_TASK_FIELDS)
@require_POST
def field_archive(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Archive a field, or restore an archived one."""
    field = get_object_or_404(TaskField.objects, pk=pk)
    if request.POST.get("action") == "restore":
        restore_field(field=field, actor=request.user, at=clock.now())
        messages.success(request, gettext("%(name)s is restored.") % {"name": field})
    else:
        archive_field(field=field, actor=request.user, at=clock.now())
        messages.success(request, gettext("%(name)s is archived. Its values on tasks are kept.") % {"name": field})
    return redirect("task-fields", slug=request.workspace.slug)


@workspace_page(Permission.MANAGE_TASK_FIELDS)
@require_POST
def field_billing(request: WorkspaceRequest) -> HttpResponse:
    """Say when numbers of tasks are billed."""
    chosen = request.POST.get("when") == "open"
    set_billing_of_tasks(workspace=request.workspace, bill_open_tasks=chosen, actor=request.user, at=clock.now())
    messages.success(request, gettext("The settings are saved."))
    return redirect("task-fields", slug=request.workspace.slug)


def _draw_taken(request: WorkspaceRequest, form: TaskFieldForm, field: TaskField | None = None) -> HttpResponse:
    form.add_error("name", gettext("Another field has this name. It may be archived."))
    return render(request, "tasks/field.html", {"form": form, "field": field}, status=422)
