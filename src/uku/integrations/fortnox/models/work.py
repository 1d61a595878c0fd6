"""What is to be done for a connection and when: the index of what is due, what was asked for, and which steps rest."""

from __future__ import annotations

from django.db import models

from uku.integrations.fortnox.models.connection import Connection
from uku.integrations.fortnox.models.sync_run import RunKind
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class DueWork(TenantModel):
    """When a connection has something to do next. The tables are the truth; this row is the index into them.

    It is narrow and its own, so that waking a connection never waits for whoever renews its tokens.
    """

    connection = models.OneToOneField(Connection, primary_key=True, on_delete=models.CASCADE, related_name="+")
    wake_no = models.BigIntegerField(default=0, db_default=0, help_text="how often it was woken")
    due_at = models.DateTimeField(null=True, help_text="by business time: schedules and expiry")
    real_due_at = models.DateTimeField(null=True, help_text="by the database's clock: leases, exports, wake-ups")
    fence = models.BigIntegerField(default=0, db_default=0, help_text="raised by each loop that begins")

    class Meta:
        base_manager_name = "everywhere"
        indexes = (
            models.Index(fields=["due_at"], name="fortnox_due_work"),
            models.Index(fields=["real_due_at"], name="fortnox_due_work_real"),
        )

    def __str__(self) -> str:
        return f"work of connection {self.connection_id}"


class RequestedSync(TenantModel):
    """A sync that somebody asked for; it ends when a run has begun after it."""

    company_id = models.CharField(max_length=30)
    kind = models.CharField(max_length=15, choices=RunKind)
    full = models.BooleanField(default=False)
    asked_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="empty: a hint of Fortnox"
    )
    asked_at = models.DateTimeField()

    class Meta:
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace", "kind"], name="fortnox_requested_sync_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.asked_at:%Y-%m-%d %H:%M} UTC"


class ReadKind(models.TextChoices):
    """What one request reads: a record of a register, the company itself, or what the grant gives."""

    CUSTOMER = "customers"
    ARTICLE = "articles"
    COMPANY = "company"
    GRANT = "grant"


class RequestedRead(TenantModel):
    """One record that somebody waits for, or a look at the company or its grant."""

    company_id = models.CharField(max_length=30)
    kind = models.CharField(max_length=15, choices=ReadKind)
    number = models.CharField(max_length=1024, blank=True)
    asked_at = models.DateTimeField()

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "company_id", "kind", "number"], name="fortnox_requested_read_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class RequestedPreview(TenantModel):
    """The month that somebody wants counted before they choose statistics; one a company, the last one asked for."""

    company_id = models.CharField(max_length=30)
    month = models.DateField()
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    failed = models.CharField(max_length=300, blank=True, help_text="why it could not be counted")

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "company_id"], name="fortnox_requested_preview_once"),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class StepRest(TenantModel):
    """A step that failed and is left alone for a while. `step` empty: all background steps, in an outage."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    step = models.CharField(max_length=30, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    until = models.DateTimeField(help_text="by business time")

    class Meta:
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["connection", "step"], name="fortnox_step_rest_once"),)

    def __str__(self) -> str:
        return f"{self.step or 'all'} until {self.until:%H:%M:%S} UTC"
