"""Pages of help that belong to no integration."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from uku.kit import prose
from uku.web.help import PERSONAL_NUMBERS, TEXTS
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.SEE)
@require_safe
def personal_numbers(request: WorkspaceRequest) -> HttpResponse:
    """Why a personal number is asked for, what is done with it, and who sees it."""
    text = prose.render(prose.read_text(TEXTS, PERSONAL_NUMBERS, get_language() or prose.FALLBACK))
    return render(request, "help.html", {"text": text})
