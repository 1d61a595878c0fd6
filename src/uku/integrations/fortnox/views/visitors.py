"""The connect page behind a link: for a Fortnox administrator who has no account here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from uku.integrations.fortnox.connection import authorize, errors, invite_links
from uku.integrations.fortnox.connection.scopes import lines_for, scopes_for
from uku.integrations.fortnox.views.connect import consent_requirements
from uku.kit import clock


@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest, token: str) -> HttpResponse:
    """Show whose Uku asks for what and why; a POST goes to Fortnox, bound to this link and this browser.

    The address holds the secret, so it is told to nobody: `strict-origin` keeps the path out of every Referer. Not
    `no-referrer`: browsers then send `Origin: null` with the form, which Django refuses as forged. Nothing is said to
    Fortnox at all: the redirect there carries `no-referrer`.
    """
    try:
        link = invite_links.find_link(token=token, at=clock.now())
        if request.method == "POST":
            if request.session.session_key is None:
                request.session.create()
            session_key = request.session.session_key or ""
            response: HttpResponse = redirect(
                invite_links.begin_authorization_through(link=link, session_key=session_key, at=clock.now())
            )
            response["Referrer-Policy"] = "no-referrer"
        else:
            scopes = lines_for(scopes_for(authorize.connection_of(link.workspace)))
            context = {"firm": link.workspace.name, "issuer": link.issuer, "scopes": scopes}
            response = render(request, "fortnox/link.html", {**context, "requirements": consent_requirements()})
    except (invite_links.LinkNotValid, authorize.NotEnabled):
        response = render(request, "fortnox/link_failed.html", {"refusal": errors.LINK}, status=404)
    response.headers.setdefault("Referrer-Policy", "strict-origin")
    response["X-Robots-Tag"] = "noindex"
    return response
