"""What every answer carries, errors included, and what no page holds."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from django.test import Client

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
}


def of_policy(answer):
    parts = [part.strip().partition(" ") for part in answer["Content-Security-Policy"].split(";") if part.strip()]
    return {name: value for name, _space, value in parts}


def check(answer):
    assert {name: answer.get(name) for name in ALWAYS} == ALWAYS
    policy = of_policy(answer)
    assert {name: policy.get(name) for name in POLICY} == POLICY
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "camera=()" in answer["Permissions-Policy"]
    assert re.fullmatch(r"[0-9a-f]{12}", answer["X-Request-Id"])


@pytest.fixture
def failing(client, monkeypatch):
    """A client whose every page fails before its view."""

    def fail(*_args, **_values):
        raise RuntimeError("inside: secret-of-the-house")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    client.raise_request_exception = False
    client.cookies["uku_session"] = "x" * 32
    return client


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/accounts/login/", 200),
        ("/w/byran/clients/", 200),
        ("/", 302),
        ("/w/nowhere/clients/", 404),
        ("/no/such/place", 404),
        ("/static/uku/app.css", 200),
        ("/static/uku/none.css", 404),
        ("/health/live", 200),
    ],
)
def test_every_answer_is_strict(signed_in, owner, workspace, path, status):
    """S22"""
    browser = signed_in(owner) if path.startswith(("/w/", "/no")) or path == "/" else Client()
    answer = browser.get(path)
    assert answer.status_code == status
    check(answer)
    answer.close()


def test_a_refused_post_is_strict(signed_in, owner, workspace):
    """S22, B03"""
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    answer = strict.post("/w/byran/clients/new/", {"name": "Anna"})
    assert answer.status_code == 403
    check(answer)


def test_a_wrong_host_is_refused_and_strict(client, db):
    """S22, B23"""
    answer = client.get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    check(answer)


def test_a_failure_is_strict_and_tells_only_the_requests_name(failing, db):
    """S42: the name is in the page, in the header and nowhere is what failed."""
    answer = failing.get("/")
    page = answer.content.decode()
    assert answer.status_code == 500
    check(answer)
    assert f"<code>{answer['X-Request-Id']}</code>" in page
    assert not re.search(r"secret-of-the-house|RuntimeError|Traceback|\.py", page)


def test_only_what_is_the_same_for_all_may_be_kept_by_a_shared_cache(signed_in, owner, workspace):
    """S21: files under one prefix; no other answer says "public", or tells a proxy how long to keep it."""
    paths = ("/w/byran/clients/", "/w/byran/settings/", "/", "/accounts/login/", "/no/such/place", "/health")
    browser = signed_in(owner)
    kept = {path: browser.get(path).get("Cache-Control", "") for path in paths}
    assert [path for path, words in kept.items() if re.search(r"public|s-maxage", words)] == []
    from django.conf import settings

    assert settings.STATIC_URL == "/static/"


@pytest.mark.parametrize("path", ["/w/byran/clients/", "/accounts/2fa/", "/accounts/login/", "/w/nowhere/clients/"])
def test_pages_are_kept_in_no_cache(signed_in, owner, workspace, path):
    """S20"""
    browser = signed_in(owner) if path != "/accounts/login/" else Client()
    assert "no-store" in browser.get(path)["Cache-Control"]


SECURE = """
import django
django.setup()
from django.conf import settings
from django.test import RequestFactory
from django.core.handlers.base import BaseHandler
names = [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME]
flags = [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.LANGUAGE_COOKIE_SECURE,
         settings.SESSION_COOKIE_HTTPONLY, settings.CSRF_COOKIE_HTTPONLY]
paths = [settings.SESSION_COOKIE_PATH, settings.SESSION_COOKIE_DOMAIN, settings.SESSION_COOKIE_SAMESITE]
handler = BaseHandler()
handler.load_middleware()
answer = handler.get_response(RequestFactory().get("/no/such", HTTP_HOST="uku.byran.example"))
print(names, flags, paths, answer["Strict-Transport-Security"], settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN)
"""


def test_over_https_cookies_belong_to_the_host_and_https_stays(process_environment, committed):
    """S15, S22"""
    environment = {
        **process_environment,
        "UKU_PUBLIC_URL": "https://uku.byran.example",
        "DJANGO_SETTINGS_MODULE": "uku.settings",
    }
    done = subprocess.run([sys.executable, "-c", SECURE], env=environment, capture_output=True, text=True, check=False)
    names = [f"__Host-uku_{name}" for name in ("session", "csrf", "language")]
    assert done.stdout.strip() == f"{names} {[True] * 5} {['/', None, 'Lax']} max-age=31536000 False", done.stderr


@pytest.mark.parametrize(
    ("peer", "said", "known"),
    [
        ("203.0.113.9", "198.51.100.4", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.4", "198.51.100.4"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.4", "198.51.100.4"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.4, 10.0.0.7", "198.51.100.4"),
        ("10.0.0.2", "198.51.100.4, nonsense", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.2", "198.51.100.4", "198.51.100.4"),
        ("", "198.51.100.4", ""),
    ],
)
def test_only_our_own_proxy_is_believed_about_an_address(peer, said, known):
    """B23: what the client itself wrote stands furthest left, and is never taken."""
    from uku.web.trusted_proxies import settle

    meta = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": said, "HTTP_X_FORWARDED_HOST": "evil.example"}
    settle(meta, ["10.0.0.0/24"])
    assert meta == {"REMOTE_ADDR": known}


@pytest.mark.parametrize(("peer", "scheme"), [("10.0.0.2", "https"), ("203.0.113.9", "http")])
def test_only_our_own_proxy_is_believed_about_https(peer, scheme):
    """B23"""
    from uku.web.trusted_proxies import settle

    meta = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_PROTO": "https", "wsgi.url_scheme": "http"}
    settle(meta, ["10.0.0.0/24"])
    assert (meta["wsgi.url_scheme"], "HTTP_X_FORWARDED_PROTO" in meta) == (scheme, False)
