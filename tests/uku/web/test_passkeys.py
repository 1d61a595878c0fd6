"""Passkeys in Chromium with a virtual authenticator, over the real server, and how the pages of accounts look."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from tests.chromium import launch
from tests.uku.conftest import PASSWORD, make_user, make_workspace

SCREENSHOTS = Path(__file__).parents[3] / ".screenshots"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SHAPES = [
    (f"{width}{'-dark' * (scheme == 'dark')}", width, height, scheme)
    for width, height in ((1280, 800), (390, 844))
    for scheme in ("light", "dark")
]
PLACES = [
    ("security", "/accounts/2fa/"),
    ("app", "/accounts/2fa/totp/activate/"),
    ("passkeys", "/accounts/2fa/webauthn/"),
    ("passkey-add", "/accounts/2fa/webauthn/add/"),
    ("recovery-codes", "/accounts/2fa/recovery-codes/"),
    ("recovery-codes-new", "/accounts/2fa/recovery-codes/generate/"),
    ("sessions", "/accounts/sessions/"),
    ("password", "/accounts/password/change/"),
    ("reauthenticate", "/accounts/reauthenticate/"),
    ("reauthenticate-passkey", "/accounts/2fa/webauthn/reauthenticate/"),
]
OUTSIDE = [
    ("sign-in", "/accounts/login/"),
    ("reset", "/accounts/password/reset/"),
    ("reset-sent", "/accounts/password/reset/done/"),
    ("reset-dead", "/accounts/password/reset/key/a-b/"),
    ("reset-done", "/accounts/password/reset/key/done/"),
    ("inactive", "/accounts/inactive/"),
]


@pytest.fixture
def served(committed, process_environment, tmp_path, settings):
    """The address of a real server on this test's database, with an owner whose workspace asks for a second factor."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # the only one the server takes
    owner = make_user("owner@byran.example", "Olga Owner")
    workspace = make_workspace("byran", owner)
    workspace.second_factor_required = True
    workspace.save()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    environment = {**process_environment, "UKU_PUBLIC_URL": address, "UKU_HOME": str(tmp_path)}
    log = (tmp_path / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "uku", "serve", "--port", str(port)], env=environment, stdout=log, stderr=log
    )
    try:
        _wait(f"http://127.0.0.1:{port}/health/ready")
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _wait(address):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx2.get(address, trust_env=False).status_code == httpx2.codes.OK:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not come up")


class Walk:
    """One person at one browser."""

    def __init__(self, browser, address):
        self.browser, self.address = browser, address
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.page = self.context.new_page()
        self.faults = []
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        self.device = self.context.new_cdp_session(self.page)
        self.device.send("WebAuthn.enable")
        self.device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def go(self, path):
        self.page.goto(self.address + path)

    def sign_in(self):
        self.go("/accounts/login/")
        self.page.get_by_label("E-mail").fill("owner@byran.example")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    @property
    def heading(self):
        return self.page.locator("h1").inner_text()

    def look(self, places):
        """Take a picture of every page in every shape; no page scrolls sideways."""
        for name, path in places:
            for shape, width, height, scheme in SHAPES:
                self.page.set_viewport_size({"width": width, "height": height})
                self.page.emulate_media(color_scheme=scheme)
                self.go(path)
                SCREENSHOTS.mkdir(exist_ok=True)
                self.page.screenshot(path=SCREENSHOTS / f"account-{name}-{shape}.png", full_page=True)
                assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, shape)
        self.page.set_viewport_size({"width": 1280, "height": 800})


def test_a_passkey_is_set_up_opens_the_workspace_and_signs_in_alone(served):
    """S23: led to set one up, then in; signed out, back in with the passkey alone; removed, led there again."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        walk = Walk(browser, served)
        walk.look(OUTSIDE)
        walk.sign_in()
        assert walk.heading == "A second factor is needed"
        walk.look([("needed", "/accounts/second-factor/"), ("security-bare", "/accounts/2fa/"), PLACES[1], PLACES[3]])
        walk.go("/accounts/second-factor/")
        walk.page.get_by_role("link", name="Add a passkey").click()
        walk.page.get_by_label("Name").fill("Laptop")
        walk.page.get_by_role("button", name="Add the passkey").click()
        walk.page.wait_for_url(re.compile("recovery-codes|webauthn/$"))
        walk.look([place for place in PLACES if place[0] not in {"app", "passkey-add"}])
        walk.go("/w/byran/clients/")
        assert walk.heading == "Clients"
        walk.page.get_by_role("button", name="Sign out").first.click()
        walk.page.wait_for_url("**/accounts/login/")
        walk.page.get_by_role("button", name="Sign in with a passkey").click()
        walk.page.wait_for_url("**/w/byran/clients/")
        assert walk.heading == "Clients"
        again(walk)
        removed(walk)
        refused(walk)
        assert walk.faults == []
        browser.close()


def again(walk):
    """Asked again, the passkey is proof enough."""
    walk.go("/accounts/2fa/webauthn/reauthenticate/?next=/w/byran/tasks/")
    walk.page.get_by_role("button", name="Use a passkey").click()
    walk.page.wait_for_url(re.compile(r"^[^?]+/w/byran/tasks/$"))  # not the address that carries it as `next`


def removed(walk):
    walk.go("/accounts/2fa/webauthn/")
    assert walk.page.locator(".panel h2").all_inner_texts() == ["Laptop"]
    walk.page.get_by_role("link", name="Remove").click()
    assert walk.heading == "Remove Laptop?"
    walk.look([("passkey-remove", walk.page.url.removeprefix(walk.address))])
    walk.page.get_by_role("button", name="Remove").click()
    walk.page.wait_for_url("**/accounts/2fa/webauthn/")
    walk.go("/w/byran/clients/")
    assert walk.heading == "A second factor is needed"


def refused(walk):
    """A passkey that the server no longer knows signs nobody in, and the page says so."""
    walk.page.get_by_role("button", name="Sign out").first.click()
    walk.page.wait_for_url("**/accounts/login/")
    walk.page.get_by_role("button", name="Sign in with a passkey").click()
    walk.page.locator(".note--error").first.wait_for()
    walk.go("/w/byran/clients/")
    assert walk.heading == "Sign in"
