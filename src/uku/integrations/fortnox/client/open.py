"""The way out to Fortnox for one connection: its tokens, its pace, this installation's app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from fortnox_api import Auth, DeadlineTransport, Fortnox, OAuthApp, StaticAuth, TokenSet
from uku.integrations.fortnox.client.rate_limit import PaceRow
from uku.integrations.fortnox.models import Connection, TokenSource
from uku.integrations.fortnox.tokens import renewal
from uku.integrations.fortnox.tokens.encryption import open_or_mark_unreadable
from uku.integrations.fortnox.tokens.grant_state import NotConnected
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.integrations.fortnox.tokens.provider import GrantAuth
from uku.kit import clock


def oauth_app() -> OAuthApp:
    """This installation's app, as registered in Fortnox's developer portal."""
    return OAuthApp(
        client_id=settings.UKU.fortnox_client_id,
        client_secret=settings.UKU.fortnox_client_secret.get_secret_value(),
        redirect_uri=settings.UKU.public_url + reverse("fortnox-callback"),
        base_url=settings.UKU.fortnox_auth_url,
        transport=_way_out(),
        clock=clock.now,
    )


def _way_out() -> DeadlineTransport:
    """Only to public addresses, whatever a name leads to (S34); the simulator's switch opens this machine's own."""
    return DeadlineTransport(public_only=not settings.UKU.allow_loopback_fortnox)


def _client(auth: Auth, limiter: PaceRow) -> Fortnox:
    address = settings.UKU.fortnox_api_url
    return Fortnox(auth=auth, base_url=address, transport=_way_out(), limiter=limiter, clock=clock.now)


def may_go_out(connection: Connection) -> bool:
    """Say whether anything may be sent for a connection from here: it holds tokens, they are ours, and they open."""
    return _usable_tokens(connection) is not None


def _usable_tokens(connection: Connection) -> TokenSet | None:
    if not connection.is_connected or is_foreign(connection):
        return None
    return open_or_mark_unreadable(connection, clock.now())


@dataclass(frozen=True, slots=True)
class _PacedAuth:
    """The tokens of one connection for each request: its row is read in the statement that reserves the moment."""

    auth: GrantAuth
    pace: PaceRow
    connection_id: int

    def token(self) -> str:
        token = self.auth.token_in(self.pace.reserve_and_read(self.connection_id))
        if token is None:
            self.pace.forget_reserved()
            token = self.auth.token()
        return token

    def force_refresh(self, rejected_token: str) -> str:
        return self.auth.force_refresh(rejected_token)


@contextmanager
def open_fortnox(connection: Connection, check: Callable[[], None] | None = None) -> Iterator[Fortnox]:
    """Open the client for a connection; `check` runs before each request. Raises NotConnected where none may leave."""
    tokens = _usable_tokens(connection)
    if tokens is None:
        raise NotConnected(connection.pk)
    pace = PaceRow(connection.company_id, check)
    auth = _PacedAuth(GrantAuth(oauth_app(), connection, tokens), pace, connection.pk)
    with _client(auth, pace) as fortnox:
        yield fortnox


@contextmanager
def open_with(tokens: TokenSet) -> Iterator[Fortnox]:
    """Open the client for a grant that is not stored yet, to see which company it reaches."""
    limiter = PaceRow(f"tenant {tokens.tenant_id}")
    auth = StaticAuth(tokens.access_token)
    with _client(auth, limiter) as fortnox:
        yield fortnox


def renew_tokens(connection: Connection, source: TokenSource | None = None) -> None:
    """Renew whatever the age of the access token, from `source` first.

    Without one, from the connection's own; once a week from the consent's refresh token, to keep that alive.
    """
    tokens = _usable_tokens(connection)
    if tokens is None:
        raise NotConnected(connection.pk)
    if source is None and renewal.is_consent_due(connection, clock.now()):
        source = TokenSource.REFRESH
    GrantAuth(oauth_app(), connection, tokens, source).keep_alive()
