"""The main job from one command, and again after everything was stopped; then its pages, seen in Chromium.

Every page is pictured at both widths, in light and dark, for a person to look at. What a machine can see is
checked: nothing scrolls sideways, amounts stand at the right. One file, because one demo serves all of it.
"""

from __future__ import annotations

import pytest
from tests.journeys.conftest import SCREENSHOTS, Demo

pytestmark = [pytest.mark.process, pytest.mark.browser]

PASSWORD = "demo demo demo"
OWNER, MEMBER = "anna@exempelbyran.example", "cia@exempelbyran.example"
BASE = "/w/exempelbyran"
PAGES = {
    "clients": f"{BASE}/clients/",
    "client-new": f"{BASE}/clients/new/",
    "products": f"{BASE}/products/",
    "product-new": f"{BASE}/products/new/?article=2",
    "billing": f"{BASE}/billing/",
    "invoice-new": f"{BASE}/billing/new/",
    "tasks": f"{BASE}/tasks/",
    "settings": f"{BASE}/settings/",
    "fortnox-overview": f"{BASE}/settings/fortnox/",
    "fortnox-connect": f"{BASE}/settings/fortnox/connect/",
    "fortnox-settings": f"{BASE}/settings/fortnox/settings/",
    "fortnox-activity": f"{BASE}/settings/fortnox/activity/",
    "fortnox-review": f"{BASE}/settings/fortnox/review/",
    "fortnox-disconnect": f"{BASE}/settings/fortnox/disconnect/",
}
FIRST_OF = {"client": ("clients", "/clients/"), "invoice": ("billing", "/billing/"), "task": ("tasks", "/tasks/")}
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


STEPS_WITH_AN_END = (
    "Clients typed in",
    "Enable Fortnox",
    "Choose work statistics",
    "Authorize in Fortnox",
    "Import customers and articles",
    "Decide the first import",
    "Make products from articles",
    "Draft and issue invoices",
    "Invoices pushed and booked",
    "Fortnox records payments",
)


def test_the_demo_states_its_outcome_in_its_last_lines(demo):
    wanted = {
        "customers seen": "60",
        "customers imported": "59",
        "inactive skipped": "1",
        "linked": "58",
        "invoices pushed": "6",
        "creates in the journal per invoice": "1",
        "paid": "2",
        "partly paid": "1",
    }
    assert {name: demo.fact(name) for name in wanted} == wanted
    assert int(demo.fact("summary tasks")) >= 1
    assert int(demo.fact("requests used")) <= 180  # three companies


def test_every_check_of_the_demo_held(demo):
    assert [line for line in demo.lines if line.endswith("checks held")] == ["16 of 16 checks held"]


def test_a_second_demo_goes_on_from_the_first_without_authorizing_or_invoicing_again(demo):
    assert demo.stop() == 0
    assert demo.start() is None
    repeated = [name for name in STEPS_WITH_AN_END if "already done" not in demo.step(name)]
    assert repeated == []
    assert demo.fact("invoices pushed") == "6"
    assert demo.fact("creates in the journal per invoice") == "1"
    assert [line for line in demo.lines if line.endswith("checks held")] == ["16 of 16 checks held"]


def test_a_second_demo_beside_the_first_is_told_so_and_touches_nothing(demo):
    beside = Demo(demo.home)
    assert beside.start("--exit") == 1
    assert beside.text.startswith(f"A demo is running in {demo.home}/demo already. Stop it with Ctrl-C where it runs")


def open_page(chromium, demo, *, width: int, scheme: str, email: str = OWNER):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(demo.address + "/accounts/login/")
    if email:
        page.fill("input[name=login]", email)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit], main button:not([type])")
        page.wait_for_url("**/clients/")
    return page


def picture(page, name: str, width: int, scheme: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)


def sideways(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def amounts_not_at_the_right(page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll(innerWidth < 1000 ? 'td.f-amount' : 'td.num, th.num')]"
        ".filter(cell => !['right', 'end'].includes(getComputedStyle(cell).textAlign)).map(cell => cell.textContent)"
    )


def addresses(page, demo) -> dict[str, str]:
    found = dict(PAGES)
    for name, (listing, part) in FIRST_OF.items():
        page.goto(demo.address + PAGES[listing])
        links = page.eval_on_selector_all("main a", "links => links.map(link => link.getAttribute('href'))")
        found[name] = next(link for link in links if link and part in link and link.rstrip("/")[-1].isdigit())
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_its_width_and_has_its_amounts_at_the_right(chromium, demo, width, scheme):
    signing_in = open_page(chromium, demo, width=width, scheme=scheme, email="")
    picture(signing_in, "sign-in", width, scheme)
    found = {"sign-in": (sideways(signing_in), [])}
    page = open_page(chromium, demo, width=width, scheme=scheme)
    wanted = addresses(page, demo)
    for name, address in wanted.items():
        answer = page.goto(demo.address + address)
        assert answer.status == 200, name
        picture(page, name, width, scheme)
        found[name] = (sideways(page), amounts_not_at_the_right(page))
    assert found == {name: (0, []) for name in ["sign-in", *wanted]}


@pytest.mark.parametrize("width", WIDTHS)
def test_the_card_opens_the_dialog_and_its_tabs_stay_in_it(chromium, demo, width):
    page = open_page(chromium, demo, width=width, scheme="light")
    page.goto(demo.address + PAGES["settings"])
    page.click("text=Fortnox >> nth=0")
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    for tab in ("Connect to Fortnox", "Settings", "Activity", "Overview"):  # each is another one than before
        dialog.locator(f"nav.tabs a:has-text('{tab}')").click()
        dialog.locator(f"nav.tabs a[aria-current=page]:has-text('{tab}')").wait_for()
        picture(page, f"dialog-{tab.lower().replace(' ', '-')}", width, "light")
    page.keyboard.press("Escape")
    page.wait_for_url(demo.address + PAGES["settings"])
    assert page.locator("dialog[open]").count() == 0


def test_a_member_reads_the_dialog_and_has_no_buttons_in_it(chromium, demo):
    page = open_page(chromium, demo, width=1280, scheme="light", email=MEMBER)
    buttons = {}
    for name in ("fortnox-overview", "fortnox-connect", "fortnox-settings", "fortnox-activity"):
        page.goto(demo.address + PAGES[name])
        assert page.locator("nav.tabs a").count() == 4
        picture(page, f"member-{name}", 1280, "light")
        buttons[name] = page.locator("main form button:visible").all_inner_texts()
    assert buttons == {name: [] for name in buttons}


def test_the_consent_page_of_fortnox_can_be_reached_from_authorize(chromium, demo):
    """Chromium checks form-action on the redirect of a posted form too, which an HTTP client cannot show."""
    page = open_page(chromium, demo, width=1280, scheme="light")
    page.goto(demo.address + PAGES["fortnox-connect"])
    page.click("button:has-text('Authorize')")
    page.wait_for_url("**/oauth-v1/auth*")
    page.fill("input[name=username]", "anna@exempelbyran.example")
    page.fill("input[name=password]", "fortnox")
    page.click("button[type=submit]")
    page.check("input[name=company][value='556001']")
    page.click("button[type=submit]")
    picture(page, "consent", 1280, "light")
    page.click("button:has-text('Godkänn & aktivera')")
    page.wait_for_url("**/settings/fortnox/")
    assert page.locator("main .badge").first.inner_text() == "Connected to Exempelbyrån AB"
