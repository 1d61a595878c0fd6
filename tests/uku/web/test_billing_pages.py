from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from uku.integrations.registry import Badge
from uku.invoices.models import Invoice
from uku.web.templatetags.figures import full_number

pytestmark = pytest.mark.django_db
LIST = "/w/byran/billing/"


def test_the_list_shows_number_dates_standing_and_total(read, signed_in, member, records, no_integration, april):
    page = read(signed_in(member).get(LIST))
    assert page.heading == "Billing"
    assert page.rows == [
        ["", "Number", "Client", "Date ↓", "Due", "Status", "Left to pay", "Total"],
        [
            "",
            "900000001 · due 31 Mar",
            "Åkerlunds Bygg AB",
            "1 Mar",
            "31 Mar",
            "Overdue 1 day",
            "3,125.00",
            "3,125.00 SEK",
        ],
        ["", "Draft · due 31 Mar", "Åkerlunds Bygg AB", "1 Mar", "31 Mar", "", "", "3,125.00 SEK"],
    ]
    assert [chip for chip in page.all("a") if chip[-1:].isdigit() and " " in chip] == [
        "All 2",
        "Drafts 1",
        "Unpaid 1",
        "Overdue 1",
    ]


@pytest.mark.parametrize(("today", "words"), [(22, "Unpaid"), (23, "Overdue 1 day")])
def test_an_invoice_is_overdue_after_the_first_banking_day_on_which_it_could_be_paid(
    read, signed_in, owner, records, no_integration, monkeypatch, today, words
):
    """It is due on Midsummer's Eve, when banks are closed until Monday."""
    Invoice.everywhere.exclude(number="").update(due_date=date(2026, 6, 19))
    monkeypatch.setattr("uku.kit.clock.today", lambda _zone: date(2026, 6, today))
    page = read(signed_in(owner).get(LIST))
    assert page.rows[1][5] == words
    overdue = read(signed_in(owner).get(LIST, {"show": "overdue"}))
    assert len(overdue.rows) == (2 if today == 23 else 0)


def test_a_chip_shows_one_state_and_nonsense_shows_all(read, signed_in, owner, records, no_integration):
    client = signed_in(owner)
    assert len(read(client.get(LIST, {"show": "draft"})).rows) == 2
    assert len(read(client.get(LIST, {"show": "no-such"})).rows) == 3
    assert read(client.get(LIST, {"show": "cancelled"})).all("h2") == ["No invoices here now"]


def test_the_integrations_words_stand_where_the_number_will(read, signed_in, owner, unnumbered, ledger):
    (row,) = read(signed_in(owner).get(LIST)).rows[1:]
    assert (row[1], row[5]) == ("Waiting for number from Ledger · due 31 Mar", "")


@pytest.mark.parametrize(
    ("tone", "shown"), [("bad", "Refused"), ("warning", "Refused"), ("neutral", "Unpaid"), ("good", "Unpaid")]
)
def test_of_payment_and_integration_the_worse_is_the_status(
    read, signed_in, owner, records, ledger, monkeypatch, tone, shown
):
    monkeypatch.setattr("uku.kit.clock.today", lambda _zone: date(2026, 3, 2))
    badge = Badge("Refused", tone)
    monkeypatch.setattr(type(ledger), "invoice_badges", lambda _, invoices: {found.pk: badge for found in invoices})
    assert read(signed_in(owner).get(LIST)).rows[1][5] == shown


def test_without_the_integrations_words_there_is_no_number(read, signed_in, owner, unnumbered, no_integration):
    (row,) = read(signed_in(owner).get(LIST)).rows[1:]
    assert row[1] == "No number · due 31 Mar"


def test_the_list_asks_as_often_for_many_as_for_one(make, signed_in, scope, owner, ledger):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, browser = make.client(owner, "Åkerlunds"), signed_in(owner)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            browser.get(LIST)
        return len(queries)

    make.draft(owner, client)
    few = asked()
    for _ in range(20):
        make.draft(owner, client)
    assert asked() == few


def draft_facts(records, **changes):
    """What a program posts: a product and nothing else in row 0."""
    facts = {"client": records.client.pk, "invoice_date": "2026-03-31", "rows-0-product": records.product.pk}
    return {**facts, **changes}


def rows_of(invoice):
    return [
        (r.position, r.description, r.quantity, r.unit, r.price, r.vat_rate, r.article_number)
        for r in type(invoice).everywhere.get(pk=invoice.pk).rows.model.everywhere.filter(invoice=invoice)
    ]


def newest():
    from uku.invoices.models import Invoice

    return Invoice.everywhere.order_by("-id").first()


def test_a_row_takes_what_it_lacks_from_its_product(signed_in, owner, records):
    typed = {
        "rows-1-product": records.product.pk,
        "rows-1-description": "Review",
        "rows-1-quantity": "2,5",
        "rows-1-price": "1 400",
        "rows-3-description": "Postage",
        "rows-3-quantity": "1",
        "rows-3-price": "62.50",
        "rows-3-vat_rate": "12",
        "rows-3-unit": "st",
    }
    answer = signed_in(owner).post(f"{LIST}new/", draft_facts(records, **typed))
    made = newest()
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{made.pk}/edit/")
    assert rows_of(made) == [
        (1, "Bookkeeping", Decimal("1.00"), "h", Decimal("1250.00"), Decimal("25.00"), "100"),
        (2, "Review", Decimal("2.50"), "h", Decimal("1400.00"), Decimal("25.00"), "100"),
        (3, "Postage", Decimal("1.00"), "st", Decimal("62.50"), Decimal("12.00"), ""),
    ]
    assert (made.state, made.net, made.vat, made.rounding, made.total) == (
        "draft",
        Decimal("4812.50"),
        Decimal("1195.00"),
        Decimal("0.50"),
        Decimal("6008.00"),
    )


def test_a_zero_that_was_typed_is_a_zero(signed_in, owner, records):
    signed_in(owner).post(f"{LIST}new/", draft_facts(records, **{"rows-0-price": "0", "rows-0-vat_rate": "0"}))
    assert rows_of(newest())[0][4:6] == (Decimal("0.00"), Decimal("0.00"))


def row(number, **typed):
    """What a row without a product would send."""
    facts = {"description": "Returned", "quantity": "1", "price": "5", **typed}
    return {f"rows-{number}-{name}": text for name, text in facts.items()}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"client": ""}, "Choose the client to invoice."),
        ({"client": "999999999"}, "This client is not in your list. Choose another."),
        ({"client": "x' OR 1=1"}, "This client is not in your list. Choose another."),
        ({"client": "9" * 40}, "This client is not in your list. Choose another."),
        ({"invoice_date": ""}, "Choose the invoice date."),
        ({"invoice_date": "31/3"}, "Write the date like 2026-03-31."),
        ({"invoice_date": "9999-12-31"}, "Choose a date from 2000 on, at most a year ahead."),
        ({"invoice_date": "0001-01-01"}, "Choose a date from 2000 on, at most a year ahead."),
        (
            {"supply_from": "0001-01-01", "supply_to": "2026-03-31"},
            "Choose a date from 2000 on, at most ten years ahead.",
        ),
        ({"supply_to": "9999-12-31"}, "Choose a date from 2000 on, at most ten years ahead."),
        ({"rows-0-product": ""}, "Fill in at least one row."),
        ({"rows-0-product": "999"}, "This product is not in your list. Choose another."),
        ({"rows-0-quantity": "1.234"}, "Write this number like 1 234,50 or 1234.50, with two decimals at most."),
        ({"rows-0-price": "lots"}, "Write this number like 1 234,50 or 1234.50, with two decimals at most."),
        ({"rows-0-price": "1\x00"}, "Write this number like 1 234,50 or 1234.50, with two decimals at most."),
        ({"rows-0-vat_rate": "250"}, "Write a VAT rate in per cent from 0 up to 100, such as 25."),
        ({"rows-1-description": "Postage", "rows-1-quantity": "1"}, "Write a price, such as 1 250,00."),
        (
            {"rows-0-product": "", "rows-1-description": "Text"},
            "Fill in at least one row with a quantity and a price.",
        ),
        ({"rows-1-price": "5"}, "Write a description."),
        (
            {"rows-0-quantity": "999999999999", "rows-0-price": "999999999999"},
            "The total is larger than an invoice can have. Check quantities and prices.",
        ),
        ({"rows-0-quantity": "-1"}, "The total is less than zero. Only a credit note can have a negative total."),
        (
            {"rows-0-discount": "100", **row("1", quantity="-1", vat_rate="25")},
            "The total is less than zero. Only a credit note can have a negative total.",
        ),
        (
            {"rows-0-vat_rate": "0", **row("1", quantity="-1", price="1250", vat_rate="25")},
            "The total is less than zero. Only a credit note can have a negative total.",
        ),
        (
            {"rows-100-description": "x"},
            "An invoice can have 100 rows at most. Write the others on a second invoice.",
        ),
    ],
)
def test_a_draft_that_cannot_be_is_refused_in_words(read, signed_in, owner, records, changes, sentence):
    from uku.invoices.models import Invoice

    answer = signed_in(owner).post(f"{LIST}new/", draft_facts(records, **changes))
    page = read(answer)
    assert answer.status_code == 422
    assert sentence in {*page.all("li"), *page.all("p")}
    assert "The draft is not saved." in page.all("p")
    assert Invoice.everywhere.count() == 2


def test_a_refused_draft_keeps_what_was_typed(read, signed_in, owner, records):
    page = read(signed_in(owner).post(f"{LIST}new/", draft_facts(records, **{"rows-0-quantity": "many"})))
    typed = {a["name"]: a.get("value") for tag, a in page.tags if tag == "input" and "name" in a}
    assert (typed["rows-0-quantity"], typed["invoice_date"]) == ("many", "2026-03-31")


def test_the_form_works_with_a_client_in_the_address(read, signed_in, owner, records):
    client = signed_in(owner)
    page = read(client.get(f"{LIST}new/", {"client": records.client.pk}))
    typed = {a["name"]: a.get("value") for tag, a in page.tags if tag == "input" and "name" in a}
    assert (typed["client"], typed["client-words"]) == (str(records.client.pk), "Åkerlunds Bygg AB")
    for nonsense in ("x", "9" * 40, "\x00"):
        assert client.get(f"{LIST}new/", {"client": nonsense}).status_code == 200


def test_more_rows_are_added_without_saving(read, signed_in, owner, records):
    facts = draft_facts(records, **{"rows-4-description": "Last", "more": "1"})
    page = read(signed_in(owner).post(f"{LIST}new/", facts))
    names = [name for name in page.values("input", "name") if name and name.endswith("-description")]
    assert names == [*(f"rows-{n}-description" for n in range(10)), "rows-new-description"]
    typed = {a["name"]: a.get("value") for tag, a in page.tags if tag == "input" and "name" in a}
    assert typed["rows-4-description"] == "Last"
    assert newest() == records.issued


def test_a_search_of_products_tells_what_a_row_takes_from_each(read, signed_in, owner, records):
    page = read(signed_in(owner).get(f"{LIST}products/", {"q": "book"}))
    (hit,) = [attributes for tag, attributes in page.tags if tag == "li"]
    names = ("id", "words", "description", "quantity", "unit", "price", "vat_rate")
    assert [hit[f"data-{name}"] for name in names] == [
        str(records.product.pk),
        str(records.product),
        "Bookkeeping",
        "1",
        "h",
        "1,250.00",
        "25",
    ]


def test_a_name_that_one_record_has_needs_no_choice(signed_in, owner, records, make):
    words = {"client": "", "client-words": "åkerlunds bygg ab", "rows-0-product": "", "rows-0-product-words": "Bookk"}
    answer = signed_in(owner).post(f"{LIST}new/", draft_facts(records, **words))
    assert (answer.status_code, newest().client, rows_of(newest())[0][1]) == (302, records.client, "Bookkeeping")


def test_words_that_name_several_or_none_are_asked_about(read, signed_in, owner, records, make, scope):
    make.client(owner, "Åkerlunds Måleri AB")
    browser = signed_in(owner)
    asked = {"client": "", "client-words": "åkerlunds"}
    several = read(browser.post(f"{LIST}new/", draft_facts(records, **asked)))
    words = "Several have this name: Åkerlunds Bygg AB, Åkerlunds Måleri AB."
    assert f"{words} Choose one of the list, or write more of its name." in several.all("li")
    asked = {"client": str(records.client.pk), "client-words": "Nobody"}
    none = read(browser.post(f"{LIST}new/", draft_facts(records, **asked)))
    assert "Nothing in your list is called “Nobody”. Choose one of the list." in none.all("li")


def test_a_description_alone_is_a_row_of_text(signed_in, owner, records):
    facts = {"rows-1-description": "Redovisning mars", "rows-0-discount": "12,5"}
    signed_in(owner).post(f"{LIST}new/", draft_facts(records, **facts))
    found = [
        (row.kind, row.description, row.discount) for row in newest().rows.model.everywhere.filter(invoice=newest())
    ]
    assert found == [("article", "Bookkeeping", Decimal("12.50")), ("text", "Redovisning mars", Decimal(0))]
    assert newest().net == Decimal("1093.75")


def test_the_sums_and_checks_are_shown_without_saving_anything(read, signed_in, owner, records, no_integration):
    facts = draft_facts(records, **{"rows-0-quantity": "2", "rows-1-quantity": "1", "draft": ""})
    page = read(signed_in(owner).post(f"{LIST}summary/", facts))
    assert (page.facts["Net"], page.facts["Amount due"]) == ("2,500.00", "3,125.00 SEK")
    assert "1 row is not complete, and is not counted." in page.all("p")
    assert [tag for tag, _a in page.tags if tag in ("input", "select", "textarea")] == []
    assert newest() == records.issued


def test_a_draft_is_issued_from_its_page_and_the_next_one_has_its_date(read, signed_in, owner, records, no_integration):
    browser = signed_in(owner)
    answer = browser.post(f"{LIST}new/", draft_facts(records, then="issue-next"))
    assert (answer["Location"], newest().state) == (f"{LIST}new/?date=2026-03-31", "created")
    answer = browser.post(f"{LIST}new/", draft_facts(records, then="issue"))
    assert (answer["Location"], newest().state) == (f"{LIST}{newest().pk}/", "created")


def test_what_is_not_right_leaves_a_saved_draft(signed_in, owner, records, no_integration):
    type(records.client).everywhere.update(address1="")
    answer = signed_in(owner).post(f"{LIST}new/", draft_facts(records, then="issue"))
    assert (answer["Location"], newest().state) == (f"{LIST}{newest().pk}/edit/", "draft")


def test_a_due_date_that_was_chosen_stays_and_else_follows_the_terms(read, signed_in, owner, records):
    browser = signed_in(owner)
    browser.post(f"{LIST}new/", draft_facts(records, due_date="2026-04-15"))
    chosen = newest()
    browser.post(f"{LIST}new/", draft_facts(records))
    assert [str(chosen.due_date), str(newest().due_date)] == ["2026-04-15", "2026-04-30"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"due_date": "2026-03-30"}, "Choose a date on or after the invoice date, at most a year later."),
        ({"supply_from": "2026-03-01"}, "Choose the last day of the period."),
        ({"supply_from": "2026-03-02", "supply_to": "2026-03-01"}, "The period ends before it begins."),
        ({"rows-0-discount": "101"}, "Write a discount in per cent from 0 to 100, such as 10."),
    ],
)
def test_dates_and_discounts_that_cannot_be_are_refused_in_words(read, signed_in, owner, records, changes, sentence):
    answer = signed_in(owner).post(f"{LIST}new/", draft_facts(records, **changes))
    assert (answer.status_code, sentence in read(answer).all("li")) == (422, True)


def test_a_text_names_the_period_when_it_is_issued(signed_in, owner, records, no_integration):
    facts = {"rows-1-description": "Redovisning {period}", "supply_from": "2026-03-01", "supply_to": "2026-03-31"}
    signed_in(owner).post(f"{LIST}new/", draft_facts(records, then="issue", **facts))
    assert rows_of(newest())[1][1] == "Redovisning March 2026"


def test_a_period_in_a_text_and_none_on_the_invoice_stops_it(read, signed_in, owner, records, no_integration):
    facts = draft_facts(records, **{"rows-1-description": "Redovisning {period}", "then": "issue"})
    page = read(signed_in(owner).post(f"{LIST}new/", facts, follow=True))
    words = "A text has {period} in it, and the invoice has no period. Write the last day of the period."
    assert (newest().state, words in page.all("li")) == ("draft", True)


def test_the_rows_of_the_clients_latest_invoice_are_copied_into_the_form(
    read, signed_in, owner, records, no_integration
):
    browser = signed_in(owner)
    page = read(browser.post(f"{LIST}summary/", {"client": records.client.pk, "invoice_date": "2026-03-31"}))
    assert "Copy rows of 900000001" in page.all("button")
    asked = {"client": records.client.pk, "invoice_date": "2026-03-31", "rows_of": records.issued.pk}
    page = read(browser.post(f"{LIST}new/", asked))
    typed = {a["name"]: a.get("value") for tag, a in page.tags if tag == "input" and "name" in a}
    found = [typed[f"rows-0-{name}"] for name in ("description", "quantity", "price")]
    assert found == ["Bookkeeping", "2", "1250.00"]
    assert newest() == records.issued


def test_the_invoice_page_carries_what_the_law_asks_for(read, signed_in, member, workspace, records, no_integration):
    page = read(signed_in(member).get(f"{LIST}{records.issued.pk}/"))
    assert page.heading == "Invoice 900000001"
    assert page.rows == [
        ["Description", "Quantity", "Unit", "Price", "VAT", "Amount, SEK"],
        ["Bookkeeping Article 100", "2 h × 1,250.00", "h", "1,250.00", "25 %", "2,500.00"],
        ["Net", "2,500.00"],
        ["VAT 25 % on 2,500.00", "625.00"],
        ["Amount due", "3,125.00"],
    ]
    assert (page.facts["Number"], page.facts["OCR"]) == ("900000001", "90000000118 Copy OCR number")
    seller = f"Organisation number {full_number(workspace.organisation_number)} VAT number {workspace.vat_number}"
    assert f"{seller} Registered office Malmö Approved for F-tax" in page.all("p")
    assert "Issue" not in page.all("button")


def test_payments_and_what_is_left_are_shown(read, signed_in, owner, records, scope, no_integration):
    from datetime import UTC, date, datetime

    from uku.invoices.ledger_facts import PaymentFact, Reading
    from uku.invoices.read_back import accept_reading

    at = datetime(2026, 4, 2, tzinfo=UTC)
    payments = (
        PaymentFact("12", Decimal(100), date(2026, 3, 9), True),
        PaymentFact("13", Decimal(50), date(2026, 3, 10), False),
    )
    reading = Reading(at, Decimal(3025), True, False, True, None, payments)
    accept_reading(invoice=records.issued, reading=reading, at=at)
    page = read(signed_in(owner).get(f"{LIST}{records.issued.pk}/"))
    assert page.rows == [
        ["Description", "Quantity", "Unit", "Price", "VAT", "Amount, SEK"],
        ["Bookkeeping Article 100", "2 h × 1,250.00", "h", "1,250.00", "25 %", "2,500.00"],
        ["Net", "2,500.00"],
        ["VAT 25 % on 2,500.00", "625.00"],
        ["Amount due", "3,125.00"],
        ["Date", "Payment", "Booking", "Amount, SEK"],
        ["9 Mar 2026", "12", "Booked", "100.00"],
        ["10 Mar 2026", "13", "Not booked, not counted", "50.00"],
        ["Left to pay", "3,025.00"],
    ]


def test_the_integrations_panel_shows_its_error_in_three_parts(read, signed_in, owner, unnumbered, ledger):
    page = read(signed_in(owner).get(f"{LIST}{unnumbered.pk}/"))
    parts = ["Ledger did not take it.", "Nothing was booked.", "Send it again."]
    assert [text for text in page.all("p") if text in parts] == parts
    assert "Fel (1)" in signed_in(owner).get(f"{LIST}{unnumbered.pk}/").content.decode()


def test_a_difference_is_a_warning(read, signed_in, owner, records):
    from uku.invoices.models import Invoice

    Invoice.everywhere.filter(pk=records.issued.pk).update(difference="vat 625.01 instead of 625.00")
    page = read(signed_in(owner).get(f"{LIST}{records.issued.pk}/"))
    assert "The amounts in the accounting system differ from Uku's." in page.all("p")


def test_the_page_says_what_is_left_when_it_is_due_and_who_did_what(read, signed_in, owner, records, no_integration):
    Invoice.everywhere.filter(pk=records.issued.pk).update(balance=Decimal(1000))
    page = read(signed_in(owner).get(f"{LIST}{records.issued.pk}/"))
    assert "1,000.00 left of 3,125.00 SEK, due 31 Mar 2026" in page.all("span")
    history = [text for text in page.all("li") if "Olga Owner" in text]
    assert [words in text for words, text in zip(("was issued", "Draft for"), history, strict=True)] == [True, True]


def test_a_difference_stops_sending_until_somebody_accepts_it(read, signed_in, owner, member, records, no_integration):
    browser, place = signed_in(owner), f"{LIST}{records.issued.pk}/"
    Invoice.everywhere.filter(pk=records.issued.pk).update(difference="vat 625.01 instead of 625.00")
    told = "The amounts in the accounting system differ from Uku's. Accept them on the invoice first."
    assert told in read(browser.get(f"{place}send/", follow=True)).all("p")
    assert "Accept the amounts" in read(browser.get(place)).all("button")
    assert signed_in(member).post(f"{place}accept/", {"difference": "vat 625.01 instead of 625.00"}).status_code == 403
    changed = read(browser.post(f"{place}accept/", {"difference": "vat 1 instead of 2"}, follow=True))
    assert "Nothing was accepted: the amounts changed. Read them again." in changed.all("p")
    done = read(browser.post(f"{place}accept/", {"difference": "vat 625.01 instead of 625.00"}, follow=True))
    assert ("The amounts are accepted. The invoice can be sent." in done.all("p"), "Send" in done.all("a")) == (
        True,
        True,
    )


def test_issuing_gives_the_number_once(read, signed_in, owner, records, no_integration):
    client = signed_in(owner)
    for _ in range(2):
        answer = client.post(f"{LIST}{records.draft.pk}/issue/")
        assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{records.draft.pk}/")
    records.draft.refresh_from_db()
    assert (records.draft.state, records.draft.number) == ("created", "900000002")
    notes = [text for text in read(client.get(f"{LIST}{records.draft.pk}/")).all("p") if "issued" in text]
    assert notes == [
        "The invoice to Åkerlunds Bygg AB is issued. Its content can no longer be changed.",
        "This invoice is already issued. Nothing was done.",
    ]


def test_issuing_needs_a_post(signed_in, owner, records):
    assert signed_in(owner).get(f"{LIST}{records.draft.pk}/issue/")["Location"] == f"{LIST}{records.draft.pk}/"


def test_what_is_missing_is_listed_with_the_place_to_add_it(read, make, signed_in, scope, owner):
    from uku.workspaces.models import Workspace

    Workspace.objects.update(vat_number="")
    client = make.client(owner, "No Address AB", address1="")
    draft = make.draft(owner, client)
    page = read(signed_in(owner).post(f"{LIST}{draft.pk}/issue/", follow=True))
    assert [li for li in page.all("li") if li.startswith("Missing:")] == [
        "Missing: your firm's VAT number. Add it to the company details. Company details",
        "Missing: the client's address. Add it to the client. No Address AB",
    ]
    assert "/w/byran/settings/company/" in page.values("a", "href")
    assert f"/w/byran/clients/{client.pk}/edit/" in page.values("a", "href")
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_an_invoice_is_not_issued_for_another_company_than_the_page_named(read, signed_in, owner, records, ledger):
    from uku.integrations.registry import NumberSource

    ledger.source = NumberSource("Ledger", "2")
    client = signed_in(owner)
    page = read(client.get(f"{LIST}{records.draft.pk}/edit/"))
    promised = [a["value"] for tag, a in page.tags if tag == "input" and a.get("name") == "ledger"]
    assert promised == ["2"]
    client.post(f"{LIST}{records.draft.pk}/issue/", {"ledger": "1"})
    records.draft.refresh_from_db()
    assert (records.draft.state, records.draft.number) == ("draft", "")
    said = (
        "Nothing was issued: the company that gives the number has changed since you opened the page."
        " Read the text next to Issue, and click it again."
    )
    assert said in read(client.get(LIST)).all("p")


def test_what_is_not_right_is_told_on_the_draft_before_anyone_presses_issue(read, signed_in, member, records, ledger):
    from uku.invoices.checks import Check

    ledger.checks = (Check("Row 1 has no article.", "Choose one.", "/somewhere/", "The article"),)
    page = read(signed_in(member).get(f"{LIST}{records.draft.pk}/edit/"))
    assert "Before Issue" in page.all("h3")
    assert "Row 1 has no article. Choose one. The article" in page.all("li")
    assert "/somewhere/" in page.values("a", "href")
    issued = read(signed_in(member).get(f"{LIST}{records.issued.pk}/"))
    assert "Row 1 has no article. Choose one. The article" not in issued.all("li")


def test_who_may_not_draft_reads_what_a_draft_lacks(read, signed_in, member, records, ledger):
    from uku.invoices.checks import Check
    from uku.workspaces.models import Membership

    Membership.everywhere.filter(user=member).update(may_draft_invoices=False)
    ledger.checks = (Check("Row 1 has no article.", "Choose one."),)
    page = read(signed_in(member).get(f"{LIST}{records.draft.pk}/"))
    assert "This invoice cannot be issued yet." in page.all("p")


def test_a_draft_that_is_right_says_nothing(read, signed_in, owner, records, ledger):
    page = read(signed_in(owner).get(f"{LIST}{records.draft.pk}/edit/"))
    assert "Nothing is missing. The invoice can be issued." in page.all("p")


@pytest.mark.parametrize(("iban", "state"), [("", "draft"), ("SE4550000000058398257466", "created")])
def test_an_invoice_in_euros_needs_an_iban(read, signed_in, owner, workspace, records, no_integration, iban, state):
    type(records.draft).everywhere.filter(pk=records.draft.pk).update(currency="EUR")
    type(workspace).objects.update(iban=iban)
    page = read(signed_in(owner).post(f"{LIST}{records.draft.pk}/issue/", follow=True))
    records.draft.refresh_from_db()
    words = "Missing: your firm's IBAN, which an invoice in EUR needs. Add it to the company details. Company details"
    assert (records.draft.state, words in page.all("li")) == (state, not iban)
