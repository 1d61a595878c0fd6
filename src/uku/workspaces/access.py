"""The way into a workspace: found by its address, opened to members only, with the scope in force."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import structlog
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import Membership, User, Workspace
from uku.workspaces.permissions import Permission, require

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class WorkspaceRequest(HttpRequest):
    """A request whose sender is a member of the workspace in its address."""

    user: User
    workspace: Workspace
    membership: Membership
    htmx: HtmxDetails


View = Callable[..., HttpResponse]


def workspace_page(see: Permission, *, act: Permission | None = None) -> Callable[[View], View]:
    """Open a view to members with the permission `see`; a POST asks for `act` too.

    To everybody else the address does not exist: a stranger and a wrong name get the same 404. A member
    without the permission gets a 403 that says who can (NotAllowed, turned into a page by the middleware).
    """

    def decorate(view: View) -> View:
        @login_required
        @functools.wraps(view)
        def opened(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
            membership = find_membership(request.user, slug)
            with workspace_in_force(membership.workspace_id):
                structlog.contextvars.bind_contextvars(workspace=membership.workspace_id)
                require(membership, see)
                if request.method not in SAFE_METHODS:
                    require(membership, act or see)
                request.workspace, request.membership = membership.workspace, membership  # type: ignore[attr-defined]  # WorkspaceRequest
                return view(request, **kwargs)

        opened.is_workspace_page = True  # type: ignore[attr-defined]  # the route test looks for it
        return opened

    return decorate


def find_membership(user: Any, slug: str) -> Membership:
    """Return the person's active membership. Raises Http404, whatever the reason."""
    found = (
        Membership.everywhere.select_related("workspace", "user")
        .filter(workspace__slug=slug, user_id=user.pk, is_active=True)
        .first()
    )
    if not isinstance(found, Membership):
        raise Http404
    return found
