"""From sign-in to a connected company and back, with the keys of a keyboard alone: no mouse, no script in our hands."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.journeys.site import PEOPLE
from tests.uku.conftest import PASSWORD
from tests.uku.integrations.fortnox.simulated import ANNA

pytestmark = pytest.mark.browser

MOST_STOPS = 60
# What a person who listens hears of the control that has the focus.
HEARD = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return '';
  const label = here.labels && here.labels[0];
  return (here.ariaLabel || (label ? label.innerText : here.innerText) || '').replace(/\\s+/g, ' ').trim();
}"""


def tab_to(page, name):
    """Press Tab until the control with this name has the focus, once what came last listens to keys."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
    met = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        met.append(page.evaluate(HEARD))
        if met[-1] == name or met[-1].startswith(f"{name} ("):
            return
    raise AssertionError(f"Tab never reaches {name}: {met}")


def press(page, name, key="Enter"):
    tab_to(page, name)
    page.keyboard.press(key)


def write(page, name, text):
    tab_to(page, name)
    page.keyboard.type(text)


def sign_in(site):
    page = site.visitor()
    page.goto(site.address + "/")
    page.wait_for_url("**/accounts/login/**")
    page.wait_for_function("document.activeElement.name === 'login'")  # the first field has the focus by itself
    page.keyboard.type(PEOPLE["owner"])
    write(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/clients/")
    return page


def consent(page):
    """Fortnox's own pages."""
    page.wait_for_url("**/oauth-v1/auth?*")
    write(page, "Användarnamn", ANNA)
    write(page, "Lösenord", "fortnox")
    page.keyboard.press("Enter")
    page.locator("input[name=company]").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the first company of the list
    press(page, "Fortsätt")
    page.get_by_role("button", name="Godkänn & aktivera").wait_for()
    press(page, "Godkänn & aktivera")
    page.wait_for_url("**/settings/fortnox/")


def test_the_whole_flow_takes_nothing_but_a_keyboard(site):
    page = sign_in(site)
    press(page, "Settings & Apps")
    page.wait_for_url("**/settings/")
    press(page, "Fortnox")
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("button", name="Enable", exact=True).wait_for()
    press(page, "Enable")
    dialog.get_by_role("button", name="Disable", exact=True).wait_for()
    press(page, "Connect to Fortnox")
    dialog.get_by_role("button", name="Authorize", exact=True).wait_for()
    press(page, "Authorize")
    consent(page)
    assert page.locator("main .page-head .badge").inner_text() == "Connected to Exempelbyrån AB"
    press(page, "Disconnect")
    page.get_by_role("heading", name="Disconnect Exempelbyrån AB?").wait_for()
    press(page, "Disconnect")
    page.wait_for_url("**/settings/fortnox/")
    assert page.locator("main .page-head .badge").inner_text() == "Enabled, not connected"
