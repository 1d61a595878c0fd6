"""What is known about a connection's grant, written as facts. Each is guarded: a late failure blames no newer grant.

Passing trouble is counted and waited out; only a final refusal becomes a trouble that a person must end.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from fortnox_api import AppCredentialsWrong, Forbidden, FortnoxError, GrantRevoked, Unauthorized
from uku.integrations.fortnox.models import BlockReason, Connection
from uku.integrations.fortnox.tokens import app_credentials, renewal
from uku.integrations.fortnox.work import due
from uku.kit import clock
from uku.kit.events import publish
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace

log = structlog.get_logger()
NO_API_LICENCE = 2001103
LICENCE_CODES = frozenset({2001101, NO_API_LICENCE})
NOTHING_WRONG = {
    "refresh_started_at": None,
    "renewal_failures": 0,
    "renew_not_before": None,
    "refused_since": None,
    "block_reason": "",
    "block_text": "",
    "blocked_at": None,
}
"""What a new grant begins with, and what Disconnect leaves."""


class NotConnected(Exception):
    """The connection holds no tokens that may be used here: never authorized, disconnected, or not ours to use."""


@dataclass(frozen=True, slots=True)
class GrantRestored:
    """A connection's grant can be used again; what waited for it goes on, in the same transaction."""

    connection_id: int
    at: datetime


def clear_errors(connection: Connection) -> None:
    """Set on the row what NOTHING_WRONG says; the caller saves it."""
    for field, value in NOTHING_WRONG.items():
        setattr(connection, field, value)


def same_grant(connection: Connection) -> QuerySet[Connection]:
    """The row as long as it holds the grant that failed: a late failure must not blame a new one."""
    return Connection.objects.filter(pk=connection.pk, authorized_at=connection.authorized_at)


def note_failure(connection: Connection, error: FortnoxError) -> None:
    """Write on the connection that its grant is dead, unless someone authorized meanwhile; log the rest.

    A refusal that may pass is only dated; a check with new tokens decides.
    """
    log.warning("fortnox failed", error=type(error).__name__, fortnox_code=str(error.code), uid=error.request_id)
    if isinstance(error, GrantRevoked):
        block(same_grant(connection), BlockReason.NEEDS_AUTHORIZATION, quote(error), clock.now())
    elif isinstance(error, Unauthorized) or error.code == NO_API_LICENCE:
        note_refusal(same_grant(connection), clock.now())


def note_renewal_failure(connection: Connection, error: FortnoxError, at: datetime) -> None:
    """Write down why a renewal failed, on the generation that it was to follow."""
    log.warning("renewal failed", connection=connection.pk, fortnox_code=str(error.code), uid=error.request_id)
    same = Connection.everywhere.filter(pk=connection.pk, generation=connection.generation)
    if isinstance(error, AppCredentialsWrong):
        app_credentials.note_refused(at)
        return
    if isinstance(error, (GrantRevoked, Forbidden)):
        app_credentials.note_accepted(at)  # Fortnox looked past the app's own credentials
    if isinstance(error, GrantRevoked):
        block(same, BlockReason.NEEDS_AUTHORIZATION, quote(error), at)
    elif isinstance(error, Forbidden):
        block_without_licence(same, error, at)
    else:
        failures = min(connection.renewal_failures + 1, 30_000)
        wait = renewal.wait_after(failures, random.random())  # noqa: S311  # spreads, guards nothing
        same.update(renewal_failures=failures, renew_not_before=at + wait)


def block_without_licence(same: QuerySet[Connection], error: FortnoxError, at: datetime) -> None:
    """The company has no licence: authorizing again does not help, so look daily whether it has been bought."""
    block(same, BlockReason.NO_LICENCE, quote(error), at)
    postpone_licence_check(same, at)


def postpone_licence_check(same: QuerySet[Connection], at: datetime) -> None:
    """Look again tomorrow, each connection at a time of its own."""
    for row in same:
        wait = renewal.LICENCE_CHECK + renewal.spread(row.pk, renewal.KEEP_ALIVE_SPREAD)
        Connection.everywhere.filter(pk=row.pk, generation=row.generation).update(renew_not_before=at + wait)


def block(same: QuerySet[Connection], block_reason: BlockReason, text: str, at: datetime) -> None:
    """Write why the connection is blocked on the connection, once, with its line in the audit log."""
    with transaction.atomic():
        for row in same.filter(block_reason="").exclude(sealed_tokens="").select_for_update():
            row.block_reason, row.block_text, row.blocked_at, row.reviewed_at = block_reason, text, at, None
            row.save(update_fields=["block_reason", "block_text", "blocked_at", "reviewed_at"])
            _record(row, "fortnox.trouble", gettext_lazy("Fortnox: %(reason)s"), block_reason, at)
            due.wake(row, at=at)  # it is to be told, and a reload that runs has come to its end


def unblock(connection: Connection, *reasons: BlockReason, at: datetime) -> bool:
    """Clear a block whose reason is cured, and the refusal it grew from."""
    with transaction.atomic():
        same = Connection.everywhere.filter(pk=connection.pk, authorized_at=connection.authorized_at)
        row = same.filter(block_reason__in=["", *reasons]).select_for_update().first()
        if row is None or not (row.block_reason or row.refused_since):
            return False
        if row.block_reason:
            _record(
                row,
                "fortnox.cured",
                gettext_lazy("Fortnox works again. The cause was: %(reason)s"),
                BlockReason(row.block_reason),
                at,
            )
        row.block_reason, row.block_text, row.blocked_at, row.refused_since = "", "", None, None
        row.save(update_fields=["block_reason", "block_text", "blocked_at", "refused_since"])
        publish(GrantRestored(row.pk, at))
    return True


def note_refusal(same: QuerySet[Connection], at: datetime) -> None:
    """The API refused a token, or the licence: remember since when. Whether it stands, a check will tell."""
    first = Q(refused_since=None) | Q(refused_since__lte=F("authorized_at"))
    with transaction.atomic():
        for row in same.filter(first, block_reason="").exclude(sealed_tokens="").select_for_update():
            row.refused_since = at
            row.save(update_fields=["refused_since"])
            due.wake(row, at=at)


def quote(error: FortnoxError) -> str:
    """Return Fortnox's own sentence, or nothing: it is shown as a quotation beside ours. Never a token."""
    return error.message[:500]


def _record(row: Connection, action: str, words: Promise, reason: BlockReason, at: datetime) -> None:
    with workspace_in_force(row.workspace_id):
        summary = translate_for_workspace(words, reason=reason.label)
        record(actor=None, action=action, target=row, summary=summary, at=at)
