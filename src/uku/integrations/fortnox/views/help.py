"""The two pages of help, in the Fortnox dialog or as pages of their own."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.health import summary
from uku.integrations.fortnox.help import CONNECTING, SUMMARY_TASKS, text_of
from uku.kit import prose
from uku.kit.prose import FALLBACK
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

ROUTES = {f"{CONNECTING}.md": "fortnox:help", f"{SUMMARY_TASKS}.md": "fortnox:help-summary-tasks"}


@workspace_page(Permission.SEE)
@require_safe
def connecting(request: WorkspaceRequest) -> HttpResponse:
    return _show(request, CONNECTING)


@workspace_page(Permission.SEE)
@require_safe
def summary_tasks(request: WorkspaceRequest) -> HttpResponse:
    return _show(request, SUMMARY_TASKS)


def _show(request: WorkspaceRequest, name: str) -> HttpResponse:
    def link(address: str) -> str:
        route = ROUTES.get(address)
        return reverse(route, kwargs={"slug": request.workspace.slug}) if route else address

    text = prose.render(text_of(name, get_language() or FALLBACK), link=link)
    badge = summary.overall_of(connection_of(request.workspace)).card
    return render(request, "fortnox/help.html", {"text": text, "badge": badge, "tab": "help"})
