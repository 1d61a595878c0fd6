"""Repeat last month: who is proposed, what moves with the month, and that a second click makes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from uku.invoices.models import Invoice, InvoiceRow

pytestmark = pytest.mark.django_db
LIST = "/w/byran/billing/"
PAGE = f"{LIST}repeat/"


@pytest.fixture
def last_month(scope, make, owner, no_integration, monkeypatch):
    """Two clients who were invoiced in February, each for January; today is 5 March."""
    from tests.uku.web.conftest import AT

    from uku.invoices.drafts import DraftHead, RowFacts, create_draft
    from uku.invoices.models import RowKind
    from uku.invoices.operations import issue_invoice

    monkeypatch.setattr("uku.kit.clock.today", lambda _zone: date(2026, 3, 5))
    for name in ("Björkhaga Trädgård AB", "Åkerlunds Bygg AB"):
        client = make.client(owner, name)
        rows = [
            RowFacts("Bokföring", Decimal("2.5"), Decimal(950), Decimal(25), "h", discount=Decimal(10)),
            RowFacts("Redovisning {period}", kind=RowKind.TEXT),
            RowFacts("Lön", Decimal(3), Decimal(240), Decimal(25), "st"),
        ]
        head = DraftHead(client, date(2026, 2, 3), None, date(2026, 1, 1), date(2026, 1, 31), your_reference="Anna")
        draft = create_draft(actor=owner, at=AT, head=head, rows=rows)
        issue_invoice(invoice=draft, actor=owner, at=AT, numbering="own")
    return list(Invoice.objects.order_by("id"))


def sent(page, **more):
    """What the form of the page would send."""
    fields = [
        (a["name"], a.get("value") or "")
        for tag, a in page.tags
        if tag == "input" and "name" in a and (a.get("type") != "checkbox" or "checked" in a)
    ]
    return {**dict(fields), "invoice": [value for name, value in fields if name == "invoice"], **more}


def rows_of(invoice):
    rows = InvoiceRow.everywhere.filter(invoice=invoice).order_by("position")
    return [(row.description, row.quantity, row.price, row.discount) for row in rows]


def made():
    return list(Invoice.everywhere.filter(state="draft").order_by("id"))


def test_each_client_gets_last_months_rows_with_the_period_moved_on(read, signed_in, owner, last_month):
    browser = signed_in(owner)
    page = read(browser.get(PAGE))
    assert page.all("legend") == ["Björkhaga Trädgård AB", "Åkerlunds Bygg AB"]
    answer = browser.post(PAGE, sent(page, on="2026-03-31"))
    assert answer["Location"] == f"{LIST}?show=draft"
    first, second = made()
    assert (str(first.client), first.invoice_date, first.supply_from, first.supply_to, first.your_reference) == (
        "Björkhaga Trädgård AB",
        date(2026, 3, 31),
        date(2026, 2, 1),
        date(2026, 2, 28),
        "Anna",
    )
    wanted = [
        ("Bokföring", Decimal("2.50"), Decimal(950), Decimal(10)),
        ("Redovisning {period}", Decimal(0), Decimal(0), Decimal(0)),
        ("Lön", Decimal(3), Decimal(240), Decimal(0)),
    ]
    assert (rows_of(first), rows_of(second)) == (wanted, wanted)


def test_quantities_are_those_that_were_written_and_0_leaves_a_row_out(read, signed_in, owner, last_month):
    browser = signed_in(owner)
    asked = sent(read(browser.get(PAGE)))
    work, _text, pay = InvoiceRow.everywhere.filter(invoice=last_month[0]).order_by("position")
    asked |= {f"quantity-{last_month[0].pk}-{work.pk}": "4,25", f"quantity-{last_month[0].pk}-{pay.pk}": "0"}
    browser.post(PAGE, {**asked, "invoice": [last_month[0].pk]})
    (draft,) = made()
    assert [row[:2] for row in rows_of(draft)] == [("Bokföring", Decimal("4.25")), ("Redovisning {period}", Decimal(0))]


def test_a_row_of_more_than_a_thousand_is_repeated_as_it_was(read, signed_in, owner, last_month):
    InvoiceRow.everywhere.filter(description="Lön").update(quantity=Decimal(1234))
    browser = signed_in(owner)
    browser.post(PAGE, sent(read(browser.get(PAGE))))
    assert [rows_of(draft)[2][1] for draft in made()] == [Decimal(1234), Decimal(1234)]


def test_a_second_click_and_a_second_tab_make_nothing(read, signed_in, owner, last_month):
    browser = signed_in(owner)
    asked = sent(read(browser.get(PAGE)))
    for _ in range(2):
        browser.post(PAGE, asked)
    assert len(made()) == 2
    notes = read(browser.get(LIST)).all("p")
    assert "Passed over, as something changed since the page was opened: " in " ".join(notes)


def test_who_has_an_invoice_this_month_is_marked_and_not_proposed(read, signed_in, owner, last_month):
    browser = signed_in(owner)
    browser.post(PAGE, sent(read(browser.get(PAGE)), invoice=[last_month[0].pk]))
    page = read(browser.get(PAGE))
    assert page.all("legend") == ["Åkerlunds Bygg AB", "Björkhaga Trädgård AB"]
    assert "Has an invoice or draft this month" in page.all("span")
    assert sent(page)["invoice"] == [str(last_month[1].pk)]


def test_a_month_named_in_a_text_and_another_currency_are_told(read, signed_in, owner, last_month):
    InvoiceRow.everywhere.filter(invoice=last_month[0], description="Lön").update(description="Lön January")
    type(last_month[1].client).everywhere.filter(pk=last_month[1].client_id).update(currency="EUR")
    browser = signed_in(owner)
    page = read(browser.get(PAGE))
    assert {"A text names January", "Billed in EUR now: make the invoice yourself"} <= set(page.all("span"))
    browser.post(PAGE, sent(page, invoice=[last_month[1].pk]))
    assert made() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"on": ""}, "Nothing was made: choose an invoice date in March 2026."),
        ({"invoice": []}, "Nothing was made: select clients first."),
    ],
)
def test_what_cannot_be_made_is_told(read, signed_in, owner, last_month, changes, words):
    browser = signed_in(owner)
    answer = browser.post(PAGE, sent(read(browser.get(PAGE)), **changes))
    assert (answer.status_code, words in read(answer).all("p"), made()) == (422, True, [])


def first_quantity(asked):
    return next(name for name in asked if name.startswith("quantity-"))


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("-5", "Björkhaga Trädgård AB: The total is less than zero. Only a credit note can have a negative total."),
        (
            "999999999999",
            "Björkhaga Trädgård AB: The total is larger than an invoice can have. Check quantities and prices.",
        ),
        ("many", "Nothing was made: a marked quantity is not a number. Write it like 1 234,50."),
    ],
)
def test_quantities_that_cannot_be_billed_are_told_and_stay_on_the_page(
    read, signed_in, owner, last_month, quantity, words
):
    browser = signed_in(owner)
    asked = sent(read(browser.get(PAGE)), on="2026-03-20", invoice=[last_month[0].pk])
    name = first_quantity(asked)
    answer = browser.post(PAGE, {**asked, name: quantity})
    page = read(answer)
    assert (answer.status_code, words in " ".join(page.all("p")), made()) == (422, True, [])
    again = sent(page)
    assert (again[name], again["on"], again["invoice"]) == (quantity, "2026-03-20", [str(last_month[0].pk)])


def test_the_page_opens_at_the_quantity_that_is_no_number(read, signed_in, owner, last_month):
    browser = signed_in(owner)
    asked = sent(read(browser.get(PAGE)), on="2026-03-20")
    wrong = [name for name in asked if name.startswith("quantity-")][2]
    again = read(browser.post(PAGE, {**asked, wrong: "1O"}))
    marked = [a["name"] for tag, a in again.tags if tag == "input" and a.get("aria-invalid") == "true"]
    assert (marked, [a["name"] for tag, a in again.tags if "autofocus" in a]) == ([wrong], [wrong])


@pytest.mark.parametrize("on", ["2026-02-28", "2026-04-01", "9999-12-31", "0001-01-01"])
def test_a_date_outside_the_month_is_refused_as_the_client_could_get_two_drafts(read, signed_in, owner, last_month, on):
    browser = signed_in(owner)
    answer = browser.post(PAGE, sent(read(browser.get(PAGE)), on=on))
    words = "Nothing was made: choose an invoice date in March 2026."
    assert (answer.status_code, words in read(answer).all("p"), made()) == (422, True, [])


@pytest.mark.parametrize(
    ("month", "on"), [("2026-03", "2026-03-05"), ("2026-04", "2026-04-01"), ("2026-02", "2026-02-28")]
)
def test_the_proposed_date_is_the_nearest_day_of_the_month(read, signed_in, owner, last_month, month, on):
    Invoice.everywhere.update(invoice_date=date(2026, int(month[-1]) - 1, 3))
    assert sent(read(signed_in(owner).get(PAGE, {"month": month})))["on"] == on


@pytest.mark.parametrize("month", ["0001-01", "9999-12", "2026-13", "x", ""])
def test_a_month_that_no_invoice_can_have_is_this_month_and_nothing_is_made_for_it(
    read, signed_in, owner, last_month, month
):
    browser = signed_in(owner)
    page = read(browser.get(PAGE, {"month": month}))
    assert sent(page)["month"] == "2026-03"
    answer = browser.post(PAGE, sent(page, month=month, on="2026-03-31"))
    assert (answer.status_code, made()) == (404, [])


def test_a_foreign_invoice_is_not_repeated(signed_in, stranger, last_month, other_workspace, records):
    answer = signed_in(stranger).post(
        "/w/annan/billing/repeat/",
        {"month": "2026-03", "on": "2026-03-31", "invoice": [last_month[0].pk], f"seen-{last_month[0].pk}": "0"},
    )
    assert (answer.status_code, Invoice.everywhere.filter(workspace=other_workspace).count()) == (302, 0)


def test_the_page_asks_as_often_for_many_as_for_two(signed_in, owner, last_month, make, scope):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = signed_in(owner)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE)
        return len(queries)

    few = asked()
    for number in range(10):
        make.draft(owner, make.client(owner, f"Client {number}"))
    Invoice.everywhere.filter(state="draft").update(
        state="created", numbering="own", issued_at="2026-02-03T09:00Z", invoice_date=date(2026, 2, 3)
    )
    assert asked() == few
