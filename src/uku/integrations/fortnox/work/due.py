"""When a connection has something to do: woken in the transaction that made it so, and found by one index.

Two clocks, each compared with its own: business time for schedules, the database's clock for leases and wake-ups.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection as database
from django.db.models import Q

from uku.integrations.fortnox.models import Connection, DueWork, RunKind, StepRest
from uku.kit.clock import database_now
from uku.kit.jobs import NORMAL, enqueue, has_job, raise_priority

CYCLE = timedelta(minutes=15)
RESUME_AFTER = timedelta(minutes=5)
"""After a failure that passes by itself; longer each time."""
EVERY = {
    RunKind.CUSTOMERS: CYCLE,
    RunKind.ARTICLES: CYCLE,
    RunKind.PAYMENTS: CYCLE,
    RunKind.STATISTICS: timedelta(days=1),
    RunKind.COMPARISON: timedelta(days=1),
}

_WAKE = """
    WITH before AS MATERIALIZED (
      SELECT due_at <= %(at)s OR real_due_at <= clock_timestamp() AS was_due
      FROM fortnox_duework WHERE connection_id = %(pk)s FOR UPDATE
    )
    INSERT INTO fortnox_duework AS row (connection_id, workspace_id, wake_no, real_due_at, fence)
    SELECT %(pk)s, %(workspace)s, 1, clock_timestamp(), 0 FROM (SELECT count(*) FROM before) AS looked_first
    ON CONFLICT (connection_id) DO UPDATE
      SET wake_no = row.wake_no + 1, real_due_at = least(row.real_due_at, excluded.real_due_at)
    RETURNING coalesce((SELECT was_due FROM before), false)
"""
_WAKE_ALL = """
    UPDATE fortnox_duework SET wake_no = wake_no + 1, real_due_at = least(real_due_at, clock_timestamp())
"""
_STORE = """
    UPDATE fortnox_duework SET due_at = %(due_at)s, real_due_at = %(real_due_at)s
    WHERE connection_id = %(pk)s AND wake_no = %(wake_no)s
"""
_BEGIN = """
    INSERT INTO fortnox_duework AS row (connection_id, workspace_id, wake_no, real_due_at, fence)
    VALUES (%(pk)s, %(workspace)s, 0, clock_timestamp(), 1)
    ON CONFLICT (connection_id) DO UPDATE SET fence = row.fence + 1
    RETURNING fence
"""
_FENCE = "SELECT wake_no, fence FROM fortnox_duework WHERE connection_id = %(pk)s"
_DUE = """
    SELECT work.connection_id, connection.company_id
    FROM fortnox_duework AS work JOIN fortnox_connection AS connection ON connection.id = work.connection_id
    WHERE work.due_at <= %(at)s
    UNION
    SELECT work.connection_id, connection.company_id
    FROM fortnox_duework AS work JOIN fortnox_connection AS connection ON connection.id = work.connection_id
    WHERE work.real_due_at <= clock_timestamp()
"""


def work_lock(connection_id: int, company_id: str) -> str:
    """Return the name of the lock that the loops of one company share; a connection without one has its own."""
    return f"fortnox {company_id}" if company_id else f"fortnox connection {connection_id}"


def wake(connection: Connection, *, at: datetime, priority: int = NORMAL) -> None:
    """Say that there is something to do for a connection, as the last statement of the caller's transaction.

    One job is enough however often it is woken: none is stored while something is due already, and a job is there
    for it. What has come due by the clock has none until the next sweep, and neither has a company just connected.
    """
    with database.cursor() as cursor:
        cursor.execute(_WAKE, {"pk": connection.pk, "workspace": connection.workspace_id, "at": at})
        (was_due,) = cursor.fetchone()
    lock = work_lock(connection.pk, connection.company_id)
    if not was_due or not (raise_priority(lock=lock, priority=priority) if priority > NORMAL else has_job(lock=lock)):
        facts = {"connection_id": connection.pk, "company_id": connection.company_id}
        enqueue("fortnox.work", lock=lock, priority=priority, **facts)


def wake_all() -> None:
    """Let the next sweep wake every connection, and end all rests: what held all of them up is over."""
    StepRest.everywhere.all().delete()
    with database.cursor() as cursor:
        cursor.execute(_WAKE_ALL)


def is_due(connection_id: int, at: datetime) -> bool:
    """Say whether a connection is due by its row, so that the next sweep wakes it."""
    now = Q(due_at__lte=at) | Q(real_due_at__lte=database_now())
    return DueWork.everywhere.filter(now, pk=connection_id).exists()


def begin(connection: Connection) -> int:
    """Return the fence of a loop that begins: from now on no older loop stores or sends for the connection."""
    with database.cursor() as cursor:
        cursor.execute(_BEGIN, {"pk": connection.pk, "workspace": connection.workspace_id})
        return int(cursor.fetchone()[0])


def read_fence(connection_id: int) -> tuple[int, int] | None:
    """Return the number of a connection's last wake-up and the fence of its newest loop."""
    with database.cursor() as cursor:
        cursor.execute(_FENCE, {"pk": connection_id})
        row = cursor.fetchone()
    return row and (row[0], row[1])


def store_next(connection_id: int, wake_no: int, *, due_at: datetime | None, real_due_at: datetime | None) -> bool:
    """Store when a loop that found nothing looks again; False when the connection was woken since it looked."""
    facts = {"pk": connection_id, "wake_no": wake_no, "due_at": due_at, "real_due_at": real_due_at}
    with database.cursor() as cursor:
        cursor.execute(_STORE, facts)
        return bool(cursor.rowcount)


def due_connections(at: datetime) -> Iterator[tuple[int, str]]:
    """Yield the connections of all workspaces that have something to do now, each with its company. One query."""
    with database.cursor() as cursor:
        cursor.execute(_DUE, {"at": at})
        yield from cursor.fetchall()
