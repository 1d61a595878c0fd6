"""Where a signed-in person begins, and the pages that say why something is not there."""

from __future__ import annotations

import structlog
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from uku.workspaces.access import first_membership


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the first workspace by name; say so when there is none."""
    first = first_membership(request.user)
    if first is None:
        return render(request, "no_workspace.html")
    return redirect("clients", slug=first.workspace.slug)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django calls it so
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # same
    return render(request, "403.html", status=403)


def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


def failed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # same
    """Draw from nothing but the template and the request's name: whatever failed may fail again (S42)."""
    name = structlog.contextvars.get_contextvars().get("request", "")
    return HttpResponse(render_to_string("500.html", {"request_name": name}), status=500)
