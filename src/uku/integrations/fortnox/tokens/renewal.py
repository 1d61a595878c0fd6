"""When tokens are renewed and when a fault is looked at again: figures and pure decisions.

Every moment is spread by the connection's own number, so that a thousand connections that were authorized, or met
an outage, in the same minute do not all come back in the same minute.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zlib import crc32

from uku.integrations.fortnox.models import BlockReason, Connection, TokenSource

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MARGIN = timedelta(minutes=10)
KEEP_ALIVE, KEEP_ALIVE_SPREAD = timedelta(hours=20), timedelta(hours=4)
CONSENT, CONSENT_SPREAD = timedelta(days=6), timedelta(days=1)
LICENCE_CHECK = timedelta(days=1)
REFUSAL_CHECK = timedelta(minutes=15)
REFUSED_FOR_GOOD = timedelta(hours=1)
ONCE_A_MINUTE = timedelta(minutes=1)
FIRST_WAIT, LONGEST_WAIT, MOST_DOUBLINGS = timedelta(minutes=1), timedelta(minutes=30), 5
CONSENT_LIFE = timedelta(days=45)  # of an unused refresh token (fortnox.se/developer/authorization)
WARN_AFTER = timedelta(days=30)


def spread(connection_id: int, span: timedelta) -> timedelta:
    """Return this connection's own share of a span, the same each time."""
    return span * (crc32(str(connection_id).encode()) % 1000) / 1000


def wait_after(failures: int, chance: float) -> timedelta:
    """Return how long the token address is left alone after so many failures in a row; `chance` is from 0 to 1."""
    doubled: int = 2 ** min(failures - 1, MOST_DOUBLINGS)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT) * (0.75 + chance / 2)


def must_wait(connection: Connection, at: datetime) -> bool:
    """Say whether the token address is to be left alone now."""
    return connection.renew_not_before is not None and at < connection.renew_not_before


def keep_alive_due_at(connection: Connection) -> datetime | None:
    """Return when an idle connection's tokens are renewed: a day after the last renewal, the consent's after a week."""
    if connection.block_reason not in {"", BlockReason.COMPANY_CHANGED}:
        return None
    rest = KEEP_ALIVE + spread(connection.pk, KEEP_ALIVE_SPREAD)
    idle = connection.refreshed_at + rest if connection.refreshed_at else LONG_AGO
    return _not_before(connection, min(idle, consent_due_at(connection) or idle))


def consent_due_at(connection: Connection) -> datetime | None:
    """Return when the spare refresh token of a service account is a week old. One that is gone has no date."""
    if connection.source != TokenSource.CREDENTIALS or connection.consent_renewed_at is None:
        return None
    return connection.consent_renewed_at + CONSENT + spread(connection.pk, CONSENT_SPREAD)


def is_consent_due(connection: Connection, at: datetime) -> bool:
    due_at = consent_due_at(connection)
    return due_at is not None and due_at <= at


def _not_before(connection: Connection, at: datetime) -> datetime:
    return max(at, connection.renew_not_before or at)


def is_refused(connection: Connection) -> bool:
    """Say whether Fortnox refused this grant's tokens a while ago, and no check has shown otherwise."""
    since, authorized = connection.refused_since, connection.authorized_at
    return since is not None and (authorized is None or since > authorized)


def check_due_at(connection: Connection) -> datetime | None:
    """Return when to see if a refusal still stands: a missing licence daily, refused tokens every 15 minutes."""
    if connection.block_reason == BlockReason.NO_LICENCE:
        return _not_before(connection, LONG_AGO)
    if connection.block_reason or connection.refused_since is None or not is_refused(connection):
        return None
    renewed = connection.refreshed_at or connection.refused_since
    new_tokens_were_refused = renewed > connection.refused_since
    return _not_before(connection, renewed + (REFUSAL_CHECK if new_tokens_were_refused else ONCE_A_MINUTE))


def cured_at(connection: Connection) -> datetime | None:
    """Return when a person last authorized, or a pause or a trouble last ended: what failed before may go now."""
    return max((when for when in (connection.authorized_at, connection.resumed_at) if when), default=None)


def was_just_renewed(connection: Connection, at: datetime) -> bool:
    """Say whether a renewal, not a person's authorization, gave the stored token less than a minute ago."""
    renewed, authorized = connection.refreshed_at, connection.authorized_at
    if renewed is None or (authorized is not None and renewed <= authorized):
        return False
    return at - renewed < ONCE_A_MINUTE


def grows_old(connection: Connection, at: datetime) -> bool:
    """Say whether the only way to new tokens is a refresh token that nothing has renewed for 30 days (F42)."""
    renewed = _consent_renewed(connection)
    only_way = connection.is_connected and connection.source == TokenSource.REFRESH
    return only_way and renewed is not None and at - renewed >= WARN_AFTER


def runs_out_at(connection: Connection) -> datetime | None:
    """Return when the stored refresh token dies unless something renews it before; None when nothing is known."""
    renewed = _consent_renewed(connection)
    return None if renewed is None else renewed + CONSENT_LIFE


def _consent_renewed(connection: Connection) -> datetime | None:
    return connection.consent_renewed_at or connection.refreshed_at
