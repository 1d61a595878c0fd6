"""The connect page behind a link: for a Fortnox administrator who has no account here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from uku.integrations.fortnox.connection import authorize, errors, invite_links
from uku.integrations.fortnox.connection.scopes import lines_for, scopes_for
from uku.integrations.fortnox.models import ConsentLink
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
        answer = _to_fortnox(request, link) if request.method == "POST" else _page(request, link)
    except (invite_links.LinkNotValid, authorize.NotEnabled):
        answer = render(request, "fortnox/link_failed.html", {"refusal": errors.LINK}, status=404)
    answer.headers.setdefault("Referrer-Policy", "strict-origin")
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _page(request: HttpRequest, link: ConsentLink) -> HttpResponse:
    scopes = lines_for(scopes_for(authorize.connection_of(link.workspace)))
    context = {
        "firm": link.workspace.name,
        "issuer": link.issuer,
        "scopes": scopes,
        "requirements": consent_requirements(),
    }
    return render(request, "fortnox/link.html", context)


def _to_fortnox(request: HttpRequest, link: ConsentLink) -> HttpResponse:
    if request.session.session_key is None:
        request.session.create()
    url = invite_links.begin_authorization_through(
        link=link, session_key=request.session.session_key or "", at=clock.now()
    )
    answer = redirect(url)
    answer["Referrer-Policy"] = "no-referrer"
    return answer
