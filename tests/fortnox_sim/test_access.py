"""Who may call what, and the headers and error shapes of every answer."""

import pytest
from tests.fortnox_sim.client_app import read_error


def test_a_bad_token_gets_exactly_26_bytes_without_uid(new_client):
    new_client.headers = {"Authorization": "Bearer nonsense"}
    answer = new_client.get("customers")
    assert (answer.status_code, answer.data) == (401, b'{"message":"unauthorized"}')
    assert "X-Uid" not in answer.headers


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a.b.c", "Basic abc", "Bearer å.b.c"])
def test_anything_but_a_live_token_is_unauthorized(new_client, header):
    answer = new_client.http.get("/3/customers", headers={"Authorization": header.encode().decode("latin-1")})
    assert answer.status_code == 401


def test_every_answer_carries_fortnox_headers(client):
    answers = [client.get("customers"), client.get("customers/nix"), client.get("customers", filter="x")]
    names = ("Content-Type", "Server", "X-Build", "X-Content-Type-Options")
    expected = ["application/json", "Fortnox", "5f0a7c11b2", "nosniff"]
    assert [[answer.headers[name] for name in names] for answer in answers] == [expected] * 3
    assert [len(answer.headers["X-Uid"]) for answer in answers] == [8, 8, 8]


def test_missing_records_capitalise_the_keys_and_other_errors_do_not(client):
    found = [read_error(client.get("customers/nix")), read_error(client.get("customers", filter="doesntexist"))]
    assert found == [
        (404, "upper", 2000433, "Kan inte hitta kunden."),
        (400, "lower", 2000587, "Ett ogiltigt filter har använts."),
    ]


def test_letters_beyond_ascii_and_slashes_are_escaped(client):
    body = client.get("customers", filter="x").data
    assert b"anv\\u00e4nts" in body
    assert b"https:\\/\\/api.fortnox.se\\/3\\/articles\\/1" in client.get("articles/1").data


def test_a_missing_scope_is_named(new_client):
    new_client.connect(scope="customer")
    assert read_error(new_client.get("invoices")) == (403, "lower", 2000663, "Har inte behörighet för scope")
    new_client.switch(missing_scope_status=400)
    assert read_error(new_client.get("invoices"))[0] == 400


def test_a_licence_that_went_away_is_named(client):
    client.control("companies/556001", "PATCH", licences=["Lön"])
    found = [read_error(client.get(path))[2] for path in ("customers", "invoicepayments")]
    assert (found, client.get("companyinformation").status_code) == ([2001101, 2001101], 200)


def test_a_missing_integration_licence_stops_every_call(client):
    client.control("companies/556001", "PATCH", integration_licence=False)
    assert read_error(client.get("companyinformation"))[2:] == (2001103, "Api-licens saknas.")


def test_unknown_paths_and_missing_identifiers(client):
    assert read_error(client.get("nothing"))[:3] == (404, "upper", 2000764)
    answer = client.put("customers/", Customer={"Name": "x"})
    assert read_error(answer) == (400, "lower", 2000729, "A valid identifier was not provided.")


def test_other_answer_types_are_refused(client):
    answer = client.http.get("/3/customers", headers={**client.headers, "Accept": "application/pdf"})
    assert read_error(answer)[2:] == (1000030, "Invalid response type")


def test_other_content_types_are_refused(client):
    headers = {**client.headers, "Content-Type": "application/xml"}
    answer = client.http.post("/3/customers", data="<Customer/>", headers=headers)
    assert read_error(answer)[2:] == (1000031, "Invalid content type")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 2001392),
        (b"{}", 2001392),
        (b'{"Name":"x"}', 2001392),
        (b'{"Customer":[]}', 2001392),
        (b'{"Customer":', 2002115),
        (b'{"Customer":{"Name":NaN}}', 2002115),
        (b"\xff\xfe", 2002115),
        (b'{"Customer":{"name":"x"}}', 2001399),
        (b'{"Customer":{"Name":"x","account_number":null}}', 2001399),
    ],
)
def test_wrong_bodies_have_their_codes(client, body, code):
    headers = {**client.headers, "Content-Type": "application/json"}
    answer = client.http.post("/3/customers", data=body, headers=headers)
    assert read_error(answer)[:3] == (400, "lower", code)


def test_one_companys_token_never_shows_another(client):
    client.control("companies/556002/customers", Name="Hemlig AB")
    names = [row["Name"] for row in client.get("customers").json["Customers"]]
    assert names == ["Almgrens Bygg AB"]


def test_fields_without_right_read_api_noright(client):
    client.control("companies/556001", "PATCH", noright={"Article": ["SalesPrice", "PurchasePrice"]})
    article = client.get("articles/1").json["Article"]
    assert (article["SalesPrice"], article["PurchasePrice"]) == ("API_NORIGHT", "API_NORIGHT")


def test_maintenance_is_an_html_page(client):
    client.switch(maintenance=True)
    answer = client.get("customers")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html; charset=UTF-8")


def test_missing_scopes_can_have_a_code_of_their_own(new_client):
    new_client.connect(scope="customer")
    new_client.switch(scope_code="by resource")
    codes = [read_error(new_client.get(path))[2] for path in ("invoices", "vouchers", "invoicepayments", "articles")]
    assert codes == [2001393, 2002455, 2003330, 2000663]


def test_a_scope_can_be_taken_from_living_grants(client):
    client.control("companies/556001/grants", "PATCH", scopes=["customer"])
    assert (client.get("customers").status_code, read_error(client.get("articles"))[2]) == (200, 2000663)


def test_a_person_who_left_can_be_told_by_code(new_client):
    new_client.connect(user="olle@exempelbyran.example", account_type="")
    new_client.switch(lost_login="2000310")
    new_client.control("users/olle@exempelbyran.example", "PATCH", companies={})
    assert read_error(new_client.get("customers"))[2:] == (2000310, "Ogiltig inloggning")


def test_who_authorized_can_be_asked(new_client):
    new_client.connect(user="olle@exempelbyran.example", account_type="")
    person = new_client.get("me").json["MeInformation"]
    new_client.connect()
    service = new_client.get("me").json["MeInformation"]
    assert [(who["Name"], who["SysAdmin"]) for who in (person, service)] == [
        ("Olle Holm", False),
        ("Servicekonto", True),
    ]
