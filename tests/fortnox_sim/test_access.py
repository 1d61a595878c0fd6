"""Who may call what, and the headers and error shapes of every answer."""

import pytest
from tests.fortnox_sim.client_app import refusal


def test_a_bad_token_gets_exactly_26_bytes_without_uid(stranger):
    stranger.headers = {"Authorization": "Bearer nonsense"}
    answer = stranger.get("customers")
    assert (answer.status_code, answer.data) == (401, b'{"message":"unauthorized"}')
    assert "X-Uid" not in answer.headers


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a.b.c", "Basic abc", "Bearer å.b.c"])
def test_anything_but_a_live_token_is_unauthorized(stranger, header):
    answer = stranger.http.get("/3/customers", headers={"Authorization": header.encode().decode("latin-1")})
    assert answer.status_code == 401


def test_every_answer_carries_fortnox_headers(desk):
    answers = [desk.get("customers"), desk.get("customers/nix"), desk.get("customers", filter="x")]
    names = ("Content-Type", "Server", "X-Build", "X-Content-Type-Options")
    expected = ["application/json", "Fortnox", "5f0a7c11b2", "nosniff"]
    assert [[answer.headers[name] for name in names] for answer in answers] == [expected] * 3
    assert [len(answer.headers["X-Uid"]) for answer in answers] == [8, 8, 8]


def test_missing_records_capitalise_the_keys_and_other_errors_do_not(desk):
    found = [refusal(desk.get("customers/nix")), refusal(desk.get("customers", filter="doesntexist"))]
    assert found == [
        (404, "upper", 2000433, "Kan inte hitta kunden."),
        (400, "lower", 2000587, "Ett ogiltigt filter har använts."),
    ]


def test_letters_beyond_ascii_and_slashes_are_escaped(desk):
    body = desk.get("customers", filter="x").data
    assert b"anv\\u00e4nts" in body
    assert b"https:\\/\\/api.fortnox.se\\/3\\/articles\\/1" in desk.get("articles/1").data


def test_a_missing_scope_is_named(stranger):
    stranger.connect(scope="customer")
    assert refusal(stranger.get("invoices")) == (403, "lower", 2000663, "Har inte behörighet för scope")
    stranger.switch(missing_scope_status=400)
    assert refusal(stranger.get("invoices"))[0] == 400


def test_a_licence_that_went_away_is_named(desk):
    desk.control("companies/556001", "PATCH", licences=["Lön"])
    found = [refusal(desk.get(path))[2] for path in ("customers", "invoicepayments")]
    assert (found, desk.get("companyinformation").status_code) == ([2001101, 2001101], 200)


def test_a_missing_integration_licence_stops_every_call(desk):
    desk.control("companies/556001", "PATCH", integration_licence=False)
    assert refusal(desk.get("companyinformation"))[2:] == (2001103, "Api-licens saknas.")


def test_unknown_paths_and_missing_identifiers(desk):
    assert refusal(desk.get("nothing"))[:3] == (404, "upper", 2000764)
    answer = desk.put("customers/", Customer={"Name": "x"})
    assert refusal(answer) == (400, "lower", 2000729, "A valid identifier was not provided.")


def test_other_answer_types_are_refused(desk):
    answer = desk.http.get("/3/customers", headers={**desk.headers, "Accept": "application/pdf"})
    assert refusal(answer)[2:] == (1000030, "Invalid response type")


def test_other_content_types_are_refused(desk):
    headers = {**desk.headers, "Content-Type": "application/xml"}
    answer = desk.http.post("/3/customers", data="<Customer/>", headers=headers)
    assert refusal(answer)[2:] == (1000031, "Invalid content type")


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
def test_wrong_bodies_have_their_codes(desk, body, code):
    headers = {**desk.headers, "Content-Type": "application/json"}
    answer = desk.http.post("/3/customers", data=body, headers=headers)
    assert refusal(answer)[:3] == (400, "lower", code)


def test_one_companys_token_never_shows_another(desk):
    desk.control("companies/556002/customers", Name="Hemlig AB")
    names = [row["Name"] for row in desk.get("customers").json["Customers"]]
    assert names == ["Almgrens Bygg AB"]


def test_fields_without_right_read_api_noright(desk):
    desk.control("companies/556001", "PATCH", noright={"Article": ["SalesPrice", "PurchasePrice"]})
    article = desk.get("articles/1").json["Article"]
    assert (article["SalesPrice"], article["PurchasePrice"]) == ("API_NORIGHT", "API_NORIGHT")


def test_maintenance_is_an_html_page(desk):
    desk.switch(maintenance=True)
    answer = desk.get("customers")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html; charset=UTF-8")


def test_missing_scopes_can_have_a_code_of_their_own(stranger):
    stranger.connect(scope="customer")
    stranger.switch(scope_code="by resource")
    codes = [refusal(stranger.get(path))[2] for path in ("invoices", "vouchers", "invoicepayments", "articles")]
    assert codes == [2001393, 2002455, 2003330, 2000663]


def test_a_scope_can_be_taken_from_living_grants(desk):
    desk.control("companies/556001/grants", "PATCH", scopes=["customer"])
    assert (desk.get("customers").status_code, refusal(desk.get("articles"))[2]) == (200, 2000663)


def test_a_person_who_left_can_be_told_by_code(stranger):
    stranger.connect(user="olle@exempelbyran.example", account_type="")
    stranger.switch(lost_login="2000310")
    stranger.control("users/olle@exempelbyran.example", "PATCH", companies={})
    assert refusal(stranger.get("customers"))[2:] == (2000310, "Ogiltig inloggning")


def test_who_authorized_can_be_asked(stranger):
    stranger.connect(user="olle@exempelbyran.example", account_type="")
    person = stranger.get("me").json["MeInformation"]
    stranger.connect()
    service = stranger.get("me").json["MeInformation"]
    assert [(who["Name"], who["SysAdmin"]) for who in (person, service)] == [
        ("Olle Holm", False),
        ("Servicekonto", True),
    ]
