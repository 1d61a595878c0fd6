"""The numbers of a task as its page shows them: with what the books say, what changed, and 13 months as bars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from uku.clients.models import Client
from uku.tasks.models import Missing, SummaryPlan, Task, TaskValue
from uku.tasks.month_figures import Deviation, MonthOfPlan, Number, read_month
from uku.web import integration_data
from uku.web.bar_chart import Bar, BarChart, draw_bars
from uku.web.templatetags.figures import month
from uku.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A number of a task: one that the books fill, or one that a person typed."""

    name: str
    number: Decimal | None
    value: TaskValue | None = None
    counted: int | None = None
    differs: bool = False
    missing: Missing | None = None
    deviation: Deviation | None = None
    since_last_month: Decimal | None = None
    since_last_year: Decimal | None = None
    address: str = ""


def figures_of(
    task: Task, workspace: Workspace, numbers: list[TaskValue], today: date, *, with_documents: bool
) -> dict[str, Any]:
    """Return what the template `tasks/_figures.html` draws; `numbers` are the task's values that are numbers."""
    found = None
    if task.plan is not None and task.month is not None:
        found = read_month([task.plan], task.month, today=today)[0]
    rows = _rows(found, workspace, numbers, with_documents=with_documents)
    return {
        "found": found,
        "rows": rows,
        "with_counted": any(row.differs for row in rows),
        "counted_at": found.counted_at if found else None,
        **_charts(found.numbers if found else ()),
        "month_word": gettext("Month"),
        "number_word": gettext("Number"),
    }


def _rows(
    found: MonthOfPlan | None, workspace: Workspace, numbers: list[TaskValue], *, with_documents: bool
) -> list[FigureRow]:
    """Return the numbers of the books in their order, then those that somebody typed into other fields.

    Documents are those of the company that is counted now: a plan of another one, or of a tie, has none here.
    """
    counted = [number for number in found.numbers if number.name] if found else []
    known = {number.value.pk for number in counted if number.value}
    is_counted_here = found is not None and found.plan.tie_id is None and found.plan.active
    rows = [
        FigureRow(
            name=number.name,
            number=number.number,
            value=number.value,
            counted=number.counted,
            differs=number.differs,
            missing=number.missing,
            deviation=number.deviation,
            since_last_month=number.since_last_month,
            since_last_year=number.since_last_year,
            address=_address(workspace, found, number) if with_documents and is_counted_here else "",
        )
        for number in counted
    ]
    typed = [value for value in numbers if value.pk not in known]
    return rows + [_typed(value) for value in typed]


def _typed(value: TaskValue) -> FigureRow:
    """A number that no statistic fills any more, or none ever did; what the books said last stands beside it."""
    counted = None if value.measured is None else int(value.measured)
    differs = value.measured is not None and value.measured != value.value
    return FigureRow(name=value.field.name, number=value.value, value=value, counted=counted, differs=differs)


def _address(workspace: Workspace, found: MonthOfPlan | None, number: Number) -> str:
    """Return where the documents behind a number are listed, where there are any."""
    if found is None or not number.counted:
        return ""
    return integration_data.documents_address(workspace, found.month, number.statistic)


def _chart(number: Number) -> BarChart:
    """Draw the months; one of which nothing is known is no bar."""
    return draw_bars(
        [
            Bar(
                label=month(each),
                short=f"{each:%m}",
                value=known if known is not None else Decimal(0),
                shown="" if known is not None else gettext("not known"),
            )
            for each, known in number.history
        ]
    )


def _charts(numbers: Iterable[Number]) -> dict[str, Any]:
    """Return the charts that have a bar, by name, and the names of the numbers that are zero in every month."""
    drawn = [(number.name, _chart(number)) for number in numbers if number.name]
    return {
        "charts": [(name, chart) for name, chart in drawn if not chart.is_empty],
        "always_zero": [name for name, chart in drawn if chart.is_empty],
    }


def charts_of_client(client: Client, today: date) -> dict[str, Any]:
    """Return the 13 months of each number that is counted for a client, the present month last."""
    plans = list(SummaryPlan.objects.filter(client=client, active=True))
    found = read_month(plans, today.replace(day=1), today=today)
    return _charts(number for month_of_plan in found for number in month_of_plan.numbers)
