"""What is wrong with an installation, and what is not, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from django.db import OperationalError
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor

from uku.integrations.registry import Finding, integrations
from uku.kit import rotation
from uku.kit.alarms import Alarm
from uku.kit.heartbeats import missing_worker
from uku.workspaces.audit import verify_chain
from uku.workspaces.models import Workspace

OLDEST_POSTGRESQL = 15_00_00


def findings() -> Iterator[Finding]:
    """Look at the database, its roles, its version, the workers, the key ring, and what each integration needs."""
    try:
        database.ensure_connection()
    except OperationalError as error:
        yield Finding(ok=False, text=f"the database does not answer, so nothing else was looked at: {error}")
    else:
        yield from _check_roles()
        yield from _check_schema()


def _check_roles() -> Iterator[Finding]:
    with database.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_user")
        version, role = cursor.fetchone()
        cursor.execute("SELECT rolsuper OR rolbypassrls OR rolcreatedb FROM pg_roles WHERE rolname = current_user")
        (strong,) = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
        (owned,) = cursor.fetchone()
    yield Finding(version >= OLDEST_POSTGRESQL, f"PostgreSQL {version // 10000}.{version % 10000}, as role {role}")
    weaker = "the app's role owns its tables and could change the audit log: set MIGRATE_DATABASE_URL to another role"
    apart = not strong and not owned
    yield Finding(apart, "the app's role owns no tables" if apart else weaker)


def _check_schema() -> Iterator[Finding]:
    """Look at the migrations and then into the tables, which may not be there before."""
    executor = MigrationExecutor(database)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Finding(not waiting, f"{len(waiting)} migrations waiting" if waiting else "the schema is this version's")
    if waiting:
        return
    yield _check_workers()
    idle, wrong = rotation.describe_keys()
    yield from (Finding(ok=True, text=line) for line in idle)
    yield from (Finding(ok=False, text=line) for line in wrong)
    if not wrong:
        yield Finding(ok=True, text="all that is sealed is under the first key")
    for integration in integrations():
        yield from integration.findings()
    yield _check_audit()
    for alarm in Alarm.objects.filter(cleared_at=None).order_by("id"):
        yield Finding(ok=False, text=f"open alarm since {alarm.opened_at:%Y-%m-%d %H:%M} UTC: {alarm.text}")


def _check_workers() -> Finding:
    missing = missing_worker()
    if missing is None:
        return Finding(ok=True, text="a worker is running")
    last = "no worker has ever run"
    if missing.since is not None:
        last = f"no worker is running since {missing.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return Finding(ok=False, text=f"{last}, so nothing is sent or read: start one with uku worker")


def _check_audit() -> Finding:
    """Recompute the chains. The newest entries cut off do not show here: `uku audit verify` prints what does."""
    broken = [(w.slug, place) for w in Workspace.objects.order_by("slug") if (place := verify_chain(w)) is not None]
    text = "; ".join(f"{slug}: entry {place} of the audit log was changed, removed or put in" for slug, place in broken)
    return Finding(ok=not broken, text=text or "every entry of the audit log is as it was written")
