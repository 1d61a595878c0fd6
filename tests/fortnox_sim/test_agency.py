"""Digital byrå: a consultant signs in through it and picks the client; and companies that look alike."""

import re

import pytest
from tests.fortnox_sim.client_app import read_redirect

KARIN = "karin@digitalbyran.example"


def sign_in(client, user=KARIN, *, agency=True, **asked):
    page = client.http.get("/oauth-v1/auth", query_string=client.asked(**asked))
    via = {"via": "clients"} if agency else {}
    return client.submit(page, username=user, password="fortnox", **via)


def title(page):
    return re.findall("<h1>(.*?)</h1>", page.text)[0]


def offered(page):
    return re.findall(r'name="company" value="(\d+)"', page.text)


def test_the_sign_in_page_has_a_way_through_digital_byra(new_client):
    page = new_client.http.get("/oauth-v1/auth", query_string=new_client.asked())
    assert re.findall(r"<button[^>]*>(.*?)</button>", page.text) == ["Logga in", "Logga in via Digital byrå"]


def test_a_consultant_picks_the_client_and_connects_it(new_client):
    page = sign_in(new_client)
    assert (title(page), offered(page)) == ("Digital byrå: välj klient", ["556001", "556002"])
    code = read_redirect(new_client.submit(new_client.submit(page, company="556001"), approve="1"))["code"]
    token = new_client.exchange(code).json["access_token"]
    new_client.headers = {"Authorization": f"Bearer {token}"}
    assert new_client.get("companyinformation").json["CompanyInformation"]["DatabaseNumber"] == 556001


def test_a_consultant_with_one_client_picks_it_all_the_same(new_client):
    new_client.control(f"users/{KARIN}", "PATCH", clients={"556002": "admin"})
    page = sign_in(new_client)
    assert (title(page), offered(page)) == ("Digital byrå: välj klient", ["556002"])


def test_signing_in_directly_offers_a_consultant_nothing(new_client):
    page = sign_in(new_client, agency=False)
    assert page.status_code == 403
    assert re.findall('role="alert">(.*?)<', page.text) == ["Du har inte tillgång till något företag."]


def test_signing_in_directly_leads_a_consultant_to_the_agencys_own_company(new_client):
    new_client.control("companies", DatabaseNumber=700001, Name="Byrån AB", users={KARIN: "admin"})
    page = sign_in(new_client, agency=False)
    assert (title(page), re.findall("<dd>(.*?)</dd>", page.text)[2]) == ("Aktivering", "700001")


def test_a_client_cannot_be_taken_by_the_direct_way(new_client):
    new_client.control("companies", DatabaseNumber=700001, Name="Byrån AB", users={KARIN: "admin"})
    new_client.control("companies", DatabaseNumber=700002, Name="Byråns andra AB", users={KARIN: "admin"})
    page = sign_in(new_client, agency=False)
    assert offered(page) == ["700001", "700002"]
    assert new_client.submit(page, company="556001").status_code == 400


def test_a_consultant_who_is_no_system_administrator_of_the_client_is_refused(new_client):
    page = new_client.submit(sign_in(new_client), company="556002")
    assert (page.status_code, re.findall('role="alert">(.*?)<', page.text)) == (
        403,
        ["You do not have permission to grant access"],
    )
    new_client.switch(consent_refusal="redirect")
    answer = read_redirect(new_client.submit(sign_in(new_client), company="556002"))
    assert answer["error"] == "error_missing_system_admin_right"


def test_such_a_consultant_may_connect_personally_and_it_dies_with_the_assignment(new_client):
    page = new_client.submit(sign_in(new_client, account_type=""), company="556002")
    code = read_redirect(new_client.submit(page, approve="1"))["code"]
    token = new_client.exchange(code).json["refresh_token"]
    new_client.control(f"users/{KARIN}", "PATCH", clients={})
    assert new_client.token(grant_type="refresh_token", refresh_token=token).status_code == 400


def test_someone_without_clients_finds_none_in_digital_byra(new_client):
    assert sign_in(new_client, "olle@exempelbyran.example").status_code == 403


def test_access_that_ends_while_the_dialog_is_open_stops_the_consent(new_client):
    page = new_client.submit(sign_in(new_client), company="556001")
    new_client.control(f"users/{KARIN}", "PATCH", clients={})
    assert new_client.submit(page, approve="1").status_code == 400


@pytest.fixture
def twin(new_client):
    """A second database with the first company's organisation number, inactive."""
    number = new_client.http.get("/_sim/companies/556001").json["OrganizationNumber"]
    new_client.control(
        "companies",
        DatabaseNumber=600001,
        Name="Exempelbyrån AB",
        OrganizationNumber=number,
        inactive=True,
        users={"anna@exempelbyran.example": "admin"},
    )
    return new_client


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
