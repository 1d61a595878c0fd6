"""Work statistics: what the month's summary task bills by, counted by list totals, nothing downloaded."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Q

from fortnox_api import Fortnox
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.models import Connection, SyncRun
from uku.integrations.fortnox.statistics.definitions import STATISTICS, Statistic
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.kit import clock
from uku.tasks.models import SummaryPlan, Task, TaskState
from uku.tasks.months import last_of
from uku.tasks.operations import open_missing_months, take_in_figures


def read_statistics(request: SyncRequest) -> SyncRun | None:
    """Open the months that are due and count what the open ones need. None when no plan is active.

    The run of a reload counts the months from `again_from` on again, finished ones too: their values stay, and
    Fortnox's figures stand beside them. Raises FortnoxError.
    """
    connection, at = request.connection, clock.now()
    plan = SummaryPlan.objects.filter(active=True).first()
    if plan is None:
        return None
    open_missing_months(today=clock.today(connection.workspace.time_zone), at=at)
    run = sync_run.start_or_resume(request, at)
    wanted = Q(state=TaskState.OPEN)
    if request.reload is not None and run.reload_id == request.reload.pk:
        wanted |= Q(month__gte=request.again_from)
    tasks = list(Task.objects.filter(wanted, month__isnull=False).order_by("month"))
    run.counts = {**run.counts, "months": 0, "seen": 0, "total": len(tasks)}
    with open_fortnox(connection, request.check) as fortnox:
        for task in tasks:
            figures = count_month(fortnox, connection, plan, task)
            take_in_figures(task=task, figures=figures, at=clock.now())
            sync_run.count(run, "months")
            sync_run.count(run, "seen")
            run.save(update_fields=["counts"])
    sync_run.end(run, at=clock.now())
    return run


def requests_a_month(connection: Connection) -> int:
    """Return how many requests one month takes at most: those of each chosen statistic that is permitted."""
    plan = SummaryPlan.objects.filter(active=True).first()
    return sum(found.requests for found in _chosen(connection, plan)) if plan else 0


def count_month(fortnox: Fortnox, connection: Connection, plan: SummaryPlan, task: Task) -> dict[str, Decimal]:
    """Count each statistic of the plan over the task's month; one whose permission is lacking waits for it."""
    first = task.month
    if first is None:
        raise ValueError(f"task {task.pk} is no summary task")
    chosen = _chosen(connection, plan)
    return {found.name: Decimal(found.counter(fortnox, first, last_of(first))) for found in chosen}


def _chosen(connection: Connection, plan: SummaryPlan) -> list[Statistic]:
    planned = [STATISTICS[name] for name in plan.fields if name in STATISTICS]
    return [found for found in planned if not found.scope or found.scope in connection.scopes]
