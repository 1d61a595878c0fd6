"""Products that are billed per piece from a number field of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from uku.kit.money import show_amount
from uku.products.models import Product, ProductTier, TierWay
from uku.products.operations import ProductChanged
from uku.products.tiers import Part, Tier, price_pieces
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


@transaction.atomic
@needs(Permission.EDIT_PRODUCTS)
def bill_from_field(
    *, product: Product, field: Any, way: TierWay, tiers: Sequence[Tier], version: int, actor: User, at: datetime
) -> None:
    """Say from which number field of tasks a product is billed, None for none, and what later pieces cost.

    `field` is a TaskField; `tiers` are those after the product's own price. Raises NotAllowed and ProductChanged.
    """
    product.refresh_from_db(from_queryset=Product.objects.get_queryset().select_for_update(of=("self",)))
    if product.version != version:
        raise ProductChanged(product)
    before = _facts_of(product)
    product.task_field, product.tier_way = field, way
    product.tiers.all().delete()
    ProductTier.objects.bulk_create(
        ProductTier(workspace_id=product.workspace_id, product=product, first=tier.first, price=tier.price)
        for tier in tiers
    )
    after = _facts_of(product)
    if before == after:
        return
    product.version, product.changed_by, product.changed_at = product.version + 1, actor, at
    product.save(update_fields=["task_field", "tier_way", "version", "changed_by", "changed_at"])
    summary = translate_for_workspace(gettext_lazy("Changed how %(product)s is billed from tasks"), product=product)
    record(actor=actor, action="product.pieces", target=product, summary=summary, at=at, before=before, after=after)


def parts_of(product: Product, quantity: Decimal) -> list[Part]:
    """Return what so many pieces of a product cost, by its tiers."""
    tiers = [Tier(1, product.price), *(Tier(tier.first, tier.price) for tier in product.tiers.order_by("first"))]
    return price_pieces(quantity, tiers, all_at_last=product.tier_way == TierWay.LAST)


def _facts_of(product: Product) -> dict[str, Any]:
    return {
        "task_field": str(product.task_field or ""),
        "tier_way": product.tier_way,
        "tiers": [f"{tier.first}: {show_amount(tier.price)}" for tier in product.tiers.order_by("first")],
    }
