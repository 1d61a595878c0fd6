"""Tokens at rest: sealed, bound to their row, changed only under a lock and only by generation.

The lock is a session advisory lock on a connection of its own, so it dies with the process; the marker is a
committed column, so it survives it (reliability 7.2).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
import structlog
from django.db import DatabaseError, models, transaction
from django.db import connection as database
from django.db.models import Case, F, QuerySet, Value, When
from psycopg.conninfo import make_conninfo

from fortnox_api import StoredTokens, TokenSet, Unavailable
from uku.integrations.fortnox.models import BlockReason, Connection, TokenSource
from uku.integrations.fortnox.tokens import app_credentials, spool
from uku.integrations.fortnox.tokens.spool import Spooled
from uku.kit import clock
from uku.kit.rotation import key_ring
from uku.kit.scoping import workspace_in_force
from uku.kit.secrets import Place
from uku.workspaces.audit import record

log = structlog.get_logger()
LOCK_SPACE = 0x554B55  # the first half of our advisory lock keys: "UKU"
LOCK_WAIT = "10s"
PATIENCE = (0.0, 0.1, 0.5, 2.0)  # seconds before each try to store tokens that cannot be got again


class NotConnected(Exception):
    """The connection holds no tokens that may be used here: never authorized, disconnected, or not ours to use."""


class InsideTransaction(RuntimeError):
    """Fortnox was called inside a database transaction, which would stay open for as long as it answers."""


def refuse_inside_transaction() -> None:
    """Raise InsideTransaction unless no transaction is open (engineering 5)."""
    if database.in_atomic_block:
        raise InsideTransaction


def seal_tokens(connection_id: int, tokens: TokenSet) -> str:
    return seal(tokens, _place(connection_id))


def seal(tokens: TokenSet, place: Place) -> str:
    """Seal tokens for the place that they will be stored at."""
    content = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "scopes": sorted(tokens.scopes),
        "expires_at": tokens.expires_at.isoformat(),
    }
    return key_ring().seal(json.dumps(content), place)


def open_tokens(connection: Connection) -> TokenSet:
    """Return the tokens. Raises NotConnected, or CannotOpen when the key is not on the ring."""
    if not connection.sealed_tokens:
        raise NotConnected(connection.pk)
    return unseal(connection.sealed_tokens, _place(connection.pk))


def unseal(sealed: str, place: Place) -> TokenSet:
    """Return what was sealed for this place. Raises CannotOpen."""
    content = json.loads(key_ring().open(sealed, place))
    return TokenSet(
        access_token=content["access_token"],
        refresh_token=content["refresh_token"],
        scopes=frozenset(content["scopes"]),
        expires_at=datetime.fromisoformat(content["expires_at"]),
    )


class PostgresTokenStore:
    """The client's TokenStore over one row of `Connection`, safe across processes and machines.

    `source` and `consent` say of the tokens that are saved next where they came from, and what became of the consent's
    refresh token: "renewed", "lost", or nothing; `scopes_tell` that their scopes are those of the tokens to come.
    """

    def __init__(self, connection_id: int) -> None:
        self._id = connection_id
        self.source: TokenSource | None = None
        self.consent = ""
        self.scopes_tell = True

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the one lock for refreshing this connection. Raises Unavailable after ten seconds of waiting."""
        refuse_inside_transaction()
        with psycopg.connect(_direct(), autocommit=True) as session:
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
            row = self._overlaid(row, spooled)
        return StoredTokens(
            tokens=open_tokens(row),
            generation=row.generation,
            refresh_started=row.refresh_started_at is not None,
        )

    def mark(self, *, generation: int) -> None:
        """Commit that a refresh of this generation is about to be sent, so that its token may be spent.

        That it commits shows also that the result will find a database that can be written.
        """
        self._of(generation).update(refresh_started_at=clock.now())

    def save(self, tokens: TokenSet, *, generation: int) -> bool:
        """Store both tokens in one guarded update; False when a newer grant or a disconnect won.

        What the database does not take goes to a file at once, is tried again a few times, and is taken in later.
        Raises DatabaseError when it did not go in by now.
        """
        facts = Spooled(
            connection_id=self._id,
            generation=generation,
            sealed_tokens=seal_tokens(self._id, tokens),
            refreshed_at=clock.now().isoformat(),
            source=self.source or "",
            consent=self.consent,
            scopes=sorted(tokens.scopes) if self.scopes_tell else [],
        )
        try:
            stored = store(facts)
        except DatabaseError:
            stored = _insist(facts)
        app_credentials.accepted(clock.now())
        return stored

    def _of(self, generation: int) -> QuerySet[Connection]:
        return Connection.everywhere.filter(pk=self._id, generation=generation).exclude(sealed_tokens="")

    def _overlaid(self, row: Connection, spooled: Spooled) -> Connection:
        """Take a file in; where the database still takes nothing, use what the file holds."""
        try:
            take_in(spooled)
        except DatabaseError:
            row.sealed_tokens, row.refresh_started_at = spooled.sealed_tokens, None
            return row
        return Connection.everywhere.get(pk=self._id)


def store(facts: Spooled) -> bool:
    """Store a renewal in one update, guarded by the generation it follows; say whether it was the newest.

    A grant that gives tokens lives, whatever was thought of it a moment ago.
    """
    at = datetime.fromisoformat(facts.refreshed_at)
    still = Connection.everywhere.filter(pk=facts.connection_id, generation=facts.generation).exclude(sealed_tokens="")
    changes: dict[str, object] = {
        "sealed_tokens": facts.sealed_tokens,
        "generation": F("generation") + 1,
        "refreshed_at": at,
        "refresh_started_at": None,
        "renewal_failures": 0,
        "renew_not_before": None,
        "block_reason": _unless_dead("block_reason", ""),
        "block_text": _unless_dead("block_text", ""),
        "blocked_at": _unless_dead("blocked_at", None),
    }
    if facts.source:
        changes["source"] = facts.source
    if facts.consent:
        changes["consent_renewed_at"] = at if facts.consent == "renewed" else None
    with transaction.atomic():  # the tokens are stored with the line about their scopes, or tried again with it
        before = still.select_for_update().first()
        if before is not None and facts.scopes and before.scopes not in ([], facts.scopes):
            changes["scopes"] = facts.scopes
            changes["lost_scopes"] = sorted({*before.scopes, *before.lost_scopes} - set(facts.scopes))
            _record_scopes(before, facts.scopes, at)
        return bool(still.update(**changes))


def _record_scopes(before: Connection, scopes: list[str], at: datetime) -> None:
    """What a company's consent gives may change without us: another consent to the same app may replace it."""
    with workspace_in_force(before.workspace_id):
        record(
            actor=None,
            action="fortnox.scopes_changed",
            target=before,
            summary="Fortnox gives other permissions than before",
            at=at,
            before={"scopes": before.scopes},
            after={"scopes": scopes},
        )


def take_in(spooled: Spooled) -> bool:
    """Store what waits in a file and remove it; one that a newer grant overtook is only removed."""
    stored = store(spooled)
    spool.remove(spooled)
    log.warning("spooled tokens taken in" if stored else "spooled tokens overtaken", connection=spooled.connection_id)
    return stored


def take_in_all() -> int:
    """Store everything that waits in files, at start-up; return how many were still the newest."""
    return sum(take_in(spooled) for spooled in spool.waiting())


def _insist(facts: Spooled) -> bool:
    spool.put(facts)
    for wait in PATIENCE:
        time.sleep(wait)
        database.close()  # it may be the session that is broken
        try:
            return take_in(facts)
        except DatabaseError as error:
            log.error("tokens not stored", connection=facts.connection_id, error=type(error).__name__)  # noqa: TRY400
            last = error
    raise last


def _unless_dead(field: str, cleared: str | None) -> Case:
    """Clear a field of a trouble that new tokens disprove; the other troubles have cures of their own."""
    kind = models.DateTimeField() if cleared is None else models.CharField()
    disproved = When(block_reason=BlockReason.NEEDS_AUTHORIZATION, then=Value(cleared, kind))
    return Case(disproved, default=F(field), output_field=kind)


def _place(connection_id: int) -> Place:
    return Place("fortnox_connection", "sealed_tokens", str(connection_id))


def _direct() -> str:
    """Where the database is, for a connection outside Django's own."""
    parameters = database.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port")
    return make_conninfo(**{name: str(parameters[name]) for name in wanted if parameters.get(name)})
