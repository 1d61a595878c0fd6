"""Supplier invoices, their payments, accruals and salary transactions, and the vouchers they write."""

from decimal import Decimal

import pytest
from tests.fortnox_sim.client_app import read_error
from tests.fortnox_sim.test_contract import accrual


def enter(client, **facts):
    body = {"SupplierNumber": "7", "SupplierName": "Kontorsbolaget AB", "Total": "1250", "VAT": "250", **facts}
    answer = client.post("supplierinvoices", SupplierInvoice={"InvoiceDate": "2026-03-02", **body})
    assert answer.status_code == 201, answer.text
    return answer.json["SupplierInvoice"]


def book(client, number):
    return client.put(f"supplierinvoices/{number}/bookkeep").json["SupplierInvoice"]


def pay(client, number, **facts):
    body = {"InvoiceNumber": number, "PaymentDate": "2026-03-31", **facts}
    answer = client.post("supplierinvoicepayments", SupplierInvoicePayment=body)
    assert answer.status_code == 201, answer.text
    paid = answer.json["SupplierInvoicePayment"]["Number"]
    return client.put(f"supplierinvoicepayments/{paid}/bookkeep").json["SupplierInvoicePayment"]


def vouchers(client):
    """Give series, kind, number and rows of every voucher, in the order they were written."""
    stored = client.app.installation.company("556001").table("vouchers").values()
    return [
        (row["VoucherSeries"], row["ReferenceType"], row["ReferenceNumber"], [tuple(r) for r in row["VoucherRows"]])
        for row in stored
    ]


def test_an_invoice_without_rows_is_a_purchase_with_its_vat(client):
    made = enter(client)
    assert (made["GivenNumber"], made["Total"], made["Balance"], made["Booked"]) == ("1", "1250", "1250", False)
    assert [(row["Code"], row["Account"], row["Debit"], row["Credit"]) for row in made["SupplierInvoiceRows"]] == [
        ("TOT", 2440, 0, 1250),
        ("VAT", 2641, 250, 0),
        ("ACC", 4000, 1000, 0),
    ]


def test_booking_and_paying_write_vouchers_that_the_invoice_names(client):
    number = enter(client)["GivenNumber"]
    booked = book(client, number)
    first = pay(client, number, Amount=1000)
    half = client.get(f"supplierinvoices/{number}").json["SupplierInvoice"]
    pay(client, number)
    paid = client.get(f"supplierinvoices/{number}").json["SupplierInvoice"]
    assert (booked["VoucherSeries"], booked["VoucherNumber"], booked["VoucherYear"]) == ("D", 1, 2)
    assert (first["Booked"], first["VoucherSeries"], first["VoucherNumber"]) == (True, "E", 1)
    assert [(row["Balance"], row["FinalPayDate"]) for row in (half, paid)] == [("250", None), ("0", "2026-03-31")]
    assert [(row["Series"], row["Number"], row["ReferenceType"]) for row in paid["Vouchers"]] == [
        ("D", 1, "SUPPLIERINVOICE"),
        ("E", 1, "SUPPLIERPAYMENT"),
        ("E", 2, "SUPPLIERPAYMENT"),
    ]
    assert vouchers(client) == [
        ("D", "SUPPLIERINVOICE", "1", [(2440, -1250), (2641, 250), (4000, 1000)]),
        ("E", "SUPPLIERPAYMENT", "1", [(1930, -1000), (2440, 1000)]),
        ("E", "SUPPLIERPAYMENT", "2", [(1930, -250), (2440, 250)]),
    ]
    assert (
        read_error(client.post("supplierinvoicepayments", SupplierInvoicePayment={"InvoiceNumber": number}))[2]
        == 2003055
    )


def test_rows_are_kept_and_have_to_balance(client):
    rows = [{"Account": 5010, "Debit": 1000, "Project": "P1"}, {"Account": 2641, "Debit": 250, "Code": "VAT"}]
    made = enter(client, SupplierInvoiceRows=rows)
    assert [(row["Code"], row["Credit"]) for row in made["SupplierInvoiceRows"]] == [
        ("TOT", 1250),
        ("ACC", 0),
        ("VAT", 0),
    ]
    assert made["SupplierInvoiceRows"][1]["AccountDescription"] == "Lokalhyra"
    crooked = [*rows, {"Account": 2440, "Credit": 1249, "Code": "TOT"}]
    refused = client.post("supplierinvoices", SupplierInvoice={"SupplierNumber": "7", "SupplierInvoiceRows": crooked})
    assert read_error(refused)[2] == 2000755
    unknown = client.post(
        "supplierinvoices", SupplierInvoice={"SupplierNumber": "7", "SupplierInvoiceRows": [{"Account": 9, "Debit": 1}]}
    )
    assert read_error(unknown)[2] == 2001304
    assert read_error(client.post("supplierinvoices", SupplierInvoice={"Total": 1}))[2] == 2009027


def test_an_invoice_in_euro_is_booked_in_kronor_and_its_exchange_difference_too(client):
    number = enter(client, Currency="EUR", Total="100", VAT="0", CurrencyRate="11")["GivenNumber"]
    book(client, number)
    pay(client, number, AmountCurrency=100, Amount=1120)
    assert [rows for _, _, _, rows in vouchers(client)] == [
        [(2440, -1100), (4000, 1100)],
        [(1930, -1120), (2440, 1100), (7960, 20)],
    ]


def test_under_the_cash_method_the_last_payment_books_the_purchase(client):
    client.control("companies/556001", "PATCH", method="CASH")
    number = enter(client)["GivenNumber"]
    assert book(client, number)["VoucherNumber"] is None
    pay(client, number, Amount=1000)
    pay(client, number, Amount=250)
    assert [rows for _, _, _, rows in vouchers(client)] == [
        [(1930, -1000), (2440, 1000)],
        [(1930, -250), (2641, 250), (4000, 1000), (2440, -1000)],
    ]


def test_a_booked_credit_note_closes_its_invoice(client):
    number = enter(client)["GivenNumber"]
    book(client, number)
    original = client.put(f"supplierinvoices/{number}/credit").json["SupplierInvoice"]
    note = book(client, original["CreditReference"])
    closed = client.get(f"supplierinvoices/{number}").json["SupplierInvoice"]
    assert (note["Credit"], note["Total"], note["Balance"], note["CreditReference"]) == (True, "-1250", "0", 1)
    assert (closed["Balance"], closed["FinalPayDate"]) == ("0", "2026-03-31")
    assert vouchers(client)[1] == ("D", "SUPPLIERINVOICE", "2", [(2440, 1250), (2641, -250), (4000, -1000)])
    assert client.put(f"supplierinvoices/{number}/credit").status_code == 400


def test_what_is_booked_or_cancelled_cannot_be_changed(client):
    first, second = enter(client)["GivenNumber"], enter(client)["GivenNumber"]
    changed = client.put(f"supplierinvoices/{first}", SupplierInvoice={"Total": "2500", "SupplierInvoiceRows": []})
    book(client, first)
    client.put(f"supplierinvoices/{second}/cancel")
    assert changed.json["SupplierInvoice"]["Balance"] == "2500"
    for number in (first, second):
        assert client.put(f"supplierinvoices/{number}", SupplierInvoice={"Comments": "x"}).status_code == 400
        assert client.put(f"supplierinvoices/{number}/bookkeep").status_code == 400
    assert client.get("supplierinvoices/9").status_code == 404


def test_a_locked_period_takes_no_supplier_document(client):
    first, second = enter(client)["GivenNumber"], enter(client)["GivenNumber"]
    book(client, first)
    client.control("companies/556001", "PATCH", locked_period="2026-03-31")
    payment = client.post("supplierinvoicepayments", SupplierInvoicePayment={"InvoiceNumber": first})
    number = payment.json["SupplierInvoicePayment"]["Number"]
    refused = [
        client.put(f"supplierinvoices/{second}/bookkeep"),
        client.put(f"supplierinvoicepayments/{number}/bookkeep"),
        client.post("supplierinvoiceaccruals", SupplierInvoiceAccrual=accrual("CostAccount", "SupplierInvoice", 1)),
    ]
    assert [read_error(answer)[2] for answer in refused] == [2000401, 2000401, 2000401]
    assert len(vouchers(client)) == 1


def test_filters_and_searches_find_what_they_name(client):
    numbers = [enter(client, DueDate="2026-03-30", SupplierNumber=str(each))["GivenNumber"] for each in (7, 7, 8, 9)]
    book(client, numbers[0])
    book(client, numbers[1])
    pay(client, numbers[1])
    client.put(f"supplierinvoices/{numbers[2]}/cancel")

    def found(**query):
        return [row["GivenNumber"] for row in client.get("supplierinvoices", **query).json["SupplierInvoices"]]

    wanted = ("unpaid", "unpaidoverdue", "fullypaid", "cancelled", "unbooked", "pendingpayment", "authorizepending")
    assert [found(filter=name) for name in wanted] == [["1"], ["1"], ["2"], ["3"], ["4"], [], []]
    assert found(suppliernumber="7") == ["1", "2"]
    assert client.get("supplierinvoices", filter="active").status_code == 400


@pytest.mark.parametrize(
    ("setting", "status", "count"), [("honoured", 200, 1), ("ignored", 200, 2), ("refused", 400, None)]
)
def test_days_are_searched_as_the_switch_says(client, setting, status, count):
    enter(client)
    enter(client, InvoiceDate="2026-02-28")
    client.switch(supplier_invoice_dates=setting)
    answer = client.get("supplierinvoices", fromdate="2026-03-01", todate="2026-03-31")
    assert answer.status_code == status
    assert answer.json.get("MetaInformation", {}).get("@TotalResources") == count


def test_payments_are_changed_and_deleted_until_they_are_booked(client):
    number = enter(client)["GivenNumber"]
    unbooked = client.post("supplierinvoicepayments", SupplierInvoicePayment={"InvoiceNumber": number})
    book(client, number)
    body = {"InvoiceNumber": number, "Amount": 5, "WriteOffs": [{"Amount": 1, "AccountNumber": 3740}]}
    client.post("supplierinvoicepayments", SupplierInvoicePayment=body)
    changed = client.put("supplierinvoicepayments/1", SupplierInvoicePayment={"Amount": 9}).json
    listed = client.get("supplierinvoicepayments", invoicenumber=number).json["SupplierInvoicePayments"]
    client.put("supplierinvoicepayments/1/bookkeep")
    assert unbooked.status_code == 400
    assert (changed["SupplierInvoicePayment"]["Amount"], listed[0]["WriteOffExist"]) == (9, True)
    assert vouchers(client)[-1][3] == [(1930, -9), (3740, -1), (2440, 10)]
    assert [client.delete("supplierinvoicepayments/1").status_code, pay(client, number)["Number"]] == [400, 2]
    assert client.get("supplierinvoicepayments", invoicenumber="9").json["SupplierInvoicePayments"] == []


@pytest.mark.parametrize(
    ("path", "wrapper", "account", "document"),
    [
        ("supplierinvoiceaccruals", "SupplierInvoiceAccrual", "CostAccount", "SupplierInvoice"),
        ("invoiceaccruals", "InvoiceAccrual", "RevenueAccount", "Invoice"),
    ],
)
def test_an_accrual_writes_a_voucher_for_each_period(client, path, wrapper, account, document):
    number = enter(client)["GivenNumber"]
    if document == "Invoice":
        number = client.invoice({"ArticleNumber": "1", "DeliveredQuantity": "1", "Price": 1000})["DocumentNumber"]
    rows = [{"Account": 1790, "Credit": 100}, {"Account": 5010, "Debit": 100}]
    wanted = {**accrual(account, document, number), f"{document}AccrualRows": rows, "StartDate": "2026-03-15"}
    made = client.post(path, **{wrapper: wanted})
    again = client.post(path, **{wrapper: wanted})
    gone = client.post(path, **{wrapper: {**wanted, f"{document}Number": 99}})
    short = client.post(path, **{wrapper: {**wanted, "Times": None}})
    stored = client.app.installation.company("556001").table("vouchers").values()
    assert (made.status_code, again.status_code, gone.status_code, short.status_code) == (201, 400, 400, 400)
    assert vouchers(client) == [
        ("F", "ACCRUAL", str(number), [(1790, amount), (5010, -amount)])
        for amount in map(Decimal, ("-33.33", "-33.33", "-33.34"))
    ]
    assert [row["TransactionDate"] for row in stored] == ["2026-03-15", "2026-04-01", "2026-05-01"]
    assert client.delete(f"{path}/{number}").status_code == 204
    assert client.get(f"{path}/{number}").status_code == 404
    assert len(vouchers(client)) == 3


def test_an_accrual_that_runs_out_of_financial_years_writes_nothing(client):
    enter(client)
    wanted = {**accrual("CostAccount", "SupplierInvoice", 1), "Times": 24}
    assert read_error(client.post("supplierinvoiceaccruals", SupplierInvoiceAccrual=wanted))[2] == 2009011
    assert vouchers(client) == []


def test_salary_transactions_are_kept_listed_by_day_and_employee_and_removed(client):
    for employee, day in (("1", "2026-03-02"), ("2", "2026-03-02"), ("1", "2026-03-03")):
        body = {"EmployeeId": employee, "SalaryCode": "11", "Date": day, "Number": "8", "Amount": "200"}
        client.post("salarytransactions", SalaryTransaction=body)

    def found(**query):
        return [row["SalaryRow"] for row in client.get("salarytransactions", **query).json["SalaryTransactions"]]

    changed = client.put("salarytransactions/1", SalaryTransaction={"TextRow": "Timlön"}).json["SalaryTransaction"]
    assert (changed["TextRow"], changed["Amount"]) == ("Timlön", "200")
    assert [found(), found(date="2026-03-02"), found(employeeId="1"), found(date="2026-03-02", employeeid="1")] == [
        [1, 2, 3],
        [1, 2],
        [1, 3],
        [1],
    ]
    assert client.delete("salarytransactions/1").json["SalaryTransaction"]["SalaryRow"] == 1
    assert (client.get("salarytransactions/1").status_code, found()) == (404, [2, 3])
    assert client.post("salarytransactions", SalaryTransaction={"EmployeeId": "1"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "needed", "enough"),
    [
        ("supplierinvoices", ["Kundfaktura", "Lön"], ["Bokföring"]),
        ("supplierinvoiceaccruals", ["Kundfaktura"], ["Bokföring"]),
        ("salarytransactions", ["Bokföring", "Kundfaktura"], ["Lön"]),
    ],
)
def test_each_needs_its_licence(client, path, needed, enough):
    client.control("companies/556001", "PATCH", licences=needed)
    assert read_error(client.get(path))[2] == 2001101
    client.control("companies/556001", "PATCH", licences=enough)
    assert client.get(path).status_code == 200
