"""Bodies: exact, stable, and what Fortnox's document promises to take."""

import json
import typing
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fortnox_api import (
    BLANK,
    ArticlePayload,
    ArticleUpdate,
    CurrencyPayload,
    CurrencyUpdate,
    CustomerPayload,
    CustomerUpdate,
    InvoicePayload,
    InvoicePaymentPayload,
    InvoicePaymentUpdate,
    InvoiceRowPayload,
    InvoiceUpdate,
    KeptRowPayload,
    ModeOfPaymentPayload,
    ModeOfPaymentUpdate,
    SupplierPayload,
    SupplierUpdate,
    TermsOfPaymentPayload,
    TermsOfPaymentUpdate,
    TextChange,
    TextRowPayload,
    UnitPayload,
    UnitUpdate,
    VoucherPayload,
    VoucherRowPayload,
    VoucherSeriesPayload,
    VoucherSeriesUpdate,
    WriteOffPayload,
    round_amount,
)
from fortnox_api._payload import is_clean

DOCUMENT = Path(__file__).parents[3] / "shared/fortnox/openapi.json"
D = Decimal

AMOUNTS = st.decimals("-99999999.99", "99999999.99", places=2)
RATES = st.integers(0, 99).map(Decimal)
WORDS = st.text(st.characters(codec="utf-8"), max_size=8).map(lambda text: f"a{text}")
MAYBE = st.none() | WORDS
CLEARED = MAYBE | st.just(BLANK)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
CURRENCIES = st.sampled_from(["SEK", "EUR", "NOK"])


def some(model, **fields):
    return st.fixed_dictionaries(fields).map(lambda chosen: model(**chosen))


VOUCHER_ROWS = some(
    VoucherRowPayload,
    account=st.integers(1000, 9999),
    debit=AMOUNTS,
    credit=AMOUNTS,
    description=MAYBE,
    transaction_information=MAYBE,
)
ROWS = some(
    InvoiceRowPayload,
    row_id=st.none() | st.integers(1, 10**9),
    article_number=MAYBE,
    description=MAYBE,
    delivered_quantity=AMOUNTS,
    unit=MAYBE,
    price=AMOUNTS,
    vat=RATES,
    discount=AMOUNTS,
    discount_type=st.sampled_from(["PERCENT", "AMOUNT"]),
    account_number=st.none() | st.integers(1000, 9999),
    cost_center=MAYBE,
    project=MAYBE,
)
TEXT_ROWS = some(TextRowPayload, row_id=st.none() | st.integers(1, 10**9), description=WORDS)
KEPT_ROWS = some(KeptRowPayload, row_id=st.integers(1, 10**9))
HEADS = {"language": st.sampled_from([None, "SV", "EN"]), "not_completed": st.none() | st.booleans()}
TEXTS = [
    "external_reference2", "our_reference", "your_reference", "your_order_number", "remarks", "comments",
]  # fmt: skip
CUSTOMER_TEXTS = [
    "organisation_number", "email", "email_invoice", "phone1", "phone2", "address1", "address2", "zip_code",
    "city", "vat_number", "terms_of_payment", "our_reference", "your_reference", "invoice_remark",
    "external_reference", "comments", "email_invoice_cc", "email_invoice_bcc",
]  # fmt: skip
SUPPLIER_TEXTS = [
    "organisation_number", "email", "phone", "phone2", "address1", "address2", "zip_code", "city", "bankgiro",
    "plusgiro", "iban", "bic", "vat_number", "our_reference", "your_reference", "our_customer_number", "comments",
]  # fmt: skip
EXCHANGE = st.decimals("0.0001", "9999.9999", places=4)
WRITE_OFFS = some(WriteOffPayload, amount=AMOUNTS, account_number=st.integers(1000, 9999), description=MAYBE)
PAYMENTS = {
    "amount_currency": st.none() | AMOUNTS,
    "currency": st.none() | CURRENCIES,
    "currency_rate": st.none() | EXCHANGE,
    "mode_of_payment": MAYBE,
    "mode_of_payment_account": st.none() | st.integers(1000, 9999),
}
DIGITS = st.none() | st.integers(1, 10**15).map(str)

EVERY = {
    "InvoicePayload": some(
        InvoicePayload,
        customer_number=WORDS,
        invoice_date=DAYS,
        due_date=DAYS,
        delivery_date=st.none() | DAYS,
        currency=CURRENCIES,
        vat_included=st.booleans(),
        external_reference=WORDS,
        freight=AMOUNTS,
        administration_fee=AMOUNTS,
        document_number=DIGITS,
        ocr=DIGITS,
        terms_of_payment=MAYBE,
        invoice_type=st.sampled_from([None, "INVOICE", "CASHINVOICE"]),
        cost_center=MAYBE,
        project=MAYBE,
        rows=st.lists(ROWS | TEXT_ROWS, max_size=3).map(tuple),
        **HEADS,
        **dict.fromkeys(TEXTS, MAYBE),
    ),
    "InvoiceUpdate": some(
        InvoiceUpdate,
        invoice_date=st.none() | DAYS,
        due_date=st.none() | DAYS,
        delivery_date=st.none() | DAYS | st.just(BLANK),
        external_reference=CLEARED,
        freight=st.none() | AMOUNTS,
        administration_fee=st.none() | AMOUNTS,
        rows=st.none() | st.lists(ROWS | TEXT_ROWS | KEPT_ROWS, max_size=3).map(tuple),
        **HEADS,
        **dict.fromkeys(TEXTS, CLEARED),
    ),
    "CustomerUpdate": some(
        CustomerUpdate,
        name=MAYBE,
        country_code=st.sampled_from([None, "SE", "FI"]),
        active=st.none() | st.booleans(),
        type=st.sampled_from([None, "PRIVATE", "COMPANY"]),
        vat_type=st.sampled_from([None, "SEVAT", "SEREVERSEDVAT", "EUREVERSEDVAT", "EUVAT", "EXPORT"]),
        currency=st.none() | CURRENCIES,
        sales_account=st.sampled_from([None, "3001"]),
        **dict.fromkeys(CUSTOMER_TEXTS, CLEARED),
    ),
    "CustomerPayload": some(CustomerPayload, name=WORDS, number=st.sampled_from([None, "A-1/_+", "Å1"])),
    "ArticleUpdate": some(
        ArticleUpdate,
        description=MAYBE,
        unit=CLEARED,
        active=st.none() | st.booleans(),
        type=st.sampled_from([None, "STOCK", "SERVICE"]),
        purchase_price=st.none() | AMOUNTS,
        sales_account=st.none() | st.integers(1000, 9999),
        ean=CLEARED,
        manufacturer=CLEARED,
        note=CLEARED,
    ),
    "ArticlePayload": some(ArticlePayload, description=WORDS, number=st.sampled_from([None, "A.1/_+-"])),
    "UnitPayload": some(UnitPayload, code=WORDS, description=WORDS, code_english=MAYBE),
    "UnitUpdate": some(UnitUpdate, description=MAYBE, code_english=MAYBE),
    "TermsOfPaymentPayload": some(TermsOfPaymentPayload, code=WORDS, description=WORDS),
    "TermsOfPaymentUpdate": some(TermsOfPaymentUpdate, description=WORDS),
    "VoucherPayload": some(
        VoucherPayload,
        voucher_series=WORDS,
        transaction_date=DAYS,
        description=WORDS,
        comments=MAYBE,
        rows=st.lists(VOUCHER_ROWS, min_size=2, max_size=3).map(tuple),
    ),
    "VoucherSeriesPayload": some(VoucherSeriesPayload, code=WORDS, description=WORDS),
    "InvoicePaymentPayload": some(
        InvoicePaymentPayload,
        invoice_number=st.integers(1, 10**9),
        amount=AMOUNTS,
        payment_date=DAYS,
        write_offs=st.lists(WRITE_OFFS, max_size=2),
        **PAYMENTS,
    ),
    "InvoicePaymentUpdate": some(InvoicePaymentUpdate, amount=st.none() | AMOUNTS, **PAYMENTS),
    "SupplierPayload": some(SupplierPayload, name=WORDS, number=st.sampled_from([None, "7", 7])),
    "SupplierUpdate": some(
        SupplierUpdate,
        name=MAYBE,
        country_code=st.sampled_from([None, "SE", "FI"]),
        active=st.none() | st.booleans(),
        currency=st.none() | CURRENCIES,
        account=st.sampled_from([None, "4000", 4000]),
        terms_of_payment=st.sampled_from([None, BLANK, "30", 30]),
        **dict.fromkeys(SUPPLIER_TEXTS, CLEARED),
    ),
    "CurrencyPayload": some(CurrencyPayload, code=CURRENCIES, description=WORDS, sell_rate=st.none() | EXCHANGE),
    "CurrencyUpdate": some(
        CurrencyUpdate, description=MAYBE, buy_rate=st.none() | EXCHANGE, is_automatic=st.booleans()
    ),
    "ModeOfPaymentPayload": some(
        ModeOfPaymentPayload, code=WORDS, description=WORDS, account_number=st.integers(1000, 9999)
    ),
    "ModeOfPaymentUpdate": some(ModeOfPaymentUpdate, description=MAYBE),
    "VoucherSeriesUpdate": some(VoucherSeriesUpdate, description=MAYBE, manual=st.none() | st.booleans()),
}
SCHEMAS = {
    "Invoice": "fortnox_InvoicePayload_Wrap",
    "Customer": "fortnox_Customer_Wrap",
    "Article": "fortnox_Article_Wrap",
    "Unit": "fortnox_Unit_Wrap",
    "TermsOfPayment": "fortnox_TermsOfPayment_Wrap",
    "Voucher": "fortnox_Voucher_Wrap",
    "VoucherSeries": "fortnox_VoucherSeries_Wrap",
    "InvoicePayment": "fortnox_InvoicePayment_Wrap",
    "Supplier": "fortnox_Supplier_Wrap",
    "Currency": "fortnox_Currency_Wrap",
    "ModeOfPayment": "fortnox_ModeOfPayment_Wrap",
}


@pytest.fixture(scope="module")
def document():
    """Fortnox's schemas for what is created, and for what is changed."""
    if not DOCUMENT.exists():
        pytest.skip("shared data is not here: ../shared/fortnox/openapi.json")
    found = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    # The document asks for the year of a voucher, which is its place in the address and read-only in the body.
    schemas = found["components"]["schemas"]
    schemas["fortnox_Voucher"]["required"].remove("Year")
    return {partial: strict(schemas, partial=partial) for partial in (False, True)}


def strict(schema, *, partial):
    """Forbid unknown keys, and for updates require none: Fortnox's document says PUT may be partial."""
    if isinstance(schema, dict):
        found = {key: strict(value, partial=partial) for key, value in schema.items()}
        if partial:
            found.pop("required", None)
        return {**found, "additionalProperties": False} if "properties" in found else found
    return [strict(each, partial=partial) for each in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize("name", EVERY)
@given(data=st.data())
def test_every_body_is_what_the_document_takes(document, name, data):
    payload = data.draw(EVERY[name])
    schema = {
        "$ref": f"#/components/schemas/{SCHEMAS[payload.wrapper]}",
        "components": {"schemas": document[name.endswith("Update")]},
    }
    jsonschema.validate(json.loads(payload.to_json_bytes()), schema)


def test_every_payload_is_tried():
    import fortnox_api

    every = {name for name in fortnox_api.__all__ if name.endswith(("Payload", "Update"))}
    assert every == {
        *EVERY,
        "InvoiceRowPayload",
        "TextRowPayload",
        "KeptRowPayload",
        "VoucherRowPayload",
        "WriteOffPayload",
    }


@pytest.mark.parametrize("name", EVERY)
@given(data=st.data())
def test_a_cleaned_payload_has_clean_texts_that_fit(name, data):
    payload, changes = data.draw(EVERY[name]).clean()
    texts = [getattr(payload, field) for field in payload.texts]
    assert [text for text in texts if isinstance(text, str) and not is_clean(text)] == []
    assert payload.clean()[0] == payload
    assert all(change.field for change in changes)


@given(data=st.data())
def test_equal_payloads_are_equal_bytes(data):
    payload = data.draw(EVERY["InvoicePayload"])
    again = InvoicePayload(**{name: getattr(payload, name) for name in InvoicePayload.model_fields})
    assert again.to_json_bytes() == payload.to_json_bytes()


def test_an_invoice_has_these_very_bytes(payload):
    assert payload(remarks="Tack").to_json_bytes().decode() == (
        '{"Invoice":{"CustomerNumber":"1001","InvoiceDate":"2026-01-31","DueDate":"2026-03-02",'
        '"Currency":"SEK","VATIncluded":false,"ExternalInvoiceReference1":"UKU-0001","Remarks":"Tack",'
        '"Freight":0,"AdministrationFee":0,"InvoiceRows":[{"ArticleNumber":"5",'
        '"Description":"Bokföring januari","DeliveredQuantity":"2.5","Unit":"h","Price":900,"VAT":25,'
        '"Discount":0,"DiscountType":"PERCENT"}]}}'
    )


def test_one_amount_has_one_spelling(payload):
    bodies = {payload(freight=amount).to_json_bytes() for amount in (D("5"), D("5.0"), D("5.00"), 5)}
    assert len(bodies) == 1


def test_finlands_rate_is_sent_as_it_is_although_the_document_calls_it_a_whole_number(document):
    row = InvoiceRowPayload(delivered_quantity=D(1), price=D(1), vat=D("25.5"))
    assert row.to_dict()["VAT"] == D("25.5")
    assert document[False]["fortnox_InvoicePayload_InvoiceRow"]["properties"]["VAT"]["type"] == "integer"


@pytest.mark.parametrize(
    "amount", [1.5, "1,5", "1e2", " 1", "", D("1.125"), "1.125", D("NaN"), D("Infinity"), D(10) ** 12, True, None]
)
def test_an_amount_that_fortnox_would_not_keep_is_refused(payload, amount):
    with pytest.raises(ValidationError):
        payload(freight=amount)


@pytest.mark.parametrize("amount", ["1,5", "1e2", " 1", "", "1.125", "1000000000000", "NaN"])
def test_a_text_that_is_no_such_amount_is_refused(payload, amount):
    with pytest.raises(ValidationError):
        payload(freight=amount)


def test_rounding_is_done_on_purpose():
    assert [round_amount(D(text)) for text in ("1.123", "1.125", "-1.125", "1")] == [
        D("1.12"),
        D("1.13"),
        D("-1.13"),
        D("1.00"),
    ]
    assert round_amount(D("1.5"), 0) == D(2)


@pytest.mark.parametrize(
    "changes",
    [
        {"customer_number": ""},
        {"currency": "sek"},
        {"currency": "SEK\n"},
        {"external_reference": "x" * 81},
        {"our_reference": "x" * 51},
        {"remarks": "x" * 1025},
        {"remarks": "API_BLANK"},
        {"remarks": "API_NORIGHT"},
        {"remarks": BLANK},
        {"remarks": "\ud800"},
        {"document_number": "A1"},
        {"document_number": "1\n"},
        {"vat_included": "false"},
        {"invoice_date": "2026-13-01"},
        {"unknown": 1},
        {"invoice_date": "20260131"},
        {"customer_number": True},
        {"customer_number": 1.0},
        {"rows": "abc"},
        {"rows": None},
    ],
)
def test_what_fortnox_would_refuse_or_mistake_is_refused_here(payload, changes):
    with pytest.raises(ValidationError) as caught:
        payload(**changes)
    assert "xxx" not in str(caught.value)


def test_an_invoice_has_at_most_500_rows(payload):
    row = payload().rows[0]
    assert len(payload(rows=(row,) * 500).rows) == 500
    with pytest.raises(ValidationError):
        payload(rows=(row,) * 501)


def test_cleaning_tells_each_field_that_changed(payload):
    row = payload().rows[0].model_copy(update={"description": "Mars…"})
    dirty = payload(remarks='Se "bilaga"', rows=(TextRowPayload(description="ok"), row))
    clean, changes = dirty.clean()
    assert (clean.remarks, clean.rows[1].description) == ("Se ’bilaga’", "Mars...")
    assert changes == (
        TextChange(3, '"', "’", "remarks"),
        TextChange(10, '"', "’", "remarks"),
        TextChange(4, "…", "...", "rows.1.description"),
    )


def test_cleaning_a_clean_payload_changes_nothing(payload):
    assert payload().clean() == (payload(), ())
    assert payload(rows=()).clean() == (payload(rows=()), ())


def test_rows_of_an_update_may_be_kept_replaced_or_added():
    row = InvoiceRowPayload(delivered_quantity=D(1), price=D(1), vat=D(25), row_id=7)
    update = InvoiceUpdate(rows=(KeptRowPayload(row_id=3), row, TextRowPayload(description="Ny")))
    assert update.to_dict() == {
        "InvoiceRows": [
            {"RowId": 3},
            {
                "RowId": 7,
                "DeliveredQuantity": "1",
                "Price": D(1),
                "VAT": D(25),
                "Discount": D(0),
                "DiscountType": "PERCENT",
            },
            {"Description": "Ny"},
        ]
    }


def test_lists_iso_dates_numeric_text_and_whole_numbers_are_taken(payload):
    row = {"article_number": 5, "delivered_quantity": "2.50", "price": "900", "vat": 25, "account_number": "3001"}
    loose = payload(
        customer_number=1001,
        invoice_date="2026-01-31",
        due_date="2026-03-02",
        freight="5.00",
        document_number=1042,
        rows=[InvoiceRowPayload(**row)],
    )
    exact = payload(
        invoice_date=date(2026, 1, 31),
        due_date=date(2026, 3, 2),
        freight=D(5),
        document_number="1042",
        rows=(InvoiceRowPayload(**{**row, "article_number": "5", "price": D(900), "account_number": 3001}),),
    )
    assert loose == exact
    assert loose.to_json_bytes() == exact.to_json_bytes()
    assert CustomerUpdate(sales_account=3001).to_dict() == CustomerUpdate(sales_account="3001").to_dict()
    assert CustomerUpdate(sales_account=3001, terms_of_payment=30).to_dict() == {
        "SalesAccount": "3001",
        "TermsOfPayment": "30",
    }


@pytest.mark.parametrize("name", EVERY)
@given(data=st.data())
def test_a_payload_survives_the_way_into_json_and_back(name, data):
    payload = data.draw(EVERY[name])
    back = type(payload).model_validate_json(payload.model_dump_json())
    assert back == payload
    assert back.to_json_bytes() == payload.to_json_bytes()


def test_an_error_names_fields_as_python_does(payload):
    with pytest.raises(ValidationError) as caught:
        payload(customer_number="", external_reference=None, ocr="x", rows=[{"delivered_quantity": 1.5}])
    names = [".".join(map(str, each["loc"])) for each in caught.value.errors()]
    assert names == [
        "customer_number",
        "external_reference",
        "ocr",
        "rows.0.InvoiceRowPayload.delivered_quantity",
        "rows.0.InvoiceRowPayload.price",
        "rows.0.InvoiceRowPayload.vat",
        "rows.0.TextRowPayload.description",
        "rows.0.TextRowPayload.delivered_quantity",
    ]


@pytest.mark.parametrize("amount", [1.5, True, None, [1]])
def test_what_is_no_amount_cannot_be_rounded(amount):
    with pytest.raises(TypeError):
        round_amount(amount)


@pytest.mark.parametrize(("amount", "places"), [("x", 2), (D("Infinity"), 2), (D(1), 10**6)])
def test_what_has_no_such_places_cannot_be_rounded(amount, places):
    with pytest.raises(ValueError, match="not a number that can be rounded so"):
        round_amount(amount, places)


def test_no_field_of_a_payload_is_a_float():
    hints = [typing.get_type_hints(model) for model in (InvoicePayload, InvoiceRowPayload, ArticlePayload)]
    assert [name for each in hints for name, hint in each.items() if "float" in str(hint)] == []


def test_a_payload_shows_which_fields_are_set_and_nothing_of_a_person():
    payload = CustomerPayload(name="Anna Ek", city="Lund")
    assert f"{payload!r} {payload}" == "CustomerPayload('name', 'city') CustomerPayload('name', 'city')"
