"""VAT rates on a draft: proposed for the client, and followed when the client changes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.conftest import AT
from tests.uku.web.test_draft_pages import LIST, the_row, typed

from uku.clients.models import Client
from uku.clients.operations import create_client
from uku.invoices.models import Invoice, InvoiceRow
from uku.products.models import Product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_integration")]


@pytest.fixture
def taxed(scope, records):
    """Tax the client in a way, and return what a new draft with its product and no rate sends."""
    Product.everywhere.filter(pk=records.product.pk).update(article_number="")

    def of(**facts) -> dict[str, str]:
        Client.everywhere.filter(pk=records.client.pk).update(**facts)
        head = {"client": str(records.client.pk), "invoice_date": "2026-03-31"}
        return {**head, "rows-0-product": str(records.product.pk), "rows-0-quantity": "1", "remarks": "taxed"}

    return of


GERMAN = {"vat_type": "eu_reverse_charge", "country": "DE", "vat_number": "DE136695976"}
BUILDER = {"vat_type": "reverse_charge", "country": "SE"}


def test_a_row_without_a_rate_takes_the_one_that_the_client_asks_for(signed_in, owner, taxed):
    assert signed_in(owner).post(f"{LIST}new/", taxed(**GERMAN)).status_code == 302
    assert the_row(Invoice.everywhere.get(remarks="taxed")).vat_rate == Decimal(0)


def test_domestic_reverse_charge_asks_for_the_rate_of_each_row(read, signed_in, owner, taxed):
    browser, facts = signed_in(owner), taxed(**BUILDER)
    answer = browser.post(f"{LIST}new/", facts)
    assert answer.status_code == 422
    assert [words for words in read(answer).all("li") if words.startswith("Write the VAT rate.")] != []
    assert browser.post(f"{LIST}new/", {**facts, "rows-0-vat_rate": "25"}).status_code == 302
    assert the_row(Invoice.everywhere.get(remarks="taxed")).vat_rate == Decimal(25)


@pytest.mark.parametrize(("facts", "rates"), [(GERMAN, ["0"]), (BUILDER, []), ({}, ["25"])])
def test_a_product_found_by_typing_brings_the_rate_for_the_client(read, signed_in, owner, records, taxed, facts, rates):
    taxed(**facts)
    asked = {"q": "book", "client": records.client.pk}
    page = read(signed_in(owner).get("/w/byran/billing/products/", asked))
    assert page.values("li", "data-vat_rate") == rates


def test_rows_copied_for_a_builder_leave_a_0_to_be_said(read, signed_in, owner, records, taxed):
    InvoiceRow.everywhere.filter(invoice=records.issued).update(vat_rate=0)
    facts = {**taxed(**BUILDER), "rows-0-product": "", "rows-0-quantity": "", "rows_of": records.issued.pk}
    page = read(signed_in(owner).post(f"{LIST}new/", facts))
    assert "rows-0-vat_rate" not in typed(page)


def changed_to(browser, read, facts, records):
    """Save the taxed draft, give its client other taxes, and return the address and what its page then sends."""
    draft = Invoice.everywhere.get(remarks="taxed")
    Client.everywhere.filter(pk=records.other.pk).update(**facts)
    place = f"{LIST}{draft.pk}/edit/"
    sent = typed(read(browser.get(place)))
    return place, {**sent, "client": str(records.other.pk), "client-words": str(records.other)}


@pytest.fixture
def two_clients(owner, scope, records):
    records.other = create_client(actor=owner, at=AT, name="Björks Bygg AB", address1="Storgatan 1", city="Lund")
    return records


DOMESTIC = {"vat_type": "domestic", "country": "SE", "vat_number": ""}


@pytest.mark.parametrize(
    ("before", "after", "rate"),
    [(GERMAN, DOMESTIC, 25), (DOMESTIC, GERMAN, 0), (GERMAN, GERMAN, 0), (DOMESTIC, DOMESTIC, 25)],
)
def test_a_rate_that_was_proposed_follows_the_client(read, signed_in, owner, two_clients, taxed, before, after, rate):
    browser = signed_in(owner)
    assert browser.post(f"{LIST}new/", taxed(**before)).status_code == 302
    place, sent = changed_to(browser, read, after, two_clients)
    total = {25: "1,563.00 SEK", 0: "1,250.00 SEK"}[rate]
    assert total in browser.post(f"{LIST}summary/", sent).content.decode()
    assert browser.post(place, sent).status_code == 302
    assert the_row(Invoice.everywhere.get(remarks="taxed")).vat_rate == rate


def test_a_rate_that_a_person_wrote_stays_whoever_the_client_is(read, signed_in, owner, two_clients, taxed):
    """A page without the mark of a proposal says that somebody wrote the rate, be it the one that is proposed."""
    browser = signed_in(owner)
    assert browser.post(f"{LIST}new/", {**taxed(**GERMAN), "rows-0-vat_rate": "0"}).status_code == 302
    place, sent = changed_to(browser, read, DOMESTIC, two_clients)
    assert browser.post(place, sent).status_code == 302
    assert the_row(Invoice.everywhere.get(remarks="taxed")).vat_rate == 0


def test_a_proposed_rate_is_asked_for_when_the_client_becomes_a_builder(read, signed_in, owner, two_clients, taxed):
    browser = signed_in(owner)
    assert browser.post(f"{LIST}new/", taxed(**GERMAN)).status_code == 302
    place, sent = changed_to(browser, read, BUILDER, two_clients)
    answer = browser.post(place, sent)
    page = read(answer)
    assert answer.status_code == 422
    assert "rows-0-vat_rate" not in typed(page)
    assert [words for words in page.all("li") if words.startswith("Write the VAT rate.")] != []


def test_nothing_is_issued_with_rates_that_the_page_did_not_show(read, signed_in, owner, two_clients, taxed):
    browser = signed_in(owner)
    assert browser.post(f"{LIST}new/", taxed(**GERMAN)).status_code == 302
    place, sent = changed_to(browser, read, DOMESTIC, two_clients)
    answer = browser.post(place, {**sent, "then": "issue"})
    page = read(answer)
    assert (answer.status_code, typed(page)["rows-0-vat_rate"]) == (422, "25")
    words = "The VAT rate of 1 row follows the client now. Check the sums, and click the button again."
    assert words in answer.content.decode()
    assert browser.post(place, {**typed(page), "then": "issue"}).status_code == 302
    invoice = Invoice.everywhere.get(remarks="taxed")
    assert (invoice.is_issued, invoice.vat) == (True, Decimal("312.50"))


def test_a_copy_of_a_proposed_rate_follows_the_client_too(read, signed_in, owner, two_clients, taxed):
    browser = signed_in(owner)
    assert browser.post(f"{LIST}new/", taxed(**GERMAN)).status_code == 302
    draft = Invoice.everywhere.get(remarks="taxed")
    place = browser.post(f"{LIST}{draft.pk}/copy/")["Location"]
    assert typed(read(browser.get(place)))["rows-0-proposed_rate"] == "0"
