"""The token endpoint: what goes out, what comes back, which end concerns whom."""

import base64
import json
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnox_api import (
    AppCredentialsWrong,
    ConnectionFailed,
    Forbidden,
    FortnoxError,
    GrantRevoked,
    Invalid,
    OAuthApp,
    Outcome,
    RateLimited,
    TokenSet,
    Unauthorized,
    Unavailable,
    Unreadable,
)

SECRET = "canary-client-secret"


def form(request):
    return dict(httpx2.QueryParams(request.content.decode()))


def jwt(**claims):
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{middle}.c2lnbmF0dXJl"


def test_the_address_to_authorize_at_asks_for_a_service_account(oauth):
    app, _ = oauth()
    url = httpx2.URL(app.authorize_url(state="s t", scopes=["invoice", "customer"]))
    assert (url.scheme, url.host, url.path) == ("https", "apps.fortnox.se", "/oauth-v1/auth")
    assert dict(url.params) == {
        "client_id": "id",
        "response_type": "code",
        "scope": "invoice customer",
        "state": "s t",
        "redirect_uri": "https://uku.example/fortnox",
        "access_type": "offline",
        "account_type": "service",
    }


def test_a_person_may_authorize_for_themselves(oauth):
    app, _ = oauth()
    url = httpx2.URL(app.authorize_url(state="s", scopes=["invoice"], service_account=False))
    assert "account_type" not in url.params


def test_a_code_is_traded_for_tokens(oauth, granted, time):
    """S32: the app's secret goes in the header, never in the body or the address"""
    app, script = oauth(granted(jwt(tenantId=34231), "r1"))
    tokens = app.exchange_code("the-code")
    assert tokens == TokenSet(jwt(tenantId=34231), "r1", frozenset({"invoice"}), time.moment + timedelta(hours=1))
    sent = script.requests[0]
    assert f"{sent.method} {sent.url}" == "POST https://apps.fortnox.se/oauth-v1/token"
    assert form(sent) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": "https://uku.example/fortnox",
    }
    assert base64.b64decode(sent.headers["Authorization"].removeprefix("Basic ")).decode() == f"id:{SECRET}"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_refresh_token_is_traded_for_tokens(oauth, granted):
    app, script = oauth(granted())
    assert app.refresh("r0").refresh_token == "new-refresh"
    assert form(script.requests[0]) == {"grant_type": "refresh_token", "refresh_token": "r0"}


@pytest.mark.parametrize("refresh", [None, "", "a b", 7])
def test_an_answer_without_a_refresh_token_has_none(oauth, granted, refresh):
    app, _ = oauth(granted(refresh=refresh))
    assert app.refresh("r0").refresh_token is None


def test_a_company_that_consented_needs_no_refresh_token(oauth, granted):
    app, script = oauth(granted(refresh=None))
    assert app.client_credentials("34231", scopes=["invoice", "customer"]).access_token == "new-access"
    assert form(script.requests[0]) == {"grant_type": "client_credentials", "scope": "invoice customer"}
    assert script.requests[0].headers["TenantId"] == "34231"


@pytest.mark.parametrize("tenant", ["", "abc", "1\r\nX: y", "٣"])
def test_a_tenant_id_is_digits(oauth, tenant):
    app, script = oauth()
    with pytest.raises(ValueError, match="digits"):
        app.client_credentials(tenant)
    assert script.requests == []


@pytest.mark.parametrize(("body", "expected"), [({"revoked": True}, True), ({"revoked": False}, False), ([], False)])
def test_revoking_tells_whether_fortnox_confirms(oauth, answer, body, expected):
    app, script = oauth(answer(body))
    assert app.revoke("r0") is expected
    assert str(script.requests[0].url) == "https://apps.fortnox.se/oauth-v1/revoke"
    assert form(script.requests[0]) == {"token_type_hint": "refresh_token", "token": "r0"}


def test_revoking_without_a_readable_answer_is_not_confirmed(oauth):
    app, _ = oauth(httpx2.Response(200, text="<html>"))
    assert app.revoke("r0") is False


def oauth_fault(status, word, text="Words."):
    return httpx2.Response(status, text=json.dumps({"error": word, "error_description": text}))


@pytest.mark.parametrize(
    ("status", "word", "kind", "outcome", "transient"),
    [
        (400, "invalid_grant", GrantRevoked, Outcome.REFUSED, False),
        (401, "invalid_client", AppCredentialsWrong, Outcome.REFUSED, False),
        (400, "invalid_client", AppCredentialsWrong, Outcome.REFUSED, False),
        (401, "error_missing_license", Forbidden, Outcome.REFUSED, False),
        (400, "error_missing_app_license", Forbidden, Outcome.REFUSED, False),
        (400, "invalid_scope", Invalid, Outcome.REFUSED, False),
        (400, "invalid_request", Invalid, Outcome.REFUSED, False),
        (500, "invalid_grant", Unavailable, Outcome.UNKNOWN, True),
        (401, "something", Unauthorized, Outcome.NOT_APPLIED, False),
        (503, "temporarily_unavailable", Unavailable, Outcome.UNKNOWN, True),
        (429, "slow_down", RateLimited, Outcome.NOT_APPLIED, True),
        (200, "invalid_grant", Invalid, Outcome.UNKNOWN, False),
    ],
)
def test_only_a_refused_grant_ends_the_connection(oauth, status, word, kind, outcome, transient):
    app, script = oauth(oauth_fault(status, word))
    with pytest.raises(FortnoxError) as caught:
        app.refresh("r0")
    fault = caught.value
    assert (type(fault), fault.status, fault.code, fault.message) == (kind, status, word, "Words.")
    assert (fault.outcome, fault.transient, len(script.requests)) == (outcome, transient, 1)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_company_that_the_app_may_not_mint_for_has_to_consent_again(oauth, status):
    app, script = oauth(oauth_fault(status, "unauthorized_client"))
    with pytest.raises(GrantRevoked) as caught:
        app.client_credentials("34231")
    fault = caught.value
    assert (fault.status, fault.code, fault.message) == (status, "unauthorized_client", "Words.")
    assert (fault.outcome, len(script.requests)) == (Outcome.REFUSED, 1)


def test_other_trouble_with_minting_ends_no_consent(oauth):
    app, _ = oauth(oauth_fault(400, "unsupported_grant_type"))
    with pytest.raises(Invalid):
        app.client_credentials("34231")


def test_the_recorded_refusal_is_read_although_it_calls_itself_html(oauth, refused):
    app, _ = oauth(refused)
    with pytest.raises(GrantRevoked) as caught:
        app.refresh("r0")
    assert (caught.value.code, caught.value.message) == ("invalid_grant", "Invalid refresh token")


def test_the_recorded_wrong_secret_is_read_although_it_calls_itself_text(oauth):
    text = '{"error":"invalid_client","error_description":"The client credentials are invalid"}'
    app, _ = oauth(httpx2.Response(401, text=text, headers={"Content-Type": "text/plain;charset=UTF-8"}))
    with pytest.raises(AppCredentialsWrong):
        app.refresh("r0")


@pytest.mark.parametrize(
    "trouble",
    [httpx2.ReadTimeout("slow"), httpx2.ReadError("reset"), httpx2.RemoteProtocolError("cut")],
)
def test_after_a_lost_answer_the_refresh_token_may_be_spent(oauth, trouble):
    app, script = oauth(trouble)
    with pytest.raises(ConnectionFailed) as caught:
        app.refresh("r0")
    assert (caught.value.outcome, len(script.requests)) == (Outcome.UNKNOWN, 1)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "null",
        "[]",
        "{}",
        '{"access_token": ""}',
        '{"access_token": 5}',
        '{"access_token": "a\\nb"}',
    ],
)
def test_an_answer_without_a_token_is_unreadable_and_unclear(oauth, body):
    app, _ = oauth(httpx2.Response(200, text=body))
    with pytest.raises(Unreadable) as caught:
        app.exchange_code("c")
    assert (caught.value.outcome, caught.value.transient) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (0, 60),
        (-5, 60),
        (None, 60),
        ("soon", 60),
        (1_000_000_000_000, 86400),
        (True, 60),
        (59, 60),
        (86400, 86400),
    ],
)
def test_a_life_is_between_a_minute_and_a_day(oauth, granted, time, expires_in, seconds):
    app, _ = oauth(granted(expires_in=expires_in))
    assert app.refresh("r0").expires_at - time.moment == timedelta(seconds=seconds)


def test_a_life_is_counted_from_when_the_answer_came(oauth, granted, time):
    def slow(_request):
        time.pass_by(10)
        return granted()

    app, _ = oauth(slow)
    assert app.refresh("r0").expires_at == datetime(2026, 1, 31, 12, 0, 10, tzinfo=UTC)


def test_scopes_may_be_missing(oauth, answer):
    app, _ = oauth(answer({"access_token": "a"}))
    assert app.refresh("r0").scopes == frozenset()


@pytest.mark.parametrize(
    ("token", "tenant"),
    [
        (jwt(tenantId=34231), "34231"),
        (jwt(tenantId="34231"), "34231"),
        (jwt(tenantId=None), None),
        (jwt(tenantId=""), None),
        (jwt(tenantId=True), None),
        (jwt(tenantId=[1]), None),
        (jwt(), None),
        ("opaque", None),
        ("a.!!!.c", None),
        ("a.W10.c", None),
        ("a.bm8.c", None),
        ("a.é.c", None),
    ],
)
def test_the_tenant_is_read_from_the_token(token, tenant):
    assert TokenSet(token, None, frozenset(), datetime(2026, 1, 1, tzinfo=UTC)).tenant_id == tenant


@given(st.text())
def test_any_token_has_a_tenant_or_none(token):
    found = TokenSet(token, None, frozenset(), datetime(2026, 1, 1, tzinfo=UTC)).tenant_id
    assert found is None or isinstance(found, str)


def test_nothing_shows_a_token_or_the_secret(oauth, granted):
    app, _ = oauth(granted("canary-access", "canary-refresh"))
    tokens = app.refresh("canary-spent")
    shown = f"{tokens!r} {tokens} {app!r} {app}"
    assert shown == (
        "<TokenSet tenant=None scopes='invoice' expires_at=2026-01-31T12:00:00+00:00> " * 2
        + "<OAuthApp https://apps.fortnox.se> <OAuthApp https://apps.fortnox.se>"
    )


def test_an_error_does_not_repeat_the_token_it_was_about(oauth):
    app, _ = oauth(oauth_fault(400, "invalid_grant", f"canary-spent is not valid for {SECRET}"))
    with pytest.raises(GrantRevoked) as caught:
        app.refresh("canary-spent")
    assert caught.value.message == "[secret] is not valid for [secret]"
    assert "canary" not in f"{caught.value!r} {vars(caught.value)}"


@given(status=st.integers(200, 599), body=st.binary() | st.sampled_from([b"{}", b'{"error":"invalid_grant"}']))
def test_no_answer_makes_a_refresh_raise_outside_the_tree_or_leak(status, body):
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, content=body))
    app = OAuthApp(client_id="id", client_secret=SECRET, redirect_uri="https://x.example", transport=transport)
    with pytest.raises(FortnoxError) as caught:
        app.refresh("canary-refresh-token")
    assert "canary" not in f"{caught.value!r} {vars(caught.value)}"


def test_closing_the_app_closes_its_connections(granted):
    closed = []

    class Transport(httpx2.MockTransport):
        def close(self):
            closed.append(True)

    with OAuthApp(
        client_id="id",
        client_secret="s",
        redirect_uri="https://x.example",
        transport=Transport(lambda _: granted()),
    ) as app:
        app.refresh("r0")
    assert closed == [True]


def test_consent_needs_an_address_to_come_back_to():
    with OAuthApp(client_id="id", client_secret="secret") as app, pytest.raises(ValueError, match="redirect_uri"):
        app.authorize_url(state="s", scopes=["customer"])


@pytest.mark.parametrize("tenant", [True, None, "", "12a", "½", -1, 1.5])
def test_a_tenant_is_digits(oauth, tenant):
    app, script = oauth()
    with pytest.raises(ValueError, match="digits"):
        app.client_credentials(tenant)
    assert script.asked == []
