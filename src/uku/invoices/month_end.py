"""What a firm looks through at the end of a month before it calls the month checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy

from uku.clients.models import Client
from uku.invoices.models import OPEN_STATES, Invoice, InvoiceRow, MonthCheck, Payment, RowKind, State
from uku.invoices.repeat import shift_months
from uku.invoices.totals import VatLine
from uku.kit.money import ZERO, to_ore
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

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
class MonthEnd:
    """`month` is the first day; each list is in the order that it is read in."""

    month: date
    drafts: Sequence[Invoice]
    not_sent: Sequence[Invoice]
    not_booked: Sequence[Invoice]
    not_invoiced: Sequence[Client]
    open_credits: Sequence[Invoice]
    owed: Sequence[OpenOfClient]
    billed: Sequence[Billed]
    check: MonthCheck | None

    @property
    def last(self) -> date:
        return last_day(self.month)


def month_end(month: date) -> MonthEnd:
    """Return what is to be looked through of a month, by its first day."""
    last = last_day(month)
    standing = Invoice.objects.filter(missing_since=None).exclude(issued_at=None).exclude(state=State.CANCELLED)
    numbered = standing.select_related("client")
    of_month = numbered.filter(invoice_date__range=(month, last)).order_by("invoice_date", "id")
    drafts = Invoice.objects.filter(state__in=OPEN_STATES, invoice_date__range=(month, last)).select_related("client")
    credits_open = numbered.filter(credits__isnull=False, invoice_date__lte=last).exclude(balance=0)
    return MonthEnd(
        month=month,
        drafts=list(drafts.order_by("invoice_date", "id")),
        not_sent=list(of_month.filter(state=State.CREATED, credits=None)),
        not_booked=list(of_month.filter(booked=False).exclude(ledger="")),
        not_invoiced=_not_invoiced(month),
        open_credits=list(credits_open.order_by("invoice_date", "id")),
        owed=_owed(numbered.filter(invoice_date__lte=last), last),
        billed=_billed(of_month),
        check=MonthCheck.objects.filter(month=month).select_related("checked_by").first(),
    )


def last_day(month: date) -> date:
    return shift_months(month, 1) - timedelta(days=1)


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


def _not_invoiced(month: date) -> list[Client]:
    """Return who was invoiced the month before and has neither invoice nor draft in this one."""
    standing = Invoice.objects.filter(credits=None).exclude(state=State.CANCELLED)
    before = shift_months(month, -1)
    billed_before = standing.exclude(issued_at=None).filter(invoice_date__range=(before, last_day(before)))
    billed_now = standing.filter(invoice_date__range=(month, last_day(month)))
    found = Client.objects.current().filter(pk__in=billed_before.values("client"))
    return list(found.exclude(pk__in=billed_now.values("client")).order_by("name_sort", "id"))


def _owed(invoices: QuerySet[Invoice], last: date) -> list[OpenOfClient]:
    """Sum up what was left at the end of a day: totals, less the payments that were booked until then.

    Credit notes are negative totals. A write-off has no date here, and what was written off is not owed any more.
    """
    paid = Payment.objects.filter(invoice=OuterRef("pk"), booked=True, paid_on__lte=last).order_by().values("invoice")
    paid_until = Subquery(paid.annotate(sum=Sum("amount")).values("sum"), output_field=_MONEY)
    rows = invoices.annotate(paid_until=Coalesce(paid_until, ZERO, output_field=_MONEY)).order_by(
        "client__name_sort", "client_id"
    )
    owed: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    clients: dict[int, Client] = {}
    for invoice in rows:
        clients[invoice.client_id] = invoice.client
        left = invoice.total - invoice.paid_until - invoice.ledger_credit_amount
        owed[invoice.client_id, invoice.currency] += left
    return [OpenOfClient(clients[pk], currency, amount) for (pk, currency), amount in owed.items() if amount]


def _billed(invoices: QuerySet[Invoice]) -> list[Billed]:
    """Add up net and VAT by rate as each invoice did: VAT is rounded once for each rate of an invoice."""
    rows = InvoiceRow.objects.filter(invoice__in=invoices, kind=RowKind.ARTICLE).select_related("invoice")
    nets: dict[tuple[str, int, Decimal], Decimal] = defaultdict(Decimal)
    for row in rows:
        nets[row.invoice.currency, row.invoice_id, row.vat_rate] += row.line.net
    found: dict[str, dict[Decimal, tuple[Decimal, Decimal]]] = defaultdict(dict)
    for (currency, _invoice, rate), net in nets.items():
        before = found[currency].get(rate, (ZERO, ZERO))
        found[currency][rate] = (before[0] + net, before[1] + to_ore(net * rate / 100))
    return [
        Billed(currency, [VatLine(rate, net, vat) for rate, (net, vat) in sorted(rates.items(), reverse=True)])
        for currency, rates in sorted(found.items())
    ]
