"""Invoices on their way out: the first that is due, sent, credited, cancelled, looked up, booked or delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db.models import Case, DateTimeField, F, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from fortnox_api import Fortnox
from uku.integrations.fortnox.invoices import cancel, credit, export
from uku.integrations.fortnox.invoices.cancel import due_cancellations
from uku.integrations.fortnox.invoices.credit import due_credits, is_ready
from uku.integrations.fortnox.invoices.delivery import deliveries_of, process_delivery
from uku.integrations.fortnox.invoices.export import TO_BOOK, due_exports, process
from uku.integrations.fortnox.models import OPEN, ExportKind, ExportState, InvoiceExport
from uku.integrations.fortnox.tokens.renewal import LONG_AGO
from uku.integrations.fortnox.work.step import Clock, Rank, Step, Work

_AT_ONCE = Coalesce(F("next_at"), Value(LONG_AGO, DateTimeField()))
_OPEN = InvoiceExport.everywhere.filter(OPEN, workspace=OuterRef("workspace"), company_id=OuterRef("company_id"))
_WANTED = InvoiceExport.everywhere.filter(
    cancel_wanted_at__isnull=False, workspace=OuterRef("workspace"), company_id=OuterRef("company_id")
)


def _when(queued: Q) -> Case:
    """When something is to be done about an export by itself; about a queued one only if it fits."""
    return Case(
        When(queued & Q(state=ExportState.QUEUED), then=_AT_ONCE),
        When(state=ExportState.SENDING, then=F("lease_until")),
        When(state=ExportState.UNCERTAIN, then=F("next_at")),
        When(TO_BOOK, then=F("next_at")),
        default=None,
        output_field=DateTimeField(),
    )


_UNKNOWN = Q(state__in=[ExportState.SENDING, ExportState.UNCERTAIN])
_UNDECIDED = Q(state=ExportState.NEEDS_PERSON, cancelled_number="")
_WHEN_CANCELLED = Case(When(_UNKNOWN | _UNDECIDED, then=None), default=_AT_ONCE, output_field=DateTimeField())


def _step(
    name: str,
    due: Callable[[], QuerySet[InvoiceExport]],
    carry_out: Callable[[Fortnox, InvoiceExport], None],
    rows: QuerySet[InvoiceExport],
    when: Case,
) -> Step:
    fact = f"{name}_due_at"

    def do(work: Work) -> bool:
        theirs = due().filter(company_id=work.connection.company_id)
        process(theirs.order_by(F("next_at").asc(nulls_first=True), "id"), carry_out, work.connection)
        return True

    def find_due(row: Any) -> Any:
        return getattr(row, fact)

    first = rows.order_by().values("company_id").annotate(first=Min(when)).values("first")
    return Step(name, Rank.PERSON, find_due, do, {fact: Subquery(first)}, clock=Clock.REAL)


EXPORT: Final = _step(
    "export", due_exports, export.carry_out, _OPEN.filter(kind=ExportKind.CREATE), _when(Q(cancel_wanted_at=None))
)
CREDIT: Final = _step("credit", due_credits, credit.carry_out, _OPEN.filter(kind=ExportKind.CREDIT), _when(is_ready()))
CANCEL: Final = _step("cancel", due_cancellations, cancel.carry_out, _WANTED, _WHEN_CANCELLED)


def _do_first_delivery(work: Work) -> bool:
    company = work.connection.company_id
    first = deliveries_of(company).order_by("ledger_due_at", "id").values_list("pk", flat=True).first()
    if first is not None:
        process_delivery(delivery_id=first, company_id=company)
    return True


_FIRST_DELIVERY = (
    deliveries_of(OuterRef(OuterRef("company_id")))
    .filter(workspace=OuterRef("workspace"))
    .order_by("ledger_due_at")
    .values("ledger_due_at")[:1]
)
DELIVERY: Final = Step(
    "delivery",
    Rank.PERSON,
    lambda row: row.delivery_due_at,
    _do_first_delivery,
    {"delivery_due_at": Subquery(_FIRST_DELIVERY)},
    clock=Clock.REAL,
)
STEPS: Final = (EXPORT, CANCEL, CREDIT, DELIVERY)
