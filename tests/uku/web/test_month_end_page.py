"""The page of a month's end: its lists, its tick, its file."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.uku.conftest import AT

from uku.invoices.models import Invoice, MonthCheck

pytestmark = pytest.mark.django_db
PAGE = "/w/byran/billing/month/"


@pytest.fixture(autouse=True)
def april(monkeypatch):
    monkeypatch.setattr("uku.kit.clock.today", lambda _zone: date(2026, 4, 2))


def test_the_page_shows_each_list_of_the_month_that_the_address_names(read, signed_in, owner, records, no_integration):
    page = read(signed_in(owner).get(PAGE, {"month": "2026-03"}))
    assert page.heading == "Month end, March 2026"
    assert page.all("h2") == [
        "Drafts",
        "Issued and not sent",
        "Not booked",
        "Needs you",
        "Invoiced last month, not this month",
        "Open credit notes",
        "Owed on 31 Mar 2026",
        "Invoiced by VAT rate",
    ]
    assert ["Åkerlunds Bygg AB", "3,125.00 SEK"] in page.rows
    assert ["Total", "3,125.00 SEK"] in page.rows
    assert "Compare the total with account 1510." in page.all("span")
    assert ["25 %", "2,500.00 SEK", "625.00 SEK"] in page.rows
    assert read(signed_in(owner).get(PAGE, {"month": "nonsense"})).heading == "Month end, April 2026"


def test_what_needs_you_is_what_the_billing_list_calls_so(read, signed_in, owner, records, no_integration):
    Invoice.everywhere.filter(pk=records.issued.pk).update(difference="vat 625.01 instead of 625.00")
    page = read(signed_in(owner).get(PAGE, {"month": "2026-03"}))
    assert "No invoice needs you." not in page.all("span")
    Invoice.everywhere.filter(pk=records.issued.pk).update(difference="")
    page = read(signed_in(owner).get(PAGE, {"month": "2026-03"}))
    assert "No invoice needs you." in page.all("span")


def test_an_empty_list_promises_no_more_than_is_known(read, signed_in, owner, records, no_integration):
    """The paid invoice was not sent from Uku, and is in no accounting system that could book it."""
    Invoice.everywhere.filter(pk=records.issued.pk).update(state="paid")
    page = read(signed_in(owner).get(PAGE, {"month": "2026-03"}))
    told = {"Every invoice is sent or paid.", "No invoice in the accounting system is left to book."}
    assert told <= set(page.all("span"))


@pytest.mark.parametrize(("month", "badge"), [("2026-03", "Not checked"), ("2026-04", "Not over yet")])
def test_only_a_month_that_is_over_can_be_unchecked(read, signed_in, owner, records, no_integration, month, badge):
    page = read(signed_in(owner).get(PAGE, {"month": month}))
    assert [words for words in page.all("span") if words.startswith("Not ")] == [badge]


def test_a_month_that_is_over_is_ticked_once(read, signed_in, owner, member, records, no_integration):
    browser = signed_in(owner)
    assert "Mark as checked" not in read(browser.get(PAGE)).all("button")
    browser.post(f"{PAGE}check/", {"month": "2026-04"})
    assert MonthCheck.everywhere.count() == 0
    assert signed_in(member).post(f"{PAGE}check/", {"month": "2026-03"}).status_code == 403
    page = read(browser.post(f"{PAGE}check/", {"month": "2026-03"}, follow=True))
    assert "The month is checked, by Olga Owner." in page.all("p")
    assert "Mark as checked" not in page.all("button")
    assert browser.post(f"{PAGE}check/", {"month": "0000-00"}).status_code == 404


def test_the_lists_are_one_file(signed_in, owner, records, no_integration):
    answer = signed_in(owner).post(f"{PAGE}export/", {"month": "2026-03", "action": "csv"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "List;Client;Number;Date;Amount;Currency"
    assert "Not sent;Åkerlunds Bygg AB;900000001;2026-03-01;3125,00;SEK" in lines
    assert "Owed at the month's end;Åkerlunds Bygg AB;;2026-03-31;3125,00;SEK" in lines
    assert "Invoiced 25 %: VAT;;;2026-03-31;625,00;SEK" in lines


def test_the_page_asks_as_often_for_many_as_for_one(signed_in, owner, records, make, scope, no_integration):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = signed_in(owner)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE, {"month": "2026-03"})
        return len(queries)

    few = asked()
    for number in range(10):
        make.draft(owner, make.client(owner, f"Client {number}"))
    assert asked() == few


def test_an_empty_month_says_that_nothing_was_issued_in_it(read, signed_in, owner, workspace, no_integration):
    page = read(signed_in(owner).get(PAGE, {"month": "2026-02"}))
    sentences = [words for words in page.all("span") if words.endswith(".")]
    assert sentences == [
        "No draft is left.",
        "Nothing was issued in this month.",
        "Nothing was issued in this month.",
        "No invoice needs you.",
        "No client.",
        "No credit note is open.",
        "Nobody owed anything.",
        "Nothing was invoiced.",
    ]


def test_the_page_costs_the_same_for_many_invoices_as_for_few(
    read, signed_in, owner, scope, records, make, no_integration
):
    browser = signed_in(owner)

    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as made:
            answer = browser.get(PAGE, {"month": "2026-03"})
        return len(made), len(answer.content)

    few, _size = cost()
    facts = {"workspace_id": records.issued.workspace_id, "state": "created", "issued_at": AT, "created_at": AT}
    sums = {"net": 100, "vat": 25, "total": 125}
    for number in range(40):
        client = make.client(owner, f"Klient {number:03} AB")
        for month in (2, 3):
            day = date(2026, month, 20)
            name = f"{month}{number:03}"
            head = {"client": client, "invoice_date": day, "due_date": day, "reference": name, "number": name}
            Invoice.everywhere.create(numbering="own", ocr=name, **head, **sums, **facts)
    many, size = cost()
    assert (many == few, many <= 25, size < 100_000) == (True, True, True), (few, many, size)
    page = read(browser.get(PAGE, {"month": "2026-03"}))
    assert "and 16 more; the files below have all of them." in page.all("p")
