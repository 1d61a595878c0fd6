"""Invoices on their way out."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.invoices.models import Invoice
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class ExportState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    UNCERTAIN = "uncertain", _("Not confirmed by Fortnox")
    CONFIRMED = "confirmed", _("In Fortnox")
    REJECTED = "rejected", _("Fortnox refused it")
    NEEDS_PERSON = "needs_person", _("Needs a decision")
    HELD = "held", _("Not sent: send it yourself")
    CANCELLED = "cancelled", _("Not sent: cancelled")
    WITHDRAWN = "withdrawn", _("Back to draft")
    LEFT = "left", _("Settled outside Uku")


class ExportKind(models.TextChoices):
    """How Fortnox makes it: from what is sent, or, as a credit note, from the invoice that it credits."""

    CREATE = "create", _("Create")
    CREDIT = "credit", _("Credit")


class Decision(models.TextChoices):
    """What a person decided about an invoice whose outcome stayed unknown."""

    ADOPTED = "adopted", _("Adopted an invoice in Fortnox")
    SENT_AGAIN = "sent_again", _("Sent again")
    LEFT = "left", _("Settled outside Uku")


NEEDS_YOU = frozenset({ExportState.REJECTED, ExportState.NEEDS_PERSON, ExportState.HELD})
"""Nothing happens to these until a person acts."""

NUMBER_USED = "number_used"
"""The error code of a rejected one whose number from Uku is on another invoice in Fortnox."""


OPEN = models.Q(state__in=[ExportState.QUEUED, ExportState.SENDING]) | models.Q(next_at__isnull=False)
"""Those that something is still to be done about by itself; few, however many were ever sent."""


class Hold(models.TextChoices):
    """Why an invoice is not sent unasked."""

    OLD = "old", _("Dated more than 35 days ago")
    EARLIER_YEAR = "earlier_year", _("Dated in an earlier financial year")


class InvoiceExport(TenantModel):
    """The intent to create one invoice in one Fortnox company, stored before the first byte is sent.

    An invoice has one that stands. Those of an earlier issue, after which it went back to draft, are withdrawn.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="+")
    company_id = models.CharField(max_length=30)
    reference = models.CharField(max_length=20)
    kind = models.CharField(
        max_length=10, choices=ExportKind, default=ExportKind.CREATE, db_default=ExportKind.CREATE.value
    )
    state = models.CharField(max_length=15, choices=ExportState, default=ExportState.QUEUED)
    hold = models.CharField(max_length=15, choices=Hold, blank=True, default="", db_default="")
    sent_by_hand_at = models.DateTimeField(null=True, help_text="when a person asked for it; its date holds it no more")
    payload = models.BinaryField(null=True)
    payload_hash = models.CharField(max_length=64, blank=True)
    text_changes = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    was_uncertain = models.BooleanField(
        default=False, db_default=False, help_text="a create had no clear outcome once: the invoice may exist"
    )
    lookups = models.PositiveSmallIntegerField(default=0)
    late_negatives = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    cancelled_number = models.CharField(
        max_length=30, blank=True, default="", db_default="", help_text="what was created before and cancelled there"
    )
    document_number = models.CharField(max_length=30, blank=True)
    to_book = models.BooleanField(default=True, db_default=True, help_text="by itself, once it is in Fortnox")
    cash_method = models.BooleanField(default=False, db_default=False, help_text="booked by its payments, never itself")
    booked = models.BooleanField(default=False)
    voucher = models.CharField(max_length=60, blank=True)
    cancel_wanted_at = models.DateTimeField(null=True, help_text="until it is cancelled or that is refused")
    cancelled_at = models.DateTimeField(null=True, help_text="when Fortnox had cancelled it for us")
    cancel_refusal = models.CharField(
        max_length=500, blank=True, default="", db_default="", help_text="why Fortnox did not cancel it"
    )
    foreign_note = models.CharField(
        max_length=30, blank=True, default="", db_default="", help_text="the credit note that was made in Fortnox"
    )
    number_kept = models.BooleanField(
        default=False, db_default=False, help_text="a person let the invoice keep its number outside Fortnox"
    )
    error_code = models.CharField(max_length=20, blank=True)
    error_text = models.CharField(max_length=500, blank=True)
    decision = models.CharField(max_length=15, choices=Decision, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decision_reason = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="why it is settled outside Uku"
    )
    created_at = models.DateTimeField()
    read_due_at = models.DateTimeField(null=True, help_text="since when it is to be read back: a list showed a change")

    class Meta:
        db_table = "fortnox_push"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "invoice"],
                condition=~models.Q(state=ExportState.WITHDRAWN),
                name="fortnox_push_one_intent",
            ),
            models.UniqueConstraint(
                fields=["company_id", "document_number"],
                condition=~models.Q(document_number=""),
                name="fortnox_push_one_number",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ExportState.CONFIRMED) | ~models.Q(document_number=""),
                name="fortnox_push_confirmed_has_number",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ExportState.LEFT) | ~models.Q(decision_reason=""),
                name="fortnox_push_left_has_reason",
            ),
        )
        indexes = (
            models.Index(fields=["state", "next_at"], name="fortnox_push_due"),
            models.Index(fields=["workspace", "company_id"], condition=OPEN, name="fortnox_push_open"),
            models.Index(
                fields=["workspace", "company_id"],
                condition=models.Q(read_due_at__isnull=False),
                name="fortnox_push_read_due",
            ),
            models.Index(
                fields=["workspace", "company_id"],
                condition=models.Q(cancel_wanted_at__isnull=False),
                name="fortnox_push_cancel",
            ),
        )

    def __str__(self) -> str:
        return f"export of {self.reference}"

    @classmethod
    def standing(cls) -> models.QuerySet[InvoiceExport]:
        """The exports that count, in the workspace in force."""
        return cls.objects.exclude(state=ExportState.WITHDRAWN)
