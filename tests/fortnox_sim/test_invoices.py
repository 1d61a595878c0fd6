"""Creating, reading and changing invoices."""

import pytest
from tests.fortnox_sim.client_app import read_error

ROW = {"ArticleNumber": "1", "DeliveredQuantity": "2.5", "Price": 900, "VAT": 25}


def post(client, **facts):
    return client.post("invoices", Invoice={"CustomerNumber": "1", **facts})


def test_a_customer_number_is_enough_and_everything_is_zero(client):
    answer = post(client)
    made = answer.json["Invoice"]
    keys = ("DocumentNumber", "OCR", "Total", "Balance", "InvoiceRows", "InvoiceDate", "DueDate", "TermsOfPayment")
    assert (answer.status_code, answer.headers["Location"]) == (201, "invoices")
    assert [made[key] for key in keys] == ["1001", "100164", 0, 0, [], "2026-03-31", "2026-04-30", "30"]


def test_sums_come_back(client):
    made = client.invoice(ROW, Freight="95", AdministrationFee=29)
    keys = ("Net", "FreightVAT", "AdministrationFeeVAT", "TotalVAT", "Total", "RoundOff", "Balance", "TotalToPay")
    assert [made[key] for key in keys] == [2250, 23.75, 7.25, 593.5, 2968, 0.5, 2968, 2968]


def test_a_row_without_quantity_counts_nothing(client):
    row = client.invoice({"ArticleNumber": "1", "Price": 900, "VAT": 25})["InvoiceRows"][0]
    assert (row["DeliveredQuantity"], row["Total"]) == ("0", 0)


def test_a_row_without_article_and_rate_has_none(client):
    row = client.invoice({"Description": "Fritt", "DeliveredQuantity": 1, "Price": 100})["InvoiceRows"][0]
    assert (row["VAT"], row["AccountNumber"]) == (0, 3001)


@pytest.mark.parametrize(("filled", "rate"), [("zero", 0), ("article", 25)])
def test_a_row_takes_what_is_left_out_from_its_article_but_for_the_rate(client, filled, rate):
    client.switch(row_vat=filled)
    row = client.invoice({"ArticleNumber": "1", "DeliveredQuantity": "1"})["InvoiceRows"][0]
    keys = ("Description", "Unit", "Price", "VAT", "AccountNumber", "Total")
    assert [row[key] for key in keys] == ["Bokföring", "h", 895, rate, 3041, 895]


@pytest.mark.parametrize(("sent", "stored", "shown"), [("1.123", 1.12, "1.12"), ("1.125", 1.13, "1.13"), ("1", 1, "1")])
def test_prices_and_quantities_are_rounded_half_up(client, sent, stored, shown):
    row = client.invoice({"Description": "x", "DeliveredQuantity": sent, "Price": sent})["InvoiceRows"][0]
    assert (row["Price"], row["DeliveredQuantity"]) == (stored, shown)


def test_what_a_customer_prefers_reaches_the_invoice(client):
    facts = {
        "InvoiceDiscount": "10",
        "InvoiceFreight": "50",
        "InvoiceAdministrationFee": "20",
        "ShowPriceVATIncluded": True,
        "TermsOfPayment": "10",
        "YourReference": "Anna Ek",
        "InvoiceRemark": "Tack",
        "EmailInvoice": "faktura@almgren.example",
    }
    client.control("companies/556001/customers/1", "PATCH", **facts)
    made = client.invoice({"Description": "x", "DeliveredQuantity": 1, "Price": 100, "VAT": 25})
    keys = ("VATIncluded", "Freight", "AdministrationFee", "DueDate", "YourReference", "Remarks", "Total", "Country")
    assert [made[key] for key in keys] == [True, 50, 20, "2026-04-10", "Anna Ek", "Tack", 160, "Sverige"]
    assert made["InvoiceRows"][0]["Discount"] == 10
    assert made["EmailInformation"]["EmailAddressTo"] == "faktura@almgren.example"


def test_what_is_sent_wins_over_what_a_customer_prefers(client):
    client.control("companies/556001/customers/1", "PATCH", InvoiceFreight="50", InvoiceDiscount="10")
    made = client.invoice({**ROW, "Discount": 0}, Freight=0, DueDate="2026-05-01")
    assert (made["Freight"], made["DueDate"], made["InvoiceRows"][0]["Discount"]) == (0, "2026-05-01", 0)


def test_company_fees_apply_where_a_customer_has_none(client):
    client.control("companies/556001", "PATCH", freight="40", admin_fee="15")
    made = client.invoice()
    assert (made["Freight"], made["AdministrationFee"]) == (40, 15)


@pytest.mark.parametrize(
    ("kind", "account", "rate"),
    [
        ("SEVAT", 3041, 25),
        ("SEREVERSEDVAT", 3231, 0),
        ("EUREVERSEDVAT", 3108, 0),
        ("EUVAT", 3106, 25),
        ("EXPORT", 3105, 0),
    ],
)
def test_the_vat_type_of_a_customer_chooses_account_and_rate(client, kind, account, rate):
    client.switch(row_vat="article")
    client.control("companies/556001/customers/1", "PATCH", VATType=kind)
    row = client.invoice({"ArticleNumber": "1", "DeliveredQuantity": "1"})["InvoiceRows"][0]
    assert (row["AccountNumber"], row["VAT"]) == (account, rate)


def test_a_sent_rate_can_lose_against_the_vat_type(client):
    client.control("companies/556001/customers/1", "PATCH", VATType="EXPORT")
    kept = client.invoice(ROW)["InvoiceRows"][0]["VAT"]
    client.switch(sent_vat_wins=False)
    assert (kept, client.invoice(ROW)["InvoiceRows"][0]["VAT"]) == (25, 0)


def test_a_rate_must_exist_in_the_company(client):
    row = {"Description": "x", "DeliveredQuantity": "1", "Price": 100, "VAT": "25.5"}
    refused = read_error(post(client, InvoiceRows=[row]))[3]
    client.control("companies/556001", "PATCH", vat_rates=["25", "25.5", "0"])
    made = client.invoice(row)
    assert (refused, made["InvoiceRows"][0]["VAT"], made["TotalVAT"]) == ("Kunde inte hämta/hitta moms", 25.5, 25.5)


@pytest.mark.parametrize(("how", "expected"), [("truncate", 25), ("refuse", 2000108)])
def test_a_rate_with_decimals_can_be_cut_or_refused(client, how, expected):
    client.switch(decimal_vat=how)
    client.control("companies/556001", "PATCH", vat_rates=["25", "25.5"])
    answer = post(client, InvoiceRows=[{"Description": "x", "VAT": "25.5"}])
    found = answer.json["Invoice"]["InvoiceRows"][0]["VAT"] if answer.status_code == 201 else read_error(answer)[2]
    assert found == expected


def test_easy_vat_wants_an_account_for_a_rate_of_ones_own(client):
    client.control("companies/556001", "PATCH", easy_vat=True, vat_rates=["25", "12", "6", "0", "10"])
    row = {"Description": "x", "DeliveredQuantity": "1", "Price": 100}
    refused = read_error(post(client, InvoiceRows=[{**row, "VAT": 10}]))[2]
    rows = client.invoice({**row, "VAT": 10, "AccountNumber": 3004}, {**row, "VAT": 12}, {**row, "VAT": 6})[
        "InvoiceRows"
    ]
    assert (refused, [row["AccountNumber"] for row in rows]) == (2004167, [3004, 3002, 3003])


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"CustomerNumber": "99"}, 2000433),
        ({"InvoiceRows": [{"ArticleNumber": "99"}]}, 2001302),
        ({"InvoiceRows": [{"AccountNumber": 9999}]}, 2001304),
        ({"InvoiceRows": [{"Unit": "nix"}]}, 2000432),
        ({"InvoiceRows": [{"price": 1}]}, 2001399),
        ({"InvoiceRows": ["text"]}, 2002649),
        ({"InvoiceRows": [{"DeliveredQuantity": "many"}]}, 2000108),
        ({"InvoiceRows": [{"Description": "x" * 256}]}, 2000107),
        ({"Country": "Nowhere"}, 2000919),
        ({"TermsOfPayment": "999"}, 2000429),
        ({"ExternalInvoiceReference1": "x" * 81}, 2000107),
        ({"Remarks": "<b>"}, 2000359),
    ],
)
def test_values_are_checked(client, facts, code):
    assert read_error(post(client, **facts))[2] == code


def test_an_inactive_account_is_refused(client):
    client.put("accounts/3001", Account={"Active": False})
    assert read_error(post(client, InvoiceRows=[{"Description": "x"}]))[2] == 2000550


@pytest.mark.parametrize(
    "name",
    [
        "Norge",
        "Sydkorea",
        "Norway",
        "United Kingdom",
        "Virgin Islands, U.S.",
        "Holy See (Vatican City State)",
        "Korea, Republic of",
    ],
)
def test_a_country_by_its_swedish_or_iso_name_is_stored_as_sent(client, name):
    assert client.invoice(Country=name)["Country"] == name


@pytest.mark.parametrize("name", ["South Korea", "Russia", "England", "Nowhere"])
def test_an_everyday_name_of_a_country_is_refused_in_recorded_words(client, name):
    assert read_error(post(client, Country=name)) == (400, "lower", 2000919, f"Ogiltigt land: {name}")


def test_rows_sent_as_an_object_are_read_as_one_row(client):
    made = post(client, InvoiceRows={"Description": "x"}).json["Invoice"]["InvoiceRows"]
    refused = read_error(post(client, InvoiceRows={"invoice_row": [{"description": "x"}]}))
    assert (len(made), refused) == (1, (400, "lower", 2001399, "Felaktigt fältnamn (invoice_row)"))


def test_account_0_on_an_empty_row_stands_for_none(client):
    rows = client.invoice({"AccountNumber": 0}, {}, ROW)["InvoiceRows"]
    assert [row["AccountNumber"] for row in rows] == [3001, 3001, 3041]


def test_500_rows_fit_and_501_do_not(client):
    rows = [{"Description": "x"}] * 501
    assert (post(client, InvoiceRows=rows[:500]).status_code, post(client, InvoiceRows=rows).status_code) == (201, 400)


def test_a_document_number_can_be_chosen_once_and_moves_the_series(client):
    first = client.invoice(DocumentNumber="5000000000")
    again = post(client, DocumentNumber="5000000000").status_code
    assert (first["DocumentNumber"], again, client.invoice()["DocumentNumber"]) == (
        "5000000000",
        400,
        "5000000001",
    )


def test_a_series_of_its_own_is_not_moved_by_a_chosen_number(client):
    client.switch(series_follows_highest=False)
    before = int(client.invoice()["DocumentNumber"])
    client.invoice(DocumentNumber="900000001")
    assert client.invoice()["DocumentNumber"] == str(before + 1)


def test_a_used_document_number_can_be_answered_with_another(client):
    client.switch(document_number_reuse="accept", series_follows_highest=False)
    numbers = [client.invoice(DocumentNumber="1001")["DocumentNumber"] for _ in range(2)]
    assert numbers == ["1001", "1002"]


def test_a_supplied_reference_may_be_used_twice_unless_switched(client):
    made = [client.invoice(OCR="133")["OCR"] for _ in range(2)]
    client.switch(ocr_unique=True)
    assert (made, read_error(post(client, OCR="133"))[3]) == (["133", "133"], "OCR-numret används redan")


def test_our_reference_is_found_by_contains_and_ignores_case(client):
    for reference in ("R-1", "r-10", "X"):
        client.invoice(ExternalInvoiceReference1=reference)
    found = client.get("invoices", externalinvoicereference1="R-1").json["Invoices"]
    client.switch(reference_search="exact")
    exact = client.get("invoices", externalinvoicereference1="R-1").json["Invoices"]
    assert [[row["ExternalInvoiceReference1"] for row in rows] for rows in (found, exact)] == [["R-1", "r-10"], ["R-1"]]


def test_a_new_invoice_can_stay_out_of_lists_for_a_while(client):
    client.switch(visible_after_seconds=30)
    client.invoice()
    totals = []
    for wait in (0, 29, 1):
        client.control("clock", advance=wait)
        totals.append(len(client.get("invoices").json["Invoices"]))
    assert totals == [0, 0, 1]


def test_a_list_item_has_a_text_rate_and_nulls(client):
    client.invoice()
    item = client.get("invoices").json["Invoices"][0]
    keys = ("CurrencyRate", "FinalPayDate", "VoucherNumber", "VoucherSeries", "VoucherYear", "CurrencyUnit")
    assert [item[key] for key in keys] == ["1", None, None, None, None, 1]
    assert len(item) == 27


def test_an_edit_numbers_every_row_anew(client):
    made = client.invoice(ROW, {**ROW, "Price": 100})
    answer = client.put(f"invoices/{made['DocumentNumber']}", Invoice={"YourReference": "Ny"}).json["Invoice"]
    before, after = ([row["RowId"] for row in invoice["InvoiceRows"]] for invoice in (made, answer))
    assert (set(before) & set(after), answer["Total"], answer["YourReference"]) == (set(), made["Total"], "Ny")


def test_rows_without_id_are_matched_by_position(client):
    made = client.invoice(ROW, {**ROW, "Description": "Kvar"})
    rows = [{"Price": 1}]
    found = client.put(f"invoices/{made['DocumentNumber']}", Invoice={"InvoiceRows": rows}).json["Invoice"][
        "InvoiceRows"
    ]
    assert [(row["Price"], row["DeliveredQuantity"]) for row in found] == [(1, "2.5")]


def test_rows_with_id_are_updated_kept_added_or_removed(client):
    made = client.invoice(ROW, {**ROW, "Description": "Andra"}, {**ROW, "Description": "Tredje"})
    ids = [row["RowId"] for row in made["InvoiceRows"]]
    rows = [
        {"RowId": ids[0], "Price": 1},
        {"RowId": ids[2]},
        {"Description": "Ny", "Price": 5, "DeliveredQuantity": "1"},
    ]
    found = client.put(f"invoices/{made['DocumentNumber']}", Invoice={"InvoiceRows": rows}).json["Invoice"][
        "InvoiceRows"
    ]
    assert [(row["Description"], row["Price"]) for row in found] == [("Bokföring", 1), ("Tredje", 900), ("Ny", 5)]


def test_changed_terms_move_the_due_date(client):
    number = client.invoice()["DocumentNumber"]
    answer = client.put(f"invoices/{number}", Invoice={"TermsOfPayment": "10"}).json["Invoice"]
    assert answer["DueDate"] == "2026-04-10"


def test_foreign_currency_is_not_rounded_unless_switched(client):
    row = {"Description": "x", "DeliveredQuantity": 1, "Price": "80.40", "VAT": 25}
    plain = client.invoice(row, Currency="EUR", CurrencyRate="11.25")["Total"]
    client.switch(round_foreign=True)
    assert (plain, client.invoice(row, Currency="EUR")["Total"]) == (100.5, 101)


def test_a_company_may_not_round(client):
    client.control("companies/556001", "PATCH", rounding=False)
    assert client.invoice({"Description": "x", "DeliveredQuantity": 1, "Price": "80.40", "VAT": 25})["Total"] == 100.5


def test_vat_can_be_rounded_per_row(client):
    rows = [{"Description": "x", "DeliveredQuantity": 1, "Price": "33.33", "VAT": 25}] * 3
    totals = [client.invoice(*rows)["TotalVAT"]]
    client.switch(vat_rounding="row")
    assert [*totals, client.invoice(*rows)["TotalVAT"]] == [25, 24.99]


def test_easy_vat_refuses_an_account_with_another_rate(client):
    client.control("companies/556001", "PATCH", easy_vat=True)
    row = {"Description": "x", "DeliveredQuantity": "1", "Price": 100, "VAT": 12, "AccountNumber": 3001}
    assert read_error(post(client, InvoiceRows=[row]))[2] == 2004052


@pytest.mark.parametrize(
    ("reduction", "row", "code"),
    [
        ("none", {"HouseWorkType": "COOKING"}, 2003157),
        ("none", {"HouseWorkType": "CLEANING"}, 2004019),
        ("rut", {"HouseWorkType": "CONSTRUCTION"}, 2004021),
        ("rot", {"HouseWorkType": "OTHERCOSTS", "HouseWork": True}, 2002980),
        ("rot", {"HouseWorkType": "NIX"}, 2009013),
    ],
)
def test_house_work_fits_the_tax_reduction(client, reduction, row, code):
    assert read_error(post(client, TaxReductionType=reduction, InvoiceRows=[row]))[2] == code


def test_house_work_marks_the_invoice(client):
    made = client.invoice({"HouseWorkType": "CONSTRUCTION", "HouseWork": True}, TaxReductionType="rot")
    assert (made["HouseWork"], made["InvoiceRows"][0]["HouseWorkType"]) == (True, "CONSTRUCTION")


def test_e_mail_and_edi_blocks_keep_what_was_sent(client):
    blocks = {"EmailInformation": {"EmailAddressTo": "a@b.example"}, "EDIInformation": {"EDIInvoiceExtra1": "x"}}
    made = client.invoice(**blocks)
    assert (made["EmailInformation"]["EmailAddressTo"], made["EDIInformation"]["EDIInvoiceExtra1"]) == (
        "a@b.example",
        "x",
    )


def test_another_customer_brings_its_own_address(client):
    client.control("companies/556001/customers", Name="Annan AB", City="Lund")
    number = client.invoice()["DocumentNumber"]
    changed = client.put(f"invoices/{number}", Invoice={"CustomerNumber": "2"}).json["Invoice"]
    assert (changed["CustomerName"], changed["City"]) == ("Annan AB", "Lund")


def test_rows_are_searched_by_article_text_and_account(client):
    client.invoice({"ArticleNumber": "1"})
    client.invoice({"Description": "Fritt", "AccountNumber": 3004})
    queries = (
        {"articlenumber": "1"},
        {"articledescription": "fri"},
        {"accountnumberfrom": "3040"},
        {"accountnumberto": "3010"},
    )
    found = [[row["DocumentNumber"] for row in client.get("invoices", **query).json["Invoices"]] for query in queries]
    assert found == [["1001"], ["1002"], ["1001"], ["1002"]]


def test_an_account_range_is_one_row_within_it_compared_as_numbers(client):
    client.invoice({"Description": "x", "AccountNumber": 1930}, {"Description": "y", "AccountNumber": 4000})
    ranges = [("2000", "2999"), ("1900", "1999"), ("4000", "4000"), ("300", "2000")]
    found = [
        len(client.get("invoices", accountnumberfrom=low, accountnumberto=high).json["Invoices"])
        for low, high in ranges
    ]
    assert found == [0, 1, 1, 1]
    assert read_error(client.get("invoices", accountnumberfrom="x"))[2] == 2000588


@pytest.mark.parametrize("currency", ["XXX", "xx"])
def test_a_currency_must_exist(client, currency):
    assert read_error(post(client, Currency=currency))[3] == "Kunde inte hämta/hitta valuta"


def test_a_document_number_is_digits(client):
    assert read_error(post(client, DocumentNumber="A1"))[2] == 2000108


@pytest.mark.parametrize(
    ("price", "status"),
    [("1e15", 201), ("-1e15", 201), ("1e16", 400), ("1e400", 400), ("NaN", 400), (10**58, 400), (True, 400)],
)
def test_figures_end_somewhere(client, price, status):
    row = {"Description": "x", "DeliveredQuantity": "1e15", "Price": price, "VAT": 25}
    assert post(client, InvoiceRows=[row]).status_code == status
