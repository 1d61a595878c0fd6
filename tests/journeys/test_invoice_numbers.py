"""The invoice page in Chromium: what it says before Issue, what sending by hand means, and a number that appears."""

from __future__ import annotations

import pytest
from tests.journeys.looking import look, picture, sideways

pytestmark = pytest.mark.browser


def drafts(count: int = 1):
    """Make drafts to the one linked client, of a product with an article; return their numbers in addresses."""
    from decimal import Decimal

    from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord
    from uku.invoices.drafts import DraftHead, RowFacts, create_draft
    from uku.kit import clock
    from uku.products.models import Product
    from uku.workspaces.models import User

    owner = User.objects.get(email="owner@byran.example")
    client = CustomerRecord.objects.exclude(client=None).first().client
    article = ArticleRecord.objects.first()
    facts = {"article_number": article.number, "article_company": article.company_id, "created_at": clock.now()}
    product = Product.objects.create(name="Bokföring", unit="h", price=Decimal(950), vat_rate=Decimal(25), **facts)
    row = RowFacts("Bokföring", Decimal(2), Decimal(950), Decimal(25), "h", article.number, product, article.company_id)
    head = DraftHead(client, clock.today("Europe/Stockholm"))
    return [create_draft(actor=owner, at=clock.now(), head=head, rows=[row]).pk for _ in range(count)]


def decide_first_import():
    from uku.integrations.fortnox.models import Connection

    connection = Connection.objects.get()
    connection.first_import_of = connection.company_id
    connection.save(update_fields=["first_import_of"])


@pytest.fixture
def page(site):
    """The owner at a workspace that is connected to a company with one customer and one article."""
    page = site.sign_in("owner")
    site.fortnox.customer(OrganisationNumber="455000-0006", Email="post@bjork.example")
    site.fortnox.article()
    site.open(page, "/settings/fortnox/")
    page.get_by_role("button", name="Enable", exact=True).click()
    site.open(page, "/settings/fortnox/connect/")
    site.connect(page)
    site.within(decide_first_import)
    site.work()
    return page


def let_some_go_wrong():
    """Issue four invoices and give them the states that a person must see."""
    from tests.uku.integrations.fortnox.conftest import issue

    from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, InvoiceExport
    from uku.workspaces.models import User

    owner, article = User.objects.get(email="owner@byran.example"), ArticleRecord.objects.first().number
    client = CustomerRecord.objects.exclude(client=None).first().client
    for state in ("rejected", "needs_person", "held", "confirmed"):
        invoice = issue(owner, client, article)
        InvoiceExport.objects.filter(invoice=invoice).update(
            state=state, document_number="1001" if state == "confirmed" else ""
        )


def test_the_list_tells_on_a_phone_what_needs_somebody(site, page):
    """D8."""
    site.within(let_some_go_wrong)
    site.open(page, "/billing/")
    picture(page, "billing-integration")
    page.set_viewport_size({"width": 390, "height": 900})
    shown = page.locator("tbody .badge:visible").all_inner_texts()
    assert {"Not sent: correct it", "Needs a decision", "Not sent: send it yourself"} <= set(shown)
    assert not sideways(page)


ASKS = """hidden => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  const elt = document.getElementById('invoice-state');
  const detail = { elt, target: elt };
  return elt.dispatchEvent(new CustomEvent('htmx:beforeRequest', { bubbles: true, cancelable: true, detail }));
}"""
TYPE_IN_IT = "document.getElementById('invoice-state').append(document.createElement('input'))"


def test_the_page_rests_in_a_hidden_tab_and_while_a_field_in_it_is_used(site, page):
    (draft,) = site.within(drafts)
    site.open(page, f"/billing/{draft}/")
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_text("Waiting for number from Fortnox").first.wait_for()
    assert [page.evaluate(ASKS, hidden) for hidden in (True, False)] == [False, True]
    page.evaluate(TYPE_IN_IT)
    page.locator("#invoice-state input").focus()
    assert page.evaluate(ASKS, arg=False) is False


def test_the_number_appears_by_itself_and_then_the_page_rests(site, page):
    (draft,) = site.within(drafts)
    site.open(page, f"/billing/{draft}/")
    found = {"before": look(page, "invoice-before-issue")}
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_text("Waiting for number from Fortnox").first.wait_for()
    found["waiting"] = look(page, "invoice-waiting")
    site.work()
    page.locator("h1", has_text="Invoice 1001").wait_for()
    assert page.locator("[hx-trigger]").count() == 0
    assert page.title().startswith("Invoice 1001")
    found["done"] = look(page, "invoice-numbered")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_what_waits_says_why_before_and_after_issue_and_own_numbers_ask_before_they_are_sent(site, page):
    held, own = site.within(lambda: drafts(2))
    site.open(page, "/settings/fortnox/")
    page.get_by_role("button", name="Disable", exact=True).click()
    site.open(page, f"/billing/{held}/")
    found = {"before": look(page, "invoice-held-before-issue")}
    page.get_by_role("button", name="Issue", exact=True).click()
    page.get_by_text("The invoice waits in Uku and has not been sent.").wait_for()
    found["held"] = look(page, "invoice-held")
    site.open(page, f"/billing/{own}/")
    page.get_by_role("button", name="Issue with a number from Uku").click()
    page.locator("h1", has_text="Invoice 900000001").wait_for()
    site.open(page, "/settings/fortnox/")
    page.get_by_role("button", name="Enable", exact=True).click()
    site.open(page, f"/billing/{own}/")
    found["own"] = look(page, "invoice-own-number")
    page.get_by_role("link", name="Send to Fortnox").click()
    page.get_by_role("heading", name="Send invoice 900000001").wait_for()
    found["send"] = look(page, "invoice-send-by-hand")
    with page.expect_navigation():
        page.get_by_role("button", name="Send to Fortnox").click()
    site.work()
    page.get_by_text("In Fortnox 900000001, booked").first.wait_for()
    found["sent"] = look(page, "invoice-sent-by-hand")
    site.open(page, "/billing/")
    found["list"] = look(page, "invoice-list")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
