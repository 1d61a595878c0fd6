"""What clients owe and what they were invoiced, from their invoices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from uku.clients.models import Client
from uku.invoices.models import OPEN_STATES, Invoice, State
from uku.kit.money import ZERO, show_amount
from uku.kit.months import first_of, months_between
from uku.web.bar_chart import Bar, BarChart, draw_bars
from uku.web.invoice_list import LEFT, STANDING
from uku.web.templatetags.figures import month

SHORT = 3  # letters of a month below its bar
ELEVEN_MONTHS = timedelta(days=330)  # from the first of a month, into the month of eleven months before


@dataclass
class ClientFigures:
    """What a client owes, by currency, and the date of its newest invoice."""

    unpaid: dict[str, Decimal] = field(default_factory=dict)
    last_invoice: date | None = None


def figures_of(clients: Iterable[Client]) -> Mapping[int, ClientFigures]:
    """Return the figures of each client, in one query."""
    found = {client.pk: ClientFigures() for client in clients}
    rows = Invoice.objects.filter(client__in=found).order_by().values("client", "currency")
    issued = Q(issued_at__isnull=False, credits=None)
    for row in rows.annotate(left=Sum(LEFT), last=Max("invoice_date", filter=issued)):
        figures = found[row["client"]]
        if row["left"]:
            figures.unpaid[row["currency"]] = row["left"]
        if row["last"]:
            figures.last_invoice = max(row["last"], figures.last_invoice or row["last"])
    return found


def with_open_invoices(ids: Collection[int]) -> QuerySet[Client]:
    """Return those clients that have a draft, or an invoice that is not paid."""
    unpaid = Q(state__in=(State.CREATED, State.SENT), credited=False, credits=None)
    invoices = Invoice.objects.filter(Q(state__in=OPEN_STATES) | unpaid, client__in=ids)
    return Client.objects.get_queryset().filter(pk__in=invoices.values("client")).order_by("name_sort", "pk")


def invoiced_by_month(client: Client, today: date) -> tuple[str, BarChart]:
    """Return what a client was invoiced in the last twelve months without VAT, in the currency it has most of."""
    months = list(months_between(first_of(today) - ELEVEN_MONTHS, today))
    invoices = Invoice.objects.filter(client=client, state__in=STANDING, invoice_date__gte=months[0]).order_by()
    sums: dict[str, dict[date, Decimal]] = {client.currency: {}}
    for row in invoices.values("currency", at=TruncMonth("invoice_date")).annotate(net=Sum("net")):
        sums.setdefault(row["currency"], {})[row["at"]] = row["net"]
    currency = max(sums, key=lambda currency: len(sums[currency]))
    nets = [(at, sums[currency].get(at, ZERO)) for at in months]
    return currency, draw_bars([Bar(month(at), month(at)[:SHORT], net, show_amount(net)) for at, net in nets])
