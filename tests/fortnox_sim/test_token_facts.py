"""What the journal tells about tokens, and the marker that leak tests look for."""

import hashlib
import json

import pytest
from tests.fortnox_sim.client_app import BASIC

MARKER = "CANARY-7f3a"


def short(secret):
    return hashlib.sha256(secret.encode()).hexdigest()[:12]


def facts(client, action):
    return [entry for entry in client.journal() if entry.get("action") == action]


def refresh(client, token):
    return client.token(grant_type="refresh_token", refresh_token=token)


def test_an_exchange_and_a_refresh_name_family_and_tokens(new_client):
    first = new_client.connect()
    second = refresh(new_client, first["refresh_token"]).json
    exchange, rotation = facts(new_client, "token.code")[0], facts(new_client, "token.refresh")[0]
    consent = new_client.http.get("/_sim/companies/556001/grants").json[0]["id"]
    assert [entry["family"] for entry in (exchange, rotation)] == [consent, consent]
    assert (exchange["refresh"], exchange["access"]) == (short(first["refresh_token"]), short(first["access_token"]))
    assert {key: rotation[key] for key in ("spent", "refresh", "access", "reused", "service")} == {
        "spent": short(first["refresh_token"]),
        "refresh": short(second["refresh_token"]),
        "access": short(second["access_token"]),
        "reused": False,
        "service": True,
    }


def test_a_spent_refresh_token_that_comes_again_is_flagged(new_client):
    token = new_client.connect()["refresh_token"]
    refresh(new_client, token)
    refresh(new_client, token)
    assert [(entry["spent"], entry["reused"]) for entry in facts(new_client, "token.reuse")] == [(short(token), True)]


def test_a_reuse_that_the_grace_period_serves_is_flagged_too(new_client):
    new_client.switch(refresh_grace_seconds=60)
    token = new_client.connect()["refresh_token"]
    statuses = [refresh(new_client, token).status_code for _ in range(2)]
    assert (statuses, [entry["reused"] for entry in facts(new_client, "token.refresh")]) == ([200, 200], [False, True])
    assert facts(new_client, "token.reuse") == []


def test_the_grace_period_runs_from_the_first_use(new_client):
    new_client.switch(refresh_grace_seconds=60)
    token = new_client.connect()["refresh_token"]
    statuses = []
    for seconds in (0, 40, 40):
        new_client.control("clock", advance=seconds)
        statuses.append(refresh(new_client, token).status_code)
    assert statuses == [200, 200, 400]


def test_client_credentials_are_journalled_with_and_without_a_consent(new_client):
    new_client.connect()
    minted = new_client.token(grant_type="client_credentials", headers={"TenantId": "556001"}).json
    new_client.token(grant_type="client_credentials")
    family = new_client.http.get("/_sim/companies/556001/grants").json[0]["id"]
    found = [(entry["family"], entry["company"]) for entry in facts(new_client, "token.credentials")]
    assert found == [(family, "556001"), (None, None)]
    assert facts(new_client, "token.credentials")[0]["access"] == short(minted["access_token"])


def test_revocations_tell_known_tokens_from_unknown_ones(new_client):
    token = new_client.connect()["refresh_token"]
    for wanted in (token, token):
        new_client.http.post("/oauth-v1/revoke", data={"token": wanted}, headers=BASIC)
    known, unknown = facts(new_client, "token.revoke"), facts(new_client, "token.revoke_unknown")
    assert [[entry["spent"] for entry in found] for found in (known, unknown)] == [[short(token)], [short(token)]]


def test_the_marker_stands_in_every_secret_and_never_in_the_journal(new_client):
    new_client.switch(token_marker=MARKER)
    code = new_client.consent()["code"]
    first = new_client.exchange(code).json
    second = refresh(new_client, first["refresh_token"]).json
    minted = new_client.token(grant_type="client_credentials", headers={"TenantId": "556001"}).json
    secrets = [code, *(found[key] for found in (first, second) for key in ("access_token", "refresh_token"))]
    assert [MARKER in secret for secret in [*secrets, minted["access_token"]]] == [True] * 6
    assert MARKER not in json.dumps(new_client.journal())


def test_marked_tokens_work_and_go_on_working_when_the_marker_changes(new_client):
    new_client.switch(token_marker=MARKER)
    token = new_client.connect()["refresh_token"]
    new_client.switch(token_marker="")
    working = new_client.get("companyinformation").status_code
    plain = refresh(new_client, token).json
    assert (working, MARKER in plain["access_token"], MARKER in plain["refresh_token"]) == (200, False, False)


@pytest.mark.parametrize("change", [lambda t: t + "x", lambda t: t.removesuffix(MARKER), lambda t: t[:-1]])
def test_a_marked_token_that_was_altered_is_none(new_client, change):
    new_client.switch(token_marker=MARKER)
    token = new_client.connect()["access_token"]
    new_client.headers = {"Authorization": f"Bearer {change(token)}"}
    assert new_client.get("companyinformation").status_code == 401


@pytest.mark.parametrize("marker", ["a b", "å", "x" * 65, "a.b", "a\n"])
def test_a_marker_is_made_of_characters_that_fit_everywhere(new_client, marker):
    assert new_client.http.post("/_sim/switches", json={"token_marker": marker}).status_code == 400
