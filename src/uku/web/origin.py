"""From where a request comes, for the audit log (S45)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from uku.web.middleware import Handler, client_address
from uku.workspaces.audit import acting_from


def origin(get_response: Handler) -> Handler:
    """Note the sender's address in every audit entry that the request makes.

    It stands behind the middleware that replaces a trusted proxy's address by the one behind it.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        with acting_from(client_address(request)):
            return get_response(request)

    return handle
