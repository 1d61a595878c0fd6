"""What can be done to products."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from uku.products.models import Product
from uku.workspaces.audit import record
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def create_product(
    *,
    actor: User,
    at: datetime,
    name: str,
    unit: str,
    price: Decimal,
    vat_rate: Decimal,
    article_number: str = "",
) -> Product:
    """Make a product. `price` is without VAT, `vat_rate` in per cent. Raises NotAllowed."""
    product = Product.objects.create(
        name=name, unit=unit, price=price, vat_rate=vat_rate, article_number=article_number, created_at=at
    )
    after = {"unit": unit, "price": price, "vat_rate": vat_rate}
    record(actor=actor, action="product.create", target=product, summary=f"{name} was made", at=at, after=after)
    return product
