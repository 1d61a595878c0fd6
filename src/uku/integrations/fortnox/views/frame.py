"""What all pages of the Fortnox dialog share: the head with the state, and the tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from uku.integrations.fortnox.connection.guards import is_usable
from uku.integrations.fortnox.connection.scopes import titles_of
from uku.integrations.fortnox.health import summary
from uku.integrations.fortnox.models import Connection
from uku.workspaces.access import WorkspaceRequest
from uku.workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE, Permission.MANAGE_INTEGRATIONS


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A filter or an order that lives in the address."""

    label: str
    url: str
    chosen: bool
    count: int | None = None


def draw_tab(
    request: WorkspaceRequest,
    connection: Connection,
    name: str,
    health: summary.Overall | None = None,
    **context: Any,
) -> HttpResponse:
    """Draw `fortnox/NAME.html` in the dialog's frame; `tab` in the context marks another tab than its own.

    Its head tells the health as the last review left it, unless a page brings it.
    """
    health = health or summary.overall_of(connection)
    frame: dict[str, Any] = {
        "connection": connection,
        "badge": health.card,
        "tab": name,
        "health": health,
        "works": is_usable(connection),
        "lost": titles_of(connection.lost_scopes),
    }
    return render(request, f"fortnox/{name}.html", {**frame, **context})


def go_to(request: WorkspaceRequest, name: str) -> HttpResponse:
    return redirect(f"fortnox:{name}", slug=request.workspace.slug)
