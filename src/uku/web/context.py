"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from uku.integrations.registry import Banner, integrations
from uku.kit.scoping import workspace_in_force
from uku.workspaces.access import zone_of
from uku.workspaces.models import Membership
from uku.workspaces.notices import unread
from uku.workspaces.permissions import Permission, may

DIALOG_ID = "dialog"


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The workspaces to switch between, and, inside one, what is wrong and what the member may do."""
    found: dict[str, Any] = {"dialog_frame": _dialog_frame(request), "section": _section(request.path)}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return found
    found["time_zone"] = SimpleLazyObject(lambda: zone_of(user))
    memberships = Membership.everywhere.filter(user_id=user.pk, is_active=True).select_related("workspace")
    found["memberships"] = memberships.order_by("workspace__name")
    membership = getattr(request, "membership", None)
    if membership is not None:
        found |= {
            "workspace": membership.workspace,
            "time_zone": membership.workspace.time_zone,
            "membership": membership,
            "may": {permission.name: may(membership, permission) for permission in Permission},
            "banners": _banners(membership),
            "unread_count": _unread(membership),
        }
    return found


def _unread(membership: Membership) -> int:
    """What the bell counts."""
    with workspace_in_force(membership.workspace_id):
        return unread(membership).count()


def _banners(membership: Membership) -> list[Banner]:
    """Ask with the workspace in force: a 404 or 403 page is drawn after the view has left it."""
    with workspace_in_force(membership.workspace_id):
        return [b for i in integrations() for b in i.banners(membership.workspace, membership)]


def _dialog_frame(request: HttpRequest) -> str:
    """Choose what a dialog's content stands in: the open dialog that asked for it, or a page of its own."""
    htmx = getattr(request, "htmx", None)
    return "dialog_fragment.html" if htmx and htmx.target == DIALOG_ID else "dialog_page.html"


def _section(path: str) -> str:
    """Return which entry of the navigation an address belongs to."""
    parts = path.strip("/").split("/")
    if parts[0] == "accounts":
        return "security"
    return parts[2] if len(parts) > 2 and parts[0] == "w" else ""  # noqa: PLR2004  # w, slug, section
