"""What stands beside allauth's own pages."""

from __future__ import annotations

from typing import Any, NoReturn

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from uku.workspaces.access import lacks_second_factor
from uku.workspaces.models import Membership


def security(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django calls it so
    return redirect("mfa_index")


def not_offered(request: HttpRequest) -> NoReturn:  # noqa: ARG001  # Django calls it so
    raise Http404


@require_safe
def signed_in(request: HttpRequest) -> HttpResponse:
    """Say who is signed in, null for nobody, with the security code of their forms: a page asks before it sends one."""
    return JsonResponse({"person": request.user.pk, "code": get_token(request)})


@require_safe
@login_required
def second_factor_needed(request: HttpRequest) -> HttpResponse:
    """Say which workspaces wait for a second factor, and where to set one up; go on when none does any more."""
    user: Any = request.user
    mine = Membership.everywhere.filter(user=user, is_active=True).select_related("workspace", "user")
    waiting = [membership.workspace for membership in mine if lacks_second_factor(membership)]
    if not waiting:
        return redirect("home")
    return render(request, "account/second_factor_needed.html", {"waiting": waiting})
