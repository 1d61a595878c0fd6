"""The books of a simulated company: its list of vouchers, its SIE files and its journal tell the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.client_and_simulator.conftest import Town

from fortnox_api import (
    Fortnox,
    Invalid,
    InvoicePayload,
    InvoiceRowPayload,
    MemoryTokenStore,
    PaceLimiter,
    RefreshTokenAuth,
    VoucherPayload,
    VoucherRowPayload,
)
from fortnox_api._sie import SieTally
from fortnox_sim.api.supplier_invoices import add_supplier_invoice

SCOPES = [
    "companyinformation", "customer", "article", "invoice", "payment", "settings", "bookkeeping", "supplierinvoice",
    "salary",
]  # fmt: skip
SERIES = ["A", "Å", "X1", "Ö"]
ACCOUNTS = [1910, 1930, 3041, 5410, 6110]


@st.composite
def financial_years(draw):
    """One to three years of 6 to 18 months, the first beginning on any day, each where the one before ended."""
    first = draw(st.dates(date(2019, 1, 1), date(2024, 12, 31)))
    years = []
    for _ in range(draw(st.integers(1, 3))):
        last = first + timedelta(days=draw(st.integers(180, 545)))
        years.append((first, last))
        first = last + timedelta(days=1)
    return years


@st.composite
def books(draw):
    """Financial years, and vouchers anywhere in them: series, day, amounts that balance."""
    years = draw(financial_years())
    days = (years[-1][1] - years[0][0]).days
    amounts = st.lists(st.integers(-10_000_00, 10_000_00).filter(bool), min_size=1, max_size=4)
    vouchers = st.tuples(st.sampled_from(SERIES), st.integers(0, days), amounts, st.booleans())
    return years, draw(st.lists(vouchers, max_size=25))


def balance(amounts):
    """Give rows that balance, in öre turned into kronor; a row of nothing is none."""
    rows = [(ACCOUNTS[index % len(ACCOUNTS)], Decimal(amount) / 100) for index, amount in enumerate(amounts)]
    rest = sum(amount for _, amount in rows)
    return [*rows, (1920, -rest)] if rest else rows


@pytest.fixture(scope="module")
def town():
    with Town() as running:
        yield running


def connect(town, company):
    app = town.app_of()
    back = town.consent(app.authorize_url(state="s", scopes=SCOPES), company=company)
    auth = RefreshTokenAuth(app, MemoryTokenStore(app.exchange_code(back["code"])))
    return Fortnox(auth=auth, base_url=town.address, limiter=PaceLimiter(0))


def keep_books(town, years, vouchers, encoding):
    """Make a company, book the vouchers by its own people, and give its number and where the journal stood."""
    town.switch(sie_encoding=encoding)
    days = [[first.isoformat(), last.isoformat()] for first, last in years]
    company = town.ask("POST", "companies", Name="Åkerö Bygg AB", years=days)["id"]
    since = town.mark()
    for series, passed, amounts, has_removed in vouchers:
        rows = [[account, str(amount)] for account, amount in balance(amounts)]
        day = (years[0][0] + timedelta(days=passed)).isoformat()
        removed = [[5410, "1"]] if has_removed else []
        body = {"series": series, "date": day, "text": f'Köp "{passed}"', "rows": rows}
        body |= {"removed": removed, "added": len(removed)}
        town.ask("POST", f"companies/{company}/vouchers", **body)
    return company, since


def month_of(text):
    return date.fromisoformat(f"{text[:7]}-01")


def journal_counts(town, company, since):
    found: dict[tuple[str, date], SieTally] = {}
    for entry in town.journal(since):
        for row in entry.get("vouchers", []):
            assert row["company"] == company
            key = row["series"], month_of(row["month"])
            tally = SieTally(row["vouchers"], row["rows"], Decimal(row["debit"]))
            found[key] = found.get(key, SieTally()) + tally
    return found


def list_counts(fortnox, years):
    """Count from the list of vouchers and each voucher's rows; every voucher balances."""
    found = defaultdict(SieTally)
    for year in fortnox.financial_years.list():
        for item in fortnox.vouchers.list(financial_year=year.id):
            voucher = fortnox.vouchers.get(item.series, item.number, financial_year=item.year)
            rows = [row for row in voucher.rows if not row.removed]
            debit, credit = (sum((getattr(row, side) for row in rows), Decimal(0)) for side in ("debit", "credit"))
            assert debit == credit
            found[item.series, item.transaction_date.replace(day=1)] += SieTally(1, len(rows), debit)
    return dict(found)


@pytest.mark.history
@settings(max_examples=50)
@given(found=books(), encoding=st.sampled_from(["cp437", "utf-8"]))
def test_sie_list_and_journal_agree_on_vouchers_rows_and_sums_by_month_and_series(town, found, encoding):
    years, vouchers = found
    company, since = keep_books(town, years, vouchers, encoding)
    with connect(town, company) as fortnox:
        counted = fortnox.sie.count(years[0][0], years[-1][1])
        assert counted.months == list_counts(fortnox, years) == journal_counts(town, company, since)
        assert (counted.total.vouchers, counted.stray_rows) == (len(vouchers), 0)
        assert set(counted.flags) <= {"no_rows", "removed_rows_only"}
        tallied = Counter()
        for year, first, last in fortnox.financial_years.overlapping(years[0][0], years[-1][1]):
            tallied += fortnox.vouchers.tally(first, last, financial_year=year.id)
    by_series = Counter()
    for (series, _), tally in counted.months.items():
        by_series[series, ""] += tally.vouchers
    assert tallied == by_series


@pytest.fixture
def fortnox(town):
    company = town.ask("POST", "companies", Name="Ny AB", customers=1, articles=1)["id"]
    with connect(town, company) as found:
        found.number = company
        yield found


def this_year(town):
    today = date.fromisoformat(town.ask("GET", "")["clock"]["today"])
    return today, date(today.year, 1, 1), date(today.year, 12, 31)


def test_every_event_of_a_company_is_a_voucher_in_its_sie_file(town, fortnox):
    today, first, last = this_year(town)
    invoice = fortnox.invoices.bookkeep(fortnox.invoices.create(payload(fortnox, today)).number)
    at = f"companies/{fortnox.number}"
    town.ask("POST", f"{at}/payments", invoice=invoice.number, amount=str(invoice.total), date=today.isoformat())
    second = fortnox.invoices.bookkeep(fortnox.invoices.create(payload(fortnox, today)).number)
    town.ask("POST", f"{at}/invoices/{second.number}/credit", book=True)
    year = fortnox.financial_years.on(today)
    rows = (VoucherRowPayload(account=6110, debit=Decimal(80)), VoucherRowPayload(account=1910, credit=Decimal(80)))
    by_hand = VoucherPayload(voucher_series="A", transaction_date=today, description="Porto", rows=rows)
    made = fortnox.vouchers.create(by_hand, financial_year=year.id)
    assert fortnox.vouchers.get("A", made.number, financial_year=year.id).rows == made.rows
    month = today.replace(day=1)
    tally = fortnox.vouchers.tally(first, last, financial_year=year.id)
    assert tally == {("A", ""): 1, ("B", "INVOICE"): 3, ("C", "INVOICEPAYMENT"): 1}
    counted = {
        series: each.vouchers for (series, when), each in fortnox.sie.count(first, last).months.items() if when == month
    }
    assert counted == {"A": 1, "B": 3, "C": 1}
    assert fortnox.vouchers.count(financial_year=year.id, from_date=first, to_date=last) == 5
    assert {each.code for each in fortnox.voucher_series.list()} >= {"A", "B", "C", "D", "E"}
    assert fortnox.predefined_voucher_series.get("INVOICE").voucher_series == "B"


def payload(fortnox, today):
    row = InvoiceRowPayload(article_number="1", delivered_quantity=Decimal(1), price=Decimal(1000), vat=Decimal(25))
    facts = {"customer_number": "1", "invoice_date": today, "due_date": today, "currency": "SEK", "vat_included": False}
    return InvoicePayload(**facts, external_reference="R", rows=(row,))


@pytest.mark.parametrize("setting", ["honoured", "ignored", "refused"])
def test_supplier_invoices_are_counted_rightly_whatever_the_search_by_day_does(town, fortnox, setting):
    town.switch(supplier_invoice_dates=setting)
    try:
        for day in ("2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01"):
            enter_supplier_invoice(town, fortnox, day)
        february = date(2026, 2, 1), date(2026, 2, 28)
        assert [fortnox.supplier_invoices.count_between(*february) for _ in range(2)] == [2, 2]
        assert [each.invoice_date.isoformat() for each in fortnox.supplier_invoices.list()][:2] == [
            "2026-01-31",
            "2026-02-01",
        ]
    finally:
        town.switch(supplier_invoice_dates="honoured")


def enter_supplier_invoice(town, fortnox, day):
    """Enter one as the company's people do: the client only reads them."""
    with town.app.installation.lock:
        company = town.app.installation.company(fortnox.number)
        add_supplier_invoice(company, {"SupplierNumber": "7", "InvoiceDate": day, "Total": "125", "VAT": "25"})
        town.app.installation.commit("control.supplierinvoices", company=fortnox.number)


def test_a_sie_file_that_is_cut_on_its_way_gives_nothing(town, fortnox):
    _, first, last = this_year(town)
    town.ask("POST", f"companies/{fortnox.number}/vouchers", rows=[[6110, 80], [1910, -80]], text="x" * 300)
    town.fault(path="/3/sie/4", action="truncate", times=9)
    try:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the outcome is what counts
            fortnox.sie.count(first, last)
        assert caught.value.outcome.value == "not_applied"
    finally:
        town.heal()
    assert fortnox.sie.count(first, last).total.vouchers == 1


def test_a_locked_period_takes_no_voucher(town, fortnox):
    today, *_ = this_year(town)
    town.ask("PATCH", f"companies/{fortnox.number}", locked_period=today.isoformat())
    rows = (VoucherRowPayload(account=6110, debit=Decimal(80)), VoucherRowPayload(account=1910, credit=Decimal(80)))
    by_hand = VoucherPayload(voucher_series="A", transaction_date=today, description="Porto", rows=rows)
    with pytest.raises(Invalid) as caught:
        fortnox.vouchers.create(by_hand, financial_year=fortnox.financial_years.on(today).id)
    assert (caught.value.code, caught.value.reason) == (2000401, "the period is locked")
