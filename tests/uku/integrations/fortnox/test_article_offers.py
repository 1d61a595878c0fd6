"""Fortnox articles as products meet them: searched, picked, read when used, compared."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.simulated import FIRST, SECOND

from uku.integrations.fortnox.articles import catalog
from uku.integrations.fortnox.models import ArticleRecord, RunKind
from uku.kit import clock
from uku.products.articles import ArticleStatus, article_status, differences
from uku.products.models import Product

NEW = "/w/byran/products/new/"


def numbers(words, at_most=20):
    return [article.number for article in catalog.articles(words, at_most=at_most).articles]


def have(number, description="Bokföring", *, company=FIRST, **facts):
    given = {"unit": "h", "price": Decimal(950), "seen_at": clock.now(), "detail_read_at": clock.now()}
    return ArticleRecord.objects.create(
        company_id=company, number=number, description=description, **{**given, **facts}
    )


@pytest.fixture
def bring_in(connection, run_jobs):
    """Import the articles as they are in Fortnox now."""

    def go(*, full=True):
        from uku.integrations.fortnox.articles.importer import ARTICLE_IMPORTER
        from uku.integrations.fortnox.sync.engine import run_import
        from uku.integrations.fortnox.sync.sync_run import SyncRequest

        return run_import(ARTICLE_IMPORTER, SyncRequest(connection, RunKind.ARTICLES, full=full))

    return go


@pytest.fixture
def browser(signed_in, owner, connection):
    return signed_in(owner)


def pick(browser, number, **facts):
    """Add a product from an article, with the price as it is proposed unless told otherwise."""
    return browser.post(NEW, {"name": "Bokföring", "unit": "h", "price": "950", "article_number": number, **facts})


# Searching


def test_words_are_found_in_the_name_and_at_the_beginning_of_the_number(connection):
    have("10", "Bokföring löpande")
    have("101", "Bokslut")
    have("20", "Löner 10 anställda")
    have("2", "Lönebesked")
    have("3", "Vilande", active=False)
    assert numbers("bok") == ["10", "101"]
    assert numbers("LÖPANDE bok") == ["10"]
    assert numbers("10") == ["10", "101", "20"]
    assert numbers("vilande") == []
    assert numbers("%") == []


def test_numbers_come_in_one_order_whether_they_are_digits_or_letters(connection):
    """B52: text and number sort apart; 2 before 10, whatever was stored first."""
    for number in ("10", "A1", "2", "010", "B", "9", "a1"):
        have(number)
    assert numbers("bokföring") == ["2", "9", "B", "10", "A1", "a1", "010"]
    found = catalog.articles("bokföring", at_most=3)
    assert (len(found.articles), found.total, found.more) == (3, 7, 4)


def test_another_companys_articles_are_neither_found_nor_compared(connection):
    have("1")
    have("2", company=SECOND, vat_rate=Decimal(6))
    assert numbers("bokföring") == ["1"]
    assert catalog.article("2") is None
    assert catalog.articles_of(["1", "2"]).keys() == {"1"}
    assert catalog.tax_rates() == []


def test_without_a_connection_there_are_no_articles(scope):
    have("1", vat_rate=Decimal(25))
    assert (catalog.article_system(), numbers("1"), catalog.article("1")) == ("", [], None)
    assert (catalog.tax_rates(), catalog.units()) == ([], [])


# Rates and units


def test_the_rates_are_those_of_the_articles_that_were_read(connection):
    have("1", vat_rate=Decimal(25))
    have("2", vat_rate=Decimal(25))
    have("3", vat_rate=Decimal(6))
    have("4", vat_rate=None)
    have("5", vat_rate=Decimal(12), active=False)
    assert [(found.rate, found.source) for found in catalog.tax_rates()] == [
        (Decimal(25), "Fortnox article 1 and 1 other"),
        (Decimal(6), "Fortnox article 3"),
    ]


def test_units_come_with_the_most_used_first(connection):
    for number, unit in (("1", "st"), ("2", "tim"), ("3", "tim"), ("4", "")):
        have(number, unit=unit)
    assert catalog.units() == ["tim", "st"]


# Read when a product uses it


def test_picking_reads_the_articles_detail_once_and_locks_its_rate(fortnox, bring_in, browser):
    number = fortnox.article(Description="Bokslut", SalesAccount=3041, SalesPrice="1250.50", Unit="h")
    bring_in()
    before = fortnox.mark()
    page = browser.get(NEW, {"article": number})
    assert fortnox.requests(before) == [f"GET articles/{number}"]
    assert f"Locked: it comes from Fortnox article {number}." in page.content.decode()
    assert pick(browser, number, price="1250,50").status_code == 302
    assert fortnox.requests(before) == [f"GET articles/{number}"]
    made = Product.objects.get()
    assert (made.vat_rate, made.article_seen) == (
        Decimal(25),
        {"description": "Bokslut", "unit": "h", "price": "1250.50", "vat_rate": "25"},
    )


def test_a_rate_that_is_sent_all_the_same_is_refused(fortnox, bring_in, browser):
    number = fortnox.article()
    bring_in()
    assert pick(browser, number, vat_rate="6").status_code == 422
    assert Product.objects.count() == 0


def test_while_fortnox_is_away_a_person_chooses_and_the_rate_is_compared_later(fortnox, bring_in, browser):
    """The rate is said to be unknown; what was chosen is a difference once Fortnox has answered, never sent."""
    number = fortnox.article()
    bring_in()
    fortnox.fault(path=f"/3/articles/{number}", phase="P1", status=503, times=100)
    page = browser.get(NEW, {"article": number}).content.decode()
    assert "The VAT rate of this article has not been read from Fortnox yet." in page
    assert pick(browser, number, vat_rate="6").status_code == 302
    made = Product.objects.get()
    assert article_status(made, catalog.articles_of([number])[number], FIRST) == ArticleStatus.SAME
    fortnox.heal()
    found = differences(made, catalog.article(number))
    assert [(each.field, each.ours, each.now) for each in found] == [("vat_rate", "6", "25")]
    made.refresh_from_db()
    assert made.vat_rate == Decimal(6)


def test_a_disabled_connection_is_not_asked(fortnox, bring_in, browser, scope, owner):
    from uku.integrations.fortnox.connection.authorize import disable

    number = fortnox.article()
    bring_in()
    disable(workspace=scope, actor=owner, at=clock.now())
    before = fortnox.mark()
    assert browser.get(NEW, {"article": number}).status_code == 200
    assert fortnox.requests(before) == []


def test_one_article_serves_several_products_and_is_read_once(fortnox, bring_in, browser):
    number = fortnox.article()
    bring_in()
    before = fortnox.mark()
    assert [pick(browser, number, name=name).status_code for name in ("Liten firma", "Stor firma")] == [302, 302]
    assert fortnox.requests(before) == [f"GET articles/{number}"]
    assert list(Product.objects.values_list("article_number", flat=True)) == [number, number]


# Later changes


def test_a_price_that_changes_in_fortnox_is_a_difference_and_no_price_change(fortnox, bring_in, browser):
    """Never a silent price change: the import brings the new price in, and the product keeps its own."""
    number = fortnox.article()
    bring_in()
    pick(browser, number)
    fortnox.ask("PATCH", f"companies/{FIRST}/articles/{number}", SalesPrice="990", Description="Redovisning")
    bring_in()
    made = Product.objects.get()
    assert (made.name, made.price, made.version) == ("Bokföring", Decimal("950.00"), 1)
    article = catalog.articles_of([number])[number]
    assert [(each.field, each.seen, each.now) for each in differences(made, article)] == [
        ("description", "Bokföring", "Redovisning"),
        ("price", "950.00", "990.00"),
    ]
    assert "Differs from Fortnox" in browser.get("/w/byran/products/").content.decode()
    shown = {"version": "1", "shown-price": "990.00", "shown-description": "Redovisning"}
    browser.post(f"/w/byran/products/{made.pk}/difference/", {"decision": "take:price", **shown})
    made.refresh_from_db()
    assert (made.name, made.price) == ("Bokföring", Decimal("990.00"))


def test_an_article_that_becomes_inactive_marks_its_product_and_cannot_be_picked(fortnox, bring_in, browser):
    number = fortnox.article()
    bring_in()
    pick(browser, number)
    fortnox.ask("PATCH", f"companies/{FIRST}/articles/{number}", Active=False)
    bring_in()
    assert article_status(Product.objects.get(), catalog.article(number), FIRST) == ArticleStatus.INACTIVE
    assert "Inactive in Fortnox" in browser.get("/w/byran/products/").content.decode()
    assert pick(browser, number).status_code == 422


# What articles may be like (B51)


def test_odd_articles_are_taken_in_and_shown_as_they_are(connection, browser):
    """B51: 25.5 per cent, no account, a unit of their own, inactive: stored, picked as far as they can be."""
    have("1", vat_rate=Decimal("25.5"), unit="okänd")
    have("2", vat_rate=Decimal(25), account=None, unit="")
    have("3", vat_rate=Decimal("999.99"))
    have("4", vat_rate=Decimal(25), active=False)
    have("5", price=None, vat_rate=Decimal(0))
    assert pick(browser, "1", unit="okänd").status_code == 302
    assert Product.objects.values_list("vat_rate", "unit").get() == (Decimal("25.50"), "okänd")
    assert catalog.articles_of(["2"])["2"].account == ""
    page = browser.get(NEW, {"article": "3"}).content.decode()
    assert "The VAT rate of this article has not been read from Fortnox yet." in page
    assert pick(browser, "4").status_code == 422
    assert pick(browser, "5", price="").status_code == 422
    assert [found.rate for found in catalog.tax_rates()] == [Decimal("25.5"), Decimal(25), Decimal(0)]
