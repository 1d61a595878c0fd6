"""Tokens at rest: sealed, bound to their row, changed only under a lock and only by generation.

The lock is a session advisory lock on a connection of its own, so it dies with the process; the marker is a
committed column, so it survives it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
import structlog
from django.db import DatabaseError, models, transaction
from django.db import connection as database
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext_lazy
from psycopg.conninfo import make_conninfo

from fortnox_api import StoredTokens, TokenSet, Unavailable
from uku.integrations.fortnox.models import BlockReason, Connection, TokenSource
from uku.integrations.fortnox.tokens import app_credentials, spool
from uku.integrations.fortnox.tokens.encryption import open_tokens, seal_tokens
from uku.integrations.fortnox.tokens.spool import SpooledRenewal
from uku.kit import clock
from uku.kit.scoping import workspace_in_force
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace

log = structlog.get_logger()
LOCK_SPACE = 0x554B55  # the first half of our advisory lock keys: "UKU"
LOCK_WAIT = "10s"
PATIENCE = (0.0, 0.1, 0.5, 2.0)  # seconds before each try to store tokens that cannot be got again


class InsideTransaction(RuntimeError):
    """Fortnox was called inside a database transaction, which would stay open for as long as it answers."""


def refuse_inside_transaction() -> None:
    """Raise InsideTransaction unless no transaction is open (decision 4)."""
    if database.in_atomic_block:
        raise InsideTransaction


class PostgresTokenStore:
    """The client's TokenStore over one row of `Connection`, safe across processes and machines.

    `source` and `consent` say of the tokens that are saved next where they came from, and what became of the consent's
    refresh token: "renewed", "lost", or nothing; `scopes_tell` that their scopes are those of the tokens to come.
    """

    def __init__(self, connection_id: int, opened: tuple[str, TokenSet] | None = None) -> None:
        """`opened` is what the caller has unsealed already, with the text that it was sealed as."""
        self._id = connection_id
        self._opened = opened
        self.source: TokenSource | None = None
        self.consent = ""
        self.scopes_tell = True

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the one lock for refreshing this connection. Raises Unavailable after ten seconds of waiting."""
        refuse_inside_transaction()
        parameters = database.get_connection_params()
        wanted = ("dbname", "user", "password", "host", "port")
        place = make_conninfo(**{name: str(parameters[name]) for name in wanted if parameters.get(name)})
        with psycopg.connect(place, autocommit=True) as session:
            session.execute(f"SET lock_timeout = '{LOCK_WAIT}'")
            try:
                session.execute("SELECT pg_advisory_lock(%s, %s)", (LOCK_SPACE, self._id))
            except psycopg.errors.LockNotAvailable:
                raise Unavailable("another process takes long to renew the tokens") from None
            yield

    def load(self) -> StoredTokens:
        """Return what is stored; a renewal that could only be put into a file counts as stored."""
        row = Connection.everywhere.get(pk=self._id)
        spooled = spool.find(self._id, row.generation) if row.is_connected else None
        if spooled is not None:
            try:
                store_spooled(spooled)
                row = Connection.everywhere.get(pk=self._id)
            except DatabaseError:  # the database still takes nothing: use what the file holds
                row.sealed_tokens, row.refresh_started_at = spooled.sealed_tokens, None
        return self._open(row)

    def stored_in(self, row: Connection) -> StoredTokens | None:
        """Return what the row holds as read just now; None where a file holds newer tokens. Raises NotConnected."""
        return self._open(row) if spool.find(self._id, row.generation) is None else None

    def _open(self, row: Connection) -> StoredTokens:
        if self._opened is None or self._opened[0] != row.sealed_tokens:
            self._opened = row.sealed_tokens, open_tokens(row)
        return StoredTokens(
            tokens=self._opened[1],
            generation=row.generation,
            refresh_started=row.refresh_started_at is not None,
        )

    def mark(self, *, generation: int) -> None:
        """Commit that a refresh of this generation is about to be sent, so that its token may be spent.

        That it commits shows also that the result will find a database that can be written.
        """
        same = Connection.everywhere.filter(pk=self._id, generation=generation).exclude(sealed_tokens="")
        same.update(refresh_started_at=clock.now())

    def save(self, tokens: TokenSet, *, generation: int) -> bool:
        """Store both tokens in one guarded update; False when a newer grant or a disconnect won.

        What the database does not take goes to a file at once, is tried again a few times, and is taken in later.
        Raises DatabaseError when it did not go in by now.
        """
        renewal = SpooledRenewal(
            connection_id=self._id,
            generation=generation,
            sealed_tokens=seal_tokens(self._id, tokens),
            refreshed_at=clock.now().isoformat(),
            source=self.source or "",
            consent=self.consent,
            scopes=sorted(tokens.scopes) if self.scopes_tell else [],
        )
        try:
            is_newest = store_renewal(renewal)
        except DatabaseError:
            is_newest = _spool_and_retry(renewal)
        app_credentials.note_accepted(clock.now())
        return is_newest


def store_renewal(renewal: SpooledRenewal) -> bool:
    """Store a renewal in one update, guarded by the generation it follows; say whether it was the newest.

    A grant that gives tokens lives, whatever was thought of it a moment ago.
    """
    at = datetime.fromisoformat(renewal.refreshed_at)
    still = Connection.everywhere.filter(pk=renewal.connection_id, generation=renewal.generation).exclude(
        sealed_tokens=""
    )
    changes: dict[str, object] = {
        "sealed_tokens": renewal.sealed_tokens,
        "generation": F("generation") + 1,
        "refreshed_at": at,
        "refresh_started_at": None,
        "renewal_failures": 0,
        "renew_not_before": None,
        "block_reason": _keep_unless_disproved("block_reason", ""),
        "block_text": _keep_unless_disproved("block_text", ""),
        "blocked_at": _keep_unless_disproved("blocked_at", None),
    }
    if renewal.source:
        changes["source"] = renewal.source
    if renewal.consent:
        changes["consent_renewed_at"] = at if renewal.consent == "renewed" else None
    with transaction.atomic():  # the tokens are stored with the line about their scopes, or tried again with it
        before = still.select_for_update().first()
        if before is not None and renewal.scopes and before.scopes not in ([], renewal.scopes):
            changes["scopes"] = renewal.scopes
            changes["lost_scopes"] = sorted({*before.scopes, *before.lost_scopes} - set(renewal.scopes))
            # What a company's consent gives may change without us: another consent to the same app may replace it.
            with workspace_in_force(before.workspace_id):
                record(
                    actor=None,
                    action="fortnox.scopes_changed",
                    target=before,
                    summary=translate_for_workspace(gettext_lazy("Fortnox gives other permissions than before")),
                    at=at,
                    before={"scopes": before.scopes},
                    after={"scopes": renewal.scopes},
                )
        return bool(still.update(**changes))


def store_spooled(spooled: SpooledRenewal) -> bool:
    """Store what waits in a file and remove it; one that a newer grant overtook is only removed."""
    stored = store_renewal(spooled)
    spool.remove(spooled)
    log.warning("spooled tokens taken in" if stored else "spooled tokens overtaken", connection=spooled.connection_id)
    return stored


def store_all_spooled() -> int:
    """Store everything that waits in files, at start-up; return how many were still the newest."""
    return sum(store_spooled(spooled) for spooled in spool.all_spooled())


def _spool_and_retry(renewal: SpooledRenewal) -> bool:
    spool.write(renewal)
    for wait in PATIENCE:
        time.sleep(wait)
        database.close()  # it may be the session that is broken
        try:
            return store_spooled(renewal)
        except DatabaseError as error:
            log.error("tokens not stored", connection=renewal.connection_id, error=type(error).__name__)  # noqa: TRY400
            last = error
    raise last


def _keep_unless_disproved(field: str, cleared: str | None) -> Case:
    """Clear a field of a block that new tokens disprove; the other blocks have cures of their own."""
    kind = models.DateTimeField() if cleared is None else models.CharField()
    disproved = When(block_reason=BlockReason.NEEDS_AUTHORIZATION, then=Value(cleared, kind))
    return Case(disproved, default=F(field), output_field=kind)
