"""The page of a draft in Chromium: what stands in each field at the end is what was typed, however slow the line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from tests.journeys.looking import look, picture
from tests.journeys.site import PEOPLE
from tests.uku.conftest import PASSWORD

pytestmark = pytest.mark.browser


def people_and_products():
    """Two clients and three products, of which one is billed by the hour."""
    from uku.clients.operations import create_client
    from uku.kit import clock
    from uku.products.models import Product
    from uku.workspaces.models import User

    owner = User.objects.get(email="owner@byran.example")
    for name in ("Björkhaga Trädgård AB", "Björks Bygg AB"):
        create_client(actor=owner, at=clock.now(), name=name, address1="Storgatan 1", city="Malmö", country="SE")
    german = {"country": "DE", "vat_number": "DE136695976", "vat_type": "eu_reverse_charge"}
    create_client(actor=owner, at=clock.now(), name="Krause GmbH", address1="Allee 1", city="Kiel", **german)
    for name, unit, price in (("Bokföring", "h", "950"), ("Bokslut", "st", "12000"), ("Lön", "st", "240")):
        Product.objects.create(name=name, unit=unit, price=Decimal(price), vat_rate=Decimal(25), created_at=clock.now())


@pytest.fixture
def page(site):
    site.within(people_and_products)
    return site.sign_in("owner")


def slow_down(page, milliseconds):
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", limits)


def write(page, field, text, pace):
    """Select what stands in a field, and type over it."""
    place = page.locator(f"[name={field}]")
    place.click()
    place.press("Control+a")
    page.keyboard.type(text, delay=pace)


def pick(page, field, text, pace):
    """Type, wait for the hits, and take the first."""
    write(page, field, text, pace)
    hits = page.locator(f"[role=combobox][name={field}] + [role=listbox]")
    hits.locator("[role=option]").first.wait_for()
    page.keyboard.press("Enter")


def fill_in(page, pace, mark):
    """Write a draft as somebody does who looks at the paper and not at the page."""
    pick(page, "client-words", "björkhaga", pace)
    page.locator("[name=invoice_date]").fill("2026-03-31")
    pick(page, "rows-0-product-words", "bokf", pace)
    write(page, "rows-0-quantity", "12,5", pace)
    write(page, "rows-0-description", f"Bokföring {mark}", pace)
    write(page, "rows-1-description", "Egen text", pace)
    write(page, "rows-1-price", "333,50", pace)
    pick(page, "rows-1-product-words", "bokslut", pace)
    page.get_by_role("button", name="Add rows").click()
    write(page, "rows-2-description", "Redovisning mars", pace)
    write(page, "rows-3-description", "Porto", pace)
    write(page, "rows-3-quantity", "2", pace)
    write(page, "rows-3-price", "62", pace)
    write(page, "rows-3-vat_rate", "25", pace)
    write(page, "rows-1-quantity", "3", pace)
    write(page, "remarks", f"Tack {mark}", pace)


def stands(page, mark):
    """Say which fields do not hold what was typed, or what a product proposed where nothing was."""
    wanted = {
        "client-words": "Björkhaga Trädgård AB",
        "invoice_date": "2026-03-31",
        "remarks": f"Tack {mark}",
        **row(0, "Bokföring", f"Bokföring {mark}", "12,5", "h", "950.00", "25"),
        **row(1, "Bokslut", "Egen text", "3", "st", "333,50", "25"),
        **row(2, "", "Redovisning mars", "", "", "", ""),
        **row(3, "", "Porto", "2", "", "62", "25"),
        **row(4, "", "", "", "", "", ""),
    }
    found = {name: page.locator(f"[name={name}]").input_value() for name in wanted}
    return {name: (value, wanted[name]) for name, value in found.items() if value != wanted[name]}


def row(number, *values):
    names = ("product-words", "description", "quantity", "unit", "price", "vat_rate")
    return {f"rows-{number}-{name}": value for name, value in zip(names, values, strict=True)}


def stored(mark):
    from uku.invoices.models import Invoice, InvoiceRow

    draft = Invoice.objects.get(remarks=f"Tack {mark}")
    rows = InvoiceRow.objects.filter(invoice=draft).values_list("description", "quantity", "price")
    return draft.invoice_date, draft.total, list(rows)


@pytest.mark.parametrize("latency", [0, 600])
@pytest.mark.parametrize("pace", [50, 120])
def test_what_stands_in_every_field_is_what_was_typed_in_each_of_two_tabs(site, page, pace, latency):
    tabs = {"ett": page, "två": page.context.new_page()}
    for tab in tabs.values():
        site.open(tab, "/billing/new/")
        slow_down(tab, latency)
    for mark, tab in tabs.items():
        tab.bring_to_front()
        fill_in(tab, pace, mark)
    for mark, tab in tabs.items():
        tab.bring_to_front()
        assert stands(tab, mark) == {}
        tab.get_by_role("button", name="Save draft").last.click()
        tab.get_by_text("The draft is saved.").wait_for()
        assert site.within(lambda mark=mark: stored(mark)) == (
            date(2026, 3, 31),
            Decimal("16249.00"),
            [
                (f"Bokföring {mark}", Decimal("12.50"), Decimal("950.00")),
                ("Egen text", Decimal("3.00"), Decimal("333.50")),
                ("Redovisning mars", Decimal("0.00"), Decimal("0.00")),
                ("Porto", Decimal("2.00"), Decimal("62.00")),
            ],
        )


def test_the_page_reads_well_empty_while_one_searches_and_when_it_is_right(site, page):
    found = {}
    site.open(page, "/billing/new/")
    found["empty"] = look(page, "draft-empty")
    page.locator("[name=client-words]").click()
    page.keyboard.type("björk")
    page.locator("[role=option]").nth(1).wait_for()
    found["search"] = look(page, "draft-search")
    page.keyboard.press("Enter")
    pick(page, "rows-0-product-words", "bokf", 0)
    page.get_by_text("1,188.00 SEK").wait_for()
    found["right"] = look(page, "draft-right")
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, "draft-narrow")
    assert {name: each for name, each in found.items() if each} == {}


def test_without_a_script_a_name_is_enough(site, page):
    plain = site.sign_in("owner", script=False)
    site.open(plain, "/billing/new/")
    plain.fill("[name=client-words]", "Björks Bygg")
    plain.fill("[name=rows-0-product-words]", "Lön")
    plain.get_by_role("button", name="Save draft").last.click()
    plain.get_by_text("The draft is saved.").wait_for()
    assert plain.locator("[name=rows-0-price]").input_value() == "240.00"


def test_what_a_refused_save_left_on_the_page_is_not_left_without_a_question(site, page):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    site.open(page, "/billing/new/")
    page.locator("[name=rows-0-quantity]").fill("many")
    page.get_by_role("button", name="Save draft").last.click()
    page.get_by_text("The draft is not saved.").wait_for()
    page.locator("[name=rows-0-quantity]").click()
    page.get_by_role("link", name="Tasks").first.click()
    page.wait_for_url("**/tasks/")
    assert asked == ["beforeunload"]


def test_back_after_a_draft_was_saved_shows_an_empty_form(site, page):
    """A part of what was written would be saved as another draft."""
    site.open(page, "/billing/new/")
    pick(page, "client-words", "björkhaga", 0)
    for number in range(4):
        for name, text in (("description", "Rad"), ("quantity", "1"), ("price", "10"), ("vat_rate", "25")):
            write(page, f"rows-{number}-{name}", text, 0)
    page.locator("aside [name=then][value=save]").click()
    page.wait_for_url("**/edit/")
    page.go_back()
    page.wait_for_url("**/new/")
    filled = [field.get_attribute("name") for field in page.locator("#draft-form input").all() if field.input_value()]
    assert [name for name in filled if name.startswith(("rows-", "client"))] == []


def await_rates(page, *wanted):
    for number, rate in enumerate(wanted):
        expect(page.locator(f"[name=rows-{number}-vat_rate]")).to_have_value(rate)


def test_a_proposed_rate_follows_the_client_and_a_typed_one_stays(site, page):
    """Row 1 is proposed, row 2 typed over, row 3 typed as it was proposed."""
    site.open(page, "/billing/new/")
    slow_down(page, 600)
    pick(page, "client-words", "krause", 20)
    for number in range(3):
        pick(page, f"rows-{number}-product-words", "lön", 20)
    write(page, "rows-1-vat_rate", "6", 20)
    write(page, "rows-2-vat_rate", "0", 20)
    await_rates(page, "0", "6", "0")
    pick(page, "client-words", "björks", 20)
    await_rates(page, "25", "6", "0")
    page.get_by_role("button", name="Save draft").last.click()
    page.get_by_text("The draft is saved.").wait_for()
    await_rates(page, "25", "6", "0")
    pick(page, "client-words", "krause", 20)
    await_rates(page, "0", "6", "0")


def end_sessions():
    from uku.web.session_store import SessionStore

    SessionStore.get_model_class().objects.all().delete()


def test_what_was_typed_stays_when_the_session_ends_and_is_saved_after_signing_in_again(site, page):
    site.open(page, "/billing/new/")
    pick(page, "client-words", "björkhaga", 0)
    for name, text in (("quantity", "2"), ("price", "1200"), ("vat_rate", "25"), ("description", "Bokslut")):
        write(page, f"rows-0-{name}", text, 0)
    site.do(end_sessions)
    page.get_by_role("button", name="Save draft").last.click()
    page.get_by_text("Your session has expired. What you typed is still on this page.").wait_for()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.fill("input[name=login]", PEOPLE["owner"])
    tab.fill("input[name=password]", PASSWORD)
    tab.click("main button[type=submit], main button:not([type])")
    tab.wait_for_url("**/w/**")
    tab.close()
    page.get_by_role("button", name="Save draft").last.click()
    page.get_by_text("The draft is saved.").wait_for()
    assert page.locator("[name=rows-0-price]").input_value() == "1200.00"


def test_what_was_typed_stays_when_the_server_does_not_answer(site, page):
    site.open(page, "/billing/new/")
    write(page, "remarks", "Tack", 0)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save draft").last.click()
    page.get_by_text("The server does not answer. What you typed is still on this page.").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Save draft").last.click()
    page.get_by_text("The draft is not saved.").wait_for()
    assert page.locator("[name=remarks]").input_value() == "Tack"
