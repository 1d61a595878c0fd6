"""The contract's words on products and tax rates, each proven in Chromium."""

from __future__ import annotations

import pytest
from tests.journeys import contract
from tests.journeys.contract import says
from tests.journeys.looking import (
    assert_axe_clean,
    assert_keyboard_reaches_everything,
    assert_no_sideways_scroll,
    picture,
)
from tests.journeys.site import BASE
from tests.uku.integrations.fortnox.simulated import FIRST

pytestmark = pytest.mark.browser

ROW = "| Products (Fortnox articles) | Fortnox → Uku | Available when configuring billing products in Uku. |"
TAX = (
    "Swedish VAT codes (moms) and tax categories are handled by Fortnox; Uku reads tax rates from the Fortnox company"
    " when sending an invoice."
)


@pytest.fixture
def connected(site):
    """An owner of a connected workspace whose articles are in."""
    page = site.sign_in()
    site.fortnox.article(Description="Bokföring", SalesPrice="950", Unit="h")
    site.fortnox.article(Description="Bokslut och årsredovisning", SalesPrice="18500", Unit="st")
    for number in range(25):
        site.fortnox.article(Description=f"Kurs {number:02}", SalesPrice="400", Unit="st")
    site.connect(page)
    site.work()
    return page


def look(page, name):
    picture(page, f"products-{name}")
    assert_axe_clean(page)
    assert_no_sideways_scroll(page)
    assert_keyboard_reaches_everything(page)


def main_text(page):
    return page.locator("main").inner_text()


@says(ROW)
def test_articles_are_available_when_a_billing_product_is_configured(site, connected):
    """Typed, picked by keyboard, proposed, saved, and billed."""
    site.open(connected, "/products/")
    connected.get_by_role("link", name="Add the first product").click()
    connected.wait_for_url("**/products/new/**")
    look(connected, "new")
    connected.get_by_role("searchbox").press_sequentially("bokf")
    connected.locator("#articles .row-link").nth(1).wait_for(state="detached")
    connected.keyboard.press("ArrowDown")
    connected.keyboard.press("Enter")
    connected.wait_for_url("**/products/new/?*article=1")
    values = {name: connected.locator(f"input[name={name}]").input_value() for name in ("name", "unit", "price")}
    assert values == {"name": "Bokföring", "unit": "h", "price": "950.00"}
    look(connected, "picked")
    connected.get_by_role("button", name="Add product").click()
    connected.wait_for_url(f"**{BASE}/products/")
    row = connected.locator("main tbody tr").inner_text().split("\t")
    assert [cell.strip() for cell in row][1:] == ["Bokföring", "1", "h", "950.00", "25 %", "Active"]
    site.open(connected, "/billing/new/")
    connected.locator("[name=rows-0-product-words]").press_sequentially("bokf")
    connected.get_by_role("option", name="Bokföring").wait_for()


@says(TAX)
def test_the_rate_is_read_from_fortnox_and_locked(site, connected):
    """As far as the pages of products show it; what is sent is tested where it is sent."""
    site.open(connected, "/products/new/?article=1")
    assert connected.locator("[name=vat_rate]").count() == 0
    assert "Locked: it comes from Fortnox article 1." in main_text(connected)
    assert "VAT codes are handled by Fortnox." in main_text(connected)
    connected.get_by_role("button", name="Add product").click()
    connected.wait_for_url(f"**{BASE}/products/")
    connected.get_by_role("link", name="Tax rates").click()
    told = main_text(connected)
    assert "The VAT rates come from the articles in Fortnox and cannot be changed here." in told
    assert "From Fortnox article 1" in told
    connected.get_by_label("Name of 25 % on invoices").fill("Moms 25 %")
    with connected.expect_navigation():
        connected.get_by_role("button", name="Save the name of 25 %").click()
    assert connected.get_by_label("Name of 25 % on invoices").input_value() == "Moms 25 %"
    look(connected, "tax-rates")


def test_what_fortnox_changes_is_shown_and_decided_about(site, connected):
    """No price changes by itself; the person sees old and new, and takes over or keeps."""
    site.open(connected, "/products/new/?article=1")
    connected.get_by_role("button", name="Add product").click()
    connected.wait_for_url(f"**{BASE}/products/")
    facts = {"SalesPrice": "1100", "Description": "Löpande bokföring", "SalesAccount": 3002}
    site.fortnox.ask("PATCH", f"companies/{FIRST}/articles/1", **facts)
    site.do(import_articles)
    site.open(connected, "/products/")
    assert connected.locator("main tbody tr .badge").inner_text() == "Differs from Fortnox"
    look(connected, "list")
    connected.get_by_role("link", name="Bokföring").click()
    connected.get_by_role("button", name="Use Fortnox's value Price").wait_for()
    look(connected, "differences")
    with connected.expect_navigation():
        connected.get_by_role("button", name="Use Fortnox's value Price").click()
    with connected.expect_navigation():
        connected.get_by_role("button", name="Keep Uku's value Name").click()
    told = main_text(connected)
    assert "1,100.00 SEK" in told
    assert connected.locator("h1").inner_text() == "Bokföring"


def import_articles():
    from uku.integrations.fortnox.articles.importer import ARTICLE_IMPORTER
    from uku.integrations.fortnox.models import ArticleRecord, Connection, RunKind
    from uku.integrations.fortnox.sync.details import read_detail_now
    from uku.integrations.fortnox.sync.engine import run_import
    from uku.integrations.fortnox.sync.sync_run import SyncRequest
    from uku.kit.scoping import workspace_in_force

    connection = Connection.everywhere.get()
    with workspace_in_force(connection.workspace_id):
        run_import(ARTICLE_IMPORTER, SyncRequest(connection, RunKind.ARTICLES, full=True))
        read_detail_now(ARTICLE_IMPORTER, ArticleRecord.objects.get(number="1"))


def test_an_article_is_picked_without_script(site, connected):
    page = site.sign_in(script=False)
    site.open(page, "/products/new/")
    page.get_by_role("searchbox").fill("kurs")
    page.keyboard.press("Enter")
    page.wait_for_url("**/products/new/?q=kurs")
    assert page.locator("#articles .row-link").count() == 20
    assert "5 more articles are not shown." in main_text(page)
    page.get_by_role("link", name="Use Kurs 07").click()
    assert page.locator("input[name=name]").input_value() == "Kurs 07"
    page.get_by_role("button", name="Add product").click()
    assert "Kurs 07 is added." in main_text(page)


def test_the_sentences_are_the_contracts():
    assert ROW in contract.lines()
    assert any(line.startswith(TAX) for line in contract.lines())
