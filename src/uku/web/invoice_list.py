"""The list of invoices as its address asks for it: words, filter, client, month and order; and what it sums to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, Collate, Length
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from uku.clients import names
from uku.clients.models import Client
from uku.invoices.delivery_models import DeliveryState, InvoiceDelivery
from uku.invoices.models import Invoice, State
from uku.kit import clock
from uku.kit.banking_days import last_overdue_date
from uku.kit.money import ZERO
from uku.kit.months import month_named
from uku.web import integration_data
from uku.web.list_filters import clean_words, is_id
from uku.web.numbers import NotANumber, parse_number
from uku.web.record_list import RecordList
from uku.workspaces.models import Workspace

STANDING = (State.CREATED, State.SENT, State.PAID)
NEEDS_YOU, UNPAID, OVERDUE, PARTLY_PAID = "needs_you", "unpaid", "overdue", "partly_paid"
LEFT = Case(When(state__in=STANDING, credits=None, then=Coalesce("balance", "total") + F("credit_balance")))
"""What is left to pay; nothing of drafts, cancelled ones and credit notes."""
_BY_NUMBER = (Length("number"), Collate("number", "C"))
ORDERS: Mapping[str, tuple[Any, ...]] = {
    "number": _BY_NUMBER,
    "client": ("client__name_sort",),
    "date": ("invoice_date",),
    "due": ("due_date",),
    "total": ("total",),
    "left": ("left",),
}


@dataclass(frozen=True, slots=True)
class Sums:
    """What the shown invoices sum to in one currency."""

    currency: str
    count: int
    total: Decimal
    left: Decimal


@dataclass(frozen=True)
class InvoiceList(RecordList):
    """Invoices, of one client or of one month (2026-03) where the address names it."""

    seller: Workspace
    client: Client | None = None
    month: str = ""

    first_sort: ClassVar[str] = "-date"

    @classmethod
    def of(cls, asked: QueryDict, seller: Workspace) -> InvoiceList:
        """Read the address; what is no filter and no column of ours is left out."""
        sort, client, month = asked.get("sort", ""), asked.get("client", ""), asked.get("month", "")
        listing = cls(
            words=clean_words(asked.get("q", "")),
            show=asked.get("show", ""),
            sort=sort if sort.removeprefix("-") in ORDERS else cls.first_sort,
            seller=seller,
            client=Client.objects.get_queryset().filter(pk=client).first() if is_id(client) else None,
            month=month if month_named(month) else "",
        )
        return listing if listing.show in listing.filters else cls(**{**listing.__dict__, "show": ""})

    @property
    def parts(self) -> Mapping[str, str]:
        return {**super().parts, "client": str(self.client.pk) if self.client else "", "month": self.month}

    @property
    def columns(self) -> Mapping[str, str]:
        return {
            "number": _("Number"),
            "client": _("Client"),
            "date": _("Date"),
            "due": _("Due"),
            "total": _("Total"),
            "left": _("Left to pay"),
        }

    @property
    def filters(self) -> Mapping[str, str]:
        return {
            "": _("All"),
            State.DRAFT: _("Drafts"),
            NEEDS_YOU: _("Needs you"),
            UNPAID: _("Unpaid"),
            OVERDUE: _("Overdue"),
            PARTLY_PAID: _("Partly paid"),
            State.PAID: _("Paid"),
            State.CANCELLED: _("Cancelled"),
        }

    @cached_property
    def conditions(self) -> Mapping[str, Q]:
        """What passes each filter. An overdue or partly paid invoice is unpaid, too."""
        last_overdue = last_overdue_date(clock.today(self.seller.time_zone), self.seller.country)
        unpaid = Q(state__in=(State.CREATED, State.SENT), credited=False, credits=None)
        return {
            "": Q(),
            State.DRAFT: Q(state=State.DRAFT),
            NEEDS_YOU: needs_you(),
            UNPAID: unpaid,
            OVERDUE: unpaid & Q(due_date__lte=last_overdue),
            PARTLY_PAID: unpaid & Q(balance__gt=0, balance__lt=F("total") - F("credited_amount")),
            State.PAID: Q(state=State.PAID),
            State.CANCELLED: Q(state=State.CANCELLED),
        }

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many invoices each filter shows, in one query."""
        named = {f"of_{code}": Count("pk", Q(of)) for code, of in self.conditions.items() if code}
        found = self._found().order_by().aggregate(of_=Count("pk"), **named)
        return {code: found[f"of_{code}"] for code in self.conditions}

    @property
    def is_empty(self) -> bool:
        """Say whether the workspace has no invoice at all."""
        return not (self.words or self.client or self.month or self.counts[""])

    @property
    def records(self) -> QuerySet[Invoice]:
        found = self._shown().annotate(left=LEFT).select_related("client")
        down = self.sort.startswith("-")
        columns = [F(each) if isinstance(each, str) else each for each in ORDERS[self.sort.removeprefix("-")]]
        ordered = (each.desc(nulls_last=True) if down else each.asc(nulls_last=True) for each in columns)
        return found.order_by(*ordered, "-id")

    @cached_property
    def sums(self) -> list[Sums]:
        """What all the shown invoices sum to, not only those of this page; a line for each currency."""
        shown = self._shown().order_by("currency").values("currency")
        rows = shown.annotate(count=Count("pk"), sum=Sum("total"), left=Sum(LEFT))
        return [Sums(row["currency"], row["count"], row["sum"], row["left"] or ZERO) for row in rows]

    def _shown(self) -> QuerySet[Invoice]:
        return self._found().filter(self.conditions[self.show])

    def _found(self) -> QuerySet[Invoice]:
        found: QuerySet[Invoice] = Invoice.objects.all()
        if self.client is not None:
            found = found.filter(client=self.client)
        if first := month_named(self.month):
            found = found.filter(invoice_date__year=first.year, invoice_date__month=first.month)
        return found.filter(_named(self.words)) if self.words else found


def needs_you() -> Q:
    """Return the condition of an invoice that nothing happens to until a person acts."""
    later = InvoiceDelivery.objects.filter(invoice=OuterRef("invoice"), pk__gt=OuterRef("pk"))
    failed = InvoiceDelivery.objects.filter(state__in=(DeliveryState.UNCLEAR, DeliveryState.REFUSED))
    undelivered = Q(pk__in=failed.exclude(Exists(later)).values("invoice"))
    differing = ~Q(difference="") & Q(difference_accepted_at=None)
    owed = Q(state__in=(State.CREATED, State.SENT), credited=False, balance__gt=-F("credit_balance"))
    contradicted = owed & Q(marked_paid_at__isnull=False)
    waiting = integration_data.waiting_for_somebody()
    return Q(state=State.APPROVAL) | waiting | undelivered | differing | contradicted


def _named(words: str) -> Q:
    """Return who has these words: the client's name, a number, an OCR, or an amount to the öre."""
    found = Q(client__name_search__contains=names.for_search(words)) if names.for_search(words) else Q()
    digits = words.replace(" ", "")
    if digits.isascii() and digits.isdecimal():
        found |= Q(number__startswith=digits) | Q(ocr=digits)
    try:
        return found | Q(total=parse_number(words))
    except NotANumber:
        return found or Q(pk__in=[])
