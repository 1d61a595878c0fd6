"""The firm's invoice to a client; its states as constraints."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uku.clients.models import Client
from uku.invoices.numbers import FIRST_NUMBER
from uku.invoices.totals import Line, Totals
from uku.kit.scoping import TenantModel
from uku.products.models import Product
from uku.workspaces.models import User


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    APPROVAL = "approval", _("Approval")
    CREATED = "created", _("Created")
    SENT = "sent", _("Sent")
    PAID = "paid", _("Paid")
    CANCELLED = "cancelled", _("Cancelled")


LONGEST_DESCRIPTION, LONGEST_REMARKS = 255, 1000
OPEN_STATES = (State.DRAFT, State.APPROVAL)


class Numbering(models.TextChoices):
    """Who gives the number that the customer sees; fixed for each invoice when it is issued."""

    OWN = "own", _("Number from Uku")
    ACCOUNTING = "accounting", _("Number from the accounting system")


class RowKind(models.TextChoices):
    """What a row is: something that is sold, or a line of text without an amount."""

    ARTICLE = "article", _("Article")
    TEXT = "text", _("Text")


def _money(**facts: Any) -> models.DecimalField[Decimal, Decimal]:
    return models.DecimalField(max_digits=14, decimal_places=2, default=Decimal("0.00"), **facts)


def _credit(*, help_text: str) -> models.DecimalField[Decimal, Decimal]:
    return _money(db_default=Decimal("0.00"), help_text=help_text)


class Invoice(TenantModel):
    """Amounts are in `currency`, to the öre. Nothing but what is read back changes after issue.

    A credit note is an invoice that `credits` another one: its quantities and totals are negative.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="invoices")
    credits = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="credit_notes")
    reference = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    numbering = models.CharField(max_length=10, choices=Numbering, blank=True)
    ledger = models.CharField(
        max_length=30,
        blank=True,
        default="",
        db_default="",
        help_text="the accounting system's company that gives the number; empty when Uku does",
    )
    number = models.CharField(max_length=30, blank=True)
    ocr = models.CharField(max_length=30, blank=True)
    invoice_date = models.DateField()
    due_date = models.DateField()
    supply_from = models.DateField(null=True, help_text="first day of what is billed; with `supply_to`")
    supply_to = models.DateField(null=True, help_text="last day of what is billed, or the day of delivery")
    currency = models.CharField(max_length=3, default="SEK")
    your_reference = models.CharField(max_length=50, blank=True)
    our_reference = models.CharField(max_length=50, blank=True)
    remarks = models.CharField(max_length=LONGEST_REMARKS, blank=True)
    net = _money()
    vat = _money()
    rounding = _money()
    total = _money()
    difference = models.CharField(max_length=200, blank=True)
    difference_accepted_at = models.DateTimeField(null=True, help_text="when a person said that it is right")
    balance = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    booked = models.BooleanField(default=False)
    credited = models.BooleanField(default=False, help_text="nothing is left to credit")
    credited_amount = _credit(help_text="what its credit notes sum to, as a positive amount")
    credit_balance = _credit(help_text="what is open of its credit notes, as a negative amount")
    ledger_credit_amount = _credit(help_text="the part of `credited_amount` on notes that were not made in Uku")
    ledger_credit_balance = _credit(help_text="the part of `credit_balance` on notes that were not made in Uku")
    cancel_asked_at = models.DateTimeField(null=True, help_text="until the accounting system has cancelled it too")
    final_pay_date = models.DateField(null=True)
    read_at = models.DateTimeField(null=True)
    marked_paid_on = models.DateField(null=True, help_text="the day of payment that a person stated")
    marked_paid_at = models.DateTimeField(null=True)
    marked_paid_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    missing_since = models.DateTimeField(null=True, help_text="since when the books do not have it any more")
    ledger_ocr = models.CharField(
        max_length=30,
        blank=True,
        default="",
        db_default="",
        help_text="the accounting system's OCR, where it is another",
    )
    factored = models.BooleanField(
        default=False, db_default=False, help_text="sent or sold by the accounting system's invoice service"
    )
    ledger_reminders = models.PositiveSmallIntegerField(default=0, db_default=0)
    ledger_reminded_on = models.DateField(null=True)
    currency_rate = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, help_text="of the books' currency for one of `currency`"
    )
    currency_rate_on = models.DateField(null=True)
    issued_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    handed_over_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="who asked for approval last"
    )
    approval_remark = models.CharField(
        max_length=500, blank=True, default="", db_default="", help_text="why it came back from approval"
    )
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="of a draft: one more with each change")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "reference"], name="uku_invoice_reference"),
            # Two companies may both have an invoice 1. That a number from Uku is nobody else's, a trigger holds.
            models.UniqueConstraint(
                fields=["workspace", "number", "ledger"],
                condition=~models.Q(number=""),
                name="uku_invoice_number_in_ledger",
            ),
            models.UniqueConstraint(
                fields=["workspace", "ocr", "ledger"], condition=~models.Q(ocr=""), name="uku_invoice_ocr_in_ledger"
            ),
            models.CheckConstraint(
                condition=models.Q(numbering="accounting") | models.Q(ledger=""), name="uku_invoice_own_has_no_ledger"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=OPEN_STATES, issued_at=None, numbering="", number="")
                | (~models.Q(state__in=OPEN_STATES) & models.Q(issued_at__isnull=False) & ~models.Q(numbering="")),
                name="uku_invoice_issued_once",
            ),
            models.CheckConstraint(
                condition=models.Q(supply_from=None)
                | models.Q(supply_to__isnull=False, supply_to__gte=models.F("supply_from")),
                name="uku_invoice_supply_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(marked_paid_on=None, marked_paid_at=None, marked_paid_by=None)
                | models.Q(marked_paid_on__isnull=False, marked_paid_at__isnull=False, marked_paid_by__isnull=False),
                name="uku_invoice_mark_is_whole",
            ),
        )
        indexes = (models.Index(fields=["workspace", "state", "-id"], name="uku_invoice_by_state"),)

    def __str__(self) -> str:
        words = gettext("Credit note %(number)s") if self.is_credit_note else gettext("Invoice %(number)s")
        return words % {"number": self.number or self.reference}

    @property
    def is_credit_note(self) -> bool:
        return self.credits_id is not None

    @property
    def is_issued(self) -> bool:
        return self.issued_at is not None

    @property
    def is_missing(self) -> bool:
        return self.missing_since is not None

    @property
    def is_paid_by_mark(self) -> bool:
        """Say whether it counts as paid because a person said so; the books have told nothing since."""
        marked = self.marked_paid_at
        return self.state == State.PAID and marked is not None and (self.read_at is None or self.read_at < marked)

    @property
    def contradicted_mark(self) -> date | None:
        """Return the day on which a person said that it was paid, where the books say that something is left to pay."""
        is_owed = self.state in {State.CREATED, State.SENT} and self.net_balance > 0
        return self.marked_paid_on if is_owed and not (self.credited or self.is_missing) else None

    @property
    def net_balance(self) -> Decimal:
        """What is owed, with what is open of its credit notes; below zero, what is to be given back."""
        return (self.total if self.balance is None else self.balance) + self.credit_balance

    @property
    def totals(self) -> Totals:
        return Totals(self.net, self.vat, self.rounding, self.total)


class TaskCharge(TenantModel):
    """That a number on a task is billed by an invoice or draft, once; what came late is billed once more.

    It is freed when its rows leave the draft, or when the invoice is cancelled or credited whole.
    """

    value = models.ForeignKey("uku.TaskValue", on_delete=models.PROTECT, related_name="charges")
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="task_charges")
    quantity = models.DecimalField(max_digits=14, decimal_places=2)
    measured = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        help_text="the counted figure that this bills; what comes later is late",
    )
    late = models.BooleanField(default=False, help_text="it bills what was counted after the value was billed")
    freed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(
                fields=["value", "late"], condition=models.Q(freed_at=None), name="uku_taskcharge_one_of_a_value"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} of task value {self.value_id}"


class InvoiceRow(TenantModel):
    """The price is for one unit, without VAT; rate and discount are in per cent.

    The article is one of `article_company`, as a product's is. A row of text has a description alone.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="rows")
    credits = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="credit_rows")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=RowKind, default=RowKind.ARTICLE, db_default=RowKind.ARTICLE)
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="+")
    article_number = models.CharField(max_length=50, blank=True)
    article_company = models.CharField(max_length=30, blank=True, default="", db_default="")
    description = models.CharField(max_length=LONGEST_DESCRIPTION)
    quantity = models.DecimalField(max_digits=14, decimal_places=2)
    unit = models.CharField(max_length=20, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=2)
    discount = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0), db_default=Decimal(0), help_text="per cent of the price"
    )
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    rate_proposed = models.BooleanField(
        default=False, db_default=False, help_text="nobody wrote the rate: it follows the draft's client and product"
    )
    rate_name = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="what the rate was called when it was issued"
    )
    charge = models.ForeignKey(TaskCharge, null=True, on_delete=models.RESTRICT, related_name="rows")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["invoice", "position"], name="uku_invoicerow_position"),
            models.CheckConstraint(
                condition=models.Q(discount__gte=0, discount__lte=100), name="uku_invoicerow_discount_in_range"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="article")
                | models.Q(quantity=0, price=0, vat_rate=0, discount=0, article_number="", product=None),
                name="uku_invoicerow_text_alone",
            ),
        )

    def __str__(self) -> str:
        return self.description

    def article_in(self, company: str) -> str:
        """Return the number of the row's article in a company: its own, else its product's, or ""."""
        if self.article_number and self.article_company == company:
            return self.article_number
        return self.product.article_in(company) if self.product else ""

    def asks_for_article(self, company: str) -> bool:
        """Say whether the row has an article, and none in this company."""
        return bool(self.article_number) and not self.article_in(company)

    @property
    def line(self) -> Line:
        return Line(self.quantity, self.price, self.vat_rate, self.discount)

    @property
    def is_text(self) -> bool:
        return self.kind == RowKind.TEXT


class Payment(TenantModel):
    """A payment as the books tell it; only a booked one counts."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="payments")
    external_number = models.CharField(max_length=30)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    paid_on = models.DateField(null=True)
    booked = models.BooleanField(default=False)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["invoice", "external_number"], name="uku_payment_once"),)

    def __str__(self) -> str:
        return f"Payment {self.external_number}"


class CancelledNumber(TenantModel):
    """A number from Uku that an invoice had before it went back to draft; nobody ever gets it again."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="cancelled_numbers")
    number = models.CharField(max_length=30)
    ocr = models.CharField(max_length=30)
    cancelled_at = models.DateTimeField()
    cancelled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "number"], name="uku_cancellednumber_number"),
            models.UniqueConstraint(fields=["workspace", "ocr"], name="uku_cancellednumber_ocr"),
        )

    def __str__(self) -> str:
        return self.number


class MonthCheck(TenantModel):
    """That somebody looked a month through, named by its first day."""

    month = models.DateField()
    checked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace", "month"], name="uku_monthcheck_once"),)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class NumberSeries(TenantModel):
    """The next number of our own series, one row a workspace, locked while a number is taken."""

    next_number = models.PositiveBigIntegerField(default=FIRST_NUMBER)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace"], name="uku_numberseries_one"),)

    def __str__(self) -> str:
        return f"next number {self.next_number}"
