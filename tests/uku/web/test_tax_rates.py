"""Tax rates: locked, with where each is known from and who uses it; only the name on invoices is ours."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.web.conftest import AT

pytestmark = pytest.mark.django_db
PAGE = "/w/byran/products/tax-rates/"


def test_each_rate_says_where_it_comes_from_and_who_uses_it(read, signed_in, owner, scope, make, ledger):
    from uku.products.operations import create_product

    for number in range(5):
        create_product(actor=owner, at=AT, name=f"Product {number}", unit="st", price=Decimal(1), vat_rate=Decimal(25))
    create_product(actor=owner, at=AT, name="Food", unit="st", price=Decimal(1), vat_rate=Decimal(12))
    page = read(signed_in(owner).get(PAGE))
    assert [text for text in page.all("p")[1:] if text] == [
        "From Ledger article 101",
        "No product uses it",
        "From Ledger article 100",
        "Used by Product 0, Product 1, Product 2 and 2 more",
        "Not read from Ledger",
        "Used by Food",
    ]


def test_rates_are_no_fields_and_without_a_system_they_are_the_laws(read, signed_in, owner, workspace, no_integration):
    page = read(signed_in(owner).get(PAGE))
    assert [value for tag, a in page.tags if tag == "input" and (value := a.get("value")) and a["name"] == "rate"] == [
        "25",
        "12",
        "6",
        "0",
    ]
    assert {a.get("type") for tag, a in page.tags if tag == "input" and a.get("name") == "rate"} == {"hidden"}
    assert "From Swedish law" in page.all("p")


def test_a_rate_is_named(read, signed_in, owner, scope, ledger):
    from uku.products.models import TaxRateName

    browser = signed_in(owner)
    page = read(browser.post(PAGE, {"rate": "25", "name": "Moms 25 %"}, follow=True))
    assert "The name of 25 % is saved." in page.all("p")
    assert "Moms 25 %" in page.values("input", "value")
    assert TaxRateName.objects.get().name == "Moms 25 %"


def test_a_name_that_is_too_long_is_refused_beside_its_rate(read, signed_in, owner, scope, ledger):
    from uku.products.models import TaxRateName

    answer = signed_in(owner).post(PAGE, {"rate": "25", "name": "x" * 61})
    assert answer.status_code == 422
    page = read(answer)
    assert "Ensure this value has at most 60 characters (it has 61)." in page.all("li")[-2] + page.all("li")[-1]
    assert "x" * 61 in page.values("input", "value")
    assert TaxRateName.objects.count() == 0


@pytest.mark.parametrize("rate", ["", "24", "25.00", "NaN", "25\x00"])
def test_a_rate_that_is_not_on_the_page_is_not_found(signed_in, owner, workspace, ledger, rate):
    assert signed_in(owner).post(PAGE, {"rate": rate, "name": "x"}).status_code == 404


def test_members_read_the_rates_and_may_not_name_them(read, signed_in, member, scope, ledger):
    browser = signed_in(member)
    assert "Save" not in "".join(read(browser.get(PAGE)).all("button"))
    assert browser.post(PAGE, {"rate": "25", "name": "x"}).status_code == 403


def test_an_invoice_calls_a_rate_by_its_name_and_one_without_a_name_by_its_per_cent(read, signed_in, owner, records):
    browser, invoice = signed_in(owner), f"/w/byran/billing/{records.draft.pk}/edit/"
    assert "VAT 25 % on 2,500.00" in read(browser.get(invoice)).all("dt")
    browser.post(PAGE, {"rate": "25", "name": "Moms 25 %"})
    assert "Moms 25 % on 2,500.00" in read(browser.get(invoice)).all("dt")
    browser.post(PAGE, {"rate": "25", "name": ""})
    assert "VAT 25 % on 2,500.00" in read(browser.get(invoice)).all("dt")
