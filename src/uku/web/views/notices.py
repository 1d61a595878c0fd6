"""Notifications: what is open, what was, and noting that one has seen it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from uku.kit import clock
from uku.web.list_filters import page_of
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.notices import mark_read, shown_to, unread
from uku.workspaces.permissions import Permission


@workspace_page(Permission.SEE)
@require_safe
def notice_list(request: WorkspaceRequest) -> HttpResponse:
    """Newest first, open and past; looking at the list marks nothing as read, because a GET changes nothing (S19)."""
    page = page_of(shown_to(request.membership).order_by("-id"), request)
    return render(request, "notices/list.html", {"page": page})


@workspace_page(Permission.SEE)
@require_POST
def notice_open(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Mark one as read and go where it leads."""
    notice = get_object_or_404(shown_to(request.membership), pk=pk)
    mark_read(shown_to(request.membership).filter(pk=pk), membership=request.membership, at=clock.now())
    if notice.url.startswith("/") and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None):
        return redirect(notice.url)
    return redirect("notices", slug=request.workspace.slug)


@workspace_page(Permission.SEE)
@require_POST
def notice_read(request: WorkspaceRequest, pk: int) -> HttpResponse:
    get_object_or_404(shown_to(request.membership), pk=pk)
    mark_read(shown_to(request.membership).filter(pk=pk), membership=request.membership, at=clock.now())
    return redirect("notices", slug=request.workspace.slug)


@workspace_page(Permission.SEE)
@require_POST
def notices_read(request: WorkspaceRequest) -> HttpResponse:
    """Mark all open ones as read."""
    count = mark_read(unread(request.membership), membership=request.membership, at=clock.now())
    if count:
        words = ngettext("%(count)d notification is marked as read.", "%(count)d are marked as read.", count)
        messages.success(request, words % {"count": count})
    return redirect("notices", slug=request.workspace.slug)
