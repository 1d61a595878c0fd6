"""Customers as recorded."""

import pytest
from tests.fortnox_sim.client_app import read_error


def create(client, **facts):
    return client.post("customers", Customer={"Name": "A value", **facts})


def test_a_name_is_enough_and_defaults_are_as_recorded(client):
    answer = create(client)
    made = answer.json["Customer"]
    keys = ("Active", "Currency", "PriceList", "Type", "VATType", "ShowPriceVATIncluded", "CustomerNumber", "Address1")
    assert (answer.status_code, answer.headers["Location"]) == (201, "customers")
    assert [made[key] for key in keys] == [True, "SEK", "A", "COMPANY", "SEVAT", False, "2", None]
    assert made["DefaultDeliveryTypes"] == {"Invoice": "PRINT", "Order": "PRINT", "Offer": "PRINT"}


def test_a_list_item_has_ten_keys_and_empty_text(client):
    item = client.get("customers").json["Customers"][0]
    assert list(item) == [
        "@url",
        "Address1",
        "Address2",
        "City",
        "CustomerNumber",
        "Email",
        "Name",
        "OrganisationNumber",
        "Phone",
        "ZipCode",
    ]
    assert item["Email"] == ""


def test_the_sales_account_is_a_number_when_made_and_text_when_read(client):
    made = create(client, SalesAccount="3001").json["Customer"]["SalesAccount"]
    assert (made, client.get("customers/2").json["Customer"]["SalesAccount"]) == (3001, "3001")


def test_the_country_follows_its_code_and_cannot_be_set(client):
    made = create(client, CountryCode="FI", Country="Norge").json["Customer"]
    assert (made["Country"], made["CountryCode"]) == ("Finland", "FI")


def test_read_only_keys_can_be_refused(client):
    client.switch(readonly_keys="refuse")
    assert read_error(create(client, Country="Norge")) == (400, "lower", 2001399, "Felaktigt fältnamn (Country)")


def test_an_omitted_key_and_empty_text_change_nothing_and_blank_clears(client):
    create(client, Comments="Kvar", Email="a@b.example")
    client.put("customers/2", Customer={"Comments": "", "City": "Lund"})
    kept = client.get("customers/2").json["Customer"]
    client.put("customers/2", Customer={"Comments": "API_BLANK", "Email": "API_BLANK"})
    cleared = client.get("customers/2").json["Customer"]
    assert (kept["Comments"], kept["City"], cleared["Comments"], cleared["Email"]) == ("Kvar", "Lund", None, "")


def test_a_number_can_be_chosen_once(client):
    create(client, CustomerNumber="K-7")
    assert read_error(create(client, CustomerNumber="K-7"))[2:] == (2000637, "Kundnummer K-7 används redan.")


def test_a_deleted_number_stays_taken(client):
    create(client, CustomerNumber="9")
    status = client.delete("customers/9").status_code
    text = "Kundnummer 9 används redan. Kundnumret har redan använts men blivit raderat."
    assert (status, client.get("customers/9").status_code) == (204, 404)
    assert read_error(create(client, CustomerNumber="9"))[2:] == (2000637, text)


def test_the_series_steps_over_numbers_that_are_taken(client):
    create(client, CustomerNumber="2")
    assert create(client).json["Customer"]["CustomerNumber"] == "3"


def test_a_customer_whose_only_invoice_is_cancelled_can_be_deleted(client):
    number = client.invoice()["DocumentNumber"]
    statuses = [client.delete("customers/1").status_code]
    client.put(f"invoices/{number}/cancel")
    statuses.append(client.delete("customers/1").status_code)
    assert (statuses, client.get(f"invoices/{number}").json["Invoice"]["CustomerNumber"]) == ([400, 204], "1")


def test_a_customer_with_invoices_cannot_be_deleted(client):
    client.invoice()
    assert client.delete("customers/1").status_code == 400


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"Name": "Fel < tecken"}, 2000359),
        ({"Name": "Fel 'tecken'"}, 2000359),
        ({"Name": "Smil 😀"}, 2000359),
        ({"Name": "Tab\tb"}, 2000359),
        ({"ZipCode": "12345678901"}, 2000107),
        ({"Type": "UNDEFINED"}, 2001200),
        ({"Active": "maybe"}, 2000134),
        ({"InvoiceDiscount": "ten"}, 2000108),
        ({"CustomerNumber": "a b"}, 2000106),
        ({"SalesAccount": 9999}, 2001304),
        ({"Currency": "XXX"}, 2000427),
        ({"TermsOfPayment": "999"}, 2000429),
        ({"customerNumber": "1"}, 2001399),
        ({"DefaultDeliveryTypes": {"invoice": "PRINT"}}, 2001399),
    ],
)
def test_values_are_checked(client, facts, code):
    assert read_error(create(client, **facts))[2] == code


def test_letters_of_any_script_and_the_listed_marks_are_allowed(client):
    name = "Åsa & Søn – “”".replace("“”", "’´`") + " Ωμέγα 100 % (½)"
    assert create(client, Name=name).json["Customer"]["Name"] == name


def test_quotes_can_be_allowed(client):
    client.switch(quotes_allowed=True)
    assert create(client, Name='O\'Hara "AB"').status_code == 201


def test_a_customer_of_undefined_type_cannot_be_changed(client):
    client.control("companies/556001/customers/1", "PATCH", Type="UNDEFINED")
    assert read_error(client.put("customers/1", Customer={"Name": "x"}))[2:] == (2001200, "Ogiltig kundtyp")


def test_a_refused_change_leaves_no_trace(client):
    before = client.get("customers/1").json
    client.put("customers/1", Customer={"City": "Lund", "Type": "NIX"})
    assert client.get("customers/1").json == before


def test_nested_delivery_types_keep_what_is_not_sent(client):
    made = create(client, DefaultDeliveryTypes={"Invoice": "EMAIL"}).json["Customer"]
    assert made["DefaultDeliveryTypes"] == {"Invoice": "EMAIL", "Order": "PRINT", "Offer": "PRINT"}
