"""The two sources of access tokens that last: a rotating refresh token, and a consent to a service account."""

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from fortnox_api._clock import Clock, Now
from fortnox_api._errors import FortnoxError, GrantRevoked
from fortnox_api._oauth import OAuthApp
from fortnox_api._renewing import Renewing
from fortnox_api._store import MemoryTokenStore, StoredTokens, TokenStore
from fortnox_api._tokens import TokenSet


class RotatingAuth(Renewing):
    """Access tokens from a rotating refresh token.

    Refreshes `margin` before the end, one process at a time, and stores the new tokens before their first use. When a
    refresh fails in passing, the old token is used while it lives, and this process waits a minute before it tries
    again. Raises GrantRevoked only when Fortnox refuses the refresh token that is still the stored one; it is then not
    sent again. When the store fails to save, its exception comes through, the tokens stay in memory, and the next call
    saves them first: after a crash in between only `refresh_started` tells that the stored one is spent.
    """

    def __init__(
        self,
        app: OAuthApp,
        store: TokenStore,
        margin: timedelta = timedelta(minutes=10),
        clock: Clock | Now | None = None,
    ) -> None:
        super().__init__(store, margin, clock)
        self._app = app
        self._dead: str | None = None

    def renew(self, stored: StoredTokens) -> TokenSet:
        """Spend the stored refresh token, after a marker that says so."""
        old = stored.tokens.refresh_token
        if not old or old == self._dead:
            raise GrantRevoked("there is no refresh token that works", code="invalid_grant")
        self._store.mark(generation=stored.generation)
        try:
            return _with_refresh_token(self._app.refresh(old), old)
        except GrantRevoked:
            self._dead = old
            raise

    def discard(self, tokens: TokenSet, before: TokenSet) -> None:
        """Revoke what lost against a newer grant or a disconnect."""
        if tokens.refresh_token and tokens.refresh_token != before.refresh_token:
            with contextlib.suppress(FortnoxError):  # the newer grant is in force either way
                self._app.revoke(tokens.refresh_token)


class ClientCredentialsAuth(Renewing):
    """Access tokens minted from the company's consent to a service account. No refresh token is spent or needed.

    `tenant_id` is the company's database number. The store only saves mintings; a refresh token it holds stays in it,
    so that there is something to revoke. Without a store every process mints its own, which Fortnox allows. Source:
    fortnox.se/developer/authorization/get-access-token-using-client-credentials.
    """

    def __init__(
        self,
        app: OAuthApp,
        tenant_id: str,
        store: TokenStore | None = None,
        *,
        scopes: Iterable[str] = (),
        margin: timedelta = timedelta(minutes=10),
        clock: Clock | Now | None = None,
    ) -> None:
        super().__init__(store or MemoryTokenStore(_NOTHING), margin, clock)
        self._app = app
        self._tenant_id = tenant_id
        self._scopes = tuple(scopes)

    def renew(self, stored: StoredTokens) -> TokenSet:
        """Mint an access token; the stored refresh token stays."""
        minted = self._app.client_credentials(self._tenant_id, self._scopes)
        return _with_refresh_token(minted, stored.tokens.refresh_token)


_NOTHING: Final = TokenSet("none", None, frozenset(), datetime.min.replace(tzinfo=UTC))


def _with_refresh_token(fresh: TokenSet, old: str | None) -> TokenSet:
    if fresh.refresh_token:
        return fresh
    return TokenSet(fresh.access_token, old, fresh.scopes, fresh.expires_at)
