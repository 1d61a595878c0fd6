"""What happens round every request."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from uku.workspaces.permissions import NotAllowed

Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger()


def request_id(get_response: Handler) -> Handler:
    """Name each request, in the logs and in the answer."""

    def handle(request: HttpRequest) -> HttpResponse:
        name = secrets.token_hex(6)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=name)
        response = get_response(request)
        response["X-Request-Id"] = name
        return response

    return handle


def private_pages(get_response: Handler) -> Handler:
    """Keep pages with tenant data out of every cache (reliability S20)."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return handle


class refusals:  # noqa: N801  # named like the other middleware, which are functions
    """Turn NotAllowed into a page that says who can."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, NotAllowed):
            return None
        log.info("refused", permission=error.permission)
        return render(request, "403.html", {"sentence": error.sentence}, status=403)
