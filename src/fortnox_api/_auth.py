"""Where an API call takes its access token from: one interface, three sources."""

import contextlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from fortnox_api._clock import Clock, Now, clock_of
from fortnox_api._errors import FortnoxError, GrantRevoked, Unauthorized
from fortnox_api._oauth import OAuthApp
from fortnox_api._store import MemoryTokenStore, StoredTokens, TokenStore
from fortnox_api._tokens import TokenSet, is_token

_PAUSE: Final = 60.0
"""Seconds between two tries of one process to refresh one connection that just failed or was just refreshed.
"""


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


class _Renewing:
    """Keeps a stored access token alive; what a renewal is, the subclasses say."""

    def __init__(self, store: TokenStore, margin: timedelta, clock: Clock | Now | None) -> None:
        self._store = store
        self._margin = margin
        self._clock = clock_of(clock)
        self._quiet_until = self._clock.monotonic()
        self._minted: str | None = None
        self._unsaved: tuple[TokenSet, int] | None = None

    def token(self) -> str:
        """Return a token that lives on for the margin, renewing when the stored one does not."""
        tokens = self._store.load().tokens
        if self._unsaved is None and (self._lives(tokens, self._margin) or self._resting(tokens)):
            return tokens.access_token
        return self._locked(lambda tokens: self._lives(tokens, self._margin))

    def force_refresh(self, rejected_token: str) -> str:
        """Return another token than the refused one, from the store or by renewing.

        A token that this process got less than a minute ago is not renewed again: that raises Unauthorized.
        """
        if rejected_token == self._minted and self._clock.monotonic() < self._quiet_until:
            raise Unauthorized("a token that was just renewed is refused", status=401)
        return self._locked(
            lambda tokens: tokens.access_token != rejected_token and self._lives(tokens, timedelta(0)),
            rejected_token,
        )

    def _locked(self, good: Callable[[TokenSet], bool], rejected: str | None = None) -> str:
        with self._store.lock():
            if self._unsaved is not None:
                return self._keep(*self._unsaved)
            stored = self._store.load()
            if good(stored.tokens):
                return stored.tokens.access_token
            return self._renewed(stored, rejected)

    def _renewed(self, stored: StoredTokens, rejected: str | None) -> str:
        try:
            fresh = self._renew(stored)
        except GrantRevoked:
            return self._after_loss(stored.generation, rejected)
        except FortnoxError as fault:
            return self._still_valid(stored.tokens, fault, rejected)
        return self._keep(fresh, stored.generation)

    def _renew(self, stored: StoredTokens) -> TokenSet:
        raise NotImplementedError

    def _after_loss(self, generation: int, rejected: str | None) -> str:
        """Tell a lost race (somebody else stored newer tokens) from a grant that is gone."""
        now = self._store.load()
        if now.generation == generation or now.tokens.access_token == rejected:
            raise GrantRevoked("the stored refresh token is used, expired or unknown", code="invalid_grant")
        return now.tokens.access_token

    def _still_valid(self, tokens: TokenSet, fault: FortnoxError, rejected: str | None) -> str:
        self._rest()
        if fault.transient and tokens.access_token != rejected and self._lives(tokens, timedelta(0)):
            return tokens.access_token
        raise fault

    def _keep(self, tokens: TokenSet, generation: int) -> str:
        """Store new tokens before their first use. What the store could not take is offered to it again."""
        self._unsaved = (tokens, generation)
        saved = self._store.save(tokens, generation=generation)
        self._unsaved = None
        if not saved:
            self._discard(tokens)
            return self._store.load().tokens.access_token
        self._minted = tokens.access_token
        self._rest()
        return tokens.access_token

    def _discard(self, tokens: TokenSet) -> None:
        """Get rid of tokens that lost against a newer grant."""

    def _lives(self, tokens: TokenSet, margin: timedelta) -> bool:
        return self._clock.now() + margin < tokens.expires_at

    def _resting(self, tokens: TokenSet) -> bool:
        return self._clock.monotonic() < self._quiet_until and self._lives(tokens, timedelta(0))

    def _rest(self) -> None:
        self._quiet_until = self._clock.monotonic() + _PAUSE


class RotatingAuth(_Renewing):
    """Access tokens from a rotating refresh token.

    Refreshes `margin` before the end, one process at a time, and stores the new tokens before their first
    use. When a refresh fails in passing, the old token is used while it lives, and this process waits a
    minute before it tries again. Raises GrantRevoked only when Fortnox refuses the refresh token that is
    still the stored one; it is then not sent again. When the store fails to save, its exception comes
    through, the tokens stay in memory, and the next call saves them first: after a crash in between only
    `refresh_started` tells that the stored one is spent.
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

    def keep_alive(self) -> str:
        """Refresh now, however fresh the token is: a refresh token dies after 45 days without use."""
        return self._locked(lambda _tokens: False)

    def _renew(self, stored: StoredTokens) -> TokenSet:
        old = stored.tokens.refresh_token
        if not old or old == self._dead:
            raise GrantRevoked("there is no refresh token that works", code="invalid_grant")
        self._store.mark(generation=stored.generation)
        try:
            return _with_refresh_token(self._app.refresh(old), old)
        except GrantRevoked:
            self._dead = old
            raise

    def _discard(self, tokens: TokenSet) -> None:
        stored = self._store.load().tokens.refresh_token
        if tokens.refresh_token and tokens.refresh_token != stored:
            with contextlib.suppress(FortnoxError):  # the newer grant is in force either way
                self._app.revoke(tokens.refresh_token)


class ClientCredentialsAuth(_Renewing):
    """Access tokens minted from the company's consent to a service account. No refresh token is spent or
    needed.

    `tenant_id` is the company's database number. The store only saves mintings; a refresh token it holds
    stays in it, so that there is something to revoke. Without a store every process mints its own, which
    Fortnox allows. Source: fortnox.se/developer/authorization/get-access-token-using-client-credentials.
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

    def _renew(self, stored: StoredTokens) -> TokenSet:
        minted = self._app.client_credentials(self._tenant_id, self._scopes)
        return _with_refresh_token(minted, stored.tokens.refresh_token)


_NOTHING: Final = TokenSet("none", None, frozenset(), datetime.min.replace(tzinfo=UTC))


def _with_refresh_token(fresh: TokenSet, old: str | None) -> TokenSet:
    if fresh.refresh_token:
        return fresh
    return TokenSet(fresh.access_token, old, fresh.scopes, fresh.expires_at)
