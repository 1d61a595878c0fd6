"""Alive or not, for whoever watches the installation; nothing else is told to strangers (reliability B58)."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django calls it so
    """Answer 200 `alive` when a page could be drawn from the database, else 503 `not alive`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("not alive\n", status=503, content_type="text/plain")
    return HttpResponse("alive\n", content_type="text/plain")
