"""Where an API call takes its access token from: the interface, and the simplest source."""

from typing import Protocol

from fortnox_api._errors import Unauthorized
from fortnox_api._tokens import is_token


class Auth(Protocol):
    """A source of access tokens."""

    def token(self) -> str:
        """Return a token to send now."""

    def force_refresh(self, rejected_token: str) -> str:
        """Return another token, after Fortnox refused this one. Raises Unauthorized when there is none."""


class StaticAuth:
    """One access token, for a script that runs less than an hour."""

    def __init__(self, access_token: str) -> None:
        if not is_token(access_token):
            raise ValueError("an access token is visible ASCII")
        self._access_token = access_token

    def token(self) -> str:
        """Return the token."""
        return self._access_token

    def force_refresh(self, rejected_token: str) -> str:  # noqa: ARG002
        """Raise Unauthorized: there is nothing to refresh with."""
        raise Unauthorized("the access token was refused", status=401)
