"""What holds for any invoice and any body, on a fixed set of examples."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fortnox_sim.test_contract import accrual

from fortnox_sim.api.invoice_totals import (
    TotalsBasis,
    add_row_totals,
    build_ocr,
    compute_luhn_digit,
    compute_totals,
    compute_vat_by_rate,
)

CENTS = st.integers(-10_000_000, 10_000_000).map(lambda cents: Decimal(cents) / 100)
RATES = st.sampled_from([Decimal(25), Decimal(12), Decimal(6), Decimal(0), Decimal("25.5")])
ROWS = st.lists(st.tuples(CENTS, CENTS, RATES, st.integers(0, 100)), max_size=8)
PURE = settings(max_examples=200)
ASKED = settings(max_examples=150)  # each example is a request
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)


def built(rows, *, included):
    keys = ("DeliveredQuantity", "Price", "VAT", "Discount")
    facts = [dict(zip(keys, (*row[:3], Decimal(row[3])), strict=True)) for row in rows]
    return [add_row_totals({**fact, "DiscountType": "PERCENT"}, vat_included=included) for fact in facts]


@PURE
@given(ROWS, st.booleans(), CENTS, st.sampled_from(["0", "0.50", "1"]))
def test_totals_always_add_up(rows, included, freight, step):
    made = built(rows, included=included)
    totals = compute_totals(
        made, TotalsBasis(vat_included=included, freight=freight, fee_rate=Decimal(25), step=Decimal(step))
    )
    excluding = totals["Net"] + (freight - totals["FreightVAT"] if included else freight)
    assert excluding + totals["TotalVAT"] + totals["RoundOff"] == totals["Total"]
    assert abs(totals["RoundOff"]) <= Decimal(step) / 2
    assert step == "0" or totals["Total"] % Decimal(step) == 0


@PURE
@given(ROWS)
def test_a_credit_note_is_the_mirror_of_its_invoice(rows):
    terms = TotalsBasis(vat_included=False)
    plain = compute_totals(built(rows, included=False), terms)
    mirrored = compute_totals(built([(-row[0], *row[1:]) for row in rows], included=False), terms)
    assert {key: -value for key, value in plain.items()} == mirrored


@PURE
@given(ROWS)
def test_rounding_per_row_strays_at_most_half_an_ore_a_row(rows):
    made = built(rows, included=False)
    per_rate, per_row = (compute_vat_by_rate(made, included=False, per_row=how) for how in (False, True))
    strays = [abs(per_rate[rate] - per_row[rate]) for rate in per_rate]
    assert all(stray <= Decimal("0.005") * (len(made) + 1) for stray in strays)


@PURE
@given(st.integers(1, 10**12))
def test_every_reference_checks_itself(number):
    text = build_ocr(str(number))
    assert (text[:-2], text[-2], compute_luhn_digit(text[:-1])) == (str(number), str(len(text) % 10), int(text[-1]))


@ASKED
@given(body=st.fixed_dictionaries({}, optional=dict.fromkeys(("Name", "Active", "Type", "SalesAccount"), JSON)))
def test_no_customer_body_breaks_the_simulator(client, body):
    assert client.post("customers", Customer=body).status_code in {201, 400}


@ASKED
@given(
    body=st.fixed_dictionaries(
        {"CustomerNumber": st.just("1")},
        optional=dict.fromkeys(("InvoiceRows", "InvoiceDate", "Freight", "DocumentNumber", "Labels"), JSON),
    ),
    row=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("Price", "DeliveredQuantity", "VAT", "RowId", "ArticleNumber", "Unit"), JSON)
    ),
)
def test_no_invoice_body_breaks_the_simulator(client, body, row):
    answers = [client.post("invoices", Invoice=body), client.post("invoices", Invoice={**body, "InvoiceRows": [row]})]
    assert all(answer.status_code in {201, 400} for answer in answers)


@ASKED
@given(
    query=st.dictionaries(
        st.sampled_from(["page", "limit", "offset", "lastmodified", "filter", "fromdate", "sent"]), st.text(max_size=25)
    )
)
def test_no_query_breaks_the_simulator(client, query):
    assert client.get("invoices", **query).status_code in {200, 400}


ODD = JSON | st.sampled_from(
    ["1", 1, 1001, 99, -1, "2026-03-31", "2030-01-01", "MONTHLY", "EUR", "API_BLANK", "1e9", 10**14]
)
ODD_ROWS = st.lists(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("Account", "Debit", "Credit", "Code", "Quantity", "Project"), ODD | st.just(1930))
    ),
    max_size=3,
)
WHOLE = {
    "vouchers": ("Voucher", ("Description", "TransactionDate", "VoucherSeries", "Comments"), "VoucherRows"),
    "supplierinvoices": (
        "SupplierInvoice",
        ("SupplierNumber", "Total", "VAT", "InvoiceDate", "Currency", "CurrencyRate", "CurrencyUnit"),
        "SupplierInvoiceRows",
    ),
    "supplierinvoicepayments": (
        "SupplierInvoicePayment",
        ("InvoiceNumber", "Amount", "AmountCurrency", "PaymentDate", "Currency", "CurrencyRate", "ModeOfPayment"),
        "WriteOffs",
    ),
    "supplierinvoiceaccruals": (
        "SupplierInvoiceAccrual",
        ("SupplierInvoiceNumber", "Times", "Total", "Period", "StartDate", "EndDate", "AccrualAccount", "CostAccount"),
        "SupplierInvoiceAccrualRows",
    ),
    "salarytransactions": ("SalaryTransaction", ("EmployeeId", "SalaryCode", "Date", "Number", "Amount"), "Total"),
    "voucherseries": ("VoucherSeries", ("Code", "Description", "Manual"), "Approver"),
    "financialyears": ("FinancialYear", ("FromDate", "ToDate", "AccountingMethod"), "AccountChartType"),
}

FIRST = {
    "supplierinvoicepayments": {"InvoiceNumber": "1", "Amount": 5},
    "salarytransactions": {"EmployeeId": "1", "SalaryCode": "11", "Date": "2026-03-02"},
    "supplierinvoiceaccruals": accrual("CostAccount", "SupplierInvoice", 1),
}


@pytest.mark.parametrize("path", WHOLE)
@ASKED
@given(data=st.data())
def test_no_body_of_the_books_breaks_the_simulator(client, path, data):
    wrapper, keys, rows = WHOLE[path]
    client.post("supplierinvoices", SupplierInvoice={"SupplierNumber": "7", "Total": "125", "VAT": "25"})
    client.put("supplierinvoices/1/bookkeep")
    body = data.draw(st.fixed_dictionaries({}, optional={**dict.fromkeys(keys, ODD), rows: ODD_ROWS | JSON}))
    assert client.post(path, **{wrapper: body}).status_code in {201, 400, 404}
    if path not in {"vouchers", "financialyears"}:
        client.post(path, **{wrapper: FIRST.get(path, {})})
        number = "A" if path == "voucherseries" else "1"
        assert client.put(f"{path}/{number}", **{wrapper: body}).status_code in {200, 400, 404}
        assert client.get(f"{path}/{number}").status_code in {200, 404}
    assert client.get(path).status_code == 200
    stored = client.app.installation.company("556001").table("vouchers").values()
    assert all(sum(amount for _, amount in voucher["VoucherRows"]) == 0 for voucher in stored)


@ASKED
@given(
    query=st.dictionaries(
        st.sampled_from(["financialyear", "financialYear", "financialyeardate", "fromdate", "todate", "voucherseries"]),
        st.text(max_size=12) | st.sampled_from(["1", "2", "9", "2026-01-01"]),
    ),
    path=st.sampled_from(
        ["vouchers", "vouchers/sublist/A", "vouchers/A/1", "voucherseries", "sie/4", "supplierinvoices"]
    ),
)
def test_no_query_of_the_books_breaks_the_simulator(client, query, path):
    assert client.get(path, **query).status_code in {200, 400, 404}
