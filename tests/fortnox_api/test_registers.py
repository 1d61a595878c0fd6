"""Payments, suppliers, currencies, modes of payment: what is asked, and how it goes against the simulator."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from fortnox_api import (
    BLANK,
    CurrencyPayload,
    CurrencyUpdate,
    Invalid,
    InvoicePaymentPayload,
    InvoicePaymentUpdate,
    MemoryTokenStore,
    ModeOfPaymentPayload,
    ModeOfPaymentUpdate,
    NotFound,
    Outcome,
    RefreshTokenAuth,
    SupplierPayload,
    SupplierUpdate,
    Unreadable,
    WriteOffPayload,
)

D = Decimal
PAYMENT = {"Number": "9", "InvoiceNumber": 1042, "Amount": "500", "AmountCurrency": "500", "Booked": True}


def test_a_payment_goes_out_with_what_was_said_and_nothing_else(talk, answer):
    made = talk(answer({"InvoicePayment": PAYMENT}, 201))
    payload = InvoicePaymentPayload(
        invoice_number="1042",
        amount="500.00",
        payment_date="2026-02-01",
        currency_rate="11.4321",
        write_offs=[WriteOffPayload(amount=1, account_number=3740)],
    )
    assert made.fortnox.invoice_payments.create(payload).number == "9"
    assert made.asked == ["POST /3/invoicepayments"]
    assert made.script.bodies == [
        {
            "InvoicePayment": {
                "Amount": 500,
                "CurrencyRate": 11.4321,
                "PaymentDate": "2026-02-01",
                "WriteOffs": [{"Amount": 1, "AccountNumber": 3740}],
                "InvoiceNumber": 1042,
            }
        }
    ]


def test_a_response_about_another_payment_is_not_taken(talk, answer):
    with pytest.raises(Unreadable) as caught:
        talk(answer({"InvoicePayment": PAYMENT})).fortnox.invoice_payments.bookkeep(8)
    assert caught.value.outcome is Outcome.UNKNOWN


def test_accounts_travel_as_the_document_has_them(talk, answer):
    made = talk(answer({"ModeOfPayment": {"Code": "X"}}, 201), answer({"Supplier": SUPPLIER}))
    payload = ModeOfPaymentPayload(code="X", description="x", account_number=1930)
    assert made.fortnox.modes_of_payment.create(payload).account_number is None
    made.fortnox.suppliers.update(7, SupplierUpdate(account=4010, phone=BLANK, bankgiro="123-4567"))
    assert made.script.bodies == [
        {"ModeOfPayment": {"Description": "x", "AccountNumber": "1930", "Code": "X"}},
        {"Supplier": {"Phone1": "API_BLANK", "BG": "123-4567", "PreDefinedAccount": "4010"}},
    ]


SUPPLIER = {"SupplierNumber": "7", "Name": "Kontorsbolaget AB", "Active": True}
SCOPES = "customer article invoice payment bookkeeping settings supplier currency"


@pytest.fixture
def fortnox(town):
    with town.open(RefreshTokenAuth(town.app, MemoryTokenStore(town.tokens(SCOPES)))) as found:
        yield found


@pytest.fixture
def booked(fortnox, payload):
    """Return a booked invoice of 1,125 kronor."""
    today = date.today()  # noqa: DTZ011 - the simulator runs on today
    customer, article = next(fortnox.customers.list()).number, next(fortnox.articles.list()).number
    row = payload().rows[0].model_copy(update={"article_number": article, "delivered_quantity": D(1)})
    made = fortnox.invoices.create(payload(customer_number=customer, rows=[row], invoice_date=today, due_date=today))
    return fortnox.invoices.bookkeep(made.number)


def test_a_payment_is_made_changed_booked_and_then_stays(fortnox, booked):
    payments = fortnox.invoice_payments
    off = WriteOffPayload(amount="0.50", account_number=3740)
    new = InvoicePaymentPayload(
        invoice_number=booked.number,
        amount=500,
        payment_date=booked.invoice_date,
        mode_of_payment="BG",
        write_offs=[off],
    )
    first = payments.create(new)
    assert (first.booked, first.amount, fortnox.invoices.get(booked.number).balance) == (False, D(500), D(1125))
    assert [each.amount for each in first.write_offs] == [D("0.5")]
    assert payments.update(first.number, InvoicePaymentUpdate(amount="1124.50")).amount == D("1124.5")
    assert payments.bookkeep(first.number).booked is True
    assert [(each.amount, each.write_off_exist) for each in payments.list(invoice_number=booked.number)] == [
        (D("1124.5"), True)
    ]
    assert fortnox.invoices.get(booked.number).balance == 0
    with pytest.raises(Invalid):
        payments.delete(first.number)


def test_a_payment_that_is_not_booked_can_be_deleted(fortnox, booked):
    new = InvoicePaymentPayload(invoice_number=booked.number, amount=1, payment_date=booked.invoice_date)
    made = fortnox.invoice_payments.create(new)
    assert fortnox.invoice_payments.delete(made.number) is None
    with pytest.raises(NotFound):
        fortnox.invoice_payments.get(made.number)


def test_customers_and_articles_are_deleted_unless_they_are_used(fortnox, booked):
    with pytest.raises(Invalid):
        fortnox.customers.delete(booked.customer_number)
    with pytest.raises(Invalid):
        fortnox.articles.delete(booked.rows[0].article_number)
    with pytest.raises(NotFound):
        fortnox.customers.delete("nobody")


def test_a_supplier_is_made_changed_and_listed(fortnox):
    suppliers = fortnox.suppliers
    made = suppliers.create(SupplierPayload(name="Kontorsbolaget AB", country_code="SE", terms_of_payment=30))
    assert (made.number, made.country, made.active, made.account) == ("1", "Sverige", True, "4000")
    changed = suppliers.update(made.number, SupplierUpdate(phone="0701", bankgiro="123-4567", account=4000))
    assert (changed.phone, changed.bankgiro, changed.terms_of_payment) == ("0701", "123-4567", "30")
    assert suppliers.update(1, SupplierUpdate(phone=BLANK)).phone == ""
    assert [(each.number, each.name, each.phone) for each in suppliers.list()] == [("1", "Kontorsbolaget AB", "")]
    assert (suppliers.count(), suppliers.get(1).bankgiro) == (1, "123-4567")
    with pytest.raises(NotFound):
        suppliers.get(2)


def test_currencies_have_rates(fortnox):
    currencies = fortnox.currencies
    made = currencies.create(CurrencyPayload(code="DKK", description="Dansk krona", sell_rate="1.5234", unit=1))
    assert (made.code, made.sell_rate) == ("DKK", D("1.5234"))
    assert currencies.update("DKK", CurrencyUpdate(buy_rate=D("1.5"))).buy_rate == D("1.5")
    assert {"SEK", "DKK"} <= {each.code for each in currencies.list()}
    currencies.delete("DKK")
    with pytest.raises(NotFound):
        currencies.get("DKK")


def test_modes_of_payment_have_accounts(fortnox):
    modes = fortnox.modes_of_payment
    made = modes.create(ModeOfPaymentPayload(code="SWISH", description="Swish", account_number="1930"))
    assert (made.code, made.account_number) == ("SWISH", 1930)
    assert modes.update("SWISH", ModeOfPaymentUpdate(description="Swish företag")).description == "Swish företag"
    assert modes.get("BG").account_number is not None
    modes.delete("SWISH")
    assert "SWISH" not in {each.code for each in modes.list()}


def test_a_voucher_is_made_and_listed(fortnox, booked):
    year = fortnox.financial_years.on(booked.invoice_date)
    [listed] = fortnox.vouchers.list(financial_year=year.id, from_date=booked.invoice_date, to_date=booked.invoice_date)
    assert (listed.series, listed.reference_number) == (booked.voucher_series, booked.number)
    tomorrow = booked.invoice_date + timedelta(days=1)
    assert fortnox.vouchers.count(financial_year=year.id, from_date=tomorrow, to_date=tomorrow) == 0
