"""A company gives the same app a second consent: what the first one's client credentials then get is not known."""

import pytest
from tests.fortnox_sim.client_app import ALL_SCOPES, BASIC

NARROW = "companyinformation"
TENANT = {"TenantId": "556001"}


def mint(client):
    return client.token(grant_type="client_credentials", headers=TENANT)


@pytest.mark.parametrize(("switch", "scopes"), [("latest", {NARROW}), ("all", set(ALL_SCOPES.split()))])
def test_client_credentials_get_the_latest_scopes_or_all(new_client, switch, scopes):
    new_client.switch(second_consent=switch)
    new_client.connect()
    new_client.connect(scope=NARROW)
    assert set(mint(new_client).json["scope"].split()) == scopes


@pytest.mark.parametrize(("switch", "status"), [(False, 200), (True, 400)])
def test_revoking_the_second_ends_the_first_or_leaves_it(new_client, switch, status):
    new_client.switch(revoke_ends_every_consent=switch)
    first = new_client.connect()
    second = new_client.connect()
    new_client.http.post("/oauth-v1/revoke", data={"token": second["refresh_token"]}, headers=BASIC)
    refreshed = new_client.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (mint(new_client).status_code, refreshed.status_code) == (status, status)
