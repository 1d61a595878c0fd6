"""A run and its log: started or taken up again, moved on with its rows, ended with its counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet, Subquery

from uku.integrations.fortnox.models import Connection, PassedOver, Run, RunKind, RunState

SWEDEN = ZoneInfo("Europe/Stockholm")
MOST_TRIES = 5
NOT_PERMITTED = "not_permitted"  # the trouble of a run that met a missing permission or licence
COMPANY_CHANGED = "company_changed"  # and of one that was under way when another company was connected


def start_or_resume(
    *, connection: Connection, kind: RunKind, at: datetime, full: bool = False, asked_by: int | None = None
) -> Run:
    """Return the running run of this kind, else a new one that reads what changed since the last complete one.

    The database holds one running run a workspace and kind. `asked_by` is the id of who pressed a button.
    """
    with transaction.atomic():
        running = Run.objects.select_for_update().filter(kind=kind, state=RunState.RUNNING).first()
        if running is not None:
            return _resumed(running, connection, at)
        last = last_done(connection, kind)
        since = None if last is None else with_overlap(last.started_at)
        full = full or since is None
        stage = "active" if full else "changed"
        return Run.objects.create(
            kind=kind,
            company_id=connection.company_id,
            started_at=at,
            full=full,
            since=since,
            stage=stage,
            asked_by_id=asked_by,
        )


def _resumed(run: Run, connection: Connection, at: datetime) -> Run:
    """Take a run up where it stands; one for another company is stopped and a new one begun."""
    if run.company_id == connection.company_id:
        count(run, "resumed")
        run.save(update_fields=["counts"])
        return run
    end(run, at=at, state=RunState.STOPPED, trouble=COMPANY_CHANGED)
    return Run.objects.create(kind=run.kind, company_id=connection.company_id, started_at=at, full=True)


def with_overlap(moment: datetime) -> datetime:
    """Return from when to read what changed since `moment`: ten minutes earlier, two hours near a clock change.

    Fortnox tells Swedish local time without a zone, and the autumn hour happens twice (reliability F51).
    """
    offsets = {(moment + timedelta(hours=hours)).astimezone(SWEDEN).utcoffset() for hours in (-3, 3)}
    return moment - (timedelta(minutes=10) if len(offsets) == 1 else timedelta(hours=2))


def last_done(connection: Connection, kind: RunKind) -> Run | None:
    done = Run.objects.filter(kind=kind, state=RunState.DONE, company_id=connection.company_id)
    return done.order_by("-id").first()


def newest_of_each_kind(runs: QuerySet[Run]) -> dict[str, Run]:
    """Return the newest of these runs by kind. One look into the index a kind, however many runs there were.

    `DISTINCT ON` would read the whole history, each minute, of a thousand workspaces.
    """
    newest: Any = [Subquery(runs.filter(kind=kind).order_by("-id").values("pk")[:1]) for kind in RunKind]
    return {run.kind: run for run in runs.filter(pk__in=newest)}


def count(run: Run, name: str, by: int = 1) -> None:
    run.counts[name] = run.counts.get(name, 0) + by


def pass_over(run: Run, number: str, name: str, reason: str) -> None:
    """List a record that was not taken in, with the reason a person can read. A look at one record keeps no list."""
    if run.pk is not None:
        PassedOver.objects.create(run=run, number=number[:1024], name=name[:1024], reason=reason[:300])


def end(run: Run, *, at: datetime, state: RunState = RunState.DONE, text: str = "", trouble: str = "") -> None:
    run.state, run.finished_at, run.text, run.trouble = state, at, text[:500], trouble
    run.save()
