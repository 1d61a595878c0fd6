"""What a connection's grant still gives: its tokens kept alive, a refusal looked at again, its scopes read anew."""

from __future__ import annotations

import structlog

from fortnox_api import Forbidden, FortnoxError, Unauthorized
from uku.integrations.fortnox.client.open import open_fortnox, renew_tokens
from uku.integrations.fortnox.health import alerts
from uku.integrations.fortnox.models import BlockReason, Connection, TokenSource
from uku.integrations.fortnox.tokens import grant_state, renewal
from uku.kit import clock

log = structlog.get_logger()


def renew_grant(*, connection: Connection, source: TokenSource | None = None) -> None:
    """Renew the tokens of an idle connection by one cheap request; `source` is as in `renew_tokens`."""
    try:
        renew_tokens(connection, source)
    except FortnoxError as error:
        grant_state.note_failure(connection, error)


def refresh_scopes(*, connection: Connection) -> None:
    """Get new tokens from the connection's own source: their scopes are what its grant gives now, and are stored."""
    renew_grant(connection=connection, source=TokenSource(connection.source))
    alerts.review(connection, at=clock.now())


def check_refusal(*, connection: Connection) -> None:
    """See whether a refusal still stands, by new tokens and one read that every connection may make.

    A passing error says neither. What was refused in passing goes on with the next sweep. Where new tokens are refused
    as well, a plain 401 may be a disturbance at Fortnox, so it has to last; a code says what is the matter (fortnox-api
    3.3).
    """
    try:
        renew_tokens(connection)
        with open_fortnox(connection) as fortnox:
            fortnox.company.get()
    except FortnoxError as error:
        log.warning("still refused", fortnox_code=str(error.code), uid=error.request_id)
        same, at = grant_state.same_grant(connection), clock.now()
        row = same.first() or connection  # under another grant by now, nothing is written
        if isinstance(error, Forbidden) and error.code in grant_state.LICENCE_CODES:
            grant_state.block_without_licence(same, error, at)
        elif isinstance(error, Unauthorized) and not row.block_reason:
            lasted = row.refused_since is not None and at - row.refused_since >= renewal.REFUSED_FOR_GOOD
            if lasted or error.code is not None:
                grant_state.block(same, BlockReason.NEEDS_AUTHORIZATION, grant_state.quote(error), at)
        elif row.block_reason == BlockReason.NO_LICENCE:
            grant_state.postpone_licence_check(same, at)
    else:
        grant_state.unblock(connection, BlockReason.NO_LICENCE, at=clock.now())
    alerts.review(connection, at=clock.now())
