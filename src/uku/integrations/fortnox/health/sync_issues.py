"""Records and runs that need attention: noted when they fail, solved when they go through later."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import structlog
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fortnox_api import FortnoxError
from uku.integrations.fortnox.health.error_codes import ErrorGroup
from uku.integrations.fortnox.health.messages import Context, explain_error
from uku.integrations.fortnox.models import Connection, InvoiceExport, RunKind, SyncIssue
from uku.kit.alarms import clear_alarm, is_any_open, raise_alarm

log = structlog.get_logger()
UNREADABLE: Final = "fortnox.unreadable_invoice:"
"""Begins the key of the alarm; Uku's reference follows."""
CUSTOMER, ARTICLE, INVOICE, PAYMENT, DIFFERENCE = "customer", "article", "invoice", "payment", "difference"
KINDS_OF = {
    "customers": (CUSTOMER, RunKind.CUSTOMERS),
    "articles": (ARTICLE, RunKind.ARTICLES),
    "invoices": (INVOICE, DIFFERENCE, RunKind.COMPARISON),
    "payments": (PAYMENT, RunKind.PAYMENTS),
    "statistics": (RunKind.STATISTICS,),
}
"""The kinds of sync issue that belong to each kind of data, by the word in the address."""


def note(  # noqa: PLR0913  # what is known differs from cause to cause
    *,
    company_id: str,
    kind: str,
    number: str,
    at: datetime,
    name: str = "",
    error: FortnoxError | None = None,
    code: str = "",
    reason: str = "",
    export: InvoiceExport | None = None,
    digest: str = "",
) -> None:
    """Write down that a record did not go through, once however often it is tried.

    `code` is ours, where Fortnox reported no error. `digest` is the SHA-256 of the row that could not be read. What a
    person ignored stays ignored while it fails for the same cause; another cause shows it again.
    """
    facts = {
        "code": _cut(str(error.code or "") if error else code, 20),
        "message": _cut(error.message if error else "", 500),
        "reason": _cut(reason or (error.reason if error and not error.message else ""), 300),
    }
    ids = {
        "name": _cut(name, 1024),
        "request_id": _cut((error.request_id or "") if error else "", 40),
        "digest": digest,
    }
    place = {"company_id": company_id, "kind": kind, "number": _cut(number, 1024)}
    with transaction.atomic():
        row = SyncIssue.objects.select_for_update().filter(**place, solved_at=None).first()
        if row is None:
            with suppress(IntegrityError), transaction.atomic():  # another worker writes the same one now: it will do
                SyncIssue.objects.create(**place, **facts, **ids, export=export, first_at=at, last_at=at)
            return
        if any(getattr(row, field) != value for field, value in facts.items()):
            row.ignored_at = row.ignored_by = None
        for field, value in {**facts, **ids}.items():
            setattr(row, field, value)
        row.times, row.last_at = row.times + 1, at
        row.save()


def note_export(export: InvoiceExport, *, at: datetime, error: FortnoxError | None = None, reason: str = "") -> None:
    """Write down that an invoice did not go through, under our own reference; the health is reviewed soon.

    What Fortnox could not read is no fault of the firm's: the operator is told.
    """
    if error is not None and explain_error(error, Context.INVOICE).group == ErrorGroup.OURS:
        _alarm_operator(export, error, at)
    Connection.objects.filter(company_id=export.company_id).update(reviewed_at=None)
    note(
        company_id=export.company_id,
        kind=INVOICE,
        number=export.reference,
        name=str(export.invoice.client),
        at=at,
        error=error,
        reason=reason,
        export=export,
    )


def _alarm_operator(export: InvoiceExport, error: FortnoxError, at: datetime) -> None:
    """Tell the operator of the first invoice that Fortnox could not read, until that one is solved (F84)."""
    uid = error.request_id or ""
    log.error("Fortnox could not read what Uku sent", export=export.pk, uid=uid)
    if is_any_open(UNREADABLE):
        return
    text = _(
        "Fortnox could not read invoice %(reference)s as Uku sent it (code %(code)s, request id %(uid)s). Nothing is"
        " wrong in Fortnox, and the invoice is not sent again by itself. Other invoices may be refused in the same way:"
        " the log has each."
    ) % {"reference": export.reference, "code": error.code or "–", "uid": uid or "–"}
    raise_alarm(key=f"{UNREADABLE}{export.reference}", text=text, at=at)


def solve(
    *, company_id: str, kind: str, numbers: Iterable[str], at: datetime, unless: Iterable[Any] | QuerySet[Any] = ()
) -> int:
    """Close the issues of records that went through, but of numbers in `unless`; an ignored one too.

    Return how many there were.
    """
    waiting = SyncIssue.objects.filter(company_id=company_id, kind=kind, solved_at=None)
    numbers = list(numbers)
    solved = waiting.filter(number__in=numbers).exclude(number__in=unless).update(solved_at=at)
    if solved and kind == INVOICE:
        for number in numbers:
            clear_alarm(key=f"{UNREADABLE}{number}", at=at)
    return solved


def unsolved(company_id: str) -> QuerySet[SyncIssue]:
    """The issues that still hold, ignored ones too."""
    return SyncIssue.objects.filter(company_id=company_id, solved_at=None)


def open_issues(company_id: str) -> QuerySet[SyncIssue]:
    """The issues that wait for somebody: neither solved nor ignored."""
    return unsolved(company_id).filter(ignored_at=None)


def _cut(text: str, longest: int) -> str:
    return text.replace("\x00", "")[:longest]
