"""The two roles, the databases they share, and the addresses under which they are reached.

`uku_owner` owns the schema and migrates; `uku_app` serves with the rights it is given and no more.
"""

from dataclasses import dataclass
from typing import LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql

from uku.kit.embedded.places import PORT, Place

SUPERUSER, OWNER, APP = "postgres", "uku_owner", "uku_app"
DATABASE = "uku"

ROLES: tuple[LiteralString, ...] = (
    "DO $$ BEGIN CREATE ROLE uku_owner LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    "DO $$ BEGIN CREATE ROLE uku_app LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
)
# Set in template1, so that every database made from it hands out the same rights.
RIGHTS: tuple[LiteralString, ...] = (
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO uku_app",
    """ALTER DEFAULT PRIVILEGES FOR ROLE uku_owner IN SCHEMA public
       GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO uku_app""",
    "ALTER DEFAULT PRIVILEGES FOR ROLE uku_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO uku_app",
    "ALTER DEFAULT PRIVILEGES FOR ROLE uku_owner IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO uku_app",
)


@dataclass(frozen=True)
class Addresses:
    """One database under each of its roles, as libpq and every tool on it reads an address."""

    app: str
    owner: str
    superuser: str


def addresses(place: Place, database: str = DATABASE) -> Addresses:
    """The port stands in the address so that a PGPORT in the environment does not lead elsewhere."""

    def reach(role: str) -> str:
        return f"postgresql://{role}@:{PORT}/{quote(database, safe='')}?host={quote(str(place.sockets))}"

    return Addresses(app=reach(APP), owner=reach(OWNER), superuser=reach(SUPERUSER))


def prepare(place: Place) -> None:
    """Make the roles and the first database. May be repeated after an interruption."""
    with psycopg.connect(addresses(place, "template1").superuser, autocommit=True) as connection:
        for statement in ROLES + RIGHTS:
            connection.execute(statement)
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
    if found is None:
        create_database(place, DATABASE)
    else:
        _close_to_strangers(place, DATABASE)


def create_database(place: Place, name: str, template: str | None = None) -> None:
    """Make a database, from a template when one is named; rights inside a template come along."""
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template or "template1")
    )
    _execute(place, statement)
    _close_to_strangers(place, name)


def drop_database(place: Place, name: str) -> None:
    """Drop a database and close the connections to it; a missing one is no error."""
    _execute(place, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _close_to_strangers(place: Place, name: str) -> None:
    database = sql.Identifier(name)
    _execute(place, sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    _execute(place, sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(APP)))


def _execute(place: Place, statement: sql.Composed) -> None:
    with psycopg.connect(addresses(place, "postgres").superuser, autocommit=True) as connection:
        connection.execute(statement)
