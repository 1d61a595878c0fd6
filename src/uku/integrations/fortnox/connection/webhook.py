"""A message that says something happened to a company's consent. It proves nothing, so it only makes us look.

Fortnox's developer portal can send "consent created" and "consent revoked" to an address of the app's choice (source:
fortnox.se/developer/authorization/get-access-token-using-client-credentials). Neither their form nor a signature is
published. So anyone may send one: a forged, replayed or foreign message gets the same answer and causes, at most once
a minute, the authenticated read of the company that we do daily anyway (B65).
"""

from __future__ import annotations

import json
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from uku.integrations.fortnox.connection.company import ASK_ON_A_HINT, may_ask
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.work import requests
from uku.kit import clock

LONGEST, LONGEST_ID = 10_000, 30


@csrf_exempt  # it comes from outside, carries no session, and changes nothing
@require_POST
def receive_webhook(request: HttpRequest) -> HttpResponse:
    """Answer every message alike, so that nobody learns which companies are connected here.

    `tenantId` is what Fortnox's tokens and websocket events call the company. Its number is digits; anything else is
    not even looked for (a NUL or half a letter cannot be).
    """
    try:
        message = json.loads(request.body) if len(request.body) <= LONGEST else None
    except (ValueError, RecursionError):
        message = None
    company_id = str(message.get("tenantId")) if isinstance(message, dict) else ""
    if company_id.isascii() and company_id.isdigit() and len(company_id) <= LONGEST_ID:
        request_looks(company_id=company_id, at=clock.now())
    return HttpResponse(status=204)


def request_looks(*, company_id: str, at: datetime) -> None:
    """Look at the company soon, unless it was looked at within the minute or waits to be looked at."""
    for connection in Connection.everywhere.filter(company_id=company_id).exclude(sealed_tokens=""):
        if may_ask(connection, at, ASK_ON_A_HINT):
            requests.request_look(connection)
