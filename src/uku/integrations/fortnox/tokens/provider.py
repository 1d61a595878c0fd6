"""Where access tokens come from: minted from the company's consent, or from a rotating refresh token.

One interface for both. Each is the other's way out: where minting is refused, the consent's refresh token is used
while it lives; where a rotation was lost (F30, F31), a service account mints (decision 12).
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import structlog

from fortnox_api import (
    AppCredentialsWrong,
    FortnoxError,
    GrantRevoked,
    OAuthApp,
    Rejected,
    StoredTokenAuth,
    StoredTokens,
    TokenSet,
    Unauthorized,
    Unavailable,
)
from uku.integrations.fortnox.models import BlockReason, Connection, TokenSource
from uku.integrations.fortnox.tokens import app_credentials, grant_state, renewal
from uku.integrations.fortnox.tokens.grant_state import NotConnected
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.integrations.fortnox.tokens.store import PostgresTokenStore
from uku.kit import clock

log = structlog.get_logger()


class GrantAuth(StoredTokenAuth):
    """Access tokens of one connection, kept alive for all processes by what stands in its row.

    `first` names the source to try first; by default the connection's own. A refused grant is written on the
    connection, passing trouble too, so that every process waits before it asks the token address again.
    """

    def __init__(
        self, app: OAuthApp, connection: Connection, tokens: TokenSet, first: TokenSource | None = None
    ) -> None:
        """`tokens` are those of the connection, opened."""
        self._rows = PostgresTokenStore(connection.pk, (connection.sealed_tokens, tokens))
        super().__init__(self._rows, renewal.MARGIN, clock.now)
        self._app, self._id, self._first = app, connection.pk, first

    def token_in(self, row: Connection) -> str | None:
        """Return the access token of the connection's row as read just now; None where `token()` may have to renew."""
        stored = self._rows.stored_in(row)
        if stored is None or self._unsaved is not None or not self._is_valid(stored.tokens, self._margin):
            return None
        return stored.tokens.access_token

    def force_refresh(self, rejected_token: str) -> str:
        """Return another token than the refused one. Raises Unauthorized when it was renewed within this minute."""
        row, at = self._row(), clock.now()
        if renewal.was_just_renewed(row, at) and self._rows.load().tokens.access_token == rejected_token:
            raise Unauthorized("a token that was just renewed is refused", status=401)
        return super().force_refresh(rejected_token)

    def is_renewal_paused(self) -> bool:
        """Say whether any process just failed to renew, or just did."""
        return super().is_renewal_paused() or renewal.must_wait(self._row(), clock.now())

    def renew(self, stored: StoredTokens) -> TokenSet:
        """Get new tokens from the first source that gives any.

        Raises instead of asking where the answer is known, or where it is not this process's turn to ask.
        """
        row, at = self._row(), clock.now()
        if is_foreign(row):
            raise NotConnected(row.pk)
        if row.block_reason == BlockReason.NEEDS_AUTHORIZATION:
            raise GrantRevoked("the grant was refused for good; a person has to authorize", code="invalid_grant")
        if renewal.must_wait(row, at) or not app_credentials.may_ask(at):
            raise _paused()
        try:
            fresh = self._renew_from_sources(row, stored)
        except FortnoxError as error:
            grant_state.note_renewal_failure(row, error, clock.now())
            if isinstance(error, AppCredentialsWrong):
                raise _paused() from error
            raise
        # Nothing may come between the answer and its storing: what fails here would lose a rotation.
        return fresh

    def discard(self, tokens: TokenSet, before: TokenSet) -> None:
        """Revoke what lost against a newer grant or a disconnect; the newer one is in force either way."""
        if tokens.refresh_token and tokens.refresh_token != before.refresh_token:
            with contextlib.suppress(FortnoxError):
                self._app.revoke(tokens.refresh_token)

    def _renew_from_sources(self, row: Connection, stored: StoredTokens) -> TokenSet:
        """Ask the first source, and where it refuses the other one, if there is anything to ask that with."""
        tokens, first = stored.tokens, TokenSource(self._first or row.source)
        try:
            return self._renew_from(first, row, tokens)
        except (GrantRevoked, Rejected) as error:
            refused = error
        second = TokenSource.REFRESH if first == TokenSource.CREDENTIALS else TokenSource.CREDENTIALS
        if not (tokens.refresh_token if second == TokenSource.REFRESH else row.service_account):
            raise refused
        log.warning("token source refused", connection=row.pk, source=first, fortnox_code=str(refused.code))
        if first == TokenSource.REFRESH and isinstance(refused, GrantRevoked):
            tokens = replace(tokens, refresh_token=None)  # Fortnox refused it for good: kept, it would be sent again
        return self._renew_from(second, row, tokens)

    def _renew_from(self, source: TokenSource, row: Connection, tokens: TokenSet) -> TokenSet:
        """Mint for the company: nothing is spent, and the refresh token stays as the spare. Or spend that one.

        It is spent once, after a committed marker; a response without a new one keeps it (F33). After an uncertain
        refresh the same token is sent one more time (F30). A process that is killed between the refusal of that second
        try and its commit leaves it unwritten, so the token is sent a third time after the restart and refused again:
        the one case in which I13 counts two. A counter of tries could not tell it from an outage, in which a try that
        timed out must be repeated for hours (F36).
        """
        if source == TokenSource.CREDENTIALS:
            minted = self._app.client_credentials(row.company_id)
            self._rows.source = TokenSource.CREDENTIALS
            self._rows.consent = "" if tokens.refresh_token else "lost"
            return replace(minted, refresh_token=tokens.refresh_token)
        if not tokens.refresh_token:
            raise GrantRevoked("there is no refresh token", code="invalid_grant")
        self._rows.mark(generation=row.generation)
        fresh = self._app.refresh(tokens.refresh_token)
        self._rows.scopes_tell = self._first is None or row.source == TokenSource.REFRESH
        # The weekly renewal of the spare changes no source; a refresh in place of a refused minting does.
        self._rows.source = TokenSource(row.source) if self._first else TokenSource.REFRESH
        self._rows.consent = "renewed"
        return replace(fresh, refresh_token=fresh.refresh_token or tokens.refresh_token)

    def _row(self) -> Connection:
        return Connection.everywhere.get(pk=self._id)


def _paused() -> Unavailable:
    return Unavailable("the token address is left alone for a while after failures")
