"""The way back from Fortnox. An error wins over a code; a code is exchanged once; nothing is stored on a failure."""

from __future__ import annotations

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from fortnox_api import AppCredentialsWrong, FortnoxError
from uku.integrations.fortnox.connection import authorize, errors
from uku.integrations.fortnox.connection.complete import NewConnection, complete, reject_attempt
from uku.integrations.fortnox.connection.errors import CompanyNotAllowed, Explanation, GrantIncomplete, GrantNotPending
from uku.integrations.fortnox.connection.scopes import dispensable, titles_of
from uku.integrations.fortnox.models import AttemptOutcome, AuthorizationAttempt, Connection
from uku.integrations.fortnox.tokens import app_credentials
from uku.kit import clock

log = structlog.get_logger()


@require_GET
def receive_callback(request: HttpRequest) -> HttpResponse:
    """Take the person back in: the connection shown on Overview, or a page that says what to do.

    Nobody is sent to the sign-in page from here, since its address would carry the code along.
    """
    state = request.GET.get("state", "")
    attempt = authorize.find_attempt(state)
    if not request.user.is_authenticated and (attempt is None or attempt.link_id is None):
        return _draw_failure(request, errors.SIGNED_OUT, None)
    session, user_id = request.session.session_key or "", request.user.pk
    try:
        attempt = authorize.claim_state(state=state, user_id=user_id, session_key=session, at=clock.now())
    except authorize.StateNotValid:
        log.warning("callback refused")
        mine = attempt if attempt and authorize.belongs_to_browser(attempt, user_id, session) else None
        return _draw_first_outcome(request, mine)
    if (explanation := errors.explain_response(request.GET)) is not None:
        log.info("consent not given", error=request.GET.get("error", "")[:40])
        reject_attempt(attempt=attempt, reason=str(explanation.happened), at=clock.now())
        return _draw_failure(request, explanation, attempt)
    try:
        made = complete(attempt=attempt, code=request.GET["code"], at=clock.now())
    except (CompanyNotAllowed, GrantIncomplete, GrantNotPending, FortnoxError) as error:
        log.warning("exchange failed", error=type(error).__name__, uid=getattr(error, "request_id", ""))
        if isinstance(error, AppCredentialsWrong):  # the operator's error, and only that one can mend it
            app_credentials.note_refused(clock.now())
        return _draw_failure(request, errors.explain_failure(error), attempt)
    if isinstance(made, NewConnection):
        messages.success(request, made.in_words())
        return redirect("fortnox:overview", slug=attempt.workspace.slug)
    return _draw_pending(request, attempt)


def _draw_first_outcome(request: HttpRequest, attempt: AuthorizationAttempt | None) -> HttpResponse:
    """A reload, a second tab, the back button: show where the first visit led (B29). Nothing is exchanged."""
    outcome = attempt.outcome if attempt else ""
    if attempt and outcome == AttemptOutcome.CONNECTED:
        messages.info(request, _("Fortnox is already connected."))
        return redirect("fortnox:overview", slug=attempt.workspace.slug)
    if attempt and outcome == AttemptOutcome.WAITING:
        return _draw_pending(request, attempt)
    return _draw_failure(request, errors.STATE, None)


def _draw_pending(request: HttpRequest, attempt: AuthorizationAttempt) -> HttpResponse:
    """The grant waits for a person: ours is asked at once, a visitor through a link is thanked."""
    if attempt.link_id is None:
        return redirect("fortnox:confirm", slug=attempt.workspace.slug)
    return render(request, "fortnox/link_done.html", {"firm": attempt.workspace.name})


def _draw_failure(request: HttpRequest, explanation: Explanation, attempt: AuthorizationAttempt | None) -> HttpResponse:
    """Say what happened; after a missing licence, offer to authorize without what goes beyond the first scopes."""
    explanation = errors.with_revocation(explanation, attempt.revocation if attempt else "")
    visitor = attempt is not None and attempt.link_id is not None
    context: dict[str, object] = {"refusal": explanation, "visitor": visitor}
    if attempt is not None and not visitor:
        connection = Connection.everywhere.get(workspace_id=attempt.workspace_id)
        request.membership = authorize.membership_of(attempt)  # type: ignore[attr-defined]  # the frame shows the workspace
        without = dispensable(attempt.scopes, connection.scopes) if explanation.names_licence else []
        context |= {"slug": attempt.workspace.slug, "without": without, "names": titles_of(without)}
        context["still"] = connection.company_name
    template = "fortnox/link_failed.html" if visitor else "fortnox/not_connected.html"
    return render(request, template, context, status=400)
