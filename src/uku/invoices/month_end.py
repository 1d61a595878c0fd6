"""What a firm looks through at the end of a month before it calls the month checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.models import Count, DecimalField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, Window
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy

from uku.clients.models import Client
from uku.invoices.models import OPEN_STATES, Invoice, InvoiceRow, MonthCheck, Payment, RowKind, State
from uku.invoices.totals import Line, VatLine
from uku.kit.money import ZERO, to_ore
from uku.kit.months import last_of, months_later
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

T = TypeVar("T")
_MONEY: DecimalField[Decimal, Decimal] = DecimalField(max_digits=14, decimal_places=2)


@dataclass(frozen=True, slots=True)
class OpenOfClient:
    """What a client owed when the month ended, in one currency; below zero, what is to be given back."""

    client: Client
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Billed:
    """What was invoiced and credited in the month in one currency, by VAT rate."""

    currency: str
    rates: Sequence[VatLine]


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """The first of what a list has, and how many it has in all."""

    rows: Sequence[T]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """`month` is the first day; each list is in the order that it is read in."""

    month: date
    drafts: Part[Invoice]
    not_sent: Part[Invoice]
    not_booked: Part[Invoice]
    not_invoiced: Part[Client]
    open_credits: Part[Invoice]
    owed: Part[OpenOfClient]
    owed_totals: Sequence[tuple[str, Decimal]]  # of all clients, by currency
    billed: Sequence[Billed]
    invoiced: int
    check: MonthCheck | None

    @property
    def last(self) -> date:
        return last_of(self.month)


def month_end(month: date, *, at_most: int | None = None) -> MonthEnd:
    """Return what is to be looked through of a month, by its first day; of each list the first `at_most`."""
    last = last_of(month)
    standing = Invoice.objects.filter(missing_since=None).exclude(issued_at=None).exclude(state=State.CANCELLED)
    of_month = standing.filter(invoice_date__range=(month, last))
    drafts = Invoice.objects.filter(state__in=OPEN_STATES, invoice_date__range=(month, last))
    until_then = standing.filter(invoice_date__lte=last)
    owed, totals = _owed(until_then, last, at_most)
    return MonthEnd(
        month=month,
        drafts=list_invoices(drafts, at_most),
        not_sent=list_invoices(of_month.filter(state=State.CREATED, credits=None), at_most),
        not_booked=list_invoices(of_month.filter(booked=False).exclude(ledger=""), at_most),
        not_invoiced=part_of(_not_invoiced(month), at_most),
        open_credits=list_invoices(until_then.filter(credits__isnull=False).exclude(balance=0), at_most),
        owed=owed,
        owed_totals=totals,
        billed=_billed(of_month),
        invoiced=of_month.count(),
        check=MonthCheck.objects.filter(month=month).select_related("checked_by").first(),
    )


def list_invoices(invoices: QuerySet[Invoice], at_most: int | None) -> Part[Invoice]:
    return part_of(invoices.select_related("client").order_by("invoice_date", "id"), at_most)


def part_of(rows: QuerySet[Any], at_most: int | None) -> Part[Any]:
    """Return the first rows and how many there are, in one query."""
    found = list(rows.annotate(count_of_all=Window(Count("*")))[:at_most])
    return Part(found, found[0].count_of_all if found else 0)


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def check_month(*, month: date, actor: User, at: datetime) -> MonthCheck:
    """Note that somebody has looked a month through; the first one stays. Raises NotAllowed."""
    check, is_new = MonthCheck.objects.get_or_create(month=month, defaults={"checked_by": actor, "checked_at": at})
    if is_new:
        words = gettext_lazy("%(month)s is checked")
        summary = translate_for_workspace(words, month=month.isoformat()[:7])
        record(actor=actor, action="invoice.month", target=check, summary=summary, at=at)
    return check


def _not_invoiced(month: date) -> QuerySet[Client]:
    """Return who was invoiced the month before and has neither invoice nor draft in this one."""
    standing = Invoice.objects.filter(credits=None).exclude(state=State.CANCELLED)
    before = months_later(month, -1)
    billed_before = standing.exclude(issued_at=None).filter(invoice_date__range=(before, last_of(before)))
    billed_now = standing.filter(invoice_date__range=(month, last_of(month)))
    found = Client.objects.current().filter(pk__in=billed_before.values("client"))
    return found.exclude(pk__in=billed_now.values("client")).order_by("name_sort", "id")


def _owed(
    invoices: QuerySet[Invoice], last: date, at_most: int | None
) -> tuple[Part[OpenOfClient], list[tuple[str, Decimal]]]:
    """Sum up what was left at the end of a day: totals, less what was paid and written off until then.

    Credit notes are negative totals. Return the first clients, and the sum of all of them by currency.
    """
    by_client = invoices.order_by("client__name_sort", "client_id", "currency").values_list("client_id", "currency")
    billed = by_client.annotate(amount=Sum("total") - Sum("ledger_credit_amount"))
    payments = Payment.objects.filter(invoice__in=invoices, booked=True, paid_on__lte=last)
    by_payer = payments.order_by().values_list("invoice__client_id", "invoice__currency")
    settled: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for client, currency, amount in (*by_payer.annotate(amount=Sum("amount")), *_written_off(invoices, last)):
        settled[client, currency] += amount
    left = [
        (client, currency, amount - settled[client, currency])
        for client, currency, amount in billed
        if amount != settled[client, currency]
    ]
    shown = left[:at_most]
    clients = Client.objects.get_queryset().in_bulk({client for client, _currency, _amount in shown})
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for _client, currency, amount in left:
        totals[currency] += amount
    rows = [OpenOfClient(clients[pk], currency, amount) for pk, currency, amount in shown]
    return Part(rows, len(left)), sorted(totals.items())


def _written_off(invoices: QuerySet[Invoice], last: date) -> Iterable[tuple[int, str, Decimal]]:
    """Return client, currency and amount of what closed an invoice until a day, and is no payment of it.

    An invoice and its credit notes are seen as one: set off against each other they sum to nothing, so what their
    totals lack to what is open and what was paid is written off. While a note is not read, that is not known. The
    books write off with a payment, so it is dated as the last one; a day whose payments sum to nothing is a set-off.
    """
    notes = Invoice.objects.filter(credits=OuterRef("pk"), missing_since=None).exclude(state=State.CANCELLED)
    left_of_notes = notes.order_by().values("credits").annotate(sum=Sum(F("total") - F("balance")))
    both = Invoice.objects.filter(Q(pk=OuterRef(OuterRef("pk"))) | Q(credits=OuterRef(OuterRef("pk"))))
    booked = Payment.objects.filter(invoice__in=both.values("pk"), booked=True).order_by()
    paid = booked.annotate(one=Value(1)).values("one").annotate(sum=Sum("amount"))
    by_day = booked.exclude(paid_on=None).values("paid_on").annotate(sum=Sum("amount"), largest=Max("amount"))
    last_paid = by_day.exclude(sum=0, largest__gt=0).order_by("-paid_on").values("paid_on")[:1]
    read = invoices.filter(credits=None, balance__isnull=False).exclude(Exists(notes.filter(balance=None)))
    left = F("total") - F("balance") - F("ledger_credit_amount") - F("ledger_credit_balance")
    found = read.annotate(
        written_off=left + _sum_of(left_of_notes) - _sum_of(paid),
        closed_on=Coalesce(Subquery(last_paid), "final_pay_date"),
    )
    return (
        found.exclude(written_off=0)
        .filter(closed_on__lte=last)
        .order_by()
        .values_list("client_id", "currency", "written_off")
    )


def _sum_of(sums: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(sums.values("sum"), output_field=_MONEY), ZERO, output_field=_MONEY)


def _billed(invoices: QuerySet[Invoice]) -> list[Billed]:
    """Add up net and VAT by rate as each invoice did: VAT is rounded once for each rate of an invoice."""
    rows = InvoiceRow.objects.filter(invoice__in=invoices, kind=RowKind.ARTICLE)
    facts = rows.values_list("invoice__currency", "invoice_id", "quantity", "price", "vat_rate", "discount")
    nets: dict[tuple[str, int, Decimal], Decimal] = defaultdict(Decimal)
    for currency, invoice, quantity, price, rate, discount in facts:
        nets[currency, invoice, rate] += Line(quantity, price, rate, discount).net
    found: dict[str, dict[Decimal, tuple[Decimal, Decimal]]] = defaultdict(dict)
    for (currency, _invoice, rate), net in nets.items():
        before = found[currency].get(rate, (ZERO, ZERO))
        found[currency][rate] = (before[0] + net, before[1] + to_ore(net * rate / 100))
    return [
        Billed(currency, [VatLine(rate, net, vat) for rate, (net, vat) in sorted(rates.items(), reverse=True)])
        for currency, rates in sorted(found.items())
    ]
