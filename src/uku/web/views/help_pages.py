"""Pages of help that belong to no integration."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from uku.kit import prose
from uku.web.help import EXPORT_CLIENTS, PERSONAL_NUMBERS, TEXTS
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.SEE)
@require_safe
def personal_numbers(request: WorkspaceRequest) -> HttpResponse:
    """Why a personal number is asked for, what is done with it, and who sees it."""
    return _help_page(request, PERSONAL_NUMBERS)


@workspace_page(Permission.EDIT_CLIENTS)
@require_safe
def export_clients(request: WorkspaceRequest) -> HttpResponse:
    """How a list of clients comes out of other programs."""
    return _help_page(request, EXPORT_CLIENTS)


def _help_page(request: WorkspaceRequest, name: str) -> HttpResponse:
    text = prose.render(prose.read_text(TEXTS, name, get_language() or prose.FALLBACK))
    return render(request, "help.html", {"text": text})
