"""Customers as recorded."""

import pytest
from tests.fortnox_sim.client_app import refusal


def create(desk, **facts):
    return desk.post("customers", Customer={"Name": "A value", **facts})


def test_a_name_is_enough_and_defaults_are_as_recorded(desk):
    answer = create(desk)
    made = answer.json["Customer"]
    keys = ("Active", "Currency", "PriceList", "Type", "VATType", "ShowPriceVATIncluded", "CustomerNumber", "Address1")
    assert (answer.status_code, answer.headers["Location"]) == (201, "customers")
    assert [made[key] for key in keys] == [True, "SEK", "A", "COMPANY", "SEVAT", False, "2", None]
    assert made["DefaultDeliveryTypes"] == {"Invoice": "PRINT", "Order": "PRINT", "Offer": "PRINT"}


def test_a_list_item_has_ten_keys_and_empty_text(desk):
    item = desk.get("customers").json["Customers"][0]
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


def test_the_sales_account_is_a_number_when_made_and_text_when_read(desk):
    made = create(desk, SalesAccount="3001").json["Customer"]["SalesAccount"]
    assert (made, desk.get("customers/2").json["Customer"]["SalesAccount"]) == (3001, "3001")


def test_the_country_follows_its_code_and_cannot_be_set(desk):
    made = create(desk, CountryCode="FI", Country="Norge").json["Customer"]
    assert (made["Country"], made["CountryCode"]) == ("Finland", "FI")


def test_read_only_keys_can_be_refused(desk):
    desk.switch(readonly_keys="refuse")
    assert refusal(create(desk, Country="Norge")) == (400, "lower", 2001399, "Felaktigt fältnamn (Country)")


def test_an_omitted_key_and_empty_text_change_nothing_and_blank_clears(desk):
    create(desk, Comments="Kvar", Email="a@b.example")
    desk.put("customers/2", Customer={"Comments": "", "City": "Lund"})
    kept = desk.get("customers/2").json["Customer"]
    desk.put("customers/2", Customer={"Comments": "API_BLANK", "Email": "API_BLANK"})
    cleared = desk.get("customers/2").json["Customer"]
    assert (kept["Comments"], kept["City"], cleared["Comments"], cleared["Email"]) == ("Kvar", "Lund", None, "")


def test_a_number_can_be_chosen_once(desk):
    create(desk, CustomerNumber="K-7")
    assert refusal(create(desk, CustomerNumber="K-7"))[2:] == (2000637, "Kundnummer K-7 används redan.")


def test_a_deleted_number_stays_taken(desk):
    create(desk, CustomerNumber="9")
    status = desk.delete("customers/9").status_code
    text = "Kundnummer 9 används redan. Kundnumret har redan använts men blivit raderat."
    assert (status, desk.get("customers/9").status_code) == (204, 404)
    assert refusal(create(desk, CustomerNumber="9"))[2:] == (2000637, text)


def test_the_series_steps_over_numbers_that_are_taken(desk):
    create(desk, CustomerNumber="2")
    assert create(desk).json["Customer"]["CustomerNumber"] == "3"


def test_a_customer_with_invoices_cannot_be_deleted(desk):
    desk.invoice()
    assert desk.delete("customers/1").status_code == 400


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
def test_values_are_checked(desk, facts, code):
    assert refusal(create(desk, **facts))[2] == code


def test_letters_of_any_script_and_the_listed_marks_are_allowed(desk):
    name = "Åsa & Søn – “”".replace("“”", "’´`") + " Ωμέγα 100 % (½)"
    assert create(desk, Name=name).json["Customer"]["Name"] == name


def test_quotes_can_be_allowed(desk):
    desk.switch(quotes_allowed=True)
    assert create(desk, Name='O\'Hara "AB"').status_code == 201


def test_a_customer_of_undefined_type_cannot_be_changed(desk):
    desk.control("companies/556001/customers/1", "PATCH", Type="UNDEFINED")
    assert refusal(desk.put("customers/1", Customer={"Name": "x"}))[2:] == (2001200, "Ogiltig kundtyp")


def test_a_refused_change_leaves_no_trace(desk):
    before = desk.get("customers/1").json
    desk.put("customers/1", Customer={"City": "Lund", "Type": "NIX"})
    assert desk.get("customers/1").json == before


def test_nested_delivery_types_keep_what_is_not_sent(desk):
    made = create(desk, DefaultDeliveryTypes={"Invoice": "EMAIL"}).json["Customer"]
    assert made["DefaultDeliveryTypes"] == {"Invoice": "EMAIL", "Order": "PRINT", "Offer": "PRINT"}
