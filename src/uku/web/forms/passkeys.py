"""Passkeys: allauth's forms, with what no browser sends refused like a wrong one."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms

# What fido2 raises over parts that are missing, of another type, or not base64.
MALFORMED = (AttributeError, KeyError, TypeError, ValueError)


class AddPasskey(forms.AddWebAuthnForm):  # type: ignore[misc]  # allauth carries no types
    """Adding a passkey."""

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except MALFORMED:
            raise get_adapter().validation_error("incorrect_code") from None
        return cleaned


class _Answer:
    """What an authenticator answered, for the forms below."""

    def clean_credential(self) -> Authenticator:
        try:
            found: Authenticator = super().clean_credential()  # type: ignore[misc]  # the form's
        except MALFORMED:
            raise get_adapter().validation_error("incorrect_code") from None
        return found


class LoginByPasskey(_Answer, forms.LoginWebAuthnForm):  # type: ignore[misc]  # allauth carries no types
    """Signing in by a passkey alone."""


class AuthenticateByPasskey(_Answer, forms.AuthenticateWebAuthnForm):  # type: ignore[misc]  # as above
    """A passkey as the second factor."""


class ReauthenticateByPasskey(_Answer, forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]  # as above
    """Confirming by a passkey that it is you."""
