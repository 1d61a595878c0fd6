"""A piece of work for people; its kind; its own fields; and the monthly summary task."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class Topic(TenantModel):
    name = models.CharField(max_length=100)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="uku_topic_name"),)

    def __str__(self) -> str:
        return self.name


class TaskField(TenantModel):
    """A custom number field of tasks; products can bill from it."""

    name = models.CharField(max_length=100)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace", "name"], name="uku_taskfield_name"),)

    def __str__(self) -> str:
        return self.name


class SummaryPlan(TenantModel):
    """What the monthly summary task looks like: one plan a workspace; off until switched on."""

    active = models.BooleanField(default=False)
    title = models.CharField(max_length=200, default="Monthly summary")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="+")
    fields = models.JSONField(default=dict, help_text="statistic name to task field id")
    first_month = models.DateField(null=True)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace"], name="uku_summaryplan_one"),)

    def __str__(self) -> str:
        return self.title


class TaskState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")


class Task(TenantModel):
    """`month` is the first of the month for a summary task, empty for any other task."""

    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=200)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    assignee = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    due_date = models.DateField()
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.OPEN)
    month = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "month"], name="uku_task_one_summary_a_month"),
            models.CheckConstraint(
                condition=models.Q(month=None) | models.Q(month__day=1), name="uku_task_month_is_a_first"
            ),
        )
        indexes = (models.Index(fields=["workspace", "state", "due_date"], name="uku_task_by_due_date"),)

    def __str__(self) -> str:
        return self.title


class TaskValue(TenantModel):
    """A number on a task, with the figure the books last gave beside what a person made of it."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="values")
    field = models.ForeignKey(TaskField, on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(max_digits=14, decimal_places=2)
    measured = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    measured_at = models.DateTimeField(null=True)
    edited = models.BooleanField(default=False)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["task", "field"], name="uku_taskvalue_once"),)

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"
