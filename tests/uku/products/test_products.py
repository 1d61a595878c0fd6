"""A product is made with its price without VAT, and the database holds its rate in range."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, transaction
from tests.uku.conftest import AT

from uku.products.models import Product
from uku.products.operations import create_product
from uku.workspaces.models import AuditEntry

FACTS = {"name": "Bokslut", "unit": "h", "price": Decimal("950.00"), "vat_rate": Decimal(25)}


def test_making_a_product_is_written_down(scope, owner):
    product = create_product(actor=owner, at=AT, article_number="101", **FACTS)
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.summary, entry.target) == (
        "product.create",
        "Bokslut was made",
        f"Product:{product.pk}",
    )
    assert Product.objects.values_list("name", "price", "vat_rate", "article_number").get() == (
        "Bokslut",
        Decimal("950.00"),
        Decimal(25),
        "101",
    )


@pytest.mark.parametrize("rate", ["0", "6", "25.5", "99.99"])
def test_a_rate_of_up_to_a_hundred_per_cent_is_kept_with_its_decimals(scope, owner, rate):
    product = create_product(actor=owner, at=AT, **{**FACTS, "vat_rate": Decimal(rate)})
    product.refresh_from_db()
    assert product.vat_rate == Decimal(rate)


@pytest.mark.parametrize("rate", ["-1", "100"])
def test_a_rate_out_of_range_is_refused_and_leaves_no_line_in_the_log(scope, owner, rate):
    before = AuditEntry.objects.count()
    with pytest.raises(IntegrityError, match="uku_product_vat_rate"), transaction.atomic():
        create_product(actor=owner, at=AT, **{**FACTS, "vat_rate": Decimal(rate)})
    assert (Product.objects.count(), AuditEntry.objects.count()) == (0, before)


def test_a_price_too_large_for_its_column_is_refused(scope, owner):
    with pytest.raises(DataError, match="overflow"), transaction.atomic():
        create_product(actor=owner, at=AT, **{**FACTS, "price": Decimal(10) ** 12})
