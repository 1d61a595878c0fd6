"""Sync runs and reloads, what they skipped, and what did not go through."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.integrations.fortnox.models.connection import BlockReason
from uku.integrations.fortnox.models.invoice_export import InvoiceExport
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class RunKind(models.TextChoices):
    CUSTOMERS = "customers", _("Customers")
    ARTICLES = "articles", _("Articles")
    PAYMENTS = "payments", _("Paid status")
    STATISTICS = "statistics", _("Work statistics")
    COMPARISON = "comparison", _("Invoice comparison")


READ_KINDS = tuple(kind for kind in RunKind if kind != RunKind.COMPARISON)
"""What comes in from Fortnox; a comparison stores nothing but what differs."""


class RunState(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    CANCELLED = "cancelled", _("Cancelled")


class StopReason(models.TextChoices):
    """Why a sync run stopped, where that is more than an error of Fortnox's."""

    NOT_PERMITTED = "not_permitted", _("A permission or licence is missing")
    COMPANY_CHANGED = "company_changed", _("Another company was connected in the meantime")


class ReloadStop(models.TextChoices):
    """Why a reload stopped."""

    DISCONNECTED = "disconnected", _("Disconnected")
    OTHER_COMPANY = "other_company", _("Another company was connected")
    BLOCKED = "blocked", _("The connection was blocked")
    PHASE_FAILED = "phase_failed", _("A phase failed")


class ReloadPhase(models.TextChoices):
    """The phases of a reload, in their order."""

    CUSTOMERS = "customers", _("Customers")
    ARTICLES = "articles", _("Articles")
    DETAILS = "details", _("Details")
    PAYMENTS = "payments", _("Paid status")
    STATISTICS = "statistics", _("Work statistics")


class Reload(TenantModel):
    """One press of Reload data: its phase, what it came to, who asked. Its runs carry the figures.

    `cancel_asked_at` is a wish; the work ends at its next page. `asked_by` empty: the command line. `counts` holds the
    requests that each phase was expected to take.
    """

    company_id = models.CharField(max_length=30)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    phase = models.CharField(max_length=15, choices=ReloadPhase, default=ReloadPhase.CUSTOMERS)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True, help_text="it met a passing error, and goes on then")
    requests = models.PositiveIntegerField(default=0, db_default=0, help_text="made for it so far")
    details_total = models.PositiveIntegerField(null=True, help_text="how many were due when their phase began")
    details_read = models.PositiveIntegerField(default=0, db_default=0)
    details_began_at = models.DateTimeField(null=True)
    builds_months = models.BooleanField(
        default=False, db_default=False, help_text="months of the window without a summary task get one"
    )
    details_tries = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="that failed, one on another")
    stop_reason = models.CharField(max_length=20, choices=ReloadStop, blank=True, default="", db_default="")
    block_reason = models.CharField(
        max_length=40, choices=BlockReason, blank=True, default="", db_default="", help_text="of the connection"
    )
    counts: models.JSONField[dict[str, int]] = models.JSONField(default=dict)

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(state="running"), name="fortnox_reload_one_at_a_time"
            ),
        )
        indexes = (models.Index(fields=["workspace", "-id"], name="fortnox_reload_newest"),)

    def __str__(self) -> str:
        return f"reload of {self.started_at:%Y-%m-%d %H:%M} UTC"


class SyncRun(TenantModel):
    """One execution of a sync: where it stands and what it counted. What it skipped stands in `SkippedRecord`.

    A full run reads everything, then what changed since the last complete run, if there is one: `since`. An import
    reads a list in each stage: the columns that begin with `list_` are about the present one.
    """

    company_id = models.CharField(max_length=30)
    kind = models.CharField(max_length=15, choices=RunKind)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    full = models.BooleanField(default=False, db_default=False)
    since = models.DateTimeField(null=True, help_text="read what changed since; empty: there is no complete run yet")
    stage = models.CharField(max_length=20, default="active")
    page = models.PositiveIntegerField(default=0, help_text="the last page whose rows are stored")
    list_total = models.PositiveBigIntegerField(null=True, help_text="the rows that Fortnox says it has")
    list_rows = models.PositiveIntegerField(default=0, db_default=0, help_text="the rows that came so far")
    list_moved = models.BooleanField(default=False, db_default=False, help_text="its total changed while it was read")
    list_reread = models.BooleanField(default=False, db_default=False, help_text="it is being read a second time")
    seen_before_list = models.PositiveIntegerField(default=0, db_default=0)
    paused = models.BooleanField(default=False, db_default=False, help_text="on purpose, between two pages")
    tries = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="of the next page, that failed")
    interruptions = models.PositiveIntegerField(default=0, db_default=0, help_text="how often it was cut off")
    lists_disagreed = models.BooleanField(
        default=False, db_default=False, help_text="a list had no total, or was read twice: what was not seen may exist"
    )
    counts: models.JSONField[dict[str, int]] = models.JSONField(default=dict)
    stop_reason = models.CharField(max_length=20, choices=StopReason, blank=True)
    text = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="empty: the schedule"
    )
    reload = models.ForeignKey(Reload, null=True, on_delete=models.PROTECT, related_name="runs")

    class Meta:
        db_table = "fortnox_run"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "kind"],
                condition=models.Q(state="running"),
                name="fortnox_run_one_at_a_time",
            ),
        )
        indexes = (models.Index(fields=["workspace", "kind", "-id"], name="fortnox_run_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M} UTC"


class SkipReason(models.TextChoices):
    """Why a run did not import a record."""

    INACTIVE = "inactive", _("Inactive in Fortnox")
    DELETED = "deleted", _("Deleted in Fortnox")
    UNREADABLE = "unreadable", _("Could not be read")
    NOT_STORED = "not_stored", _("Could not be stored")


class SkippedRecord(TenantModel):
    """A record that a run did not import. Rows from before the reason was a choice have a sentence as their reason."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="skipped_records")
    number = models.CharField(max_length=1024)
    name = models.CharField(max_length=1024, blank=True)
    reason = models.CharField(max_length=300, choices=SkipReason)
    detail = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="what could not be read, for whoever runs Uku"
    )

    class Meta:
        db_table = "fortnox_passedover"
        base_manager_name = "everywhere"

    def __str__(self) -> str:
        return f"{self.number} {self.reason}"

    @property
    def reason_in_words(self) -> str:
        label = str(self.get_reason_display())
        return f"{label}: {self.detail}" if self.detail else label


class BulkCreation(TenantModel):
    """Clients being made from all customers that waited when a person asked for it; one at a time.

    `up_to` is the newest record that the person saw. `alike` counts those that turned out to look like a
    client, which go to the review queue instead.
    """

    company_id = models.CharField(max_length=30)
    up_to = models.BigIntegerField()
    asked = models.PositiveIntegerField(help_text="how many waited")
    made = models.PositiveIntegerField(default=0)
    alike = models.PositiveIntegerField(default=0)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    text = models.CharField(max_length=300, blank=True, help_text="why it ended before its end")

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(ended_at=None), name="fortnox_bulk_creation_one_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"clients from {self.asked} customers"


class Difference(models.TextChoices):
    """What a comparison of both sides' invoices found; the code of its sync issue."""

    AMOUNT = "amount", _("The totals differ")
    TWICE = "twice", _("More than one invoice has the same reference")
    MOVED = "moved", _("Another invoice has the reference")
    UNKNOWN = "unknown", _("Uku does not know the invoice")


class SyncIssue(TenantModel):
    """A record, or a run, that did not go through: one row while it lasts, however often it is tried.

    `code` is Fortnox's own, `reason` one of ours when Fortnox was never asked. It ends by being solved (the
    record went through later) or ignored (a person said so).
    """

    company_id = models.CharField(max_length=30)
    kind = models.CharField(max_length=15, help_text="customer, article, invoice, difference, or the kind of a run")
    number = models.CharField(max_length=1024, blank=True, help_text="the record's number, ours or Fortnox's")
    name = models.CharField(max_length=1024, blank=True)
    export = models.ForeignKey(InvoiceExport, null=True, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20, blank=True)
    message = models.CharField(max_length=500, blank=True, help_text="Fortnox's own words")
    reason = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=40, blank=True, help_text="Fortnox's X-Uid, which its support asks for")
    digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="SHA-256 of the row that could not be read"
    )
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)
    ignored_at = models.DateTimeField(null=True)
    ignored_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "fortnox_problem"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "company_id", "kind", "number"],
                condition=models.Q(solved_at=None),
                name="fortnox_problem_one_open",
            ),
        )
        indexes = (models.Index(fields=["workspace", "-last_at"], name="fortnox_problem_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
