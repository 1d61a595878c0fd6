"""What the client was sent: the papers as they went out, each delivery with its outcome, and the firm's settings."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.clients.models import VatType
from uku.invoices.models import Invoice
from uku.invoices.pdf.content import Language, Supply
from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class DeliveryWay(models.TextChoices):
    """Who brings an invoice to the client."""

    ACCOUNTING = "accounting", _("From the accounting system")
    UKU = "uku", _("By e-mail from Uku")
    HAND = "hand", _("By yourself")


class DeliveryKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    REMINDER = "reminder", _("Reminder")


class DeliveryState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    REFUSED = "refused", _("Refused")
    UNCLEAR = "unclear", _("Not confirmed")
    NOT_SENT = "not_sent", _("Not sent")


OPEN_STATES: Final = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNCLEAR)
"""While one of these stands nothing else is sent."""


MAIL_REFUSED: Final = "mail_refused"
"""The error code of an e-mail that the mail server did not accept."""


class LedgerMethod(models.TextChoices):
    """How the accounting system sends an invoice."""

    EMAIL = "email", _("by e-mail")
    EINVOICE = "einvoice", _("as an e-invoice")
    PRINT = "print", _("as a PDF that you print")


class DocumentSource(models.TextChoices):
    UKU = "uku", _("Uku")
    ACCOUNTING = "accounting", _("Accounting system")


class InvoiceDocument(TenantModel):
    """The PDF of an issued invoice, drawn once by Uku or the accounting system and never anew (BFL 7)."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="documents")
    source = models.CharField(max_length=10, choices=DocumentSource)
    number = models.CharField(
        max_length=30, default="", db_default="", help_text="the one it tells: issued again an invoice has another"
    )
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=2, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["invoice", "source", "number"], name="uku_invoicedocument_number"),
        )

    def __str__(self) -> str:
        return f"PDF of {self.invoice_id}"


class InvoiceDelivery(TenantModel):
    """The intent to bring an invoice or a reminder to the client, stored before anything leaves, and what came of it.

    It is tried once. `ledger_due_at` is by the database's clock: when the accounting system is to be asked to send it,
    told that it was sent, or asked for its paper; empty when nothing is left to ask.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=10, choices=DeliveryKind, default=DeliveryKind.INVOICE)
    way = models.CharField(max_length=10, choices=DeliveryWay)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.QUEUED)
    method = models.CharField(max_length=10, choices=LedgerMethod, blank=True)
    to = models.CharField(max_length=1024, blank=True, help_text="addresses with a comma between them; cc, bcc alike")
    cc = models.CharField(max_length=1024, blank=True)
    bcc = models.CharField(max_length=1024, blank=True)
    document = models.ForeignKey(InvoiceDocument, null=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, help_text="by the database's clock: since when it is being sent")
    was_sent = models.BooleanField(
        default=False, help_text="the accounting system called it sent before, so that this tells nothing"
    )
    ended_at = models.DateTimeField(null=True)
    sent_on = models.DateField(null=True, help_text="the day that a person named")
    error_code = models.CharField(max_length=20, blank=True)
    error_text = models.CharField(max_length=500, blank=True)
    ledger_due_at = models.DateTimeField(null=True)
    ledger_error = models.CharField(max_length=500, blank=True, help_text="why it could not be marked as sent there")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["invoice"], condition=models.Q(state__in=OPEN_STATES), name="uku_invoicedelivery_one_open"
            ),
        )
        indexes = (
            models.Index(
                fields=["workspace", "ledger_due_at"],
                condition=models.Q(ledger_due_at__isnull=False),
                name="uku_invoicedelivery_ledger",
            ),
            models.Index(
                fields=["asked_at"],
                condition=models.Q(state__in=(DeliveryState.QUEUED, DeliveryState.SENDING)),
                name="uku_invoicedelivery_moving",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.invoice_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class InvoiceSettings(TenantModel):
    """How a firm brings invoices to its clients. One row a workspace; without one the defaults hold."""

    way = models.CharField(max_length=10, choices=DeliveryWay, default=DeliveryWay.UKU)
    remind_after = models.PositiveSmallIntegerField(
        default=5, help_text="banking days after the due date before the first reminder"
    )
    bill_open_tasks = models.BooleanField(
        default=False, db_default=False, help_text="a number is billed before its task is finished, too"
    )
    late_interest = models.CharField(max_length=300, blank=True, help_text="empty: interest by law")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace"], name="uku_invoicesettings_one"),)

    def __str__(self) -> str:
        return f"sent {self.way}"


class VatSentence(TenantModel):
    """What an invoice in a language says about VAT in place of Uku's own sentence."""

    language = models.CharField(max_length=2, choices=[(each.value, each.value) for each in Language])
    vat_type = models.CharField(max_length=20, choices=VatType)
    supply = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Supply])
    text = models.CharField(max_length=300)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "language", "vat_type", "supply"], name="uku_vatsentence_once"
            ),
        )

    def __str__(self) -> str:
        return self.text
