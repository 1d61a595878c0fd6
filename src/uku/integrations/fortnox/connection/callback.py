"""The way back from Fortnox. An error wins over a code; a code is exchanged once; nothing is stored on a failure."""

from __future__ import annotations

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from fortnox_api import AppCredentialsWrong, FortnoxError
from uku.integrations.fortnox.connection import authorize, complete, errors
from uku.integrations.fortnox.connection.errors import Refusal
from uku.integrations.fortnox.connection.scopes import dispensable, titles_of
from uku.integrations.fortnox.models import Attempt, AttemptOutcome, Connection
from uku.integrations.fortnox.tokens import app_credentials
from uku.kit import clock

log = structlog.get_logger()


@require_GET
def returned(request: HttpRequest) -> HttpResponse:
    """Take the person back in: the connection shown on Overview, or a page that says what to do.

    Nobody is sent to the sign-in page from here, since its address would carry the code along.
    """
    state = request.GET.get("state", "")
    attempt = authorize.find_attempt(state)
    if not request.user.is_authenticated and (attempt is None or attempt.link_id is None):
        return _page(request, errors.SIGNED_OUT, None)
    session, user_id = request.session.session_key or "", request.user.pk
    try:
        attempt = authorize.claim_state(state=state, user_id=user_id, session_key=session, at=clock.now())
    except authorize.StateRefused:
        mine = attempt if attempt and authorize.is_mine(attempt, user_id, session) else None
        return _again(request, mine)
    if (refusal := errors.refusal_in(request.GET)) is not None:
        log.info("consent not given", error=request.GET.get("error", "")[:40])
        complete.turn_away(attempt=attempt, reason=str(refusal.happened), at=clock.now())
        return _page(request, refusal, attempt)
    return _exchange(request, attempt, request.GET["code"])


def _again(request: HttpRequest, attempt: Attempt | None) -> HttpResponse:
    """A reload, a second tab, the back button: show where the first visit led (B29). Nothing is exchanged."""
    log.warning("callback refused")
    outcome = attempt.outcome if attempt else ""
    if attempt and outcome == AttemptOutcome.CONNECTED:
        messages.info(request, _("Fortnox is connected already."))
        return redirect("fortnox:overview", slug=attempt.workspace.slug)
    if attempt and outcome == AttemptOutcome.WAITING:
        return _waits(request, attempt)
    return _page(request, errors.STATE, None)


def _exchange(request: HttpRequest, attempt: Attempt, code: str) -> HttpResponse:
    try:
        made = complete.complete(attempt=attempt, code=code, at=clock.now())
    except complete.CompanyRefused as refused:
        return _page(request, errors.other_company(refused.sentence), attempt)
    except complete.GrantIncomplete as lacking:
        return _page(request, errors.incomplete(lacking.scopes), attempt)
    except complete.GrantGone:
        return _page(request, errors.OVERTAKEN, attempt)
    except FortnoxError as error:
        return _failed(request, attempt, error)
    if isinstance(made, complete.Connected):
        messages.success(request, made.in_words())
        return redirect("fortnox:overview", slug=attempt.workspace.slug)
    return _waits(request, attempt)


def _failed(request: HttpRequest, attempt: Attempt, error: FortnoxError) -> HttpResponse:
    """Say whose fault it is; wrong credentials of the app are the operator's, and only that one can mend them."""
    log.warning("exchange failed", error=type(error).__name__, uid=error.request_id)
    if isinstance(error, AppCredentialsWrong):
        app_credentials.refused(clock.now())
    return _page(request, errors.refusal_of(error), attempt)


def _waits(request: HttpRequest, attempt: Attempt) -> HttpResponse:
    """The grant waits for a person: ours is asked at once, a visitor through a link is thanked."""
    if attempt.link_id is None:
        return redirect("fortnox:confirm", slug=attempt.workspace.slug)
    return render(request, "fortnox/link_done.html", {"firm": attempt.workspace.name})


def _page(request: HttpRequest, refusal: Refusal, attempt: Attempt | None) -> HttpResponse:
    """Show a refusal; after a missing licence, offer to authorize without what goes beyond the first scopes."""
    refusal = errors.with_revocation(refusal, attempt.revocation if attempt else "")
    context: dict[str, object] = {"refusal": refusal}
    if attempt is not None and attempt.link_id is None:
        connection = Connection.everywhere.get(workspace_id=attempt.workspace_id)
        request.membership = authorize.membership_of(attempt)  # type: ignore[attr-defined]  # the frame shows the workspace
        without = dispensable(attempt.scopes, connection.scopes) if refusal.names_licence else []
        context |= {"slug": attempt.workspace.slug, "without": without, "names": titles_of(without)}
        context["still"] = connection.company_name
    visitor = attempt is not None and attempt.link_id is not None
    template = "fortnox/link_failed.html" if visitor else "fortnox/not_connected.html"
    context["visitor"] = visitor
    return render(request, template, context, status=400)
