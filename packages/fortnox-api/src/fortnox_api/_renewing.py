"""Keeping a stored access token alive, whatever a renewal is: once, under a lock, stored before use."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Final

from fortnox_api._clock import Clock, Now, clock_of
from fortnox_api._errors import FortnoxError, GrantRevoked, Unauthorized
from fortnox_api._store import StoredTokens, TokenStore
from fortnox_api._tokens import TokenSet

_PAUSE: Final = 60.0
"""Seconds between two tries of one process to refresh one connection that just failed or was just refreshed."""


class Renewing(ABC):
    """Keeps a stored access token alive; what a renewal is, the subclasses say.

    For a source of your own write `renew`. It runs in one process at a time, with the stored tokens re-read, and what
    it returns is stored before its first use. Where several processes share more than tokens (how long to leave Fortnox
    alone, say), write `rests` too.
    """

    def __init__(self, store: TokenStore, margin: timedelta, clock: Clock | Now | None) -> None:
        self._store = store
        self._margin = margin
        self._clock = clock_of(clock)
        self._quiet_until = self._clock.monotonic()
        self._minted: str | None = None
        self._unsaved: tuple[TokenSet, StoredTokens] | None = None

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

    def keep_alive(self) -> str:
        """Renew now, however fresh the token is: a refresh token dies after 45 days without use."""
        return self._locked(lambda _tokens: False)

    def _locked(self, good: Callable[[TokenSet], bool], rejected: str | None = None) -> str:
        with ExitStack() as held:
            try:
                held.enter_context(self._store.lock())
            except FortnoxError as fault:  # whoever holds it takes too long
                return self._still_valid(self._store.load().tokens, fault, rejected)
            if self._unsaved is not None:
                return self._keep(*self._unsaved)
            stored = self._store.load()
            if good(stored.tokens):
                return stored.tokens.access_token
            return self._renewed(stored, rejected)

    def _renewed(self, stored: StoredTokens, rejected: str | None) -> str:
        try:
            fresh = self.renew(stored)
        except GrantRevoked:
            return self._after_loss(stored.generation, rejected)
        except FortnoxError as fault:
            return self._still_valid(stored.tokens, fault, rejected)
        return self._keep(fresh, stored)

    @abstractmethod
    def renew(self, stored: StoredTokens) -> TokenSet:
        """Get new tokens; what is still needed of the stored ones must be in them too."""

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

    def _keep(self, tokens: TokenSet, before: StoredTokens) -> str:
        """Store new tokens before their first use. What the store could not take is offered to it again."""
        self._unsaved = (tokens, before)
        saved = self._store.save(tokens, generation=before.generation)
        self._unsaved = None
        if not saved:
            self.discard(tokens, before.tokens)
            return self._store.load().tokens.access_token
        self._minted = tokens.access_token
        self._rest()
        return tokens.access_token

    def discard(self, tokens: TokenSet, before: TokenSet) -> None:  # noqa: B027 - not all can be revoked
        """Get rid of tokens that lost against a newer grant or a disconnect."""

    def _lives(self, tokens: TokenSet, margin: timedelta) -> bool:
        return self._clock.now() + margin < tokens.expires_at

    def rests(self) -> bool:
        """Say whether a token that still lives is to be used as it is, since a renewal just failed or just happened."""
        return self._clock.monotonic() < self._quiet_until

    def _resting(self, tokens: TokenSet) -> bool:
        return self._lives(tokens, timedelta(0)) and self.rests()

    def _rest(self) -> None:
        self._quiet_until = self._clock.monotonic() + _PAUSE
