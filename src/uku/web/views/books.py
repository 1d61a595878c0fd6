"""Whose books are counted where: a client's company file, tied and untied from either side."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from uku.clients.models import Client
from uku.kit import clock
from uku.kit.months import first_of, month_named, months_later
from uku.tasks.models import BooksTie
from uku.tasks.ties import (
    CannotTie,
    add_company_file,
    tie_books,
    tie_of_books,
    tie_of_client,
    untie_books,
    workspaces_to_tie,
)
from uku.web.list_filters import is_id
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.models import Membership
from uku.workspaces.permissions import Permission


@workspace_page(Permission.MANAGE_INTEGRATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def client_books(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Where a client's books are counted; a POST adds a company file, ties a workspace, or unties it."""
    client = get_object_or_404(Client.objects, pk=pk)
    tie = tie_of_client(client)
    if request.method != "POST":
        context = {
            "client": client,
            "tie": tie,
            "others": [] if tie else workspaces_to_tie(request.user),
            "months": [(month.isoformat()[:7], month) for month in months_offered(request)],
            "goes_there": tie is not None and _is_member(request, tie),
        }
        return render(request, "clients/books.html", context)
    try:
        _act(request, client, tie)
    except CannotTie as error:
        messages.error(request, gettext("Nothing was changed. %(why)s") % {"why": error.sentence})
    return redirect("client-books", slug=request.workspace.slug, pk=pk)


def _act(request: WorkspaceRequest, client: Client, tie: BooksTie | None) -> None:
    action, at = request.POST.get("action"), clock.now()
    if action == "add":
        made = add_company_file(
            workspace=request.workspace, client=client, actor=request.user, at=at, first_month=_first_month(request)
        )
        words = gettext("The workspace %(books)s is made. Connect its company there.")
        messages.success(request, words % {"books": made.books})
    elif action == "tie":
        chosen = request.POST.get("books", "")
        found = {str(other.pk): other for other in workspaces_to_tie(request.user)}
        if not is_id(chosen) or chosen not in found:
            raise CannotTie(gettext("This workspace is not yours to tie, or it is tied already."))
        since = _first_month(request)
        tie_books(
            workspace=request.workspace,
            client=client,
            books=found[chosen],
            actor=request.user,
            at=at,
            first_month=since,
        )
        messages.success(request, gettext("Linked. Numbers come with the next count."))
    elif action == "untie" and tie is not None and str(tie.pk) == request.POST.get("tie"):
        untie_books(workspace=request.workspace, tie=tie, actor=request.user, at=at)
        messages.success(request, gettext("Unlinked. No more numbers come."))


def months_offered(request: WorkspaceRequest) -> list[date]:
    """Return the months to begin with, the proposed one first: that which has ended is what a firm closes now."""
    this = first_of(clock.today(request.workspace.time_zone))
    return [months_later(this, -1), this]


def _first_month(request: WorkspaceRequest) -> date:
    """Return the month that was chosen, the proposed one for what no page of ours sends."""
    offered = months_offered(request)
    chosen = month_named(request.POST.get("first_month", ""))
    return chosen if chosen in offered else offered[0]


def _is_member(request: WorkspaceRequest, tie: BooksTie) -> bool:
    return Membership.everywhere.filter(workspace=tie.books, user=request.user, is_active=True).exists()


@workspace_page(Permission.MANAGE_INTEGRATIONS)
@require_POST
def books_untie(request: WorkspaceRequest) -> HttpResponse:
    """End the tie of this workspace's own books, from their side."""
    tie = tie_of_books(request.workspace)
    if tie is not None:
        untie_books(workspace=request.workspace, tie=tie, actor=request.user, at=clock.now())
        messages.success(request, gettext("Unlinked. No more numbers go there."))
    return redirect("settings", slug=request.workspace.slug)
