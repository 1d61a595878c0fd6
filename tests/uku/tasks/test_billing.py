"""A number of a task stands on one invoice at most, whoever adds it; what came late is proposed once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from tests.uku.conftest import AT, make_user, make_workspace

from uku.clients.models import Client
from uku.clients.operations import archive_clients, create_client
from uku.invoices.cancel import cancel_invoice
from uku.invoices.credit import credit_invoice
from uku.invoices.credit_totals import left_to_credit
from uku.invoices.delivery_models import InvoiceSettings
from uku.invoices.drafts import (
    DraftHead,
    RowFacts,
    copy_invoice,
    create_draft,
    delete_draft,
    edit_draft,
    facts_of,
)
from uku.invoices.ledger_facts import Reading
from uku.invoices.models import Invoice, TaskCharge
from uku.invoices.operations import issue_invoice, reopen_invoice
from uku.invoices.read_back import accept_reading
from uku.invoices.repeat import candidates
from uku.kit.scoping import workspace_in_force
from uku.products.models import Product, TierWay
from uku.products.operations import create_product
from uku.products.pieces import bill_from_field
from uku.products.tiers import Tier
from uku.tasks.billing import (
    NotBillable,
    bill_late_volume,
    bill_value,
    billing_of,
    dismiss_late_volume,
    late_volume_of,
    late_volumes_of,
)
from uku.tasks.fields import ValueIsBilled
from uku.tasks.models import SummaryPlan, Task, TaskField, TaskValue
from uku.tasks.work import TaskIsBilled, create_task, delete_task, edit_task, finish_task, reopen_task
from uku.workspaces.models import AuditEntry

MARCH, TODAY = date(2026, 3, 1), date(2026, 4, 1)
PRICE = Decimal(24)


def make_value(actor, *, number=37, month=MARCH, done=True, measured=None):
    """A summary task of a month, with a number that a product is billed from."""
    field, _ = TaskField.objects.get_or_create(name="Vouchers")
    if not Product.objects.filter(task_field=field).exists():
        facts = {"name": "Verifikation", "unit": "st", "price": PRICE, "vat_rate": Decimal(25)}
        product = create_product(actor=actor, at=AT, **facts)
        bill_from_field(
            product=product, field=field, way=TierWay.EACH, tiers=[], version=product.version, actor=actor, at=AT
        )
    plan, _ = SummaryPlan.objects.get_or_create(title="Summary")
    known = plan.client or create_client(
        actor=actor, at=AT, name="Åkerlunds Bygg AB", address1="Storgatan 1", city="Lund"
    )
    SummaryPlan.objects.filter(pk=plan.pk).update(client=known)
    facts = {"client": known, "title": "Summary", "due_date": date(2026, 3, 31), "created_at": AT}
    task = Task.objects.create(plan=plan, month=month, **facts)
    counted = {"measured": measured, "statistic": "vouchers"} if measured is not None else {}
    value = TaskValue.objects.create(task=task, field=field, value=Decimal(number), **counted)
    if done:
        finish_task(task=task, actor=actor, at=AT)
    return value


@pytest.fixture
def value(scope, owner):
    return make_value(owner, measured=37)


@pytest.fixture
def product(value):
    return Product.objects.get()


def bill(value, actor, product=None):
    return bill_value(value=value, product=product or Product.objects.get(), actor=actor, at=AT, today=TODAY)


def rows(invoice):
    return [(row.description, row.quantity, row.price) for row in invoice.rows.all()]


def live():
    return TaskCharge.objects.filter(freed_at=None).count()


def issue(invoice, actor):
    issue_invoice(invoice=invoice, actor=actor, at=AT, numbering="own")
    return Invoice.objects.get(pk=invoice.pk)


def test_a_number_makes_a_draft_for_its_month(value, owner):
    invoice = bill(value, owner)
    assert rows(invoice) == [("Verifikation", 37, PRICE)]
    assert (invoice.client, invoice.supply_from, invoice.supply_to) == (value.task.client, MARCH, date(2026, 3, 31))
    assert Invoice.objects.get(pk=invoice.pk).net == 37 * PRICE
    assert [entry.action for entry in AuditEntry.objects.order_by("-position")[:3]] == [
        "task.bill",
        "invoice.edit",
        "invoice.draft",
    ]


def test_a_second_click_finds_it_there(value, owner):
    first, second = bill(value, owner), bill(value, owner)
    assert (first.pk, second.pk, Invoice.objects.count(), rows(second)) == (
        *(first.pk, first.pk, 1),
        [("Verifikation", 37, PRICE)],
    )


def test_it_goes_below_the_rows_of_the_newest_draft(value, owner):
    head = DraftHead(value.task.client, TODAY)
    old, new = (create_draft(actor=owner, at=AT, head=head, rows=[RowFacts("Advice")]) for _ in range(2))
    assert bill(value, owner).pk == new.pk
    assert [len(rows(invoice)) for invoice in (old, new)] == [1, 2]
    new.refresh_from_db()
    assert (new.supply_from, new.supply_to, new.version) == (MARCH, date(2026, 3, 31), 2)


def test_another_month_on_the_same_draft_is_named_on_its_row(value, owner):
    february = make_value(owner, number=12, month=date(2026, 2, 1))
    assert bill(value, owner).pk == bill(february, owner).pk
    assert rows(Invoice.objects.get()) == [("Verifikation", 37, PRICE), ("Verifikation, February 2026", 12, PRICE)]


@pytest.mark.parametrize(
    ("way", "expected"),
    [(TierWay.EACH, [(20, 30), (17, 20)]), (TierWay.LAST, [(37, 20)])],
)
def test_tiers_make_a_row_each(value, owner, product, way, expected):
    Product.objects.update(price=30)
    product.refresh_from_db()
    tiers = [Tier(21, Decimal(20))]
    bill_from_field(
        product=product, field=value.field, way=way, tiers=tiers, version=product.version, actor=owner, at=AT
    )
    invoice = bill(value, owner)
    assert [(quantity, price) for _text, quantity, price in rows(invoice)] == expected
    assert {row.charge.quantity for row in invoice.rows.all()} == {37}


def test_two_at_once_end_with_one_draft_and_one_charge(committed):
    actor = make_user("owner@byran.example")
    workspace = make_workspace("byran", actor)
    with workspace_in_force(workspace.pk):
        number = make_value(actor)
    start = Barrier(4)

    def add(_turn: int) -> int:
        with workspace_in_force(workspace.pk):
            start.wait(10)
            try:
                return bill(number, actor).pk
            finally:
                connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(add, range(4)))) == 1
    with workspace_in_force(workspace.pk):
        assert (rows(Invoice.objects.get()), live()) == ([("Verifikation", 37, PRICE)], 1)


def test_two_numbers_at_once_end_on_one_draft(committed):
    actor = make_user("owner@byran.example")
    workspace = make_workspace("byran", actor)
    with workspace_in_force(workspace.pk):
        numbers = [make_value(actor, month=date(2026, month, 1)) for month in (1, 2, 3)]
    start = Barrier(3)

    def add(turn: int) -> int:
        with workspace_in_force(workspace.pk):
            start.wait(10)
            try:
                return bill(numbers[turn], actor).pk
            finally:
                connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(add, range(3)))) == 1
    with workspace_in_force(workspace.pk):
        assert (len(rows(Invoice.objects.get())), live()) == (3, 3)


def test_the_database_holds_one_charge_of_a_number(value, owner):
    invoice = bill(value, owner)
    facts = {"value": value, "invoice": invoice, "quantity": 37}
    with pytest.raises(IntegrityError, match="uku_taskcharge_one_of_a_value"), transaction.atomic():
        TaskCharge.objects.create(**facts)
    TaskCharge.objects.create(**facts, freed_at=AT)
    TaskCharge.objects.create(**facts, late=True)


def test_the_database_holds_a_row_to_the_charges_of_its_own_invoice(value, owner):
    charge = TaskCharge.objects.get(invoice=bill(value, owner))
    other = create_draft(actor=owner, at=AT, head=DraftHead(value.task.client, TODAY), rows=[RowFacts("Advice")])
    with pytest.raises(IntegrityError, match="uku_invoicerow_charge_of_invoice"), transaction.atomic():
        other.rows.update(charge=charge)
        connection.check_constraints()


def edit(invoice, actor, facts, **head):
    invoice = Invoice.objects.select_related("client").get(pk=invoice.pk)
    made = DraftHead(**{"client": invoice.client, "invoice_date": TODAY, **head})
    edit_draft(invoice=invoice, version=invoice.version, head=made, rows=facts, actor=actor, at=AT)


def test_an_edit_keeps_the_charge_and_a_removed_row_frees_it(value, owner):
    invoice = bill(value, owner)
    kept = [facts_of(row) for row in invoice.rows.all()]
    edit(invoice, owner, [RowFacts("Advice"), replace(kept[0], quantity=Decimal(30))])
    assert ([row.charge_id is not None for row in invoice.rows.all()], live()) == ([False, True], 1)
    edit(invoice, owner, [RowFacts("Advice")])
    assert live() == 0
    assert bill(value, owner).pk == invoice.pk
    assert [row.description for row in invoice.rows.all()] == ["Advice", "Verifikation"]


def test_another_client_on_the_draft_frees_the_charge(value, owner):
    invoice = bill(value, owner)
    other = create_client(actor=owner, at=AT, name="Öberg & Co")
    edit(invoice, owner, [facts_of(row) for row in invoice.rows.all()], client=other)
    assert (live(), rows(invoice)) == (0, [("Verifikation", 37, PRICE)])


def test_a_deleted_draft_frees_its_charges(value, owner):
    delete_draft(invoice=bill(value, owner), actor=owner, at=AT)
    assert TaskCharge.objects.count() == 0
    assert rows(bill(value, owner)) == [("Verifikation", 37, PRICE)]


def test_a_cancelled_invoice_frees_its_charges(value, owner):
    invoice = issue(bill(value, owner), owner)
    assert bill(value, owner).pk == invoice.pk
    cancel_invoice(invoice=invoice, actor=owner, at=AT)
    assert bill(value, owner).pk != invoice.pk


def test_an_invoice_credited_whole_frees_its_charges_and_one_credited_in_part_does_not(value, owner):
    invoice = issue(bill(value, owner), owner)
    whole = left_to_credit(invoice)
    for share, notes, left in ((Decimal(7), 0, 1), (Decimal(30), 1, 0)):
        quantities = dict.fromkeys(whole, share)
        facts = {"quantities": quantities, "notes_seen": notes, "on": TODAY, "ledger": ""}
        credit_invoice(invoice=invoice, actor=owner, at=AT, **facts)
        assert live() == left
    assert bill(value, owner).pk != invoice.pk


def test_a_copy_and_next_months_repetition_leave_out_what_tasks_bill(value, owner):
    head = DraftHead(value.task.client, date(2026, 3, 31))
    row = RowFacts("Advice", Decimal(1), Decimal(1000), Decimal(25))
    invoice = create_draft(actor=owner, at=AT, head=head, rows=[row])
    bill(value, owner)
    issue(invoice, owner)
    copied = copy_invoice(invoice=invoice, actor=owner, at=AT, today=TODAY)
    assert [text for text, *_ in rows(copied)] == ["Advice"]
    assert [[each.description for each in one.rows] for one in candidates(date(2026, 4, 1))] == [["Advice"]]


@pytest.mark.parametrize(
    ("said", "left"), [({"cancelled": True}, 0), ({"credit_amount": Decimal("1110.00")}, 0), ({"sent": True}, 1)]
)
def test_what_the_books_cancelled_or_credited_whole_is_free(value, owner, said, left):
    invoice = issue(bill(value, owner), owner)
    facts = {"booked": True, "cancelled": False, "sent": False, "final_pay_date": None, **said}
    accept_reading(invoice=invoice, reading=Reading(as_of=AT, balance=invoice.total, payments=(), **facts), at=AT)
    assert (invoice.total, live()) == (Decimal("1110.00"), left)


def test_an_invoice_that_is_a_draft_again_keeps_its_charge_until_its_rows_are_gone(value, owner):
    invoice = reopen_invoice(invoice=issue(bill(value, owner), owner), actor=owner, at=AT)
    assert (live(), bill(value, owner).pk) == (1, invoice.pk)
    edit(invoice, owner, [RowFacts("Advice")])
    assert live() == 0


def test_the_client_of_a_billed_task_stays(value, owner):
    bill(value, owner)
    task = Task.objects.get()
    reopen_task(task=task, actor=owner, at=AT)
    other = create_client(actor=owner, at=AT, name="Öberg & Co")
    with pytest.raises(TaskIsBilled):
        edit_task(task=task, actor=owner, at=AT, changes={"client": other}, values={}, version=task.version)
    assert Task.objects.get().client != other


def refusal(value, actor, product=None):
    with pytest.raises(NotBillable) as refused:
        bill(TaskValue.objects.get(pk=value.pk), actor, product)
    return str(refused.value)


def test_an_open_task_is_billed_only_when_that_is_set(scope, owner):
    number = make_value(owner, done=False)
    assert refusal(number, owner) == "It is billed when the task is finished."
    InvoiceSettings.objects.create(bill_open_tasks=True)
    assert rows(bill(number, owner)) == [("Verifikation", 37, PRICE)]


def test_what_cannot_be_billed_says_why(value, owner, product):
    other = create_product(actor=owner, at=AT, name="Advice", unit="h", price=Decimal(900), vat_rate=Decimal(25))
    assert refusal(value, owner, other) == "The product is not billed from this field any more."
    TaskValue.objects.update(value=0)
    assert refusal(value, owner, product) == "There is nothing to bill."
    client = value.task.client
    client.currency = "EUR"
    client.save()
    assert refusal(value, owner, product) == (
        "The client is billed in EUR, and products are priced in SEK. Write the row by hand."
    )
    archive_clients(ids=[client.pk], actor=owner, at=AT)
    assert refusal(value, owner, product) == "The client is archived."
    Task.objects.update(client=None)
    assert refusal(value, owner, product) == "The task has no client to bill."
    assert (Invoice.objects.count(), live()) == (0, 0)


def test_a_billed_number_stays_when_its_task_is_reopened(value, owner):
    bill(value, owner)
    task = Task.objects.get()
    reopen_task(task=task, actor=owner, at=AT)
    with pytest.raises(ValueIsBilled):
        edit_task(task=task, actor=owner, at=AT, changes={}, values={value.field: Decimal(38)}, version=task.version)
    assert (TaskValue.objects.get().value, live()) == (37, 1)


def test_a_task_that_an_invoice_refers_to_is_not_deleted(value, owner, product):
    facts = {"values": {value.field: Decimal(5)}, "client": value.task.client}
    task = create_task(actor=owner, at=AT, title="Receipts", due_date=TODAY, **facts)
    finish_task(task=task, actor=owner, at=AT)
    invoice = bill(task.values.get(), owner)
    assert rows(invoice) == [("Verifikation: Receipts", 5, PRICE)]
    with pytest.raises(TaskIsBilled):
        delete_task(task=task, actor=owner, at=AT)


def count(value, figure):
    TaskValue.objects.filter(pk=value.pk).update(measured=figure, measured_at=AT)
    return TaskValue.objects.get(pk=value.pk)


@pytest.mark.parametrize(("figure", "quantity"), [(40, 3), (35, -2)])
def test_what_was_counted_after_billing_is_put_on_the_next_draft_once(value, owner, figure, quantity):
    issue(bill(value, owner), owner)
    late = count(value, figure)
    (proposed,) = late_volumes_of(value.task.client)
    assert (proposed.value, proposed.quantity) == (late, quantity)
    invoices = [bill_late_volume(value=late, actor=owner, at=AT, today=TODAY) for _ in range(2)]
    assert (invoices[0], rows(invoices[0])) == (
        invoices[1],
        [("Late volumes March 2026: Verifikation", quantity, PRICE)],
    )
    assert late_volumes_of(value.task.client) == []
    assert late_volume_of(count(value, figure + 5)) is None


@pytest.mark.parametrize("change", [{"currency": "EUR"}, {"archived_at": AT}])
def test_what_came_late_is_not_billed_to_a_client_that_cannot_be_billed(value, owner, change):
    bill(value, owner)
    late = count(value, 40)
    Client.objects.get_queryset().update(**change)
    with pytest.raises(NotBillable):
        bill_late_volume(value=late, actor=owner, at=AT, today=TODAY)
    assert (Invoice.objects.count(), live()) == (1, 1)


def test_a_dismissed_late_volume_is_proposed_no_more(value, owner):
    bill(value, owner)
    late = count(value, 40)
    for _ in range(2):
        dismiss_late_volume(value=late, actor=owner, at=AT)
    assert AuditEntry.objects.filter(action="task.late_dismiss").count() == 1
    assert late_volume_of(count(value, 45)) is None
    with pytest.raises(NotBillable):
        bill_late_volume(value=late, actor=owner, at=AT, today=TODAY)


def test_the_difference_to_a_number_changed_by_hand_is_not_late(scope, owner):
    number = make_value(owner, number=35, measured=37)
    TaskValue.objects.update(edited=True)
    bill(number, owner)
    assert late_volume_of(TaskValue.objects.get()) is None
    assert late_volume_of(count(number, 38)).quantity == 1


def test_the_page_is_told_what_is_billed_and_what_could_be(value, owner, product):
    assert late_volume_of(value) is None  # nothing of it is billed yet
    (before,) = billing_of(value.task, [value])
    assert (before.charge, [(each, parts[0].quantity) for each, parts in before.offers]) == (None, [(product, 37)])
    invoice = bill(value, owner)
    (after,) = billing_of(value.task, [count(value, 40)])
    assert (after.charge.invoice, after.offers, after.late.quantity) == (invoice, [], 3)
    Product.objects.update(task_field=None)
    (still,) = billing_of(value.task, [value])
    assert still.charge == after.charge
