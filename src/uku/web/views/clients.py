"""Clients: the list, one client, adding, editing, archiving."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import is_aware
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
from uku.web.client_figures import figures_of, invoiced_by_month, with_open_invoices
from uku.web.client_list import ClientList
from uku.web.forms.clients import ClientForm
from uku.web.list_filters import chosen_ids
from uku.web.record_list import back_to
from uku.web.task_figures import charts_of_client
from uku.web.views.billing import lines_of
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission, may

SHOWN_ON_CLIENT = 20
SENT_ON = ("client", "all", "query", "from", "action")  # what a form told, when it is asked about once more


@workspace_page(Permission.SEE)
@require_safe
def client_list(request: WorkspaceRequest) -> HttpResponse:
    listing = ClientList.of(request.GET, request.membership)
    page = listing.page(request)
    clients = list(page)
    prefetch_related_objects(clients, "default_user")
    badges = integration_data.client_badges(clients)
    figures = figures_of(clients) if listing.with_invoices else {}
    rows = [(client, badges.get(client.pk), figures.get(client.pk)) for client in clients]
    today = clock.today(request.workspace.time_zone)
    context = {"page": page, "rows": rows, "listing": listing, "words": listing.words, "today": today}
    if request.htmx.target == "rows":
        return render(request, "clients/_rows.html", context)
    context |= {"waiting": integration_data.clients_waiting(request.workspace), "undo": _archived_at_once(request)}
    return render(request, "clients/list.html", context)


def _archived_at_once(request: WorkspaceRequest) -> dict[str, Any]:
    """How many clients were archived at the moment that the address names, which can be undone."""
    at = request.GET.get("archived", "")
    ids = _ids_archived_at(at) if at and may(request.membership, Permission.EDIT_CLIENTS) else []
    return {"at": at, "count": len(ids)}


def _ids_archived_at(at: str) -> list[int]:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return []
    found = Client.objects.get_queryset().filter(archived_at=moment) if is_aware(moment) else Client.objects.none()
    return list(found.values_list("pk", flat=True))


@workspace_page(Permission.EDIT_CLIENTS)
@require_POST
def client_bulk(request: WorkspaceRequest) -> HttpResponse:
    """Archive or restore clients: the chosen ones, or all that the list shows.

    One that is not of this workspace refuses them all (B01). Clients with open invoices are asked about first.
    """
    action, at = request.POST.get("action"), clock.now()
    ids = _ids_archived_at(request.POST.get("at", "")) if action == "undo" else _chosen_clients(request)
    open_ones = list(with_open_invoices(ids)) if action == "archive" and not request.POST.get("asked") else []
    if open_ones:
        return _ask_about_open_invoices(request, ids, open_ones)
    if action == "archive" and request.POST.get("asked") == "without":
        ids = sorted(set(ids) - set(with_open_invoices(ids).values_list("pk", flat=True)))
    try:
        if action == "archive":
            count = archive_clients(ids=ids, actor=request.user, at=at)
            words = ngettext("%(count)s client is archived.", "%(count)s clients are archived.", count)
        else:
            count = restore_clients(ids=ids, actor=request.user, at=at)
            words = ngettext("%(count)s client is restored.", "%(count)s clients are restored.", count)
    except UnknownClients:
        note_unknown_clients(workspace=request.workspace, actor=request.user, at=clock.now())
        raise Http404 from None
    address = back_to(request, ids, listed="clients", one="client")
    if not ids:
        messages.info(request, gettext("No client was selected. Select clients with the boxes first."))
    elif action != "archive" or request.POST.get("from") == "client":
        messages.success(request, words % {"count": count})
    else:  # the list says how many, and can undo it
        address += f"{'&' if '?' in address else '?'}{urlencode({'archived': at.isoformat()})}"
    return redirect(address)


def _chosen_clients(request: WorkspaceRequest) -> list[int]:
    if not request.POST.get("all"):
        return chosen_ids(request, "client")
    listing = ClientList.of(QueryDict(request.POST.get("query", "")), request.membership)
    return list(listing.records.values_list("pk", flat=True))


def _ask_about_open_invoices(request: WorkspaceRequest, ids: list[int], open_ones: list[Client]) -> HttpResponse:
    shown = open_ones[:SHOWN_ON_CLIENT]
    figures = figures_of(shown) if may(request.membership, Permission.SEE_INVOICES) else {}
    context = {
        "sent": [(name, value) for name in SENT_ON for value in request.POST.getlist(name)],
        "count": len(ids),
        "others": len(set(ids)) - len(open_ones),
        "open_count": len(open_ones),
        "rows": [(client, figures.get(client.pk)) for client in shown],
    }
    return render(request, "clients/archive.html", context)


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
    today = clock.today(request.workspace.time_zone)
    context = {
        "client": client,
        "in_full": in_full,
        "panels": integration_data.client_panels(client),
        "tasks": Task.objects.filter(client=client).order_by("-state", "-due_date", "-id")[:SHOWN_ON_CLIENT],
        "today": today,
        **charts_of_client(client, today),
    }
    if may(request.membership, Permission.SEE_INVOICES):
        newest = list(client.invoices.select_related("client").order_by("-invoice_date", "-id")[: SHOWN_ON_CLIENT + 1])
        context |= {
            "lines": lines_of(newest[:SHOWN_ON_CLIENT], request.workspace),
            "has_more_invoices": len(newest) > SHOWN_ON_CLIENT,
            "figures": figures_of([client])[client.pk],
            "chart": invoiced_by_month(client, today),
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
