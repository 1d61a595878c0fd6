"""What the firm bills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from uku.kit.scoping import TenantModel
from uku.workspaces.models import User


class TierWay(models.TextChoices):
    EACH = "each", _("Each piece at its own tier")
    LAST = "last", _("All pieces at the last tier")


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
    task_field = models.ForeignKey(
        "uku.TaskField",
        null=True,
        on_delete=models.PROTECT,
        related_name="products",
        help_text="what it is billed from",
    )
    tier_way = models.CharField(max_length=10, choices=TierWay, default=TierWay.EACH, db_default=TierWay.EACH)
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


class ProductTier(TenantModel):
    """What pieces cost from one on, `first`; those before it cost what the tier before says, or the product."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="tiers")
    first = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        constraints = (
            models.UniqueConstraint(fields=["product", "first"], name="uku_producttier_once"),
            models.CheckConstraint(condition=models.Q(first__gte=2), name="uku_producttier_after_the_first_piece"),
        )

    def __str__(self) -> str:
        return f"{self.price} from {self.first}"


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
