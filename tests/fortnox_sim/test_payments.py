"""Payments and what they do to a balance."""

import pytest
from tests.fortnox_sim.client_app import read_error

ROW = {"ArticleNumber": "1", "DeliveredQuantity": "1", "Price": 1000, "VAT": 25}


@pytest.fixture
def number(client):
    """A booked invoice of 1250 kronor."""
    return client.booked(ROW)["DocumentNumber"]


def pay(client, number, **facts):
    return client.post("invoicepayments", InvoicePayment={"InvoiceNumber": number, **facts})


def balance(client, number):
    invoice = client.get(f"invoices/{number}").json["Invoice"]
    return invoice["Balance"], invoice["FinalPayDate"]


def test_only_a_booked_payment_reduces_the_balance(client, number):
    answer = pay(client, number, Amount=500, PaymentDate="2026-04-02")
    before = balance(client, number)
    booked = client.put("invoicepayments/1/bookkeep").json["InvoicePayment"]
    keys = (
        "Booked",
        "VoucherSeries",
        "VoucherNumber",
        "ModeOfPayment",
        "ModeOfPaymentAccount",
        "InvoiceTotal",
        "Source",
    )
    assert (answer.status_code, answer.headers["Location"], before) == (201, "invoicepayments", (1250, None))
    assert [booked[key] for key in keys] == [True, "C", 1, "BG", 1930, "1250", "manual"]
    assert balance(client, number) == (750, None)


def test_the_last_payment_dates_the_invoice(client, number):
    for amount, day in (("500", "2026-04-02"), ("750", "2026-04-12")):
        client.control("companies/556001/payments", invoice=number, amount=amount, date=day)
    assert balance(client, number) == (0, "2026-04-12")


def test_more_than_the_total_leaves_a_negative_balance(client, number):
    client.control("companies/556001/payments", invoice=number, amount="1300", date="2026-04-02")
    assert balance(client, number) == (-50, None)


def test_a_write_off_closes_the_rest(client, number):
    client.control("companies/556001/payments", invoice=number, amount="1249.50", date="2026-04-02", write_off="0.50")
    item = client.get("invoicepayments").json["InvoicePayments"][0]
    detail = client.get("invoicepayments/1").json["InvoicePayment"]
    assert (balance(client, number), item["WriteOffExist"], item["Amount"]) == ((0, "2026-04-02"), True, 1249.5)
    assert [(row["AccountNumber"], row["Amount"]) for row in detail["WriteOffs"]] == [(3740, 0.5)]


def test_a_list_item_has_the_recorded_keys_and_types(client, number):
    pay(client, number, Amount=10)
    item = client.get("invoicepayments").json["InvoicePayments"][0]
    assert item == {
        "@url": "https://api.fortnox.se/3/invoicepayments/1",
        "Amount": 10,
        "Booked": False,
        "Currency": "SEK",
        "CurrencyRate": 1,
        "CurrencyUnit": 1,
        "InvoiceNumber": 1001,
        "Number": "1",
        "PaymentDate": "2026-03-31",
        "Source": "manual",
        "WriteOffExist": False,
    }


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"Currency": "EUR"}, "Betalningens valuta måste vara fakturans."),
        ({"PaymentDate": "2026-03-30"}, "Betaldatum får inte vara före fakturadatum."),
        ({"PaymentDate": "soon"}, "Värdet måste vara ett datum (PaymentDate)"),
        ({"Amount": "much"}, "Värdet måste vara numeriskt (Amount)"),
        ({"WriteOffs": [{"AccountNumber": 9999, "Amount": 1}]}, "Kunde inte hitta konto"),
        ({"WriteOffs": ["x"]}, "Felaktig datastruktur."),
    ],
)
def test_values_are_checked(client, number, facts, text):
    assert read_error(pay(client, number, **facts))[3] == text


def test_unknown_unbooked_cancelled_and_paid_invoices_take_no_payment(client, number):
    client.control("companies/556001/payments", invoice=number, amount="1250", date="2026-04-02")
    unbooked, cancelled = (client.invoice(ROW)["DocumentNumber"] for _ in range(2))
    client.put(f"invoices/{cancelled}/cancel")
    codes = [read_error(pay(client, one))[2] for one in (number, "9", unbooked, cancelled)]
    assert codes[:2] == [2003055, 2000434]
    assert codes[2:] == [2009004, 2009003]


def test_an_unbooked_invoice_can_take_payments_when_switched(client):
    client.switch(payment_needs_booked=False)
    assert pay(client, client.invoice(ROW)["DocumentNumber"], Amount=1).status_code == 201


def test_a_payment_in_another_year_can_be_refused(client, number):
    allowed = pay(client, number, Amount=1, PaymentDate="2027-01-02").status_code
    client.switch(payment_other_year=False)
    assert (allowed, pay(client, number, Amount=1, PaymentDate="2027-01-02").status_code) == (201, 400)


def test_a_locked_period_stops_booking_a_payment(client, number):
    pay(client, number, Amount=1)
    client.control("companies/556001", "PATCH", locked_period="2026-03-31")
    text = "Exempelbyrån AB har låst perioden t.o.m. 2026-03-31. Lås upp perioden för att fortsätta."
    assert read_error(client.put("invoicepayments/1/bookkeep"))[2:] == (2000401, text)


def test_an_unbooked_payment_can_be_changed_and_removed_a_booked_one_cannot(client, number):
    for _ in range(2):
        pay(client, number, Amount=1)
    client.put("invoicepayments/1/bookkeep")
    changed = client.put("invoicepayments/2", InvoicePayment={"Amount": 5}).json["InvoicePayment"]["Amount"]
    statuses = [client.put("invoicepayments/1", InvoicePayment={"Amount": 5}).status_code]
    statuses += [client.delete(f"invoicepayments/{one}").status_code for one in (1, 2)]
    assert (changed, statuses, client.get("invoicepayments/2").status_code) == (5, [400, 400, 204], 404)


def test_a_reversed_payment_opens_the_invoice_again(client, number):
    client.control("companies/556001/payments", invoice=number, amount="1250", date="2026-04-02")
    client.control("companies/556001/payments/1", "DELETE")
    assert balance(client, number) == (1250, None)


def test_invoicenumber_is_searched_exactly_or_by_contains(client, number):
    client.switch(payment_needs_booked=False)
    other = client.invoice(ROW, DocumentNumber="10010")["DocumentNumber"]
    pay(client, number, Amount=1)
    pay(client, other, Amount=1)
    exact = len(client.get("invoicepayments", invoicenumber="1001").json["InvoicePayments"])
    client.switch(exact_searches=False)
    assert (exact, len(client.get("invoicepayments", invoicenumber="1001").json["InvoicePayments"])) == (1, 2)


@pytest.mark.parametrize(("touches", "expected"), [(True, 1), (False, 0)])
def test_a_payment_moves_the_change_stamp_of_its_invoice_or_not(client, number, touches, expected):
    client.switch(payment_touches_invoice=touches)
    client.control("clock", advance=1800)
    client.control("companies/556001/payments", invoice=number, amount="1", date="2026-04-02")
    assert len(client.get("invoices", lastmodified="2026-03-31 12:30").json["Invoices"]) == expected


def test_payments_in_other_currencies_settle_in_that_currency(client):
    number = client.booked(ROW, Currency="EUR", CurrencyRate="11.25")["DocumentNumber"]
    pay(client, number, AmountCurrency="1250")
    booked = client.put("invoicepayments/1/bookkeep").json["InvoicePayment"]
    assert (booked["Amount"], booked["Currency"], balance(client, number)[0]) == (14062.5, "EUR", 0)


def test_a_payment_may_come_from_a_bank_file(client, number):
    client.control("companies/556001/payments", invoice=number, amount="1250", date="2026-04-02", source="file")
    shown = client.get("invoicepayments").json["InvoicePayments"][0], client.get("invoicepayments/1").json
    assert (shown[0]["Source"], shown[1]["InvoicePayment"]["Source"]) == ("file", "file")


def test_an_unbooked_payment_beside_a_booked_one_counts_nothing(client, number):
    pay(client, number, Amount=500)
    pay(client, number, Amount=250)
    client.put("invoicepayments/2/bookkeep")
    assert balance(client, number) == (1000, None)
