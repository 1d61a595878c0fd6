"""What many tests begin with is made once and put back: the rows of the database, and the simulator's books.

It is put back only over what it was made from: the same rows but for times and random texts, the same books, the same
settings. It is never older than a minute, and never used by a test whose clock does not run with the real one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from tests.uku.integrations.fortnox.simulated import Simulated

LONGEST = 60.0
CLOCKS_APART = 1.0
DIFFERS = re.compile(r'"(\d{4}-\d\d-\d\dT[^"]*|[0-9a-f]{32,64}|md5\$[^"]*)"')
"""Times, random texts and digests."""
OF_ONE_TEST = {"fortnox_auth_url", "fortnox_api_url"}

Rows = dict[str, list[str]]
Books = dict[str, dict[str, Any]]


class Tables:
    """All rows of this worker's database, as JSON by table, and its sequences."""

    def __init__(self, session: psycopg.Connection[Any]) -> None:
        self._session = session
        session.execute("SET session_replication_role = replica")
        names = session.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN"
            " ('django_migrations', 'django_content_type', 'auth_permission')"
        )
        each = [f"SELECT '{name}', to_jsonb(t)::text FROM \"{name}\" t" for (name,) in names]
        self._all = " UNION ALL ".join(each)
        found = session.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1")
        self._sequences = [name for (name,) in found]

    def restart_sequences(self) -> None:
        """Let ids begin where they always do, and differently in each table, so that none passes for another."""
        self._set({name: 1000 * place for place, name in enumerate(self._sequences, start=1)})

    def rows(self) -> Rows:
        found: Rows = {}
        for table, row in self._session.execute(self._all, prepare=True):
            found.setdefault(table, []).append(row)
        return found

    def sequences(self) -> dict[str, int]:
        return dict(self._session.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall())

    def put_back(self, before: Rows, rows: Rows, sequences: dict[str, int]) -> None:
        with self._session.transaction():
            for table in before:
                self._session.execute(f'DELETE FROM "{table}"')
            for table, kept in rows.items():
                self._session.execute(
                    f'INSERT INTO "{table}" SELECT * FROM jsonb_populate_recordset(NULL::"{table}", %s::jsonb)',
                    [f"[{','.join(kept)}]"],
                )
        self._set(sequences)

    def _set(self, values: dict[str, int]) -> None:
        self._session.execute("SELECT " + ", ".join(f"setval('{name}', {value})" for name, value in values.items()))


def books_of(fortnox: Simulated) -> Books:
    """The simulator's tables. Records are never changed in place, so that the tables alone are copied."""
    installation = fortnox.app.installation
    with installation.lock:
        return {name: dict(table.rows) for name, table in installation.store._tables.items()}


def put_books_back(fortnox: Simulated, books: Books, journal: list[dict[str, Any]]) -> None:
    installation = fortnox.app.installation
    with installation.lock:
        for name in {*books, *installation.store._tables}:
            table = installation.store.table(name)
            table.rows, table.version = dict(books.get(name, {})), table.version + 1
            table.fragments.clear()
        installation.journal._entries[:] = journal


@dataclass(frozen=True)
class World:
    made_at: float
    business_time: datetime
    before: Any
    rows: Rows
    sequences: dict[str, int]
    books: Books
    journal: list[dict[str, Any]]

    def is_fresh(self, business_time: datetime) -> bool:
        age = time.monotonic() - self.made_at
        return age < LONGEST and abs((business_time - self.business_time).total_seconds() - age) < CLOCKS_APART


class Baseline:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._worlds: dict[str, World] = {}

    def bring_about(self, make: Callable[[], object], *, fortnox: Simulated, settings: Any) -> None:
        """Do what `make` does, by putting back what it left before where it can be."""
        from uku.kit import clock

        rows, now = self.tables.rows(), clock.now()
        masked = {table: sorted(DIFFERS.sub('""', row) for row in found) for table, found in rows.items()}
        books, journal = books_of(fortnox), fortnox.app.installation.journal._entries
        before = (masked, books, len(journal), settings.UKU.model_dump(exclude=OF_ONE_TEST))
        name = make.__qualname__
        world = self._worlds.get(name)
        if world is not None and world.before == before and world.is_fresh(now):
            self.tables.put_back(rows, world.rows, world.sequences)
            put_books_back(fortnox, world.books, world.journal)
            return
        make()
        self._worlds[name] = World(
            made_at=time.monotonic(),
            business_time=clock.now(),
            before=before,
            rows=self.tables.rows(),
            sequences=self.tables.sequences(),
            books=books_of(fortnox),
            journal=list(journal),
        )


class Moment:
    """Both sides as they stand now, and a way back to them."""

    def __init__(self, fortnox: Simulated, tables: Tables) -> None:
        self._fortnox, self._tables = fortnox, tables
        self._rows, self._sequences = tables.rows(), tables.sequences()
        self._books, self._journal = books_of(fortnox), list(fortnox.app.installation.journal._entries)

    def put_back(self) -> None:
        self._fortnox.heal()
        self._tables.put_back(self._tables.rows(), self._rows, self._sequences)
        put_books_back(self._fortnox, self._books, self._journal)
