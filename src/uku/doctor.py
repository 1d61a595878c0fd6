"""How an installation stands, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor

from uku.kit.alarms import Alarm

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
    if not waiting:  # else the tables to look into may not be there yet
        yield from _of_tokens()
        yield _of_audit()
        yield from _of_alarms()
    simulated = settings.UKU.allow_loopback_fortnox
    yield Finding(ok=True, text=f"Fortnox at {settings.UKU.fortnox_api_url}{' (simulated)' if simulated else ''}")


def _of_alarms() -> Iterator[Finding]:
    for alarm in Alarm.objects.filter(cleared_at=None).order_by("id"):
        yield Finding(ok=False, text=f"open alarm since {alarm.opened_at:%Y-%m-%d %H:%M}: {alarm.text}")


def _of_tokens() -> Iterator[Finding]:
    """Look at the keys of stored tokens, at tokens that wait in files, and at connections of other installations."""
    from uku.integrations.fortnox.connection import instances, keys, schedule, spool
    from uku.integrations.fortnox.models import Connection
    from uku.kit import clock

    idle, wrong = keys.standing()
    yield from (Finding(ok=True, text=line) for line in idle)
    yield from (Finding(ok=False, text=line) for line in wrong)
    if not wrong:
        yield Finding(ok=True, text="all stored tokens are under the first key")
    if waiting := len(list(spool.waiting())):
        yield Finding(ok=False, text=f"{waiting} renewed tokens wait in files for the database to take them")
    for connection in Connection.everywhere.exclude(sealed_tokens="").select_related("workspace"):
        if instances.is_foreign(connection):
            slug, other = connection.workspace.slug, connection.instance
            text = f"{slug}: its Fortnox connection belongs to {other}; nothing is sent. See `uku fortnox adopt`"
            yield Finding(ok=False, text=text)
        if schedule.grows_old(connection, clock.now()):
            text = f"{connection.workspace.slug}: nothing has renewed its Fortnox tokens for 30 days; they live 45"
            yield Finding(ok=False, text=text)


def _of_audit() -> Finding:
    """Recompute the chains. The newest entries cut off do not show here: `uku audit verify` prints what does."""
    from uku.workspaces.audit import verify_chain
    from uku.workspaces.models import Workspace

    broken = [(w.slug, place) for w in Workspace.objects.order_by("slug") if (place := verify_chain(w)) is not None]
    text = "; ".join(f"{slug}: entry {place} of the audit log was changed, removed or put in" for slug, place in broken)
    return Finding(ok=not broken, text=text or "every entry of the audit log is as it was written")
