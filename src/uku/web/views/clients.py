"""Clients: the list, one client, adding and editing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from uku.clients.models import Client
from uku.clients.operations import create_client, edit_client
from uku.kit import clock
from uku.tasks.models import Task
from uku.web import offers
from uku.web.forms.clients import ClientForm
from uku.web.lists import page_of, searched_words
from uku.web.views.billing import lines_of
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

SHOWN_ON_CLIENT = 20


@workspace_page(Permission.SEE)
@require_safe
def client_list(request: WorkspaceRequest) -> HttpResponse:
    words = searched_words(request)
    found = Client.objects.get_queryset().current().searched(words)
    page = page_of(found.order_by("name_sort", "id"), request)
    badges = offers.client_badges(list(page))
    rows = [(client, badges.get(client.pk)) for client in page]
    context = {"page": page, "rows": rows, "words": words, "with_badges": bool(badges)}
    template = "clients/_rows.html" if request.htmx.target == "rows" else "clients/list.html"
    return render(request, template, context)


@workspace_page(Permission.SEE)
@require_safe
def client_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client.objects, pk=pk)
    today = clock.today(request.workspace.time_zone)
    newest = client.invoices.select_related("client").order_by("-invoice_date", "-id")[:SHOWN_ON_CLIENT]
    context = {
        "client": client,
        "panels": offers.client_panels(client),
        "lines": lines_of(list(newest), today),
        "tasks": Task.objects.filter(client=client).order_by("-state", "-due_date", "-id")[:SHOWN_ON_CLIENT],
        "today": today,
    }
    return render(request, "clients/page.html", context)


@workspace_page(Permission.EDIT_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def client_new(request: WorkspaceRequest) -> HttpResponse:
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        client = create_client(actor=request.user, at=clock.now(), **form.cleaned_data)
        messages.success(request, gettext("%(name)s is added.") % {"name": client})
        return redirect("client", slug=request.workspace.slug, pk=client.pk)
    return render(request, "clients/form.html", {"form": form}, status=422 if form.is_bound else 200)


@workspace_page(Permission.EDIT_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def client_edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client.objects, pk=pk)
    form = ClientForm(request.POST or None, client=client)
    if request.method == "POST" and form.is_valid():
        edit_client(client=client, actor=request.user, at=clock.now(), changes=form.cleaned_data)
        messages.success(request, gettext("%(name)s is saved.") % {"name": client})
        return redirect("client", slug=request.workspace.slug, pk=client.pk)
    context = {"form": form, "client": client}
    return render(request, "clients/form.html", context, status=422 if form.is_bound else 200)
