"""One product: made and edited, its article picked by typing, its rate locked, its differences decided about."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.uku.web.conftest import AT

pytestmark = pytest.mark.django_db
LIST = "/w/byran/products/"
NEW = f"{LIST}new/"
FACTS = {"name": "Year-end", "unit": "st", "price": "18 500,00", "vat_rate": "25", "article_number": ""}
MAPPED = {key: value for key, value in {**FACTS, "article_number": "100"}.items() if key != "vat_rate"}


def filled(page):
    return {
        a["name"]: a.get("value")
        for tag, a in page.tags
        if tag == "input" and a.get("name") in {*FACTS, "version"} and a.get("type") != "search"
    }


def options(page):
    return page.values("option", "value")


@pytest.fixture
def product(scope, owner, ledger):
    """A product of Ledger's article 100, as it was made."""
    from uku.products.operations import create_product

    article = ledger.articles_of(["100"])["100"]
    facts = {"name": "Bookkeeping", "unit": "h", "price": Decimal("1250.00"), "vat_rate": Decimal(25)}
    return create_product(actor=owner, at=AT, article_number="100", article=article, **facts)


@pytest.fixture
def says(ledger, monkeypatch):
    """Have an article say something else from now on."""
    return lambda article, /, **facts: monkeypatch.setattr(ledger, "says", {article: facts})


# Adding


def test_an_owner_adds_a_product_without_an_accounting_system(signed_in, owner, workspace, no_integration):
    from uku.products.models import Product

    answer = signed_in(owner).post(NEW, {**FACTS, "article_number": "101"})
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    made = Product.everywhere.get()
    assert (made.name, made.unit, made.article_number) == ("Year-end", "st", "101")
    assert (made.price, made.vat_rate, made.article_seen) == (Decimal("18500.00"), Decimal("25.00"), {})


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("price", "", "Write the price for one unit, such as 1 250,00."),
        ("price", "1.250", "Write this number like 1 234,50 or 1234.50, with two decimals at most."),
        ("price", "10,005", "Write this number like 1 234,50 or 1234.50, with two decimals at most."),
        ("price", "NaN", "Write this number like 1 234,50 or 1234.50, with two decimals at most."),
        (
            "price",
            "-1",
            "Write a price of zero or more. For a deduction, write a negative quantity on the invoice row.",
        ),
        ("vat_rate", "", "Choose the VAT rate."),
        ("vat_rate", "24", "Choose one of the rates in the list."),
        ("vat_rate", "NaN", "Choose one of the rates in the list."),
        ("unit", "x" * 21, "Ensure this value has at most 20 characters (it has 21)."),
        ("name", "", "Write what the client reads on the invoice, such as Bookkeeping."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(
    read, signed_in, owner, workspace, no_integration, field, value, sentence
):
    from uku.products.models import Product

    answer = signed_in(owner).post(NEW, {**FACTS, field: value})
    assert answer.status_code == 422
    assert sentence in read(answer).all("li")
    assert Product.everywhere.count() == 0


@pytest.mark.parametrize(
    ("typed", "price"), [("0", "0"), ("1250", "1250"), ("1 250,5", "1250.50"), ("1.250,50", "1250.50")]
)
def test_prices_are_typed_in_swedish_or_english(signed_in, owner, workspace, no_integration, typed, price):
    from uku.products.models import Product

    assert signed_in(owner).post(NEW, {**FACTS, "price": typed}).status_code == 302
    assert Product.everywhere.get().price == Decimal(price)


def test_units_are_suggested_and_those_of_the_articles_first(read, signed_in, owner, workspace, ledger):
    page, rates = read(signed_in(owner).get(NEW)), ["", "25.5", "25"]
    assert options(page) == [*rates, "h", "paket", "tim", "st", "mån", "kv", "år", "km", "utl"]
    assert "units" in page.values("input", "list")


# Rates


@pytest.mark.parametrize(
    ("country", "rates"),
    [("SE", ["25", "12", "6", "0"]), ("FI", ["25.5", "14", "13.5", "10", "0"]), ("NO", ["25", "12", "6", "0"])],
)
def test_without_an_accounting_system_the_rates_are_those_of_the_law(
    read, signed_in, owner, workspace, no_integration, country, rates
):
    type(workspace).objects.filter(pk=workspace.pk).update(country=country)
    page = read(signed_in(owner).get(NEW))
    assert [option for option in options(page) if option and option[0].isdigit()] == rates


def test_with_an_accounting_system_the_rates_are_those_it_is_known_to_have(read, signed_in, owner, workspace, ledger):
    browser = signed_in(owner)
    page = read(browser.get(NEW))
    assert [option for option in options(page) if option and option[0].isdigit()] == ["25.5", "25"]
    answer = browser.post(NEW, {**FACTS, "vat_rate": "12"})
    assert "Choose one of the rates in the list." in read(answer).all("li")


def test_a_rate_of_the_products_own_is_always_among_those_to_choose_from(
    read, signed_in, owner, scope, ledger, make, says
):
    from uku.products.models import Product

    product = make.product(owner)
    Product.objects.filter(pk=product.pk).update(vat_rate=Decimal(6), article_number="")
    page = read(signed_in(owner).get(f"{LIST}{product.pk}/edit/"))
    assert [option for option in options(page) if option and option[0].isdigit()] == ["25.5", "25", "6"]


def test_the_rate_of_a_picked_article_is_no_field_and_says_where_it_comes_from(
    read, signed_in, owner, workspace, ledger
):
    page = read(signed_in(owner).get(NEW, {"article": "100"}))
    assert "vat_rate" not in page.values("select", "name") + page.values("input", "name")
    assert "Locked: it comes from Ledger article 100." in page.all("p")


def test_a_rate_that_is_sent_for_a_locked_one_is_refused_and_nothing_is_stored(
    read, signed_in, owner, workspace, ledger
):
    from uku.products.models import Product

    browser = signed_in(owner)
    answer = browser.post(NEW, {**MAPPED, "vat_rate": "25.5"})
    assert answer.status_code == 422
    sentence = "The article has another VAT rate. Click the button again to save with the article's rate."
    assert sentence in read(answer).all("li")
    assert Product.everywhere.count() == 0
    assert browser.post(NEW, MAPPED).status_code == 302
    assert Product.everywhere.get().vat_rate == Decimal(25)


def test_a_rate_that_is_not_known_is_chosen_and_the_page_says_what_follows(read, signed_in, owner, workspace, ledger):
    from uku.products.models import Product

    browser = signed_in(owner)
    page = read(browser.get(NEW, {"article": "205"}))
    assert "vat_rate" in page.values("select", "name")
    assert any(
        text.startswith("The VAT rate of this article has not been read from Ledger yet.") for text in page.all("p")
    )
    assert browser.post(NEW, {**FACTS, "article_number": "205"}).status_code == 302
    assert Product.everywhere.get().article_seen == {"description": "Course <b>books</b>", "unit": "st", "price": ""}


# Picking an article


def test_an_article_fills_the_form(read, signed_in, owner, workspace, ledger):
    page = read(signed_in(owner).get(NEW, {"article": "100"}))
    assert filled(page) == {"name": "Bookkeeping", "unit": "h", "price": "1250.00", "article_number": "100"}


def test_a_picked_article_is_remembered_as_it_was_seen(signed_in, owner, workspace, ledger):
    from uku.products.models import Product

    assert signed_in(owner).post(NEW, MAPPED).status_code == 302
    made = Product.everywhere.get()
    assert (made.article_number, made.price) == ("100", Decimal("18500.00"))
    assert made.article_seen == {"description": "Bookkeeping", "unit": "h", "price": "1250.00", "vat_rate": "25"}


def test_an_article_without_price_leaves_it_to_the_person(read, signed_in, owner, workspace, ledger):
    found = filled(read(signed_in(owner).get(NEW, {"article": "205"})))
    assert (found["name"], found["price"]) == ("Course <b>books</b>", None)


def test_articles_are_found_without_script(read, signed_in, owner, workspace, ledger):
    browser = signed_in(owner)
    page = read(browser.get(NEW, {"q": "book"}))
    assert f"{NEW}?q=book&article=205" in page.values("a", "href")
    none = read(browser.get(NEW, {"q": "zzz"}))
    assert "No active article has “zzz” in its name or number." in none.all("p")


def test_a_live_search_answers_with_the_articles_alone(signed_in, owner, workspace, ledger):
    headers = {"HX-Request": "true", "HX-Target": "articles"}
    answer = signed_in(owner).get(NEW, {"q": "book"}, headers=headers)
    assert b"Bookkeeping" in answer.content
    assert b"<html" not in answer.content


def test_more_articles_than_are_shown_are_counted(read, signed_in, owner, workspace, ledger, monkeypatch):
    known = [replace(ledger.known_articles()[0], number=str(number)) for number in range(400, 425)]
    monkeypatch.setattr(ledger, "known_articles", lambda: known)
    page = read(signed_in(owner).get(NEW, {"q": "book"}))
    assert len([href for href in page.values("a", "href") if "article=4" in (href or "")]) == 20
    assert "5 more articles are not shown. Type more of the name or number." in page.all("p")


@pytest.mark.parametrize("number", ["300", "999", "1\x00", "x" * 300])
def test_what_is_no_active_article_cannot_be_picked(read, signed_in, owner, workspace, ledger, number):
    """An inactive one, an unknown one, and what a database would not take."""
    from uku.products.models import Product

    browser = signed_in(owner)
    page, shown = read(browser.get(NEW, {"article": number})), number.strip("\0")[:50]
    assert filled(page)["article_number"] is None
    assert [text for text in page.all("p") if "no active article" in text] == [
        f"Ledger has no active article with the number {shown}."
    ]
    assert browser.post(NEW, {**FACTS, "article_number": number}).status_code == 422
    assert Product.everywhere.count() == 0


def test_without_an_integration_there_is_no_article_search(read, signed_in, owner, workspace, no_integration):
    page = read(signed_in(owner).get(NEW, {"article": "100"}))
    assert page.all("h2") == []


# Editing


def test_a_product_is_edited_and_its_rate_stays(read, signed_in, owner, product):
    browser, path = signed_in(owner), f"{LIST}{product.pk}/edit/"
    page = read(browser.get(path))
    assert filled(page) == {
        "name": "Bookkeeping",
        "unit": "h",
        "price": "1250.00",
        "article_number": "100",
        "version": "1",
    }
    answer = browser.post(path, {**MAPPED, "price": "1 300", "version": "1"})
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{product.pk}/")
    product.refresh_from_db()
    assert (product.price, product.vat_rate, product.version) == (Decimal("1300.00"), Decimal(25), 2)


def test_a_form_that_is_older_than_the_product_is_not_saved(signed_in, owner, admin, product):
    """B17: the second of two tabs sees who changed it, and when."""
    path = f"{LIST}{product.pk}/edit/"
    assert signed_in(admin).post(path, {**MAPPED, "name": "First", "version": "1"}).status_code == 302
    for late in ("1", "", "x", "9" * 30):
        answer = signed_in(owner).post(path, {**MAPPED, "name": "Second", "version": late})
        assert answer.status_code == 409
        assert f"First was changed by {admin} at " in answer.content.decode()
    product.refresh_from_db()
    assert (product.name, product.version, product.changed_by) == ("First", 2, admin)


def test_another_article_is_proposed_and_no_article_leaves_the_product_as_it_is(read, signed_in, owner, product, says):
    browser, path = signed_in(owner), f"{LIST}{product.pk}/edit/"
    says("205", price=Decimal(300), vat_rate=Decimal("25.5"))
    assert filled(read(browser.get(path, {"article": "205"}))) == {
        "name": "Course <b>books</b>",
        "unit": "st",
        "price": "300.00",
        "article_number": "205",
        "version": "1",
    }
    bare = filled(read(browser.get(path, {"article": ""})))
    assert (bare["name"], bare["article_number"]) == ("Bookkeeping", None)
    assert browser.post(path, {**FACTS, "version": "1"}).status_code == 302
    product.refresh_from_db()
    assert (product.article_number, product.article_seen) == ("", {})


def test_a_product_keeps_an_article_that_became_inactive(signed_in, owner, product, says):
    says("100", active=False)
    answer = signed_in(owner).post(f"{LIST}{product.pk}/edit/", {**MAPPED, "name": "Kept", "version": "1"})
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (product.name, product.article_number) == ("Kept", "100")


def test_editing_takes_no_new_rate_in_silence(read, signed_in, owner, product, says):
    """The article's new rate is a difference to decide about; saving another field leaves the rate alone."""
    browser, path = signed_in(owner), f"{LIST}{product.pk}/edit/"
    says("100", vat_rate=Decimal(12), price=Decimal(2000))
    page = read(browser.get(path))
    assert (
        "Locked: it comes from Ledger article 100. The article now has 12 %: decide on the product's page."
        in page.all("p")
    )
    browser.post(path, {**MAPPED, "price": "1250", "version": "1"})
    product.refresh_from_db()
    assert (product.price, product.vat_rate) == (Decimal("1250.00"), Decimal(25))


# The page, and what the article says otherwise


def test_the_page_shows_the_product_and_its_article(read, signed_in, member, product):
    page = read(signed_in(member).get(f"{LIST}{product.pk}/"))
    assert page.heading == "Bookkeeping"
    assert page.all("dd") == [
        "Bookkeeping",
        "1,250.00 SEK",
        "h",
        "25 % locked, from Ledger article 100",
        "Bookkeeping",
        "1,250.00",
        "h",
        "25 %",
        "3041",
    ]
    assert "Edit" not in page.all("a")


def decide(browser, product, decision, **sent):
    shown = {"version": "1", "shown-price": "2000.00", "shown-vat_rate": "12", "shown-description": "Ledger work"}
    return browser.post(f"{LIST}{product.pk}/difference/", {"decision": decision, **shown, **sent})


@pytest.fixture
def changed(product, says):
    says("100", vat_rate=Decimal(12), price=Decimal(2000), description="Ledger work")
    return product


def test_each_field_that_differs_shows_what_was_and_what_is(read, signed_in, owner, changed):
    page = read(signed_in(owner).get(f"{LIST}{changed.pk}/"))
    assert page.rows == [
        ["Field", "Here", "Ledger before", "Ledger now", "Action"],
        ["Name", "Bookkeeping", "Bookkeeping", "Ledger work", "Use Ledger's value NameKeep Uku's value Name"],
        ["Price", "1,250.00", "1,250.00", "2,000.00", "Use Ledger's value PriceKeep Uku's value Price"],
        ["VAT rate", "25 %", "25 %", "12 %", "Use Ledger's value VAT rate"],
    ]
    assert (
        "Nothing changes automatically. Existing rows on drafts and invoices are not changed."
        " Uku does not send an invoice with another VAT rate than the article's. You must use the article's VAT rate."
    ) in page.all("p")


def test_looking_changes_nothing(signed_in, owner, changed):
    """Never a silent price change: list, page and edit page leave the product as it was."""
    browser = signed_in(owner)
    for path in (LIST, f"{LIST}?show=differs", f"{LIST}{changed.pk}/", f"{LIST}{changed.pk}/edit/"):
        assert browser.get(path).status_code == 200
    changed.refresh_from_db()
    assert (changed.name, changed.price, changed.vat_rate, changed.version) == (
        "Bookkeeping",
        Decimal("1250.00"),
        Decimal(25),
        1,
    )


@pytest.mark.parametrize(
    ("decision", "price", "rate", "left"),
    [
        ("take:price", "2000", "25", ["Name", "VAT rate"]),
        ("take:vat_rate", "1250", "12", ["Name", "Price"]),
        ("take:all", "2000", "12", []),
        ("keep:price", "1250", "25", ["Name", "VAT rate"]),
        ("keep:vat_rate", "1250", "25", ["Name", "Price", "VAT rate"]),
        ("keep:all", "1250", "25", ["VAT rate"]),
    ],
)
def test_one_or_all_are_taken_over_or_kept(read, signed_in, owner, changed, decision, price, rate, left):
    browser = signed_in(owner)
    answer = decide(browser, changed, decision)
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{changed.pk}/")
    changed.refresh_from_db()
    assert (changed.price, changed.vat_rate) == (Decimal(price), Decimal(rate))
    page = read(browser.get(f"{LIST}{changed.pk}/"))
    assert [row[0] for row in page.rows[1:]] == left


@pytest.mark.parametrize("stale", [{"shown-price": "1900.00"}, {"version": "7"}, {"version": ""}])
def test_a_decision_about_an_older_page_does_nothing_and_shows_how_it_is(read, signed_in, owner, changed, stale):
    """B17: the article or the product changed between the page and the press."""
    answer = decide(signed_in(owner), changed, "take:price", **stale)
    assert answer.status_code == 409
    assert "The page shows the current values. Decide again." in read(answer).all("p")
    changed.refresh_from_db()
    assert changed.price == Decimal("1250.00")


@pytest.mark.parametrize("decision", ["", "take", "take:name", "drop:price", "take:article_number"])
def test_what_is_no_decision_of_ours_is_not_found(signed_in, owner, changed, decision):
    assert decide(signed_in(owner), changed, decision).status_code == 404


def test_members_see_differences_and_may_not_decide(read, signed_in, member, changed):
    browser = signed_in(member)
    page = read(browser.get(f"{LIST}{changed.pk}/"))
    assert [row[0] for row in page.rows[1:]] == ["Name", "Price", "VAT rate"]
    assert "decision" not in page.values("button", "name")
    assert decide(browser, changed, "take:all").status_code == 403


def test_rows_that_are_on_drafts_keep_what_they_had(read, signed_in, owner, changed, make):
    from uku.invoices.models import InvoiceRow

    make.draft(owner, make.client(owner, "Åkerlunds Bygg AB"), changed)
    browser = signed_in(owner)
    decide(browser, changed, "take:all")
    assert list(InvoiceRow.objects.values_list("price", "vat_rate")) == [(Decimal(1250), Decimal(25))]
    page = read(browser.get(f"{LIST}{changed.pk}/"))
    sentence = "A change here does not change existing invoices and drafts. 1 draft has the product."
    assert sentence in page.all("p")


@pytest.mark.parametrize(
    ("change", "badge", "sentence"),
    [
        ({"active": False}, "Inactive in Ledger", "Article 100 is inactive in Ledger."),
        ({"number": "101"}, "Not in Ledger", "Article 100 has not been read from Ledger."),
    ],
)
def test_an_article_that_is_inactive_or_gone_is_named_with_what_to_do(
    read, signed_in, owner, product, says, change, badge, sentence
):
    says("100", **change)
    answer = signed_in(owner).get(f"{LIST}{product.pk}/")
    assert sentence in read(answer).all("p")
    assert badge in answer.content.decode()
    assert decide(signed_in(owner), product, "take:all").status_code in {302, 409}
    product.refresh_from_db()
    assert (product.price, product.version) == (Decimal("1250.00"), 1)


def test_one_product_is_archived_on_its_page_and_is_no_longer_offered_for_new_rows(
    read, signed_in, owner, product, make, ledger
):
    """Old invoices keep it; new rows are not offered it, and refuse it."""
    browser, path = signed_in(owner), f"{LIST}{product.pk}/"
    draft = make.draft(owner, make.client(owner, "Åkerlunds Bygg AB"), product)
    answer = browser.post(f"{LIST}bulk/", {"product": [product.pk], "action": "archive", "from": "product"})
    assert (answer.status_code, answer["Location"]) == (302, path)
    assert read(browser.get("/w/byran/billing/products/", {"q": product.name})).values("li", "data-id") == []
    row = {"rows-0-product": str(product.pk), "rows-0-quantity": "1"}
    head = {"client": str(draft.client_id), "invoice_date": "2026-03-31"}
    refused = browser.post("/w/byran/billing/new/", {**head, **row})
    assert refused.status_code == 422
    assert "This product is not in your list. Choose another." in read(refused).all("li")
    assert browser.get(f"/w/byran/billing/{draft.pk}/edit/").status_code == 200
    assert draft.rows.get().product_id == product.pk
    assert "Restore" in read(browser.get(path)).all("button")
