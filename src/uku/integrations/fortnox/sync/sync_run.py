"""A run and its log: started or taken up again, moved on with its rows, ended with its counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from uku.integrations.fortnox.models import (
    Connection,
    Reload,
    RequestedSync,
    RunKind,
    RunState,
    SkippedRecord,
    SkipReason,
    StopReason,
    SyncRun,
)

SWEDEN = ZoneInfo("Europe/Stockholm")
MOST_TRIES: Final = 5


class StaleRun(Exception):
    """The run has ended, or another process has taken it further: what this one holds is not stored."""


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What a sync is to do.

    `asked_by` is the id of who pressed a button, None for the schedule. `reload` is what a new run is part of, and
    `again_from` the day from which it reads again what is known already. `check` runs before each request to Fortnox;
    what it raises passes through. At most `pages` of an import are stored.
    """

    connection: Connection
    kind: RunKind
    full: bool = False
    asked_by: int | None = None
    reload: Reload | None = None
    again_from: date | None = None
    check: Callable[[], None] | None = None
    pages: int | None = None


def start_or_resume(request: SyncRequest, at: datetime) -> SyncRun:
    """Return the running run of this kind, else a new one that reads what changed since the last complete one.

    The database holds one running run a workspace and kind.
    """
    connection, kind = request.connection, request.kind
    with transaction.atomic():
        running = _running(kind)
        if running is not None:
            return _resume(running, connection, at)
        last = last_done(connection, kind)
        since = None if last is None else with_overlap(last.started_at)
        full = request.full or since is None
        try:
            with transaction.atomic():
                run = SyncRun.objects.create(
                    kind=kind,
                    company_id=connection.company_id,
                    asked_by_id=request.asked_by,
                    reload=request.reload,
                    started_at=at,
                    full=full,
                    since=since,
                    stage="active" if full else "changed",
                )
        except IntegrityError:
            running = _running(kind)
            if running is None:
                raise
            return _resume(running, connection, at)  # begun elsewhere at the same moment: they go on together (F56)
        _end_request(run)
        return run


def _end_request(run: SyncRun) -> None:
    """A request ends with the run that begins after it, and reads all that was asked for."""
    asked = RequestedSync.objects.filter(kind=run.kind, company_id=run.company_id, asked_at__lte=run.started_at)
    (asked if run.full else asked.filter(full=False)).delete()


def _running(kind: RunKind) -> SyncRun | None:
    return SyncRun.objects.select_for_update().filter(kind=kind, state=RunState.RUNNING).first()


def _resume(run: SyncRun, connection: Connection, at: datetime) -> SyncRun:
    """Take a run up where it stands; one for another company is stopped and a new one begun.

    One that was paused on purpose counts as one pass still; one that was cut off does not (F50).
    """
    if run.company_id == connection.company_id:
        if not run.paused:
            run.interruptions += 1
        run.paused = False
        run.save(update_fields=["paused", "interruptions"])
        return run
    end(run, at=at, state=RunState.STOPPED, stop_reason=StopReason.COMPANY_CHANGED)
    new = SyncRun.objects.create(
        kind=run.kind, company_id=connection.company_id, started_at=at, full=True, asked_by_id=run.asked_by_id
    )
    _end_request(new)
    return new


@contextmanager
def next_step(run: SyncRun) -> Iterator[None]:
    """Store what belongs to a run's next step, and the run's new place with it, in one transaction.

    Two workers may hold the same run, when one was taken for dead: the second one's page is not stored twice. A look
    at one record is no run in the database. Raises StaleRun.
    """
    with transaction.atomic():
        if run.pk is not None:
            stored = SyncRun.objects.get_queryset().select_for_update(of=("self",)).get(pk=run.pk)
            place = (run.stage, run.page, run.list_reread)
            if stored.state != RunState.RUNNING or (stored.stage, stored.page, stored.list_reread) != place:
                raise StaleRun(run.pk)
        yield
        if run.pk is not None and run.state == RunState.RUNNING:  # one that ended is saved
            run.save()


def with_overlap(moment: datetime) -> datetime:
    """Return from when to read what changed since `moment`: ten minutes earlier, two hours near a clock change.

    Fortnox tells Swedish local time without a zone, and the autumn hour happens twice (F51).
    """
    offsets = {(moment + timedelta(hours=hours)).astimezone(SWEDEN).utcoffset() for hours in (-3, 3)}
    return moment - (timedelta(minutes=10) if len(offsets) == 1 else timedelta(hours=2))


def is_of_a_reload(kind: RunKind) -> bool:
    """Say whether the run of this kind that is under way belongs to a reload, which alone goes on with it."""
    return SyncRun.objects.filter(kind=kind, state=RunState.RUNNING, reload__state=RunState.RUNNING).exists()


def last_done(connection: Connection, kind: RunKind) -> SyncRun | None:
    done = SyncRun.objects.filter(kind=kind, state=RunState.DONE, company_id=connection.company_id)
    return done.order_by("-id").first()


def count(run: SyncRun, name: str, by: int = 1) -> None:
    run.counts[name] = run.counts.get(name, 0) + by


def skip(run: SyncRun, rows: Iterable[tuple[str, str]], reason: SkipReason, detail: str = "") -> None:
    """List records that were not imported, each by number and name. A look at one record keeps no list."""
    if run.pk is not None:
        SkippedRecord.objects.bulk_create(
            SkippedRecord(
                workspace_id=run.workspace_id,
                run=run,
                number=number[:1024],
                name=name[:1024],
                reason=reason,
                detail=detail[:300],
            )
            for number, name in rows
        )


def skipped_numbers(run: SyncRun, numbers: Iterable[str]) -> set[str]:
    """Return which of these numbers the run has listed already: pages may repeat a row."""
    if run.pk is None:
        return set()
    listed = SkippedRecord.objects.filter(run=run, number__in=[number[:1024] for number in numbers])
    return set(listed.values_list("number", flat=True))


def failure_text(run: SyncRun, reason: str) -> str:
    """Tell which page a run did not get past, and why: `Customers, page 3 of the active ones: …` (F53)."""
    pages = {
        "active": _("%(kind)s, page %(page)d of the active records: %(reason)s"),
        "inactive": _("%(kind)s, page %(page)d of the inactive records: %(reason)s"),
        "changed": _("%(kind)s, page %(page)d of the changed records: %(reason)s"),
    }
    imported = run.kind in {RunKind.CUSTOMERS, RunKind.ARTICLES}
    facts = {"kind": RunKind(run.kind).label, "page": run.page + 1, "reason": reason}
    return pages[run.stage] % facts if imported else reason


def end(run: SyncRun, *, at: datetime, state: RunState = RunState.DONE, text: str = "", stop_reason: str = "") -> None:
    run.state, run.finished_at, run.text, run.stop_reason = state, at, text[:500], stop_reason
    run.save()
