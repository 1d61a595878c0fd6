"""Settings & Apps: what is connected, and the firm's card of facts."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from uku.integrations.registry import integrations
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission


@workspace_page(Permission.SEE)
@require_safe
def settings_page(request: WorkspaceRequest) -> HttpResponse:
    cards = [integration.card(request.workspace) for integration in integrations()]
    return render(request, "settings/page.html", {"cards": cards})
