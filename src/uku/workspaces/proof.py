"""How lately a person proved who they are. What is worth stealing asks for a recent proof (S18)."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PROVED_AT = "uku_proved_at"  # whole seconds of this machine's clock: a session must end when business time stands


class SignInTooOld(Exception):
    """The person must prove again who they are. The middleware leads there and back to the page with the button."""


def note_proof(session: MutableMapping[str, Any]) -> None:
    """Remember in the session that its person has proved who they are just now."""
    session[_PROVED_AT] = int(time.time())


def is_fresh(session: MutableMapping[str, Any]) -> bool:
    """Say whether the last proof is younger than UKU_FRESH_MINUTES."""
    proved_at = session.get(_PROVED_AT)
    return isinstance(proved_at, int) and 0 <= time.time() - proved_at < settings.UKU.fresh_minutes * 60


def require_fresh(request: HttpRequest) -> None:
    """Raise SignInTooOld unless the sign-in is recent; for views where only some posts need it."""
    if not is_fresh(request.session):
        raise SignInTooOld


def fresh_sign_in(view: View) -> View:
    """Let a POST through only after a recent sign-in; looking is always allowed. Raises SignInTooOld.

    It stands under `workspace_page`, so that a refusal for want of permission comes first.
    """

    @functools.wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in SAFE_METHODS:
            require_fresh(request)
        return view(request, *args, **kwargs)

    asked.needs_fresh_sign_in = True  # type: ignore[attr-defined]  # the test of all views reads it
    return asked
