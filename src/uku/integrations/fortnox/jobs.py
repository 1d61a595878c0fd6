"""Jobs: load, call one function, nothing else. What is due stands in the tables; the sweep finds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db.models import QuerySet

from uku.integrations.fortnox.models import Connection, Push, PushState, Run, RunKind, RunState
from uku.kit import clock
from uku.kit.jobs import LATER, NORMAL, SOON, each, enqueue, enqueue_once, job
from uku.kit.scoping import workspace_in_force

log = structlog.get_logger()
CYCLE = timedelta(minutes=15)
KEEP_ALIVE = timedelta(hours=20)
RESUME_AFTER = timedelta(minutes=5)
DETAIL_SLICE = 20
EVERY = {
    RunKind.CUSTOMERS: CYCLE,
    RunKind.ARTICLES: CYCLE,
    RunKind.PAYMENTS: CYCLE,
    RunKind.STATISTICS: timedelta(days=1),
}


@job(name="fortnox.sync")
def sync(connection_id: int, kind: str, full: bool = False, scheduled: bool = False) -> None:
    """Run one kind of sync: an import, the paid status, the statistics.

    One that the schedule asked for while another was under way is let go when that one has done the work.
    """
    from uku.integrations.fortnox.syncing import run_sync

    def work(connection: Connection) -> None:
        wanted = RunKind(kind)
        if not scheduled or is_due(wanted, EVERY[wanted], clock.now(), resume_after=timedelta(0)):
            run_sync(connection=connection, kind=wanted, full=full)

    _with_connection(connection_id, work)


@job(name="fortnox.read_details")
def read_details(connection_id: int) -> None:
    """Read a slice of details, behind everything a person waits for."""
    from uku.integrations.fortnox.syncing import read_detail_slice

    def slice_of(connection: Connection) -> None:
        if read_detail_slice(connection=connection, at_most=DETAIL_SLICE):
            enqueue_details(connection)

    _with_connection(connection_id, slice_of)


@job(name="fortnox.push")
def push(push_id: int) -> None:
    """Take one push as far as it goes now: send, look up, or book."""
    from uku.integrations.fortnox.pushing import advance

    row = Push.everywhere.get(pk=push_id)
    with workspace_in_force(row.workspace_id):
        advance(push_id=push_id)


@job(name="fortnox.keep_alive")
def keep_alive(connection_id: int) -> None:
    """Renew an idle connection's tokens, so that they never grow old."""
    from uku.integrations.fortnox.syncing import renew

    _with_connection(connection_id, lambda connection: renew(connection=connection), even_paused=True)


@each("* * * * *")
@job(name="fortnox.sweep")
def sweep(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what is due stands in the tables
    """Wake whatever has come due. The safety net, not the path."""
    for push_id, company_id in _due_pushes():
        enqueue_once(push, key=f"push {push_id}", lock=company_lock(company_id), priority=SOON, push_id=push_id)
    for connection in _living().select_related("workspace"):
        with workspace_in_force(connection.workspace_id):
            _wake(connection)


def _living() -> QuerySet[Connection]:
    """Connections whose grant lives: a dead one waits for a person and is not tried in a loop."""
    return Connection.everywhere.filter(trouble="").exclude(sealed_tokens="")


def _wake(connection: Connection) -> None:
    at = clock.now()
    if connection.refreshed_at is None or at - connection.refreshed_at > KEEP_ALIVE:
        lock, key = company_lock(connection.company_id), f"keep alive {connection.pk}"
        enqueue_once(keep_alive, key=key, lock=lock, connection_id=connection.pk)
    if not (connection.enabled and connection.workspace.may_integrate):
        return  # paused: only the tokens are kept alive
    for kind, interval in EVERY.items():
        if is_due(kind, interval, at):
            request_sync(connection, kind, scheduled=True)


def is_due(kind: RunKind, interval: timedelta, at: datetime, *, resume_after: timedelta = RESUME_AFTER) -> bool:
    """Say whether a kind's newest run is old enough for the next, or was cut off and waits to be resumed."""
    newest = Run.objects.filter(kind=kind).order_by("-id").first()
    if newest is not None and newest.state == RunState.RUNNING:
        return at - newest.started_at >= resume_after
    return newest is None or at - newest.started_at >= interval


def request_sync(
    connection: Connection, kind: RunKind, *, priority: int = NORMAL, full: bool = False, scheduled: bool = False
) -> bool:
    """Ask for a sync from a button or a schedule; False when one waits already."""
    return enqueue_once(
        sync,
        key=f"sync {connection.pk} {kind}",
        lock=company_lock(connection.company_id),
        priority=priority,
        connection_id=connection.pk,
        kind=str(kind),
        full=full,
        scheduled=scheduled,
    )


def enqueue_import(connection: Connection, kind: RunKind) -> None:
    """Ask for an import as part of the caller's transaction."""
    lock = company_lock(connection.company_id)
    enqueue(sync, lock=lock, connection_id=connection.pk, kind=str(kind))


def enqueue_details(connection: Connection) -> None:
    enqueue(read_details, lock=company_lock(connection.company_id), priority=LATER, connection_id=connection.pk)


def enqueue_push(row: Push) -> None:
    """Wake a push as part of the caller's transaction."""
    enqueue(push, lock=company_lock(row.company_id), priority=SOON, push_id=row.pk)


def enqueue_held_pushes(connection: Connection) -> None:
    """Wake what was queued for this company while it was not connected."""
    for row in Push.objects.filter(company_id=connection.company_id, state=PushState.QUEUED):
        enqueue_push(row)


def company_lock(company_id: str) -> str:
    return f"fortnox {company_id}"


def _due_pushes() -> list[tuple[int, str]]:
    """Pushes whose time has come, by the database's own clock, and connected companies only."""
    from uku.integrations.fortnox.pushing import due

    return list(
        due().filter(company_id__in=_living().filter(enabled=True).values("company_id")).values_list("pk", "company_id")
    )


def _with_connection(connection_id: int, work: Callable[[Connection], object], *, even_paused: bool = False) -> None:
    connection = Connection.everywhere.select_related("workspace").get(pk=connection_id)
    with workspace_in_force(connection.workspace_id):
        structlog.contextvars.bind_contextvars(workspace=connection.workspace_id)
        on = connection.enabled and connection.workspace.may_integrate
        if not (connection.is_connected and (on or even_paused)):
            log.info("paused", connection=connection_id)
            return
        work(connection)
