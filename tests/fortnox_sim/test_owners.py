"""A company gets another owner, people leave, licences lapse and come back."""

import json

import pytest
from tests.fortnox_sim.client_app import BASIC

OWNER = {"Name": "Nya Ägaren AB", "OrganizationNumber": "455000-0006"}
NEW = "agare@nyagare.example"


def sell(desk, company="556001", **more):
    return desk.control(f"companies/{company}/owner", **OWNER, **more)


def alive(desk, refresh_token):
    """Status of an API call, of a refresh and of client credentials, in this order."""
    found = desk.get("companyinformation")
    minted = desk.token(grant_type="client_credentials", headers={"TenantId": "556001"})
    refreshed = desk.token(grant_type="refresh_token", refresh_token=refresh_token)
    return found.status_code, refreshed.status_code, minted.status_code


def test_another_owner_shows_in_company_information(stranger):
    stranger.switch(owner_change_ends_consent=False)
    stranger.connect()
    sell(stranger)
    found = stranger.get("companyinformation").json["CompanyInformation"]
    settings = stranger.get("settings/company").json["CompanySettings"]
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
def test_consents_and_tokens_of_the_old_owner_live_or_die_as_switched(stranger, ends_consent, ends_access, expected):
    tokens = stranger.connect()
    stranger.switch(owner_change_ends_consent=ends_consent, removal_ends_access=ends_access)
    assert sell(stranger)["ended"] == int(ends_consent)
    assert alive(stranger, tokens["refresh_token"]) == expected


def test_the_old_owners_people_are_replaced(stranger):
    stranger.control("users/byra@konsult.example", "PATCH", clients={"556001": "admin"})
    sell(stranger, users={"eva@ny.example": "admin", "olle@exempelbyran.example": "user"})
    users = {user["email"]: user for user in stranger.http.get("/_sim/").json["users"]}
    with_access = sorted(name for name, user in users.items() if "556001" in user["companies"])
    assert with_access == ["eva@ny.example", "olle@exempelbyran.example"]
    assert users["byra@konsult.example"]["clients"] == {}
    assert users["anna@exempelbyran.example"]["companies"] == {"556002": "admin"}


def test_the_new_owner_can_authorize(stranger):
    sell(stranger)
    stranger.connect(user=NEW)
    assert stranger.get("companyinformation").json["CompanyInformation"]["CompanyName"] == "Nya Ägaren AB"


def test_the_books_may_move_to_another_database_number(desk):
    desk.switch(owner_change_ends_consent=False)
    assert sell(desk, DatabaseNumber=600001)["id"] == "600001"
    information = desk.get("companyinformation").json["CompanyInformation"]
    names = [row["Name"] for row in desk.get("customers").json["Customers"]]
    old, new = (desk.http.get(f"/_sim/companies/{number}").status_code for number in (556001, 600001))
    minted = [
        desk.token(grant_type="client_credentials", headers={"TenantId": tenant}).status_code
        for tenant in ("556001", "600001")
    ]
    assert (information["DatabaseNumber"], names, old, new) == (600001, ["Almgrens Bygg AB"], 404, 200)
    assert minted == [400, 200]


def test_a_database_number_that_is_taken_changes_nothing(stranger):
    before = stranger.http.get("/_sim/companies/556001").json
    answer = stranger.http.post("/_sim/companies/556001/owner", json={**OWNER, "DatabaseNumber": 556002})
    assert (answer.status_code, stranger.http.get("/_sim/companies/556001").json) == (400, before)


@pytest.mark.parametrize(("body", "status"), [({}, 404), ({**OWNER, "locked": True}, 400)])
def test_a_sale_needs_its_facts_and_no_others(stranger, body, status):
    assert stranger.http.post("/_sim/companies/556001/owner", json=body).status_code == status


@pytest.mark.parametrize(("ends", "expected"), [(False, (200, 200, 200)), (True, (401, 400, 400))])
def test_a_service_account_outlives_its_administrator_unless_switched(stranger, ends, expected):
    tokens = stranger.connect()
    stranger.switch(admin_removal_ends_service=ends)
    stranger.control("users/anna@exempelbyran.example", "PATCH", companies={})
    assert alive(stranger, tokens["refresh_token"]) == expected


def test_a_personal_connection_comes_back_with_its_person(stranger):
    user = "olle@exempelbyran.example"
    token = stranger.connect(user=user, account_type="")["refresh_token"]
    stranger.control(f"users/{user}", "PATCH", companies={})
    gone = stranger.get("companyinformation").status_code
    stranger.control(f"users/{user}", "PATCH", companies={"556001": "user"})
    back = stranger.token(grant_type="refresh_token", refresh_token=token).status_code
    assert (gone, back) == (401, 200)


def test_an_integration_licence_lapses_and_returns_without_a_new_consent(stranger):
    token = stranger.connect()["refresh_token"]
    tenant = {"TenantId": "556001"}
    stranger.control("companies/556001", "PATCH", integration_licence=False)
    refused = stranger.token(grant_type="client_credentials", headers=tenant)
    stranger.token(grant_type="refresh_token", refresh_token=token)
    stranger.control("companies/556001", "PATCH", integration_licence=True)
    served = stranger.token(grant_type="client_credentials", headers=tenant)
    refreshed = stranger.token(grant_type="refresh_token", refresh_token=token)
    assert (refused.status_code, json.loads(refused.text)["error"]) == (401, "error_missing_license")
    assert (served.status_code, refreshed.status_code) == (200, 200)


def test_a_scopes_licence_lapses_and_returns(desk):
    desk.control("companies/556001", "PATCH", licences=["Lön"])
    refused = desk.get("customers").json["ErrorInformation"]["code"]
    desk.control("companies/556001", "PATCH", licences=["Kundfaktura"])
    assert (refused, desk.get("customers").status_code) == (2001101, 200)


def test_one_integration_is_removed_and_another_stays(stranger):
    stranger.control("apps", client_id="other", client_secret="s")
    stranger.consent(client_id="other")
    stranger.connect()
    assert stranger.control("companies/556001/revoke", client_id="other") == {"ended": 1}
    found = stranger.http.get("/_sim/companies/556001/grants").json
    assert [(grant["client"], grant["alive"]) for grant in found] == [("other", False), ("uku-demo", True)]


def test_credentials_of_an_app_without_service_account_are_refused(stranger):
    stranger.connect()
    stranger.control("apps", client_id="uku-demo", service_account=False)
    errors = []
    for setting in ("unauthorized_client", "invalid_grant"):
        stranger.switch(credentials_without_service_account=setting)
        answer = stranger.token(grant_type="client_credentials", headers={"TenantId": "556001"})
        errors.append((answer.status_code, json.loads(answer.text)["error"]))
    assert errors == [(400, "unauthorized_client"), (400, "invalid_grant")]


@pytest.mark.parametrize("error", ["invalid_grant", "unauthorized_client"])
def test_credentials_for_a_company_that_never_consented_are_refused(stranger, error):
    stranger.switch(credentials_without_consent=error)
    answer = stranger.token(grant_type="client_credentials", headers={"TenantId": "556002"})
    assert (answer.status_code, json.loads(answer.text)["error"]) == (400, error)


def test_an_apps_secret_is_changed_and_only_the_new_one_counts(stranger):
    token = stranger.connect()["refresh_token"]
    stranger.control("apps", client_id="uku-demo", client_secret="new")
    old = stranger.token(grant_type="refresh_token", refresh_token=token)
    stranger.control("apps", client_id="uku-demo", client_secret="uku-demo-secret")
    again = stranger.token(grant_type="refresh_token", refresh_token=token)
    assert (old.status_code, json.loads(old.text)["error"], again.status_code) == (401, "invalid_client", 200)


def test_revoking_journals_whether_the_consent_ended(stranger):
    found = []
    for ends in (False, True):
        stranger.switch(revoke_ends_consent=ends)
        token = stranger.connect()["refresh_token"]
        stranger.http.post("/oauth-v1/revoke", data={"token": token}, headers=BASIC)
        found.append([e["ended"] for e in stranger.journal() if e.get("action") == "token.revoke"][-1])
    assert found == [False, True]
