"""Accounts by year, predefined accounts and series, reference data, labels, years as real companies have them."""

from urllib.parse import quote

import pytest
from tests.fortnox_sim.client_app import read_error

ROW = {"ArticleNumber": "1", "DeliveredQuantity": "1", "Price": "80.20", "VAT": 25}


def meta(answer):
    return tuple(answer.json["MetaInformation"].values())


def list_codes(client, path, plural, **query):
    return [row["Code"] for row in client.get(path, **query).json[plural]]


def test_a_full_chart_is_read_on_13_pages_and_some_accounts_are_inactive(client):
    pages = [client.get("accounts", page=page) for page in range(1, 14)]
    accounts = [account for page in pages for account in page.json["Accounts"]]
    numbers = [account["Number"] for account in accounts]
    assert meta(pages[0]) == (1220, 13, 1)
    assert (numbers, len(set(numbers))) == (sorted(numbers), 1220)
    assert sum(not account["Active"] for account in accounts) == 133


def test_each_year_has_its_own_accounts(client):
    client.put("accounts/3041?financialyear=1", Account={"Description": "Äldre"})
    client.post("accounts?financialyear=1", Account={"Number": 3999, "Description": "Bara då"})
    shown = [client.get("accounts/3041", financialyear=year).json["Account"] for year in ("1", "2")]
    assert [(row["Year"], row["Description"]) for row in shown] == [
        (1, "Äldre"),
        (2, "Försäljning av tjänster, 25 % moms"),
    ]
    by_day = client.get("accounts/3999", financialyeardate="2025-06-01")
    assert (by_day.status_code, client.get("accounts/3999").status_code) == (200, 404)
    assert meta(client.get("accounts", financialyear="1", limit=1))[0] == 1221
    assert client.get("accounts", financialyear="9").status_code == 404


def test_a_new_year_begins_with_the_last_ones_accounts(client):
    client.post("accounts?financialyear=3", Account={"Number": 3999, "Description": "Nytt"})
    client.post("financialyears", FinancialYear={"FromDate": "2028-01-01", "ToDate": "2028-12-31"})
    assert client.get("accounts/3999", financialyear="4").json["Account"]["Description"] == "Nytt"


def test_an_account_is_deleted_unless_something_is_booked_on_it(client):
    client.booked(ROW)
    statuses = [client.delete(f"accounts/{number}").status_code for number in (3041, 3042)]
    assert (statuses, client.get("accounts/3042").status_code) == ([400, 204], 404)
    assert read_error(client.post("customers", Customer={"Name": "x", "SalesAccount": 3042}))[2] == 2001304


@pytest.mark.parametrize(
    ("easy", "sales"),
    [
        (False, ["SALES", "SALES2", "SALES_MP0", "SALES_MP2", "SALES_MP3", "SALES_NOVAT"]),
        (True, [f"SALES_{rate}_SE{kind}" for rate in (0, 12, 25, 6) for kind in ("", "2")]),
    ],
)
def test_48_predefined_accounts_whose_sales_follow_enkel_moms(client, easy, sales):
    client.control("companies/556001", "PATCH", easy_vat=easy)
    found = {row["Name"]: row["Account"] for row in client.get("predefinedaccounts").json["PreDefinedAccounts"]}
    assert len(found) == 48
    assert [name for name in found if name.startswith("SALES_") or name in {"SALES", "SALES2"}] == sales
    assert [found.get(name) for name in ("PRODUCT_DEB", "CONSTRUCTION_DEB", "BG", "BANK", "SUPPCLAIM")] == [
        2645,
        2647,
        1930,
        None,
        None,
    ]
    hidden = "SALES" if easy else "SALES_25_SE"
    assert read_error(client.get(f"predefinedaccounts/{hidden}"))[:3] == (404, "upper", 2001403)


def test_13_predefined_voucher_series_are_read_changed_and_followed(client):
    found = client.get("predefinedvoucherseries").json["PreDefinedVoucherSeriesCollection"]
    names = {row["Name"] for row in found}
    changed = client.put("predefinedvoucherseries/INVOICE", PreDefinedVoucherSeries={"VoucherSeries": "K"})
    known = {"ANL", "CASHINVOICE", "INVOICEACCRUAL", "SUPPLIERINVOICEACCRUAL", "SUPPLIERINVOICEPAYMENT", "VAT"}
    assert (len(found), names >= known, names & {"ACCRUAL", "ASSET", "MANUAL", "SUPPLIERPAYMENT"}) == (13, True, set())
    assert changed.json["PreDefinedVoucherSeries"] == client.get("predefinedvoucherseries/INVOICE").json[
        "PreDefinedVoucherSeries"
    ] | {"VoucherSeries": "K"}
    assert client.booked(ROW)["VoucherSeries"] == "K"
    assert client.get("predefinedvoucherseries/MANUAL").status_code == 404


@pytest.mark.parametrize(
    ("path", "plural", "singular"),
    [
        ("units", "Units", "Unit"),
        ("termsofpayments", "TermsOfPayments", "TermsOfPayment"),
        ("modesofpayments", "ModesOfPayments", "ModeOfPayment"),
    ],
)
def test_reference_data_counts_limits_changes_and_order_and_codes_can_be_deleted(client, path, plural, singular):
    codes = list_codes(client, path, plural)
    assert list_codes(client, path, plural, limit=2, page=2) == codes[2:4]
    assert list_codes(client, path, plural, sortby="code", sortorder="descending") == codes[::-1]
    client.control("clock", advance=1800)
    client.put(f"{path}/{quote(codes[-1])}", **{singular: {"Description": "Ändrad"}})
    assert list_codes(client, path, plural, lastmodified="2026-03-31 12:30") == codes[-1:]
    assert client.delete(f"{path}/{quote(codes[-1])}").status_code == 204
    assert list_codes(client, path, plural) == codes[:-1]


@pytest.mark.parametrize("address", ["units/h", "termsofpayments/30", "modesofpayments/BG", "currencies/EUR"])
def test_a_code_in_use_stays(client, address):
    number = client.booked(ROW, Currency="EUR")["DocumentNumber"]
    client.post("invoicepayments", InvoicePayment={"InvoiceNumber": number, "Amount": 1, "ModeOfPayment": "BG"})
    assert (client.delete(address).status_code, client.get(address).status_code) == (400, 200)


def test_kronor_stay(client):
    assert client.delete("currencies/SEK").status_code == 400


@pytest.mark.parametrize(
    ("rounding", "price", "total", "off"),
    [
        ("0.50", "80.20", 100.5, 0.25),
        ("0.50", "80.24", 100.5, 0.2),
        (True, "80.40", 101, 0.5),
        (False, "80.2", 100.25, 0),
    ],
)
def test_a_total_is_rounded_to_a_krona_to_50_ore_or_not_at_all(client, rounding, price, total, off):
    client.control("companies/556001", "PATCH", rounding=rounding)
    made = client.invoice({**ROW, "Price": price})
    assert (made["Total"], made["RoundOff"]) == (total, off)


def test_labels_are_kept_put_on_invoices_and_searched(client):
    made = [client.post("labels", Label={"Description": text}).json["Label"] for text in ("Viktig", "Klar")]
    again = client.post("labels", Label={"Description": "Klar"}).status_code
    changed = client.put("labels/2", Label={"Description": "Färdig"}).json["Label"]
    invoice = client.invoice(ROW, Labels=[{"Id": 2}])
    client.invoice(ROW)
    refused = client.post("invoices", Invoice={"CustomerNumber": "1", "Labels": [{"Id": 9}]}).status_code
    assert made == [{"Id": 1, "Description": "Viktig"}, {"Id": 2, "Description": "Klar"}]
    assert (again, changed, refused) == (400, {"Id": 2, "Description": "Färdig"}, 400)
    assert invoice["Labels"] == [{"Id": 2}]
    assert [row["DocumentNumber"] for row in client.get("invoices", label="2").json["Invoices"]] == ["1001"]
    assert client.delete("labels/1").status_code == 204
    assert client.get("labels", limit=1).json["Labels"] == [changed]


@pytest.mark.parametrize("wrapper", ["MeInformation", "Me"])
def test_me_is_wrapped_in_one_of_two_ways(client, wrapper):
    client.switch(me_wrapper=wrapper)
    assert list(client.get("me").json) == [wrapper]


def test_financial_years_come_newest_first(client):
    years = client.get("financialyears").json["FinancialYears"]
    assert [(year["Id"], year["FromDate"]) for year in years] == [
        (3, "2027-01-01"),
        (2, "2026-01-01"),
        (1, "2025-01-01"),
    ]


def test_a_first_year_begins_on_the_day_of_registration(client):
    days = [["2024-07-28", "2025-12-31"], ["2026-01-01", "2026-12-31"]]
    company = client.control("companies", Name="Ny AB", DatabaseNumber=557001, years=days)
    client.connect(company=company["id"])
    years = client.get("financialyears").json["FinancialYears"]
    assert [[year["FromDate"], year["ToDate"]] for year in years] == days[::-1]
    assert client.get("financialyears", date="2024-07-27").json["FinancialYears"] == []


def test_vouchers_of_a_month_are_asked_for_by_its_days_within_the_year(client):
    days = [["2024-07-28", "2025-12-31"]]
    company = client.control("companies", Name="Ny AB", DatabaseNumber=557001, years=days)
    client.connect(company=company["id"])
    month = {"financialyear": "1", "todate": "2024-07-31"}
    answers = [client.get("vouchers", fromdate=day, **month) for day in ("2024-07-01", "2024-07-28")]
    assert [answer.status_code for answer in answers] == [400, 200]
    assert read_error(answers[0])[2] == 2000588


def test_a_supplier_is_made_changed_and_listed(client):
    made = client.post("suppliers", Supplier={"Name": "Kontorsbolaget AB", "CountryCode": "SE", "BG": "123-4567"})
    number = made.json["Supplier"]["SupplierNumber"]
    changed = client.put(f"suppliers/{number}", Supplier={"City": "Lund", "SupplierNumber": "9", "Phone1": "0701"})
    shown = client.get(f"suppliers/{number}").json["Supplier"]
    assert (made.status_code, number, made.json["Supplier"]["Country"]) == (201, "1", "Sverige")
    assert shown == changed.json["Supplier"]
    assert (shown["City"], shown["Name"], shown["Active"]) == ("Lund", "Kontorsbolaget AB", True)
    [listed] = client.get("suppliers").json["Suppliers"]
    assert (listed["SupplierNumber"], listed["Phone"], listed["BG"]) == (number, "0701", "123-4567")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, 2009027),
        ({"Name": "x", "SupplierNumber": "1"}, 2009024),
        ({"Name": "x", "Currency": "XXX"}, 2000427),
        ({"Name": "x", "TermsOfPayment": "9"}, 2000429),
        ({"Name": "x", "PreDefinedAccount": "9999"}, 2001304),
        ({"Name": "x", "PreDefinedAccount": "abcd"}, 2001304),
    ],
)
def test_a_supplier_that_does_not_fit_is_refused(client, facts, code):
    client.post("suppliers", Supplier={"Name": "Kontorsbolaget AB"})
    assert read_error(client.post("suppliers", Supplier=facts))[2] == code
    assert client.get("suppliers/9").status_code == 404
