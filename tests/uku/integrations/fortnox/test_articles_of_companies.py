"""An article belongs to a company: another one asks for its own, and never books what the number means elsewhere."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from types import SimpleNamespace

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST, NUMBERS, SECOND
from tests.uku.web.page_reader import Page

from uku.integrations.fortnox.articles.importer import unread
from uku.integrations.fortnox.connection.disconnect import disconnect
from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.invoices.send_by_hand import send_by_hand
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, ExportState, InvoiceExport, RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.drafts import DraftHead, RowFacts, create_draft
from uku.invoices.models import Invoice, InvoiceRow
from uku.invoices.operations import issue_invoice
from uku.kit import clock
from uku.products.models import Product

PRODUCTS, NEW = "/w/byran/products/", "/w/byran/products/new/"
OURS, THEIRS = "Exempelbyrån AB", "Annat Företag AB"


@pytest.fixture
def firm(fortnox, connection, scope, owner, authorize, signed_in):
    """A product with article 1 of the first company; article 1 of the second one is something else."""
    for company, words in ((FIRST, "Tjänst"), (SECOND, "Konsulttimme")):
        assert fortnox.article(company, Description=words) == "1"
        assert fortnox.customer(company, OrganisationNumber=NUMBERS[0]) == "1"
    assert fortnox.article(SECOND, Description="Tjänst") == "2"
    browser = signed_in(owner)

    def read(made):
        for kind in (RunKind.CUSTOMERS, RunKind.ARTICLES):
            run_sync(SyncRequest(made, kind))
        clear_queue()

    def leave():
        disconnect(workspace=scope, actor=owner, at=clock.now())

    def move(company=SECOND):
        leave()
        made = authorize(scope, owner, company=company)
        clear_queue()
        read(made)
        return made

    def pick(number):
        sent = {"name": "Tjänst", "unit": "h", "price": "950", "vat_rate": "25", "article_number": number}
        assert browser.post(f"{PRODUCTS}{product.pk}/edit/", {**sent, "version": now().version}).status_code == 302

    def now():
        return Product.objects.get(name="Tjänst")

    read(connection)
    assert browser.post(NEW, {"name": "Tjänst", "unit": "h", "price": "950", "article_number": "1"}).status_code == 302
    product = now()
    return SimpleNamespace(
        client=CustomerRecord.objects.get().client, browser=browser, move=move, leave=leave, pick=pick, now=now
    )


def words_of(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))).strip()


def states(browser, **query):
    return [row[-1] for row in Page(browser.get(PRODUCTS, query).content.decode()).rows[1:]]


def draft_of(firm, owner):
    product = firm.now()
    row = RowFacts(
        "Tjänst", Decimal(2), Decimal(950), Decimal(25), "h", product.article_number, product, product.article_company
    )
    day = clock.today("Europe/Stockholm")
    return create_draft(actor=owner, at=clock.now(), head=DraftHead(firm.client, day), rows=[row])


def test_a_product_asks_for_its_article_again_in_another_company(firm):
    assert (states(firm.browser), states(firm.browser, show="differs")) == (["Active"], [])
    firm.move()
    assert (states(firm.browser), states(firm.browser, show="differs")) == (
        ["Choose an article"],
        ["Choose an article"],
    )
    page = words_of(firm.browser.get(f"{PRODUCTS}{firm.now().pk}/"))
    assert f"Article 1 belongs to {OURS}, which is not connected." in page
    assert "Konsulttimme" not in page
    form = words_of(firm.browser.get(f"{PRODUCTS}{firm.now().pk}/edit/"))
    assert "No article is chosen." in form
    assert f"Article 1 of {OURS} is kept for that company." in form


def test_each_company_has_the_article_that_was_picked_in_it(firm):
    firm.move()
    firm.pick("2")
    assert (states(firm.browser), firm.now().article_number) == (["Active"], "2")
    firm.move(FIRST)
    assert (states(firm.browser), firm.now().article_number, firm.now().article_company) == (["Active"], "1", FIRST)
    firm.move()
    assert (states(firm.browser), firm.now().article_number, firm.now().article_company) == (["Active"], "2", SECOND)


def test_saving_a_product_without_picking_keeps_the_other_companys_article(firm):
    firm.move()
    firm.pick("")
    firm.move(FIRST)
    assert (states(firm.browser), firm.now().article_number) == (["Active"], "1")


def test_after_disconnect_the_article_is_named_after_its_company(firm):
    firm.leave()
    assert f"Article 1 of {OURS}, not connected" in words_of(firm.browser.get(f"{PRODUCTS}{firm.now().pk}/"))


def test_a_number_that_was_typed_without_a_company_is_no_companys_article(firm):
    firm.leave()
    sent = {"name": "Löner", "price": "90", "vat_rate": "25", "article_number": "1"}
    assert firm.browser.post(NEW, sent).status_code == 302
    made = Product.objects.get(name="Löner")
    assert (made.article_number, made.article_company) == ("1", "")
    Product.objects.exclude(pk=made.pk).delete()
    firm.move()
    assert states(firm.browser) == ["Choose an article"]


def test_only_articles_of_the_connected_company_are_read_for_products(firm):
    firm.move()
    ArticleRecord.objects.update(detail_read_at=None)
    assert list(unread(SECOND)) == []
    firm.pick("2")
    ArticleRecord.objects.update(detail_read_at=None)
    assert [record.number for record in unread(SECOND)] == ["2"]


def test_a_row_with_such_a_product_is_refused_in_the_draft_form(firm):
    firm.move()
    sent = {
        "client": firm.client.pk,
        "invoice_date": str(clock.today("Europe/Stockholm")),
        "rows-0-product": firm.now().pk,
        "rows-0-quantity": "2",
    }
    answer = firm.browser.post("/w/byran/billing/new/", sent)
    assert answer.status_code == 422
    assert f"Tjänst has no article in {THEIRS} yet. Open the product and choose one." in words_of(answer)
    firm.pick("2")
    assert firm.browser.post("/w/byran/billing/new/", sent).status_code == 302
    assert InvoiceRow.objects.values_list("article_number", "article_company").get() == ("2", SECOND)


def test_a_draft_with_the_old_companys_article_is_stopped_before_issue(firm, owner):
    draft = draft_of(firm, owner)
    firm.move()
    page = f"/w/byran/billing/{draft.pk}/"
    told = f"Row “Tjänst” has article 1 of {OURS}, and {THEIRS} is connected."
    assert told in words_of(firm.browser.get(page, follow=True))
    answer = firm.browser.post(f"{page}issue/", follow=True)
    assert (Invoice.objects.get(pk=draft.pk).state, told in words_of(answer)) == ("draft", True)
    assert (Invoice.objects.get().issued_at, InvoiceExport.objects.count()) == (None, 0)
    firm.pick("2")
    assert told not in words_of(firm.browser.get(page))
    assert firm.browser.post(f"{page}issue/").status_code == 302
    assert InvoiceRow.objects.values_list("article_number", "article_company").get() == ("2", SECOND)


def test_what_was_issued_all_the_same_is_stopped_before_it_is_sent_and_goes_on_once_there_is_an_article(
    fortnox, firm, owner, run_jobs
):
    """The last guard: the invoice has a number from Uku, and a person sends it to the other company."""
    draft = draft_of(firm, owner)
    firm.move()
    issued = issue_invoice(invoice=draft, actor=owner, at=clock.now(), numbering="own")
    send_by_hand(invoice=issued, actor=owner, at=clock.now())
    run_jobs()
    export = InvoiceExport.objects.get()
    assert (export.state, export.company_id, fortnox.invoices(SECOND)) == (ExportState.REJECTED, SECOND, [])
    assert export.error_text == (
        f"Row “Tjänst” has article 1 of {OURS}, and the invoice goes to {THEIRS}."
        f" Open the product Tjänst, and choose its article in {THEIRS}. Then click Send to Fortnox."
    )
    firm.pick("2")
    retry_export(export=export, actor=owner)
    run_jobs()
    (sent,) = fortnox.invoices(SECOND)
    assert [row["ArticleNumber"] for row in sent["InvoiceRows"]] == ["2"]


def test_the_same_company_again_sends_the_draft_as_it_is(fortnox, firm, owner, run_jobs):
    draft = draft_of(firm, owner)
    firm.move()
    firm.move(FIRST)
    assert firm.browser.post(f"/w/byran/billing/{draft.pk}/issue/").status_code == 302
    run_jobs()
    (sent,) = fortnox.invoices(FIRST)
    assert [row["ArticleNumber"] for row in sent["InvoiceRows"]] == ["1"]
