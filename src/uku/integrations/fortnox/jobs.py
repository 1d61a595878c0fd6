"""Jobs: load, call one function, nothing else. What is due stands in the tables; the sweep finds it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q, QuerySet

from uku.integrations.fortnox.client.open import may_go_out
from uku.integrations.fortnox.connection import company as companies
from uku.integrations.fortnox.connection import confirm, grant_check
from uku.integrations.fortnox.connection import revoke as revocations
from uku.integrations.fortnox.customers import bulk_create
from uku.integrations.fortnox.health.alerts import review
from uku.integrations.fortnox.invoices.export import due_exports, process_export
from uku.integrations.fortnox.models import (
    BlockReason,
    BulkCreation,
    Connection,
    Reload,
    RunKind,
    RunState,
)
from uku.integrations.fortnox.reload import steps as reloads
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.tokens import renewal
from uku.integrations.fortnox.tokens.installation import claim_unnamed, ours
from uku.integrations.fortnox.work import requests, runs
from uku.integrations.fortnox.work.due import EVERY, is_due
from uku.kit import clock
from uku.kit.jobs import SOON, each, enqueue_once, job
from uku.kit.scoping import workspace_in_force
from uku.workspaces.models import INTEGRATING

log = structlog.get_logger()
PAGES_AT_ONCE = 10  # of an import in one job: an invoice waits for ten pages and not for a hundred
LISTS_STAY = timedelta(days=90)
BATCHES = 10  # of clients made in one job
CREATION_RESTS = timedelta(minutes=1)


@job(name="fortnox.sync")
def sync(
    connection_id: int, kind: str, full: bool = False, scheduled: bool = False, asked_by: int | None = None
) -> None:
    """Run one kind of sync: an import, the paid status, the statistics. `asked_by` pressed a button for it.

    One that the schedule asked for while another was under way is let go when that one has done the work.
    """

    def work(connection: Connection) -> None:
        wanted = RunKind(kind)
        if scheduled and not is_due(connection, wanted, EVERY[wanted], clock.now(), resume_after=timedelta(0)):
            return
        if runs.run_sync(SyncRequest(connection, wanted, full=full, asked_by=asked_by, pages=PAGES_AT_ONCE)):
            requests.enqueue_due(connection, wanted)

    _with_connection(connection_id, work)


@job(name="fortnox.read_record")
def read_record(connection_id: int, kind: str, number: str) -> None:
    """Read one customer or article again."""
    _with_connection(connection_id, lambda found: runs.read_record(connection=found, kind=RunKind(kind), number=number))


@job(name="fortnox.read_details")
def read_details(connection_id: int) -> None:
    """Read a slice of details, behind everything a person waits for."""

    def slice_of(connection: Connection) -> None:
        if runs.read_detail_slice(connection=connection):
            requests.enqueue_details(connection)

    _with_connection(connection_id, slice_of)


@job(name="fortnox.push")
def push(push_id: int) -> None:
    """Take one push as far as it goes now: send, look up, or book."""
    process_export(export_id=push_id)


@job(name="fortnox.keep_alive")
def keep_alive(connection_id: int) -> None:
    """Renew an idle connection's tokens, so that they never grow old. Looks again if that is due: it runs alone."""

    def work(connection: Connection) -> None:
        if renewal.is_keep_alive_due(connection, clock.now()):
            grant_check.renew_grant(connection=connection)

    despite = {BlockReason.COMPANY_CHANGED}
    _with_connection(connection_id, work, even_paused=True, despite=despite)


@job(name="fortnox.check_again")
def check_again(connection_id: int) -> None:
    """Look whether Fortnox still refuses what it refused."""

    def work(connection: Connection) -> None:
        if renewal.is_check_due(connection, clock.now()):
            grant_check.check_refusal(connection=connection)

    _with_connection(connection_id, work, even_paused=True, despite={BlockReason.NO_LICENCE})


@job(name="fortnox.look_at_company")
def look_at_company(connection_id: int) -> None:
    """Read the company behind the connection: a new owner must authorize again."""
    _with_connection(connection_id, lambda connection: companies.look_at_company(connection=connection, at=clock.now()))


@job(name="fortnox.look_at_grant")
def look_at_grant(connection_id: int) -> None:
    """See what the connection's grant still gives, after another grant of the company was given back."""
    despite = {BlockReason.COMPANY_CHANGED}
    look_at = grant_check.refresh_scopes
    _with_connection(connection_id, lambda found: look_at(connection=found), even_paused=True, despite=despite)


@job(name="fortnox.expire_pending")
def expire_pending(grant_id: int) -> None:
    """Give back a grant that nobody confirmed in time."""
    confirm.expire_grant(grant_id=grant_id, at=clock.now())


@job(name="fortnox.revoke")
def revoke(revocation_id: int) -> None:
    """Finish a revocation whose process died."""
    revocations.finish_revocation(revocation_id=revocation_id, at=clock.now())


@job(name="fortnox.create_clients")
def create_clients(creation_id: int) -> None:
    """Make clients from waiting customers, some batches at a time, so that nothing else waits for all of them."""
    creation = BulkCreation.everywhere.get(pk=creation_id)
    with workspace_in_force(creation.workspace_id):
        for _ in range(BATCHES):
            if not bulk_create.continue_creation(creation_id=creation_id, at=clock.now()):
                return
        requests.enqueue_creation(creation)


@job(name="fortnox.reload")
def reload(reload_id: int) -> None:
    """Do the next piece of a reload, and ask for the one after it; what is next stands in its row."""
    row = Reload.everywhere.get(pk=reload_id)
    with workspace_in_force(row.workspace_id):
        if reloads.do_next_step(reload_id):
            requests.request_reload(row)


@each("* * * * *")
@job(name="fortnox.sweep")
def sweep(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what is due stands in the tables
    """Wake whatever has come due. The safety net, not the path."""
    for export_id, company_id in _due_exports():
        enqueue_once(
            "fortnox.push",
            key=f"push {export_id}",
            lock=requests.company_lock(company_id),
            priority=SOON,
            push_id=export_id,
        )
    _wake_grants_to_end()
    _wake_creations()
    claim_unnamed()
    for connection in Connection.everywhere.select_related("workspace").order_by("pk"):
        with workspace_in_force(connection.workspace_id):
            _look_after(connection)


@each("53 3 * * *")
@job(name="fortnox.delete_old_lists")
def delete_old_lists(timestamp: int) -> None:  # noqa: ARG001  # when it was due
    """Delete what runs passed over 90 days ago; their counts stay."""
    sync_run.delete_lists(before=clock.now() - LISTS_STAY)


def _wake_grants_to_end() -> None:
    """Grants that nobody confirmed, and revocations that a dead process left behind."""
    for grant_id in confirm.expired_grants(clock.now()).values_list("pk", flat=True):
        enqueue_once("fortnox.expire_pending", key=f"expire {grant_id}", lock=f"grant {grant_id}", grant_id=grant_id)
    for row in revocations.abandoned_revocations(clock.now()).values_list("pk", flat=True):
        enqueue_once("fortnox.revoke", key=f"revoke {row}", lock=f"revocation {row}", revocation_id=row)


def _wake_creations() -> None:
    """Clients that were being made when a process died, or while the integration was off."""
    for creation in BulkCreation.everywhere.filter(ended_at=None, asked_at__lte=clock.now() - CREATION_RESTS):
        lock, key = requests.company_lock(creation.company_id), f"create clients {creation.pk}"
        enqueue_once("fortnox.create_clients", key=key, lock=lock, creation_id=creation.pk)


def _look_after(connection: Connection) -> None:
    """Tell and clear what the facts say, of dead connections too (spec section 5), and wake what is due.

    A row that cannot be looked at must not keep the other workspaces waiting; a database that is gone ends the sweep.
    """
    try:
        review(connection, at=clock.now())
        _take_up_reload(connection)
        if connection.is_connected:
            _wake(connection)
    except (InterfaceError, OperationalError):
        raise
    except Exception:
        log.exception("connection passed over", connection=connection.pk)


def _take_up_reload(connection: Connection) -> None:
    """Wake a reload whose worker died, that rested, or that cannot go on and is to be ended."""
    row = Reload.objects.filter(state=RunState.RUNNING).first()
    if row is not None and reloads.is_due(row, connection, clock.now()):
        requests.request_reload(row)


def _living() -> QuerySet[Connection]:
    """Connections whose grant lives and is ours: a dead one waits for a person and is not tried in a loop."""
    not_refused = Q(refused_since=None) | Q(refused_since__lte=F("authorized_at"))
    return Connection.everywhere.filter(ours(), not_refused, block_reason="").exclude(sealed_tokens="")


def _wake(connection: Connection) -> None:
    at = clock.now()
    if not may_go_out(connection):
        return
    lock = requests.company_lock(connection.company_id)
    if renewal.is_check_due(connection, at):
        enqueue_once("fortnox.check_again", key=f"check {connection.pk}", lock=lock, connection_id=connection.pk)
    elif renewal.is_keep_alive_due(connection, at):
        enqueue_once("fortnox.keep_alive", key=f"keep alive {connection.pk}", lock=lock, connection_id=connection.pk)
    if not _living().filter(pk=connection.pk).exists():
        return
    if not (connection.enabled and connection.workspace.may_integrate):
        return  # paused: only the tokens are kept alive
    if companies.is_look_due(connection, at):
        requests.request_look(connection)
    for kind, interval in EVERY.items():
        if is_due(connection, kind, interval, at):
            requests.request_sync(connection, kind, scheduled=True)


def _due_exports() -> list[tuple[int, str]]:
    """Pushes whose time has come, by the database's own clock, and companies that may send only."""
    sending = _living().filter(enabled=True, workspace__plan__in=INTEGRATING).values("company_id")
    return list(due_exports().filter(company_id__in=sending).values_list("pk", "company_id"))


def _with_connection(
    connection_id: int,
    work: Callable[[Connection], object],
    *,
    even_paused: bool = False,
    despite: Collection[str] = (),
) -> None:
    """Do work for a connection, unless it rests: off, not ours, or blocked for another reason than `despite`."""
    connection = Connection.everywhere.select_related("workspace").get(pk=connection_id)
    with workspace_in_force(connection.workspace_id):
        structlog.contextvars.bind_contextvars(workspace=connection.workspace_id)
        on = even_paused or (connection.enabled and connection.workspace.may_integrate)
        if not (on and may_go_out(connection) and connection.block_reason in {"", *despite}):
            log.info("paused", connection=connection_id)
            return
        work(connection)
