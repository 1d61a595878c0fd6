"""Signing in and what guards it, written into the audit log of each workspace the person belongs to (S45)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as factors
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import Signal
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uku.kit import clock
from uku.workspaces.audit import record_of_person
from uku.workspaces.models import User

KNOWN_BY = ("email", "login", "username")
FACTORS: Mapping[Authenticator.Type, Promise] = {
    Authenticator.Type.TOTP: _("authenticator app"),
    Authenticator.Type.WEBAUTHN: _("passkey"),
    Authenticator.Type.RECOVERY_CODES: _("recovery codes"),
}


def _person_recorder(action: str, words: Promise) -> Callable[..., None]:
    """Return a handler that records one thing of the signal's person."""

    def handle(*, user: User | None = None, **_facts: Any) -> None:
        if user is not None:
            record_of_person(user=user, actor=user, action=action, words=words, at=clock.now())

    return handle


def _record_wrong_password(*, credentials: Mapping[str, Any], **_facts: Any) -> None:
    """A wrong password for somebody we know; of strangers nothing is kept, and never what was typed."""
    address = next((str(credentials[name]) for name in KNOWN_BY if credentials.get(name)), "")
    user = User.objects.filter(email=address.lower()).first() if address else None
    if user is not None:
        words = _("%(address)s: wrong password")
        record_of_person(user=user, actor=None, action="account.refuse", words=words, at=clock.now())


def _record_wrong_code(*, user: User, **_facts: Any) -> None:
    words = _("%(address)s: wrong code of the second factor")
    record_of_person(user=user, actor=None, action="account.refuse", words=words, at=clock.now())


def _factor_recorder(action: str, words: Promise) -> Callable[..., None]:
    def handle(*, user: User, authenticator: Any, **_facts: Any) -> None:
        factor = FACTORS[Authenticator.Type(authenticator.type)]
        record_of_person(user=user, actor=user, action=action, words=words, at=clock.now(), factor=factor)

    return handle


HANDLERS: tuple[tuple[Signal, Callable[..., None]], ...] = (
    (account.user_logged_in, _person_recorder("account.sign_in", _("%(address)s: signed in"))),
    (user_logged_out, _person_recorder("account.sign_out", _("%(address)s: signed out"))),
    (user_login_failed, _record_wrong_password),
    (account.password_changed, _person_recorder("account.password", _("%(address)s: password changed"))),
    (account.password_set, _person_recorder("account.password", _("%(address)s: password set"))),
    (account.password_reset, _person_recorder("account.password", _("%(address)s: password reset by e-mail"))),
    (factors.authenticator_added, _factor_recorder("account.factor_add", _("%(address)s: %(factor)s added"))),
    (factors.authenticator_removed, _factor_recorder("account.factor_remove", _("%(address)s: %(factor)s removed"))),
    (factors.authenticator_reset, _factor_recorder("account.factor_reset", _("%(address)s: %(factor)s renewed"))),
    (factors.authentication_failed, _record_wrong_code),
)


def listen() -> None:
    """Connect all handlers, once however often it is called."""
    for number, (signal, handler) in enumerate(HANDLERS):
        signal.connect(handler, weak=False, dispatch_uid=f"uku.audit.{number}")
