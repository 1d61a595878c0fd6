"""Digital byrå: a consultant signs in through it and picks the client; and companies that look alike."""

import re

import pytest
from tests.fortnox_sim.client_app import returned

KARIN = "karin@digitalbyran.example"


def sign_in(desk, user=KARIN, *, agency=True, **asked):
    page = desk.http.get("/oauth-v1/auth", query_string=desk.asked(**asked))
    via = {"via": "clients"} if agency else {}
    return desk.submit(page, username=user, password="fortnox", **via)


def title(page):
    return re.findall("<h1>(.*?)</h1>", page.text)[0]


def offered(page):
    return re.findall(r'name="company" value="(\d+)"', page.text)


def test_the_sign_in_page_has_a_way_through_digital_byra(stranger):
    page = stranger.http.get("/oauth-v1/auth", query_string=stranger.asked())
    assert re.findall(r"<button[^>]*>(.*?)</button>", page.text) == ["Logga in", "Logga in via Digital byrå"]


def test_a_consultant_picks_the_client_and_connects_it(stranger):
    page = sign_in(stranger)
    assert (title(page), offered(page)) == ("Digital byrå: välj klient", ["556001", "556002"])
    code = returned(stranger.submit(stranger.submit(page, company="556001"), approve="1"))["code"]
    token = stranger.exchange(code).json["access_token"]
    stranger.headers = {"Authorization": f"Bearer {token}"}
    assert stranger.get("companyinformation").json["CompanyInformation"]["DatabaseNumber"] == 556001


def test_a_consultant_with_one_client_picks_it_all_the_same(stranger):
    stranger.control(f"users/{KARIN}", "PATCH", clients={"556002": "admin"})
    page = sign_in(stranger)
    assert (title(page), offered(page)) == ("Digital byrå: välj klient", ["556002"])


def test_signing_in_directly_offers_a_consultant_nothing(stranger):
    page = sign_in(stranger, agency=False)
    assert page.status_code == 403
    assert re.findall('role="alert">(.*?)<', page.text) == ["Du har inte tillgång till något företag."]


def test_signing_in_directly_leads_a_consultant_to_the_agencys_own_company(stranger):
    stranger.control("companies", DatabaseNumber=700001, Name="Byrån AB", users={KARIN: "admin"})
    page = sign_in(stranger, agency=False)
    assert (title(page), re.findall("<dd>(.*?)</dd>", page.text)[2]) == ("Aktivering", "700001")


def test_a_client_cannot_be_taken_by_the_direct_way(stranger):
    stranger.control("companies", DatabaseNumber=700001, Name="Byrån AB", users={KARIN: "admin"})
    stranger.control("companies", DatabaseNumber=700002, Name="Byråns andra AB", users={KARIN: "admin"})
    page = sign_in(stranger, agency=False)
    assert offered(page) == ["700001", "700002"]
    assert stranger.submit(page, company="556001").status_code == 400


def test_a_consultant_who_is_no_system_administrator_of_the_client_is_refused(stranger):
    page = stranger.submit(sign_in(stranger), company="556002")
    assert (page.status_code, re.findall('role="alert">(.*?)<', page.text)) == (
        403,
        ["You do not have permission to grant access"],
    )
    stranger.switch(consent_refusal="redirect")
    answer = returned(stranger.submit(sign_in(stranger), company="556002"))
    assert answer["error"] == "error_missing_system_admin_right"


def test_such_a_consultant_may_connect_personally_and_it_dies_with_the_assignment(stranger):
    page = stranger.submit(sign_in(stranger, account_type=""), company="556002")
    code = returned(stranger.submit(page, approve="1"))["code"]
    token = stranger.exchange(code).json["refresh_token"]
    stranger.control(f"users/{KARIN}", "PATCH", clients={})
    assert stranger.token(grant_type="refresh_token", refresh_token=token).status_code == 400


def test_someone_without_clients_finds_none_in_digital_byra(stranger):
    assert sign_in(stranger, "olle@exempelbyran.example").status_code == 403


def test_access_that_ends_while_the_dialog_is_open_stops_the_consent(stranger):
    page = stranger.submit(sign_in(stranger), company="556001")
    stranger.control(f"users/{KARIN}", "PATCH", clients={})
    assert stranger.submit(page, approve="1").status_code == 400


@pytest.fixture
def twin(stranger):
    """A second database with the first company's organisation number, inactive."""
    number = stranger.http.get("/_sim/companies/556001").json["OrganizationNumber"]
    stranger.control(
        "companies",
        DatabaseNumber=600001,
        Name="Exempelbyrån AB",
        OrganizationNumber=number,
        inactive=True,
        users={"anna@exempelbyran.example": "admin"},
    )
    return stranger


def test_databases_with_one_organisation_number_are_listed_with_their_activity(twin):
    page = sign_in(twin, "anna@exempelbyran.example", agency=False)
    rows = re.findall(r"</strong>[\d-]+ · databas (\d+)([^<]*)</span>", page.text)
    assert rows == [("556001", ""), ("556002", ""), ("600001", " · inaktiv")]
    assert "checked" not in page.text


def test_an_inactive_database_takes_the_consent_or_refuses_it(twin):
    twin.connect(company="600001")
    found = twin.get("companyinformation").json["CompanyInformation"]["DatabaseNumber"]
    twin.switch(inactive_database="refused")
    page = twin.open_dialog(company="600001")
    assert (found, page.status_code) == (600001, 403)
    assert re.findall('role="alert">(.*?)<', page.text) == ["Databasen är inaktiv."]
