"""The work of one company: the most urgent due step, then the next, until nothing is due or the slice ends.

At most one loop stores or sends for a company: the queue runs one job of a lock at a time, and each loop that begins
raises a fence, which is looked at before each request, since a frozen worker loses its job to another one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, JSONField, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from uku.integrations.fortnox.client.open import may_go_out
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import Connection, DueWork, RunKind, StepRest
from uku.integrations.fortnox.tokens import renewal
from uku.integrations.fortnox.work import due
from uku.integrations.fortnox.work.step import Clock, Needs, Rank, Step, Work
from uku.kit import clock
from uku.kit.clock import database_now
from uku.kit.jobs import LATER, enqueue, is_stopping, somebody_waits
from uku.kit.scoping import workspace_in_force

log = structlog.get_logger()
SLICE: Final = 60.0
"""Seconds after which a loop makes way for the loops of other companies."""
LOOK_AGAIN: Final = 2.0
"""Seconds after which background work looks for what has come due by the clock and not by a wake-up."""
FAIR_EACH: Final = 2
"""Every second step is the one whose turn is longest ago, whatever its rank, so that nothing starves. What a person
waits for does not wait for it: it goes between any two of its requests.
"""
URGENT_AT_ONCE: Final = 4
"""Steps for a person between two requests of background work, which thousands of invoices do not hold up for ever."""
CHECKED_AT_ONCE: Final = 200
LONGEST_REST, MOST_DOUBLINGS = timedelta(minutes=30), 4


class Overtaken(Exception):
    """Another loop of the company has begun, or the connection has another company: nothing more is done here."""


class Stopped(Exception):
    """The worker is to end, or somebody of another company waits for its place: what was begun is taken up later."""


@dataclass(frozen=True, slots=True)
class Due:
    """A step that is due, and for how long it has been."""

    step: Step
    waited: timedelta


@dataclass(slots=True)
class Agenda:
    """What one look at a connection found: what is due, and when to look again by each clock."""

    due: list[Due] = field(default_factory=list)
    next_at: datetime | None = None
    next_real_at: datetime | None = None

    def note(self, at: datetime, by: Clock) -> None:
        if by is Clock.REAL:
            self.next_real_at = min(at, self.next_real_at or at)
        else:
            self.next_at = min(at, self.next_at or at)


def choose(found: Sequence[Due], done: int, turns: Mapping[str, int]) -> Step:
    """Return the most urgent step, but each second time the one that this loop did longest ago or never.

    Of steps that are equally urgent the one goes first whose turn is longest ago, then the one that waited longest.
    `turns` says by name which step in the loop's count was the last of its kind.
    """
    if done % FAIR_EACH == FAIR_EACH - 1:
        return min(found, key=lambda each: (turns.get(each.step.name, -1), -each.waited)).step
    return min(found, key=lambda each: (each.step.rank, turns.get(each.step.name, -1), -each.waited)).step


def run(connection_id: int, company_id: str, steps: tuple[Step, ...]) -> None:
    """Do what is due for a connection as long as it is that of this company."""
    connection = Connection.everywhere.filter(pk=connection_id, company_id=company_id).first()
    if connection is not None:
        with workspace_in_force(connection.workspace_id):
            structlog.contextvars.bind_contextvars(workspace=connection.workspace_id)
            _Loop(connection, steps).run()


def agenda(row: Any, steps: Sequence[Step]) -> Agenda:
    """Return what is due for a connection that was loaded by `look`."""
    found, at = Agenda(), clock.now()
    theirs = StepRest.everywhere.filter(connection=row)
    rests = dict(theirs.values_list("step", "until")) if row.has_rests else {}
    for step in steps:
        when = step.find_due(row)
        if when is None:
            continue
        now = row.real_now if step.clock is Clock.REAL else at
        names = (step.name, "") if rests_in_outage(step) else (step.name,)
        rest = max((rests[name] for name in names if name in rests), default=None)
        if rest is not None and rest > at:
            found.note(rest, Clock.BUSINESS)
        elif when > now:
            found.note(when, step.clock)
        else:
            found.due.append(Due(step, now - when))
    if found.due:
        met = _needs_met(row)
        found.due = [each for each in found.due if each.step.needs in met]
    return found


def _needs_met(row: Any) -> set[Needs]:
    if not may_go_out(row):
        return {Needs.NOTHING}
    is_on = row.enabled and row.workspace.may_integrate and not row.block_reason and not renewal.is_refused(row)
    return set(Needs) if is_on else {Needs.NOTHING, Needs.TOKENS}


def look(steps: Sequence[Step]) -> QuerySet[Connection]:
    """Return connections with all facts that their steps are judged by: one query, however many steps there are."""
    theirs = OuterRef("pk")
    work = DueWork.everywhere.filter(pk=theirs)
    facts: dict[str, Any] = {name: value for step in steps for name, value in step.facts.items()}
    return Connection.everywhere.select_related("workspace").annotate(
        real_now=database_now(),
        wake_no=Subquery(work.values("wake_no")),
        fence=Subquery(work.values("fence")),
        has_rests=Exists(StepRest.everywhere.filter(connection=theirs)),
        **facts,
    )


def look_at(connection_id: int, company_id: str, steps: tuple[Step, ...]) -> Any:
    """Return what `look` does for one connection, as long as it is that of this company; else None."""
    sql, parameters, in_json = _as_sql(steps)
    for row in Connection.everywhere.raw(sql, [*parameters, connection_id, company_id]):
        for name in in_json:
            value = getattr(row, name)
            setattr(row, name, value and json.loads(value))
        return row
    return None


@cache
def _as_sql(steps: tuple[Step, ...]) -> tuple[str, tuple[Any, ...], list[str]]:
    """Return the query of `look` with its parameters, for one connection, and its facts that come as JSON.

    Django takes 12 ms of a processor to write it, ten times what it takes to ask it, and a loop looks after each step.
    """
    query = look(steps).select_related(None).order_by().query
    in_json = [name for name, fact in query.annotations.items() if isinstance(fact.output_field, JSONField)]
    sql, parameters = query.sql_with_params()
    return f"{sql} WHERE fortnox_connection.id = %s AND fortnox_connection.company_id = %s", parameters, in_json


def rests_in_outage(step: Step) -> bool:
    """Say whether it is background work that asks Fortnox; a reload, which may end without, has waits of its own."""
    return step.rank != Rank.PERSON and step.needs != Needs.NOTHING


class _Loop:
    def __init__(self, connection: Connection, steps: tuple[Step, ...]) -> None:
        self._connection, self._steps = connection, steps
        self._lock = due.work_lock(connection.pk, connection.company_id)
        self._fence = due.begin(connection)
        self._ends = time.monotonic() + SLICE
        self._seen, self._looked = -1, 0.0  # the wake-up that was last looked at, and when
        self._done = 0
        self._turns: dict[str, int] = {}
        self._making_way = False

    def run(self) -> None:
        try:
            while time.monotonic() < self._ends:
                row = self._look()
                found = agenda(row, self._steps)
                if not found.due:
                    facts = {"due_at": found.next_at, "real_due_at": found.next_real_at}
                    if due.store_next(row.pk, row.wake_no, **facts):
                        return
                    continue
                step = choose(found.due, self._done, self._turns)
                self._refuse_to_stay(step)
                self._do(step, row)
        except Overtaken:
            log.info("loop overtaken", connection=self._connection.pk)
            return
        except Stopped:
            log.info("loop makes way", connection=self._connection.pk)
        place = {"connection_id": self._connection.pk, "company_id": self._connection.company_id}
        enqueue("fortnox.work", lock=self._lock, priority=LATER, **place)

    def _look(self) -> Any:
        row = look_at(self._connection.pk, self._connection.company_id, self._steps)
        if row is None or row.fence != self._fence:
            raise Overtaken
        self._seen, self._looked = row.wake_no, time.monotonic()
        return row

    def _refuse_to_stay(self, step: Step | None = None) -> None:
        """Raise Stopped when the worker ends, and before background work while another company's person waits."""
        background = step is None or step.rank != Rank.PERSON
        if is_stopping() or (background and somebody_waits(besides=self._lock)):
            raise Stopped

    def _do(self, step: Step, row: Any) -> None:
        """Do a step. One that fails rests alone, longer each time; what nobody foresaw is kept as a sync issue."""
        self._turns[step.name] = self._done
        self._done += 1
        try:
            succeeded = step.do(Work(row, self._make_way))
        except (Overtaken, Stopped, InterfaceError, OperationalError):
            raise
        except Exception:
            log.exception("step failed", step=step.name)
            if step.name in RunKind.values:
                place = {"company_id": row.company_id, "kind": step.name, "number": ""}
                sync_issues.note(**place, reason=_("An error in Uku stopped the sync."), at=clock.now())
            _let_rest(row, step.name)
            return
        if not succeeded:
            _let_rest(row, step.name)
            _note_outage(row, step)
        elif row.has_rests:
            rests = StepRest.everywhere.filter(connection=row)
            is_over = rests_in_outage(step) and rests.filter(step="").exists()
            (rests if is_over else rests.filter(step=step.name)).delete()

    def _make_way(self) -> None:
        """Do first what a person waits for, before each request of background work. Raises where none may leave."""
        if self._making_way:
            return
        self._refuse_to_stay()
        wake_no, fence = due.read_fence(self._connection.pk) or (0, 0)
        if fence != self._fence:
            raise Overtaken
        if wake_no == self._seen and time.monotonic() - self._looked < LOOK_AGAIN:
            return
        self._making_way = True
        try:
            for _ in range(URGENT_AT_ONCE):
                if not (urgent := self._urgent(row := self._look())):
                    break
                self._do(choose(urgent, 0, {}), row)
            else:
                self._looked = 0.0  # more may wait: look again before the next request
        finally:
            self._making_way = False

    def _urgent(self, row: Any) -> list[Due]:
        return [each for each in agenda(row, self._steps).due if each.step.rank == Rank.PERSON]


def _let_rest(row: Any, name: str) -> None:
    rest = StepRest.everywhere.filter(connection=row, step=name).first()
    failures = min(rest.failures + 1 if rest else 1, MOST_DOUBLINGS)
    until = clock.now() + min(due.RESUME_AFTER * 2 ** (failures - 1), LONGEST_REST)
    facts = {"workspace_id": row.workspace_id, "failures": failures, "until": until}
    StepRest.everywhere.update_or_create(connection=row, step=name, defaults=facts)


def _note_outage(row: Any, step: Step) -> None:
    """Let all background steps rest when a second one fails: then one of them is tried for all, until it succeeds."""
    others = StepRest.everywhere.filter(connection=row).exclude(step=step.name)
    if rests_in_outage(step) and others.exists():
        _let_rest(row, "")


def check_all(steps: Sequence[Step]) -> int:
    """Look at every connection of this installation, a slice at a time, and wake those that nobody would wake.

    Their row of due work is missing, or says later than the tables do. Returns how many; each is a defect elsewhere.
    """
    late, last = 0, 0
    while rows := list(look(steps).filter(pk__gt=last).order_by("pk")[:CHECKED_AT_ONCE]):
        last = rows[-1].pk
        for row in rows:
            with workspace_in_force(row.workspace_id):
                late += _wake_if_late(row, steps)
    return late


def _wake_if_late(row: Any, steps: Sequence[Step]) -> bool:
    """Wake one connection, and say whether it was; one that cannot be looked at is logged, and stops no other."""
    try:
        found = agenda(row, steps)
    except (InterfaceError, OperationalError):
        raise
    except Exception:
        log.exception("connection cannot be looked at", connection=row.pk)
        return False
    late = row.wake_no is None or (bool(found.due) and not due.is_due(row.pk, clock.now()))
    if late:
        log.warning("nobody would have woken this connection", connection=row.pk)
        due.wake(row, at=clock.now())
    return late
