"""Tokens at rest: sealed, bound to their row, changed only under a lock and only by generation.

The lock is a session advisory lock on a connection of its own, so it dies with the process; the marker is a
committed column, so it survives it (reliability 7.2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
from django.conf import settings
from django.db import connection as database
from django.db.models import F, QuerySet
from psycopg.conninfo import make_conninfo

from fortnox_api import StoredTokens, TokenSet
from uku.integrations.fortnox.models import Connection
from uku.kit import clock
from uku.kit.secrets import KeyRing, Place

LOCK_SPACE = 0x554B55  # the first half of our advisory lock keys: "UKU"
LOCK_WAIT = "10s"


class NotConnected(Exception):
    """The connection holds no tokens: it was never authorized, or it was disconnected meanwhile."""


class InsideTransaction(RuntimeError):
    """Fortnox was called inside a database transaction, which would stay open for as long as it answers."""


def refuse_inside_transaction() -> None:
    """Raise InsideTransaction unless no transaction is open (engineering 5)."""
    if database.in_atomic_block:
        raise InsideTransaction


def seal_tokens(connection_id: int, tokens: TokenSet) -> str:
    content = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "scopes": sorted(tokens.scopes),
        "expires_at": tokens.expires_at.isoformat(),
    }
    return _ring().seal(json.dumps(content), _place(connection_id))


def open_tokens(connection: Connection) -> TokenSet:
    """Return the tokens. Raises NotConnected, or CannotOpen when the key is not on the ring."""
    if not connection.sealed_tokens:
        raise NotConnected(connection.pk)
    content = json.loads(_ring().open(connection.sealed_tokens, _place(connection.pk)))
    return TokenSet(
        access_token=content["access_token"],
        refresh_token=content["refresh_token"],
        scopes=frozenset(content["scopes"]),
        expires_at=datetime.fromisoformat(content["expires_at"]),
    )


class PostgresTokenStore:
    """The client's TokenStore over one row of `Connection`, safe across processes and machines."""

    def __init__(self, connection_id: int) -> None:
        self._id = connection_id

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the one lock for refreshing this connection. Waits at most ten seconds."""
        refuse_inside_transaction()
        with psycopg.connect(_direct(), autocommit=True) as session:
            session.execute(f"SET lock_timeout = '{LOCK_WAIT}'")
            session.execute("SELECT pg_advisory_lock(%s, %s)", (LOCK_SPACE, self._id))
            yield

    def load(self) -> StoredTokens:
        row = Connection.everywhere.get(pk=self._id)
        return StoredTokens(
            tokens=open_tokens(row),
            generation=row.generation,
            refresh_started=row.refresh_started_at is not None,
        )

    def mark(self, *, generation: int) -> None:
        """Commit that a refresh of this generation is about to be sent, so that its token may be spent."""
        self._of(generation).update(refresh_started_at=clock.now())

    def save(self, tokens: TokenSet, *, generation: int) -> bool:
        """Store both tokens in one guarded update; False when a newer grant or a disconnect won."""
        stored = self._of(generation).update(
            sealed_tokens=seal_tokens(self._id, tokens),
            generation=F("generation") + 1,
            refresh_started_at=None,
            refreshed_at=clock.now(),
        )
        return bool(stored)

    def _of(self, generation: int) -> QuerySet[Connection]:
        return Connection.everywhere.filter(pk=self._id, generation=generation).exclude(sealed_tokens="")


def _ring() -> KeyRing:
    return KeyRing([key.get_secret_value() for key in settings.UKU.token_keys])


def _place(connection_id: int) -> Place:
    return Place("fortnox_connection", "sealed_tokens", str(connection_id))


def _direct() -> str:
    """Where the database is, for a connection outside Django's own."""
    parameters = database.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port")
    return make_conninfo(**{name: str(parameters[name]) for name in wanted if parameters.get(name)})
