"""Vouchers, accounts, years, registers and company facts."""

import pytest
from tests.fortnox_sim.client_app import read_error

ROW = {"ArticleNumber": "1", "DeliveredQuantity": "1", "Price": 1000, "VAT": 25}


def total(answer):
    return answer.json["MetaInformation"]["@TotalResources"]


@pytest.fixture
def booked(client):
    """Three invoices booked in two years, one paid."""
    for day in ("2025-12-30", "2026-01-31", "2026-03-31"):
        client.booked(ROW, InvoiceDate=day)
    client.control("companies/556001/payments", invoice="1003", amount="1250", date="2026-03-31")
    return client


def test_vouchers_belong_to_the_year_that_is_asked_for(booked):
    queries = ({}, {"financialyear": "1"}, {"financialyeardate": "2025-06-01"}, {"financialyear": "2"})
    assert [total(booked.get("vouchers", **query)) for query in queries] == [3, 1, 1, 3]


def test_one_request_counts_a_month(booked):
    query = {"fromdate": "2026-03-01", "todate": "2026-03-31", "limit": 1}
    answer = booked.get("vouchers", financialyear="2", **query)
    assert (total(answer), len(answer.json["Vouchers"])) == (2, 1)


def test_a_voucher_item_is_as_recorded(booked):
    item = booked.get("vouchers", financialyear="2", sortby="voucherseries").json["Vouchers"][-1]
    assert item == {
        "@url": "https://api.fortnox.se/3/vouchers/C/1?financialyear=2",
        "Comments": None,
        "Description": "Kundinbetalning Almgrens Bygg AB (1003)",
        "ReferenceNumber": "1",
        "ReferenceType": "INVOICEPAYMENT",
        "TransactionDate": "2026-03-31",
        "VoucherNumber": 1,
        "VoucherSeries": "C",
        "Year": 2,
        "ApprovalState": 0,
    }


def test_a_person_enters_a_voucher_by_hand(client):
    made = client.control("companies/556001/vouchers", date="2026-03-02", text="Kaffe", rows=[[6110, 80], [1910, -80]])
    item = client.get("vouchers", financialyear="2").json["Vouchers"][0]
    kept = (item["VoucherSeries"], item["VoucherNumber"], item["Description"], item["ReferenceType"])
    answer = client.http.post("/_sim/companies/556001/vouchers", json={"rows": [[6110, 80]]})
    assert (made["VoucherNumber"], kept) == (1, ("A", 1, "Kaffe", ""))
    assert (answer.status_code, answer.json) == (400, {"error": "the voucher does not balance"})


def test_numbers_begin_anew_each_year(booked):
    found = [booked.get("vouchers", financialyear=year).json["Vouchers"][0]["VoucherNumber"] for year in ("1", "2")]
    assert found == [1, 1]


def test_series_can_be_asked_for_in_two_ways(booked):
    assert [total(booked.get("vouchers", voucherseries="B")), total(booked.get("vouchers/sublist/C"))] == [2, 1]


def test_an_unknown_year_or_voucher_is_told(booked):
    assert booked.get("vouchers", financialyear="9").status_code == 404
    assert booked.get("vouchers/Z/1").status_code == 404
    assert read_error(booked.get("vouchers/B/x"))[2] == 2000588
    assert read_error(booked.get("vouchers", financialyeardate="2040-01-01"))[3] == "Fiscal year not available"


def test_a_financial_year_is_found_by_date(client):
    years = [client.get("financialyears", date=day).json["FinancialYears"] for day in ("2026-03-31", "2040-01-01")]
    keys = ("Id", "FromDate", "ToDate", "AccountingMethod")
    assert [[[year[key] for key in keys] for year in found] for found in years] == [
        [[2, "2026-01-01", "2026-12-31", "ACCRUAL"]],
        [],
    ]


def test_accounts_carry_their_vat_codes(client):
    codes = {row["Number"]: row["VATCode"] for row in client.get("accounts", limit=500).json["Accounts"]}
    assert [codes[number] for number in (3001, 3002, 3003, 3004, 1510)] == ["MP1", "MP2", "MP3", "MF", ""]
    assert read_error(client.get("accounts/9999"))[:3] == (404, "upper", 2000423)


def test_predefined_accounts_tell_the_rates(client):
    found = {row["Name"]: row["Account"] for row in client.get("predefinedaccounts").json["PreDefinedAccounts"]}
    assert [found[name] for name in ("SALES", "SALES_MP2", "SALES_MP3", "SALES_NOVAT")] == [3001, 3002, 3003, 3004]
    assert client.get("predefinedaccounts/SALES").json["PreDefinedAccount"]["Account"] == 3001
    assert read_error(client.get("predefinedaccounts/NIX"))[2] == 2001403


def test_the_two_company_answers_spell_and_type_differently(client):
    information = client.get("companyinformation").json["CompanyInformation"]
    settings = client.get("settings/company").json["CompanySettings"]
    assert (information["DatabaseNumber"], settings["DatabaseNumber"]) == (556001, "556001")
    assert information["OrganizationNumber"] == settings["OrganizationNumber"]
    assert information["VisitAddress"] is None


def test_registers_can_be_read_extended_and_changed(client):
    made = client.post("termsofpayments", TermsOfPayment={"Code": "21DAYS", "Description": "A value"})
    changed = client.put("termsofpayments/21DAYS", TermsOfPayment={"Description": "B"}).json["TermsOfPayment"]
    assert (made.status_code, made.headers["Location"], changed["Description"]) == (201, "paymentterms", "B")
    assert client.invoice(TermsOfPayment="21DAYS")["DueDate"] == "2026-04-21"


@pytest.mark.parametrize(("path", "code"), [("units", 2000432), ("termsofpayments", 2000429), ("articles", 2000428)])
def test_missing_register_entries_have_their_codes(client, path, code):
    assert read_error(client.get(f"{path}/123456789"))[:3] == (404, "upper", code)


def test_voucher_series_are_named(client):
    found = client.get("predefinedvoucherseries").json["PreDefinedVoucherSeriesCollection"]
    assert {row["Name"]: row["VoucherSeries"] for row in found}["INVOICE"] == "B"


def test_the_chart_grows_and_changes(client):
    made = client.post("accounts", Account={"Number": 3055, "Description": "Böcker", "VATCode": "MP3"})
    client.put("accounts/3055", Account={"Active": False})
    again = client.post("accounts", Account={"Number": 3055, "Description": "Igen"}).status_code
    low = read_error(client.post("accounts", Account={"Number": 99, "Description": "x"}))[2]
    account = client.get("accounts/3055").json["Account"]
    assert (made.status_code, account["Active"], account["VATCode"], again, low) == (201, False, "MP3", 400, 2002462)


def test_a_predefined_account_must_exist_to_be_set(client):
    client.put("predefinedaccounts/SALES", PreDefinedAccount={"Account": 3041})
    refused = read_error(client.put("predefinedaccounts/SALES", PreDefinedAccount={"Account": 9999}))[2]
    assert (client.get("predefinedaccounts/SALES").json["PreDefinedAccount"]["Account"], refused) == (3041, 2001304)


def test_a_new_year_follows_the_last(client):
    gap = client.post("financialyears", FinancialYear={"FromDate": "2029-01-01", "ToDate": "2029-12-31"}).status_code
    made = client.post("financialyears", FinancialYear={"FromDate": "2028-01-01", "ToDate": "2028-12-31"})
    assert (gap, made.json["FinancialYear"]["Id"]) == (400, 4)


def test_a_rate_of_ones_own_hangs_on_a_vat_code(client):
    client.control("companies/556001", "PATCH", vat_codes={"MPX_10": "10.5"}, vat_rates=["25", "10.5"])
    client.post("accounts", Account={"Number": 3055, "Description": "Eget", "VATCode": "MPX_10"})
    client.control("companies/556001/articles", Description="Eget", SalesAccount=3055)
    assert client.get("articles/2").json["Article"]["VAT"] == 10.5
