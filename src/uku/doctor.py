"""How an installation stands, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor

OLDEST_POSTGRESQL = 15_00_00


@dataclass(frozen=True, slots=True)
class Finding:
    ok: bool
    text: str


def findings() -> Iterator[Finding]:
    """Look at the database, its roles, its version, and what Fortnox needs."""
    with database.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_user")
        version, role = cursor.fetchone()
        cursor.execute("SELECT rolsuper OR rolbypassrls OR rolcreatedb FROM pg_roles WHERE rolname = current_user")
        (strong,) = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
        (owned,) = cursor.fetchone()
    yield Finding(version >= OLDEST_POSTGRESQL, f"PostgreSQL {version // 10000}.{version % 10000}, as role {role}")
    yield Finding(
        not strong and not owned,
        "the app's role owns no tables"
        if not strong and not owned
        else "the app's role owns its tables and could change the audit log: set MIGRATE_DATABASE_URL to another role",
    )
    executor = MigrationExecutor(database)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Finding(not waiting, f"{len(waiting)} migrations waiting" if waiting else "the schema is this version's")
    configured = bool(settings.UKU.fortnox_client_id and settings.UKU.fortnox_client_secret.get_secret_value())
    yield Finding(
        configured, "Fortnox client id and secret are set" if configured else "Fortnox client id or secret missing"
    )
    simulated = settings.UKU.allow_loopback_fortnox
    yield Finding(ok=True, text=f"Fortnox at {settings.UKU.fortnox_api_url}{' (simulated)' if simulated else ''}")
