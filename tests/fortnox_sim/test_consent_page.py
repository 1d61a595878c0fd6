"""The consent pages in Chromium: seen, checked by axe, walked by keyboard, and without JavaScript."""

import threading
from urllib.parse import urlencode

import pytest
from tests.chromium import launch
from tests.fortnox_sim.client_app import ALL_SCOPES

from fortnox_sim import create_app
from fortnox_sim.server import build_server

pytestmark = pytest.mark.browser

SIZES = [(1280, 800), (390, 844), (320, 640)]


@pytest.fixture(scope="module")
def address():
    server = build_server(create_app("empty"), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Open pages with any viewport, scheme and script setting."""
    contexts = []

    def go(*, size=(1280, 800), scheme="light", script=True):
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        return context.new_page()

    yield go
    for context in contexts:
        context.close()


def asked(address, **more):
    facts = {"client_id": "uku-demo", "response_type": "code", "state": "s1"}
    facts["redirect_uri"] = f"{address}/fortnox/callback"  # nothing is there, but something answers
    return f"{address}/oauth-v1/auth?{urlencode({**facts, 'scope': ALL_SCOPES, 'account_type': 'service', **more})}"


def sign_in(page, user="anna@exempelbyran.example", button="Logga in"):
    page.get_by_label("Användarnamn").fill(user)
    page.get_by_label("Lösenord").fill("fortnox")
    page.get_by_role("button", name=button, exact=True).click()


def choose(page, number="556001"):
    page.get_by_role("radio", name=number).check()
    page.get_by_role("button", name="Fortsätt").click()


def pages(page, address):
    """Walk past every page of the consent, failures included, and stop at each."""
    page.goto(asked(address))
    yield "sign in"
    page.get_by_label("Användarnamn").fill("anna@exempelbyran.example")
    page.get_by_label("Lösenord").fill("wrong")
    page.get_by_role("button", name="Logga in", exact=True).click()
    yield "wrong password"
    sign_in(page)
    yield "company"
    choose(page)
    yield "activation"
    page.goto(asked(address))
    sign_in(page, "karin@digitalbyran.example", "Logga in via Digital byrå")
    yield "client"
    choose(page, "556002")
    yield "no permission"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_page_passes_axe_and_fits_its_width(visit, address, size, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(size=size, scheme=scheme)
    found = {}
    for name in pages(page, address):
        violations = [rule["id"] for rule in axe.run(page).response["violations"]]
        found[name] = (violations, page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
    assert found == {
        name: ([], True) for name in ("sign in", "wrong password", "company", "activation", "client", "no permission")
    }


def test_the_whole_way_works_by_keyboard(visit, address):
    page = visit()
    page.goto(asked(address))
    page.keyboard.press("Tab")
    page.keyboard.type("anna@exempelbyran.example")
    page.keyboard.press("Tab")
    page.keyboard.type("fortnox")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:text('Välj företag')")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:text('Aktivering')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fortnox/callback?code=*&state=s1")


def test_focus_is_visible_on_everything_that_can_have_it(visit, address):
    page = visit()
    page.goto(asked(address))
    widths = []
    for _ in range(4):
        page.keyboard.press("Tab")
        widths.append(page.evaluate("getComputedStyle(document.activeElement).outlineWidth"))
    assert widths == ["3px"] * 4


def test_the_whole_way_works_without_javascript(visit, address):
    page = visit(script=False)
    page.goto(asked(address))
    sign_in(page)
    choose(page)
    page.get_by_role("button", name="Godkänn & aktivera").click()
    page.wait_for_url("**/fortnox/callback?code=*&state=s1")


def test_cancelling_leads_back_without_a_code(visit, address):
    page = visit(script=False)
    page.goto(asked(address))
    sign_in(page, "karin@digitalbyran.example", "Logga in via Digital byrå")
    choose(page)
    page.get_by_role("button", name="Avbryt").click()
    page.wait_for_url("**/fortnox/callback?error=access_denied&*")


def test_each_permission_is_listed_in_swedish(visit, address):
    page = visit()
    page.goto(asked(address))
    sign_in(page)
    choose(page)
    assert page.get_by_role("heading", level=1).inner_text() == "Aktivering"
    assert page.get_by_role("listitem").all_inner_texts() == [
        "Företagsinformation",
        "Kunder",
        "Artiklar",
        "Kundfakturor",
        "Betalningar",
        "Inställningar",
        "Bokföring",
        "Valutor",
        "Användarprofil",
        "Leverantörer",
        "Leverantörsfakturor",
        "Löner",
    ]
