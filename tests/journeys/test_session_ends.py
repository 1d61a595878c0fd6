"""What was typed into a form outlives the session, in Chromium: nothing is sent, and nothing is lost."""

from __future__ import annotations

from functools import partial

import pytest
from tests.journeys.site import PEOPLE, session_of
from tests.journeys.test_draft import end_sessions, slow_down
from tests.journeys.test_month import last_month_of_ten_clients
from tests.uku.conftest import PASSWORD

pytestmark = pytest.mark.browser
EXPIRED = "Your session has expired. What you typed is still on this page."
OTHER = "Another person has signed in in this browser. What you typed is still on this page."


def sign_in_in_a_new_tab(page, who="owner"):
    """Press Sign in in the note, and sign in where it opens."""
    with page.context.expect_page() as opened:
        page.locator("[data-kept]").get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.fill("input[name=login]", PEOPLE[who])
    tab.fill("input[name=password]", PASSWORD)
    tab.click("main button[type=submit], main button:not([type])")
    tab.wait_for_url("**/w/**")
    tab.close()


def press_after_the_end(site, page, button):
    """Press a button when the session has ended: the page says so, and has the focus there."""
    site.do(end_sessions)
    page.get_by_role("button", name=button).last.click()
    page.get_by_text(EXPIRED).wait_for()
    assert page.evaluate("'kept' in document.activeElement.dataset")
    sign_in_in_a_new_tab(page)
    page.get_by_role("button", name=button).last.click()


def test_quantities_of_many_clients_outlive_the_session(site):
    from uku.invoices.models import InvoiceRow

    site.within(last_month_of_ten_clients)
    page = site.sign_in("owner")
    site.open(page, "/billing/repeat/")
    hours = page.get_by_label("Quantity of Bokföring")
    for number in range(10):
        hours.nth(number).fill(f"{number + 1},5")
    press_after_the_end(site, page, "Create drafts")
    page.get_by_text("10 drafts are made.").wait_for()
    rows = site.within(lambda: InvoiceRow.objects.filter(invoice__state="draft", unit="h").order_by("invoice_id"))
    assert site.within(lambda: [str(row.quantity) for row in rows]) == [f"{number + 1}.50" for number in range(10)]


def test_a_new_client_outlives_the_session(site):
    page = site.sign_in("owner")
    site.open(page, "/clients/new/")
    page.get_by_label("Name").first.fill("Åkerlunds Måleri AB")
    page.get_by_label("City").fill("Malmö")
    press_after_the_end(site, page, "Add client")
    page.locator("h1", has_text="Åkerlunds Måleri AB").wait_for()
    page.get_by_text("Malmö").first.wait_for()


def test_company_details_outlive_the_session(site):
    page = site.sign_in("owner")
    site.open(page, "/settings/company/")
    page.get_by_label("Bankgiro").fill("991-2346")
    page.get_by_label("City").fill("Örebro")
    press_after_the_end(site, page, "Save changes")
    page.get_by_text("Örebro").first.wait_for()
    site.open(page, "/settings/company/")
    assert (page.get_by_label("Bankgiro").input_value(), page.get_by_label("City").input_value()) == (
        "991-2346",
        "Örebro",
    )


def test_a_form_in_the_dialog_outlives_the_session(site):
    page = site.sign_in("owner")
    site.connect(page)
    site.open(page, "/settings/")
    page.get_by_role("link", name="Fortnox", exact=True).click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("link", name="Settings", exact=True).click()
    dialog.get_by_label("Task title").fill("Månadens volymer")
    site.do(end_sessions)
    dialog.get_by_role("button", name="Save", exact=True).click()
    dialog.get_by_text(EXPIRED).wait_for()
    sign_in_in_a_new_tab(page)
    assert dialog.get_by_label("Task title").input_value() == "Månadens volymer"
    dialog.get_by_role("button", name="Save", exact=True).click()
    dialog.get_by_text("Saved").first.wait_for()
    dialog.get_by_text(EXPIRED).wait_for(state="detached")
    page.wait_for_load_state("networkidle")


def test_what_one_person_typed_is_not_sent_in_the_name_of_another(site):
    from uku.clients.models import Client

    page = site.sign_in("owner")
    site.open(page, "/clients/new/")
    page.get_by_label("Name").first.fill("Åkerlunds Måleri AB")
    for who, note in (("admin", OTHER), ("owner", "")):
        page.context.add_cookies([{**site.do(partial(session_of, PEOPLE[who])), "url": site.address}])
        page.get_by_role("button", name="Add client").click()
        if note:
            page.get_by_text(note).wait_for()
            page.get_by_text("sign in as Olga Owner").wait_for()
            assert site.within(Client.objects.count) == 0
    page.locator("h1", has_text="Åkerlunds Måleri AB").wait_for()
    page.wait_for_load_state("networkidle")


def test_a_slow_answer_about_the_session_lets_no_second_press_through(site):
    from uku.clients.models import Client

    page, sent = site.sign_in("owner"), []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    slow_down(page, 600)
    site.open(page, "/clients/new/")
    page.get_by_label("Name").first.fill("Åkerlunds Måleri AB")
    page.get_by_role("button", name="Add client").dblclick()
    page.locator("h1", has_text="Åkerlunds Måleri AB").wait_for()
    assert len(sent) == 1
    assert site.within(Client.objects.count) == 1


def test_nothing_typed_is_kept_by_the_browser_when_the_page_is_left(site):
    page = site.sign_in("owner")
    site.open(page, "/clients/new/")
    page.get_by_label("Name").first.fill("Åkerlunds Måleri AB")
    site.do(end_sessions)
    page.get_by_role("button", name="Add client").click()
    page.get_by_text(EXPIRED).wait_for()
    assert "Åkerlunds" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")
