"""The work of a reload, a piece at a time. The table is the truth: whoever takes it up goes on where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Final

import structlog

from fortnox_api import Forbidden, FortnoxError
from uku.integrations.fortnox.client.open import may_go_out, open_fortnox
from uku.integrations.fortnox.models import Connection, Reload, ReloadPhase, RunKind, RunState, StopReason, SyncRun
from uku.integrations.fortnox.reload import queries
from uku.integrations.fortnox.reload.causes import DISCONNECTED, LASTING, OTHER_COMPANY, RUN, TROUBLE
from uku.integrations.fortnox.reload.service import end, note
from uku.integrations.fortnox.sync import details, sync_run
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.tokens.grant_state import NotConnected, note_failure
from uku.integrations.fortnox.work.due import RESUME_AFTER
from uku.integrations.fortnox.work.runs import IMPORTERS, run_sync
from uku.kit import clock

log = structlog.get_logger()
PAGES_AT_ONCE: Final = 10  # then the job makes way for what a person waits for
RESTS_UNTIL: Final = "rests_until"  # in the counts, seconds since 1970: passing trouble is not tried in a loop


class Interrupted(Exception):
    """The reload was cancelled or has ended: nothing more is asked of Fortnox for it."""


class Outcome(Enum):
    """What became of a piece: another of the same phase, the next phase, a rest, or the end."""

    AGAIN = "again"
    NEXT = "next"
    REST = "rest"
    FAILED = "failed"


class Watch:
    """Runs before each request of a reload: lets none leave once it is cancelled, and counts the others."""

    def __init__(self, reload: Reload) -> None:
        self._going = Reload.objects.filter(pk=reload.pk, state=RunState.RUNNING, cancel_asked_at=None)
        self.requests = 0

    def __call__(self) -> None:
        if not self._going.exists():
            raise Interrupted
        self.requests += 1


def take_on(reload_id: int) -> bool:
    """Do the next piece of a reload; say whether another waits to be done at once.

    A pause (disabled, a lapsed plan, a copy of the installation) leaves it as it is, to go on by itself afterwards
    (spec section 4); what only a person can put right stops it.
    """
    reload = Reload.objects.get(pk=reload_id)
    connection = Connection.objects.select_related("workspace").first()
    if has_ended(reload, connection, clock.now()) or connection is None:
        return False
    if is_paused(connection) or rests(reload, clock.now()):
        return False
    outcome = _piece(connection, reload)
    connection = Connection.objects.select_related("workspace").get(pk=connection.pk)
    if has_ended(reload, connection, clock.now()):
        return False
    return _move_on(reload, outcome)


def has_ended(reload: Reload, connection: Connection | None, at: datetime) -> bool:
    """Say whether nothing is left to do, and end what a person cancelled or what cannot go on."""
    reload.refresh_from_db()
    if reload.state != RunState.RUNNING:
        return True
    if reload.cancel_asked_at is not None:
        end(reload, RunState.CANCELLED, at=at)
    elif cause := hindrance(reload, connection):
        end(reload, RunState.STOPPED, at=at, cause=cause)
    else:
        return False
    return True


def hindrance(reload: Reload, connection: Connection | None) -> str:
    """Return why a reload cannot go on without a person, "" when it can."""
    if connection is None or not connection.is_connected:
        return DISCONNECTED
    if connection.company_id != reload.company_id:
        return OTHER_COMPANY
    return f"{TROUBLE}:{connection.block_reason}" if connection.block_reason else ""


def is_paused(connection: Connection) -> bool:
    return not (connection.enabled and connection.workspace.may_integrate and may_go_out(connection))


def rests(reload: Reload, at: datetime) -> bool:
    """Say whether a reload waits for passing trouble to pass."""
    return bool(at.timestamp() < reload.counts.get(RESTS_UNTIL, 0))


def is_due(reload: Reload, connection: Connection, at: datetime) -> bool:
    """Say whether a worker should take a reload up now: also to end it, when it is cancelled or cannot go on."""
    if reload.cancel_asked_at is not None or hindrance(reload, connection):
        return True
    return not (is_paused(connection) or rests(reload, at))


def _piece(connection: Connection, reload: Reload) -> Outcome:
    watch = Watch(reload)
    try:
        return _WORK[ReloadPhase(reload.phase)](connection, reload, watch)
    except (Interrupted, NotConnected):
        return Outcome.AGAIN  # what is the matter stands in the tables
    finally:
        note(reload, requests=watch.requests)


def _sync_of(kind: RunKind) -> Callable[[Connection, Reload, Watch], Outcome]:
    """A phase that is a run of its own. One that another worker ended meanwhile is not done twice."""

    def work(connection: Connection, reload: Reload, watch: Watch) -> Outcome:
        run = queries.run_of(reload, kind)
        if run is None or run.state == RunState.RUNNING:
            run_sync(
                SyncRequest(
                    connection,
                    kind,
                    full=True,
                    asked_by=reload.asked_by_id,
                    reload=reload,
                    again_from=queries.window_of(connection, reload.started_at).first,
                    check=watch,
                    pages=PAGES_AT_ONCE,
                )
            )
        return _outcome(kind, run, queries.run_of(reload, kind))

    return work


def _outcome(kind: RunKind, before: SyncRun | None, run: SyncRun | None) -> Outcome:
    """Judge by the run that carries this reload's number: one of the schedule's that stood open was ended first."""
    if run is None:
        return Outcome.REST if SyncRun.objects.filter(kind=kind, state=RunState.RUNNING).exists() else Outcome.AGAIN
    if run.state == RunState.RUNNING:
        failed = run.counts.get("tries", 0) > (before.counts.get("tries", 0) if before else 0)
        return Outcome.REST if failed else Outcome.AGAIN
    refused_here = run.state == RunState.STOPPED and run.stop_reason != StopReason.NOT_PERMITTED
    return Outcome.FAILED if refused_here else Outcome.NEXT


def _details(connection: Connection, reload: Reload, watch: Watch) -> Outcome:
    """Read a slice of the details that are due; others may read some of them meanwhile."""
    waiting = details.count_unread(IMPORTERS.values(), connection.company_id)
    total = reload.counts.get("details_total")
    if total is None:
        note(reload, details_total=waiting, details_began=int(clock.now().timestamp()))
        total = waiting
    if waiting:
        try:
            with open_fortnox(connection, watch) as fortnox:
                details.read_slice(fortnox, connection.company_id, IMPORTERS.values())
        except FortnoxError as error:
            return _failed_details(connection, reload, error)
    left = details.count_unread(IMPORTERS.values(), connection.company_id)
    note(reload, details_read=max(total - left, 0), details_tries=0)
    return Outcome.AGAIN if 0 < left < waiting else Outcome.NEXT


def _failed_details(connection: Connection, reload: Reload, error: FortnoxError) -> Outcome:
    """Details that are not permitted are passed by, as other data goes on; passing trouble is tried a few times."""
    note_failure(connection, error)
    if isinstance(error, Forbidden):
        return Outcome.NEXT
    tries = reload.counts.get("details_tries", 0) + 1
    note(reload, details_tries=tries)
    return Outcome.REST if error.transient and tries <= sync_run.MOST_TRIES else Outcome.FAILED


def _statistics(connection: Connection, reload: Reload, watch: Watch) -> Outcome:
    if not queries.has_plan():
        return Outcome.NEXT
    return _sync_of(RunKind.STATISTICS)(connection, reload, watch)


_WORK: Final[Mapping[ReloadPhase, Callable[[Connection, Reload, Watch], Outcome]]] = {
    ReloadPhase.CUSTOMERS: _sync_of(RunKind.CUSTOMERS),
    ReloadPhase.ARTICLES: _sync_of(RunKind.ARTICLES),
    ReloadPhase.DETAILS: _details,
    ReloadPhase.PAYMENTS: _sync_of(RunKind.PAYMENTS),
    ReloadPhase.STATISTICS: _statistics,
}


def _move_on(reload: Reload, outcome: Outcome) -> bool:
    """Write down where the reload stands after a piece; say whether there is more to do at once."""
    at = clock.now()
    if outcome == Outcome.REST:
        note(reload, **{RESTS_UNTIL: int((at + RESUME_AFTER).timestamp())})
        return False
    if outcome == Outcome.FAILED:
        failed = LASTING if reload.phase == ReloadPhase.DETAILS else f"{RUN}:{reload.phase}"
        end(reload, RunState.STOPPED, at=at, cause=failed)
        return False
    if outcome == Outcome.NEXT:
        return _next_phase(reload, at)
    return True


def _next_phase(reload: Reload, at: datetime) -> bool:
    order = list(ReloadPhase)
    place = order.index(ReloadPhase(reload.phase)) + 1
    if place == len(order):
        end(reload, RunState.DONE, at=at)
        return False
    going = Reload.objects.filter(pk=reload.pk, state=RunState.RUNNING, phase=reload.phase)
    going.update(phase=order[place])
    log.info("reload goes on", reload=reload.pk, phase=order[place].value)
    return True
