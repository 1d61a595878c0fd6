"""The work of a reload, a step at a time. The table is the truth: whoever takes it up goes on where it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Final

import structlog
from django.db.models import F

from fortnox_api import Forbidden, FortnoxError
from uku.integrations.fortnox.client.open import may_go_out, open_fortnox
from uku.integrations.fortnox.models import (
    Connection,
    Reload,
    ReloadPhase,
    ReloadStop,
    RunKind,
    RunState,
    StopReason,
    SyncRun,
)
from uku.integrations.fortnox.reload import queries
from uku.integrations.fortnox.reload.service import end
from uku.integrations.fortnox.sync import details
from uku.integrations.fortnox.sync.sync_run import MOST_TRIES, SyncRequest
from uku.integrations.fortnox.tokens.grant_state import NotConnected, note_failure
from uku.integrations.fortnox.work.due import RESUME_AFTER
from uku.integrations.fortnox.work.runs import IMPORTERS, run_sync
from uku.kit import clock

log = structlog.get_logger()
PAGES_AT_ONCE: Final = 10
"""Then the job makes way for what a person waits for."""


class Interrupted(Exception):
    """The reload was cancelled or has ended: nothing more is asked of Fortnox for it."""


class Outcome(Enum):
    """What became of a step: another of the same phase, the next phase, a wait, or the end."""

    AGAIN = "again"
    NEXT = "next"
    WAIT = "wait"
    FAILED = "failed"


class RequestGuard:
    """Runs before each request of a reload: makes way, lets none leave once it is cancelled, and counts the others."""

    def __init__(self, reload: Reload, make_way: Callable[[], None]) -> None:
        self._make_way = make_way
        self._running = Reload.objects.filter(pk=reload.pk, state=RunState.RUNNING, cancel_asked_at=None)
        self.requests = 0

    def __call__(self) -> None:
        self._make_way()
        if not self._running.exists():
            raise Interrupted
        self.requests += 1


def do_next_step(reload_id: int, make_way: Callable[[], None] = lambda: None) -> bool:
    """Do the next step of a reload; say whether another is to be done at once. `make_way` runs before each request.

    A pause (disabled, a lapsed plan, a copy of the installation) leaves it as it is, to go on by itself
    afterwards; what only a person can put right stops it.
    """
    reload = Reload.objects.get(pk=reload_id)
    connection = Connection.objects.select_related("workspace").first()
    if _end_if_over(reload, connection, clock.now()) or connection is None:
        return False
    if is_paused(connection) or is_waiting(reload, clock.now()):
        return False
    guard, phase = RequestGuard(reload, make_way), ReloadPhase(reload.phase)
    try:
        if phase == ReloadPhase.DETAILS:
            outcome = _read_details(connection, reload, guard)
        else:
            outcome = _run_phase(connection, reload, RunKind(phase), guard)
    except (Interrupted, NotConnected):
        outcome = Outcome.AGAIN  # what is the matter stands in the tables
    finally:
        Reload.objects.filter(pk=reload.pk).update(requests=F("requests") + guard.requests)
    connection = Connection.objects.select_related("workspace").get(pk=connection.pk)
    if _end_if_over(reload, connection, clock.now()):
        return False
    return _move_on(reload, outcome)


def _end_if_over(reload: Reload, connection: Connection | None, at: datetime) -> bool:
    """Say whether nothing is left to do, and end what a person cancelled or what cannot go on."""
    reload.refresh_from_db()
    if reload.state != RunState.RUNNING:
        return True
    if reload.cancel_asked_at is not None:
        end(reload, RunState.CANCELLED, at=at)
    elif reason := _obstacle(reload, connection):
        block_reason = connection.block_reason if connection and reason == ReloadStop.BLOCKED else ""
        end(reload, RunState.STOPPED, at=at, stop_reason=reason, block_reason=block_reason)
    else:
        return False
    return True


def _obstacle(reload: Reload, connection: Connection | None) -> ReloadStop | None:
    """Return why a reload cannot go on without a person, None when it can."""
    if connection is None or not connection.is_connected:
        return ReloadStop.DISCONNECTED
    if connection.company_id != reload.company_id:
        return ReloadStop.OTHER_COMPANY
    return ReloadStop.BLOCKED if connection.block_reason else None


def is_paused(connection: Connection) -> bool:
    return not (connection.enabled and connection.workspace.may_integrate and may_go_out(connection))


def is_waiting(reload: Reload, at: datetime) -> bool:
    """Say whether a reload waits after a passing error, which is not tried in a loop."""
    return reload.retry_at is not None and at < reload.retry_at


def due_at(reload: Reload, connection: Connection) -> datetime | None:
    """Return when a reload is gone on with, or ended because it is cancelled or cannot go on; None while paused."""
    if reload.cancel_asked_at is not None or _obstacle(reload, connection):
        return reload.started_at
    return None if is_paused(connection) else reload.retry_at or reload.started_at


def _run_phase(connection: Connection, reload: Reload, kind: RunKind, guard: RequestGuard) -> Outcome:
    """Do a phase that is a run of its own. One that another worker ended meanwhile is not done twice.

    It is judged by the run that carries this reload's number: one of the schedule's that stood open was ended first.
    """
    if kind == RunKind.STATISTICS and not queries.has_plan():
        return Outcome.NEXT
    before = queries.run_of(reload, kind)
    if before is None or before.state == RunState.RUNNING:
        run_sync(
            SyncRequest(
                connection,
                kind,
                full=True,
                asked_by=reload.asked_by_id,
                reload=reload,
                again_from=queries.period_of(connection, reload.started_at).first,
                check=guard,
                pages=PAGES_AT_ONCE,
            )
        )
    run = queries.run_of(reload, kind)
    if run is None:
        return Outcome.WAIT if SyncRun.objects.filter(kind=kind, state=RunState.RUNNING).exists() else Outcome.AGAIN
    if run.state == RunState.RUNNING:
        return Outcome.WAIT if run.tries > (before.tries if before else 0) else Outcome.AGAIN
    failed = run.state == RunState.STOPPED and run.stop_reason != StopReason.NOT_PERMITTED
    return Outcome.FAILED if failed else Outcome.NEXT


def _read_details(connection: Connection, reload: Reload, guard: RequestGuard) -> Outcome:
    """Read a slice of the details that are due; others may read some of them meanwhile.

    Details that are not permitted are left out, as other data goes on; a passing error is tried a few times.
    """
    row, company = Reload.objects.filter(pk=reload.pk), connection.company_id
    due = details.count_unread(IMPORTERS.values(), company)
    if reload.details_total is None:
        reload.details_total = due
        row.update(details_total=due, details_began_at=clock.now())
    if due:
        try:
            with open_fortnox(connection, guard) as fortnox:
                details.read_slice(fortnox, company, IMPORTERS.values())
        except FortnoxError as error:
            note_failure(connection, error)
            if isinstance(error, Forbidden):
                return Outcome.NEXT
            row.update(details_tries=F("details_tries") + 1)
            return Outcome.WAIT if error.transient and reload.details_tries < MOST_TRIES else Outcome.FAILED
    left = details.count_unread(IMPORTERS.values(), company)
    row.update(details_read=max(reload.details_total - left, 0), details_tries=0)
    return Outcome.AGAIN if 0 < left < due else Outcome.NEXT


def _move_on(reload: Reload, outcome: Outcome) -> bool:
    """Write down where the reload stands after a step; say whether there is more to do at once."""
    at, order = clock.now(), list(ReloadPhase)
    if outcome == Outcome.AGAIN:
        return True
    if outcome == Outcome.WAIT:
        Reload.objects.filter(pk=reload.pk).update(retry_at=at + RESUME_AFTER)
        return False
    if outcome == Outcome.FAILED:
        end(reload, RunState.STOPPED, at=at, stop_reason=ReloadStop.PHASE_FAILED)
        return False
    place = order.index(ReloadPhase(reload.phase)) + 1
    if place == len(order):
        end(reload, RunState.DONE, at=at)
        return False
    running = Reload.objects.filter(pk=reload.pk, state=RunState.RUNNING, phase=reload.phase)
    running.update(phase=order[place])
    log.info("reload goes on", reload=reload.pk, phase=order[place].value)
    return True
