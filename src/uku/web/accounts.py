"""Accounts as this product has them: by invitation only, with links and addresses that nobody outside can bend."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.kit import clock
from uku.kit.secrets import CannotOpen
from uku.kit.times import show_time
from uku.workspaces.access import zone_of
from uku.workspaces.factors import open_secret, seal_secret
from uku.workspaces.proof import is_fresh, note_proof

log = structlog.get_logger()
NO_ADDRESS = "0.0.0.0"  # noqa: S104  # nothing is bound to it: it stands for a request over a socket file


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """What allauth asks about accounts."""

    error_messages = {  # noqa: RUF012  # allauth's own attribute, read only
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("Wrong e-mail or password. Check both, or reset the password."),
        "enter_current_password": _("Wrong password. Write your current password."),
        "incorrect_code": _("Wrong code. Wait for the next one, and write it without spaces."),
        "incorrect_password": _("Wrong password. Write your current password."),
        "invalid_login": _("Your session has expired. Sign in again."),
        "invalid_password_reset": _("This link no longer works. Ask for a new one."),
        "too_many_login_attempts": _("Too many tries. Wait five minutes, then sign in again."),
        "rate_limited": _("Too many tries. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth calls it so
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The middleware has settled who is asking, by our own proxies only; allauth counts tries by this."""
        return str(request.META.get("REMOTE_ADDR") or NO_ADDRESS)

    def is_safe_url(self, url: str) -> bool:
        """Only a path of this site is gone to after signing in, however the address is written (B61)."""
        return bool(url and url.startswith("/") and super().is_safe_url(url))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link is made of UKU_PUBLIC_URL: a request with another Host cannot have it sent elsewhere (B22)."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return str(settings.UKU.public_url) + path.replace("UID-KEY", key)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away undoes nothing: what the message tells of is done already, and is said so.

        The words are the same for every address, so that nobody learns from them who has an account (S24).
        """
        try:
            super().send_mail(template_prefix, email, {**context, "public_url": settings.UKU.public_url})
        except (OSError, SMTPException) as error:
            log.warning("mail failed", mail=template_prefix, reason=type(error).__name__)
            words = gettext(
                "The e-mail could not be sent: the mail server refused it. Your change is saved. If you"
                " need the e-mail, ask for it again in a few minutes."
            )
            messages.warning(allauth_context.request, words)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """What was changed, and when by the clock that the person reads."""
        zone = zone_of(user)
        when = f"{show_time(clock.now(), zone)} ({zone})"
        super().send_notification_mail(template_prefix, user, {**(context or {}), "timestamp": when}, email)

    def is_reauthentication_required(self, *, app: str, **_: object) -> bool:  # noqa: ARG002  # allauth calls it so
        """A recent sign-in is as good as a password asked for again, so that nobody is asked twice in a row."""
        return not is_fresh(allauth_context.request.session)

    def reauthenticate(self, user: Any, password: str) -> bool:
        right = bool(super().reauthenticate(user, password))
        if right:
            note_proof(allauth_context.request.session)
        return right


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth carries no types
    """What allauth asks about second factors."""

    error_messages = {  # noqa: RUF012  # allauth's own attribute, read only
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _("One of your workspaces requires a second factor. Set up another one first."),
        "cannot_generate_recovery_codes": _(
            "Set up an authenticator app or a passkey first. The recovery codes replace it if you lose it."
        ),
        "incorrect_code": _("Wrong code. Wait for the next one in the app, or use a recovery code."),
    }

    def encrypt(self, text: str) -> str:
        return seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret; one whose key is missing lets nobody in, and the form says who can put it right."""
        try:
            return open_secret(encrypted_text)
        except CannotOpen as problem:
            log.error("second factor unreadable", place=str(problem))  # noqa: TRY400  # the trace says no more
            raise ValidationError(
                _(
                    "Uku cannot read this second factor: an encryption key is missing. Nothing was deleted."
                    " Ask the person who runs this installation to put the key back into UKU_TOKEN_KEYS."
                )
            ) from problem

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002  # allauth's name
        """Name a passkey by its number until its person finds a better name."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}


def after_authenticator_used(request: HttpRequest, reauthenticated: bool = False, **_: object) -> None:
    """A code or a passkey given when asked again is a proof too."""
    if reauthenticated:
        note_proof(request.session)
