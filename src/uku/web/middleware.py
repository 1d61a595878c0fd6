"""What happens round every request."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import structlog
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import is_valid_path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from uku.web import sessions, trusted_proxies
from uku.workspaces.access import SecondFactorMissing
from uku.workspaces.audit import acting_from
from uku.workspaces.permissions import NotAllowed
from uku.workspaces.proof import SignInTooOld

Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger()

# Nothing here uses a device, and nothing may be drawn into, or keep hold of, another site's window (S22).
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}
ONE_YEAR = 365 * 24 * 3600


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


def headers(get_response: Handler) -> Handler:
    """Give every answer, errors and files included, the headers that keep a browser strict."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        if settings.UKU.secure:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR}")
        return response

    return handle


def proxies(get_response: Handler) -> Handler:
    """Settle who is asking, once: throttling, the session list and the audit log all use it (B23)."""

    def handle(request: HttpRequest) -> HttpResponse:
        trusted_proxies.settle(request.META, settings.UKU.trusted_proxies)
        return get_response(request)

    return handle


def client_address(request: HttpRequest) -> str | None:
    """Return the client's network address, or None over a socket file."""
    return request.META.get("REMOTE_ADDR") or None


def note_address(get_response: Handler) -> Handler:
    """Note the sender's address in every audit entry that the request makes; `proxies` has run before (S45)."""

    def handle(request: HttpRequest) -> HttpResponse:
        with acting_from(client_address(request)):
            return get_response(request)

    return handle


def session_limits(get_response: Handler) -> Handler:
    """End a sign-in that has rested or lived too long, before anything looks at who it is (S17)."""

    def handle(request: HttpRequest) -> HttpResponse:
        sessions.end_if_over(request)
        return get_response(request)

    return handle


def private_pages(get_response: Handler) -> Handler:
    """Keep pages with tenant data out of every cache (S20)."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return handle


def action_pages(get_response: Handler) -> Handler:
    """Lead whoever opens or reloads an address that takes a button only to the page above it, where the button is.

    The view has been through its own checks by then, and the page has its own.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        takes_post = isinstance(response, HttpResponseNotAllowed) and "POST" in response["Allow"]
        if takes_post and request.method in {"GET", "HEAD"}:
            return HttpResponseRedirect(_page_above(request.path_info))
        return response

    return handle


def _page_above(path: str) -> str:
    """Return the longest address that this one begins with; it is a page, or leads to one in its turn."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        if is_valid_path(path):
            break
    return path


class refusals:  # noqa: N801  # named like the other middleware, which are functions
    """Turn a refusal into the page that says who can, or that asks for what is missing."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotAllowed):
            log.info("refused", permission=error.permission)
            return render(request, "403.html", {"sentence": error.sentence}, status=403)
        if isinstance(error, SignInTooOld):
            return _ask_again(request)
        if isinstance(error, SecondFactorMissing):
            return HttpResponseRedirect(reverse("second-factor-needed"))
        return None


def _ask_again(request: HttpRequest) -> HttpResponse:
    """Lead to the proof, and from there back to the page with the button, where what was meant can be seen."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    place = methods[0]["url"] if methods else reverse("account_login")
    messages.info(request, _("Nothing was changed yet. Confirm that it is you, then click the button again."))
    return HttpResponseRedirect(f"{place}?{urlencode({'next': _page_with_the_button(request)})}")


def _page_with_the_button(request: HttpRequest) -> str:
    """Return the path of the page the request was sent from, when it is ours; else the first page."""
    sent_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(sent_from, {request.get_host(), urlsplit(settings.UKU.public_url).netloc}):
        return reverse("home")
    parts = urlsplit(sent_from)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
