"""Jobs: load, call one function, nothing else. What is due stands in the tables; the sweep finds it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q, QuerySet

from uku.integrations.fortnox.connection.company import is_due as is_due_for_a_look
from uku.integrations.fortnox.models import (
    BulkCreation,
    Connection,
    ConnectionTrouble,
    Push,
    PushState,
    Run,
    RunKind,
    RunState,
)
from uku.integrations.fortnox.tokens import app_credentials, renewal
from uku.integrations.fortnox.tokens.installation import claim_unnamed, ours
from uku.kit import clock
from uku.kit.dbclock import database_now
from uku.kit.jobs import LATER, NORMAL, SOON, each, enqueue, enqueue_once, job
from uku.kit.scoping import workspace_in_force
from uku.tasks.models import SummaryPlan
from uku.workspaces.models import INTEGRATING

log = structlog.get_logger()
CYCLE = timedelta(minutes=15)
RESUME_AFTER = timedelta(minutes=5)
DETAIL_SLICE = 20
PAGES_AT_ONCE = 10  # of an import in one job: an invoice waits for ten pages and not for a hundred
LISTS_STAY = timedelta(days=90)
BATCHES = 10  # of clients made in one job
CREATION_RESTS = timedelta(minutes=1)
EVERY = {
    RunKind.CUSTOMERS: CYCLE,
    RunKind.ARTICLES: CYCLE,
    RunKind.PAYMENTS: CYCLE,
    RunKind.STATISTICS: timedelta(days=1),
}


@job(name="fortnox.sync")
def sync(
    connection_id: int, kind: str, full: bool = False, scheduled: bool = False, asked_by: int | None = None
) -> None:
    """Run one kind of sync: an import, the paid status, the statistics. `asked_by` pressed a button for it.

    One that the schedule asked for while another was under way is let go when that one has done the work.
    """
    from uku.integrations.fortnox.sync.service import run_sync

    def work(connection: Connection) -> None:
        wanted = RunKind(kind)
        if scheduled and not is_due(connection, wanted, EVERY[wanted], clock.now(), resume_after=timedelta(0)):
            return
        if run_sync(connection=connection, kind=wanted, full=full, asked_by=asked_by, pages=PAGES_AT_ONCE):
            enqueue_due(connection, wanted)

    _with_connection(connection_id, work)


@job(name="fortnox.read_record")
def read_record(connection_id: int, kind: str, number: str) -> None:
    """Read one customer or article again."""
    from uku.integrations.fortnox.sync.service import read_record as read

    _with_connection(connection_id, lambda found: read(connection=found, kind=RunKind(kind), number=number))


@job(name="fortnox.read_details")
def read_details(connection_id: int) -> None:
    """Read a slice of details, behind everything a person waits for."""
    from uku.integrations.fortnox.sync.service import read_detail_slice

    def slice_of(connection: Connection) -> None:
        if read_detail_slice(connection=connection, at_most=DETAIL_SLICE):
            enqueue_details(connection)

    _with_connection(connection_id, slice_of)


@job(name="fortnox.push")
def push(push_id: int) -> None:
    """Take one push as far as it goes now: send, look up, or book."""
    from uku.integrations.fortnox.client.open import may_go_out
    from uku.integrations.fortnox.invoices.export import advance

    row = Push.everywhere.get(pk=push_id)
    with workspace_in_force(row.workspace_id):
        if may_go_out(Connection.objects.get()):
            advance(push_id=push_id)


@job(name="fortnox.keep_alive")
def keep_alive(connection_id: int) -> None:
    """Renew an idle connection's tokens, so that they never grow old. Looks again if that is due: it runs alone."""
    from uku.integrations.fortnox.sync.service import renew

    def work(connection: Connection) -> None:
        if renewal.is_keep_alive_due(connection, clock.now()):
            renew(connection=connection)

    despite = {ConnectionTrouble.COMPANY_CHANGED}
    _with_connection(connection_id, work, even_paused=True, despite=despite)


@job(name="fortnox.check_again")
def check_again(connection_id: int) -> None:
    """Look whether Fortnox still refuses what it refused."""
    from uku.integrations.fortnox.sync.service import check_again as check

    def work(connection: Connection) -> None:
        if renewal.is_check_due(connection, clock.now()):
            check(connection=connection)

    _with_connection(connection_id, work, even_paused=True, despite={ConnectionTrouble.NO_LICENCE})


@job(name="fortnox.look_at_company")
def look_at_company(connection_id: int) -> None:
    """Read the company behind the connection: a new owner must authorize again."""
    from uku.integrations.fortnox.connection.look import look

    _with_connection(connection_id, lambda connection: look(connection=connection, at=clock.now()))


@job(name="fortnox.look_at_grant")
def look_at_grant(connection_id: int) -> None:
    """See what the connection's grant still gives, after another grant of the company was given back."""
    from uku.integrations.fortnox.sync.service import look_at_grant as look

    despite = {ConnectionTrouble.COMPANY_CHANGED}
    _with_connection(connection_id, lambda found: look(connection=found), even_paused=True, despite=despite)


@job(name="fortnox.expire_pending")
def expire_pending(grant_id: int) -> None:
    """Give back a grant that nobody confirmed in time."""
    from uku.integrations.fortnox.connection.confirm import expire

    expire(grant_id=grant_id, at=clock.now())


@job(name="fortnox.revoke")
def revoke(revocation_id: int) -> None:
    """Finish a revocation whose process died."""
    from uku.integrations.fortnox.connection.revoke import finish

    finish(revocation_id=revocation_id, at=clock.now())


@job(name="fortnox.create_clients")
def create_clients(creation_id: int) -> None:
    """Make clients from waiting customers, some batches at a time, so that nothing else waits for all of them."""
    from uku.integrations.fortnox.customers.bulk_create import go_on

    creation = BulkCreation.everywhere.get(pk=creation_id)
    with workspace_in_force(creation.workspace_id):
        for _ in range(BATCHES):
            if not go_on(creation_id=creation_id, at=clock.now()):
                return
        enqueue_creation(creation)


@each("* * * * *")
@job(name="fortnox.sweep")
def sweep(timestamp: int) -> None:  # noqa: ARG001  # when it was due; what is due stands in the tables
    """Wake whatever has come due. The safety net, not the path."""
    for push_id, company_id in _due_pushes():
        enqueue_once(
            "fortnox.push", key=f"push {push_id}", lock=company_lock(company_id), priority=SOON, push_id=push_id
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
    from uku.integrations.fortnox.sync.sync_run import delete_lists

    delete_lists(before=clock.now() - LISTS_STAY)


def _wake_grants_to_end() -> None:
    """Grants that nobody confirmed, and revocations that a dead process left behind."""
    from uku.integrations.fortnox.connection.confirm import run_out
    from uku.integrations.fortnox.connection.revoke import left_behind

    for grant_id in run_out(clock.now()).values_list("pk", flat=True):
        enqueue_once("fortnox.expire_pending", key=f"expire {grant_id}", lock=f"grant {grant_id}", grant_id=grant_id)
    for row in left_behind(clock.now()).values_list("pk", flat=True):
        enqueue_once("fortnox.revoke", key=f"revoke {row}", lock=f"revocation {row}", revocation_id=row)


def _wake_creations() -> None:
    """Clients that were being made when a process died, or while the integration was off."""
    for creation in BulkCreation.everywhere.filter(ended_at=None, asked_at__lte=clock.now() - CREATION_RESTS):
        lock, key = company_lock(creation.company_id), f"create clients {creation.pk}"
        enqueue_once("fortnox.create_clients", key=key, lock=lock, creation_id=creation.pk)


def _look_after(connection: Connection) -> None:
    """Tell and clear what the facts say, of dead connections too (spec section 5), and wake what is due.

    A row that cannot be looked at must not keep the other workspaces waiting; a database that is gone ends the sweep.
    """
    from uku.integrations.fortnox.health.alerts import review
    from uku.integrations.fortnox.reload.jobs import take_up as take_up_reload

    try:
        review(connection, at=clock.now())
        take_up_reload(connection)
        if connection.is_connected:
            _wake(connection)
    except (InterfaceError, OperationalError):
        raise
    except Exception:
        log.exception("connection passed over", connection=connection.pk)


def _living() -> QuerySet[Connection]:
    """Connections whose grant lives and is ours: a dead one waits for a person and is not tried in a loop."""
    not_refused = Q(refused_since=None) | Q(refused_since__lte=F("authorized_at"))
    return Connection.everywhere.filter(ours(), not_refused, trouble="").exclude(sealed_tokens="")


def _wake(connection: Connection) -> None:
    from uku.integrations.fortnox.client.open import may_go_out

    at = clock.now()
    if not may_go_out(connection):
        return
    lock = company_lock(connection.company_id)
    if renewal.is_check_due(connection, at):
        enqueue_once("fortnox.check_again", key=f"check {connection.pk}", lock=lock, connection_id=connection.pk)
    elif renewal.is_keep_alive_due(connection, at):
        enqueue_once("fortnox.keep_alive", key=f"keep alive {connection.pk}", lock=lock, connection_id=connection.pk)
    if not _living().filter(pk=connection.pk).exists():
        return
    if not (connection.enabled and connection.workspace.may_integrate):
        return  # paused: only the tokens are kept alive
    if is_due_for_a_look(connection, at):
        request_look(connection)
    for kind, interval in EVERY.items():
        if is_due(connection, kind, interval, at):
            request_sync(connection, kind, scheduled=True)


def is_due(
    connection: Connection, kind: RunKind, interval: timedelta, at: datetime, *, resume_after: timedelta = RESUME_AFTER
) -> bool:
    """Say whether the company's newest run of a kind is old enough for the next, or was cut off and waits.

    One that still runs for another company does not hold this one back: it is stopped when the next begins. A run from
    before the last cure is always old enough, for what it met may be gone; so is one that stopped before the operator
    mended the app's credentials.
    """
    if kind == RunKind.STATISTICS and not SummaryPlan.objects.filter(active=True).exists():
        return False  # nothing counts them, so no run would ever say that it was done
    newest = Run.objects.filter(kind=kind, company_id=connection.company_id).order_by("-id").first()
    if newest is not None and newest.state == RunState.RUNNING:
        if newest.reload_id is not None:
            return False  # the reload goes on with it
        return at - newest.started_at >= resume_after
    if newest is None or at - newest.started_at >= interval:
        return True
    mended_at = app_credentials.mended_at() if newest.state == RunState.STOPPED else None
    cures = (renewal.cured_at(connection), mended_at)
    return any(cure is not None and newest.started_at < cure for cure in cures)


def request_sync(
    connection: Connection,
    kind: RunKind,
    *,
    priority: int = NORMAL,
    full: bool = False,
    scheduled: bool = False,
    asked_by: int | None = None,
) -> bool:
    """Ask for a sync from a button or a schedule; False when one waits already."""
    return enqueue_once(
        "fortnox.sync",
        key=f"sync {connection.pk} {kind}",
        lock=company_lock(connection.company_id),
        priority=priority,
        connection_id=connection.pk,
        kind=str(kind),
        full=full,
        scheduled=scheduled,
        **({"asked_by": asked_by} if asked_by else {}),  # last week's worker does not know it
    )


def request_look(connection: Connection) -> bool:
    """Ask for a look at the company; False when one waits already."""
    lock, key = company_lock(connection.company_id), f"look {connection.pk}"
    return enqueue_once("fortnox.look_at_company", key=key, lock=lock, connection_id=connection.pk)


def request_grant_look(connection: Connection) -> bool:
    """Ask for a look at what the grant gives; False when one waits already."""
    lock, key = company_lock(connection.company_id), f"look at grant {connection.pk}"
    return enqueue_once("fortnox.look_at_grant", key=key, lock=lock, connection_id=connection.pk)


def enqueue_sync(connection: Connection, kind: RunKind, *, priority: int, full: bool, asked_by: int) -> None:
    """Ask for a sync that a person wants, as part of the caller's transaction."""
    lock = company_lock(connection.company_id)
    enqueue(
        "fortnox.sync",
        lock=lock,
        priority=priority,
        connection_id=connection.pk,
        kind=str(kind),
        full=full,
        asked_by=asked_by,
    )


def enqueue_due(connection: Connection, kind: RunKind) -> None:
    """Ask for a sync that is due as part of the caller's transaction; it is let go when another one has done it.

    So goes on what a cure woke, and the rest of a paused import: what people wait for goes in between (F60).
    """
    lock = company_lock(connection.company_id)
    enqueue("fortnox.sync", lock=lock, connection_id=connection.pk, kind=str(kind), scheduled=True)


def enqueue_record(connection: Connection, kind: RunKind, number: str) -> None:
    """Ask for one record as part of the caller's transaction."""
    facts = {"connection_id": connection.pk, "kind": str(kind), "number": number}
    enqueue("fortnox.read_record", lock=company_lock(connection.company_id), priority=SOON, **facts)


def enqueue_details(connection: Connection) -> None:
    enqueue(
        "fortnox.read_details", lock=company_lock(connection.company_id), priority=LATER, connection_id=connection.pk
    )


def enqueue_creation(creation: BulkCreation) -> None:
    """Have clients made as part of the caller's transaction. Behind the company's lock: an import matches meanwhile."""
    enqueue("fortnox.create_clients", lock=company_lock(creation.company_id), creation_id=creation.pk)


def enqueue_push(row: Push) -> None:
    """Wake a push as part of the caller's transaction."""
    enqueue("fortnox.push", lock=company_lock(row.company_id), priority=SOON, push_id=row.pk)


def enqueue_held_pushes(connection: Connection) -> None:
    """Wake what was queued for this company while it was not connected, or not permitted."""
    theirs = Push.objects.filter(company_id=connection.company_id)
    theirs.filter(state=PushState.QUEUED).update(next_at=None)
    theirs.filter(next_at__gt=database_now()).update(next_at=database_now())
    for row in theirs.filter(Q(state=PushState.QUEUED) | Q(next_at__lte=database_now())):
        enqueue_push(row)


def company_lock(company_id: str) -> str:
    return f"fortnox {company_id}"


def _due_pushes() -> list[tuple[int, str]]:
    """Pushes whose time has come, by the database's own clock, and companies that may send only."""
    from uku.integrations.fortnox.invoices.export import due

    sending = _living().filter(enabled=True, workspace__plan__in=INTEGRATING).values("company_id")
    return list(due().filter(company_id__in=sending).values_list("pk", "company_id"))


def _with_connection(
    connection_id: int,
    work: Callable[[Connection], object],
    *,
    even_paused: bool = False,
    despite: Collection[str] = (),
) -> None:
    """Do work for a connection, unless it rests: off, not ours, or in a trouble that the work is not there for."""
    from uku.integrations.fortnox.client.open import may_go_out

    connection = Connection.everywhere.select_related("workspace").get(pk=connection_id)
    with workspace_in_force(connection.workspace_id):
        structlog.contextvars.bind_contextvars(workspace=connection.workspace_id)
        on = even_paused or (connection.enabled and connection.workspace.may_integrate)
        if not (on and may_go_out(connection) and connection.trouble in {"", *despite}):
            log.info("paused", connection=connection_id)
            return
        work(connection)
