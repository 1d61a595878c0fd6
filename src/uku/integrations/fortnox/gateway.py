"""The way out to Fortnox for one connection: its tokens, its pace, this installation's app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.urls import reverse

from fortnox_api import Fortnox, OAuthApp, RotatingAuth, StaticAuth, TokenSet
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.pace import PaceRow
from uku.integrations.fortnox.tokens import NotConnected, PostgresTokenStore
from uku.kit import clock


def oauth_app() -> OAuthApp:
    """This installation's app, as registered in Fortnox's developer portal."""
    return OAuthApp(
        client_id=settings.UKU.fortnox_client_id,
        client_secret=settings.UKU.fortnox_client_secret.get_secret_value(),
        redirect_uri=settings.UKU.public_url + reverse("fortnox-callback"),
        base_url=settings.UKU.fortnox_auth_url,
        clock=clock.now,
    )


@contextmanager
def open_fortnox(connection: Connection, check: Callable[[], None] | None = None) -> Iterator[Fortnox]:
    """Open the client for a connection; `check` runs before each request. Raises NotConnected without tokens."""
    if not connection.is_connected:
        raise NotConnected(connection.pk)
    auth = RotatingAuth(oauth_app(), PostgresTokenStore(connection.pk), clock=clock.now)
    limiter = PaceRow(connection.company_id, check)
    with Fortnox(auth=auth, base_url=settings.UKU.fortnox_api_url, limiter=limiter, clock=clock.now) as fortnox:
        yield fortnox


@contextmanager
def open_with(tokens: TokenSet) -> Iterator[Fortnox]:
    """Open the client for a grant that is not stored yet, to see which company it reaches."""
    limiter = PaceRow(f"tenant {tokens.tenant_id}")
    auth = StaticAuth(tokens.access_token)
    with Fortnox(auth=auth, base_url=settings.UKU.fortnox_api_url, limiter=limiter, clock=clock.now) as fortnox:
        yield fortnox


def renew_tokens(connection: Connection) -> None:
    """Exchange the refresh token for new ones, whatever the age of the access token."""
    store = PostgresTokenStore(connection.pk)
    auth = RotatingAuth(oauth_app(), store, clock=clock.now)
    auth.force_refresh(store.load().tokens.access_token)
