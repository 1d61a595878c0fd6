"""Reload data in the browser: "A customer or article is missing after sync", from the button to the report."""

from __future__ import annotations

import pytest
from tests.journeys.contract import says
from tests.journeys.looking import assert_axe_clean, assert_no_sideways_scroll, picture
from tests.journeys.test_contract import button, client_names, main_text, open_tab

pytestmark = pytest.mark.browser
RELOAD = "Click Reload data in the integration Settings tab to re-import the last 12 months of Fortnox data."
INACTIVE = (
    "If the customer or article still does not appear, confirm it is not marked Inactive in Fortnox — Uku skips"
    " inactive records."
)


@pytest.fixture
def owner(site):
    return site.sign_in("owner")


@pytest.fixture
def connected(site, owner):
    """Connected, with one client, the first import decided."""
    site.fortnox.customer(OrganisationNumber="455000-0006")
    site.connect(owner)
    site.work()
    site.decide_all(owner)
    site.work()
    assert client_names(site, owner) == ["Björk Bygg AB"]
    return owner


def ask(site, page):
    """Go to the confirmation by the button on the Settings tab."""
    open_tab(site, page, "Settings")
    page.get_by_role("link", name="Reload data", exact=True).last.click()
    page.get_by_role("heading", name="Reload data from Exempelbyrån AB?").wait_for()


def begin(site, page):
    ask(site, page)
    button(page, "Reload data").click()
    page.get_by_text("Step 1 of 5: Customers").wait_for()


def seen(page, word):
    """Wait until the page that asks for itself says how it ended."""
    page.locator("#fortnox-reload > .section__head .badge", has_text=word).wait_for()
    assert_no_sideways_scroll(page)
    assert_axe_clean(page)


@says(RELOAD)
def test_a_customer_and_an_article_that_were_missing_come_with_reload_data(site, connected):
    site.fortnox.customer(Name="Saknad AB", OrganisationNumber="455000-0014")
    site.fortnox.article(Description="Saknad tjänst")
    ask(site, connected)
    told = main_text(connected)
    assert "All customers: now 1 active." in told
    assert "Nothing is deleted." in told
    assert_axe_clean(connected)
    assert_no_sideways_scroll(connected)
    picture(connected, "reload-confirmation")
    button(connected, "Reload data").click()
    connected.get_by_text("Step 1 of 5: Customers").wait_for()
    assert_axe_clean(connected)
    assert_no_sideways_scroll(connected)
    picture(connected, "reload-running")
    site.work()
    seen(connected, "Done")
    assert "Created 1" in main_text(connected)
    assert client_names(site, connected) == ["Björk Bygg AB", "Saknad AB"]
    site.open(connected, "/notices/")
    assert "Reload data is done." in main_text(connected)


@says(INACTIVE)
def test_one_that_stays_missing_is_told_as_inactive_and_comes_when_it_is_active(site, connected):
    number = site.fortnox.customer(Name="Vilande AB", OrganisationNumber="455000-0014", Active=False)
    for name in ("Upphört Bygg AB", "Gamla Åkeriet AB", "Nedlagd Handel i Malmö AB"):
        site.fortnox.customer(Name=name, Active=False)
    begin(site, connected)
    site.work()
    seen(connected, "Done")
    skipped = connected.get_by_role("region", name="Skipped records")
    assert f"{number} Vilande AB Customers · Inactive in Fortnox" in skipped.inner_text()
    picture(connected, "reload-done")
    assert client_names(site, connected) == ["Björk Bygg AB"]
    site.fortnox.change_customer(number, Active=True)
    begin(site, connected)
    site.work()
    seen(connected, "Done")
    assert client_names(site, connected) == ["Björk Bygg AB", "Vilande AB"]


def test_a_second_browser_is_led_to_the_one_that_runs_and_the_first_finds_it_again(site, connected):
    begin(site, connected)
    place = connected.url
    admin = site.sign_in("admin")
    site.open(admin, "/settings/fortnox/reload/")
    assert admin.url == place
    assert "Started by Olga Owner" in main_text(admin)
    for name in ("Overview", "Activity", "Settings"):
        open_tab(site, connected, name)
        connected.locator("main").get_by_role("link", name="Reload data", exact=True).first.click()
        connected.get_by_text("Step 1 of 5: Customers").wait_for()
        assert connected.url == place


@pytest.mark.parametrize("script", [True, False])
def test_cancel_asks_nothing_further_and_works_without_script(site, connected, script):
    page = connected if script else site.sign_in("owner", script=False)
    begin(site, page)
    button(page, "Cancel").click()
    page.get_by_text("Cancelled. It ends at the next page; what was read stays.").wait_for()
    site.work()
    if not script:
        page.get_by_role("link", name="Refresh").click()
    page.get_by_text("nothing was taken away").wait_for()
    if script:
        picture(page, "reload-cancelled")
    assert client_names(site, page) == ["Björk Bygg AB"]
