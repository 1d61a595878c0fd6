"""The Settings tab of the Fortnox dialog in Chromium: what a person saves is what is there after a reload."""

from __future__ import annotations

import re

import pytest
from tests.journeys.looking import assert_axe_clean, assert_no_sideways_scroll, picture

pytestmark = pytest.mark.browser
SETTINGS = "/settings/fortnox/settings/"
SLOW = re.compile(r"q=klient(\+|%20)12\b")


def save(page) -> str:
    """Press Save and return what the page says then."""
    with page.expect_navigation():  # after the page has asked who is signed in
        page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()
    return " ".join(page.locator(".messages, [role=status], [role=alert]").all_inner_texts())


def test_statistics_are_chosen_moved_and_switched_off_and_an_older_tab_saves_nothing(site):
    page = site.sign_in()
    site.connect(page)
    site.work()
    site.open(page, SETTINGS)
    older = page.context.new_page()
    site.open(older, SETTINGS)

    page.get_by_label("Ask first").check()
    page.get_by_label("Vouchers", exact=True).check()
    page.get_by_label("Sales invoices", exact=True).check()
    assert "Settings saved." in save(page)
    page.reload()
    shown = [page.get_by_label(name, exact=True).is_checked() for name in ("Ask first", "Vouchers", "Sales invoices")]
    assert shown == [True, True, True]
    picture(page, "settings-one-form")
    assert_axe_clean(page)
    assert_no_sideways_scroll(page)

    older.get_by_label("Task title").fill("Older")
    assert "Nothing was saved" in save(older)
    assert older.get_by_label("Task title").input_value() == "Monthly summary"

    month = page.get_by_label("First month")
    assert month.locator("option").count() == 25  # the year behind, this month, the year ahead
    month.select_option(index=0)
    assert "Settings saved." in save(page)
    site.open(page, SETTINGS)
    page.get_by_label("Vouchers", exact=True).uncheck()
    page.get_by_label("Sales invoices", exact=True).uncheck()
    assert "Work statistics are off" in save(page)
    picture(page, "settings-statistics-off")
    site.open(page, "/settings/fortnox/")
    assert page.get_by_role("row", name="Work statistics").get_by_text("Off", exact=True).count() == 1
    picture(page, "overview-statistics-off")


def test_a_client_is_found_and_chosen_with_the_keys_and_stays_chosen(site):
    """In the open dialog: what was chosen stands first whatever is searched for next, and what was typed stays."""
    site.within(make_clients)
    page = site.sign_in()
    site.connect(page)
    site.open(page, "/settings/")
    page.locator("a[href$='/settings/fortnox/']").first.click()
    page.locator("dialog .tabs").get_by_text("Settings").click()
    page.get_by_label("Task title").fill("Månadens siffror")
    picture(page, "settings-clients")
    page.get_by_label("Search clients").focus()
    page.keyboard.type("klient 399")
    page.get_by_text("Klient 399").wait_for()
    page.keyboard.press("Tab")  # the button
    page.keyboard.press("Tab")  # the choice
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Klient 399").is_checked()
    page.get_by_label("Search clients").fill("klient 12")
    page.get_by_text("Klient 120").wait_for()
    page.keyboard.press("Enter")
    chosen = page.locator("#found-clients input").evaluate_all("all => all.map(one => one.checked)")
    assert chosen == [False, True, *[False] * 10]
    picture(page, "settings-clients-found")
    assert_axe_clean(page)
    assert_no_sideways_scroll(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Settings saved.").wait_for()
    assert page.get_by_label("Klient 399").is_checked()
    assert page.get_by_label("Task title").input_value() == "Månadens siffror"


def test_the_answer_of_a_slow_search_does_not_take_back_what_was_chosen_meanwhile(site):
    """It was asked for before the choice, and comes when the person is somewhere else on the page."""
    site.within(make_clients)
    page, held = site.sign_in(), []
    site.connect(page)
    site.open(page, SETTINGS)
    page.route(SLOW, lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks the function it is given
    with page.expect_request(SLOW):
        page.get_by_label("Search clients").fill("klient 12")
    page.get_by_label("Klient 003").check()
    page.get_by_label("Task title").fill("Siffror")
    with page.expect_response(SLOW):
        held[0].continue_()
    page.evaluate("new Promise(done => setTimeout(done))")  # the answer is taken in, or left
    assert page.get_by_label("Klient 003").is_checked()


def test_a_client_is_found_and_chosen_without_script(site):
    site.within(make_clients)
    page = site.sign_in(script=False)
    site.open(page, SETTINGS)
    page.get_by_label("Search clients").fill("399")
    page.keyboard.press("Enter")
    page.get_by_label("Klient 399").check()
    page.get_by_role("button", name="Save", exact=True).click()
    assert page.get_by_label("Klient 399").is_checked()


def make_clients() -> None:
    from uku.clients.models import Client
    from uku.kit import clock
    from uku.kit.scoping import current_workspace_id

    place = {"workspace_id": current_workspace_id(), "created_at": clock.now()}
    clients = [Client(name=f"Klient {number:03}", **place) for number in range(400)]
    for client in clients:
        client.derive()
    Client.objects.bulk_create(clients)


def test_the_page_after_authorize_says_what_goes_on(site):
    page = site.sign_in()
    site.connect(page)
    assert page.get_by_text("Being read now: Customers, Articles, Paid status.").count() == 1
    picture(page, "overview-after-authorize")
