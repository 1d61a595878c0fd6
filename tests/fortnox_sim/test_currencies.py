"""Invoices and payments in other currencies: rates, kronor to the öre, exchange differences."""

from collections import defaultdict

import pytest
from tests.fortnox_sim.client_app import read_error

ROW = {"ArticleNumber": "1", "DeliveredQuantity": "1", "Price": "399.99", "VAT": 25}
TOTAL = 499.99


def show(client, number):
    return client.get(f"invoices/{number}").json["Invoice"]


def list_voucher_rows(client, series, number):
    voucher = client.get(f"vouchers/{series}/{number}", financialyear="2").json["Voucher"]
    return [(row["Account"], round(row["Debit"] - row["Credit"], 2)) for row in voucher["VoucherRows"]]


def sum_accounts(client):
    """Give what each account holds after all vouchers, to the öre."""
    sums = defaultdict(float)
    for voucher in client.get("vouchers", financialyear="2").json["Vouchers"]:
        for account, amount in list_voucher_rows(client, voucher["VoucherSeries"], voucher["VoucherNumber"]):
            sums[account] += amount
    return {account: round(amount, 2) for account, amount in sums.items() if round(amount, 2)}


def pay(client, number, **facts):
    answer = client.post("invoicepayments", InvoicePayment={"InvoiceNumber": number, **facts})
    assert answer.status_code == 201, answer.text
    return client.put(f"invoicepayments/{answer.json['InvoicePayment']['Number']}/bookkeep").json["InvoicePayment"]


def test_an_invoice_without_a_rate_takes_the_registers(client):
    client.put("currencies/EUR", Currency={"SellRate": "9.2412"})
    made = client.invoice(ROW, Currency="EUR")
    item = client.get("invoices").json["Invoices"][0]
    assert (made["CurrencyRate"], made["CurrencyUnit"], item["CurrencyRate"]) == (9.2412, 1, "9.2412")


def test_a_rate_that_is_sent_wins_but_not_over_kronor(client):
    rates = [client.invoice(ROW, Currency=code, CurrencyRate="11.5")["CurrencyRate"] for code in ("EUR", "SEK")]
    assert rates == [11.5, 1]


def test_another_currency_brings_its_rate(client):
    number = client.invoice(ROW)["DocumentNumber"]
    rates = [client.put(f"invoices/{number}", Invoice={"Currency": code}).json["Invoice"] for code in ("USD", "SEK")]
    assert [invoice["CurrencyRate"] for invoice in rates] == [10.4, 1]


def test_an_invoice_in_euros_is_booked_in_kronor(client):
    invoice = client.booked(ROW, Currency="EUR")
    assert (invoice["Total"], invoice["Balance"], invoice["TotalVAT"]) == (TOTAL, TOTAL, 100)
    rows = list_voucher_rows(client, "B", 1)
    assert rows == [(1510, 5624.89), (3041, -4499.89), (2611, -1125)]


@pytest.mark.parametrize(("unit", "claim"), [("1", 75_000), ("100", 750)])
def test_a_rate_may_count_for_many_units(client, unit, claim):
    client.post(
        "currencies", Currency={"Code": "JPY", "Description": "Yen", "BuyRate": 7, "SellRate": 7.5, "Unit": unit}
    )
    client.booked({"Description": "x", "DeliveredQuantity": 1, "Price": 10_000, "VAT": 0}, Currency="JPY")
    assert list_voucher_rows(client, "B", 1)[0] == (1510, claim)


def test_prices_with_vat_in_euros_are_booked_without_it(client):
    client.booked({**ROW, "Price": "500"}, Currency="EUR", CurrencyRate="11.11", VATIncluded=True)
    assert list_voucher_rows(client, "B", 1) == [(1510, 5555), (3041, -4444), (2611, -1111)]


def test_a_payment_carries_kronor_and_the_invoices_currency(client):
    number = client.booked(ROW, Currency="EUR")["DocumentNumber"]
    payment = pay(client, number, AmountCurrency="400")
    item = client.get("invoicepayments").json["InvoicePayments"][0]
    keys = ("Amount", "Currency", "CurrencyRate", "CurrencyUnit")
    assert [payment[key] for key in ("AmountCurrency", *keys)] == [400, 4500, "EUR", 11.25, 1]
    assert [item[key] for key in keys] == [4500, "EUR", 11.25, 1]
    assert show(client, number)["Balance"] == 99.99


def test_kronor_alone_are_converted_and_nothing_settles_the_balance(client):
    number = client.booked(ROW, Currency="EUR")["DocumentNumber"]
    part = pay(client, number, Amount="1125")
    rest = pay(client, number)
    assert (part["AmountCurrency"], rest["AmountCurrency"], rest["Amount"]) == (100, 399.99, 4499.89)


@pytest.mark.parametrize(("rule", "amount"), [("invoice", 1125), ("register", 1200)])
def test_a_payment_without_a_rate_takes_its_invoices_or_the_registers(client, rule, amount):
    client.switch(payment_rate=rule)
    number = client.booked(ROW, Currency="EUR")["DocumentNumber"]
    client.put("currencies/EUR", Currency={"SellRate": "12"})
    assert pay(client, number, AmountCurrency="100")["Amount"] == amount


def test_exchange_differences_are_booked_and_the_claim_is_emptied_to_the_ore(client):
    number = client.booked(ROW, Currency="EUR")["DocumentNumber"]
    pay(client, number, AmountCurrency="133.33", CurrencyRate="11.4001")
    pay(client, number, AmountCurrency="133.33", CurrencyRate="11.0777")
    pay(client, number, AmountCurrency="233.33", CurrencyRate="11.25")
    vouchers = [list_voucher_rows(client, "C", one) for one in (1, 2, 3)]
    assert vouchers == [
        [(1930, 1519.98), (1510, -1499.96), (3960, -20.02)],
        [(1930, 1476.99), (1510, -1499.97), (7960, 22.98)],
        [(1930, 2624.96), (1510, -2624.96)],
    ]
    assert show(client, number)["Balance"] == 0
    assert sum_accounts(client) == {1930: 5621.93, 3041: -4499.89, 2611: -1125, 3960: -20.02, 7960: 22.98}


def test_both_amounts_may_be_sent_and_the_bank_decides(client):
    number = client.booked(ROW, Currency="EUR")["DocumentNumber"]
    pay(client, number, AmountCurrency="499.99", Amount="5600")
    assert list_voucher_rows(client, "C", 1) == [(1930, 5600), (1510, -5624.89), (7960, 24.89)]


def test_a_write_off_counts_in_the_invoices_currency(client):
    number = client.booked(ROW, Currency="EUR")["DocumentNumber"]
    client.control(
        "companies/556001/payments", invoice=number, amount="499", rate="11.25", write_off="0.99", date="2026-04-01"
    )
    payment = client.get("invoicepayments/1").json["InvoicePayment"]
    refused = client.post(
        "invoicepayments",
        InvoicePayment={"InvoiceNumber": number, "Amount": 1, "WriteOffs": [{"Amount": 1, "Currency": "SEK"}]},
    )
    assert (payment["WriteOffs"][0]["Currency"], show(client, number)["Balance"]) == ("EUR", 0)
    assert list_voucher_rows(client, "C", 1) == [(1930, 5613.75), (3740, 11.14), (1510, -5624.89)]
    assert read_error(refused)[3] == "Betalningens valuta måste vara fakturans."


def test_the_cash_method_books_the_sale_with_the_last_payment_and_every_voucher_balances(client):
    client.control("companies/556001", "PATCH", method="CASH")
    number = client.booked(ROW, Currency="EUR")["DocumentNumber"]
    pay(client, number, AmountCurrency="200", CurrencyRate="11.5")
    pay(client, number, AmountCurrency="299.99", CurrencyRate="11")
    assert list_voucher_rows(client, "C", 1) == [(1930, 2300), (1510, -2250), (3960, -50)]
    assert sum_accounts(client) == {1930: 5599.89, 3041: -4499.89, 2611: -1125, 3960: -50, 7960: 75}


def test_an_unbooked_payment_keeps_both_amounts_in_step(client):
    number = client.booked(ROW, Currency="EUR")["DocumentNumber"]
    client.post("invoicepayments", InvoicePayment={"InvoiceNumber": number, "AmountCurrency": 100})
    changes = ({"CurrencyRate": "12"}, {"AmountCurrency": "50"}, {"Amount": "1200"})
    shown = [client.put("invoicepayments/1", InvoicePayment=change).json["InvoicePayment"] for change in changes]
    assert [(one["Amount"], one["AmountCurrency"]) for one in shown] == [(1200, 100), (600, 50), (1200, 100)]


def test_a_credit_note_in_euros_is_booked_at_its_originals_rate(client):
    number = client.booked(ROW, Currency="EUR", CurrencyRate="11.5")["DocumentNumber"]
    client.control(f"companies/556001/invoices/{number}/credit", book=True)
    assert (show(client, number)["Balance"], sum_accounts(client)) == (0, {})


def test_the_register_is_the_one_truth_and_begins_with_kronor(client):
    before = [row["Code"] for row in client.get("currencies").json["Currencies"]]
    changed = client.control("companies/556001", "PATCH", currencies={"EUR": "11.50", "CHF": "12"})["currencies"]
    after = {row["Code"]: row["SellRate"] for row in client.get("currencies").json["Currencies"]}
    client.post("currencies", Currency={"Code": "GBP", "Description": "Pund", "SellRate": "13"})
    assert before == ["SEK", "EUR", "NOK", "USD"]
    assert (changed, after) == (["SEK", "CHF", "EUR"], {"SEK": 1, "CHF": 12, "EUR": 11.5})
    assert client.invoice(ROW, Currency="GBP")["CurrencyRate"] == 13
    assert client.post("customers", Customer={"Name": "x", "Currency": "USD"}).status_code == 400
