"""OAuth 2 with Fortnox: authorize, exchange, refresh, client credentials, revoke. Nothing here shows a token.

Sources: fortnox.se/developer/authorization and the pages below it; errors from recorded responses.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeGuard
from urllib.parse import quote, urlencode

import httpx2

from fortnox_api._clock import Clock, Now, make_clock
from fortnox_api._errors import (
    AppCredentialsWrong,
    Forbidden,
    FortnoxError,
    GrantRevoked,
    Outcome,
    Unreadable,
)
from fortnox_api._json import NotJsonError, loads
from fortnox_api._request import Request, RequestKind
from fortnox_api._response import Response
from fortnox_api._transport import HttpClient, Timeouts

_SHORTEST_LIFE: Final = 60
_LONGEST_LIFE: Final = 24 * 3600
_VISIBLE: Final = re.compile(r"[\x21-\x7e]{1,20000}")


@dataclass(frozen=True, slots=True, repr=False)
class TokenSet:
    """What the token endpoint gave. `refresh_token` is None when the response held none.

    `expires_at` is an aware UTC time: when the response came, plus `expires_in` kept between 60 s and 24 h.
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
        claims_part = self.access_token.partition(".")[2].partition(".")[0]
        try:
            claims = loads(base64.urlsafe_b64decode(claims_part + "=" * (-len(claims_part) % 4)))
        except (NotJsonError, binascii.Error, ValueError):
            return None
        value = claims.get("tenantId") if isinstance(claims, dict) else None
        return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else None

    def __repr__(self) -> str:
        scopes = " ".join(sorted(self.scopes))
        return f"<TokenSet tenant={self.tenant_id} scopes={scopes!r} expires_at={self.expires_at.isoformat()}>"


def is_token(value: object) -> TypeGuard[str]:
    """Tell whether this can be sent as a token: visible ASCII, not empty."""
    return isinstance(value, str) and _VISIBLE.fullmatch(value) is not None


def parse_tokens(body: Any, now: datetime) -> TokenSet | None:
    """Return the tokens of a response that came `now`, None when it holds no usable access token.

    A token of another type than bearer is not usable: it would be sent in a way its issuer did not mean (RFC 6750).
    """
    if not isinstance(body, dict):
        return None
    access, refresh, scope = body.get("access_token"), body.get("refresh_token"), body.get("scope")
    if not is_token(access) or str(body.get("token_type", "bearer")).lower() != "bearer":
        return None
    try:
        seconds = int(str(body.get("expires_in")))
    except ValueError:
        seconds = _SHORTEST_LIFE
    return TokenSet(
        access_token=access,
        refresh_token=refresh if is_token(refresh) else None,
        scopes=frozenset(scope.split()) if isinstance(scope, str) else frozenset(),
        expires_at=now + timedelta(seconds=min(max(seconds, _SHORTEST_LIFE), _LONGEST_LIFE)),
    )


class OAuthApp:
    """The registration in Fortnox's developer portal: it asks for consent and trades codes and tokens.

    Every call is made once. A refresh token works once, so after a lost response (`outcome` UNKNOWN) the stored one may
    be spent. `redirect_uri` must be spelled as in the portal; client credentials need none. Times come from `clock`.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        redirect_uri: str = "",
        base_url: str = "https://apps.fortnox.se",
        transport: httpx2.BaseTransport | None = None,
        clock: Clock | Now | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._clock = make_clock(clock)
        self._http = HttpClient(
            base_url, transport=transport, clock=self._clock, timeouts=timeouts, largest_body=1_000_000
        )
        self._base_url = self._http.base_url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __repr__(self) -> str:
        return f"<OAuthApp {self._base_url}>"

    def authorize_url(self, *, state: str, scopes: Iterable[str], service_account: bool = True) -> str:
        """Return the address to send the browser to. `state` comes back unchanged and must be checked.

        With `service_account` the connection belongs to the company, not to the person who approves; only a system
        administrator can approve it. Scopes are lower-case names; all are read and write.
        """
        if not self._redirect_uri:
            raise ValueError("consent needs the redirect_uri of the developer portal")
        asked = {
            "client_id": self._client_id,
            "response_type": "code",
            "scope": " ".join(scopes),
            "state": state,
            "redirect_uri": self._redirect_uri,
            "access_type": "offline",
        }
        if service_account:
            asked["account_type"] = "service"
        return f"{self._base_url}/oauth-v1/auth?{urlencode(asked, quote_via=quote)}"

    def exchange_code(self, code: str) -> TokenSet:
        """Trade an authorization code (10 minutes, one use) for tokens. Raises GrantRevoked for a bad one."""
        return self._get_tokens(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri},
            secret=code,
        )

    def refresh(self, refresh_token: str) -> TokenSet:
        """Trade a refresh token (45 days, one use) for new tokens. Raises GrantRevoked when it is used or expired.

        When the response holds no new refresh token, `refresh_token` of the result is None: keep the old one.
        """
        return self._get_tokens({"grant_type": "refresh_token", "refresh_token": refresh_token}, secret=refresh_token)

    def client_credentials(self, tenant_id: str | int, scopes: Iterable[str] = ()) -> TokenSet:
        """Mint an access token for a company that consented to a service account. There is no refresh token.

        `scopes` may narrow what was consented to. Source: fortnox.se/developer/authorization/
        get-access-token-using-client-credentials. Without a tenant id Fortnox answers 200 with a token that makes every
        later call fail with 500, so an empty one is refused here. Raises GrantRevoked when the company has not
        consented, or no longer does.
        """
        tenant_id = str(tenant_id)
        if not (tenant_id.isascii() and tenant_id.isdigit()):
            raise ValueError("a tenant id is digits")
        form = {"grant_type": "client_credentials"}
        if narrowed := " ".join(scopes):
            form["scope"] = narrowed
        return self._get_tokens(form, headers={"TenantId": tenant_id})

    def revoke(self, refresh_token: str) -> bool:
        """Revoke a refresh token; True when Fortnox confirms, as it does for unknown tokens too.

        Access tokens cannot be revoked: they work until they expire, at most an hour.
        """
        form = {"token_type_hint": "refresh_token", "token": refresh_token}
        body = self._post("/oauth-v1/revoke", form, secret=refresh_token).json
        return isinstance(body, dict) and body.get("revoked") is True

    def _get_tokens(self, form: dict[str, str], *, secret: str = "", headers: dict[str, str] | None = None) -> TokenSet:
        response = self._post("/oauth-v1/token", form, secret=secret, headers=headers)
        tokens = parse_tokens(response.json, self._clock.now())
        if tokens is None:
            error = response.make_error(Unreadable, "the token answer holds no usable token")
            error.transient = True
            raise error
        return tokens

    def _post(self, path: str, form: dict[str, str], *, secret: str, headers: dict[str, str] | None = None) -> Response:
        """Return a response without an error; `secret` is cut out of the message of any other.

        What concerns the grant, the app or the licence is told from everything else.
        """
        more = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close", **(headers or {})}
        request = Request(RequestKind.WRITE, "POST", path, body=urlencode(form).encode(), headers=more)
        credentials = base64.b64encode(f"{self._client_id}:{self._client_secret}".encode()).decode()
        response = self._http.send(request, f"Basic {credentials}")
        if response.is_success and response.error_body is None:
            return response
        kind: type[FortnoxError]
        secrets = (secret, self._client_secret)
        match response.error_body and response.error_body.code, response.status:
            case "invalid_grant", 400:
                kind, reason = GrantRevoked, "the refresh token or code is used, expired or unknown"
            case "invalid_client", 400 | 401:
                kind, reason = AppCredentialsWrong, "the client id or secret is wrong"
            case "unauthorized_client", _ if form.get("grant_type") == "client_credentials":
                kind, reason = GrantRevoked, "the app may not mint for this company"
            case (("error_missing_license" | "error_missing_app_license" | "error_missing_system_admin_right"), _):
                kind, reason = Forbidden, "the company lacks the licence or right for this integration"
            case _:
                raise response.error(self._clock.now(), secrets)
        raise response.make_error(kind, reason, outcome=Outcome.REFUSED, secrets=secrets)
