"""Invoices on their way out: the first that is due, sent, looked up or booked."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Case, DateTimeField, F, Min, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce

from uku.integrations.fortnox.invoices.export import due_exports, process_export
from uku.integrations.fortnox.models import OPEN, ExportState, InvoiceExport
from uku.integrations.fortnox.tokens.renewal import LONG_AGO
from uku.integrations.fortnox.work.step import Clock, Rank, Step, Work

_AT = Case(
    When(state=ExportState.QUEUED, then=Coalesce(F("next_at"), Value(LONG_AGO, DateTimeField()))),
    When(state=ExportState.SENDING, then=F("lease_until")),
    When(state=ExportState.UNCERTAIN, then=F("next_at")),
    When(state=ExportState.CONFIRMED, booked=False, error_text="", then=F("next_at")),
    default=None,
    output_field=DateTimeField(),
)
_OPEN = InvoiceExport.everywhere.filter(OPEN, workspace=OuterRef("workspace"), company_id=OuterRef("company_id"))


def _export_first_due(work: Work) -> bool:
    theirs = due_exports().filter(company_id=work.connection.company_id)
    first = theirs.order_by(F("next_at").asc(nulls_first=True), "id").values_list("pk", flat=True).first()
    if first is not None:
        process_export(export_id=first)
    return True


def _export_due(row: Any) -> Any:
    return row.export_due_at


EXPORT: Final = Step(
    "export",
    Rank.PERSON,
    _export_due,
    _export_first_due,
    {"export_due_at": Subquery(_OPEN.order_by().values("company_id").annotate(first=Min(_AT)).values("first"))},
    clock=Clock.REAL,
)
STEPS: Final = (EXPORT,)
