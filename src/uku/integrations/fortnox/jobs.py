"""Jobs: load, call one function, nothing else. What is due stands in the tables; the loop and the sweep find it.

The names of jobs are a contract: one that an older version stored wakes its connection and does no more.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from uku.integrations.fortnox.connection import confirm
from uku.integrations.fortnox.connection import revoke as revocations
from uku.integrations.fortnox.models import (
    BulkCreation,
    Connection,
    InvoiceExport,
    ReadKind,
    Reload,
    RunKind,
)
from uku.integrations.fortnox.sync import retention
from uku.integrations.fortnox.tokens.installation import claim_unnamed
from uku.integrations.fortnox.work import due, loop, requests
from uku.integrations.fortnox.work.steps import STEPS
from uku.kit import clock
from uku.kit.jobs import each, enqueue_once, job
from uku.kit.scoping import workspace_in_force

log = structlog.get_logger()
RUNS_STAY = timedelta(days=90)


@job(name="fortnox.work")
def work(connection_id: int, company_id: str) -> None:
    """Do what is due for a connection, as long as it is that of this company."""
    loop.run(connection_id, company_id, STEPS)


@each("* * * * *")
@job(name="fortnox.sweep")
def sweep(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what is due stands in the tables
    """Wake whatever has come due. The safety net, not the path."""
    at = clock.now()
    for connection_id, company_id in due.due_connections(at):
        lock, key = due.work_lock(connection_id, company_id), f"work {connection_id}"
        enqueue_once("fortnox.work", key=key, lock=lock, connection_id=connection_id, company_id=company_id)
    for grant_id in confirm.expired_grants(at).values_list("pk", flat=True):
        enqueue_once("fortnox.expire_pending", key=f"expire {grant_id}", lock=f"grant {grant_id}", grant_id=grant_id)
    for row in revocations.abandoned_revocations(at).values_list("pk", flat=True):
        enqueue_once("fortnox.revoke", key=f"revoke {row}", lock=f"revocation {row}", revocation_id=row)


@each("17 */6 * * *")
@job(name="fortnox.check_all")
def check_all(timestamp: int) -> None:  # noqa: ARG001  # when it was due
    """Look at every connection, in slices: wake those whose row of due work is missing or too late."""
    claim_unnamed()
    loop.check_all(STEPS)


@each("53 3 * * *")
@job(name="fortnox.delete_old_lists")
def delete_old_lists(timestamp: int) -> None:  # noqa: ARG001  # when it was due
    """Delete what runs skipped 90 days ago, and the runs, but for what is still needed."""
    before = clock.now() - RUNS_STAY
    skipped, runs = retention.delete_lists(before=before), retention.delete_runs(before=before)
    log.info("old runs deleted", skipped=skipped, runs=runs)


@job(name="fortnox.expire_pending")
def expire_pending(grant_id: int) -> None:
    """Give back a grant that nobody confirmed in time."""
    confirm.expire_grant(grant_id=grant_id, at=clock.now())


@job(name="fortnox.revoke")
def revoke(revocation_id: int) -> None:
    """Finish a revocation whose process died."""
    revocations.finish_revocation(revocation_id=revocation_id, at=clock.now())


# Names of older versions


@job(name="fortnox.sync")
def sync(
    connection_id: int, kind: str, full: bool = False, scheduled: bool = False, asked_by: int | None = None
) -> None:
    connection = Connection.everywhere.get(pk=connection_id)
    with workspace_in_force(connection.workspace_id):
        if scheduled:
            due.wake(connection, at=clock.now())
        else:
            requests.request_sync(connection, RunKind(kind), full=full, asked_by=asked_by)


@job(name="fortnox.read_record")
def read_record(connection_id: int, kind: str, number: str) -> None:
    _request_read(connection_id, ReadKind(kind), number)


@job(name="fortnox.look_at_company")
def look_at_company(connection_id: int) -> None:
    _request_read(connection_id, ReadKind.COMPANY)


@job(name="fortnox.look_at_grant")
def look_at_grant(connection_id: int) -> None:
    _request_read(connection_id, ReadKind.GRANT)


@job(name="fortnox.read_details")
def read_details(connection_id: int) -> None:
    _wake(connection_id)


@job(name="fortnox.keep_alive")
def keep_alive(connection_id: int) -> None:
    _wake(connection_id)


@job(name="fortnox.check_again")
def check_again(connection_id: int) -> None:
    _wake(connection_id)


@job(name="fortnox.push")
def push(push_id: int) -> None:
    _wake_workspace(InvoiceExport.everywhere.get(pk=push_id).workspace_id)


@job(name="fortnox.create_clients")
def create_clients(creation_id: int) -> None:
    _wake_workspace(BulkCreation.everywhere.get(pk=creation_id).workspace_id)


@job(name="fortnox.reload")
def reload(reload_id: int) -> None:
    _wake_workspace(Reload.everywhere.get(pk=reload_id).workspace_id)


def _request_read(connection_id: int, kind: ReadKind, number: str = "") -> None:
    connection = Connection.everywhere.get(pk=connection_id)
    with workspace_in_force(connection.workspace_id):
        requests.request_read(connection, kind, number)


def _wake(connection_id: int) -> None:
    due.wake(Connection.everywhere.get(pk=connection_id), at=clock.now())


def _wake_workspace(workspace_id: int) -> None:
    due.wake(Connection.everywhere.get(workspace_id=workspace_id), at=clock.now())
