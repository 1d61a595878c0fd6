"""Tokens in a file, for scripts on one machine."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from fortnox_api._auth import StoredTokens
from fortnox_api._errors import GrantRevoked, Unavailable
from fortnox_api._oauth import TokenSet

_OWNER_ALONE: Final = 0o600
_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS tokens (
        company INTEGER PRIMARY KEY CHECK (company = 1),
        access_token TEXT NOT NULL, refresh_token TEXT, scopes TEXT NOT NULL, expires_at TEXT NOT NULL,
        generation INTEGER NOT NULL, refresh_started INTEGER NOT NULL
    )
"""


class FileTokenStore:
    """Keeps the tokens of one company in a file that its owner alone can read, for all processes of one machine.

    SQLite does what is hard about it: changes that are whole or did not happen, after a power cut too, and a lock that
    ends with its process. Not for a network drive. `patience` is how many seconds to wait for another process.
    """

    def __init__(self, path: str | os.PathLike[str], *, patience: float = 60) -> None:
        self._path = Path(path)
        self._lock_path = Path(f"{self._path}.lock")
        self._patience = patience
        for each in (self._path, self._lock_path):
            os.close(os.open(each, os.O_CREAT | os.O_RDWR, _OWNER_ALONE))
            each.chmod(_OWNER_ALONE)
        try:
            self._change(_TABLE)
        except sqlite3.DatabaseError:
            raise ValueError(f"{self._path} is no file of tokens") from None

    def __repr__(self) -> str:
        return f"<FileTokenStore {self._path}>"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold off the other threads and processes. Raises Unavailable when another one holds on for too long."""
        with self._open(self._lock_path) as connection:
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                raise Unavailable("another process refreshes the tokens and does not finish") from None
            yield

    def load(self) -> StoredTokens:
        """Return what is stored now. Raises GrantRevoked when nothing is: nobody has authorized yet."""
        with self._open(self._path) as connection:
            row = connection.execute("SELECT * FROM tokens").fetchone()
        if row is None:
            raise GrantRevoked(f"there are no tokens in {self._path}: run python -m fortnox_api authorize")
        _, access_token, refresh_token, scopes, expires_at, generation, refresh_started = row
        tokens = TokenSet(
            access_token, refresh_token, frozenset(scopes.split()), expires_at=datetime.fromisoformat(expires_at)
        )
        return StoredTokens(tokens, generation, refresh_started=bool(refresh_started))

    def mark(self, *, generation: int) -> None:
        """Note that a refresh of this generation has begun; nothing when it is already an older one."""
        self._change("UPDATE tokens SET refresh_started = 1 WHERE generation = ?", generation)

    def save(self, tokens: TokenSet, *, generation: int) -> bool:
        """Store the tokens if the generation is still this one."""
        command = """
            UPDATE tokens SET access_token = ?, refresh_token = ?, scopes = ?, expires_at = ?,
                generation = generation + 1, refresh_started = 0
            WHERE generation = ?
        """
        return self._change(command, *_columns(tokens), generation) == 1

    def replace(self, tokens: TokenSet) -> None:
        """Store the tokens of a new consent, whatever was stored before."""
        command = """
            INSERT INTO tokens VALUES (1, ?, ?, ?, ?, 1, 0) ON CONFLICT (company) DO UPDATE SET
                access_token = excluded.access_token, refresh_token = excluded.refresh_token,
                scopes = excluded.scopes, expires_at = excluded.expires_at,
                generation = generation + 1, refresh_started = 0
        """
        self._change(command, *_columns(tokens))

    @contextmanager
    def _open(self, path: Path) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(path, timeout=self._patience, isolation_level=None)
        with contextlib.closing(connection):
            yield connection

    def _change(self, command: str, *values: object) -> int:
        """Run one command, on the disk when it returns, and return how many rows it changed."""
        with self._open(self._path) as connection:
            connection.execute("PRAGMA synchronous = EXTRA")
            return connection.execute(command, values).rowcount


def _columns(tokens: TokenSet) -> tuple[str, str | None, str, str]:
    return tokens.access_token, tokens.refresh_token, " ".join(sorted(tokens.scopes)), tokens.expires_at.isoformat()
