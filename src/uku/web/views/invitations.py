"""Taking an invitation: the link from the e-mail, for a person who is new here or signs in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from uku.kit import clock
from uku.web.forms.members import NewPersonForm
from uku.web.rate_limits import throttled
from uku.workspaces import invitations
from uku.workspaces.models import Invitation, Membership

IN_SESSION = "uku_invitation"


@require_safe
def invitation_open(request: HttpRequest, secret: str) -> HttpResponse:
    """Put the secret aside and go on without it in the address, so that no link or log carries it further.

    Opening uses nothing up: mail scanners open links too.
    """
    request.session[IN_SESSION] = secret[:100]
    return redirect("invitation")


@require_http_methods(["GET", "HEAD", "POST"])
@throttled("invite")
def invitation(request: HttpRequest) -> HttpResponse:
    """Show what is offered, and take it on a POST."""
    secret = str(request.session.get(IN_SESSION, ""))
    try:
        found = invitations.find(secret=secret, at=clock.now())
        if request.user.is_authenticated:
            return _accept_signed_in(request, secret, found)
        return _accept_as_new(request, secret, found)
    except invitations.InvitationGone:
        return render(request, "members/invitation_gone.html", status=410)


def _accept_signed_in(request: HttpRequest, secret: str, found: Invitation) -> HttpResponse:
    user: Any = request.user
    if user.email != found.email:
        return render(request, "members/invitation_other.html", {"invitation": found})
    if request.method == "POST":
        return _welcome(request, invitations.accept(secret=secret, user=user, at=clock.now()))
    return render(request, "members/invitation.html", {"invitation": found})


def _accept_as_new(request: HttpRequest, secret: str, found: Invitation) -> HttpResponse:
    if invitations.has_account(found):
        return render(request, "members/invitation_sign_in.html", {"invitation": found})
    form = NewPersonForm(request.POST or None, email=found.email)
    if request.method == "POST" and form.is_valid():
        try:
            membership = invitations.accept_as_new(secret=secret, at=clock.now(), **form.cleaned_data)
        except invitations.AccountExists:
            return redirect("invitation")
        login(request, membership.user)
        return _welcome(request, membership)
    context = {"invitation": found, "form": form}
    return render(request, "members/invitation.html", context, status=422 if form.is_bound else 200)


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    request.session.pop(IN_SESSION, None)
    messages.success(request, gettext("Welcome to %(workspace)s.") % {"workspace": membership.workspace.name})
    return redirect("clients", slug=membership.workspace.slug)
