"""What the firm bills."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from uku.kit.scoping import TenantModel


class Product(TenantModel):
    """A name, a unit, a price without VAT and a rate; mapped to an article where there is one."""

    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=20, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=2)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2, help_text="per cent")
    article_number = models.CharField(max_length=50, blank=True)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

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
