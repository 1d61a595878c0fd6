"""What stored facts say against an invoice is told before Issue, and Issue is refused with the same list."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from uku.integrations.fortnox.integration import FortnoxIntegration
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, InvoiceExport
from uku.invoices.models import Invoice, InvoiceRow
from uku.kit import clock


@pytest.fixture
def read_now(shop):
    """The customer and the article, as if their details had been read."""
    CustomerRecord.objects.update(detail_read_at=clock.now(), vat_type="SEVAT", country="SE")
    ArticleRecord.objects.update(detail_read_at=clock.now(), vat_rate=Decimal(25))


def unlink(shop):
    CustomerRecord.objects.update(client=None)
    return f"{shop.client} is not linked to a Fortnox customer. Link the client."


def make_customer_inactive(shop):
    CustomerRecord.objects.update(active=False)
    return f"Customer {customer()} is inactive in Fortnox. Activate it there."


def give_another_identity(shop):
    CustomerRecord.objects.update(identity_changed_at=clock.now())
    return (
        f"Customer {customer()} has another organisation number in Fortnox than when it was linked. It may be another"
        " company. Say in the client’s Integration dialog whether it is the same client."
    )


def give_an_unknown_vat_type(shop):
    CustomerRecord.objects.update(vat_type="NEWVAT")
    return (
        f"Customer {customer()} has the VAT type “NEWVAT” in Fortnox. Uku does not know this VAT type and cannot check"
        " the VAT of the invoice. Choose another VAT type for the customer there."
    )


def move_to_finland(shop):
    CustomerRecord.objects.update(vat_type="EUREVERSEDVAT", country="FI", vat_number="FI12345678")
    return (
        f"Row “Bokföring” has 25 % VAT, but customer {customer()} has a VAT type without VAT in Fortnox. Change the"
        " rate of the row to 0, or the VAT type of the customer in Fortnox."
    )


def take_the_article(shop):
    InvoiceRow.objects.update(article_number="", product=None)
    return "Row “Bokföring” has no article. Choose a product with an article for the row."


def forget_the_article(shop):
    ArticleRecord.objects.all().delete()
    return f"Uku does not know article {shop.article}. Click Reload data on the Settings tab of Fortnox."


def make_article_inactive(shop):
    ArticleRecord.objects.update(active=False)
    return f"Article {shop.article_record} is inactive in Fortnox. Activate it there."


def change_the_articles_rate(shop):
    ArticleRecord.objects.update(vat_rate=Decimal(12))
    return (
        f"Row “Bokföring” has 25 % VAT, but Fortnox has 12 % for article {shop.article}. Change the rate of the row,"
        " or the account of the article in Fortnox."
    )


def customer() -> CustomerRecord:
    return CustomerRecord.objects.get()


CASES = (
    unlink,
    make_customer_inactive,
    give_another_identity,
    give_an_unknown_vat_type,
    move_to_finland,
    take_the_article,
    forget_the_article,
    make_article_inactive,
    change_the_articles_rate,
)


def listed(page) -> list[str]:
    """The checks on a page, without the names of the pages they lead to."""
    return [
        text for text in page.all("li") if " " in text and "·" not in text and ("Fortnox" in text or "article" in text)
    ]


@pytest.mark.usefixtures("read_now")
@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_the_draft_says_what_to_do_and_a_direct_issue_is_refused_with_it(desk, shop, fortnox, case):
    draft, before = shop.draft(), fortnox.mark()
    words = case(shop)
    (told,) = listed(desk.show(draft))
    assert told.startswith(words)
    answer = desk.browser.post(f"{desk.home}/billing/{draft.pk}/issue/", follow=True)
    assert "The invoice was not issued. It is saved as a draft." in answer.content.decode()
    assert listed(desk_page(answer)) == [told]
    assert (Invoice.objects.get().state, InvoiceExport.objects.count()) == ("draft", 0)
    assert fortnox.requests(before) == []


def checks_of(invoice):
    return FortnoxIntegration().invoice_checks(invoice, list(invoice.rows.select_related("product")))


def desk_page(answer):
    from tests.uku.web.page_reader import Page

    return Page(answer.content.decode())


@pytest.mark.usefixtures("read_now")
@pytest.mark.parametrize("facts", [{"country": "SE", "vat_number": "FI12345678"}, {"vat_number": "SE402200001401"}])
def test_a_reverse_charge_customer_in_sweden_stops_before_and_after_issuing(desk, shop, fortnox, run_jobs, facts):
    issued = desk.issue()
    CustomerRecord.objects.update(vat_type="EUREVERSEDVAT", **{"country": "FI", **facts})
    draft = shop.draft(rate="0")
    words = (
        f"Customer {customer()} has reverse charge within the EU in Fortnox, but an address or a VAT number in Sweden."
    )
    assert [text for text in listed(desk.show(draft)) if text.startswith(words)] != []
    run_jobs()
    export = InvoiceExport.objects.get(invoice=issued)
    assert (export.state, export.error_text.startswith(words), export.attempts) == ("rejected", True, 0)


@pytest.mark.usefixtures("read_now")
def test_an_invoice_that_is_right_has_no_check_and_is_issued(desk, shop):
    draft = shop.draft()
    assert checks_of(draft) == []
    assert desk.issue(draft).state == "created"


def test_what_nobody_has_read_yet_stops_nothing_before_sending(desk, shop):
    ArticleRecord.objects.update(detail_read_at=None, vat_rate=None)
    assert desk.issue(shop.draft(rate="12")).state == "created"


@pytest.mark.usefixtures("read_now")
def test_without_a_connection_and_with_a_number_from_uku_only_the_domains_checks_hold(desk, shop):
    drafts = [shop.draft() for _ in range(2)]
    unlink(shop)
    assert desk.issue(drafts[0], number="own").number == "900000001"
    desk.disconnect()
    assert checks_of(drafts[1]) == []
    assert desk.issue(drafts[1]).number == "900000002"


@pytest.mark.usefixtures("read_now")
def test_the_checks_cost_as_many_queries_for_many_rows_as_for_one(shop):
    draft = shop.draft()

    def asked() -> int:
        invoice = Invoice.objects.select_related("client").get(pk=draft.pk)
        with CaptureQueriesContext(database) as queries:
            checks_of(invoice)
        return len(queries)

    few = asked()
    row = InvoiceRow.objects.get()
    for position in range(2, 30):
        row.pk, row.position = None, position
        row.save(force_insert=True)
    assert (asked(), few <= 6) == (few, True)
