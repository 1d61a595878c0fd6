"""What all pages of the Fortnox dialog share: the head with the state, and the tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render

from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.connection.guards import works
from uku.integrations.fortnox.connection.scopes import titles_of
from uku.integrations.fortnox.health import summary
from uku.workspaces.access import WorkspaceRequest
from uku.workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE, Permission.MANAGE_INTEGRATIONS


@dataclass(frozen=True, slots=True)
class Needs:
    """`service`: the connection will be the company's own. `ready`: this installation's app has its client id."""

    service: bool
    ready: bool


def what_it_takes() -> Needs:
    """Say what the page before the redirect must explain."""
    return Needs(service=settings.UKU.fortnox_service_account, ready=bool(settings.UKU.fortnox_client_id))


def draw_tab(request: WorkspaceRequest, name: str, **context: Any) -> HttpResponse:
    """Draw `fortnox/NAME.html` in the dialog's frame; `tab` in the context marks another tab than its own."""
    connection = connection_of(request.workspace)
    health = summary.health_of(connection)
    frame: dict[str, Any] = {
        "connection": connection,
        "badge": health.card,
        "tab": name,
        "health": health,
    }
    frame["works"] = works(connection)
    frame["lost"] = titles_of(connection.lost_scopes)
    return render(request, f"fortnox/{name}.html", {**frame, **context})


def go_to(request: WorkspaceRequest, name: str) -> HttpResponse:
    return redirect(f"fortnox:{name}", slug=request.workspace.slug)
