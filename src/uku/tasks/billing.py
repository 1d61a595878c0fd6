"""Numbers of tasks on invoices: what can be billed, what is billed, and what was counted afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from uku.clients.models import Client
from uku.invoices.drafts import DraftHead, RowFacts, TermsUnknown, append_rows, buyer_of, create_draft, ordinary_rate
from uku.invoices.invoice_settings import settings_of
from uku.invoices.models import LONGEST_DESCRIPTION, Invoice, State, TaskCharge
from uku.invoices.vat_rates import proposed_rate
from uku.kit.money import ZERO
from uku.kit.months import last_of
from uku.products.models import Product
from uku.products.pieces import parts_of
from uku.products.tiers import Part, difference
from uku.tasks.models import Task, TaskState, TaskValue
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace, workspace_language
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


class NotBillable(Exception):
    """The number cannot be put on a draft. The text says why."""


@dataclass(frozen=True, slots=True)
class LateVolume:
    """What was counted after a number was billed; below zero where it became less."""

    charge: TaskCharge
    product: Product
    parts: Sequence[Part]

    @property
    def value(self) -> TaskValue:
        return self.charge.value

    @property
    def quantity(self) -> Decimal:
        return sum((part.quantity for part in self.parts), ZERO)


@dataclass(frozen=True, slots=True)
class ValueBilling:
    """How a number stands to invoices: by what it is billed, or by which products it could be, and what came late."""

    value: TaskValue
    charge: TaskCharge | None
    late_charge: TaskCharge | None
    late: LateVolume | None
    offers: Sequence[tuple[Product, Sequence[Part]]]


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def bill_value(*, value: TaskValue, product: Product, actor: User, at: datetime, today: date) -> Invoice:
    """Put a number on its client's newest draft, or on a new one, for the month of its task; return the invoice.

    What is billed already stays where it is. Raises NotAllowed and NotBillable.
    """
    value = _hold(value)
    if charge := _live_charge(value, late=False):
        return charge.invoice
    if error := error_of_billing(value.task) or error_of_product(value, product):
        raise NotBillable(error)
    quantity = value.value or ZERO
    measured = value.measured if value.edited else value.value
    return _put_on_draft(value, product, parts_of(product, quantity), measured, actor=actor, at=at, today=today)


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def bill_late_volume(*, value: TaskValue, actor: User, at: datetime, today: date) -> Invoice:
    """Put what was counted after a number was billed on its client's newest draft. Raises NotAllowed, NotBillable."""
    value = _hold(value)
    if charge := _live_charge(value, late=True):
        return charge.invoice
    late = late_volume_of(value)
    if late is None:
        raise NotBillable(gettext("Nothing was counted since the number was billed."))
    if error := error_of_client(value.task):
        raise NotBillable(error)
    return _put_on_draft(value, late.product, late.parts, value.measured, late=True, actor=actor, at=at, today=today)


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def dismiss_late_volume(*, value: TaskValue, actor: User, at: datetime) -> None:
    """Propose what came late no more. Raises NotAllowed."""
    value = _hold(value)
    late = late_volume_of(value)
    if late is None:
        return
    value.late_dismissed_at = at
    value.save(update_fields=["late_dismissed_at"])
    words = gettext_lazy("Late volume of %(field)s is not billed")
    summary = translate_for_workspace(words, field=value.field)
    after = {value.field.name: str(late.quantity)}
    record(actor=actor, action="task.late_dismiss", target=value.task, summary=summary, at=at, after=after)


def error_of_billing(task: Task) -> str:
    """Say why no number of a task can be put on a draft, or ""."""
    if error := error_of_client(task):
        return error
    if task.state != TaskState.DONE and not settings_of().bill_open_tasks:
        return gettext("It is billed when the task is finished.")
    return ""


def error_of_client(task: Task) -> str:
    """Say why the client of a task cannot be billed by products, or ""."""
    client = task.client
    if client is None:
        return gettext("The task has no client to bill.")
    if client.archived_at is not None:
        return gettext("The client is archived.")
    own = task.workspace.currency
    if client.currency != own:
        words = gettext(
            "The client is billed in %(billed)s, and products are priced in %(own)s. Write the row by hand."
        )
        return words % {"billed": client.currency, "own": own}
    return ""


def error_of_product(value: TaskValue, product: Product) -> str:
    """Say why a number cannot be billed by a product, or ""."""
    if product.task_field_id != value.field_id or product.archived_at is not None:
        return gettext("The product is not billed from this field any more.")
    if value.value is None or value.value <= 0:
        return gettext("There is nothing to bill.")
    return ""


def billing_of(task: Task, values: Iterable[TaskValue]) -> list[ValueBilling]:
    """Return how the numbers of a task stand to invoices; those that no product is billed from are left out."""
    values = list(values)
    products = list(Product.objects.filter(task_field__in=[value.field_id for value in values], archived_at=None))
    live = TaskCharge.objects.filter(value__in=values, freed_at=None).select_related("invoice", "value__field")
    charges = {(charge.value_id, charge.late): charge for charge in live}
    is_open = not error_of_billing(task)
    found = []
    for value in values:
        charge, late_charge = charges.get((value.pk, False)), charges.get((value.pk, True))
        billable = [product for product in products if is_open and not error_of_product(value, product)]
        offers = [(product, parts_of(product, value.value or ZERO)) for product in billable if charge is None]
        if charge or offers or any(product.task_field_id == value.field_id for product in products):
            late = late_volume_of(value) if charge and not late_charge else None
            found.append(ValueBilling(value, charge, late_charge, late, offers))
    return found


def late_volume_of(value: TaskValue) -> LateVolume | None:
    """Return what was counted since a number was billed; None where it is billed too, dismissed, or nothing."""
    charge = _live_charge(value, late=False)
    if charge is None or value.late_dismissed_at is not None or _live_charge(value, late=True):
        return None
    if charge.measured is None or value.measured is None or value.measured == charge.measured:
        return None
    row = charge.rows.exclude(product=None).select_related("product").first()
    if row is None or row.product is None:
        return None
    counted = max(charge.quantity + value.measured - charge.measured, ZERO)
    parts = difference(parts_of(row.product, charge.quantity), parts_of(row.product, counted))
    return LateVolume(charge, row.product, parts) if parts else None


def late_volumes_of(client: Client) -> list[LateVolume]:
    """Return what is proposed for a client's next draft."""
    values = TaskValue.objects.filter(task__client=client, charges__freed_at=None, charges__late=False)
    moved = values.filter(late_dismissed_at=None).exclude(measured=None).order_by("task__month", "id")
    found = [late_volume_of(value) for value in moved.select_related("task", "field")]
    return [late for late in found if late is not None]


def _hold(value: TaskValue) -> TaskValue:
    """Return the value locked, after its client and its task: two who bill a client wait for each other."""
    client_id = Task.objects.values_list("client", flat=True).get(values=value)
    list(Client.objects.get_queryset().filter(pk=client_id).select_for_update(of=("self",), no_key=True))
    list(Task.objects.filter(values=value).select_for_update(of=("self",)))
    rows = TaskValue.objects.get_queryset().select_for_update(of=("self",))
    return rows.select_related("field", "task__client", "task__workspace").get(pk=value.pk)


def _live_charge(value: TaskValue, *, late: bool) -> TaskCharge | None:
    return TaskCharge.objects.filter(value=value, late=late, freed_at=None).select_related("invoice", "value").first()


def _put_on_draft(
    value: TaskValue,
    product: Product,
    parts: Sequence[Part],
    measured: Decimal | None,
    *,
    late: bool = False,
    actor: User,
    at: datetime,
    today: date,
) -> Invoice:
    invoice = _draft_for(value.task, actor=actor, at=at, today=today)
    quantity = sum((part.quantity for part in parts), ZERO)
    charge = TaskCharge.objects.create(value=value, invoice=invoice, quantity=quantity, measured=measured, late=late)
    text = _description(product, value.task, invoice, late=late)
    buyer = buyer_of(invoice.client)
    proposed = proposed_rate(product.vat_rate, buyer)
    rate = ordinary_rate(product.vat_rate, buyer) if proposed is None else proposed
    rows = [replace(_row(product, part, text, rate, charge), rate_proposed=proposed is not None) for part in parts]
    append_rows(invoice=invoice, rows=rows, actor=actor, at=at)
    words = gettext_lazy("%(field)s was put on a draft")
    summary = translate_for_workspace(words, field=value.field)
    after = {value.field.name: str(quantity), "invoice": invoice.reference}
    record(actor=actor, action="task.bill", target=value.task, summary=summary, at=at, after=after)
    return invoice


def _draft_for(task: Task, *, actor: User, at: datetime, today: date) -> Invoice:
    """Return the client's newest draft, or a new one for the month of the task."""
    client = task.client
    if client is None:
        raise NotBillable(gettext("The task has no client to bill."))
    period = (task.month, last_of(task.month)) if task.month else (None, None)
    drafts = Invoice.objects.filter(client=client, state=State.DRAFT, currency=client.currency).order_by("-id")
    draft = drafts.select_for_update(of=("self",)).first()
    if draft is None:
        head = DraftHead(client, today, supply_from=period[0], supply_to=period[1])
        try:
            return create_draft(actor=actor, at=at, head=head, rows=[])
        except TermsUnknown as unknown:
            remedy = gettext("Add them to the company details, or to the client.")
            raise NotBillable(f"{unknown.sentence} {remedy}") from None
    if draft.supply_to is None:
        draft.supply_from, draft.supply_to = period
        draft.save(update_fields=["supply_from", "supply_to"])
    return draft


def _description(product: Product, task: Task, invoice: Invoice, *, late: bool) -> str:
    """Return what the client reads: the month is named where the invoice's period is another."""
    if task.month is None:
        return f"{product.name}: {task.title}"[:LONGEST_DESCRIPTION]
    with workspace_language():
        facts = {"product": product.name, "month": date_format(task.month, "F Y")}
        if late:
            return gettext("Late volumes %(month)s: %(product)s") % facts
        if (invoice.supply_from, invoice.supply_to) == (task.month, last_of(task.month)):
            return product.name
        return gettext("%(product)s, %(month)s") % facts


def _row(product: Product, part: Part, text: str, rate: Decimal, charge: TaskCharge) -> RowFacts:
    return RowFacts(
        description=text,
        quantity=part.quantity,
        price=part.price,
        vat_rate=rate,
        unit=product.unit,
        article_number=product.article_number,
        article_company=product.article_company,
        product=product,
        charge=charge,
    )
