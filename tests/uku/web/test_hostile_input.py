"""What no browser sends: it is refused in words, and never ends in a fault of ours."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from tests.uku.web.test_sessions import sign_in

ANSWER = {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"}
CREDENTIALS = [
    [],
    "x",
    {"id": 1},
    {"id": "a", "rawId": "a", "type": "public-key", "response": {}},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": ANSWER},
    {"id": "AA", "rawId": "!!", "type": "public-key", "response": ANSWER},
    {"id": None, "rawId": "AA", "type": "x", "response": {**ANSWER, "clientDataJSON": 7}},
]


@pytest.mark.parametrize("cookie", ['"abcdefgh\\000zzzz"', "abcdefgh%00zzzz", '"\\377\\376aaaaaaaa"', "a" * 5000])
@pytest.mark.parametrize("path", ["/health/live", "/accounts/login/"])
def test_a_session_cookie_that_we_never_made_is_no_session(db, path, cookie):
    """B37: a quoted cookie can carry a NUL, which PostgreSQL refuses to look for."""
    assert Client().get(path, headers={"cookie": f"uku_session={cookie}"}).status_code == 200


@pytest.mark.parametrize("credential", CREDENTIALS, ids=range(len(CREDENTIALS)))
@pytest.mark.parametrize("page", ["login", "add"])
def test_a_credential_that_no_authenticator_made_is_refused(owner, workspace, credential, page):
    """S42: signing in by a passkey is open to strangers, so whatever they send must be answered."""
    browser = Client() if page == "login" else sign_in(owner)
    path = f"/accounts/2fa/webauthn/{page}/"
    browser.get(path)
    answer = browser.post(path, {"name": "key", "credential": json.dumps(credential)})
    assert answer.status_code == (302 if page == "login" else 200)
    assert browser.get("/w/byran/clients/").status_code == (302 if page == "login" else 200)
    assert owner.authenticator_set.count() == 0


@pytest.mark.parametrize("credential", CREDENTIALS, ids=range(len(CREDENTIALS)))
def test_a_second_factor_that_no_authenticator_made_is_refused(owner, workspace, credential):
    """S42: after the password, before anybody is signed in."""
    TOTP.activate(owner, generate_totp_secret())
    browser = sign_in(owner)
    answer = browser.post("/accounts/2fa/authenticate/", {"credential": json.dumps(credential)})
    assert answer.status_code == 200
    assert browser.get("/w/byran/clients/").status_code == 302


def test_a_post_without_the_mark_of_our_page_is_answered_in_our_words(owner, workspace, read):
    """B03."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    answer = browser.post("/w/byran/settings/members/invite/", {"email": "x@y.example", "role": "member"})
    assert answer.status_code == 403
    assert read(answer).heading == "This form is no longer valid"
    assert "<style" not in answer.content.decode()
