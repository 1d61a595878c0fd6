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
from uku.workspaces.permissions import MANAGERS, Permission, require
from uku.workspaces.proof import SAFE_METHODS


class SecondFactorMissing(Exception):
    """The workspace asks its owners and admins for a second factor, and this one has none yet (S23)."""


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
                if lacks_second_factor(membership):
                    raise SecondFactorMissing
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


def first_membership(user: Any) -> Membership | None:
    """Return the person's membership in the first workspace by name, where sign-in lands."""
    mine = Membership.everywhere.filter(user_id=user.pk, is_active=True).select_related("workspace")
    found: Membership | None = mine.order_by("workspace__name", "workspace_id").first()
    return found


def zone_of(user: Any) -> str:
    """Return the zone of the clock that a person reads outside of any workspace: their first workspace's."""
    first = first_membership(user)
    return first.workspace.time_zone if first else "UTC"


def lacks_second_factor(membership: Membership) -> bool:
    """Say whether this workspace asks the person for a second factor that they do not have.

    An authenticator app or a passkey is one; recovery codes alone are not. Whoever has one was asked for it at
    sign-in, since allauth lets nobody past without.
    """
    if not membership.workspace.second_factor_required or membership.role not in MANAGERS:
        return False
    factors: Any = membership.user
    return not factors.authenticator_set.exclude(type="recovery_codes").exists()
