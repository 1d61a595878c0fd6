"""The numbers of a plan's months beside each other: what changed, and what deviates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from uku.kit.months import months_between, months_later
from uku.tasks.models import Missing, MonthFigure, PlanField, SummaryPlan, Task, TaskValue
from uku.tasks.summaries import Frozen, billed_tasks, why_frozen

MONTHS_SHOWN = 13
ENOUGH_MONTHS = 3
"""With fewer months before it a mean says nothing."""
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far a number is from what was expected, in per cent, None where nothing was expected."""

    expected: Decimal
    percent: int | None
    is_agreed: bool

    @property
    def is_more(self) -> bool:
        return self.percent is None or self.percent > 0


def find_deviation(
    number: Decimal | None, before: Sequence[Decimal | None], *, agreed: int | None, share: int
) -> Deviation | None:
    """Compare a number with the volume agreed, else with the mean of the months before; None within the share. Pure."""
    known = [each for each in before if each is not None]
    if number is None or (agreed is None and len(known) < ENOUGH_MONTHS):
        return None
    expected = Decimal(agreed) if agreed is not None else sum(known, Decimal(0)) / len(known)
    if not expected:
        return Deviation(expected, None, agreed is not None) if number else None
    percent = (number - expected) * HUNDRED / expected
    if abs(percent) <= share:
        return None
    return Deviation(expected, int(percent.quantize(Decimal(1), ROUND_HALF_UP)), agreed is not None)


@dataclass(frozen=True, slots=True)
class Number:
    """One statistic of one month: the number that counts here, what the books say, and the months before.

    `history` holds the numbers of `MONTHS_SHOWN` months, this one last, None where nothing is known.
    """

    statistic: str
    name: str
    number: Decimal | None
    value: TaskValue | None
    counted: int | None
    counted_at: datetime | None
    missing: Missing | None
    history: Sequence[tuple[date, Decimal | None]]
    deviation: Deviation | None

    @property
    def differs(self) -> bool:
        """The books say something else than the task."""
        return self.value is not None and self.counted is not None and self.value.value != self.counted

    @property
    def since_last_month(self) -> Decimal | None:
        return self._change(-2)

    @property
    def since_last_year(self) -> Decimal | None:
        return self._change(0)

    def _change(self, place: int) -> Decimal | None:
        before = self.history[place][1]
        return None if self.number is None or before is None else self.number - before


@dataclass(frozen=True, slots=True)
class MonthOfPlan:
    """A plan's month: its task, if it has one, and its numbers."""

    plan: SummaryPlan
    month: date
    task: Task | None
    numbers: Sequence[Number]
    frozen: Frozen | None

    @property
    def deviating(self) -> list[Number]:
        return [number for number in self.numbers if number.deviation]

    @property
    def counted_at(self) -> datetime | None:
        return max((number.counted_at for number in self.numbers if number.counted_at), default=None)


def months_shown(month: date) -> list[date]:
    return list(months_between(months_later(month, 1 - MONTHS_SHOWN), month))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of some plans: the numbers of all months shown, and the records of the month itself."""

    months: Sequence[date]
    counts: Mapping[tuple[int, str, date], int | None]
    numbers: Mapping[tuple[int, int, date], Decimal]
    figures: Mapping[tuple[int, str], MonthFigure]
    values: Mapping[tuple[int | None, int], TaskValue]

    @classmethod
    def of(cls, plans: Collection[int], month: date) -> _Known:
        """Read it; of the months before numbers alone, since there are thirteen times as many."""
        months = months_shown(month)
        counted = MonthFigure.objects.filter(plan__in=plans, month__in=months)
        written = TaskValue.objects.filter(task__plan__in=plans, task__month__in=months).exclude(value=None)
        counts = counted.values_list("plan_id", "statistic", "month", "count")
        numbers = written.values_list("task__plan_id", "field_id", "task__month", "value")
        values = written.filter(task__month=month).select_related("task", "field")
        return cls(
            months,
            {(plan, statistic, of): count for plan, statistic, of, count in counts},
            {(plan, field, of): number for plan, field, of, number in numbers if of and number is not None},
            {(row.plan_id, row.statistic): row for row in counted.filter(month=month)},
            {(value.task.plan_id, value.field_id): value for value in values},
        )

    def history(self, plan: int, mapped: PlanField) -> list[tuple[date, Decimal | None]]:
        """Return the numbers of the months: of the task, else of the books."""
        found: list[tuple[date, Decimal | None]] = []
        for month in self.months:
            number = self.numbers.get((plan, mapped.field_id, month)) if mapped.field_id else None
            count = self.counts.get((plan, mapped.statistic, month))
            found.append((month, number if number is not None or count is None else Decimal(count)))
        return found


def read_month(plans: Collection[SummaryPlan], month: date, *, today: date) -> list[MonthOfPlan]:
    """Return a month of each plan, in their order; the number of queries is the same for any number of plans."""
    ids = [plan.pk for plan in plans]
    known = _Known.of(ids, month)
    fields: dict[int, list[PlanField]] = {}
    for each in PlanField.objects.filter(plan__in=ids).select_related("field").order_by("id"):
        fields.setdefault(each.plan_id, []).append(each)
    tasks = {task.plan_id: task for task in Task.objects.filter(plan__in=ids, month=month).select_related("assignee")}
    billed = billed_tasks(tasks.values())
    final = {plan for (plan, _statistic), row in known.figures.items() if row.final}
    found = []
    for plan in plans:
        task = tasks.get(plan.pk)
        numbers = [_number(plan, each, known) for each in fields.get(plan.pk, [])]
        is_final = plan.pk in final
        frozen = None if task is None else why_frozen(task, billed=task.pk in billed, final=is_final, today=today)
        found.append(MonthOfPlan(plan, month, task, numbers, frozen))
    return found


def _number(plan: SummaryPlan, mapped: PlanField, known: _Known) -> Number:
    history = known.history(plan.pk, mapped)
    figure = known.figures.get((plan.pk, mapped.statistic))
    value = known.values.get((plan.pk, mapped.field_id)) if mapped.field_id else None
    if value is not None and value.statistic not in {"", mapped.statistic}:
        figure = None  # frozen when another statistic filled the field
    number, before = history[-1][1], [each for _, each in history[:-1]]
    return Number(
        statistic=mapped.statistic,
        name=mapped.field.name if mapped.field else "",
        number=number,
        value=value,
        counted=figure.count if figure else None,
        counted_at=figure.counted_at if figure else None,
        missing=Missing(figure.missing) if figure and figure.missing else None,
        history=history,
        deviation=find_deviation(number, before, agreed=mapped.agreed, share=plan.deviation_percent),
    )
