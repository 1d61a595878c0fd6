"""What the firm bills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models

from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class Product(TenantModel):
    """A name, a unit, a price without VAT and a rate; mapped to an article where there is one.

    `article_seen` is what the article said when a person last looked: description, unit, price, vat_rate as texts.
    What it says differently now is shown as a difference, and never changes the product by itself.

    An article belongs to a company of the accounting system (`article_company`, empty: typed while none was connected).
    Those that the product had in other companies are kept in `other_articles`, by company: number, seen, the values
    that the product had with it, and those that it left with.
    """

    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=20, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=2)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2, help_text="per cent")
    is_goods = models.BooleanField(
        default=False, db_default=False, help_text="else a service: abroad the two are taxed by different rules"
    )
    article_number = models.CharField(max_length=50, blank=True)
    article_seen: models.JSONField[dict[str, str]] = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField())
    )
    article_company = models.CharField(max_length=30, blank=True, default="", db_default="")
    other_articles: models.JSONField[dict[str, dict[str, Any]]] = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField())
    )
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="grows with every change")
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(vat_rate__gte=Decimal(0), vat_rate__lt=Decimal(100)),
                name="uku_product_vat_rate",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def article_in(self, company: str) -> str:
        """Return the number of the product's article in a company, or ""."""
        return self.article_number if self.article_company == company else ""


class TaxRateName(TenantModel):
    """What a tax rate is called on an invoice. The rates themselves are the accounting system's."""

    rate = models.DecimalField(max_digits=5, decimal_places=2, help_text="per cent")
    name = models.CharField(max_length=60)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (models.UniqueConstraint(fields=["workspace", "rate"], name="uku_tax_rate_name_once"),)

    def __str__(self) -> str:
        return self.name
