"""A piece of work for people; its kind; its own fields; and the monthly summary task."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.clients import names
from uku.clients.models import Client
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User, Workspace

LONGEST_TEXT = 1000


class Topic(TenantModel):
    name = models.CharField(max_length=100)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="uku_topic_name"),)

    def __str__(self) -> str:
        return self.name


class FieldKind(models.TextChoices):
    NUMBER = "number", _("Number")
    TEXT = "text", _("Text")
    CHOICE = "choice", _("Choice")
    YES_NO = "yes_no", _("Yes or no")


class TaskField(TenantModel):
    """A custom field of tasks; products can bill from a number."""

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=FieldKind, default=FieldKind.NUMBER, db_default=FieldKind.NUMBER)
    choices = ArrayField(
        models.CharField(max_length=100),
        default=list,
        db_default=models.Value([], ArrayField(models.CharField(max_length=100))),
    )
    archived_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "name"], name="uku_taskfield_name"),
            models.CheckConstraint(
                condition=models.Q(kind=FieldKind.CHOICE) | models.Q(choices=[]), name="uku_taskfield_choices_of_kind"
            ),
        )

    def __str__(self) -> str:
        return self.name


class BooksTie(TenantModel):
    """A client's books that another workspace counts: what it hands over each month, and nothing else, comes here.

    `workspace` is the firm's, `books` the one that is connected to the client's company; `company` is that company,
    empty until its first figures came. This is the only row that knows two workspaces.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    books = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="+")
    company = models.CharField(max_length=30, blank=True, default="")
    tied_at = models.DateTimeField()
    tied_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    untied_at = models.DateTimeField(null=True)
    untied_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["client"], condition=models.Q(untied_at=None), name="uku_bookstie_client"),
            models.UniqueConstraint(fields=["books"], condition=models.Q(untied_at=None), name="uku_bookstie_books"),
            models.UniqueConstraint(fields=["client", "books"], name="uku_bookstie_once"),
            models.CheckConstraint(condition=~models.Q(workspace=models.F("books")), name="uku_bookstie_two_places"),
        )

    def __str__(self) -> str:
        return f"{self.client}: {self.books}"


class SummaryPlan(TenantModel):
    """What the monthly summary task looks like, for one company's books; off until switched on.

    The books are those of the workspace's own `company` (empty until they are first counted), or of a tie.
    """

    active = models.BooleanField(default=False)
    tie = models.OneToOneField(BooksTie, null=True, on_delete=models.PROTECT, related_name="plan")
    company = models.CharField(max_length=30, blank=True, default="", db_default="")
    title = models.CharField(max_length=200, default="Monthly summary")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="+")
    first_month = models.DateField(null=True)
    disconnected_at = models.DateTimeField(null=True, help_text="since when its own books are not connected")
    import_day = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="of the next month; 0: the last day of the month itself"
    )
    import_time = models.TimeField(default=time(0), db_default=time(0), help_text="by the workspace's zone")
    due_days = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="after the month's last day")
    deviation_percent = models.PositiveSmallIntegerField(
        default=25, db_default=25, help_text="a number further from what is expected than this is pointed out"
    )

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "company"], condition=models.Q(tie=None), name="uku_summaryplan_one_a_company"
            ),
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(tie=None, active=True), name="uku_summaryplan_one_active"
            ),
            models.CheckConstraint(condition=models.Q(import_day__lte=28), name="uku_summaryplan_import_day"),
        )

    def __str__(self) -> str:
        return self.title


class PlanField(TenantModel):
    """The task field that a statistic of a plan fills; none: figures are handed over, and not wanted on the task."""

    plan = models.ForeignKey(SummaryPlan, on_delete=models.CASCADE, related_name="plan_fields")
    statistic = models.CharField(max_length=50)
    field = models.ForeignKey(TaskField, null=True, on_delete=models.PROTECT, related_name="+")
    agreed = models.PositiveIntegerField(null=True, help_text="the volume a month that was agreed with the client")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["plan", "statistic"], name="uku_planfield_statistic"),
            models.UniqueConstraint(fields=["plan", "field"], name="uku_planfield_field"),
        )

    def __str__(self) -> str:
        return f"{self.statistic}: {self.field}"


class Missing(models.TextChoices):
    """Why a month has no figure, or not all of one."""

    NO_YEAR = "no_year", _("The books have no financial year for this month.")
    PART_OF_A_YEAR = "part_of_a_year", _("Only a part of this month lies in a financial year; that part is counted.")
    UNREADABLE = "unreadable", _("The books of this month could not be read. Uku tries again tomorrow.")
    NOT_PERMITTED = "not_permitted", _("The permission to read this is missing.")


class MonthFigure(TenantModel):
    """What the books say of a month for one statistic, whether or not the month has a task."""

    plan = models.ForeignKey(SummaryPlan, on_delete=models.CASCADE, related_name="figures")
    month = models.DateField()
    statistic = models.CharField(max_length=50)
    count = models.PositiveBigIntegerField(null=True, help_text="the last that was read; empty: never")
    missing = models.CharField(max_length=20, choices=Missing, blank=True, help_text="why there is none, or not all")
    final = models.BooleanField(default=False, help_text="the books were locked through the month when it was counted")
    counted_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["plan", "month", "statistic"], name="uku_monthfigure_once"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="uku_monthfigure_month_is_a_first"),
            models.CheckConstraint(
                condition=models.Q(count=None) | models.Q(counted_at__isnull=False), name="uku_monthfigure_counted_at"
            ),
        )

    def __str__(self) -> str:
        return f"{self.statistic} {self.month:%Y-%m}: {self.count}"


class TaskState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")


class Task(TenantModel):
    """A summary task has a plan and a month, by its first day; any other task has neither."""

    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=200)
    title_search = models.CharField(max_length=200, editable=False, default="", db_default="")
    description = models.TextField(blank=True, default="", db_default="")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    assignee = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    due_date = models.DateField()
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.OPEN)
    plan = models.ForeignKey(SummaryPlan, null=True, on_delete=models.PROTECT, related_name="tasks")
    month = models.DateField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="empty: Uku, by a plan"
    )
    finished_at = models.DateTimeField(null=True)
    finished_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="grows with every change")
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "plan", "month"], name="uku_task_one_summary_a_month"),
            models.CheckConstraint(
                condition=models.Q(month=None) | models.Q(month__day=1), name="uku_task_month_is_a_first"
            ),
            models.CheckConstraint(
                condition=models.Q(plan=None, month=None) | models.Q(plan__isnull=False, month__isnull=False),
                name="uku_task_month_of_a_plan",
            ),
        )
        indexes = (models.Index(fields=["workspace", "state", "due_date"], name="uku_task_by_due_date"),)

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.title_search = names.for_search(self.title)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "title_search"}
        super().save(*args, **kwargs)


class TaskValue(TenantModel):
    """What a field says on a task: a number in `value`, anything else in `text`.

    `measured` is the figure that the books last gave for `statistic`, beside what a person made of it.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="values")
    field = models.ForeignKey(TaskField, on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    text = models.CharField(
        max_length=LONGEST_TEXT, blank=True, default="", db_default="", help_text="yes or no for a field of that kind"
    )
    statistic = models.CharField(
        max_length=50, blank=True, default="", db_default="", help_text="what fills it; empty: a person"
    )
    measured = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    measured_at = models.DateTimeField(null=True)
    edited = models.BooleanField(default=False)
    late_dismissed_at = models.DateTimeField(null=True, help_text="when a person said not to bill what came late")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["task", "field"], name="uku_taskvalue_once"),
            models.CheckConstraint(
                condition=models.Q(value__isnull=False, text="")
                | models.Q(value=None, measured=None, statistic="") & ~models.Q(text=""),
                name="uku_taskvalue_number_or_text",
            ),
        )

    def __str__(self) -> str:
        return f"{self.field}: {self.text if self.value is None else self.value}"


class TaskComment(TenantModel):
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        ordering = ("at", "id")

    def __str__(self) -> str:
        return self.text
