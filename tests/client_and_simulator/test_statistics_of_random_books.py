"""Statistics of random books: each number is what was put in, by month, whatever the years look like."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.client_and_simulator.conftest import Town
from tests.client_and_simulator.test_books import connect, financial_years, journal_counts

from fortnox_sim.api import (
    credit_notes,
    invoice_booking,
    invoice_rules,
    payments,
    supplier_invoices,
    supplier_payments,
    vouchers,
)
from uku.integrations.fortnox.models import VoucherKind
from uku.integrations.fortnox.statistics.counts import Counts, count_source, sources_of
from uku.integrations.fortnox.statistics.definitions import STATISTICS
from uku.integrations.fortnox.statistics.documents import read_documents
from uku.kit.months import first_of, last_of, months_between, months_later
from uku.tasks.models import Missing

KINDS = {
    "A": VoucherKind.MANUAL,
    "Å": VoucherKind.DEPRECIATION,
    "X1": VoucherKind.ACCRUAL,
    "B": VoucherKind.CUSTOMER_INVOICE,
}
WHAT = [
    "voucher", "invoice", "credited", "cancelled", "paid", "paid, not booked", "supplier", "supplier cancelled",
    "supplier paid", "salary",
]  # fmt: skip


@st.composite
def books(draw):
    """Financial years, what happened on which of their days, and a span of months in them or beside them."""
    years = draw(financial_years())
    days = (years[-1][1] - years[0][0]).days
    events = draw(st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, days), st.sampled_from("AÅX")), max_size=30))
    first = months_later(first_of(years[0][0]), draw(st.integers(-2, 24)))
    months = list(months_between(first, months_later(first, draw(st.integers(0, 12)))))
    return years, [(what, years[0][0] + timedelta(days=day), series) for what, day, series in events], months


def put_in(company, events) -> Counter[tuple[str, date]]:
    """Let all of it happen, and tell what is to be counted of documents, by statistic and month."""
    expected: Counter[tuple[str, date]] = Counter()
    for what, day, series in events:
        for name in happen(company, what, day.isoformat(), {"X": "X1"}.get(series, series)):
            expected[name, first_of(day)] += 1
    return expected


def happen(company, what: str, day: str, series: str) -> list[str]:  # noqa: PLR0911  # one way each
    if what == "voucher":
        rows = [(6110, 80), (1910, -80)]
        vouchers.add_voucher(company, series=series, day=day, text="Porto", kind="", number="", rows=rows)
        return []
    if what == "salary":
        number = company.take_number("salarytransactions")
        row = {"SalaryRow": number, "EmployeeId": str(number), "SalaryCode": "11", "Date": day}
        company.put("salarytransactions", str(number), row)
        return ["payslips"]
    if what.startswith("supplier"):
        return happen_to_supplier(company, what, day)
    number = invoice_rules.create_invoice(
        company,
        {"CustomerNumber": "1", "InvoiceDate": day, "InvoiceRows": [{"ArticleNumber": "1", "DeliveredQuantity": "1"}]},
    )["DocumentNumber"]
    if what == "cancelled":
        invoice_rules.cancel_invoice(company, number)
        return []
    if what == "invoice":
        return ["sales_invoices"]
    invoice_booking.book_invoice(company, number)
    if what == "credited":
        _, note = credit_notes.credit_invoice(company, number)
        invoice_rules.update_invoice(company, note["DocumentNumber"], {"InvoiceDate": day})
        return ["sales_invoices", "sales_invoices", "credit_invoices"]
    payment = payments.add_payment(company, {"InvoiceNumber": number, "PaymentDate": day, "Amount": "1"})
    if what == "paid":
        payments.book_payment(company, str(payment["Number"]))
        return ["sales_invoices", "customer_payments"]
    return ["sales_invoices"]


def happen_to_supplier(company, what: str, day: str) -> list[str]:
    facts = {"SupplierNumber": "7", "InvoiceDate": day, "Total": "125", "VAT": "25"}
    number = supplier_invoices.add_supplier_invoice(company, facts)["GivenNumber"]
    if what == "supplier cancelled":
        supplier_invoices.cancel_supplier_invoice(company, number)
        return []
    if what == "supplier":
        return ["supplier_invoices"]
    supplier_invoices.book_supplier_invoice(company, number)
    payment = supplier_payments.add_payment(company, {"InvoiceNumber": number, "PaymentDate": day})
    supplier_payments.book_payment(company, str(payment["Number"]))
    return ["supplier_invoices", "supplier_payments"]


@pytest.fixture(scope="module")
def town():
    with Town() as running:
        running.switch(payment_other_year=True)
        yield running


def keep(town, years, events):
    days = [[first.isoformat(), last.isoformat()] for first, last in years]
    number = town.ask("POST", "companies", Name="Åkerö Bygg AB", years=days, customers=1, articles=1)["id"]
    since = town.mark()
    with town.app.installation.lock:
        expected = put_in(town.app.installation.company(number), events)
        town.app.installation.commit("control.books", company=number)
    for (series, month), tally in journal_counts(town, number, since).items():
        expected["vouchers", month] += tally.vouchers
        expected["voucher_rows", month] += tally.rows
        expected[f"vouchers_{KINDS.get(series, VoucherKind.OTHER)}", month] += tally.vouchers
    return number, expected


def count_all(fortnox, months) -> Counts:
    every = Counts()
    for source, names in sources_of(STATISTICS).items():
        counted = count_source(fortnox, source, months, names, lambda _fortnox, _codes: KINDS)
        every.numbers.update(counted.numbers)
        every.missing.update(counted.missing)
    return every


@pytest.mark.history
@settings(max_examples=24)
@given(found=books(), dates=st.sampled_from(["honoured", "ignored", "refused"]))
def test_each_statistic_is_what_was_put_in_by_month(town, found, dates):
    """F64"""
    years, events, months = found
    town.switch(supplier_invoice_dates=dates)
    company, expected = keep(town, years, events)
    inside = {key: number for key, number in expected.items() if months[0] <= key[1] <= months[-1] and number}
    with connect(town, company) as fortnox:
        counted = count_all(fortnox, months)
        assert {key: number for key, number in counted.numbers.items() if number} == inside
        # A month is what it is, alone or among others; and the documents behind a number are as many.
        one = months[len(months) // 2]
        alone = count_all(fortnox, [one])
        assert {key: number for key, number in counted.numbers.items() if key[1] == one} == dict(alone.numbers)
        for name in ("sales_invoices", "vouchers", "supplier_payments"):
            behind = list(
                read_documents(fortnox, name, one, last_of(one), lambda code: KINDS.get(code, VoucherKind.OTHER))
            )
            assert len(behind) == expected[name, one]
    first, last = years[0][0], years[-1][1]
    for month in months:  # a month in no year, and one partly in none, is said and not skipped
        outside = month > last or last_of(month) < first
        partly = not outside and (month < first or last_of(month) > last)
        told = {True: Missing.NO_YEAR}.get(outside, Missing.PART_OF_A_YEAR if partly else None)
        assert counted.missing.get(month) == told


@pytest.mark.history
@settings(max_examples=12)
@given(found=books())
def test_the_months_of_a_year_sum_up_to_the_year(town, found):
    """I34"""
    years, events, _months = found
    company, expected = keep(town, years, events)
    with connect(town, company) as fortnox:
        for first, last in years:
            months = list(months_between(first, last))
            counted = count_all(fortnox, months)
            for name in STATISTICS:
                of_year = sum(counted.numbers[name, month] for month in months)
                assert of_year == sum(expected[name, month] for month in months)
