"""Tokens as Fortnox gives them. Nothing here shows one."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeGuard

from fortnox_api._json import NotJsonError, loads

_SHORTEST: Final = 60
_LONGEST: Final = 24 * 3600
_VISIBLE: Final = re.compile(r"[\x21-\x7e]{1,20000}")


@dataclass(frozen=True, slots=True, repr=False)
class TokenSet:
    """What the token endpoint gave. `refresh_token` is None when the answer held none.

    `expires_at` is an aware UTC time: when the answer came, plus `expires_in` kept between 60 s and 24 h.
    """

    access_token: str
    refresh_token: str | None
    scopes: frozenset[str]
    expires_at: datetime

    @property
    def tenant_id(self) -> str | None:
        """The Fortnox company's id (its database number) from the access token; None when it cannot be read.

        The token is a JWT without a public key, so nothing else in it is used or trusted.
        """
        return _claim(self.access_token, "tenantId")

    def __repr__(self) -> str:
        scopes = " ".join(sorted(self.scopes))
        return f"<TokenSet tenant={self.tenant_id} scopes={scopes!r} expires_at={self.expires_at.isoformat()}>"


def token_set(body: Any, now: datetime) -> TokenSet | None:
    """Return the tokens of an answer that came `now`, None when it holds no usable access token.

    A token of another type than bearer is not usable: it would be sent in a way its issuer did not mean (RFC 6750).
    """
    if not isinstance(body, dict):
        return None
    access, refresh, scope = body.get("access_token"), body.get("refresh_token"), body.get("scope")
    if not is_token(access) or str(body.get("token_type", "bearer")).lower() != "bearer":
        return None
    return TokenSet(
        access_token=access,
        refresh_token=refresh if is_token(refresh) else None,
        scopes=frozenset(scope.split()) if isinstance(scope, str) else frozenset(),
        expires_at=now + timedelta(seconds=_lifetime(body.get("expires_in"))),
    )


def is_token(value: object) -> TypeGuard[str]:
    """Tell whether this can be sent as a token: visible ASCII, not empty."""
    return isinstance(value, str) and _VISIBLE.fullmatch(value) is not None


def _lifetime(expires_in: object) -> int:
    try:
        seconds = int(str(expires_in))
    except ValueError:
        seconds = _SHORTEST
    return min(max(seconds, _SHORTEST), _LONGEST)


def _claim(token: str, name: str) -> str | None:
    middle = token.partition(".")[2].partition(".")[0]
    try:
        claims = loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (NotJsonError, binascii.Error, ValueError):
        return None
    value = claims.get(name) if isinstance(claims, dict) else None
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else None
