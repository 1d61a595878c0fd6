"""From a number of a task to the row on a draft, by the pages."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest
from tests.uku.web.conftest import AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_integration")]
TASKS, BILLING, PRODUCTS = ("/w/byran/tasks/", "/w/byran/billing/", "/w/byran/products/")


@pytest.fixture
def billed(make, scope, owner):
    """A finished task of March with 37 vouchers, and a product of 24 kronor that is billed from them."""
    from uku.products.models import Product, TierWay
    from uku.products.operations import create_product
    from uku.products.pieces import bill_from_field
    from uku.tasks.work import finish_task

    client = make.client(owner, "Åkerlunds Bygg AB")
    task = make.task(client, owner)
    value = task.values.get()
    type(value).objects.update(value=37, measured=37, statistic="vouchers")
    facts = {"name": "Verifikation", "unit": "st", "price": Decimal(24), "vat_rate": Decimal(25)}
    product = create_product(actor=owner, at=AT, **facts)
    facts = {"field": value.field, "way": TierWay.EACH, "tiers": [], "version": product.version}
    bill_from_field(product=product, actor=owner, at=AT, **facts)
    finish_task(task=task, actor=owner, at=AT)
    path = f"{TASKS}{task.pk}/"
    return SimpleNamespace(
        client=client,
        task=task,
        value=value,
        product=Product.objects.get(),
        path=path,
        bill=f"{path}bill/",
        late=f"{path}late/",
    )


def draft_rows():
    from uku.invoices.models import InvoiceRow

    return [(row.description, row.quantity, row.price, row.charge_id is not None) for row in InvoiceRow.objects.all()]


def add(browser, billed):
    return browser.post(billed.bill, {"value": billed.value.pk, "product": billed.product.pk}, follow=True)


def test_the_page_offers_the_number_and_then_says_where_it_is(read, signed_in, owner, billed):
    from uku.invoices.models import Invoice
    from uku.kit.money import show_date

    browser = signed_in(owner)
    assert "37 × 24.00 SEK: add to next draft, Vouchers" in read(browser.get(billed.path)).all("button")
    page = read(add(browser, billed))
    day = show_date(Invoice.objects.get().invoice_date)
    assert draft_rows() == [("Verifikation", 37, 24, True)]
    assert (f"It is on the draft of {day}." in page.all("p"), f"Already on the draft of {day}" in page.all("a")) == (
        True,
        True,
    )
    assert [text for text in page.all("button") if "add to next draft" in text] == []
    assert f"It is on the draft of {day}." in read(add(browser, billed)).all("p")
    assert draft_rows() == [("Verifikation", 37, 24, True)]


def test_a_member_who_may_not_see_invoices_sees_nothing_of_them(read, signed_in, owner, member, billed):
    from uku.workspaces.models import Membership

    add(signed_in(owner), billed)
    switches = dict.fromkeys(("may_see_invoices", "may_draft_invoices"), False)
    Membership.objects.filter(user=member).update(**switches)
    browser = signed_in(member)
    assert [text for text in read(browser.get(billed.path)).all("a") if "Already" in text] == []
    assert browser.post(billed.bill, {"value": billed.value.pk, "product": billed.product.pk}).status_code == 403


@pytest.mark.parametrize("product", ["", "0", "x", "99999999"])
def test_a_product_that_is_none_is_404(signed_in, owner, billed, product):
    assert signed_in(owner).post(billed.bill, {"value": billed.value.pk, "product": product}).status_code == 404


def test_an_open_task_says_when_it_is_billed_and_the_setting_changes_that(read, signed_in, owner, billed):
    browser = signed_in(owner)
    browser.post(f"{billed.path}reopen/")
    page = read(browser.get(billed.path))
    assert "It is billed when the task is finished." in page.all("p")
    assert "It is billed when the task is finished." in read(add(browser, billed)).all("p")
    browser.post("/w/byran/settings/fields/billing/", {"when": "open"})
    add(browser, billed)
    assert draft_rows() == [("Verifikation", 37, 24, True)]


def form_of(read, page):
    """What the browser would send of the draft's form."""
    sent = {}
    for tag, attributes in read(page).tags:
        if tag == "input" and attributes.get("name"):
            sent.setdefault(attributes["name"], attributes.get("value") or "")
    return sent


def test_the_drafts_form_keeps_the_charge_and_an_emptied_row_frees_it(read, signed_in, owner, billed):
    from uku.invoices.models import Invoice, TaskCharge

    browser = signed_in(owner)
    add(browser, billed)
    path = f"{BILLING}{Invoice.objects.get().pk}/edit/"
    sent = form_of(read, browser.get(path))
    assert browser.post(path, {**sent, "rows-0-quantity": "30"}).status_code == 302
    assert draft_rows() == [("Verifikation", 30, 24, True)]
    sent = form_of(read, browser.get(path))
    emptied = {name: "" for name in sent if name.startswith("rows-0-") and not name.endswith("charge")}
    other = {"rows-1-description": "Advice", "rows-1-quantity": "1", "rows-1-price": "900", "rows-1-vat_rate": "25"}
    assert browser.post(path, {**sent, **emptied, **other}).status_code == 302
    assert draft_rows() == [("Advice", 1, 900, False)]
    assert [charge.freed_at is None for charge in TaskCharge.objects.all()] == [False]


def test_a_row_of_another_product_or_a_forged_charge_bills_no_task(read, signed_in, owner, make, billed):
    from uku.invoices.models import Invoice, TaskCharge

    browser = signed_in(owner)
    add(browser, billed)
    draft = Invoice.objects.get()
    other = make.draft(owner, billed.client)
    forged = form_of(read, browser.get(f"{BILLING}{other.pk}/edit/"))
    forged["rows-0-charge"] = str(TaskCharge.objects.get().pk)
    assert browser.post(f"{BILLING}{other.pk}/edit/", forged).status_code == 302
    assert [row.charge_id for row in other.rows.all()] == [None]
    product = make.product(owner)
    sent = form_of(read, browser.get(f"{BILLING}{draft.pk}/edit/"))
    changed = {"rows-0-product": str(product.pk), "rows-0-product-words": product.name}
    assert browser.post(f"{BILLING}{draft.pk}/edit/", {**sent, **changed}).status_code == 302
    assert [row.charge_id for row in draft.rows.all()] == [None]
    assert TaskCharge.objects.filter(freed_at=None).count() == 0


def test_a_late_volume_is_proposed_on_the_next_draft_and_added_there(read, signed_in, owner, make, billed):
    from uku.invoices.models import Invoice
    from uku.invoices.operations import issue_invoice

    browser = signed_in(owner)
    add(browser, billed)
    issue_invoice(invoice=Invoice.objects.get(), actor=owner, at=AT, numbering="own")
    type(billed.value).objects.update(measured=40)
    draft = make.draft(owner, billed.client)
    page = read(browser.get(f"{BILLING}{draft.pk}/edit/"))
    assert "Monthly summary March 2026, Vouchers 3" in page.all("p")
    assert "40 counted now, 3 not billed" in read(browser.get(billed.path)).all("p")
    answer = browser.post(billed.late, {"value": billed.value.pk, "action": "accept", "draft": draft.pk})
    assert answer["Location"] == f"{BILLING}{draft.pk}/"
    assert [(row.description, row.quantity) for row in draft.rows.all()] == [
        ("Bookkeeping", 2),
        ("Late volumes March 2026: Verifikation", 3),
    ]
    assert "Late volumes" not in read(browser.get(f"{BILLING}{draft.pk}/edit/")).all("h2")


def test_a_late_volume_is_dismissed_once(read, signed_in, owner, billed):
    browser = signed_in(owner)
    add(browser, billed)
    type(billed.value).objects.update(measured=40)
    assert browser.post(billed.late, {"value": billed.value.pk, "action": "dismiss"})["Location"] == billed.path
    page = read(browser.get(billed.path))
    assert ("Late volume dismissed" in page.all("p"), "Dismiss, Vouchers" in page.all("button")) == (True, False)


def test_a_product_gets_a_field_and_tiers(read, signed_in, owner, make, billed):
    product, browser = make.product(owner), signed_in(owner)
    path = f"{PRODUCTS}{product.pk}/pieces/"
    facts = {"task_field": billed.value.field_id, "tier_way": "last", "version": product.version}
    tiers = {"first-0": "21", "price-0": "20", "first-1": "101", "price-1": "15,50"}
    assert browser.post(path, {**facts, **tiers})["Location"] == f"{PRODUCTS}{product.pk}/"
    page = read(browser.get(f"{PRODUCTS}{product.pk}/"))
    assert (page.facts["From piece 21"], page.facts["From piece 101"]) == ("20.00 SEK", "15.50 SEK")
    assert {"Per piece of Vouchers", "All pieces at the last tier"} <= set(page.all("p"))
    late = browser.post(path, {**facts, "task_field": ""})
    product.refresh_from_db()
    assert (late.status_code, product.task_field, product.tiers.count()) == (409, billed.value.field, 2)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"first-0": "1", "price-0": "20"}, "Write a whole number from 2."),
        ({"first-0": "2,5", "price-0": "20"}, "Write a whole number from 2."),
        ({"first-0": "21"}, "Write what a piece costs from here on."),
        ({"price-0": "20"}, "Write the first piece that costs this."),
        (
            {"first-0": "21", "price-0": "20", "first-1": "21", "price-1": "10"},
            "Write the tiers in order, each from a higher piece than the one before.",
        ),
    ],
)
def test_what_is_wrong_with_tiers_is_said(read, signed_in, owner, billed, typed, sentence):
    path = f"{PRODUCTS}{billed.product.pk}/pieces/"
    facts = {"task_field": "", "tier_way": "each", "version": billed.product.version}
    answer = signed_in(owner).post(path, {**facts, **typed})
    assert answer.status_code == 422
    told = [*read(answer).all("li"), *read(answer).all("p")]
    assert {text for text in told if text.startswith("Write ")} == {sentence}


def test_a_field_says_which_product_is_billed_from_it(read, signed_in, owner, billed):
    page = read(signed_in(owner).get("/w/byran/settings/fields/"))
    assert "Billed by Verifikation" in page.all("p")


def test_fields_of_texts_are_not_offered_to_products(read, signed_in, owner, billed):
    from uku.tasks.models import TaskField

    TaskField.objects.create(name="Note", kind="text")
    TaskField.objects.create(name="Old", archived_at=AT)
    answer = signed_in(owner).get(f"{PRODUCTS}{billed.product.pk}/pieces/").content.decode()
    assert [name for name in ("Vouchers", "Note", "Old") if f">{name}</option>" in answer] == ["Vouchers"]


def test_a_copy_leaves_out_what_a_task_bills(read, signed_in, owner, billed):
    from uku.invoices.models import Invoice

    browser = signed_in(owner)
    add(browser, billed)
    page = read(browser.post(f"{BILLING}{Invoice.objects.get().pk}/copy/", follow=True))
    assert "What was billed from tasks is not copied: each task is billed once." in page.all("p")
    assert draft_rows() == [("Verifikation", 37, 24, True)]


def test_an_invoice_names_the_task_that_it_bills(read, signed_in, owner, billed):
    from uku.invoices.models import Invoice
    from uku.invoices.operations import issue_invoice

    browser = signed_in(owner)
    add(browser, billed)
    invoice = issue_invoice(invoice=Invoice.objects.get(), actor=owner, at=AT, numbering="own")
    assert "Monthly summary March 2026" in read(browser.get(f"{BILLING}{invoice.pk}/")).all("a")
    assert f"Already on invoice {invoice.number}" in read(browser.get(billed.path)).all("a")


def test_another_client_of_a_billed_task_is_refused(read, signed_in, owner, make, billed):
    browser = signed_in(owner)
    add(browser, billed)
    browser.post(f"{billed.path}reopen/")
    other = make.client(owner, "Öberg & Co")
    facts = {"title": "X", "due_date": "2026-03-31", "client": str(other.pk), "version": "3"}
    page = read(browser.post(f"{billed.path}edit/", facts, follow=True))
    words = "The task is billed to Åkerlunds Bygg AB, who stays its client. Nothing was changed."
    assert words in page.all("p")
    billed.task.refresh_from_db()
    assert billed.task.client == billed.client


def test_a_task_takes_no_record_of_another_workspace(read, signed_in, stranger, records, other_records):
    from uku.tasks.models import Task, TaskValue

    browser = signed_in(stranger)
    facts = {"title": "Mine", "due_date": "2026-03-31", f"field-{records.field.pk}": "7"}
    for name, foreign in (("client", records.client.pk), ("assignee", records.membership.user_id)):
        assert browser.post("/w/annan/tasks/new/", {**facts, name: foreign}).status_code == 422
    browser.post("/w/annan/tasks/new/", facts)
    made = Task.everywhere.get(title="Mine")
    assert made.workspace_id == other_records.task.workspace_id
    assert not TaskValue.everywhere.filter(task=made).exists()
    own, theirs = (TaskValue.everywhere.get(task=each.task) for each in (other_records, records))
    for value, product in ((theirs.pk, other_records.product.pk), (own.pk, records.product.pk)):
        path = f"/w/annan/tasks/{other_records.task.pk}/bill/"
        assert browser.post(path, {"value": value, "product": product}).status_code == 404


def test_where_nobody_knows_terms_no_draft_is_begun_for_a_number(read, signed_in, owner, billed):
    from uku.clients.models import Client
    from uku.workspaces.models import Workspace

    Client.everywhere.update(payment_days=None)
    Workspace.objects.update(payment_days=None)
    page = read(add(signed_in(owner), billed))
    words = (
        "Neither the client nor your company has terms of payment. Add them to the company details, or to the client."
    )
    assert (words in page.all("p"), draft_rows()) == (True, [])
