"""Something besides the password: an app's codes, recovery codes, and who must have one."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core import mail
from django.template.loader import get_template
from django.test import Client
from tests.uku.conftest import PASSWORD

ROOT = Path(__file__).parents[3]


def code_of(secret):
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.fixture(autouse=True)
def _one_half_minute(monkeypatch):
    """Let the half minute of the codes stand still: one that ends between two steps would end the code with it."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: 1_790_000_000.0))


def sign_in(user, address="198.51.100.1"):
    browser = Client(REMOTE_ADDR=address)
    answer = browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser, answer


def turn_on(browser):
    """Set up an app as a person does: read the secret, write the code, see the recovery codes."""
    page = browser.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'id="authenticator_secret">([A-Z2-7]+)<', page)[1]
    answer = browser.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    codes = re.findall(r"<li><code>(\w+)</code>", browser.get(answer["Location"]).content.decode())
    return secret, codes


@pytest.fixture
def secured(owner, workspace):
    browser, _answer = sign_in(owner)
    secret, codes = turn_on(browser)
    from django.core.cache import cache

    cache.clear()  # the code of this half minute counts as used; the next one would take as long to come
    return owner, secret, codes


def is_in(browser):
    return browser.get("/w/byran/clients/").status_code == 200


def test_an_app_is_set_up_and_asked_for_from_then_on(secured):
    """S23"""
    owner, secret, codes = secured
    assert len(set(codes)) == 10
    browser, answer = sign_in(owner)
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(browser)
    assert browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    assert is_in(browser)


def test_a_code_works_once(secured):
    """S23: the same code does not sign a second browser in."""
    owner, secret, _codes = secured
    code = code_of(secret)
    (first, _a), (second, _b) = sign_in(owner), sign_in(owner)
    assert first.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert second.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200
    assert (is_in(first), is_in(second)) == (True, False)


def test_a_recovery_code_works_once(secured):
    """S23"""
    owner, _secret, codes = secured
    (first, _a), (second, _b) = sign_in(owner), sign_in(owner)
    assert first.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert second.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 200
    assert second.post("/accounts/2fa/authenticate/", {"code": codes[1]}).status_code == 302
    assert "8 codes are left" in second.get("/accounts/2fa/").content.decode()


def test_codes_are_not_guessed(secured):
    """S24: five wrong ones, from any address, and the right one does not pass."""
    owner, secret, _codes = secured
    for number in range(5):
        browser, _answer = sign_in(owner, f"198.51.100.{number}")
        assert "Wrong code" in browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    browser, _answer = sign_in(owner, "203.0.113.5")
    refused = browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert "Too many tries" in refused.content.decode()
    assert not is_in(browser)


def test_the_password_alone_opens_no_page_meanwhile(secured):
    """S23: between the password and the code there is no session."""
    owner, _secret, _codes = secured
    browser, _answer = sign_in(owner)
    for path in ("/accounts/2fa/", "/accounts/2fa/totp/deactivate/", "/accounts/password/change/", "/w/byran/clients/"):
        assert browser.get(path)["Location"].startswith("/accounts/"), path
        assert "2fa/authenticate" in browser.get(path)["Location"] or "login" in browser.get(path)["Location"], path


def test_turning_the_app_off_takes_a_recent_sign_in_and_throws_the_codes_away(owner, workspace):
    """S18, S23"""
    from allauth.mfa.models import Authenticator

    browser, _answer = sign_in(owner)
    turn_on(browser)
    session = browser.session
    session["uku_proved_at"] -= 31 * 60
    session.save()
    path = "/accounts/2fa/totp/deactivate/"
    assert browser.post(path)["Location"] == f"/accounts/reauthenticate/?next={path.replace('/', '%2F')}"
    assert Authenticator.objects.count() == 2
    assert browser.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": path}).status_code == 302
    browser.post(path)
    assert Authenticator.objects.count() == 0
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == ([owner.email], "Authenticator app turned off")
    first, *_rest = letter.body.strip().splitlines()
    assert first == "The authenticator app was turned off for your account in Uku. Its codes no longer work."


ACCOUNT_MAILS = (
    "account/email/password_changed",
    "account/email/password_reset",
    "account/email/password_reset_key",
    "account/email/unknown_account",
    "mfa/email/recovery_codes_generated",
    "mfa/email/totp_activated",
    "mfa/email/totp_deactivated",
    "mfa/email/webauthn_added",
    "mfa/email/webauthn_removed",
)


@pytest.mark.parametrize("name", [f"{mail}_{part}.txt" for mail in ACCOUNT_MAILS for part in ("subject", "message")])
def test_a_mail_about_an_account_is_in_our_words(name):
    """The pages say passkey; the library that sends the mail would say security key, in title case."""
    found = get_template(name).template
    assert Path(found.origin.name).is_relative_to(ROOT / "src/uku/web/templates")
    assert re.search("security key|deactivat", found.source, re.IGNORECASE) is None


def test_the_database_holds_the_secrets_of_second_factors_sealed(secured):
    """S23, S37: neither the app's key, its bytes, nor a recovery code or their seed stands in a row."""
    from allauth.mfa.models import Authenticator
    from django.db import connection

    from uku.workspaces.factors import open_secret

    _owner, secret, codes = secured
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM mfa_authenticator t")
        rows = cursor.fetchone()[0]
    seed = open_secret(Authenticator.objects.get(type="recovery_codes").data["seed"])
    assert [text for text in (secret, seed, *codes) if text in rows] == []
    assert open_secret(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_a_secret_in_clear_or_sealed_for_something_else_lets_nobody_in(secured, settings):
    """S36, S39: the form says who can put it right, and nothing is deleted."""
    from allauth.mfa.models import Authenticator

    from uku.kit.secrets import KeyRing, Place

    owner, secret, _codes = secured
    ring = KeyRing([key.get_secret_value() for key in settings.UKU.token_keys])
    for planted in (secret, ring.seal(secret, Place("fortnox_connection", "sealed_tokens", "1"))):
        Authenticator.objects.filter(type="totp").update(data={"secret": planted})
        browser, _answer = sign_in(owner)
        answer = browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
        assert (answer.status_code, is_in(browser)) == (200, False)
        assert "an encryption key is missing" in answer.content.decode()
        assert Authenticator.objects.get(type="totp").data == {"secret": planted}


def required(workspace, *, of=True):
    workspace.second_factor_required = of
    workspace.save()


@pytest.mark.parametrize(("role", "led"), [("owner", True), ("admin", True), ("member", False)])
def test_owners_and_admins_must_have_one_when_the_workspace_says_so(request, workspace, role, led):
    """S23: they are led to set one up and see nothing else of that workspace."""
    user = request.getfixturevalue(role)
    required(workspace)
    browser, _answer = sign_in(user)
    for path in ("/w/byran/clients/", "/w/byran/settings/", "/w/byran/tasks/"):
        answer = browser.get(path)
        assert (answer.status_code, answer.get("Location")) == (
            (302, "/accounts/second-factor/") if led else (200, None)
        )
    if led:
        assert browser.post("/w/byran/clients/new/", {"name": "Ny"})["Location"] == "/accounts/second-factor/"
        assert "Byran" in browser.get("/accounts/second-factor/").content.decode()


def test_the_workspace_opens_as_soon_as_one_is_set_up(owner, workspace):
    """S23: no second sign-in is needed for it."""
    required(workspace)
    browser, _answer = sign_in(owner)
    assert not is_in(browser)
    turn_on(browser)
    assert is_in(browser)
    assert browser.get("/accounts/second-factor/")["Location"] == "/"


def test_recovery_codes_alone_are_no_second_factor(owner, workspace):
    """S23"""
    from allauth.mfa.models import Authenticator

    required(workspace)
    Authenticator.objects.create(user=owner, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    browser, _answer = sign_in(owner)
    assert not is_in(browser)


def test_another_workspace_without_the_rule_stays_open(owner, workspace, other_workspace):
    """S23"""
    from uku.workspaces.operations import add_member

    add_member(workspace=other_workspace, user=owner, role="admin")
    required(workspace)
    browser, _answer = sign_in(owner)
    assert browser.get("/w/annan/clients/").status_code == 200
    assert not is_in(browser)


def test_a_stranger_learns_nothing_from_the_rule(stranger, workspace):
    """B22: a workspace with the rule and one that does not exist look the same."""
    required(workspace)
    browser, _answer = sign_in(stranger)
    assert [browser.get(path).status_code for path in ("/w/byran/clients/", "/w/none/clients/")] == [404, 404]


PAGES = [
    ("/accounts/2fa/", "Security"),
    ("/accounts/2fa/totp/deactivate/", "Turn off the authenticator app?"),
    ("/accounts/2fa/recovery-codes/", "Recovery codes"),
    ("/accounts/2fa/recovery-codes/generate/", "Make new recovery codes?"),
    ("/accounts/2fa/webauthn/", "Passkeys"),
    ("/accounts/2fa/webauthn/add/", "Add a passkey"),
    ("/accounts/sessions/", "Where you are signed in"),
    ("/accounts/password/change/", "Change the password"),
    ("/accounts/reauthenticate/", "Is it you?"),
    ("/accounts/2fa/reauthenticate/", "Is it you?"),
    ("/accounts/second-factor/", "A second factor is needed"),
    ("/accounts/2fa/totp/activate/", "Set up an authenticator app"),
]


@pytest.mark.parametrize(("path", "heading"), PAGES)
def test_every_page_of_accounts_is_ours_and_holds_nothing_inline(owner, workspace, read, path, heading):
    """S22: scripts come from files; what stands in the page is data."""
    browser, _answer = sign_in(owner)
    if path not in {"/accounts/second-factor/", "/accounts/2fa/totp/activate/"}:
        turn_on(browser)
    required(workspace)
    answer = browser.get(path)
    assert answer.status_code == 200
    page = read(answer)
    assert page.heading == heading
    assert len(page.all("h1")) == 1
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert [s for s in scripts if "src" not in s and s.get("type") != "application/json"] == []
    names = {name for _tag, attributes in page.tags for name in attributes}
    assert [name for name in names if name == "style" or name.startswith("on")] == []
