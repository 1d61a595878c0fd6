"""Booking, cancelling, crediting, sending, and what lists show of it."""

import pytest
from tests.fortnox_sim.client_app import read_error

ROW = {"ArticleNumber": "1", "DeliveredQuantity": "1", "Price": 1000, "VAT": 25}


def act(client, number, action):
    return client.put(f"invoices/{number}/{action}")


def show(client, number):
    return client.get(f"invoices/{number}").json["Invoice"]


def listed(client, **query):
    return [row["DocumentNumber"] for row in client.get("invoices", **query).json["Invoices"]]


def test_booking_makes_a_voucher_in_series_b(client):
    booked = client.booked(ROW)
    keys = ("Booked", "VoucherSeries", "VoucherNumber", "VoucherYear", "Balance", "FinalPayDate")
    assert [booked[key] for key in keys] == [True, "B", 1, 2, 1250, None]
    voucher = client.get("vouchers/B/1", financialyear="2").json["Voucher"]
    assert (voucher["Description"], voucher["ReferenceType"]) == ("Kundfaktura Almgrens Bygg AB (1001)", "INVOICE")
    rows = [(row["Account"], row["Debit"], row["Credit"]) for row in voucher["VoucherRows"]]
    assert rows == [(1510, 1250, 0), (3041, 0, 1000), (2611, 0, 250)]


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"VATIncluded": True},
        {"Freight": "95", "AdministrationFee": "29.50"},
        {"Currency": "EUR", "CurrencyRate": "11.25"},
    ],
)
def test_every_booking_balances(client, facts):
    client.booked(
        {**ROW, "Price": "80.43"}, {"Description": "x", "DeliveredQuantity": 3, "Price": "9.99", "VAT": 6}, **facts
    )
    rows = client.get("vouchers/B/1", financialyear="2").json["Voucher"]["VoucherRows"]
    assert round(sum(row["Debit"] - row["Credit"] for row in rows), 2) == 0


def test_a_booked_invoice_can_neither_be_changed_nor_cancelled_nor_booked_again(client):
    number = client.booked(ROW)["DocumentNumber"]
    answers = [
        client.put(f"invoices/{number}", Invoice={"Remarks": "x"}),
        act(client, number, "cancel"),
        act(client, number, "bookkeep"),
    ]
    assert [read_error(answer)[3] for answer in answers] == ["Fakturan är redan bokförd."] * 3


def test_cancelling_sets_balance_and_total_to_zero(client):
    number = client.invoice(ROW)["DocumentNumber"]
    act(client, number, "cancel")
    item = client.get("invoices", filter="cancelled").json["Invoices"][0]
    keys = ("DocumentNumber", "Cancelled", "Booked", "Balance", "Total")
    assert [item[key] for key in keys] == [number, True, False, 0, 0]


def test_a_cancelled_invoice_stays_so(client):
    number = client.invoice(ROW)["DocumentNumber"]
    act(client, number, "cancel")
    assert [read_error(act(client, number, what))[3] for what in ("bookkeep", "cancel")] == [
        "Fakturan är makulerad."
    ] * 2


def test_an_unfinished_invoice_cannot_be_booked(client):
    number = client.invoice(ROW, NotCompleted=True)["DocumentNumber"]
    text = f"Kunde inte bokföra fakturanummer {number}. Faktura som bokförs måste var klarmarkerad."
    assert read_error(act(client, number, "bookkeep"))[2:] == (2003498, text)


def test_a_locked_period_stops_booking(client):
    client.control("companies/556001", "PATCH", locked_period="2026-03-31")
    number = client.invoice(ROW)["DocumentNumber"]
    assert read_error(act(client, number, "bookkeep"))[2] == 2002141
    assert client.get("settings/lockedperiod").json == {"LockedPeriod": {"EndDate": "2026-03-31"}}


def test_booking_needs_a_financial_year(client):
    number = client.invoice(ROW, InvoiceDate="2031-01-02")["DocumentNumber"]
    assert read_error(act(client, number, "bookkeep"))[3] == "Fiscal year not available"


def test_booking_needs_the_predefined_accounts(client):
    number = client.invoice(ROW)["DocumentNumber"]
    client.app.installation.company("556001").put("predefined", "CUSTCLAIM", {"Name": "CUSTCLAIM", "Account": 1999})
    assert read_error(act(client, number, "bookkeep"))[2] == 2001304


def test_a_quantity_needs_an_article_or_a_text(client):
    number = client.invoice({"DeliveredQuantity": "1", "Price": 10})["DocumentNumber"]
    assert read_error(act(client, number, "bookkeep"))[2] == 2003977


def test_an_eu_customer_may_need_a_vat_number(client):
    client.switch(reverse_needs_vat_number=True)
    client.control("companies/556001/customers/1", "PATCH", VATType="EUREVERSEDVAT")
    number = client.invoice(ROW)["DocumentNumber"]
    refused = act(client, number, "bookkeep").status_code
    client.control("companies/556001/customers/1", "PATCH", VATNumber="FI90123456")
    assert (refused, act(client, number, "bookkeep").status_code) == (400, 200)


def test_a_zero_invoice_is_paid_when_booked(client):
    number = client.invoice()["DocumentNumber"]
    before = listed(client, filter="fullypaid")
    booked = act(client, number, "bookkeep").json["Invoice"]
    assert (before, booked["FinalPayDate"], listed(client, filter="fullypaid")) == ([], "2026-03-31", [number])


@pytest.mark.parametrize(
    ("method", "action"),
    [("PUT", "externalprint"), ("GET", "email"), ("GET", "einvoice"), ("GET", "eprint"), ("GET", "print")],
)
def test_sending_marks_sent_also_by_get(client, method, action):
    number = client.invoice(ROW)["DocumentNumber"]
    answer = client.http.open(f"/3/invoices/{number}/{action}", method=method, headers=client.headers)
    assert (answer.status_code, show(client, number)["Sent"]) == (200, True)


def test_a_preview_changes_nothing(client):
    number = client.invoice(ROW)["DocumentNumber"]
    answer = client.get(f"invoices/{number}/preview")
    assert (answer.headers["Content-Type"], answer.data[:5], show(client, number)["Sent"]) == (
        "application/pdf",
        b"%PDF-",
        False,
    )


def test_a_credit_answers_the_original_and_leaves_both_open(client):
    number = client.booked(ROW, ExternalInvoiceReference1="R-1")["DocumentNumber"]
    original = act(client, number, "credit").json["Invoice"]
    note = show(client, original["CreditInvoiceReference"])
    keys = (
        "Credit",
        "CreditInvoiceReference",
        "Total",
        "Balance",
        "Booked",
        "ExternalInvoiceReference1",
        "InvoiceDate",
    )
    assert (original["DocumentNumber"], original["Balance"]) == (number, 1250)
    assert [note[key] for key in keys] == ["true", number, -1250, -1250, False, "", "2026-03-31"]
    assert note["InvoiceRows"][0]["DeliveredQuantity"] == "-1"


def test_a_second_credit_is_refused_and_so_is_one_of_an_unbooked_invoice(client):
    number = client.booked(ROW)["DocumentNumber"]
    act(client, number, "credit")
    unbooked = client.invoice(ROW)["DocumentNumber"]
    assert [read_error(act(client, one, "credit"))[3] for one in (number, unbooked)] == [
        "Fakturan är redan krediterad.",
        "Fakturan är inte bokförd.",
    ]


def test_a_note_may_copy_our_reference_and_be_booked_at_once(client):
    client.switch(credit_copies_reference=True, credit_note_booked=True)
    number = client.booked(ROW, ExternalInvoiceReference1="R-1")["DocumentNumber"]
    note = show(client, act(client, number, "credit").json["Invoice"]["CreditInvoiceReference"])
    assert [note[key] for key in ("ExternalInvoiceReference1", "Booked", "VoucherSeries")] == ["R-1", True, "B"]


def test_a_partial_credit_replaces_the_rows_before_booking(client):
    number = client.booked(ROW, ROW)["DocumentNumber"]
    note = act(client, number, "credit").json["Invoice"]["CreditInvoiceReference"]
    rows = [{**ROW, "DeliveredQuantity": "-0.5"}]
    changed = client.put(f"invoices/{note}", Invoice={"InvoiceRows": rows}).json["Invoice"]
    booked = act(client, note, "bookkeep").json["Invoice"]
    assert (changed["Total"], booked["Balance"], booked["Booked"]) == (-625, 0, True)
    assert (show(client, number)["Balance"], show(client, number)["FinalPayDate"]) == (1875, None)


def test_a_booked_note_can_be_set_off_by_a_person(client):
    client.switch(credit_settles="never")
    number = client.booked(ROW)["DocumentNumber"]
    note = act(client, number, "credit").json["Invoice"]["CreditInvoiceReference"]
    act(client, note, "bookkeep")
    open_before = listed(client, filter="unpaid")
    client.control(f"companies/556001/invoices/{note}/setoff")
    found = [(show(client, one)["Balance"], show(client, one)["FinalPayDate"]) for one in (number, note)]
    assert (open_before, found) == ([number, note], [(0, "2026-03-31"), (0, "2026-03-31")])


@pytest.mark.parametrize(("settles", "left"), [("automatic", 0), ("by_payments", 1250), ("never", 1250)])
def test_a_booked_note_settles_by_itself_unless_switched(client, settles, left):
    client.switch(credit_note_booked=True, credit_settles=settles)
    number = client.booked(ROW)["DocumentNumber"]
    assert act(client, number, "credit").json["Invoice"]["Balance"] == left


def test_a_person_sets_off_by_a_pair_of_payments_that_nets_to_zero(client):
    client.switch(credit_settles="by_payments", credit_note_booked=True)
    number = client.booked(ROW)["DocumentNumber"]
    note = act(client, number, "credit").json["Invoice"]["CreditInvoiceReference"]
    client.control(f"companies/556001/invoices/{note}/setoff")
    paid = [(str(row["InvoiceNumber"]), row["Amount"]) for row in client.get("invoicepayments").json["InvoicePayments"]]
    assert sorted(paid) == [(number, 1250), (note, -1250)]
    assert [show(client, one)["Balance"] for one in (number, note)] == [0, 0]


def test_under_the_cash_method_an_unbooked_invoice_takes_payments_and_credit_notes(client):
    client.control("companies/556001", "PATCH", method="CASH")
    number = client.invoice(ROW, ROW)["DocumentNumber"]
    client.control("companies/556001/payments", invoice=number, amount="500", date="2026-03-31")
    note = act(client, number, "credit").json["Invoice"]["CreditInvoiceReference"]
    whole = [show(client, one)["Balance"] for one in (number, note)]
    client.put(f"invoices/{note}", Invoice={"InvoiceRows": [{**ROW, "DeliveredQuantity": "-1"}]})
    assert (whole, [show(client, one)["Balance"] for one in (number, note)]) == ([0, -500], [750, 0])


def test_under_the_cash_method_crediting_may_be_refused_before_booking(client):
    client.control("companies/556001", "PATCH", method="CASH")
    client.switch(credit_under_cash="refuse")
    number = client.invoice(ROW)["DocumentNumber"]
    assert read_error(act(client, number, "credit"))[3] == "Fakturan är inte bokförd."


def test_a_cancelled_invoice_is_not_credited(client):
    number = client.invoice(ROW)["DocumentNumber"]
    act(client, number, "cancel")
    assert read_error(act(client, number, "credit"))[3] == "Fakturan är makulerad."


def test_a_person_may_credit_a_part_and_book_the_note(client):
    number = client.booked(ROW, ROW)["DocumentNumber"]
    part = [{**ROW, "DeliveredQuantity": "-1"}]
    client.control(f"companies/556001/invoices/{number}/credit", InvoiceRows=part, book=True)
    original = show(client, number)
    note = show(client, original["CreditInvoiceReference"])
    assert (original["Balance"], note["Total"], note["Balance"], note["Booked"]) == (1250, -1250, 0, True)


def test_a_note_for_a_paid_invoice_stays_open(client):
    number = client.booked(ROW)["DocumentNumber"]
    client.control("companies/556001/payments", invoice=number, amount="1250", date="2026-03-31")
    client.control(f"companies/556001/invoices/{number}/credit", book=True)
    original = show(client, number)
    assert (original["Balance"], show(client, original["CreditInvoiceReference"])["Balance"]) == (0, -1250)


def test_filters_tell_states_apart(client):
    paid, unpaid, late = (
        client.booked(ROW, InvoiceDate=day)["DocumentNumber"] for day in ("2026-03-01", "2026-03-02", "2026-01-15")
    )
    client.control("companies/556001/payments", invoice=paid, amount="1250", date="2026-03-20")
    unbooked, cancelled = (client.invoice(ROW)["DocumentNumber"] for _ in range(2))
    act(client, cancelled, "cancel")
    names = ("fullypaid", "unpaid", "unpaidoverdue", "unbooked", "cancelled")
    assert [listed(client, filter=name) for name in names] == [[paid], [unpaid, late], [late], [unbooked], [cancelled]]


def test_overdue_follows_the_clock(client):
    client.booked(ROW)
    before = listed(client, filter="unpaidoverdue")
    client.control("clock", set="2026-05-01T08:00:00")
    client.connect()
    assert (before, listed(client, filter="unpaidoverdue")) == ([], ["1001"])


def test_dates_and_numbers_are_searched(client):
    for day in ("2026-01-31", "2026-02-28", "2026-03-31"):
        client.invoice(ROW, InvoiceDate=day)
    assert listed(client, fromdate="2026-02-01", todate="2026-03-31") == ["1002", "1003"]
    assert listed(client, sortby="invoicedate", sortorder="descending", limit=1) == ["1003"]


def test_the_voucher_can_be_hidden(client):
    number = client.booked(ROW)["DocumentNumber"]
    client.switch(voucher_right=False)
    invoice = show(client, number)
    assert [invoice[key] for key in ("Booked", "VoucherNumber", "VoucherSeries", "VoucherYear")] == [
        True,
        None,
        None,
        None,
    ]


def test_the_cash_method_books_the_sale_with_the_payment(client):
    client.control("companies/556001", "PATCH", method="CASH")
    booked = client.booked(ROW)
    client.control("companies/556001/payments", invoice=booked["DocumentNumber"], amount="1250", date="2026-03-31")
    rows = client.get("vouchers/C/1", financialyear="2").json["Voucher"]["VoucherRows"]
    assert (booked["AccountingMethod"], booked["VoucherSeries"]) == ("CASH", None)
    assert [(row["Account"], row["Debit"], row["Credit"]) for row in rows] == [
        (1930, 1250, 0),
        (3041, 0, 1000),
        (2611, 0, 250),
    ]


def test_the_warehouse_module_wants_invoices_finalized(client):
    number = client.invoice(ROW)["DocumentNumber"]
    ready = [show(client, number)["WarehouseReady"]]
    client.control("companies/556001", "PATCH", warehouse=True)
    ready.append(show(client, number)["WarehouseReady"])
    refused = read_error(act(client, number, "bookkeep"))[2]
    ready.append(act(client, number, "warehouseready").json["Invoice"]["WarehouseReady"])
    assert ready == [True, False, True]
    assert (refused, act(client, number, "bookkeep").status_code) == (2003498, 200)
    assert client.invoice(ROW)["InvoiceRows"][0]["DeliveredQuantity"] == "0"


def test_a_printed_reminder_is_counted(client):
    number = client.invoice(ROW)["DocumentNumber"]
    client.get(f"invoices/{number}/printreminder")
    invoice = show(client, number)
    assert (invoice["Reminders"], invoice["LastRemindDate"], invoice["Sent"]) == (1, "2026-03-31", False)
