"""What can be done to summaries: plan them, open a month, take in its figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.clients.models import Client
from uku.tasks.models import SummaryPlan, Task, TaskField, TaskState, TaskValue, Topic
from uku.tasks.months import first_of, last_of, months_between
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import Membership, Role, User
from uku.workspaces.permissions import Permission, needs

CATCHING_UP = timedelta(days=7)  # for a task that is made after its month has ended


class NoSummaryPlan(Exception):
    """Summary tasks are off in this workspace; switch them on first."""


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def plan_summaries(
    *, actor: User, at: datetime, title: str, topic: str, client: Client | None, fields: Mapping[str, str], month: date
) -> SummaryPlan:
    """Plan summary tasks from `month` on; `fields` maps a statistic to the name of a task field.

    Without fields they are off, and the rest is kept for later. Tasks that are there stay as they are.
    """
    plan, new = SummaryPlan.objects.select_for_update().get_or_create()
    before = {} if new else _facts_of(plan)
    plan.active, plan.title, plan.client = bool(fields), title, client
    plan.topic = Topic.objects.get_or_create(name=topic)[0]
    plan.fields = {statistic: TaskField.objects.get_or_create(name=name)[0].pk for statistic, name in fields.items()}
    plan.first_month = first_of(month)
    after = _facts_of(plan)
    if before == after:
        return plan
    plan.save()
    summary = (
        f"{title}: {', '.join(fields)}"
        if fields
        else translate_for_workspace(gettext_lazy("%(title)s: off"), title=title)
    )
    record(actor=actor, action="summaries.plan", target=plan, summary=summary, at=at, before=before, after=after)
    return plan


def _facts_of(plan: SummaryPlan) -> dict[str, str]:
    """What the audit log keeps of a plan."""
    return {
        "title": plan.title,
        "topic": str(plan.topic or ""),
        "client": str(plan.client or ""),
        "first_month": plan.first_month.isoformat() if plan.first_month else "",
        "statistics": ", ".join(sorted(plan.fields)),
    }


def open_month(*, month: date, at: datetime) -> Task:
    """Return the month's one summary task, made if it is missing. Raises NoSummaryPlan.

    The database holds one summary task a plan and month, so two schedulers end with the same one. It is due on
    the month's last day, or a week after it is made where that day is gone: nobody could have done it before.
    """
    plan = SummaryPlan.objects.filter(active=True).select_related("workspace").first()
    if plan is None:
        raise NoSummaryPlan
    made_on = at.astimezone(ZoneInfo(plan.workspace.time_zone)).date()
    task, _ = Task.objects.get_or_create(
        plan=plan,
        month=first_of(month),
        defaults={
            "client": plan.client,
            "title": f"{plan.title} {month:%B %Y}",
            "topic": plan.topic,
            "assignee": _assignee(plan),
            "due_date": last_of(month) if made_on <= last_of(month) else made_on + CATCHING_UP,
            "created_at": at,
        },
    )
    return task


def open_missing_months(*, today: date, at: datetime) -> list[Task]:
    """Return the tasks of all months whose last day has come since the plan began, made where missing.

    A scheduler that slept over a month end so catches up once for each month (F65).
    """
    plan = SummaryPlan.objects.filter(active=True).first()
    if plan is None or plan.first_month is None:
        raise NoSummaryPlan
    due = [month for month in months_between(plan.first_month, today) if last_of(month) <= today]
    known = set(plan.tasks.filter(month__in=due).values_list("month", flat=True))
    return [open_month(month=month, at=at) for month in due if month not in known]


def take_in_figures(*, task: Task, figures: Mapping[str, Decimal], at: datetime) -> None:
    """Store the month's figures by statistic, those that the plan maps to a field.

    A value edited by hand is kept, and so are all values of a finished task; the figure stands beside them.
    """
    plan = SummaryPlan.objects.get()
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task.pk)
        for statistic, figure in figures.items():
            if statistic not in plan.fields:
                continue
            value, _ = TaskValue.objects.select_for_update().get_or_create(
                task=task, field_id=plan.fields[statistic], defaults={"value": figure}
            )
            value.statistic = statistic
            value.measured, value.measured_at = figure, at
            if not value.edited and task.state == TaskState.OPEN:
                value.value = figure
            value.save()


def _assignee(plan: SummaryPlan) -> User:
    """The client's default user, else the owner."""
    if plan.client and plan.client.default_user:
        return plan.client.default_user
    return Membership.objects.select_related("user").get(role=Role.OWNER).user
