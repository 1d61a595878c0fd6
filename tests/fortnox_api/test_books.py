"""Vouchers, series, supplier documents, salaries and SIE files, as the client asks for them."""

import gzip
from datetime import date
from decimal import Decimal

import httpx2
import pytest

from fortnox_api import (
    ConnectionFailed,
    Forbidden,
    NotFound,
    Outcome,
    Timeouts,
    Unreadable,
    VoucherPayload,
    VoucherRowPayload,
)
from fortnox_api._sie import SieTally

DAY = date(2026, 1, 31)
VOUCHER = {
    "VoucherSeries": "A", "VoucherNumber": 17, "Year": 2, "TransactionDate": "2026-01-31", "Description": "Porto",
    "ReferenceNumber": "", "ReferenceType": "", "Comments": None, "ApprovalState": 0,
}  # fmt: skip
SIE = (
    b'#FLAGGA 0\r\n#FORMAT PC8\r\n#SIETYP 4\r\n#RAR 0 20260101 20261231\r\n#VER "A" "1" 20260131 "K\x94p"\r\n{\r\n'
    b"#TRANS 6110 {} 80\r\n#TRANS 1910 {} -80\r\n}\r\n"
)


def page(plural, *rows, pages=1, number=1):
    meta = {"@TotalResources": len(rows), "@TotalPages": pages, "@CurrentPage": number}
    return {"MetaInformation": meta, plural: list(rows)}


def years(*pairs):
    rows = [{"Id": number, "FromDate": first, "ToDate": last} for number, (first, last) in enumerate(pairs, start=1)]
    return page("FinancialYears", *reversed(rows))


def test_a_voucher_is_named_by_series_number_and_year(talk, answer):
    rows = [{"Account": 6110, "Debit": 80.5, "Credit": 0, "Removed": False}]
    made = talk(answer({"Voucher": {**VOUCHER, "VoucherRows": rows}}))
    voucher = made.fortnox.vouchers.get("Å/1", 17, financial_year=2)
    assert made.asked == ["GET /3/vouchers/%C3%85%2F1/17?financialyear=2"]
    assert (voucher.series, voucher.number, voucher.year, voucher.reference_type) == ("A", "17", 2, "")
    assert [(row.account, row.debit, row.removed) for row in voucher.rows] == [(6110, Decimal("80.5"), False)]
    assert repr(voucher) == "Voucher(series='A', number='17', year=2)"


def test_a_voucher_is_booked_in_the_year_that_is_named(talk, answer):
    made = talk(answer({"Voucher": {**VOUCHER, "VoucherRows": []}}, 201))
    rows = (VoucherRowPayload(account=6110, debit=Decimal(80)), VoucherRowPayload(account=1910, credit=Decimal(80)))
    payload = VoucherPayload(voucher_series="A", transaction_date=DAY, description="Porto", rows=rows)
    assert made.fortnox.vouchers.create(payload, financial_year=2).number == "17"
    assert made.asked == ["POST /3/vouchers?financialyear=2"]
    assert made.script.bodies[0]["Voucher"] == {
        "VoucherSeries": "A",
        "TransactionDate": "2026-01-31",
        "Description": "Porto",
        "VoucherRows": [{"Account": 6110, "Debit": 80, "Credit": 0}, {"Account": 1910, "Debit": 0, "Credit": 80}],
    }


def test_a_lost_answer_to_a_voucher_is_an_unknown_outcome(talk):
    made = talk(httpx2.ReadTimeout("late"))
    rows = (VoucherRowPayload(account=6110, debit=Decimal(80)), VoucherRowPayload(account=1910, credit=Decimal(80)))
    payload = VoucherPayload(voucher_series="A", transaction_date=DAY, description="Porto", rows=rows)
    with pytest.raises(ConnectionFailed) as caught:
        made.fortnox.vouchers.create(payload, financial_year=2)
    assert (caught.value.outcome, len(made.asked)) == (Outcome.UNKNOWN, 1)


def test_a_voucher_with_one_row_is_no_voucher():
    rows = (VoucherRowPayload(account=1910),)
    with pytest.raises(ValueError, match="at least 2"):
        VoucherPayload(voucher_series="A", transaction_date=DAY, description="x", rows=rows)


def test_vouchers_are_tallied_by_series_and_type_without_what_lies_outside(talk, answer):
    rows = [
        VOUCHER,
        {**VOUCHER, "VoucherNumber": 18},
        {**VOUCHER, "VoucherSeries": "B", "ReferenceType": "INVOICE", "ReferenceNumber": "36"},
        {**VOUCHER, "VoucherNumber": 19, "TransactionDate": "2026-02-01"},
    ]
    made = talk(answer(page("Vouchers", *rows)))
    assert made.fortnox.vouchers.tally(date(2026, 1, 1), DAY, financial_year="2") == {("A", ""): 2, ("B", "INVOICE"): 1}
    assert made.asked == ["GET /3/vouchers?financialyear=2&fromdate=2026-01-01&todate=2026-01-31&limit=500&page=1"]


def test_a_month_is_asked_for_in_each_year_that_holds_days_of_it(talk, answer):
    made = talk(answer(years(("2025-07-01", "2026-01-14"), ("2026-01-15", "2026-12-31"), ("2027-01-01", "2027-12-31"))))
    found = made.fortnox.financial_years.overlapping(date(2026, 1, 1), DAY)
    assert [(year.id, first, last) for year, first, last in found] == [
        ("1", date(2026, 1, 1), date(2026, 1, 14)),
        ("2", date(2026, 1, 15), DAY),
    ]


def test_a_month_before_the_first_year_has_none(talk, answer):
    made = talk(answer(years(("2022-07-22", "2023-12-31"))), answer(years(("2022-07-22", "2023-12-31"))))
    assert made.fortnox.financial_years.overlapping(date(2022, 6, 1), date(2022, 6, 30)) == []
    july = made.fortnox.financial_years.overlapping(date(2022, 7, 1), date(2022, 7, 31))
    assert [(first, last) for _, first, last in july] == [(date(2022, 7, 22), date(2022, 7, 31))]


def test_series_are_read_made_and_changed(talk, answer):
    shown = {"Code": "A", "Description": "Redovisning", "Manual": True, "Year": 2, "Approver": {"Id": None}}
    predefined = {"Name": "INVOICE", "VoucherSeries": "B"}
    made = talk(
        answer(page("VoucherSeriesCollection", shown)),
        answer({"VoucherSeries": {**shown, "NextVoucherNumber": 18}}),
        answer(page("PreDefinedVoucherSeriesCollection", predefined)),
    )
    [listed] = made.fortnox.voucher_series.list(financial_year=2)
    assert (listed.code, listed.manual, listed.next_voucher_number) == ("A", True, None)
    assert made.fortnox.voucher_series.get("A").next_voucher_number == 18
    assert [(each.name, each.voucher_series) for each in made.fortnox.predefined_voucher_series.list()] == [
        ("INVOICE", "B")
    ]
    assert made.asked[0] == "GET /3/voucherseries?financialyear=2&limit=500&page=1"


def supplier(number, day):
    return {
        "GivenNumber": number, "InvoiceDate": day, "Total": "1250.5", "Balance": "0", "Booked": True, "Cancel": False,
        "Vouchers": [{"Number": 1, "ReferenceType": "SUPPLIERINVOICE", "Series": "D", "Year": 2}],
    }  # fmt: skip


DAYS = ("2026-01-31", "2026-02-01", "2026-02-28")
LISTED = page("SupplierInvoices", *(supplier(str(number), day) for number, day in enumerate(DAYS, start=1)))
FEBRUARY = date(2026, 2, 1), date(2026, 2, 28)


def total(number):
    return {"MetaInformation": {"@TotalResources": number}, "SupplierInvoices": []}


def test_supplier_invoices_are_read_with_amounts_sent_as_text(talk, answer):
    [first, *_] = talk(answer(LISTED)).fortnox.supplier_invoices.list(filter="fullypaid")
    assert (first.number, first.total, first.cancelled) == ("1", Decimal("1250.5"), False)
    assert [(each.series, each.number, each.year) for each in first.vouchers] == [("D", 1, 2)]


def test_a_search_by_day_is_tried_once_and_then_believed(talk, answer):
    made = talk(answer(LISTED), answer(total(1)), answer(total(2)))
    assert made.fortnox.supplier_invoices.count_between(*FEBRUARY) == 2
    assert made.fortnox.supplier_invoices.count_between(*FEBRUARY) == 2
    assert [asked.partition("?")[2] for asked in made.asked] == [
        "limit=500&page=1",
        "fromdate=2026-01-31&todate=2026-01-31&limit=1",
        "fromdate=2026-02-01&todate=2026-02-28&limit=1",
    ]


def test_a_search_by_day_that_is_ignored_is_never_believed(talk, answer):
    made = talk(answer(LISTED), answer(total(3)), answer(LISTED))
    assert [made.fortnox.supplier_invoices.count_between(*FEBRUARY) for _ in range(2)] == [2, 2]
    assert len(made.asked) == 3


def test_a_search_by_day_that_is_refused_is_never_tried_again(talk, answer, complaint):
    made = talk(answer(LISTED), complaint(2000588), answer(LISTED))
    assert [made.fortnox.supplier_invoices.count_between(*FEBRUARY) for _ in range(2)] == [2, 2]


def test_nothing_is_proved_while_all_have_one_day(talk, answer):
    one_day = page("SupplierInvoices", supplier("1", "2026-02-01"), supplier("2", "2026-02-01"))
    made = talk(answer(one_day), answer(LISTED), answer(total(1)), answer(total(2)))
    assert [made.fortnox.supplier_invoices.count_between(*FEBRUARY) for _ in range(3)] == [2, 2, 2]
    assert len(made.asked) == 4


def test_what_cannot_be_searched_by_day_is_counted_from_the_list(talk, answer):
    payments = [
        {"Number": number, "InvoiceNumber": "1", "Amount": 5, "PaymentDate": day, "Booked": True}
        for number, day in ((1, "2026-01-31"), (2, "2026-02-01"), (3, ""))
    ]
    salaries = [{"SalaryRow": number, "Date": f"2026-02-{number:02}", "Number": "8", "Amount": ""} for number in (1, 2)]
    made = talk(answer(page("SupplierInvoicePayments", *payments)), answer(page("SalaryTransactions", *salaries)))
    assert made.fortnox.supplier_invoice_payments.count_between(*FEBRUARY) == 1
    assert made.fortnox.salary_transactions.count_between(*FEBRUARY) == 2


def test_a_sie_file_is_fetched_whole_and_read_as_a_stream(talk):
    made = talk(httpx2.Response(200, content=gzip.compress(SIE), headers={"Content-Encoding": "gzip"}))
    with made.fortnox.sie.open(2) as file:
        assert [(each.series, each.number, each.text) for each in file.vouchers()] == [("A", "1", "Köp")]
    assert made.asked == ["GET /3/sie/4?financialyear=2"]


def test_vouchers_and_rows_are_counted_with_one_file_for_each_year(talk, answer):
    other = SIE.replace(b"20260131", b"20260114").replace(b"80", b"5")
    made = talk(
        answer(years(("2025-07-01", "2026-01-14"), ("2026-01-15", "2026-12-31"))),
        httpx2.Response(200, content=other + b"#VER A 2 20260115 utanf\x94r\n{\n#TRANS 1910 {} 0\n}\n"),
        httpx2.Response(200, content=SIE),
    )
    count = made.fortnox.sie.count(date(2026, 1, 1), DAY)
    assert count.months == {("A", date(2026, 1, 1)): SieTally(2, 4, Decimal(85))}
    assert (count.total, dict(count.flags), count.stray_rows) == (SieTally(2, 4, Decimal(85)), {}, 0)
    assert made.asked[1:] == ["GET /3/sie/4?financialyear=1", "GET /3/sie/4?financialyear=2"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (SIE[:-4], "the SIE file: line 5: the file ends inside a voucher"),
        (b"nonsense", "the SIE file: line 1: no SIE file of type 1 to 4"),
    ],
)
def test_a_cut_file_is_unreadable_and_gives_nothing(talk, content, reason):
    made = talk(httpx2.Response(200, content=content))
    with pytest.raises(Unreadable) as caught:
        made.fortnox.sie.open(2)
    assert (caught.value.reason, caught.value.transient, len(made.asked)) == (reason, False, 1)


@pytest.mark.parametrize("content", [b"", b"<html>maintenance</html>"])
def test_what_is_no_file_at_all_is_asked_for_again(talk, content):
    made = talk(httpx2.Response(200, content=content), httpx2.Response(200, content=SIE))
    with made.fortnox.sie.open(2) as file:
        assert file.count().total.vouchers == 1
    assert len(made.asked) == 2


def test_an_error_in_place_of_a_file_is_an_error_whatever_its_status(talk, complaint):
    made = talk(complaint(2002455, status=200))
    with pytest.raises(Forbidden):
        made.fortnox.sie.open(2)


def test_a_year_that_is_missing_is_not_found(talk, answer):
    made = talk(answer({"ErrorInformation": {"Error": 1, "Message": "Nej.", "Code": 2009016}}, 404))
    with pytest.raises(NotFound):
        made.fortnox.sie.open(9)


def test_a_file_that_is_cut_on_its_way_is_unreadable(talk):
    cut = httpx2.Response(200, content=gzip.compress(SIE)[:-9], headers={"Content-Encoding": "gzip"})
    made = talk(cut)
    with pytest.raises(Unreadable) as caught:
        made.fortnox.sie.open(2)
    assert caught.value.reason == "the answer ends too early"


def test_a_file_may_take_longer_than_another_call_and_has_its_own_end(talk, time):
    def slow(_request):
        def parts():
            yield SIE
            time.pass_by(200)
            yield b"#PROSA x\r\n"

        return httpx2.Response(200, content=parts())

    with talk(slow, timeouts=Timeouts()).fortnox.sie.open(2) as file:
        assert file.count().total.vouchers == 1
    made = talk(slow, slow, slow, timeouts=Timeouts(file=100))
    with pytest.raises(ConnectionFailed):
        made.fortnox.sie.open(2)
    assert len(made.asked) == 1


def test_a_file_that_inflates_without_end_is_dropped(talk, monkeypatch):
    monkeypatch.setattr("fortnox_api._transport._LARGEST_FILE", 1_000_000)
    content = gzip.compress(SIE + b"#PROSA " + b"x" * 2_000_000)
    made = talk(httpx2.Response(200, content=content, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Unreadable) as caught:
        made.fortnox.sie.open(2)
    assert caught.value.reason == "the answer is too large"
