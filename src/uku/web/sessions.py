"""How long a sign-in lasts, and how it ends: by rest, by age, by its owner, by losing every workspace (S16, S17).

The times are this machine's clock, never the business clock that drills move. The limits are UKU_SESSION_IDLE_HOURS
and UKU_SESSION_HOURS; both are kept on the server, so that a copied cookie ends with them.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from uku.workspaces.models import Membership, User
from uku.workspaces.proof import note_proof

_BEGAN, _SEEN = "uku_signed_in_at", "uku_seen_at"
NOTICE_EVERY = 300  # seconds: a write a request would be too much


def begin(sender: object, request: HttpRequest | None, **_: object) -> None:  # noqa: ARG001  # a signal's receiver
    """Start the session's clocks when somebody signs in; the sign-in is the first proof."""
    if request is None or not hasattr(request, "session"):
        return
    request.session[_BEGAN] = request.session[_SEEN] = int(time.time())
    note_proof(request.session)


def end_if_over(request: HttpRequest) -> None:
    """Sign the person out when their session has rested or lived too long; else note that it lives."""
    session, now = request.session, int(time.time())
    if not request.user.is_authenticated:
        return
    if is_over(session, now):
        logout(request)
    elif now - session.get(_SEEN, 0) >= NOTICE_EVERY:
        session[_SEEN] = now
        session.setdefault(_BEGAN, now)  # a session from before there was a limit counts from now
        UserSession.objects.create_from_request(request)


def is_over(session: SessionBase, now: int) -> bool:
    began, seen = session.get(_BEGAN, now), session.get(_SEEN, now)
    limits = settings.UKU
    return bool(now - seen >= limits.session_idle_hours * 3600 or now - began >= limits.session_hours * 3600)


def end_all_of(user: User) -> None:
    """End every session of a person on the server."""
    for session in UserSession.objects.filter(user=user):
        session.end()


def after_user_saved(instance: User, **_: object) -> None:
    """A disabled person's sessions die, and do not come back to life with the person."""
    if not instance.is_active:
        end_all_of(instance)


def after_membership_saved(instance: Membership, **_: object) -> None:
    """Who was just taken out of the last workspace is signed out everywhere."""
    user: Any = instance.user
    if not instance.is_active and not Membership.everywhere.filter(user=user, is_active=True).exists():
        end_all_of(user)
