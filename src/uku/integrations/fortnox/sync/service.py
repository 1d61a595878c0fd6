"""Where a failure becomes a fact about the connection, and where that fact is looked at again."""

from __future__ import annotations

import structlog
from django.db.models import QuerySet

from fortnox_api import Forbidden, FortnoxError, GrantRevoked, Unauthorized
from uku.integrations.fortnox.client.open import open_fortnox, renew_tokens
from uku.integrations.fortnox.health import alerts
from uku.integrations.fortnox.models import BlockReason, Connection, TokenSource
from uku.integrations.fortnox.tokens import grant_state, renewal
from uku.kit import clock

log = structlog.get_logger()
NEEDS_AUTHORIZATION = BlockReason.NEEDS_AUTHORIZATION


def renew(*, connection: Connection, source: TokenSource | None = None) -> None:
    """Renew the tokens of an idle connection by one cheap request; `source` is as in `renew_tokens`."""
    try:
        renew_tokens(connection, source)
    except FortnoxError as error:
        note_failure(connection, error)


def look_at_grant(*, connection: Connection) -> None:
    """Get new tokens from the connection's own source: their scopes are what its grant gives now, and are stored."""
    renew(connection=connection, source=TokenSource(connection.source))
    alerts.review(connection, at=clock.now())


def check_again(*, connection: Connection) -> None:
    """Look whether a refusal still stands, by new tokens and one read that every connection may make.

    Passing trouble says neither. What was refused in passing goes on with the next sweep.
    """
    try:
        renew_tokens(connection)
        with open_fortnox(connection) as fortnox:
            fortnox.company.get()
    except FortnoxError as error:
        log.warning("still refused", fortnox_code=str(error.code), uid=error.request_id)
        if (found := _same_grant(connection).first()) is not None:
            _note_check(found, error)
    else:
        grant_state.unblock(connection, BlockReason.NO_LICENCE, at=clock.now())
    alerts.review(connection, at=clock.now())


def _note_check(connection: Connection, error: FortnoxError) -> None:
    """New tokens were refused as well: decide whether that is final (fortnox-api 3.3).

    A plain 401 may be a disturbance at Fortnox, so it has to last; a code says what is the matter.
    """
    at, since = clock.now(), connection.refused_since
    same = _same_grant(connection)
    if isinstance(error, Forbidden) and error.code in grant_state.LICENCE_CODES:
        grant_state.miss_licence(same, error, at)
    elif isinstance(error, Unauthorized) and not connection.block_reason:
        lasted = since is not None and at - since >= renewal.REFUSED_FOR_GOOD
        if lasted or error.code is not None:
            grant_state.block(same, BlockReason.NEEDS_AUTHORIZATION, grant_state.words(error), at)
    elif connection.block_reason == BlockReason.NO_LICENCE:
        grant_state.wait_for_licence(same, at)


def note_failure(connection: Connection, error: FortnoxError) -> None:
    """Write on the connection that its grant is dead, unless someone authorized meanwhile; log the rest.

    A refusal that may pass is only dated; a check with new tokens decides.
    """
    log.warning("fortnox failed", error=type(error).__name__, fortnox_code=str(error.code), uid=error.request_id)
    at = clock.now()
    same_grant = _same_grant(connection)
    if isinstance(error, GrantRevoked):
        grant_state.block(same_grant, BlockReason.NEEDS_AUTHORIZATION, grant_state.words(error), at)
    elif isinstance(error, Unauthorized) or error.code == grant_state.NO_API_LICENCE:
        grant_state.note_refusal(same_grant, at)


def _same_grant(connection: Connection) -> QuerySet[Connection]:
    """The row as long as it holds the grant that failed: a late failure must not blame a new one."""
    return Connection.objects.filter(pk=connection.pk, authorized_at=connection.authorized_at)
