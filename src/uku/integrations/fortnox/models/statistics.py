"""What kind of voucher each series of a company holds."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class VoucherKind(models.TextChoices):
    MANUAL = "manual", _("Manual vouchers")
    CUSTOMER_INVOICE = "customer_invoice", _("Customer invoice vouchers")
    CUSTOMER_PAYMENT = "customer_payment", _("Customer payment vouchers")
    SUPPLIER_INVOICE = "supplier_invoice", _("Supplier invoice vouchers")
    SUPPLIER_PAYMENT = "supplier_payment", _("Supplier payment vouchers")
    CASH_INVOICE = "cash_invoice", _("Cash invoice vouchers")
    VAT = "vat", _("VAT vouchers")
    SALARY = "salary", _("Salary vouchers")
    DEPRECIATION = "depreciation", _("Depreciation vouchers")
    ACCRUAL = "accrual", _("Accrual vouchers")
    OTHER = "other", _("Other vouchers")


class VoucherSeries(TenantModel):
    """A series of a Fortnox company and its kind, as Fortnox' predefined series tell it or as a person chose it."""

    company_id = models.CharField(max_length=30)
    code = models.CharField(max_length=10)
    description = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=VoucherKind)
    chosen_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", help_text="empty: as Fortnox tells it"
    )

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "company_id", "code"], name="fortnox_voucher_series_once"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.description}".strip()


class CountedSource(TenantModel):
    """What of one source of a company was counted when, and when nothing had changed in it last."""

    company_id = models.CharField(max_length=30)
    source = models.CharField(max_length=20)
    statistics = ArrayField(models.CharField(max_length=50))
    first_month = models.DateField()
    last_month = models.DateField()
    locked_through = models.DateField(null=True)
    counted_at = models.DateTimeField()
    looked_at = models.DateTimeField()

    class Meta:
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["workspace", "company_id", "source"], name="fortnox_counted_source_once"),
        )

    def __str__(self) -> str:
        return self.source
