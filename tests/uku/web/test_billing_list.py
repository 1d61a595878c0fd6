"""The list of invoices: found by words, filtered, sorted and summed up, and what is done to many at once."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from uku.invoices.models import Invoice

pytestmark = pytest.mark.django_db
LIST = "/w/byran/billing/"


@pytest.fixture
def many(scope, make, owner, no_integration):
    """Three invoices that are issued and a draft, of two clients; `of` finds one by its remark."""
    from tests.uku.web.conftest import AT

    from uku.invoices.drafts import DraftHead, RowFacts, create_draft
    from uku.invoices.operations import issue_invoice

    clients = {name: make.client(owner, name) for name in ("Björkhaga Trädgård AB", "Åkerlunds Bygg AB")}
    wanted = [
        ("first", "Björkhaga Trädgård AB", date(2026, 2, 27), "1000"),
        ("second", "Björkhaga Trädgård AB", date(2026, 3, 2), "2000"),
        ("third", "Åkerlunds Bygg AB", date(2026, 3, 3), "400"),
        ("draft", "Åkerlunds Bygg AB", date(2026, 3, 4), "80"),
    ]
    for mark, name, day, price in wanted:
        row = RowFacts("Bokföring", Decimal(1), Decimal(price), Decimal(25), "h")
        made = create_draft(actor=owner, at=AT, head=DraftHead(clients[name], day, remarks=mark), rows=[row])
        if mark != "draft":
            issue_invoice(invoice=made, actor=owner, at=AT, numbering="own")
    Invoice.objects.filter(remarks="second").update(balance=Decimal(500))
    Invoice.objects.filter(remarks="first").update(balance=Decimal(0), state="paid")
    return clients


@pytest.fixture
def shown(read, signed_in, owner):
    """The marks of the invoices that an address shows, in their order."""
    browser = signed_in(owner)

    def ask(**asked):
        page = read(browser.get(LIST, asked))
        ids = [value for value in page.values("input", "value") if value and value.isdecimal()]
        ticks = [a["value"] for tag, a in page.tags if tag == "input" and a.get("name") == "invoice"]
        assert set(ticks) <= set(ids)
        marks = dict(Invoice.everywhere.values_list("pk", "remarks"))
        return [marks[int(pk)] for pk in ticks]

    return ask


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bjork", ["second", "first"]),
        ("björkhaga", ["second", "first"]),
        ("900000002", ["second"]),
        ("90000000317", []),
        ("500", ["third"]),
        ("2 500,00", ["second"]),
        ("nobody", []),
        ("%", []),
    ],
)
def test_an_invoice_is_found_by_its_client_number_ocr_or_amount(many, shown, words, found):
    assert shown(q=words) == found


def test_an_invoice_is_found_by_its_whole_ocr(many, shown):
    assert shown(q=Invoice.everywhere.get(remarks="third").ocr) == ["third"]


@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("", ["draft", "third", "second", "first"]),
        ("draft", ["draft"]),
        ("unpaid", ["third", "second"]),
        ("partly_paid", ["second"]),
        ("paid", ["first"]),
        ("needs_you", []),
        ("nonsense", ["draft", "third", "second", "first"]),
    ],
)
def test_each_filter_shows_what_it_says(many, shown, show, found):
    assert shown(show=show) == found


def test_what_needs_you_is_what_waits_for_approval_or_for_a_person_elsewhere(many, shown, ledger):
    ledger.stuck = Invoice.everywhere.get(remarks="third").reference
    Invoice.everywhere.filter(remarks="draft").update(state="approval")
    assert shown(show="needs_you") == ["draft", "third"]


def test_client_and_month_are_parts_of_the_address_that_other_parts_keep(many, shown, read, signed_in, owner):
    client = many["Björkhaga Trädgård AB"].pk
    assert shown(client=client) == ["second", "first"]
    assert shown(client=client, month="2026-02") == ["first"]
    assert shown(month="nonsense", client="x") == ["draft", "third", "second", "first"]
    page = read(signed_in(owner).get(LIST, {"client": client, "month": "2026-03", "q": "bj"}))
    assert f"?q=bj&show=unpaid&client={client}&month=2026-03" in page.values("a", "href")


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("number", ["first", "second", "third"]),
        ("-number", ["third", "second", "first"]),
        ("client", ["second", "first", "third"]),
        ("date", ["first", "second", "third"]),
        ("-due", ["third", "second", "first"]),
        ("total", ["third", "first", "second"]),
        ("-left", ["third", "second", "first"]),
        ("nonsense", ["third", "second", "first"]),
    ],
)
def test_each_column_sorts_both_ways(many, shown, sort, found):
    Invoice.everywhere.filter(remarks="draft").delete()
    assert shown(sort=sort) == found


def test_the_sums_are_those_of_all_that_is_shown_by_currency(many, read, signed_in, owner):
    Invoice.everywhere.filter(remarks="draft").update(currency="EUR")
    page = read(signed_in(owner).get(LIST))
    (line,) = [text for text in page.all("p") if "left to pay" in text]
    assert line == (
        "1 invoice, total 100.00 EUR, left to pay 0.00 EUR 3 invoices, total 4,250.00 SEK, left to pay 1,000.00 SEK"
    )


def test_many_drafts_are_issued_at_once_and_those_that_cannot_be_are_named(many, make, owner, signed_in, read, scope):
    poor = make.client(owner, "No Address AB", address1="")
    left = make.draft(owner, poor)
    browser, ids = signed_in(owner), list(Invoice.everywhere.values_list("pk", flat=True))
    answer = browser.post(f"{LIST}bulk/", {"invoice": ids, "action": "issue", "query": "show=draft"})
    assert answer["Location"] == f"{LIST}?show=unpaid"
    page, named = read(browser.get(LIST)), "1 draft was not issued: No Address AB."
    told = [words.replace(" .", ".") for words in page.all("p")]
    assert "1 invoice is issued." in told
    assert f"{named} Open it to see what to correct first." in told
    assert page.values("a", "href").count(f"{LIST}{left.pk}/") == 2  # in the note, and in the list
    states = sorted(Invoice.everywhere.values_list("state", flat=True))
    assert states == ["created", "created", "created", "draft", "paid"]
    browser.post(f"{LIST}bulk/", {"invoice": ids, "action": "issue"})
    assert not [words for words in read(browser.get(LIST)).all("p") if words.endswith("issued.")]
    assert sorted(Invoice.everywhere.values_list("state", flat=True)) == states
    browser.post(f"{LIST}bulk/", {"invoice": [pk for pk in ids if pk != left.pk], "action": "issue"})
    assert "Nothing was issued: no draft was selected." in read(browser.get(LIST)).all("p")


def test_many_are_copied_and_a_foreign_one_refuses_all(many, signed_in, owner):
    ids = list(Invoice.everywhere.values_list("pk", flat=True))
    assert signed_in(owner).post(f"{LIST}bulk/", {"invoice": [*ids, 999999], "action": "copy"}).status_code == 404
    assert Invoice.everywhere.count() == 4
    signed_in(owner).post(f"{LIST}bulk/", {"invoice": ids, "action": "copy"})
    assert Invoice.everywhere.filter(state="draft").count() == 5


def test_a_member_without_issue_issues_none(many, signed_in, member):
    ids = list(Invoice.everywhere.filter(state="draft").values_list("pk", flat=True))
    assert signed_in(member).post(f"{LIST}bulk/", {"invoice": ids, "action": "issue"}).status_code == 403
    assert Invoice.everywhere.filter(state="draft").count() == 1


def test_the_filtered_list_is_a_file_and_the_export_is_written_down(many, signed_in, owner, scope):
    from uku.workspaces.models import AuditEntry

    browser = signed_in(owner)
    answer = browser.post(f"{LIST}export/", {"action": "csv", "query": "show=unpaid"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "Number;Client;Date;Due;Status;Net;VAT;Total;Left to pay;Currency;OCR"
    assert [line.split(";")[0:2] for line in lines[1:]] == [
        ["900000003", "Åkerlunds Bygg AB"],
        ["900000002", "Björkhaga Trädgård AB"],
    ]
    assert lines[2].split(";")[5:10] == ["2000,00", "500,00", "2500,00", "500,00", "SEK"]
    book = browser.post(f"{LIST}export/", {"action": "xlsx", "query": ""})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(book.streaming_content))).active
    assert sheet.max_row == 5
    summaries = AuditEntry.objects.filter(action="invoice.export").order_by("id").values_list("summary", flat=True)
    assert list(summaries) == ["Invoices exported: 2", "Invoices exported: 4"]
    assert browser.post(f"{LIST}export/", {"action": "exe"}).status_code == 404


def test_amounts_are_numbers_in_both_files_also_those_below_zero(many, signed_in, owner, scope):
    Invoice.objects.filter(remarks="third").update(net=Decimal(-400), vat=Decimal(-100), total=Decimal(-500))
    browser = signed_in(owner)
    answers = [browser.post(f"{LIST}export/", {"action": kind, "query": "sort=total"}) for kind in ("csv", "xlsx")]
    text, book = (b"".join(answer.streaming_content) for answer in answers)
    assert text.decode("utf-8-sig").splitlines()[1].split(";")[5:9] == ["-400,00", "-100,00", "-500,00", "-500,00"]
    first = next(openpyxl.load_workbook(io.BytesIO(book)).active.iter_rows(min_row=2, values_only=True))
    assert first[5:9] == (-400, -100, -500, -500)


def test_a_refused_delivery_needs_somebody_until_a_later_one_goes_out(many, shown, owner, scope):
    from tests.uku.web.conftest import AT

    from uku.invoices.delivery_models import DeliveryState, DeliveryWay, InvoiceDelivery

    facts = {"invoice": Invoice.objects.get(remarks="third"), "way": DeliveryWay.UKU, "asked_by": owner, "asked_at": AT}
    InvoiceDelivery.objects.create(state=DeliveryState.REFUSED, **facts)
    assert shown(show="needs_you") == ["third"]
    InvoiceDelivery.objects.create(state=DeliveryState.SENT, **facts)
    assert shown(show="needs_you") == []
