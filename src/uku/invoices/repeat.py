"""Last month's invoices made again as drafts: the period moves on, quantities are those that were written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, QuerySet

from uku.clients.models import Client
from uku.invoices.checks import error_of_sum
from uku.invoices.drafts import DraftHead, RowFacts, buyer_of, create_draft, due_of_copy, facts_made_again
from uku.invoices.models import Invoice, InvoiceRow, RowKind, State
from uku.invoices.period import months_named, restore_placeholder
from uku.invoices.vat_rates import TaxedBuyer
from uku.kit.months import months_later
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice of the month before, as it would be made again.

    `made` is how many invoices and drafts its client has in the new month already; `months` are those that its texts
    call by name, 1 to 12, other than the new one.
    """

    invoice: Invoice
    rows: Sequence[InvoiceRow]
    made: int
    months: frozenset[int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to make again: quantities by row id, of which 0 leaves a row out; `seen` is the `made` that was shown."""

    quantities: Mapping[int, Decimal]
    seen: int


class NotBillable(Exception):
    """The rows that were asked for do not add up to an invoice; `sentence` says why."""

    def __init__(self, client: Client, sentence: str) -> None:
        self.client, self.sentence = client, sentence
        super().__init__(sentence)


def candidates(month: date) -> list[Candidate]:
    """Return what could be made again in a month, by its first day: each client's latest invoice a month before."""
    latest = _repeatable(month).order_by("client_id", "-invoice_date", "-id").distinct("client_id").values("pk")
    made = _made(month)
    ordered = Invoice.objects.filter(pk__in=latest).select_related("client").order_by("client__name_sort", "id")
    invoices = list(ordered)
    invoices.sort(key=lambda invoice: made.get(invoice.client_id, 0) > 0)
    invoices = invoices[:MOST_AT_ONCE]
    rows = _rows_of(invoices)
    return [
        Candidate(invoice, rows[invoice.pk], made.get(invoice.client_id, 0), _months(invoice, rows[invoice.pk], month))
        for invoice in invoices
        if invoice.pk in rows
    ]


@transaction.atomic
@needs(Permission.DRAFT_INVOICES)
def repeat_invoices(
    *, chosen: Mapping[int, Chosen], month: date, on: date, actor: User, at: datetime
) -> tuple[list[Invoice], list[Client]]:
    """Make a draft of each chosen invoice, by id, dated `on`; return them, and the clients that were passed over.

    A client that got an invoice for the month since the page was shown is passed over, so that a second click makes
    nothing; one whose invoice cannot be repeated now; and one that is billed in another currency now, as the prices
    are not in it. Raises NotAllowed, or NotBillable and makes nothing.
    """
    asked = Invoice.objects.filter(pk__in=chosen)
    list(Client.objects.get_queryset().filter(invoices__in=asked).order_by("pk").select_for_update(of=("self",)))
    made, drafts, passed = _made(month), [], []
    repeatable = set(_repeatable(month).filter(pk__in=chosen).values_list("pk", flat=True))
    sources = list(asked.select_related("client").order_by("client__name_sort", "id"))
    rows = _rows_of(sources)
    for source in sources:
        wanted, client = chosen[source.pk], source.client
        is_as_shown = source.pk in repeatable and made.get(client.pk, 0) == wanted.seen
        if not is_as_shown or source.currency != client.currency:
            passed.append(client)
            continue
        buyer = buyer_of(client)
        facts = [_again(row, source, wanted, buyer) for row in rows.get(source.pk, [])]
        kept = [each for each in facts if each is not None]
        if lines := [each.line for each in kept if each.kind == RowKind.ARTICLE]:
            if sentence := error_of_sum(lines):
                raise NotBillable(client, sentence)
            drafts.append(create_draft(actor=actor, at=at, head=_head(source, month, on), rows=kept))
            made[client.pk] = made.get(client.pk, 0) + 1
    return drafts, passed


def _head(source: Invoice, month: date, on: date) -> DraftHead:
    moved = (month.year - source.invoice_date.year) * 12 + month.month - source.invoice_date.month
    return DraftHead(
        source.client,
        on,
        due_date=due_of_copy(source, on),
        supply_from=months_later(source.supply_from, moved) if source.supply_from else None,
        supply_to=months_later(source.supply_to, moved) if source.supply_to else None,
        your_reference=source.your_reference,
        our_reference=source.our_reference,
        remarks=restore_placeholder(source.remarks, source.supply_from, source.supply_to),
    )


def _again(row: InvoiceRow, source: Invoice, wanted: Chosen, buyer: TaxedBuyer) -> RowFacts | None:
    """Return a row as it is made again; None for one whose quantity is 0."""
    facts = facts_made_again(row, buyer)
    text = restore_placeholder(row.description, source.supply_from, source.supply_to)
    if row.is_text:
        return replace(facts, description=text)
    quantity = wanted.quantities.get(row.pk, row.quantity)
    return replace(facts, description=text, quantity=quantity) if quantity else None


def _of_month(first: date) -> QuerySet[Invoice]:
    return Invoice.objects.filter(invoice_date__year=first.year, invoice_date__month=first.month)


def _repeatable(month: date) -> QuerySet[Invoice]:
    """Return the invoices of the month before that stand, of clients in use."""
    found = _of_month(months_later(month, -1)).filter(credits=None, client__archived_at=None)
    return found.exclude(state__in=(State.DRAFT, State.APPROVAL, State.CANCELLED))


def _made(month: date) -> dict[int, int]:
    """Return by client how many invoices and drafts there are in a month."""
    standing = _of_month(month).filter(credits=None).exclude(state=State.CANCELLED)
    return dict(standing.order_by().values_list("client_id").annotate(Count("pk")))


def _rows_of(invoices: Iterable[Invoice]) -> dict[int, list[InvoiceRow]]:
    """Return the rows by invoice, without those that bill a task: the new month's tasks have their own."""
    found: dict[int, list[InvoiceRow]] = {}
    rows = InvoiceRow.objects.filter(invoice__in=list(invoices), charge=None)
    for row in rows.select_related("product").order_by("position"):
        found.setdefault(row.invoice_id, []).append(row)
    return found


def _months(invoice: Invoice, rows: Sequence[InvoiceRow], month: date) -> frozenset[int]:
    texts = [invoice.remarks, *(row.description for row in rows)]
    kept = [restore_placeholder(text, invoice.supply_from, invoice.supply_to) for text in texts]
    return frozenset({number for text in kept for number in months_named(text)} - {month.month})
