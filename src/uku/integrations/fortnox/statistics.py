"""Work statistics: what the month's summary task bills by, counted by list totals, nothing downloaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fortnox_api import Fortnox
from uku.integrations.fortnox import runs
from uku.integrations.fortnox.connection.gateway import open_fortnox
from uku.integrations.fortnox.models import Connection, Run, RunKind
from uku.kit import clock
from uku.tasks.models import SummaryPlan, Task, TaskState
from uku.tasks.months import last_of
from uku.tasks.operations import open_missing_months, take_in_figures


@dataclass(frozen=True, slots=True)
class Statistic:
    """A kind of document counted by its own date; `scope` is what the count needs beyond the first consent."""

    name: str
    label: str
    counter: Callable[[Fortnox, date, date], int]
    scope: str = ""


def _sales_invoices(fortnox: Fortnox, first: date, last: date) -> int:
    """Invoices of the month less the cancelled ones: two requests."""
    every = fortnox.invoices.count(from_date=first, to_date=last)
    return every - (fortnox.invoices.count(from_date=first, to_date=last, filter="cancelled") if every else 0)


def _vouchers(fortnox: Fortnox, first: date, last: date) -> int:
    return fortnox.vouchers.count(from_date=first, to_date=last, financial_year_date=last)


STATISTICS = {
    found.name: found
    for found in (
        Statistic("sales_invoices", "Sales invoices", _sales_invoices),
        Statistic("vouchers", "Vouchers", _vouchers, scope="bookkeeping"),
    )
}


def read_statistics(*, connection: Connection, asked_by: int | None = None) -> Run | None:
    """Open the months that are due and count what the open ones need. None when no plan is active."""
    plan = SummaryPlan.objects.filter(active=True).first()
    if plan is None:
        return None
    open_missing_months(today=clock.today(connection.workspace.time_zone), at=clock.now())
    run = runs.start_or_resume(connection=connection, kind=RunKind.STATISTICS, at=clock.now(), asked_by=asked_by)
    tasks = Task.objects.filter(month__isnull=False, state=TaskState.OPEN).order_by("month")
    with open_fortnox(connection) as fortnox:
        for task in tasks:
            figures = count_month(fortnox, connection, plan, task)
            take_in_figures(task=task, figures=figures, at=clock.now())
            runs.count(run, "months")
    runs.end(run, at=clock.now())
    return run


def count_month(fortnox: Fortnox, connection: Connection, plan: SummaryPlan, task: Task) -> dict[str, Decimal]:
    """Count each statistic of the plan over the task's month; one whose permission is lacking waits for it."""
    first = task.month
    if first is None:
        raise ValueError(f"task {task.pk} is no summary task")
    planned = [STATISTICS[name] for name in plan.fields if name in STATISTICS]
    chosen = [found for found in planned if not found.scope or found.scope in connection.scopes]
    return {found.name: Decimal(found.counter(fortnox, first, last_of(first))) for found in chosen}
