"""The control interface and the landing page."""

import pytest

from fortnox_sim.switches import SWITCHES


def test_the_overview_shows_everything(new_client):
    found = new_client.http.get("/_sim/").json
    assert list(found) == ["clock", "companies", "users", "apps", "switches", "faults", "journal"]
    assert [company["id"] for company in found["companies"]] == ["556001", "556002"]
    assert found["clock"]["local"] == "2026-03-31T12:00:00+02:00"


def test_the_landing_page_tells_how_to_begin(new_client):
    page = new_client.http.get("/").text
    wanted = ("Exempelbyrån AB", "anna@exempelbyran.example", "uku-demo-secret", "/oauth-v1/token", "/_sim/")
    assert [word for word in wanted if word not in page] == []


def test_every_switch_explains_itself(new_client):
    found = new_client.http.get("/_sim/switches").json
    assert sorted(found) == sorted(SWITCHES)
    assert all(row["about"] and row["value"] == row["default"] for row in found.values())


@pytest.mark.parametrize("body", [{"nix": 1}, {"rate_limit": "yes"}, {"refresh_days": "x"}, {"profile": "nix"}])
def test_wrong_settings_are_refused_and_change_nothing(new_client, body):
    before = new_client.http.get("/_sim/switches").json
    assert new_client.http.post("/_sim/switches", json={"maintenance": True, **body}).status_code == 400
    assert new_client.http.get("/_sim/switches").json == before


def test_a_profile_sets_them_all(new_client):
    new_client.switch(profile="pessimistic")
    found = new_client.http.get("/_sim/switches").json
    assert {name: row["value"] for name, row in found.items()} == {n: s.pessimistic for n, s in SWITCHES.items()}
    new_client.switch(profile="friendly")
    assert new_client.http.get("/_sim/switches").json["refresh_days"]["value"] == 45


def test_the_clock_is_set_and_moved(new_client):
    assert new_client.control("clock", set="2026-07-01T00:30:00")["utc"] == "2026-06-30T22:30:00+00:00"
    assert new_client.control("clock", advance=86400)["today"] == "2026-07-02"


def test_the_journal_is_cut_by_number_and_company(client):
    client.get("customers")
    client.connect(company="556002")
    client.get("customers")
    everything = client.http.get("/_sim/journal").json
    last = client.http.get("/_sim/journal", query_string={"since": everything["next"] - 1}).json
    other = client.journal(company="556002")
    assert [entry["n"] for entry in everything["entries"]] == list(range(1, everything["next"] + 1))
    assert (len(last["entries"]), last["next"]) == (1, everything["next"])
    assert {entry["company"] for entry in other} == {"556002"}


@pytest.mark.parametrize("kind", ["articles", "customers"])
def test_a_number_with_a_slash_is_changed_under_its_encoded_address(client, kind):
    name, text = {"articles": ("ArticleNumber", "Description"), "customers": ("CustomerNumber", "Name")}[kind]
    client.control(f"companies/556001/{kind}", **{name: "A/1", text: "Före"})
    changed = client.control(f"companies/556001/{kind}/A%2F1", "PATCH", **{text: "Efter"})
    assert (changed[name], changed[text]) == ("A/1", "Efter")


def test_invoice_creates_carry_reference_and_number(client):
    client.invoice(ExternalInvoiceReference1="UKU-000001")
    entry = [e for e in client.journal() if e.get("action") == "invoice.create"][-1]
    assert (entry["key"], entry["reference"], entry["company"]) == ("1001", "UKU-000001", "556001")


def test_a_company_can_be_made_with_customers_articles_and_people(new_client):
    made = new_client.control(
        "companies",
        DatabaseNumber=600001,
        Name="Ny AB",
        OrganizationNumber="412345-6785",
        customers=[{"Name": "Ett"}, {"Name": "Två"}],
        articles=[{"Description": "Sak", "SalesPrice": "10.50"}],
        users={"eva@ny.example": "admin"},
        licences=["Kundfaktura"],
    )
    new_client.connect(user="eva@ny.example", company="600001", scope="customer article companyinformation")
    assert (made["id"], made["licences"]) == ("600001", ["Kundfaktura"])
    assert [row["Name"] for row in new_client.get("customers").json["Customers"]] == ["Ett", "Två"]
    assert new_client.get("articles").json["Articles"][0]["SalesPrice"] == "10.5"


def test_a_company_needs_nothing_and_gets_the_next_number(new_client):
    assert [new_client.control("companies", customers=3)["id"] for _ in range(2)] == ["557001", "557002"]


def test_many_customers_are_added_at_once_and_the_same_each_time(new_client):
    numbers = new_client.control("companies/556001/customers", count=1200)["numbers"]
    assert (len(numbers), numbers[0], numbers[-1]) == (1200, "1", "1200")


def test_records_are_changed_as_a_person_would(client):
    client.control("companies/556001/customers/1", "PATCH", Active=False, Name="Nytt namn AB")
    client.control("companies/556001/articles/1", "PATCH", SalesPrice="12.50", Active=False)
    customer, article = client.get("customers/1").json["Customer"], client.get("articles/1").json["Article"]
    assert (customer["Active"], customer["Name"]) == (False, "Nytt namn AB")
    assert (article["Active"], article["SalesPrice"]) == (False, 12.5)


def test_invoices_are_edited_booked_cancelled_and_removed_by_hand(client):
    numbers = [client.invoice()["DocumentNumber"] for _ in range(4)]
    base = "companies/556001/invoices"
    edited = client.control(f"{base}/{numbers[0]}/edit", Remarks="Ändrad")["Remarks"]
    cancelled = client.control(f"{base}/{numbers[1]}/cancel")["Cancelled"]
    booked = client.control(f"{base}/{numbers[2]}/bookkeep")["Booked"]
    client.control(f"{base}/{numbers[3]}", "DELETE")
    assert (edited, cancelled, booked, client.get(f"invoices/{numbers[3]}").status_code) == ("Ändrad", True, True, 404)


def test_company_settings_change(new_client):
    changed = new_client.control("companies/556001", "PATCH", OrganizationNumber="499999-9999", locked=True)
    assert (changed["OrganizationNumber"], changed["locked"]) == ("499999-9999", True)
    assert new_client.http.patch("/_sim/companies/556001", json={"DatabaseNumber": 1}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_sim/nix"),
        ("PATCH", "/_sim/companies/1"),
        ("PATCH", "/_sim/companies/556001/customers/99"),
        ("DELETE", "/_sim/companies/556001/articles/99"),
        ("POST", "/_sim/apps"),
    ],
)
def test_what_is_not_there_is_told(new_client, method, path):
    assert new_client.http.open(path, method=method, json={"Active": True}).status_code == 404


def test_refusals_of_the_books_come_back_with_their_text(client):
    answer = client.http.post("/_sim/companies/556001/invoices/99/cancel")
    assert (answer.status_code, answer.json["code"]) == (404, 2000434)


def test_a_body_must_be_an_object(new_client):
    assert new_client.http.post("/_sim/clock", json=[1]).status_code == 400


def test_another_client_is_registered(new_client):
    uri = "https://app.example/return"
    new_client.control("apps", client_id="other", client_secret="s", redirect_uris=[uri], service_account=False)
    asked = new_client.asked(client_id="other", redirect_uri="", account_type="")
    page = new_client.http.get("/oauth-v1/auth", query_string=asked)
    page = new_client.submit(page, username="olle@exempelbyran.example", password="fortnox")
    assert new_client.submit(page, approve="1").location.startswith(uri + "?code=")


@pytest.mark.parametrize("kind", ["customers", "articles", "invoices", "payments", "vouchers"])
def test_records_are_shown_as_they_are_stored(client, kind):
    number = client.booked({"ArticleNumber": "1", "DeliveredQuantity": "1"})["DocumentNumber"]
    client.control("companies/556001/payments", invoice=number, amount="1", date="2026-03-31")
    found = client.http.get(f"/_sim/companies/556001/{kind}").json
    assert len(found) == (2 if kind == "vouchers" else 1)


def test_retry_after_takes_any_text(new_client):
    new_client.switch(rate_retry_after="Tue, 31 Mar 2026 10:00:05 GMT")
    assert new_client.http.get("/_sim/switches").json["rate_retry_after"]["choices"] == "any text"
    assert new_client.http.post("/_sim/switches", json={"rate_retry_after": 5}).status_code == 400


def test_figures_with_decimals_are_taken_exactly(client):
    client.control("companies/556001/customers", Name="Rabatt AB", InvoiceDiscount=10.5)
    client.control("companies/556001", "PATCH", freight=40.1)
    made = client.invoice({"Description": "x", "DeliveredQuantity": 1, "Price": 100}, CustomerNumber="2")
    assert (made["InvoiceRows"][0]["Discount"], made["Freight"]) == (10.5, 40.1)
