"""A company gets another owner, people leave, licences lapse and come back."""

import json

import pytest
from tests.fortnox_sim.client_app import BASIC

OWNER = {"Name": "Nya Ägaren AB", "OrganizationNumber": "455000-0006"}
NEW = "agare@nyagare.example"


def sell(client, company="556001", **more):
    return client.control(f"companies/{company}/owner", **OWNER, **more)


def alive(client, refresh_token):
    """Status of an API call, of a refresh and of client credentials, in this order."""
    found = client.get("companyinformation")
    minted = client.token(grant_type="client_credentials", headers={"TenantId": "556001"})
    refreshed = client.token(grant_type="refresh_token", refresh_token=refresh_token)
    return found.status_code, refreshed.status_code, minted.status_code


def test_another_owner_shows_in_company_information(new_client):
    new_client.switch(owner_change_ends_consent=False)
    new_client.connect()
    sell(new_client)
    found = new_client.get("companyinformation").json["CompanyInformation"]
    settings = new_client.get("settings/company").json["CompanySettings"]
    assert (found["CompanyName"], found["OrganizationNumber"], found["DatabaseNumber"]) == (
        "Nya Ägaren AB",
        "455000-0006",
        556001,
    )
    assert (settings["Name"], settings["VATNumber"]) == ("Nya Ägaren AB", "SE455000000601")


@pytest.mark.parametrize(
    ("ends_consent", "ends_access", "expected"),
    [(False, True, (200, 200, 200)), (True, True, (401, 400, 400)), (True, False, (200, 400, 400))],
)
def test_consents_and_tokens_of_the_old_owner_live_or_die_as_switched(new_client, ends_consent, ends_access, expected):
    tokens = new_client.connect()
    new_client.switch(owner_change_ends_consent=ends_consent, removal_ends_access=ends_access)
    assert sell(new_client)["ended"] == int(ends_consent)
    assert alive(new_client, tokens["refresh_token"]) == expected


def test_the_old_owners_people_are_replaced(new_client):
    new_client.control("users/byra@konsult.example", "PATCH", clients={"556001": "admin"})
    sell(new_client, users={"eva@ny.example": "admin", "olle@exempelbyran.example": "user"})
    users = {user["email"]: user for user in new_client.http.get("/_sim/").json["users"]}
    with_access = sorted(name for name, user in users.items() if "556001" in user["companies"])
    assert with_access == ["eva@ny.example", "olle@exempelbyran.example"]
    assert users["byra@konsult.example"]["clients"] == {}
    assert users["anna@exempelbyran.example"]["companies"] == {"556002": "admin"}


def test_the_new_owner_can_authorize(new_client):
    sell(new_client)
    new_client.connect(user=NEW)
    assert new_client.get("companyinformation").json["CompanyInformation"]["CompanyName"] == "Nya Ägaren AB"


def test_the_books_may_move_to_another_database_number(client):
    client.switch(owner_change_ends_consent=False)
    assert sell(client, DatabaseNumber=600001)["id"] == "600001"
    information = client.get("companyinformation").json["CompanyInformation"]
    names = [row["Name"] for row in client.get("customers").json["Customers"]]
    old, new = (client.http.get(f"/_sim/companies/{number}").status_code for number in (556001, 600001))
    minted = [
        client.token(grant_type="client_credentials", headers={"TenantId": tenant}).status_code
        for tenant in ("556001", "600001")
    ]
    assert (information["DatabaseNumber"], names, old, new) == (600001, ["Almgrens Bygg AB"], 404, 200)
    assert minted == [400, 200]


def test_a_database_number_that_is_taken_changes_nothing(new_client):
    before = new_client.http.get("/_sim/companies/556001").json
    answer = new_client.http.post("/_sim/companies/556001/owner", json={**OWNER, "DatabaseNumber": 556002})
    assert (answer.status_code, new_client.http.get("/_sim/companies/556001").json) == (400, before)


@pytest.mark.parametrize(("body", "status"), [({}, 404), ({**OWNER, "locked": True}, 400)])
def test_a_sale_needs_its_facts_and_no_others(new_client, body, status):
    assert new_client.http.post("/_sim/companies/556001/owner", json=body).status_code == status


@pytest.mark.parametrize(("ends", "expected"), [(False, (200, 200, 200)), (True, (401, 400, 400))])
def test_a_service_account_outlives_its_administrator_unless_switched(new_client, ends, expected):
    tokens = new_client.connect()
    new_client.switch(admin_removal_ends_service=ends)
    new_client.control("users/anna@exempelbyran.example", "PATCH", companies={})
    assert alive(new_client, tokens["refresh_token"]) == expected


def test_a_personal_connection_comes_back_with_its_person(new_client):
    user = "olle@exempelbyran.example"
    token = new_client.connect(user=user, account_type="")["refresh_token"]
    new_client.control(f"users/{user}", "PATCH", companies={})
    gone = new_client.get("companyinformation").status_code
    new_client.control(f"users/{user}", "PATCH", companies={"556001": "user"})
    back = new_client.token(grant_type="refresh_token", refresh_token=token).status_code
    assert (gone, back) == (401, 200)


def test_an_integration_licence_lapses_and_returns_without_a_new_consent(new_client):
    token = new_client.connect()["refresh_token"]
    tenant = {"TenantId": "556001"}
    new_client.control("companies/556001", "PATCH", integration_licence=False)
    refused = new_client.token(grant_type="client_credentials", headers=tenant)
    new_client.token(grant_type="refresh_token", refresh_token=token)
    new_client.control("companies/556001", "PATCH", integration_licence=True)
    served = new_client.token(grant_type="client_credentials", headers=tenant)
    refreshed = new_client.token(grant_type="refresh_token", refresh_token=token)
    assert (refused.status_code, json.loads(refused.text)["error"]) == (401, "error_missing_license")
    assert (served.status_code, refreshed.status_code) == (200, 200)


def test_a_scopes_licence_lapses_and_returns(client):
    client.control("companies/556001", "PATCH", licences=["Lön"])
    refused = client.get("customers").json["ErrorInformation"]["code"]
    client.control("companies/556001", "PATCH", licences=["Kundfaktura"])
    assert (refused, client.get("customers").status_code) == (2001101, 200)


def test_one_integration_is_removed_and_another_stays(new_client):
    new_client.control("apps", client_id="other", client_secret="s")
    new_client.consent(client_id="other")
    new_client.connect()
    assert new_client.control("companies/556001/revoke", client_id="other") == {"ended": 1}
    found = new_client.http.get("/_sim/companies/556001/grants").json
    assert [(grant["client"], grant["alive"]) for grant in found] == [("other", False), ("uku-demo", True)]


def test_credentials_of_an_app_without_service_account_are_refused(new_client):
    new_client.connect()
    new_client.control("apps", client_id="uku-demo", service_account=False)
    errors = []
    for setting in ("unauthorized_client", "invalid_grant"):
        new_client.switch(credentials_without_service_account=setting)
        answer = new_client.token(grant_type="client_credentials", headers={"TenantId": "556001"})
        errors.append((answer.status_code, json.loads(answer.text)["error"]))
    assert errors == [(400, "unauthorized_client"), (400, "invalid_grant")]


@pytest.mark.parametrize("error", ["invalid_grant", "unauthorized_client"])
def test_credentials_for_a_company_that_never_consented_are_refused(new_client, error):
    new_client.switch(credentials_without_consent=error)
    answer = new_client.token(grant_type="client_credentials", headers={"TenantId": "556002"})
    assert (answer.status_code, json.loads(answer.text)["error"]) == (400, error)


def test_an_apps_secret_is_changed_and_only_the_new_one_counts(new_client):
    token = new_client.connect()["refresh_token"]
    new_client.control("apps", client_id="uku-demo", client_secret="new")
    old = new_client.token(grant_type="refresh_token", refresh_token=token)
    new_client.control("apps", client_id="uku-demo", client_secret="uku-demo-secret")
    again = new_client.token(grant_type="refresh_token", refresh_token=token)
    assert (old.status_code, json.loads(old.text)["error"], again.status_code) == (401, "invalid_client", 200)


def test_revoking_journals_whether_the_consent_ended(new_client):
    found = []
    for ends in (False, True):
        new_client.switch(revoke_ends_consent=ends)
        token = new_client.connect()["refresh_token"]
        new_client.http.post("/oauth-v1/revoke", data={"token": token}, headers=BASIC)
        found.append([e["ended"] for e in new_client.journal() if e.get("action") == "token.revoke"][-1])
    assert found == [False, True]
