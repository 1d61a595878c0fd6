"""The way back from Fortnox. An error wins over a code; a code is exchanged once; nothing is stored on a failure."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from fortnox_api import AppCredentialsWrong, Forbidden, FortnoxError, GrantRevoked, Rejected
from uku.integrations.fortnox import connecting, consent
from uku.integrations.fortnox.consent import Refusal
from uku.integrations.fortnox.models import Attempt
from uku.kit import clock

log = structlog.get_logger()


@require_GET
def returned(request: HttpRequest) -> HttpResponse:
    """Take the person back in: the connection shown on Overview, or a page that says what to do.

    Nobody is sent to the sign-in page from here, since its address would carry the code along.
    """
    if not request.user.is_authenticated:
        return _page(request, consent.SIGNED_OUT, None)
    try:
        attempt = connecting.claim_state(
            state=request.GET.get("state", ""),
            user_id=request.user.pk,
            session_key=request.session.session_key or "",
            at=clock.now(),
        )
    except connecting.StateRefused:
        log.warning("callback refused")
        return _page(request, consent.STATE, None)
    if (refusal := consent.refusal_in(request.GET)) is not None:
        log.info("consent not given", error=request.GET.get("error", "")[:40])
        return _page(request, refusal, attempt)
    return _exchange(request, attempt, request.GET["code"])


def _exchange(request: HttpRequest, attempt: Attempt, code: str) -> HttpResponse:
    try:
        connecting.complete(attempt=attempt, code=code, at=clock.now())
    except connecting.CompanyRefused as refused:
        return _page(request, consent.other_company(refused.sentence), attempt)
    except AppCredentialsWrong as error:
        log.error("app credentials refused", uid=error.request_id)  # noqa: TRY400  # the operator's fault, no traceback needed
        return _page(request, consent.OPERATOR, attempt)
    except (Rejected, GrantRevoked):
        return _page(request, consent.CODE, attempt)
    except Forbidden:
        return _page(request, consent.LICENCE, attempt)
    except FortnoxError as error:
        log.warning("exchange failed", error=type(error).__name__, uid=error.request_id)
        return _page(request, consent.FORTNOX_DOWN, attempt)
    return redirect("fortnox:overview", slug=attempt.workspace.slug)


def _page(request: HttpRequest, refusal: Refusal, attempt: Attempt | None) -> HttpResponse:
    slug = attempt.workspace.slug if attempt else None
    return render(request, "fortnox/not_connected.html", {"refusal": refusal, "slug": slug}, status=400)
