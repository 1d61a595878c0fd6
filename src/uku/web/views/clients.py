"""Clients: the list, one client, adding, editing, archiving."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.clients.models import Client
from uku.clients.operations import (
    ClientChanged,
    UnknownClients,
    archive_clients,
    create_client,
    edit_client,
    note_unknown_clients,
    restore_clients,
    reveal_numbers,
)
from uku.kit import clock
from uku.tasks.models import Task
from uku.web import integration_data
from uku.web.client_list import ClientList
from uku.web.forms.clients import ClientForm
from uku.web.list_filters import chosen_ids
from uku.web.record_list import back_to
from uku.web.task_figures import charts_of_client
from uku.web.views.billing import lines_of
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission, may

SHOWN_ON_CLIENT = 20


@workspace_page(Permission.SEE)
@require_safe
def client_list(request: WorkspaceRequest) -> HttpResponse:
    listing = ClientList.of(request)
    page = listing.page(request)
    badges = integration_data.client_badges(list(page))
    rows = [(client, badges.get(client.pk)) for client in page]
    context = {"page": page, "rows": rows, "listing": listing, "words": listing.words}
    if request.htmx.target == "rows":
        return render(request, "clients/_rows.html", context)
    return render(
        request, "clients/list.html", {**context, "waiting": integration_data.clients_waiting(request.workspace)}
    )


@workspace_page(Permission.EDIT_CLIENTS)
@require_POST
def client_bulk(request: WorkspaceRequest) -> HttpResponse:
    """Archive or restore the chosen clients; one that is not of this workspace refuses them all (B01)."""
    ids = chosen_ids(request, "client")
    try:
        if request.POST.get("action") == "restore":
            count = restore_clients(ids=ids, actor=request.user, at=clock.now())
            words = ngettext("%(count)s client is restored.", "%(count)s clients are restored.", count)
        else:
            count = archive_clients(ids=ids, actor=request.user, at=clock.now())
            words = ngettext("%(count)s client is archived.", "%(count)s clients are archived.", count)
    except UnknownClients:
        note_unknown_clients(workspace=request.workspace, actor=request.user, at=clock.now())
        raise Http404 from None
    if ids:
        messages.success(request, words % {"count": count})
    else:
        messages.info(request, gettext("No client was selected. Select clients with the boxes first."))
    return redirect(back_to(request, ids, listed="clients", one="client"))


@workspace_page(Permission.SEE)
@require_safe
def client_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _draw_client(request, get_object_or_404(Client.objects, pk=pk), in_full=False)


@workspace_page(Permission.SEE_PERSONAL_NUMBERS)
@require_POST
def client_numbers(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Show a person's numbers in full, this once. The browser keeps no copy, and the log tells who looked."""
    client = get_object_or_404(Client.objects, pk=pk)
    reveal_numbers(client=client, actor=request.user, at=clock.now())
    return _draw_client(request, client, in_full=True)


def _draw_client(request: WorkspaceRequest, client: Client, *, in_full: bool) -> HttpResponse:
    today, lines = clock.today(request.workspace.time_zone), []
    if may(request.membership, Permission.SEE_INVOICES):
        newest = client.invoices.select_related("client").order_by("-invoice_date", "-id")[:SHOWN_ON_CLIENT]
        lines = lines_of(list(newest), request.workspace)
    context = {
        "client": client,
        "in_full": in_full,
        "panels": integration_data.client_panels(client),
        "lines": lines,
        "tasks": Task.objects.filter(client=client).order_by("-state", "-due_date", "-id")[:SHOWN_ON_CLIENT],
        "today": today,
        **charts_of_client(client, today),
    }
    return render(request, "clients/page.html", context)


@workspace_page(Permission.EDIT_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def client_new(request: WorkspaceRequest) -> HttpResponse:
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        client = create_client(actor=request.user, at=clock.now(), by_hand=form.changed_data, **form.cleaned_data)
        messages.success(request, gettext("%(name)s is added.") % {"name": client})
        return redirect("client", slug=request.workspace.slug, pk=client.pk)
    return render(request, "clients/form.html", {"form": form}, status=422 if form.is_bound else 200)


@workspace_page(Permission.EDIT_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def client_edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client.objects, pk=pk)
    form = ClientForm(request.POST or None, client=client)
    if request.method == "POST" and form.is_valid():
        seen, changes = form.seen_version, form.cleaned_data
        try:
            edit_client(client=client, actor=request.user, at=clock.now(), changes=changes, version=seen)
        except ClientChanged as error:
            return render(
                request, "clients/form.html", {"form": form, "client": error.client, "late": True}, status=409
            )
        messages.success(request, gettext("%(name)s is saved.") % {"name": client})
        return redirect("client", slug=request.workspace.slug, pk=client.pk)
    context = {"form": form, "client": client}
    return render(request, "clients/form.html", context, status=422 if form.is_bound else 200)
