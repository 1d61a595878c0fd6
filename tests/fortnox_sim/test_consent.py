"""Signing in, choosing a company and approving, with every way it fails."""

import re

from tests.fortnox_sim.client_app import REDIRECT, read_redirect


def test_consent_leads_back_with_code_and_state(new_client):
    assert sorted(new_client.consent(state="abc åäö").items())[1] == ("state", "abc åäö")


def test_someone_with_two_companies_chooses_one_by_its_database_number(new_client):
    page = new_client.http.get("/oauth-v1/auth", query_string=new_client.asked())
    page = new_client.submit(page, username="anna@exempelbyran.example", password="fortnox")
    assert re.findall(r'name="company" value="(\d+)"', page.text) == ["556001", "556002"]


def test_someone_with_one_company_goes_straight_to_the_dialog(new_client):
    page = new_client.open_dialog(user="olle@exempelbyran.example", account_type="")
    assert re.findall("<h1>(.*?)</h1>", page.text) == ["Aktivering"]


def test_the_dialog_lists_each_permission_and_the_company(new_client):
    page = new_client.open_dialog(scope="customer invoice companyinformation")
    assert re.findall("<li>(.*?)</li>", page.text) == ["Kunder", "Kundfakturor", "Företagsinformation"]
    assert re.findall("<dd>(.*?)</dd>", page.text)[::2] == ["Exempelbyrån AB", "556001"]
    assert re.findall(r'name="approve" value="1">(.*?)<', page.text) == ["Godkänn &amp; aktivera"]


def test_pages_need_no_script_and_post_to_themselves(new_client):
    page = new_client.open_dialog()
    assert "<script" not in page.text
    assert re.findall('action="([^"]+)"', page.text) == ["/oauth-v1/auth/approve"]


def test_a_wrong_password_asks_again(new_client):
    page = new_client.open_dialog(password="wrong")
    assert re.findall('role="alert">(.*?)<', page.text) == ["Fel användarnamn eller lösenord."]


def test_cancelling_leads_back_with_access_denied(new_client):
    answer = read_redirect(new_client.submit(new_client.open_dialog(), cancel="1"))
    assert (answer["error"], answer["state"]) == ("access_denied", "s1")


def test_an_ordinary_user_cannot_approve_a_service_account(new_client):
    page = new_client.open_dialog(user="olle@exempelbyran.example")
    assert page.status_code == 403
    assert re.findall('role="alert">(.*?)<', page.text) == ["You do not have permission to grant access"]


def test_the_refusal_of_an_ordinary_user_can_be_a_redirect(new_client):
    new_client.switch(consent_refusal="redirect")
    answer = read_redirect(new_client.open_dialog(user="olle@exempelbyran.example"))
    assert answer["error"] == "error_missing_system_admin_right"


def test_a_missing_licence_fails_the_whole_authorization(new_client):
    new_client.control("companies/556001", "PATCH", licences=["Kundfaktura"])
    answer = read_redirect(new_client.open_dialog(scope="customer supplierinvoice"))
    assert answer["error"] == "error_missing_license"


def test_a_missing_integration_licence_fails_the_authorization(new_client):
    new_client.control("companies/556001", "PATCH", integration_licence=False)
    assert read_redirect(new_client.open_dialog())["error"] == "error_missing_license"


def test_a_locked_account_leads_back_with_neither_code_nor_error(new_client):
    new_client.control("companies/556001", "PATCH", locked=True)
    assert new_client.open_dialog().location == REDIRECT


def test_a_locked_account_may_keep_the_state(new_client):
    new_client.switch(locked_keeps_state=True)
    new_client.control("companies/556001", "PATCH", locked=True)
    assert read_redirect(new_client.open_dialog()) == {"state": "s1"}


def test_an_unknown_scope_fails(new_client):
    page = new_client.http.get("/oauth-v1/auth", query_string=new_client.asked("customer Invoice"))
    assert read_redirect(page)["error"] == "invalid_scope"


def test_a_scope_that_the_portal_has_not_enabled_fails(new_client):
    new_client.control("apps", client_id="uku-demo", scopes=["customer"])
    page = new_client.http.get("/oauth-v1/auth", query_string=new_client.asked("customer invoice"))
    assert read_redirect(page)["error"] == "invalid_scope"


def test_portal_mistakes_are_pages(new_client):
    unknown = new_client.http.get("/oauth-v1/auth", query_string=new_client.asked(client_id="nobody"))
    new_client.control("apps", client_id="uku-demo", service_account=False)
    service = new_client.http.get("/oauth-v1/auth", query_string=new_client.asked())
    texts = [re.findall('role="alert">(.*?)<', page.text)[0] for page in (unknown, service)]
    assert texts == ["Auth code or ClientID supplied is invalid", "Client does not allow service account"]


def test_only_registered_addresses_are_led_back_to(new_client):
    wanted = {
        "http://127.0.0.1:9000/x/fortnox/callback": 200,
        "https://localhost/fortnox/callback": 400,
        "http://evil.example/fortnox/callback": 400,
        "http://localhost:8720/other": 400,
    }
    asked = {uri: new_client.asked(redirect_uri=uri) for uri in wanted}
    found = {uri: new_client.http.get("/oauth-v1/auth", query_string=query).status_code for uri, query in asked.items()}
    assert found == wanted


def test_a_ticket_works_once(new_client):
    page = new_client.open_dialog()
    first, second = new_client.submit(page, approve="1"), new_client.submit(page, approve="1")
    assert (first.status_code, second.status_code) == (302, 400)


def test_a_company_of_others_cannot_be_chosen(new_client):
    page = new_client.http.get("/oauth-v1/auth", query_string=new_client.asked(account_type=""))
    page = new_client.submit(page, username="anna@exempelbyran.example", password="fortnox")
    new_client.control("companies", Name="Fremmande AB", users={})
    assert new_client.submit(page, company="557001").status_code == 400


def test_a_missing_integration_licence_can_have_a_name_of_its_own(new_client):
    new_client.switch(missing_app_licence="error_missing_app_license")
    new_client.control("companies/556001", "PATCH", integration_licence=False)
    assert read_redirect(new_client.open_dialog())["error"] == "error_missing_app_license"


def test_an_app_without_registered_addresses_takes_any(new_client):
    new_client.control("apps", client_id="open", redirect_uris=[])
    asked = new_client.asked(client_id="open", redirect_uri="https://anything.example/x")
    assert new_client.http.get("/oauth-v1/auth", query_string=asked).status_code == 200


def test_an_address_with_control_characters_is_no_address(new_client):
    asked = new_client.asked(redirect_uri="http://localhost/\r\nX: y/fortnox/callback")
    assert new_client.http.get("/oauth-v1/auth", query_string=asked).status_code == 400


def test_what_changed_while_the_dialog_was_open_counts(new_client):
    page = new_client.open_dialog()
    new_client.control("companies/556001", "PATCH", licences=["Lön"])
    assert read_redirect(new_client.submit(page, approve="1"))["error"] == "error_missing_license"
