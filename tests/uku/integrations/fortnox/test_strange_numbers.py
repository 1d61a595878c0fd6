"""Numbers of articles and customers are texts: 0, 00, with a slash or with a space, from the import to the invoice."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.integrations.fortnox.conftest import issue
from tests.uku.integrations.fortnox.import_runs import ARTICLES, active_here, bring_in, plant
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.articles import catalog
from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
from uku.integrations.fortnox.models import (
    ArticleRecord,
    CustomerRecord,
    ExportState,
    InvoiceExport,
    SyncIssue,
)
from uku.integrations.fortnox.sync.engine import read_one
from uku.integrations.fortnox.views.review_list import search_customers
from uku.products.models import Product
from uku.products.operations import create_product
from uku.web.product_list import ProductList

NEW = "/w/byran/products/new/"
NUMBERS = ("0", "00", "A/1", "A 1", "A?1#2", "50%")
SOLD = {"SalesAccount": 3041, "SalesPrice": Decimal(950), "Unit": "h", "Type": "SERVICE"}

each_number = pytest.mark.parametrize("number", NUMBERS)


@pytest.fixture
def article(fortnox, connection):
    """Import an article with a number of its own, beside an ordinary one."""

    def go(number):
        fortnox.article()
        plant(fortnox, number, "articles", Description="Rådgivning", **SOLD)
        bring_in(connection, ARTICLES)
        return number

    return go


def test_every_such_article_comes_in_and_is_told_from_the_others(fortnox, connection):
    for number in NUMBERS:
        plant(fortnox, number, "articles", **SOLD)
    bring_in(connection, ARTICLES)
    assert sorted(active_here(ARTICLES)) == sorted(NUMBERS)
    assert SyncIssue.objects.count() == 0


@each_number
def test_such_an_article_is_found_by_its_number_before_all_others(article, number):
    found = catalog.articles(article(number), at_most=20)
    assert found.articles[0].number == number


@each_number
def test_such_an_article_is_picked_invoiced_and_booked_under_its_own_number(
    fortnox, shop, article, signed_in, owner, run_jobs, number
):
    article(number)
    browser = signed_in(owner)
    picked = browser.get(NEW, {"article": number})
    assert "Rådgivning" in picked.content.decode()
    facts = {"name": "Rådgivning", "unit": "h", "price": "950", "article_number": number}
    assert browser.post(NEW, facts).status_code == 302
    product = Product.objects.get()
    assert product.article_number == number
    assert ArticleRecord.objects.get(number=number).vat_rate == Decimal(25)
    for address in (f"/w/byran/products/{product.pk}/", f"/w/byran/products/{product.pk}/edit/"):
        shown = browser.get(address).content.decode()
        assert f"Fortnox article {number}" in shown, address
    invoice = issue(owner, shop.client, product.article_number)
    run_jobs()
    export = InvoiceExport.objects.get(invoice=invoice)
    assert export.state == ExportState.CONFIRMED, export.error_message
    (made,) = fortnox.invoices()
    assert [row["ArticleNumber"] for row in made["InvoiceRows"]] == [number]


@each_number
def test_a_product_is_found_by_such_an_article_number(scope, owner, rf, number):
    facts = {"name": "Rådgivning", "unit": "h", "price": Decimal(950), "vat_rate": Decimal(25)}
    create_product(actor=owner, at=AT, article_number=number, **facts)
    listing = ProductList.of(rf.get("/", {"q": number}))
    assert [product.article_number for product in listing.records] == [number]


@each_number
def test_a_customer_with_such_a_number_is_linked_read_found_and_invoiced(
    fortnox, connection, shop, owner, run_jobs, number
):
    place = {"Address1": "Ågatan 2", "ZipCode": "411 03", "City": "Göteborg", "CountryCode": "SE"}
    facts = {"Name": "Nyström AB", "OrganisationNumber": "455000-0022", "TermsOfPayment": "10", "VATType": "SEVAT"}
    plant(fortnox, number, **facts, **place)
    bring_in(connection)
    record = CustomerRecord.objects.get(number=number, company_id=FIRST)
    assert record.client is not None
    assert record in search_customers(CustomerRecord.objects.all(), number)
    read_one(CUSTOMER_IMPORTER, connection, number)
    record.client.refresh_from_db()
    assert record.client.payment_days == 10
    invoice = issue(owner, record.client, shop.article)
    run_jobs()
    export = InvoiceExport.objects.get(invoice=invoice)
    assert export.state == ExportState.CONFIRMED, export.error_message
    (made,) = fortnox.invoices()
    assert made["CustomerNumber"] == number
