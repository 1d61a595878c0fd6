"""A company gives the same app a second consent: what the first one's client credentials then get is not known."""

import pytest
from tests.fortnox_sim.client_app import ALL_SCOPES, BASIC

NARROW = "companyinformation"
TENANT = {"TenantId": "556001"}


def mint(desk):
    return desk.token(grant_type="client_credentials", headers=TENANT)


@pytest.mark.parametrize(("switch", "scopes"), [("latest", {NARROW}), ("all", set(ALL_SCOPES.split()))])
def test_client_credentials_get_the_latest_scopes_or_all(stranger, switch, scopes):
    stranger.switch(second_consent=switch)
    stranger.connect()
    stranger.connect(scope=NARROW)
    assert set(mint(stranger).json["scope"].split()) == scopes


@pytest.mark.parametrize(("switch", "status"), [(False, 200), (True, 400)])
def test_revoking_the_second_ends_the_first_or_leaves_it(stranger, switch, status):
    stranger.switch(revoke_ends_every_consent=switch)
    first = stranger.connect()
    second = stranger.connect()
    stranger.http.post("/oauth-v1/revoke", data={"token": second["refresh_token"]}, headers=BASIC)
    refreshed = stranger.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (mint(stranger).status_code, refreshed.status_code) == (status, status)
