"""Drafts on their pages: edited in two tabs, copied, deleted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from uku.clients.models import Client
from uku.invoices.models import Invoice, InvoiceRow
from uku.products.models import Product
from uku.workspaces.models import Membership

pytestmark = pytest.mark.django_db
LIST = "/w/byran/billing/"


def typed(page):
    """What the form of a page would send, but for empty fields."""
    fields = {a["name"]: a.get("value") or "" for tag, a in page.tags if tag == "input" and "name" in a}
    return {name: value for name, value in fields.items() if value}


def buttons(page):
    known = {"Issue", "Save draft", "Copy", "Delete", "Hand over for approval", "Back to draft"}
    return [text for text in (*page.all("a"), *page.all("button")) if text in known]


def the_row(invoice):
    return InvoiceRow.everywhere.get(invoice=invoice)


def test_the_form_opens_with_what_the_draft_says(read, signed_in, owner, records, no_integration):
    page = read(signed_in(owner).get(f"{LIST}{records.draft.pk}/edit/"))
    assert page.heading == "Draft invoice"
    found = typed(page)
    found.pop("csrfmiddlewaretoken")
    assert found == {
        "version": "1",
        "draft": str(records.draft.pk),
        "priced_in": "SEK",
        "client": str(records.client.pk),
        "client-words": "Åkerlunds Bygg AB",
        "invoice_date": "2026-03-01",
        "rows-0-product": str(records.product.pk),
        "rows-0-product-words": str(records.product),
        "rows-0-description": "Bookkeeping",
        "rows-0-quantity": "2",
        "rows-0-unit": "h",
        "rows-0-price": "1250.00",
        "rows-0-vat_rate": "25",
    }


def test_saving_what_the_form_opened_with_changes_nothing_but_what_was_typed(read, signed_in, owner, records):
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/edit/"
    answer = browser.post(place, {**typed(read(browser.get(place))), "rows-0-quantity": "3"})
    assert (answer.status_code, answer["Location"]) == (302, place)
    row = the_row(records.draft)
    assert (row.product, row.article_number, row.quantity, row.price) == (
        records.product,
        "100",
        Decimal("3.00"),
        Decimal("1250.00"),
    )


def test_a_draft_of_more_than_a_thousand_hours_is_saved_as_it_opened(read, signed_in, owner, records):
    InvoiceRow.everywhere.filter(invoice=records.draft).update(quantity=Decimal(1234))
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/edit/"
    assert browser.post(place, typed(read(browser.get(place)))).status_code == 302
    assert the_row(records.draft).quantity == Decimal(1234)


def test_the_second_of_two_tabs_is_told_and_keeps_what_it_typed(read, signed_in, owner, records):
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/edit/"
    first, second = (typed(read(browser.get(place))) for _ in range(2))
    browser.post(place, {**first, "remarks": "from the first"})
    answer = browser.post(place, {**second, "remarks": "from the second"})
    page = read(answer)
    assert answer.status_code == 409
    assert "The draft was changed after you opened it. Nothing was saved." in page.all("p")
    assert typed(page)["remarks"] == "from the second"
    records.draft.refresh_from_db()
    assert records.draft.remarks == "from the first"
    assert browser.post(place, typed(page)).status_code == 302
    records.draft.refresh_from_db()
    assert records.draft.remarks == "from the second"


@pytest.mark.parametrize("step", [{"more": "1"}, {"rows_of": "1"}, {"invoice_date": "never"}])
def test_a_page_drawn_again_still_knows_which_version_was_opened(read, signed_in, owner, records, step):
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/edit/"
    opened = typed(read(browser.get(place)))
    browser.post(place, {**opened, "remarks": "meanwhile"})
    again = typed(read(browser.post(place, {**opened, **step})))
    again = {**again, "invoice_date": "2026-03-01"}
    assert browser.post(place, again).status_code == 409


@pytest.mark.parametrize("version", ["", "0", "x", "9" * 30, "-1", "٣"])
def test_a_save_that_names_no_version_is_refused(read, signed_in, owner, records, version):
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/edit/"
    answer = browser.post(place, {**typed(read(browser.get(place))), "version": version, "remarks": "unseen"})
    assert answer.status_code == 409
    records.draft.refresh_from_db()
    assert records.draft.remarks == ""


def test_an_edit_of_an_invoice_issued_meanwhile_says_so(read, signed_in, owner, records, no_integration):
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/"
    opened = typed(read(browser.get(f"{place}edit/")))
    browser.post(f"{place}issue/")
    answer = browser.post(f"{place}edit/", {**opened, "remarks": "too late"}, follow=True)
    said = "Nothing was changed: this invoice is issued, and its content can no longer be changed."
    assert f"{said} You can copy it to a new draft." in read(answer).all("p")
    records.draft.refresh_from_db()
    assert records.draft.remarks == ""


def test_a_draft_changed_since_the_page_was_opened_is_not_issued(read, signed_in, owner, records, no_integration):
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/"
    browser.post(f"{place}edit/", {**typed(read(browser.get(f"{place}edit/"))), "remarks": "meanwhile"})
    answer = browser.post(f"{place}issue/", {"version": "1"}, follow=True)
    said = "Nothing was issued: the draft was changed after you opened the page."
    assert f"{said} Check it as it is now, then click Issue again." in read(answer).all("p")
    records.draft.refresh_from_db()
    assert records.draft.state == "draft"


def test_a_product_and_a_client_archived_since_stay_on_the_draft(read, signed_in, owner, records, scope):
    from tests.uku.web.conftest import AT

    from uku.clients.operations import archive_clients

    Product.objects.filter(pk=records.product.pk).update(archived_at=AT)
    archive_clients(ids=[records.client.pk], actor=owner, at=AT)
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/edit/"
    assert browser.post(place, {**typed(read(browser.get(place))), "remarks": "March"}).status_code == 302
    assert the_row(records.draft).product == records.product


def test_a_copy_opens_in_the_form(read, signed_in, owner, records, no_integration):
    browser = signed_in(owner)
    answer = browser.post(f"{LIST}{records.issued.pk}/copy/")
    copied = Invoice.everywhere.latest("pk")
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{copied.pk}/edit/")
    assert (copied.state, copied.number, the_row(copied).product) == ("draft", "", records.product)


def test_deleting_asks_first_and_a_second_click_finds_nothing(read, signed_in, owner, records):
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/delete/"
    assert read(browser.get(place)).heading == "Delete the draft for Åkerlunds Bygg AB?"
    assert browser.post(place)["Location"] == LIST
    assert browser.post(place).status_code == 404
    assert list(Invoice.everywhere.values_list("pk", flat=True)) == [records.issued.pk]


def test_an_issued_invoice_offers_a_copy_alone(read, signed_in, owner, records, no_integration):
    browser = signed_in(owner)
    assert buttons(read(browser.get(f"{LIST}{records.issued.pk}/"))) == ["Copy"]
    browser.post(f"{LIST}{records.issued.pk}/delete/")
    assert Invoice.everywhere.count() == 2


def test_who_only_sees_invoices_changes_none(read, signed_in, member, records, no_integration):
    Membership.everywhere.filter(user=member).update(may_draft_invoices=False)
    browser = signed_in(member)
    assert buttons(read(browser.get(f"{LIST}{records.draft.pk}/"))) == []
    for step in ("edit", "copy", "delete"):
        assert browser.post(f"{LIST}{records.draft.pk}/{step}/").status_code == 403
    assert Invoice.everywhere.count() == 2


def test_a_member_hands_over_and_an_owner_hands_back(read, signed_in, member, owner, records, no_integration):
    theirs, ours, place = signed_in(member), signed_in(owner), f"{LIST}{records.draft.pk}/"
    offered = ["Delete", "Copy", "Save draft", "Save draft", "Hand over for approval"]
    assert buttons(read(theirs.get(place, follow=True))) == offered
    for _ in range(2):
        theirs.post(f"{place}hand-over/", {"version": "1"})
    waiting = read(theirs.get(place))
    assert buttons(waiting) == ["Copy"]
    assert [text for text in waiting.all("p") if "approval" in text][:2] == [
        "The draft waits for approval. Those who may issue invoices are notified.",
        "This draft already waits for approval. Nothing was done.",
    ]
    assert "Needs you 1" in read(ours.get(LIST)).all("a")
    assert buttons(read(ours.get(place))) == ["Copy", "Issue", "Back to draft"]
    ours.post(f"{place}hand-back/", {"remark": "Wrong month"})
    back = read(theirs.get(place, follow=True))
    assert "Wrong month" in back.all("p")
    assert buttons(back) == offered


def test_a_member_without_issue_who_posts_directly_is_told_who_can(signed_in, member, records):
    browser, place = signed_in(member), f"{LIST}{records.draft.pk}/"
    browser.post(f"{place}hand-over/", {"version": "1"})
    for step in ("issue", "hand-back"):
        answer = browser.post(f"{place}{step}/")
        assert answer.status_code == 403
        assert "Company Member with this permission can issue invoices." in answer.content.decode()
    records.draft.refresh_from_db()
    assert records.draft.state == "approval"


def test_what_waits_for_approval_is_not_edited_in_a_tab_opened_before(read, signed_in, owner, member, records):
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/"
    opened = typed(read(browser.get(f"{place}edit/")))
    signed_in(member).post(f"{place}hand-over/", {"version": "1"})
    answer = browser.post(f"{place}edit/", {**opened, "remarks": "too late"}, follow=True)
    said = "Nothing was changed: the draft waits for approval. It can be changed when it is a draft again."
    assert said in read(answer).all("p")
    assert browser.get(f"{place}edit/").status_code == 302
    browser.post(f"{place}delete/")
    records.draft.refresh_from_db()
    assert records.draft.remarks == ""


def test_a_remark_that_is_too_long_is_refused_in_words(signed_in, owner, member, records):
    place = f"{LIST}{records.draft.pk}/"
    signed_in(member).post(f"{place}hand-over/", {"version": "1"})
    answer = signed_in(owner).post(f"{place}hand-back/", {"remark": "x" * 501}, follow=True)
    assert "at most 500 characters" in answer.content.decode()
    records.draft.refresh_from_db()
    assert records.draft.state == "approval"


@pytest.fixture
def in_euro(records):
    """The client is billed in euros; the product costs 1,250 kronor."""
    type(records.client).everywhere.filter(pk=records.client.pk).update(currency="EUR")
    return records


def sent(records, **more):
    return {"client": records.client.pk, "invoice_date": "2026-03-01", "rows-0-product": records.product.pk, **more}


def test_a_product_brings_no_price_in_another_currency(read, signed_in, owner, in_euro, no_integration):
    browser = signed_in(owner)
    found = {
        currency: browser.get(f"{LIST}products/", {"q": "book", "currency": currency}).content.decode()
        for currency in ("", "SEK", "EUR")
    }
    assert [currency for currency, hits in found.items() if 'data-price="1,250.00"' in hits] == ["", "SEK"]
    assert 'data-price="' not in found["EUR"]


def test_a_row_without_a_price_in_the_clients_currency_is_refused(read, signed_in, owner, in_euro, no_integration):
    answer = signed_in(owner).post(f"{LIST}new/", sent(in_euro))
    assert answer.status_code == 422
    words = "The product's price is in SEK. Write the price in EUR."
    assert [found for found in read(answer).all("li") if "price" in found] == [words]


def test_the_products_own_price_is_no_price_in_euros_until_it_is_saved_again(
    read, signed_in, owner, in_euro, no_integration
):
    browser, asked = signed_in(owner), sent(in_euro, **{"rows-0-price": "1250"})
    answer = browser.post(f"{LIST}new/", asked)
    assert answer.status_code == 422
    again = typed(read(answer))
    assert again["priced_in"] == "EUR"
    assert browser.post(f"{LIST}new/", {**asked, "priced_in": "EUR"}).status_code == 302
    made = Invoice.everywhere.latest("pk")
    assert (made.currency, the_row(made).price) == ("EUR", Decimal("1250.00"))


def test_a_price_that_was_written_in_euros_is_kept(signed_in, owner, in_euro, no_integration):
    assert signed_in(owner).post(f"{LIST}new/", sent(in_euro, **{"rows-0-price": "110"})).status_code == 302
    made = Invoice.everywhere.latest("pk")
    assert (made.currency, the_row(made).price) == ("EUR", Decimal("110.00"))


def billed_in(page):
    (form,) = [attributes for tag, attributes in page.tags if tag == "form" and attributes.get("id") == "draft-form"]
    return form["data-billed"]


def test_a_client_in_the_address_is_summed_up_and_billed_in_its_currency(
    read, signed_in, owner, in_euro, no_integration
):
    page = read(signed_in(owner).get(f"{LIST}new/", {"client": in_euro.client.pk}))
    assert (billed_in(page), "0.00 EUR" in page.all("dd")) == ("EUR", True)


@pytest.mark.parametrize("place", ["new/", "{draft}/edit/"])
@pytest.mark.parametrize("step", ["more", "rows_of"])
def test_a_page_drawn_again_sums_up_what_is_on_it(read, signed_in, owner, records, no_integration, place, step):
    row = {"description": "More", "quantity": "3", "price": "100", "vat_rate": "25"}
    facts = {"client": records.client.pk, "invoice_date": "2026-03-31", step: records.issued.pk}
    facts |= {f"rows-0-{name}": text for name, text in row.items()}
    page = read(signed_in(owner).post(LIST + place.format(draft=records.draft.pk), facts))
    total = "375.00 SEK" if step == "more" else "3,500.00 SEK"
    assert (billed_in(page), total in page.all("dd")) == ("SEK", True)


def test_rows_that_are_copied_replace_none_that_was_typed(read, signed_in, owner, records, no_integration):
    facts = {"client": records.client.pk, "invoice_date": "2026-03-31", "rows_of": records.issued.pk}
    page = read(signed_in(owner).post(f"{LIST}new/", {**facts, "rows-1-quantity": "7"}))
    found = typed(page)
    assert (found["rows-1-quantity"], found["rows-2-description"]) == ("7", "Bookkeeping")


def test_where_nobody_knows_terms_the_page_asks_for_the_due_date(read, signed_in, owner, records, no_integration):
    from uku.workspaces.models import Workspace

    Client.everywhere.update(payment_days=None)
    Workspace.objects.update(payment_days=None)
    browser, place = signed_in(owner), f"{LIST}{records.draft.pk}/edit/"
    sent = {**typed(read(browser.get(place))), "due_date": ""}
    answer = browser.post(place, sent)
    words = "Choose the due date: neither the client nor your company has terms of payment."
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert browser.post(place, {**sent, "due_date": "2026-03-20"}).status_code == 302
    assert Invoice.everywhere.get(pk=records.draft.pk).due_date.isoformat() == "2026-03-20"


def test_rows_that_do_not_all_fit_are_not_copied_at_all(read, signed_in, owner, records, no_integration):
    facts = {"client": records.client.pk, "invoice_date": "2026-03-31", "rows_of": records.issued.pk}
    page = read(signed_in(owner).post(f"{LIST}new/", {**facts, "rows-99-description": "The last"}))
    words = "An invoice can have 100 rows at most, and there is room for 0 of the 1 to copy. No row was copied."
    assert words in page.all("p")
    assert typed(page)["rows-99-description"] == "The last"
    assert "Bookkeeping" not in typed(page).values()


def test_a_full_draft_says_why_there_are_no_more_rows(read, signed_in, owner, records, no_integration):
    facts = {"client": records.client.pk, "invoice_date": "2026-03-31", "more": "1"}
    page = read(signed_in(owner).post(f"{LIST}new/", {**facts, "rows-99-description": "The last"}))
    assert "An invoice can have 100 rows at most. Write the others on a second invoice." in page.all("p")
