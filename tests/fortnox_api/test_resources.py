"""What each resource asks, and what it makes of the answer."""

from datetime import date
from decimal import Decimal

import httpx2
import pytest

from fortnox_api import (
    BLANK,
    ArticlePayload,
    ArticleUpdate,
    ConnectionFailed,
    CustomerPayload,
    CustomerUpdate,
    FortnoxError,
    InvoiceUpdate,
    Outcome,
    RateLimited,
    TermsOfPaymentPayload,
    TermsOfPaymentUpdate,
    Unauthorized,
    UnitPayload,
    UnitUpdate,
    Unreadable,
)

CUSTOMER = {"Customer": {"CustomerNumber": "6", "Name": "A value", "Active": True, "VATType": "SEVAT"}}
ARTICLE = {"Article": {"ArticleNumber": "5", "Description": "Bokföring", "Active": True, "VAT": 25}}


def test_an_invoice_is_created_and_read_back(talk, answer, invoice_wire, payload):
    made = talk(answer(invoice_wire(), 201))
    invoice = made.fortnox.invoices.create(payload())
    assert made.asked == ["POST /3/invoices"]
    assert (invoice.number, invoice.total, invoice.total_vat, invoice.balance) == (
        "1042",
        Decimal(1125),
        Decimal(225),
        Decimal(1125),
    )
    assert (invoice.credit, invoice.credit_invoice_reference, invoice.final_pay_date) == (False, "", None)
    assert (invoice.rows[0].row_id, invoice.rows[0].delivered_quantity) == (7, Decimal(1))
    assert repr(invoice.rows[0]) == "InvoiceRow(row_id=7)"


def test_stored_bytes_are_sent_as_they_are(talk, answer, invoice_wire, payload):
    made = talk(answer(invoice_wire(), 201))
    body = payload().to_json_bytes()
    assert made.fortnox.invoices.create_raw(body).number == "1042"
    assert made.script.requests[0].content == body


def test_an_invoice_is_read(talk, answer, invoice_wire):
    paid = invoice_wire(Booked=True, Balance=0, FinalPayDate="2026-02-10", VoucherNumber=5, VoucherSeries="B")
    invoice = talk(answer(paid)).fortnox.invoices.get(1042)
    assert (invoice.booked, invoice.balance, invoice.final_pay_date) == (True, Decimal(0), date(2026, 2, 10))
    assert (invoice.voucher_series, invoice.voucher_number, invoice.voucher_year) == ("B", 5, None)


@pytest.mark.parametrize("changes", [{"Total": None}, {"Total": "API_NORIGHT"}, {"DocumentNumber": 0}, {"Booked": "?"}])
def test_an_invoice_without_what_matters_is_unreadable_and_unclear(talk, answer, invoice_wire, payload, changes):
    made = talk(answer(invoice_wire(**changes), 201, X_Uid="685856e1"))
    with pytest.raises(Unreadable) as caught:
        made.fortnox.invoices.create(payload())
    fault = caught.value
    assert (fault.outcome, fault.status, fault.request_id) == (Outcome.UNKNOWN, 201, "685856e1")


ITEM = {
    "DocumentNumber": "1",
    "Total": 10,
    "Balance": "10",
    "Booked": False,
    "Cancelled": False,
    "ExternalInvoiceReference1": "UKU-1",
}


def test_a_reference_is_compared_exactly_over_all_pages(talk, answer):
    pages = [
        [ITEM, {**ITEM, "DocumentNumber": "2", "ExternalInvoiceReference1": "UKU-10"}],
        [
            {**ITEM, "DocumentNumber": "3", "ExternalInvoiceReference1": "uku-1"},
            {**ITEM, "DocumentNumber": "4", "Cancelled": True},
        ],
    ]
    meta = {"@TotalResources": 4, "@TotalPages": 2}
    made = talk(
        *[
            answer({"MetaInformation": {**meta, "@CurrentPage": index}, "Invoices": items})
            for index, items in enumerate(pages, 1)
        ]
    )
    found = made.fortnox.invoices.find_by_reference("UKU-1")
    assert [(each.number, each.cancelled) for each in found] == [("1", False), ("4", True)]
    assert made.asked[0] == "GET /3/invoices?externalinvoicereference1=UKU-1&limit=500&page=1"


def test_a_look_up_that_cannot_read_a_row_does_not_say_nothing_was_found(talk, answer):
    made = talk(answer({"Invoices": [{"DocumentNumber": "1"}]}))
    with pytest.raises(Unreadable):
        made.fortnox.invoices.find_by_reference("UKU-1")


def test_an_empty_reference_is_no_reference(talk):
    with pytest.raises(ValueError, match="empty"):
        talk().fortnox.invoices.find_by_reference("")


def test_invoices_are_asked_for_by_date_and_state(talk, answer):
    made = talk(answer({"MetaInformation": {"@TotalResources": 7}, "Invoices": []}))
    counted = made.fortnox.invoices.count(filter="cancelled", from_date=date(2026, 1, 1), to_date=date(2026, 1, 31))
    assert counted == 7
    assert made.asked == ["GET /3/invoices?fromdate=2026-01-01&todate=2026-01-31&filter=cancelled&limit=1"]


@pytest.mark.parametrize(
    ("act", "asked"),
    [
        ("bookkeep", "PUT /3/invoices/1042/bookkeep"),
        ("cancel", "PUT /3/invoices/1042/cancel"),
        ("credit", "PUT /3/invoices/1042/credit"),
        ("external_print", "PUT /3/invoices/1042/externalprint"),
        ("email", "GET /3/invoices/1042/email"),
        ("einvoice", "GET /3/invoices/1042/einvoice"),
    ],
)
def test_an_action_is_one_request_and_gives_the_invoice(talk, answer, invoice_wire, act, asked):
    made = talk(answer(invoice_wire(CreditInvoiceReference="1043")))
    assert getattr(made.fortnox.invoices, act)("1042").credit_invoice_reference == "1043"
    assert made.asked == [asked]


def test_an_answer_about_another_invoice_is_not_taken(talk, answer, invoice_wire):
    with pytest.raises(Unreadable) as caught:
        talk(answer(invoice_wire("1043"))).fortnox.invoices.bookkeep("1042")
    assert caught.value.outcome is Outcome.UNKNOWN


TROUBLE = [
    (httpx2.ReadTimeout("slow"), ConnectionFailed, Outcome.UNKNOWN),
    (httpx2.ConnectError("no"), ConnectionFailed, Outcome.NOT_APPLIED),
    (httpx2.Response(429), RateLimited, Outcome.NOT_APPLIED),
    (httpx2.Response(503), FortnoxError, Outcome.UNKNOWN),
    (httpx2.Response(200, text="<html>"), Unreadable, Outcome.UNKNOWN),
    (httpx2.Response(401, text='{"message":"unauthorized"}'), Unauthorized, Outcome.NOT_APPLIED),
]


@pytest.mark.parametrize("act", ["email", "einvoice", "print"])
@pytest.mark.parametrize(("trouble", "kind", "outcome"), TROUBLE)
def test_what_sends_is_never_asked_twice_although_it_is_a_get(talk, act, trouble, kind, outcome):
    class Renewing:
        def token(self):
            return "first"

        force_refresh = None

    made = talk(trouble, auth=Renewing())
    with pytest.raises(kind) as caught:
        getattr(made.fortnox.invoices, act)("1042")
    assert (caught.value.outcome, len(made.asked)) == (outcome, 1)


def test_a_pdf_is_bytes(talk):
    made = talk(*[httpx2.Response(200, content=b"%PDF-1.4 ...")] * 2)
    assert made.fortnox.invoices.preview("1042") == b"%PDF-1.4 ..."
    assert made.fortnox.invoices.print("1042") == b"%PDF-1.4 ..."
    assert made.asked == ["GET /3/invoices/1042/preview", "GET /3/invoices/1042/print"]


def test_what_is_no_pdf_is_an_error(talk, complaint):
    made = talk(complaint(2000434, status=404))
    with pytest.raises(FortnoxError) as caught:
        made.fortnox.invoices.print("1042")
    assert (caught.value.code, caught.value.outcome) == (2000434, Outcome.REFUSED)


def test_an_invoice_is_changed(talk, answer, invoice_wire):
    made = talk(answer(invoice_wire()))
    made.fortnox.invoices.update("1042", InvoiceUpdate(remarks=BLANK, due_date=date(2026, 3, 3)))
    assert made.asked == ["PUT /3/invoices/1042"]
    assert made.script.bodies == [{"Invoice": {"DueDate": "2026-03-03", "Remarks": "API_BLANK"}}]


def test_a_customer_is_created_and_changed(talk, answer):
    made = talk(answer(CUSTOMER, 201), answer(CUSTOMER))
    assert made.fortnox.customers.create(CustomerPayload(name="A value")).number == "6"
    made.fortnox.customers.update("6", CustomerUpdate(comments=BLANK, active=False))
    assert made.asked == ["POST /3/customers", "PUT /3/customers/6"]
    assert made.script.bodies == [
        {"Customer": {"Name": "A value"}},
        {"Customer": {"Active": False, "Comments": "API_BLANK"}},
    ]


def test_an_article_is_created_and_changed(talk, answer):
    made = talk(answer(ARTICLE, 201), answer(ARTICLE))
    assert made.fortnox.articles.create(ArticlePayload(description="Bokföring")).vat == Decimal(25)
    made.fortnox.articles.update("5", ArticleUpdate(sales_account=3001, unit=BLANK))
    assert made.asked == ["POST /3/articles", "PUT /3/articles/5"]
    assert made.script.bodies == [
        {"Article": {"Description": "Bokföring"}},
        {"Article": {"Unit": "API_BLANK", "SalesAccount": 3001}},
    ]


def test_units_and_terms_are_created_and_changed(talk, answer):
    unit, terms = {"Unit": {"Code": "h"}}, {"TermsOfPayment": {"Code": "30", "Description": "30 dagar"}}
    made = talk(answer(unit, 201), answer(unit), answer(terms, 201), answer(terms))
    made.fortnox.units.create(UnitPayload(code="h", description="timmar"))
    made.fortnox.units.update("h", UnitUpdate(description="timme"))
    made.fortnox.terms_of_payment.create(TermsOfPaymentPayload(code="30", description="30 dagar"))
    assert made.fortnox.terms_of_payment.update("30", TermsOfPaymentUpdate(description="trettio")).code == "30"
    assert made.asked == [
        "POST /3/units",
        "PUT /3/units/h",
        "POST /3/termsofpayments",
        "PUT /3/termsofpayments/30",
    ]


def test_the_company_is_read(talk, answer):
    body = {"CompanyInformation": {"DatabaseNumber": 34231, "CompanyName": "Byrån", "OrganizationNumber": "4-1"}}
    company = talk(answer(body)).fortnox.company.get()
    assert (company.database_number, company.name, company.organisation_number) == ("34231", "Byrån", "4-1")
    assert repr(company) == "CompanyInformation(database_number='34231')"


def test_the_settings_are_read(talk, answer):
    body = {"CompanySettings": {"DatabaseNumber": "34231", "BG": "1-2", "IBAN": "SE1", "TaxEnabled": "true"}}
    made = talk(answer(body), answer({"LockedPeriod": {"EndDate": "2025-12-31"}}), answer({"LockedPeriod": {}}))
    company = made.fortnox.settings.company()
    assert (company.bankgiro, company.iban, company.tax_enabled) == ("1-2", "SE1", True)
    assert made.fortnox.settings.locked_period().end_date == date(2025, 12, 31)
    assert made.fortnox.settings.locked_period().end_date is None
    assert made.asked == ["GET /3/settings/company", *["GET /3/settings/lockedperiod"] * 2]


def test_accounts_are_read(talk, answer):
    made = talk(
        answer({"Accounts": [{"Number": 3001, "Active": True, "VATCode": "MP1", "Year": 1}]}),
        answer({"PreDefinedAccounts": [{"Name": "SALES", "Account": 3001}, {"Name": "X", "Account": ""}]}),
        answer({"PreDefinedAccount": {"Name": "ROUNDOFF", "Account": "3740"}}),
    )
    account = next(made.fortnox.accounts.list(financial_year=1))
    assert (account.number, account.vat_code, account.year) == ("3001", "MP1", 1)
    assert [each.account for each in made.fortnox.predefined_accounts.list()] == [3001, None]
    assert made.fortnox.predefined_accounts.get("ROUNDOFF").account == 3740
    assert made.asked == [
        "GET /3/accounts?financialyear=1&limit=500&page=1",
        "GET /3/predefinedaccounts?limit=500&page=1",
        "GET /3/predefinedaccounts/ROUNDOFF",
    ]


YEAR = {"Id": 2, "FromDate": "2026-01-01", "ToDate": "2026-12-31", "AccountingMethod": "ACCRUAL"}


def test_the_financial_year_of_a_day_is_found(talk, answer):
    old = {**YEAR, "Id": 1, "FromDate": "2025-01-01", "ToDate": "2025-12-31"}
    made = talk(answer({"FinancialYears": [old, {**YEAR, "ToDate": None}, YEAR]}))
    year = made.fortnox.financial_years.on(date(2026, 1, 31))
    assert (year.id, year.accounting_method) == ("2", "ACCRUAL")
    assert made.asked == ["GET /3/financialyears?date=2026-01-31&limit=500&page=1"]


def test_a_day_may_have_no_financial_year_yet(talk, answer):
    assert talk(answer({"FinancialYears": []})).fortnox.financial_years.on(date(2027, 1, 1)) is None


def test_vouchers_are_counted_in_one_request(talk, answer):
    made = talk(answer({"MetaInformation": {"@TotalResources": 164}, "Vouchers": []}))
    first, last = date(2026, 1, 1), date(2026, 1, 31)
    assert made.fortnox.vouchers.count(from_date=first, to_date=last, financial_year_date=last) == 164
    assert made.asked == ["GET /3/vouchers?fromdate=2026-01-01&todate=2026-01-31&financialyeardate=2026-01-31&limit=1"]


def test_payments_are_read(talk, answer):
    item = {"Number": "1", "InvoiceNumber": 1, "Amount": "10.50", "Booked": True, "PaymentDate": "2026-02-01"}
    write_offs = [{"Amount": "0.25", "AccountNumber": 3740}]
    detail = {**item, "AmountCurrency": "0.93", "ModeOfPayment": "BG", "WriteOffs": write_offs}
    made = talk(answer({"InvoicePayments": [item]}), answer({"InvoicePayment": detail}))
    found = list(made.fortnox.invoice_payments.list(invoice_number="1", sort_by="payment_date"))
    assert [(each.invoice_number, each.amount, each.write_off_exist) for each in found] == [
        ("1", Decimal("10.50"), False)
    ]
    payment = made.fortnox.invoice_payments.get("1")
    assert (payment.mode_of_payment, payment.write_offs[0].amount) == ("BG", Decimal("0.25"))
    assert (payment.amount, payment.amount_currency) == (Decimal("10.50"), Decimal("0.93"))
    assert made.asked == [
        "GET /3/invoicepayments?invoicenumber=1&sortby=paymentdate&limit=500&page=1",
        "GET /3/invoicepayments/1",
    ]
