"""Signing in and what guards it, written into the audit log of each workspace the person belongs to (S45)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as factors
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import Signal

from uku.kit import clock
from uku.workspaces.audit import record_of_person
from uku.workspaces.models import User

KNOWN_BY = ("email", "login", "username")


def _person_recorder(action: str, words: str) -> Callable[..., None]:
    """Return a handler that records one thing of the signal's person."""

    def handle(*, user: User | None = None, **_facts: Any) -> None:
        if user is not None:
            summary = f"{user.email}: {words}"
            record_of_person(user=user, actor=user, action=action, summary=summary, at=clock.now())

    return handle


def _record_wrong_password(*, credentials: Mapping[str, Any], **_facts: Any) -> None:
    """A wrong password for somebody we know; of strangers nothing is kept, and never what was typed."""
    address = next((str(credentials[name]) for name in KNOWN_BY if credentials.get(name)), "")
    user = User.objects.filter(email=address.lower()).first() if address else None
    if user is not None:
        summary = f"{user.email}: a wrong password was given"
        record_of_person(user=user, actor=None, action="account.refuse", summary=summary, at=clock.now())


def _record_wrong_code(*, user: User, **_facts: Any) -> None:
    summary = f"{user.email}: a wrong code of the second factor was given"
    record_of_person(user=user, actor=None, action="account.refuse", summary=summary, at=clock.now())


def _factor_recorder(action: str, words: str) -> Callable[..., None]:
    def handle(*, user: User, authenticator: Any, **_facts: Any) -> None:
        summary = f"{user.email}: {authenticator.get_type_display()} {words}"
        record_of_person(user=user, actor=user, action=action, summary=summary, at=clock.now())

    return handle


HANDLERS: tuple[tuple[Signal, Callable[..., None]], ...] = (
    (account.user_logged_in, _person_recorder("account.sign_in", "signed in")),
    (user_logged_out, _person_recorder("account.sign_out", "signed out")),
    (user_login_failed, _record_wrong_password),
    (account.password_changed, _person_recorder("account.password", "the password was changed")),
    (account.password_set, _person_recorder("account.password", "a password was set")),
    (account.password_reset, _person_recorder("account.password", "the password was reset by e-mail")),
    (factors.authenticator_added, _factor_recorder("account.factor_add", "was added")),
    (factors.authenticator_removed, _factor_recorder("account.factor_remove", "was removed")),
    (factors.authenticator_reset, _factor_recorder("account.factor_reset", "was made anew")),
    (factors.authentication_failed, _record_wrong_code),
)


def listen() -> None:
    """Connect all handlers, once however often it is called."""
    for number, (signal, handler) in enumerate(HANDLERS):
        signal.connect(handler, weak=False, dispatch_uid=f"uku.audit.{number}")
