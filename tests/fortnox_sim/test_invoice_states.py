"""Booking, cancelling, crediting, sending, and what lists show of it."""

import pytest
from tests.fortnox_sim.client_app import refusal

ROW = {"ArticleNumber": "1", "DeliveredQuantity": "1", "Price": 1000, "VAT": 25}


def act(desk, number, action):
    return desk.put(f"invoices/{number}/{action}")


def show(desk, number):
    return desk.get(f"invoices/{number}").json["Invoice"]


def listed(desk, **query):
    return [row["DocumentNumber"] for row in desk.get("invoices", **query).json["Invoices"]]


def test_booking_makes_a_voucher_in_series_b(desk):
    booked = desk.booked(ROW)
    keys = ("Booked", "VoucherSeries", "VoucherNumber", "VoucherYear", "Balance", "FinalPayDate")
    assert [booked[key] for key in keys] == [True, "B", 1, 2, 1250, None]
    voucher = desk.get("vouchers/B/1", financialyear="2").json["Voucher"]
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
def test_every_booking_balances(desk, facts):
    desk.booked(
        {**ROW, "Price": "80.43"}, {"Description": "x", "DeliveredQuantity": 3, "Price": "9.99", "VAT": 6}, **facts
    )
    rows = desk.get("vouchers/B/1", financialyear="2").json["Voucher"]["VoucherRows"]
    assert round(sum(row["Debit"] - row["Credit"] for row in rows), 2) == 0


def test_a_booked_invoice_can_neither_be_changed_nor_cancelled_nor_booked_again(desk):
    number = desk.booked(ROW)["DocumentNumber"]
    answers = [
        desk.put(f"invoices/{number}", Invoice={"Remarks": "x"}),
        act(desk, number, "cancel"),
        act(desk, number, "bookkeep"),
    ]
    assert [refusal(answer)[3] for answer in answers] == ["Fakturan är redan bokförd."] * 3


def test_cancelling_sets_balance_and_total_to_zero(desk):
    number = desk.invoice(ROW)["DocumentNumber"]
    act(desk, number, "cancel")
    item = desk.get("invoices", filter="cancelled").json["Invoices"][0]
    keys = ("DocumentNumber", "Cancelled", "Booked", "Balance", "Total")
    assert [item[key] for key in keys] == [number, True, False, 0, 0]


def test_a_cancelled_invoice_stays_so(desk):
    number = desk.invoice(ROW)["DocumentNumber"]
    act(desk, number, "cancel")
    assert [refusal(act(desk, number, what))[3] for what in ("bookkeep", "cancel")] == ["Fakturan är makulerad."] * 2


def test_an_unfinished_invoice_cannot_be_booked(desk):
    number = desk.invoice(ROW, NotCompleted=True)["DocumentNumber"]
    text = f"Kunde inte bokföra fakturanummer {number}. Faktura som bokförs måste var klarmarkerad."
    assert refusal(act(desk, number, "bookkeep"))[2:] == (2003498, text)


def test_a_locked_period_stops_booking(desk):
    desk.control("companies/556001", "PATCH", locked_period="2026-03-31")
    number = desk.invoice(ROW)["DocumentNumber"]
    assert refusal(act(desk, number, "bookkeep"))[2] == 2002141
    assert desk.get("settings/lockedperiod").json == {"LockedPeriod": {"EndDate": "2026-03-31"}}


def test_booking_needs_a_financial_year(desk):
    number = desk.invoice(ROW, InvoiceDate="2031-01-02")["DocumentNumber"]
    assert refusal(act(desk, number, "bookkeep"))[3] == "Fiscal year not available"


def test_booking_needs_the_predefined_accounts(desk):
    number = desk.invoice(ROW)["DocumentNumber"]
    desk.app.world.company("556001").put("predefined", "CUSTCLAIM", {"Name": "CUSTCLAIM", "Account": 1999})
    assert refusal(act(desk, number, "bookkeep"))[2] == 2001304


def test_a_quantity_needs_an_article_or_a_text(desk):
    number = desk.invoice({"DeliveredQuantity": "1", "Price": 10})["DocumentNumber"]
    assert refusal(act(desk, number, "bookkeep"))[2] == 2003977


def test_an_eu_customer_may_need_a_vat_number(desk):
    desk.switch(reverse_needs_vat_number=True)
    desk.control("companies/556001/customers/1", "PATCH", VATType="EUREVERSEDVAT")
    number = desk.invoice(ROW)["DocumentNumber"]
    refused = act(desk, number, "bookkeep").status_code
    desk.control("companies/556001/customers/1", "PATCH", VATNumber="FI90123456")
    assert (refused, act(desk, number, "bookkeep").status_code) == (400, 200)


def test_a_zero_invoice_is_paid_when_booked(desk):
    number = desk.invoice()["DocumentNumber"]
    before = listed(desk, filter="fullypaid")
    booked = act(desk, number, "bookkeep").json["Invoice"]
    assert (before, booked["FinalPayDate"], listed(desk, filter="fullypaid")) == ([], "2026-03-31", [number])


@pytest.mark.parametrize(
    ("method", "action"),
    [("PUT", "externalprint"), ("GET", "email"), ("GET", "einvoice"), ("GET", "eprint"), ("GET", "print")],
)
def test_sending_marks_sent_also_by_get(desk, method, action):
    number = desk.invoice(ROW)["DocumentNumber"]
    answer = desk.http.open(f"/3/invoices/{number}/{action}", method=method, headers=desk.headers)
    assert (answer.status_code, show(desk, number)["Sent"]) == (200, True)


def test_a_preview_changes_nothing(desk):
    number = desk.invoice(ROW)["DocumentNumber"]
    answer = desk.get(f"invoices/{number}/preview")
    assert (answer.headers["Content-Type"], answer.data[:5], show(desk, number)["Sent"]) == (
        "application/pdf",
        b"%PDF-",
        False,
    )


def test_a_credit_answers_the_original_and_leaves_both_open(desk):
    number = desk.booked(ROW, ExternalInvoiceReference1="R-1")["DocumentNumber"]
    original = act(desk, number, "credit").json["Invoice"]
    note = show(desk, original["CreditInvoiceReference"])
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


def test_a_second_credit_is_refused_and_so_is_one_of_an_unbooked_invoice(desk):
    number = desk.booked(ROW)["DocumentNumber"]
    act(desk, number, "credit")
    unbooked = desk.invoice(ROW)["DocumentNumber"]
    assert [refusal(act(desk, one, "credit"))[3] for one in (number, unbooked)] == [
        "Fakturan är redan krediterad.",
        "Fakturan är inte bokförd.",
    ]


def test_a_note_may_copy_our_reference_and_be_booked_at_once(desk):
    desk.switch(credit_copies_reference=True, credit_note_booked=True)
    number = desk.booked(ROW, ExternalInvoiceReference1="R-1")["DocumentNumber"]
    note = show(desk, act(desk, number, "credit").json["Invoice"]["CreditInvoiceReference"])
    assert [note[key] for key in ("ExternalInvoiceReference1", "Booked", "VoucherSeries")] == ["R-1", True, "B"]


def test_a_partial_credit_replaces_the_rows_before_booking(desk):
    number = desk.booked(ROW, ROW)["DocumentNumber"]
    note = act(desk, number, "credit").json["Invoice"]["CreditInvoiceReference"]
    rows = [{**ROW, "DeliveredQuantity": "-0.5"}]
    changed = desk.put(f"invoices/{note}", Invoice={"InvoiceRows": rows}).json["Invoice"]
    booked = act(desk, note, "bookkeep").json["Invoice"]
    assert (changed["Total"], booked["Balance"], booked["Booked"]) == (-625, -625, True)


def test_a_booked_note_can_be_set_off_by_a_person(desk):
    number = desk.booked(ROW)["DocumentNumber"]
    note = act(desk, number, "credit").json["Invoice"]["CreditInvoiceReference"]
    act(desk, note, "bookkeep")
    open_before = listed(desk, filter="unpaid")
    desk.control(f"companies/556001/invoices/{note}/setoff")
    found = [(show(desk, one)["Balance"], show(desk, one)["FinalPayDate"]) for one in (number, note)]
    assert (open_before, found) == ([number, note], [(0, "2026-03-31"), (0, "2026-03-31")])


def test_a_booked_note_can_settle_by_itself(desk):
    desk.switch(credit_note_booked=True, credit_settles=True)
    number = desk.booked(ROW)["DocumentNumber"]
    assert act(desk, number, "credit").json["Invoice"]["Balance"] == 0


def test_filters_tell_states_apart(desk):
    paid, unpaid, late = (
        desk.booked(ROW, InvoiceDate=day)["DocumentNumber"] for day in ("2026-03-01", "2026-03-02", "2026-01-15")
    )
    desk.control("companies/556001/payments", invoice=paid, amount="1250", date="2026-03-20")
    unbooked, cancelled = (desk.invoice(ROW)["DocumentNumber"] for _ in range(2))
    act(desk, cancelled, "cancel")
    names = ("fullypaid", "unpaid", "unpaidoverdue", "unbooked", "cancelled")
    assert [listed(desk, filter=name) for name in names] == [[paid], [unpaid, late], [late], [unbooked], [cancelled]]


def test_overdue_follows_the_clock(desk):
    desk.booked(ROW)
    before = listed(desk, filter="unpaidoverdue")
    desk.control("clock", set="2026-05-01T08:00:00")
    desk.connect()
    assert (before, listed(desk, filter="unpaidoverdue")) == ([], ["1001"])


def test_dates_and_numbers_are_searched(desk):
    for day in ("2026-01-31", "2026-02-28", "2026-03-31"):
        desk.invoice(ROW, InvoiceDate=day)
    assert listed(desk, fromdate="2026-02-01", todate="2026-03-31") == ["1002", "1003"]
    assert listed(desk, sortby="invoicedate", sortorder="descending", limit=1) == ["1003"]


def test_the_voucher_can_be_hidden(desk):
    number = desk.booked(ROW)["DocumentNumber"]
    desk.switch(voucher_right=False)
    invoice = show(desk, number)
    assert [invoice[key] for key in ("Booked", "VoucherNumber", "VoucherSeries", "VoucherYear")] == [
        True,
        None,
        None,
        None,
    ]


def test_the_cash_method_books_the_sale_with_the_payment(desk):
    desk.control("companies/556001", "PATCH", method="CASH")
    booked = desk.booked(ROW)
    desk.control("companies/556001/payments", invoice=booked["DocumentNumber"], amount="1250", date="2026-03-31")
    rows = desk.get("vouchers/C/1", financialyear="2").json["Voucher"]["VoucherRows"]
    assert (booked["AccountingMethod"], booked["VoucherSeries"]) == ("CASH", None)
    assert [(row["Account"], row["Debit"], row["Credit"]) for row in rows] == [
        (1930, 1250, 0),
        (3041, 0, 1000),
        (2611, 0, 250),
    ]


def test_the_warehouse_module_wants_invoices_finalized(desk):
    number = desk.invoice(ROW)["DocumentNumber"]
    desk.control("companies/556001", "PATCH", warehouse=True)
    refused = refusal(act(desk, number, "bookkeep"))[2]
    act(desk, number, "warehouseready")
    assert (refused, act(desk, number, "bookkeep").status_code) == (2003498, 200)
    assert desk.invoice(ROW)["InvoiceRows"][0]["DeliveredQuantity"] == "0"


def test_a_printed_reminder_is_counted(desk):
    number = desk.invoice(ROW)["DocumentNumber"]
    desk.get(f"invoices/{number}/printreminder")
    invoice = show(desk, number)
    assert (invoice["Reminders"], invoice["LastRemindDate"], invoice["Sent"]) == (1, "2026-03-31", False)
