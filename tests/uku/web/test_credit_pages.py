"""Crediting and cancelling in the browser: what the pages say before, and that a second click does nothing more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from uku.invoices.models import Invoice, State

pytestmark = pytest.mark.django_db
LIST = "/w/byran/billing/"


@pytest.fixture
def browser(signed_in, owner, records, no_integration):
    return signed_in(owner)


@pytest.fixture
def invoice(records, scope):
    """Two hours, 3,125 kronor, number 900000001, outside any accounting system."""
    return records.issued


def address(invoice, action: str = "") -> str:
    return f"{LIST}{invoice.pk}/{action}"


def filled(invoice, quantity: str, **changes: str) -> dict[str, str]:
    row = invoice.rows.get()
    return {"seen": "0", "ledger": "", f"quantity-{row.pk}": quantity, "reason": "", **changes}


def test_an_issued_invoice_has_both_buttons_and_a_draft_has_neither(read, browser, records, invoice):
    buttons = {"Credit", "Cancel invoice"}
    assert buttons & set(read(browser.get(address(invoice))).all("a")) == buttons
    assert buttons & set(read(browser.get(address(records.draft))).all("a")) == set()


def test_a_member_sees_neither_button(read, signed_in, member, invoice, no_integration):
    assert {"Credit", "Cancel invoice"} & set(read(signed_in(member).get(address(invoice))).all("a")) == set()


def test_the_page_proposes_what_is_left_and_says_what_it_does(read, browser, invoice):
    page = read(browser.get(address(invoice, "credit/")))
    assert page.heading == "Credit invoice 900000001"
    assert page.rows[-1] == ["Credit note", "-3,125.00"]
    text = browser.get(address(invoice, "credit/")).content.decode()
    assert f'value="{invoice.rows.get().quantity}"' in text
    assert "The client then owes nothing on this invoice." in text
    assert "The credit note gets a number from Uku." in text


def test_recalculating_shows_the_effect_and_credits_nothing(read, browser, invoice):
    answer = browser.post(address(invoice, "credit/"), filled(invoice, "1", recalculate="1"))
    assert (answer.status_code, Invoice.objects.count()) == (200, 2)
    assert "The client then still owes 1,562.00" in answer.content.decode()


def test_crediting_leads_to_the_note_and_both_pages_name_the_other(read, browser, invoice):
    answer = browser.post(address(invoice, "credit/"), filled(invoice, "2", reason="Wrong hours"))
    note = Invoice.objects.get(credits=invoice)
    assert (answer.status_code, answer["Location"]) == (302, address(note))
    assert (note.number, note.total, note.remarks) == ("900000002", Decimal("-3125.00"), "Wrong hours")
    page = read(browser.get(address(note)))
    assert page.heading == "Credit note 900000002"
    assert address(invoice) in page.values("a", "href")
    assert {"OCR", "Due date"} & set(page.all("dt")) == set()
    original = read(browser.get(address(invoice)))
    assert address(note) in original.values("a", "href")
    assert "Credited" in browser.get(address(invoice)).content.decode()
    assert {"Credit", "Cancel invoice"} & set(original.all("a")) == set()


def test_a_note_is_not_copied_as_an_invoice(browser, invoice):
    browser.post(address(invoice, "credit/"), filled(invoice, "2"))
    note = Invoice.objects.get(credits=invoice)
    before = Invoice.objects.count()
    assert (browser.post(address(note, "copy/")).status_code, Invoice.objects.count()) == (404, before)


def test_a_second_click_makes_no_second_note(browser, invoice):
    for _ in range(2):
        answer = browser.post(address(invoice, "credit/"), filled(invoice, "1"), follow=True)
    assert Invoice.objects.filter(credits=invoice).count() == 1
    assert "Nothing was done: the invoice has changed since you opened the page." in answer.content.decode()


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("3", "Write at most 2: that is what is left to credit."),
        ("-1", "Write at most 2: that is what is left to credit."),
        ("0", "Write how much is credited on at least one row."),
        ("", "Write how much is credited on at least one row."),
        ("two", "Write this number like"),
    ],
)
def test_what_cannot_be_credited_is_refused_beside_its_row(browser, invoice, quantity, words):
    answer = browser.post(address(invoice, "credit/"), filled(invoice, quantity))
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert Invoice.objects.filter(credits=invoice).count() == 0


def test_what_is_wholly_credited_or_a_note_is_not_credited_again(browser, invoice):
    browser.post(address(invoice, "credit/"), filled(invoice, "2"))
    note = Invoice.objects.get(credits=invoice)
    for each in (invoice, note):
        answer = browser.get(address(each, "credit/"), follow=True)
        assert "there is nothing to credit on this invoice" in answer.content.decode()


def test_a_note_in_the_list_has_no_due_date_and_says_what_it_is(read, browser, invoice):
    browser.post(address(invoice, "credit/"), filled(invoice, "1"))
    (row,) = [row for row in read(browser.get(LIST)).rows if row[1:2] and row[1].startswith("900000002")]
    assert (row[1], row[4], row[5], row[6], row[7]) == ("900000002 Credit note", "", "Set off", "", "-1,563.00 SEK")


def test_cancelling_asks_first_and_keeps_the_number(read, browser, invoice):
    page = read(browser.get(address(invoice, "cancel/")))
    assert (page.heading, Invoice.objects.get(pk=invoice.pk).state) == ("Cancel invoice 900000001?", State.CREATED)
    for _ in range(2):
        browser.post(address(invoice, "cancel/"))
    found = Invoice.objects.get(pk=invoice.pk)
    assert (found.state, found.number) == (State.CANCELLED, "900000001")
    shown = browser.get(address(invoice)).content.decode()
    assert ("Invoice 900000001" in shown, "Cancelled" in shown) == (True, True)


def test_a_sent_invoice_is_not_cancelled_and_the_way_on_is_named(browser, invoice):
    Invoice.objects.filter(pk=invoice.pk).update(state=State.SENT)
    answer = browser.post(address(invoice, "cancel/"), follow=True)
    assert "Only an invoice that is neither sent nor booked can be cancelled. Credit it." in answer.content.decode()
    assert Invoice.objects.get(pk=invoice.pk).state == State.SENT
