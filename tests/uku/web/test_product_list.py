"""The product list as a place to work: words, filters and order in the address, ticks, and few questions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test.utils import CaptureQueriesContext
from tests.uku.web.conftest import AT, multiply

pytestmark = pytest.mark.django_db
LIST = "/w/byran/products/"
BULK = f"{LIST}bulk/"


def names(page):
    return [row[1] for row in page.rows[1:]]


def make_one(owner, name, **facts):
    from uku.products.operations import create_product

    given = {"unit": "st", "price": Decimal(100), "vat_rate": Decimal(25), "article_number": ""}
    return create_product(actor=owner, at=AT, name=name, **{**given, **facts})


@pytest.fixture
def four(scope, owner):
    """Three on the list, one of them of Ledger's article 100 at another rate, and an archived one."""
    from uku.products.operations import archive_products

    books = make_one(owner, "Bokföring", article_number="100", price=Decimal(1250), vat_rate=Decimal(6), unit="h")
    year = make_one(owner, "Årsbokslut", article_number="20")
    wages = make_one(owner, "Lön", article_number="9", price=Decimal(90), vat_rate=Decimal(0))
    gone = make_one(owner, "Borta")
    archive_products(ids=[gone.pk], actor=owner, at=AT)
    return [books, year, wages, gone]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Bokföring", "Lön", "Årsbokslut"]),
        ({"sort": "-name"}, ["Årsbokslut", "Lön", "Bokföring"]),
        ({"sort": "article"}, ["Lön", "Årsbokslut", "Bokföring"]),
        ({"sort": "-article"}, ["Bokföring", "Årsbokslut", "Lön"]),
        ({"sort": "unit"}, ["Bokföring", "Lön", "Årsbokslut"]),
        ({"sort": "price"}, ["Lön", "Årsbokslut", "Bokföring"]),
        ({"sort": "-rate"}, ["Årsbokslut", "Bokföring", "Lön"]),
        ({"sort": "password"}, ["Bokföring", "Lön", "Årsbokslut"]),
        ({"show": "archived"}, ["Borta"]),
        ({"show": "differs"}, ["Bokföring", "Lön", "Årsbokslut"]),
        ({"show": "nonsense"}, ["Bokföring", "Lön", "Årsbokslut"]),
        ({"q": "bok"}, ["Bokföring", "Årsbokslut"]),
        ({"q": "BOK 20"}, ["Årsbokslut"]),
        ({"q": "10"}, ["Bokföring"]),
        ({"q": "%"}, []),
        ({"q": "borta", "show": "archived"}, ["Borta"]),
    ],
)
def test_words_filter_and_order_stand_in_the_address(read, signed_in, owner, four, ledger, query, found):
    """B52: a number is sorted as a number, 9 before 20 before 100."""
    answer = signed_in(owner).get(LIST, query)
    assert (answer.status_code, names(read(answer))) == (200, found)


def test_a_row_shows_article_unit_price_rate_and_state(read, signed_in, member, records, ledger):
    page = read(signed_in(member).get(LIST))
    assert page.rows == [
        ["Name ↑", "Article", "Unit", "Price, SEK", "VAT rate", "State"],
        ["Bookkeeping", "100 · h · 25 %", "h", "1,250.00", "25 %", "Active"],
    ]
    assert "Add product" not in page.all("a")


def test_each_product_that_its_article_contradicts_is_marked(read, signed_in, owner, four, ledger):
    make_one(owner, "Same", article_number="100", price=Decimal(1250), unit="h")
    make_one(owner, "Old", article_number="300", price=Decimal(10), vat_rate=Decimal(6))
    page = read(signed_in(owner).get(LIST))
    assert {row[1]: row[-1] for row in page.rows[1:]} == {
        "Bokföring": "Differs from Ledger",
        "Lön": "Not in Ledger",
        "Old": "Inactive in Ledger",
        "Same": "Differs from Ledger",
        "Årsbokslut": "Not in Ledger",
    }


def test_chips_count_what_they_show_and_keep_the_words(read, signed_in, owner, four, ledger):
    page = read(signed_in(owner).get(LIST, {"q": "b", "sort": "price"}))
    chips = [text for text in page.all("a") if text.split()[0] in {"Active", "Differs", "Archived"}]
    assert chips == ["Active 2", "Differs from Ledger 2", "Archived 1"]
    assert "?q=b&show=differs&sort=price" in page.values("a", "href")


def test_what_is_archived_can_be_reached_without_an_accounting_system(read, signed_in, owner, four, no_integration):
    page = read(signed_in(owner).get(LIST))
    assert "?show=archived" in page.values("a", "href")


def test_without_an_accounting_system_nothing_is_compared(read, signed_in, owner, four, no_integration):
    page = read(signed_in(owner).get(LIST, {"show": "differs"}))
    assert {row[-1] for row in page.rows[1:]} == {"Active"}
    assert not [text for text in page.all("a") if text.startswith("Differs")]


def test_ticked_products_are_archived_and_restored_and_the_list_stays_as_it_was(signed_in, owner, four):
    from uku.products.models import Product

    browser, ids = signed_in(owner), [product.pk for product in four[:2]]
    answer = browser.post(BULK, {"product": ids, "action": "archive", "query": "sort=price"})
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?sort=price")
    assert Product.objects.filter(archived_at=None).count() == 1
    browser.post(BULK, {"product": [ids[0]], "action": "restore"})
    assert Product.objects.filter(archived_at=None).count() == 2


def test_one_foreign_product_refuses_the_whole_list(signed_in, owner, four, other_records):
    """B01: 404, nothing changed, and a line in the log that says who tried."""
    from uku.products.models import Product
    from uku.workspaces.models import AuditEntry

    answer = signed_in(owner).post(BULK, {"product": [four[0].pk, other_records.product.pk], "action": "archive"})
    assert answer.status_code == 404
    assert Product.objects.filter(archived_at=None).count() == 3
    assert Product.everywhere.get(pk=other_records.product.pk).archived_at is None
    entry = AuditEntry.objects.latest("position")
    assert (entry.action, entry.actor, entry.target.split(":")[0]) == ("product.refuse_list", owner, "Workspace")


@pytest.mark.parametrize("sent", [["x"], ["-1"], ["9" * 19], ["1"] * 51, ["²"]])
def test_what_is_no_list_of_ours_is_not_found(signed_in, owner, workspace, sent):
    assert signed_in(owner).post(BULK, {"product": sent, "action": "archive"}).status_code == 404


def test_no_tick_changes_nothing_and_says_so(read, signed_in, owner, four, no_integration):
    page = read(signed_in(owner).post(BULK, {"action": "archive"}, follow=True))
    assert "No product was selected. Select products with the boxes first." in page.all("p")
    assert len(names(page)) == 3


def test_members_see_no_ticks_and_may_not_post_them(read, signed_in, member, four, no_integration):
    browser = signed_in(member)
    assert read(browser.get(LIST)).rows[0][0] == "Name ↑"
    assert browser.post(BULK, {"product": [four[0].pk], "action": "archive"}).status_code == 403


def test_an_empty_list_offers_the_first_step(read, signed_in, owner, workspace, ledger):
    page = read(signed_in(owner).get(LIST))
    assert page.all("h2") == ["No products yet"]
    assert "Add the first product" in page.all("a")


def test_a_live_search_answers_with_the_rows_alone(signed_in, owner, four, ledger):
    answer = signed_in(owner).get(LIST, {"q": "lön"}, headers={"HX-Request": "true", "HX-Target": "rows"})
    assert "Lön" in answer.content.decode()
    assert b"<html" not in answer.content


# With the real integration: many rows


@pytest.fixture
def connected(scope):
    """A connection as it stands once it is made; nothing here is asked of Fortnox."""
    from uku.integrations.fortnox.models import Connection

    return Connection.objects.create(enabled=True, company_id="556001", sealed_tokens="sealed")


def many_articles(first, last):
    from uku.integrations.fortnox.models import ArticleRecord

    facts = {"company_id": "556001", "description": "Bokföring", "unit": "h", "price": Decimal(950), "seen_at": AT}
    known = {"vat_rate": Decimal(25), "detail_read_at": AT}
    one = ArticleRecord.objects.create(number="0", **facts, **known)
    multiply(one, first, last, number="n::text")


def many_products(first, last):
    from uku.products.models import Product

    seen = {"description": "Bokföring", "unit": "h", "price": "950.00", "vat_rate": "25"}
    facts = {"price": Decimal(950), "unit": "h", "vat_rate": Decimal(25), "article_seen": seen, "created_at": AT}
    one = Product.objects.create(name="Product 00000", article_number="0", **facts)
    name, price = "'Product ' || lpad(n::text, 5, '0')", "900 + 50 * mod(n, 2)"
    multiply(one, first, last, name=name, price=price, article_number="n")


@pytest.mark.parametrize("query", [{}, {"q": "product"}, {"show": "differs"}, {"sort": "-article"}, {"page": "2"}])
def test_the_list_asks_as_often_for_two_thousand_products_as_for_fifty(signed_in, scope, member, connected, query):
    """With the real integration and 20,000 articles. The number of queries is the same, and small."""
    from django.db import connection

    browser = signed_in(member)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(LIST, query).status_code == 200
        return len(queries)

    many_products(1, 52)
    many_articles(1, 60)
    few = asked()
    many_products(52, 2001)
    many_articles(60, 20_001)
    assert asked() == few
    assert few <= 11


def test_a_search_among_twenty_thousand_articles_of_one_name_shows_twenty_in_a_defined_order(
    read, signed_in, scope, owner, connected
):
    """B52: numbers sort as numbers, the exact one comes first, and the others are counted."""
    many_articles(1, 20_001)
    browser = signed_in(owner)
    page = read(browser.get(f"{LIST}new/", {"q": "bokföring"}))
    found = [href.rpartition("article=")[2] for href in page.values("a", "href") if "article=" in (href or "")]
    assert found == [str(number) for number in range(1, 21)]
    assert "19980 more articles are not shown. Type more of the name or number." in page.all("p")
    page = read(browser.get(f"{LIST}new/", {"q": "77"}))
    found = [href.rpartition("article=")[2] for href in page.values("a", "href") if "article=" in (href or "")]
    assert found[:4] == ["77", "770", "771", "772"]


def test_the_search_asks_as_often_for_twenty_thousand_articles_as_for_fifty(signed_in, scope, owner, connected):
    from django.db import connection

    browser, headers = signed_in(owner), {"HX-Request": "true", "HX-Target": "articles"}

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(f"{LIST}new/", {"q": "bok"}, headers=headers).status_code == 200
        return len(queries)

    many_articles(1, 51)
    few = asked()
    many_articles(51, 20_001)
    assert asked() == few
    assert few <= 25
