"""A piece of work for people; its kind; its own fields; and the monthly summary task."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.clients import names
from uku.clients.models import Client
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User

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


class SummaryPlan(TenantModel):
    """What the monthly summary task looks like; off until switched on."""

    active = models.BooleanField(default=False)
    title = models.CharField(max_length=200, default="Monthly summary")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="+")
    fields = models.JSONField(default=dict, help_text="statistic name to task field id")
    first_month = models.DateField(null=True)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"

    def __str__(self) -> str:
        return self.title


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
