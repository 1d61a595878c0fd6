"""Where an API call takes its access token from, where tokens are stored, and how they are renewed."""

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from fortnox_api._clock import Clock, Now, make_clock
from fortnox_api._errors import FortnoxError, GrantRevoked, Unauthorized
from fortnox_api._oauth import OAuthApp, TokenSet, is_token


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


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """What a store holds: the tokens, a number that grows with each save, and whether a refresh has begun."""

    tokens: TokenSet
    generation: int
    refresh_started: bool = False


class TokenStore(Protocol):
    """Keeps the tokens of one company where all processes see them.

    Refresh tokens work once, so two processes that refresh together lose the connection: `lock` keeps the others out,
    and `save` compares before it writes.
    """

    def lock(self) -> AbstractContextManager[None]:
        """Hold off every other refresher, in every process, inside the block.

        Raise Unavailable when another one holds on for too long: a token that still lives is then used as it is.
        """

    def load(self) -> StoredTokens:
        """Return what is stored now."""

    def mark(self, *, generation: int) -> None:
        """Note, durably, that the refresh token of this generation is about to be sent."""

    def save(self, tokens: TokenSet, *, generation: int) -> bool:
        """Store as `generation + 1` and clear the marker if the stored generation is still this one; else False."""


class MemoryTokenStore:
    """Keeps tokens in this process. They are gone when it ends, and with them the connection: print or keep them."""

    def __init__(self, tokens: TokenSet) -> None:
        self._refreshing = threading.Lock()
        self._guard = threading.Lock()
        self._stored = StoredTokens(tokens, generation=1)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold off the other threads of this process."""
        with self._refreshing:
            yield

    def load(self) -> StoredTokens:
        """Return what is stored now."""
        return self._stored

    def mark(self, *, generation: int) -> None:
        """Note that a refresh of this generation has begun; nothing when it is already an older one."""
        with self._guard:
            if self._stored.generation == generation:
                self._stored = StoredTokens(self._stored.tokens, generation, refresh_started=True)

    def save(self, tokens: TokenSet, *, generation: int) -> bool:
        """Store the tokens if the generation is still this one."""
        with self._guard:
            if self._stored.generation != generation:
                return False
            self._stored = StoredTokens(tokens, generation + 1)
            return True


_PAUSE: Final = 60.0
"""Seconds between two tries of one process to refresh one connection that just failed or was just refreshed."""


class StoredTokenAuth(ABC):
    """Keeps a stored access token alive; what a renewal is, the subclasses say.

    For a source of your own write `renew`. It runs in one process at a time, with the stored tokens re-read, and what
    it returns is stored before its first use. Where several processes share more than tokens (how long to leave Fortnox
    alone, say), write `is_renewal_paused` too.
    """

    def __init__(self, store: TokenStore, margin: timedelta, clock: Clock | Now | None) -> None:
        self._store = store
        self._margin = margin
        self._clock = make_clock(clock)
        self._paused_until = self._clock.monotonic()
        self._newest: str | None = None
        self._unsaved: tuple[TokenSet, StoredTokens] | None = None

    def token(self) -> str:
        """Return a token that lives on for the margin, renewing when the stored one does not."""
        tokens = self._store.load().tokens
        if self._unsaved is None and (
            self._is_valid(tokens, self._margin) or (self._is_valid(tokens) and self.is_renewal_paused())
        ):
            return tokens.access_token
        return self._renew_unless(lambda tokens: self._is_valid(tokens, self._margin))

    def force_refresh(self, rejected_token: str) -> str:
        """Return another token than the refused one, from the store or by renewing.

        A token that this process got less than a minute ago is not renewed again: that raises Unauthorized.
        """
        if rejected_token == self._newest and self._clock.monotonic() < self._paused_until:
            raise Unauthorized("a token that was just renewed is refused", status=401)
        return self._renew_unless(
            lambda tokens: tokens.access_token != rejected_token and self._is_valid(tokens),
            rejected_token,
        )

    def keep_alive(self) -> str:
        """Renew now, however fresh the token is: a refresh token dies after 45 days without use."""
        return self._renew_unless(lambda _tokens: False)

    @abstractmethod
    def renew(self, stored: StoredTokens) -> TokenSet:
        """Get new tokens; what is still needed of the stored ones must be in them too."""

    def discard(self, tokens: TokenSet, before: TokenSet) -> None:  # noqa: B027 - not all can be revoked
        """Get rid of tokens that lost against a newer grant or a disconnect."""

    def is_renewal_paused(self) -> bool:
        """Say whether a token that still lives is to be used as it is, since a renewal just failed or just happened."""
        return self._clock.monotonic() < self._paused_until

    def _renew_unless(self, is_usable: Callable[[TokenSet], bool], rejected: str | None = None) -> str:
        """Renew under the lock, unless the tokens that are stored by then can be used."""
        with ExitStack() as held:
            try:
                held.enter_context(self._store.lock())
            except FortnoxError as error:  # whoever holds it takes too long
                return self._use_while_valid(self._store.load().tokens, error, rejected)
            if self._unsaved is not None:
                return self._save(*self._unsaved)
            stored = self._store.load()
            if is_usable(stored.tokens):
                return stored.tokens.access_token
            try:
                fresh = self.renew(stored)
            except GrantRevoked as error:
                # Either somebody else stored newer tokens meanwhile and won, or the grant is gone.
                now = self._store.load()
                if now.generation == stored.generation or now.tokens.access_token == rejected:
                    reason = "the stored refresh token is used, expired or unknown"
                    raise GrantRevoked(reason, code="invalid_grant") from error
                return now.tokens.access_token
            except FortnoxError as error:
                return self._use_while_valid(stored.tokens, error, rejected)
            return self._save(fresh, stored)

    def _use_while_valid(self, tokens: TokenSet, error: FortnoxError, rejected: str | None) -> str:
        """Return the old token if the error may pass and it still lives, else raise the error."""
        self._paused_until = self._clock.monotonic() + _PAUSE
        if error.transient and tokens.access_token != rejected and self._is_valid(tokens):
            return tokens.access_token
        raise error

    def _save(self, tokens: TokenSet, before: StoredTokens) -> str:
        """Store new tokens before their first use. What the store could not take is offered to it again."""
        self._unsaved = (tokens, before)
        is_saved = self._store.save(tokens, generation=before.generation)
        self._unsaved = None
        if not is_saved:
            self.discard(tokens, before.tokens)
            return self._store.load().tokens.access_token
        self._newest = tokens.access_token
        self._paused_until = self._clock.monotonic() + _PAUSE
        return tokens.access_token

    def _is_valid(self, tokens: TokenSet, margin: timedelta = timedelta(0)) -> bool:
        return self._clock.now() + margin < tokens.expires_at


class RefreshTokenAuth(StoredTokenAuth):
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
        self._refused: str | None = None

    def renew(self, stored: StoredTokens) -> TokenSet:
        """Spend the stored refresh token, after a marker that says so."""
        old = stored.tokens.refresh_token
        if not old or old == self._refused:
            raise GrantRevoked("there is no refresh token that works", code="invalid_grant")
        self._store.mark(generation=stored.generation)
        try:
            fresh = self._app.refresh(old)
        except GrantRevoked:
            self._refused = old
            raise
        return replace(fresh, refresh_token=fresh.refresh_token or old)

    def discard(self, tokens: TokenSet, before: TokenSet) -> None:
        """Revoke what lost against a newer grant or a disconnect."""
        if tokens.refresh_token and tokens.refresh_token != before.refresh_token:
            with contextlib.suppress(FortnoxError):  # the newer grant is in force either way
                self._app.revoke(tokens.refresh_token)


_NO_TOKENS: Final = TokenSet("none", None, frozenset(), datetime.min.replace(tzinfo=UTC))


class ClientCredentialsAuth(StoredTokenAuth):
    """Access tokens minted from the company's consent to a service account. No refresh token is spent or needed.

    `tenant_id` is the company's database number. The store only saves mintings; a refresh token it holds stays in it,
    so that there is something to revoke. Without a store every process mints its own, which Fortnox allows. Source:
    fortnox.se/developer/authorization/get-access-token-using-client-credentials.
    """

    def __init__(
        self,
        app: OAuthApp,
        tenant_id: str | int,
        store: TokenStore | None = None,
        *,
        scopes: Iterable[str] = (),
        margin: timedelta = timedelta(minutes=10),
        clock: Clock | Now | None = None,
    ) -> None:
        super().__init__(store or MemoryTokenStore(_NO_TOKENS), margin, clock)
        self._app = app
        self._tenant_id = tenant_id
        self._scopes = tuple(scopes)

    def renew(self, stored: StoredTokens) -> TokenSet:
        """Mint an access token; the stored refresh token stays."""
        minted = self._app.client_credentials(self._tenant_id, self._scopes)
        return replace(minted, refresh_token=minted.refresh_token or stored.tokens.refresh_token)
