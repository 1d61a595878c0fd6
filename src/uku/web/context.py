"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from uku.integrations.registry import integrations
from uku.kit.scoping import workspace_in_force
from uku.workspaces.access import zone_of
from uku.workspaces.models import Membership
from uku.workspaces.notices import unread
from uku.workspaces.permissions import Permission, may

DIALOG_ID = "dialog"


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The workspaces to switch between, and, inside one, what is wrong and what the member may do."""
    htmx = getattr(request, "htmx", None)
    in_dialog = htmx and htmx.target == DIALOG_ID  # the open dialog asked for it; else its content is a page of its own
    found: dict[str, Any] = {
        "dialog_frame": "dialog_fragment.html" if in_dialog else "dialog_page.html",
        "section": _section(request.path),
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return found
    found["time_zone"] = SimpleLazyObject(lambda: zone_of(user))
    memberships = Membership.everywhere.filter(user_id=user.pk, is_active=True).select_related("workspace")
    found["memberships"] = memberships.order_by("workspace__name")
    membership = getattr(request, "membership", None)
    if membership is not None:
        workspace = membership.workspace
        found |= {
            "workspace": workspace,
            "time_zone": workspace.time_zone,
            "membership": membership,
            "may": {permission.name: may(membership, permission) for permission in Permission},
        }
        with workspace_in_force(workspace.pk):  # a 404 or 403 page is drawn after the view has left it
            found["banners"] = [banner for each in integrations() for banner in each.banners(workspace, membership)]
            found["unread_count"] = unread(membership).count()
    return found


def _section(path: str) -> str:
    """Return which entry of the navigation an address belongs to; a view's own `section` stands above it."""
    parts = path.strip("/").split("/")
    if parts[0] == "accounts":
        return "security"
    return parts[2] if len(parts) > 2 and parts[0] == "w" else ""  # noqa: PLR2004  # w, slug, section
