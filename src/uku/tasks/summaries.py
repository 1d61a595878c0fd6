"""The monthly summary task: planned once, opened each month, filled with figures until it is finished or billed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models.lookups import IsNull
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.invoices.models import TaskCharge
from uku.kit.banking_days import first_banking_day
from uku.kit.events import publish
from uku.kit.months import first_of, last_of, months_between, months_later, next_month
from uku.kit.times import local_time
from uku.tasks.fields import FieldNotUsable, number_field
from uku.tasks.models import (
    Missing,
    MonthFigure,
    PlanField,
    SummaryPlan,
    Task,
    TaskField,
    TaskState,
    TaskValue,
    Topic,
)
from uku.tasks.pauses import is_paused
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace, workspace_language
from uku.workspaces.models import Membership, Role, User
from uku.workspaces.permissions import Permission, needs

CATCHING_UP = timedelta(days=7)  # for a task that is made after its month has ended
MONTHS_REFRESHED = 6
"""After its end a month is refreshed no longer than this."""


TWICE = _("Two statistics cannot fill the same field. Give each a field of its own.")


@dataclass(frozen=True, slots=True)
class MonthsOpened:
    """Summary tasks were made that have no figures yet."""

    workspace_id: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """From which month on there are tasks, when each is made, and how many days after the month's end it is due.

    `import_day` is a day of the next month, 0 the last day of the month itself; the time is the workspace's own.
    """

    first_month: date
    import_day: int = 0
    import_time: time = time(0)
    due_days: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """What the books say for one statistic of one month; `final` where they are locked through it."""

    count: int | None
    missing: Missing | None = None
    final: bool = False


Figures = Mapping[tuple[str, date], Figure]
"""By the name of a statistic and the first day of a month."""


class Frozen(models.TextChoices):
    """Why a month's numbers follow the books no longer."""

    FINISHED = "finished", _("The task is finished.")
    BILLED = "billed", _("The month is billed.")
    FINAL = "final", _("The books are locked through this month.")
    OLD = "old", _("The month ended more than six months ago.")


def own_plan() -> SummaryPlan | None:
    """Return the plan that is in force for the workspace's own books, None while statistics are off."""
    return SummaryPlan.objects.filter(tie=None, active=True).select_related("workspace").first()


def latest_plan() -> SummaryPlan | None:
    """Return the plan of the workspace's own books, switched on or off: what a form shows as saved."""
    plans = SummaryPlan.objects.filter(tie=None).select_related("workspace", "topic")
    return plans.order_by("-active", IsNull(models.F("first_month"), True), "-id").first()


def plan_of_books(company: str) -> SummaryPlan:
    """Return the plan of this company's books, made if missing: a month may be counted before anybody plans."""
    SummaryPlan.objects.filter(tie=None, company="").update(company=company)
    return SummaryPlan.objects.get_or_create(tie=None, company=company)[0]


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def plan_summaries(
    *,
    actor: User,
    at: datetime,
    title: str,
    topic: str,
    client: Client | None,
    fields: Mapping[str, str],
    schedule: Schedule,
) -> SummaryPlan:
    """Plan summary tasks; `fields` maps a statistic to the name of a number field, made if missing.

    Without fields they are off, and the rest is kept for later. Tasks that are there stay as they are. Raises
    FieldNotUsable.
    """
    plan = latest_plan()
    before = {} if plan is None else _facts_of(plan)
    if plan is None:
        plan = SummaryPlan.objects.create()
    plan.active, plan.title, plan.client = bool(fields), title, client
    plan.topic = Topic.objects.get_or_create(name=topic)[0]
    plan.first_month = first_of(schedule.first_month)
    plan.import_day, plan.import_time, plan.due_days = schedule.import_day, schedule.import_time, schedule.due_days
    plan.save()
    map_fields(plan, fields)
    after = _facts_of(plan)
    if before == after:
        return plan
    off = gettext_lazy("%(title)s: off")
    summary = f"{title}: {', '.join(fields)}" if fields else translate_for_workspace(off, title=title)
    record(actor=actor, action="summaries.plan", target=plan, summary=summary, at=at, before=before, after=after)
    return plan


def _facts_of(plan: SummaryPlan) -> dict[str, str]:
    """What the audit log keeps of a plan."""
    return {
        "title": plan.title,
        "topic": str(plan.topic or ""),
        "client": str(plan.client or ""),
        "first_month": plan.first_month.isoformat() if plan.first_month else "",
        "statistics": ", ".join(f"{each.statistic}: {each.field}" for each in fields_of(plan)),
        "import": f"{plan.import_day} {plan.import_time:%H:%M}",
        "due_days": str(plan.due_days),
    }


def fields_of(plan: SummaryPlan) -> list[PlanField]:
    """Return which statistic fills which field."""
    wanted = PlanField.objects.filter(plan=plan, field__isnull=False)
    return list(wanted.select_related("field").order_by("statistic"))


def map_fields(plan: SummaryPlan, fields: Mapping[str, str]) -> None:
    """Let each statistic fill the number field of this name, made if missing. Raises FieldNotUsable."""
    wanted = {statistic: number_field(name) for statistic, name in fields.items()}
    if len({field.pk for field in wanted.values()}) < len(wanted):
        raise FieldNotUsable(TWICE)
    _map_fields(plan, wanted)


def _map_fields(plan: SummaryPlan, wanted: Mapping[str, TaskField]) -> None:
    agreed = dict(PlanField.objects.filter(plan=plan).values_list("statistic", "agreed"))
    PlanField.objects.filter(plan=plan).delete()
    PlanField.objects.bulk_create(
        PlanField(
            workspace_id=plan.workspace_id, plan=plan, statistic=statistic, field=field, agreed=agreed.get(statistic)
        )
        for statistic, field in wanted.items()
    )


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def choose_expectations(
    *, plan: SummaryPlan, agreed: Mapping[str, int | None], share: int, actor: User, at: datetime
) -> None:
    """Store the volume a month that was agreed for each statistic, and from how many per cent a number deviates."""
    before = dict(PlanField.objects.filter(plan=plan).values_list("statistic", "agreed"))
    changed = {statistic: volume for statistic, volume in agreed.items() if before.get(statistic) != volume}
    if not changed and plan.deviation_percent == share:
        return
    for statistic, volume in changed.items():
        PlanField.objects.filter(plan=plan, statistic=statistic).update(agreed=volume)
    told = {"deviation_percent": str(plan.deviation_percent)}
    plan.deviation_percent = share
    plan.save(update_fields=["deviation_percent"])
    record(
        actor=actor,
        action="summaries.expect",
        target=plan,
        summary=translate_for_workspace(gettext_lazy("%(title)s: agreed volumes changed"), title=plan),
        at=at,
        before=told | {statistic: str(before.get(statistic) or "") for statistic in changed},
        after={"deviation_percent": str(share)} | {name: str(volume or "") for name, volume in changed.items()},
    )


def opens_at(plan: SummaryPlan, month: date) -> datetime:
    """Return when the task of a month is made: by the clock of the workspace, whose zone decides nothing else."""
    day = next_month(month).replace(day=plan.import_day) if plan.import_day else last_of(month)
    return datetime.combine(day, plan.import_time, ZoneInfo(plan.workspace.time_zone))


def open_month(plan: SummaryPlan, *, month: date, at: datetime) -> Task:
    """Return the month's one summary task, made if it is missing.

    The database holds one summary task a plan and month, so two schedulers end with the same one (F91). It is due so
    many days after the month's end as planned, or a week after it is made where that day is gone: nobody could have
    done it before. A day on which banks are closed moves to the next banking day.
    """
    made_on = local_time(at, plan.workspace.time_zone).date()
    due = last_of(month) + timedelta(days=plan.due_days)
    with workspace_language():
        month_named = date_format(month, "F Y")
    task, _made = Task.objects.get_or_create(
        plan=plan,
        month=first_of(month),
        defaults={
            "client": plan.client,
            "title": f"{plan.title} {month_named}",
            "topic": plan.topic,
            "assignee": _assignee(plan),
            "due_date": first_banking_day(due if made_on <= due else made_on + CATCHING_UP, plan.workspace.country),
            "created_at": at,
        },
    )
    return task


@transaction.atomic
def open_missing_months(plan: SummaryPlan, *, at: datetime, since: date | None = None) -> list[Task]:
    """Make the tasks of all months since the plan began, or since an earlier `since`, that are due by now and missing.

    A scheduler that slept over a month end so catches up once for each month (F65).
    """
    if plan.first_month is None or is_paused(plan):
        return []
    today = local_time(at, plan.workspace.time_zone).date()
    months = months_between(min(since or plan.first_month, plan.first_month), today)
    due = [month for month in months if opens_at(plan, month) <= at]
    known = set(plan.tasks.filter(month__in=due).values_list("month", flat=True))
    opened = [open_month(plan, month=month, at=at) for month in due if month not in known]
    if opened:
        fill_from_stored(plan, at=at)
        publish(MonthsOpened(plan.workspace_id))
    return opened


def why_frozen(task: Task, *, billed: bool, final: bool, today: date) -> Frozen | None:
    """Say why the books change a month's numbers no longer; None while they do. Pure."""
    if task.state == TaskState.DONE:
        return Frozen.FINISHED
    if billed:
        return Frozen.BILLED
    if final:
        return Frozen.FINAL
    ended_long_ago = task.month is not None and today >= months_later(task.month, MONTHS_REFRESHED + 1)
    return Frozen.OLD if ended_long_ago else None


def billed_tasks(tasks: Iterable[Task]) -> set[int]:
    """Return the ids of those tasks of which a number stands on an invoice or draft."""
    charged = TaskCharge.objects.filter(value__task__in=list(tasks), freed_at=None)
    return set(charged.values_list("value__task_id", flat=True))


@transaction.atomic
def take_in_figures(plan: SummaryPlan, figures: Figures, *, at: datetime) -> list[MonthFigure]:
    """Store what the books say, and on the months' tasks; return what they say differently now.

    A number edited by hand is kept, and so are the numbers of a month that is frozen: what the books say stands beside
    them. A figure that cannot be read keeps what was there, and says why. Books that were locked give the last figure.
    """
    SummaryPlan.objects.select_for_update().get(pk=plan.pk)
    stored = {(each.statistic, each.month): each for each in MonthFigure.objects.filter(plan=plan)}
    final = {key for key, each in stored.items() if each.final}
    rows, changed = [], []
    for (statistic, month), figure in figures.items():
        row = stored.get((statistic, month)) or MonthFigure(plan=plan, statistic=statistic, month=month)
        before = row.count, row.missing
        row.workspace_id, row.missing = plan.workspace_id, figure.missing or ""
        if figure.count is not None:
            row.count, row.counted_at, row.final = figure.count, at, row.final or figure.final
        rows.append(row)
        if before != (row.count, row.missing):
            changed.append(row)
    MonthFigure.objects.bulk_create(
        [MonthFigure(**{name: getattr(row, name) for name in _STORED}) for row in rows],
        update_conflicts=True,
        unique_fields=["plan", "month", "statistic"],
        update_fields=["count", "missing", "final", "counted_at"],
    )
    _fill_tasks(plan, figures, final, at)
    return changed


_STORED = ("workspace_id", "plan_id", "month", "statistic", "count", "missing", "final", "counted_at")


def _fill_tasks(plan: SummaryPlan, figures: Figures, final: Collection[tuple[str, date]], at: datetime) -> None:
    """Write figures into the fields of the months' tasks, but for frozen ones and numbers edited by hand.

    `final` are those that locked books gave before: a number is frozen with the first figure after the lock, each by
    itself, since the sources are counted one after the other. A frozen number stays that of the statistic that gave
    it, whatever its field is filled from now. A task whose number changes has a new version: who edits it is told.
    """
    fields = {each.statistic: each.field_id for each in fields_of(plan)}
    tasks = {task.month: task for task in plan.tasks.select_for_update().filter(month__in={key[1] for key in figures})}
    stored = TaskValue.objects.select_for_update().filter(task__in=list(tasks.values()), field__in=fields.values())
    values = {(value.task_id, value.field_id): value for value in stored}
    billed, today = billed_tasks(tasks.values()), local_time(at, plan.workspace.time_zone).date()
    renewed = set()
    for (statistic, month), figure in figures.items():
        task, field = tasks.get(month), fields.get(statistic)
        if task is None or field is None or figure.count is None:
            continue
        new = TaskValue(workspace_id=plan.workspace_id, task=task, field_id=field)
        value = values.setdefault((task.pk, field), new)
        is_final = (statistic, month) in final
        frozen = why_frozen(task, billed=task.pk in billed, final=is_final, today=today)
        if frozen and value.statistic not in {"", statistic}:
            continue
        value.statistic, value.measured, value.measured_at = statistic, Decimal(figure.count), at
        if value.value is None or not (value.edited or frozen):
            if value.value not in {None, value.measured}:
                renewed.add(task.pk)
            value.value = value.measured
    known = [value for value in values.values() if value.pk is not None]
    TaskValue.objects.bulk_create([value for value in values.values() if value.pk is None])
    TaskValue.objects.update_many(known, ["statistic", "value", "measured", "measured_at"])
    if renewed:
        Task.objects.filter(pk__in=renewed).update(version=models.F("version") + 1, changed_by=None, changed_at=at)


@transaction.atomic
def fill_from_stored(plan: SummaryPlan, *, at: datetime) -> None:
    """Write what the books said last into the tasks: a task or a field is new."""
    rows = MonthFigure.objects.filter(plan=plan, count__isnull=False)
    figures = {(row.statistic, row.month): Figure(row.count) for row in rows}
    _fill_tasks(plan, figures, {(row.statistic, row.month) for row in rows if row.final}, at)


def stored_figures(plan: SummaryPlan, statistics: Collection[str], months: Collection[date]) -> Figures:
    """Return what the books said last."""
    rows = MonthFigure.objects.filter(plan=plan, statistic__in=statistics, month__in=months)
    missing = {row.pk: Missing(row.missing) if row.missing else None for row in rows}
    return {(row.statistic, row.month): Figure(row.count, missing[row.pk], row.final) for row in rows}


def plan_for_company(plan: SummaryPlan, company: str, *, at: datetime) -> SummaryPlan:
    """Return the plan for the books of this company: other books never change the months of these.

    The first company's is the plan itself. For another one a plan of its own goes on from the present month, with the
    same settings, and the tasks of the company before stay as they are.
    """
    if plan.company == company:
        return plan
    if not plan.company:
        plan.company = company
        plan.save(update_fields=["company"])
        return plan
    with transaction.atomic():
        held = SummaryPlan.objects.select_for_update().get(pk=plan.pk)
        held.active = False
        held.save(update_fields=["active"])
        follower = SummaryPlan.objects.filter(tie=None, company=company).first() or SummaryPlan(
            workspace=plan.workspace, company=company, client=None
        )
        for name in ("title", "topic", "import_day", "import_time", "due_days"):
            setattr(follower, name, getattr(plan, name))
        follower.active = True
        follower.first_month = first_of(local_time(at, plan.workspace.time_zone).date())
        follower.save()
        _map_fields(follower, {each.statistic: each.field for each in fields_of(plan) if each.field})
        moved = translate_for_workspace(
            gettext_lazy("%(title)s: another company's books are counted from now on"), title=plan.title
        )
        record(actor=None, action="summaries.plan", target=follower, summary=moved, at=at)
    return follower


def _assignee(plan: SummaryPlan) -> User:
    """The client's default user, as long as they are an active member, else the owner."""
    active = Membership.objects.select_related("user").filter(is_active=True)
    responsible = active.filter(user=plan.client.default_user_id).first() if plan.client else None
    return (responsible or active.get(role=Role.OWNER)).user
