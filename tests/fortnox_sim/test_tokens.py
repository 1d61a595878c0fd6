"""The token and revoke addresses."""

import base64
import json

from tests.fortnox_sim.client_app import BASIC, REDIRECT

BAD_REFRESH = {"error": "invalid_grant", "error_description": "Invalid refresh token"}


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def outcome(answer):
    return answer.status_code, answer.json["error"], answer.json["error_description"]


def test_a_code_becomes_two_tokens(new_client):
    answer = new_client.exchange(new_client.consent()["code"])
    assert list(answer.json) == ["access_token", "expires_in", "token_type", "scope", "refresh_token"]
    assert (answer.json["expires_in"], answer.json["token_type"]) == (3600, "bearer")
    assert {k: answer.headers[k] for k in ("Content-Type", "Cache-Control", "Pragma", "Server")} == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "Pragma": "no-cache",
        "Server": "Fortnox",
    }
    assert len(answer.headers["X-Uid"]) == 8


def test_the_access_token_is_a_long_jwt_that_names_the_tenant(new_client):
    token = new_client.connect()["access_token"]
    found = claims(token)
    assert 2500 < len(token) < 4000
    assert (found["tenantId"], found["aud"], found["exp"] - found["iat"]) == (556001, "uku-demo", 3600)
    assert found["iss"] == "https://api.fortnox.se/oauth2"


def test_an_access_token_lives_as_long_as_the_switch_says(new_client):
    new_client.switch(access_seconds=300)
    given = new_client.connect()
    found = claims(given["access_token"])
    assert (given["expires_in"], found["exp"] - found["iat"]) == (300, 300)
    statuses = [new_client.get("companyinformation").status_code]
    new_client.control("clock", advance=301)
    assert [*statuses, new_client.get("companyinformation").status_code] == [200, 401]


def test_the_tenant_may_be_text(new_client):
    new_client.switch(tenant_claim="string")
    assert claims(new_client.connect()["access_token"])["tenantId"] == "556001"


def test_a_wrong_secret_is_told_as_plain_text(new_client):
    wrong = {"Authorization": "Basic " + base64.b64encode(b"uku-demo:wrong").decode()}
    answer = new_client.token(grant_type="refresh_token", refresh_token="x", headers=wrong)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "text/plain;charset=UTF-8")
    assert json.loads(answer.text) == {
        "error": "invalid_client",
        "error_description": "The client credentials are invalid",
    }


def test_a_code_works_once(new_client):
    code = new_client.consent()["code"]
    new_client.exchange(code)
    answer = new_client.exchange(code)
    description = "Authorization code doesn't exist or is invalid for the client"
    assert (answer.status_code, json.loads(answer.text)["error_description"]) == (400, description)


def test_a_code_lives_ten_minutes(new_client):
    early, late = new_client.consent()["code"], new_client.consent()["code"]
    new_client.control("clock", advance=599)
    first = new_client.exchange(early).status_code
    new_client.control("clock", advance=1)
    answer = json.loads(new_client.exchange(late).text)
    assert (first, answer["error_description"]) == (200, "The authorization code has expired")


def test_the_redirect_address_must_be_repeated(new_client):
    answer = new_client.exchange(new_client.consent()["code"], redirect_uri=REDIRECT + "/")
    assert json.loads(answer.text)["error_description"] == "The redirect URI is missing or do not match"


def test_missing_parameters_and_unknown_grants_are_named(new_client):
    bodies = ({}, {"grant_type": "x"}, {"grant_type": "authorization_code"}, {"grant_type": "refresh_token"})
    assert [json.loads(new_client.token(**body).text)["error"] for body in bodies] == [
        "invalid_request",
        "unsupported_grant_type",
        "invalid_request",
        "invalid_request",
    ]


def test_a_refresh_token_works_once_and_is_replaced(new_client):
    first = new_client.connect()["refresh_token"]
    second = new_client.token(grant_type="refresh_token", refresh_token=first).json["refresh_token"]
    again = new_client.token(grant_type="refresh_token", refresh_token=first)
    third = new_client.token(grant_type="refresh_token", refresh_token=second)
    assert (again.status_code, json.loads(again.text), third.status_code) == (400, BAD_REFRESH, 200)
    assert again.headers["Content-Type"] == "text/html; charset=UTF-8"


def test_reuse_can_end_the_whole_family(new_client):
    new_client.switch(refresh_reuse_kills_family=True)
    first = new_client.connect()["refresh_token"]
    second = new_client.token(grant_type="refresh_token", refresh_token=first).json["refresh_token"]
    new_client.token(grant_type="refresh_token", refresh_token=first)
    assert new_client.token(grant_type="refresh_token", refresh_token=second).status_code == 400


def test_a_grace_period_can_be_switched_on(new_client):
    new_client.switch(refresh_grace_seconds=60)
    first = new_client.connect()["refresh_token"]
    answers = [new_client.token(grant_type="refresh_token", refresh_token=first) for _ in range(2)]
    new_client.control("clock", advance=61)
    answers.append(new_client.token(grant_type="refresh_token", refresh_token=first))
    assert [answer.status_code for answer in answers] == [200, 200, 400]


def test_a_refresh_token_lives_45_days(new_client):
    token = new_client.connect()["refresh_token"]
    new_client.control("clock", advance=45 * 86400)
    answer = new_client.token(grant_type="refresh_token", refresh_token=token)
    assert json.loads(answer.text)["error_description"] == "Refresh token has expired"


def test_a_refresh_token_lives_31_days_when_switched(new_client):
    new_client.switch(refresh_days=31)
    token = new_client.connect()["refresh_token"]
    new_client.control("clock", advance=31 * 86400)
    assert new_client.token(grant_type="refresh_token", refresh_token=token).status_code == 400


def test_an_access_token_lives_one_hour_and_several_coexist(new_client):
    old = new_client.connect()
    new_client.token(grant_type="refresh_token", refresh_token=old["refresh_token"])
    new_client.control("clock", advance=3599)
    alive = new_client.get("companyinformation").status_code
    new_client.control("clock", advance=1)
    assert (alive, new_client.get("companyinformation").status_code) == (200, 401)


def test_a_refresh_can_end_the_old_access_token(new_client):
    new_client.switch(refresh_ends_access=True)
    new_client.token(grant_type="refresh_token", refresh_token=new_client.connect()["refresh_token"])
    assert new_client.get("companyinformation").status_code == 401


def test_a_refresh_answer_may_lack_the_refresh_token(new_client):
    new_client.switch(refresh_token_in_answer=False)
    token = new_client.connect()["refresh_token"]  # the answer to a code never lacks it
    answer = new_client.token(grant_type="refresh_token", refresh_token=token)
    assert list(answer.json) == ["access_token", "expires_in", "token_type", "scope"]


def test_client_credentials_need_the_service_consent_of_the_tenant(new_client):
    new_client.connect()
    answers = [
        new_client.token(grant_type="client_credentials", headers={"TenantId": tenant})
        for tenant in ("556001", "556002")
    ]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert list(answers[0].json) == ["access_token", "expires_in", "token_type", "scope"]


def test_a_personal_consent_gives_no_client_credentials(new_client):
    new_client.connect(account_type="")
    answer = new_client.token(grant_type="client_credentials", headers={"TenantId": "556001"})
    assert json.loads(answer.text)["error"] == "invalid_grant"


def test_client_credentials_may_narrow_the_scope_but_not_widen_it(new_client):
    new_client.connect(scope="customer article")
    tenant = {"TenantId": "556001"}
    narrow = new_client.token(grant_type="client_credentials", scope="article", headers=tenant)
    wide = new_client.token(grant_type="client_credentials", scope="invoice", headers=tenant)
    assert (narrow.json["scope"], json.loads(wide.text)["error"]) == ("article", "invalid_scope")


def test_client_credentials_without_tenant_make_the_api_answer_500(new_client):
    token = new_client.token(grant_type="client_credentials").json["access_token"]
    new_client.headers = {"Authorization": f"Bearer {token}"}
    assert new_client.get("companyinformation").status_code == 500


def test_revoking_ends_the_refresh_token_but_not_the_access_token(new_client):
    token = new_client.connect()["refresh_token"]
    body = {"token_type_hint": "refresh_token", "token": token}
    answer = new_client.http.post("/oauth-v1/revoke", data=body, headers=BASIC)
    refreshed = new_client.token(grant_type="refresh_token", refresh_token=token)
    minted = new_client.token(grant_type="client_credentials", headers={"TenantId": "556001"})
    assert (answer.json, refreshed.status_code, minted.status_code) == ({"revoked": True}, 400, 200)
    assert new_client.get("companyinformation").status_code == 200


def test_revoking_can_end_the_consent(new_client):
    new_client.switch(revoke_ends_consent=True)
    token = new_client.connect()["refresh_token"]
    new_client.http.post("/oauth-v1/revoke", data={"token": token}, headers=BASIC)
    assert new_client.token(grant_type="client_credentials", headers={"TenantId": "556001"}).status_code == 400


def test_an_unknown_token_is_revoked_too(new_client):
    answer = new_client.http.post("/oauth-v1/revoke", data={"token": "nothing"}, headers=BASIC)
    assert answer.json == {"revoked": True}


def test_removing_the_integration_ends_everything(new_client):
    token = new_client.connect()["refresh_token"]
    assert new_client.control("companies/556001/revoke") == {"ended": 1}
    refreshed = new_client.token(grant_type="refresh_token", refresh_token=token)
    minted = new_client.token(grant_type="client_credentials", headers={"TenantId": "556001"})
    assert [refreshed.status_code, minted.status_code, new_client.get("companyinformation").status_code] == [
        400,
        400,
        401,
    ]


def test_a_lapsed_integration_licence_shows_at_the_token_address(new_client):
    token = new_client.connect()["refresh_token"]
    new_client.control("companies/556001", "PATCH", integration_licence=False)
    answer = new_client.token(grant_type="refresh_token", refresh_token=token)
    assert (answer.status_code, json.loads(answer.text)["error"]) == (401, "error_missing_license")


def test_a_personal_connection_dies_with_its_person(new_client):
    token = new_client.connect(user="olle@exempelbyran.example", account_type="")["refresh_token"]
    new_client.control("users/olle@exempelbyran.example", "PATCH", companies={})
    refreshed = new_client.token(grant_type="refresh_token", refresh_token=token)
    assert [refreshed.status_code, new_client.get("companyinformation").status_code] == [400, 401]


def test_tokens_never_reach_the_journal(new_client):
    answer = new_client.connect()
    new_client.token(grant_type="refresh_token", refresh_token=answer["refresh_token"])
    text = json.dumps(new_client.journal())
    assert [secret in text for secret in (answer["refresh_token"], answer["access_token"])] == [False, False]
    assert new_client.commits() == ["seed", "consent.grant", "token.code", "token.refresh"]
