from __future__ import annotations

from decimal import Decimal

import pytest

pytestmark = pytest.mark.django_db
LIST = "/w/byran/products/"
FACTS = {"name": "Year-end", "unit": "st", "price": "18 500,00", "vat_rate": "25", "article_number": "101"}


def test_the_list_shows_price_and_rate(read, signed_in, member, records):
    page = read(signed_in(member).get(LIST))
    assert page.rows == [
        ["Name", "Article number", "Unit", "VAT", "Price without VAT, SEK"],
        ["Bookkeeping", "100", "h", "25 %", "1,250.00"],
    ]
    assert "Add product" not in page.all("a")


def test_an_owner_adds_a_product(signed_in, owner, workspace):
    from uku.products.models import Product

    answer = signed_in(owner).post(f"{LIST}new/", FACTS)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    made = Product.everywhere.get()
    assert (made.name, made.unit, made.article_number) == ("Year-end", "st", "101")
    assert (made.price, made.vat_rate) == (Decimal("18500.00"), Decimal("25.00"))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("price", "", "Write the price for one unit, such as 1 250,00."),
        ("price", "1.250", "Write this number like 1 234,50 or 1234.50, with two decimals at most."),
        ("price", "NaN", "Write this number like 1 234,50 or 1234.50, with two decimals at most."),
        ("vat_rate", "100", "Write a VAT rate in per cent from 0 up to 100, such as 25."),
        ("vat_rate", "-1", "Write a VAT rate in per cent from 0 up to 100, such as 25."),
        ("name", "", "Write what the client reads on the invoice, such as Bookkeeping."),
    ],
)
def test_a_wrong_figure_is_refused_with_an_example(read, signed_in, owner, workspace, field, value, sentence):
    answer = signed_in(owner).post(f"{LIST}new/", {**FACTS, field: value})
    assert answer.status_code == 422
    assert sentence in read(answer).all("li")


def test_an_article_fills_the_form(read, signed_in, owner, workspace, ledger):
    page = read(signed_in(owner).get(f"{LIST}new/", {"article": "100"}))
    filled = {a["name"]: a.get("value") for tag, a in page.tags if tag == "input" and a.get("name") in FACTS}
    assert filled == {
        "name": "Bookkeeping",
        "unit": "h",
        "price": "1250.00",
        "vat_rate": "25",
        "article_number": "100",
    }


def test_an_article_without_price_leaves_it_to_the_person(read, signed_in, owner, workspace, ledger):
    page = read(signed_in(owner).get(f"{LIST}new/", {"article": "205"}))
    filled = {a["name"]: a.get("value") for tag, a in page.tags if tag == "input" and a.get("name") in FACTS}
    assert (filled["name"], filled["price"], filled["vat_rate"]) == ("Course <b>books</b>", None, None)


def test_articles_are_found_without_script(read, signed_in, owner, workspace, ledger):
    page = read(signed_in(owner).get(f"{LIST}new/", {"q": "book"}))
    assert "/w/byran/products/new/?q=book&article=205" in page.values("a", "href")
    none = read(signed_in(owner).get(f"{LIST}new/", {"q": "zzz"}))
    assert "No article has “zzz” in its name or number." in none.all("p")


def test_without_an_integration_there_is_no_article_search(read, signed_in, owner, workspace, no_integration):
    page = read(signed_in(owner).get(f"{LIST}new/", {"article": "100"}))
    assert page.all("h2") == []
