"""Paid amounts and dates back: two lists find what changed, each changed invoice of ours costs one detail.

Each payment of one in another currency than the books' costs one too: lists tell what it came to in the books alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Min, Q, QuerySet

from fortnox_api import Fortnox, FortnoxError, InvoicePaymentItem, NotFound, Page, Unreadable
from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, require_usable_connection
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.mapping import (
    ACCOUNTING_CURRENCY,
    NO_REFERENCE,
    payment_fact,
    payment_fact_from_detail,
    reading,
)
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport, RunKind, SkipReason, SyncRun
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work import requests
from uku.invoices.ledger_facts import PaymentFact, Reading
from uku.invoices.models import Payment
from uku.invoices.paid_mark import PaidMarkChanged
from uku.invoices.read_back import accept_missing, accept_reading
from uku.kit import clock
from uku.kit.money import ZERO

DETAILS: Final = "details"
"""The stage of a run whose lists are read: each invoice that is still to be read carries its own mark."""


def read_payments(request: SyncRequest) -> SyncRun:
    """Read what changed since the last complete run and store it. Returns the finished run. Raises FortnoxError.

    A run that was cut off goes on with the invoices that are left. Their payments are then asked for one by one.
    """
    run = sync_run.start_or_resume(request, clock.now())
    exports = sent_to(request.connection)
    try:
        with open_fortnox(request.connection, request.check) as fortnox:
            payments = {} if run.stage == DETAILS else _find_changed(fortnox, run, exports)
            for export in exports.filter(read_due_at__isnull=False).order_by("document_number"):
                read_one(fortnox, run, export, payments.get(export.document_number, []))
                run.save(update_fields=["counts"])
    except sync_run.StaleRun:
        return SyncRun.objects.get(pk=run.pk)
    sync_run.end(run, at=clock.now())
    return run


def read_marked(fact: PaidMarkChanged) -> None:
    """Have Fortnox asked about an invoice that a person marked as paid: now, or once it can be asked again."""
    InvoiceExport.objects.filter(invoice=fact.invoice_id, state=ExportState.CONFIRMED).update(read_due_at=clock.now())
    with suppress(ConnectionNotUsable):
        requests.request_sync(require_usable_connection(), RunKind.PAYMENTS)


def _find_changed(
    fortnox: Fortnox, run: SyncRun, exports: QuerySet[InvoiceExport]
) -> dict[str, list[InvoicePaymentItem]]:
    """Mark the invoices of ours that changed as to be read; return the changed payments by invoice number."""
    since = since_when(run, exports)
    payments = changed_payments(fortnox, run, since)
    changed = {item.number for item in rows(run, fortnox.invoices.pages(last_modified=since))} | set(payments)
    with sync_run.next_step(run):
        theirs = Q(document_number__in=changed) | Q(foreign_note__in=changed)
        exports.filter(theirs).update(read_due_at=run.started_at)
        run.stage, run.counts = DETAILS, {**run.counts, "changed": 0, "read": 0}
    return payments


def sent_to(connection: Connection) -> QuerySet[InvoiceExport]:
    """The exports that are invoices of the connected company, without the bytes that were sent."""
    sent = InvoiceExport.objects.filter(company_id=connection.company_id, state=ExportState.CONFIRMED)
    return sent.select_related("invoice").defer("payload")


def since_when(run: SyncRun, exports: QuerySet[InvoiceExport]) -> datetime:
    """Return from when to read what changed: since the last complete run, else since the first invoice was sent."""
    if run.since is not None:
        return run.since
    first: datetime | None = exports.aggregate(first=Min("created_at"))["first"]
    return sync_run.with_overlap(first or run.started_at)


def changed_payments(fortnox: Fortnox, run: SyncRun, since: datetime) -> dict[str, list[InvoicePaymentItem]]:
    """Return the changed payments by invoice number, compared exactly on our side."""
    found: dict[str, list[InvoicePaymentItem]] = defaultdict(list)
    for item in rows(run, fortnox.invoice_payments.pages(last_modified=since)):
        found[item.invoice_number].append(item)
    return found


def rows(run: SyncRun, pages: Iterable[Page[Any]]) -> Iterator[Any]:
    """Yield what can be read; a row that cannot is listed, and the others do not wait for it (F54)."""
    for page in pages:
        for row in page.rejects:
            sync_run.count(run, "rejected")
            sync_run.skip(run, [(row.number or "?", "")], SkipReason.UNREADABLE, row.reason)
        yield from page.items


def read_one(fortnox: Fortnox, run: SyncRun, export: InvoiceExport, changed: list[InvoicePaymentItem]) -> None:
    """Read one invoice and store what it tells. One that is deleted in Fortnox is listed; ours is kept (F88)."""
    as_of = clock.now()
    try:
        stated = _read_invoice(fortnox, export, changed)
    except NotFound as error:
        with transaction.atomic():
            if _lock_as_read(export):
                accept_missing(invoice=export.invoice, as_of=as_of, at=clock.now())
                _reject(run, export, SkipReason.DELETED, error)
    except Unreadable as error:
        if error.transient:
            raise
        _reject(run, export, SkipReason.UNREADABLE, error)
    else:
        accept(run, export, stated)


def _read_invoice(fortnox: Fortnox, export: InvoiceExport, changed: list[InvoicePaymentItem]) -> Reading:
    """Read an invoice; payments that do not explain its balance are listed afresh. Raises NotFound or Unreadable.

    A credit may close as much of the balance as a payment did that was removed, so a credited one is always listed.
    """
    as_of = clock.now()
    invoice = fortnox.invoices.get(export.document_number)
    known = merge(export, _read_facts(fortnox, changed))
    is_credited = invoice.credit_invoice_reference not in NO_REFERENCE
    if is_credited or booked_amount(known) != invoice.total - invoice.balance:
        listed = fortnox.invoice_payments.list(invoice_number=invoice.number)  # what contains the number
        known = _read_facts(fortnox, [item for item in listed if item.invoice_number == invoice.number])
    return reading(invoice, known, as_of=as_of, foreign_note=_read_foreign_note(fortnox, export, invoice))


def _read_foreign_note(fortnox: Fortnox, export: InvoiceExport, invoice: FortnoxInvoice) -> FortnoxInvoice | None:
    """Return the credit note that Fortnox names on an invoice, unless it was made here; remember its number.

    A credit note names the invoice that it credits in the same field.
    """
    number = (
        "" if invoice.credit or invoice.credit_invoice_reference in NO_REFERENCE else invoice.credit_invoice_reference
    )
    ours = InvoiceExport.objects.filter(company_id=export.company_id, document_number=number)
    if number and ours.exists():
        number = ""
    if export.foreign_note != number:
        same = InvoiceExport.objects.filter(pk=export.pk, document_number=export.document_number)
        same.update(foreign_note=number)
    return fortnox.invoices.get(number) if number else None


def _read_facts(fortnox: Fortnox, items: Iterable[InvoicePaymentItem]) -> list[PaymentFact]:
    """Return payments in their invoices' currency: what another one came to, only the payment's detail tells.

    One that was deleted since it was listed is left out.
    """
    facts = []
    for item in items:
        if item.currency == ACCOUNTING_CURRENCY:
            facts.append(payment_fact(item))
            continue
        with suppress(NotFound):
            facts.append(payment_fact_from_detail(fortnox.invoice_payments.get(item.number)))
    return facts


@transaction.atomic
def accept(run: SyncRun, export: InvoiceExport, stated: Reading) -> None:
    """Store how an invoice stands, and count it."""
    if not _lock_as_read(export):
        return
    at = clock.now()
    sync_run.count(run, "read")
    sync_run.count(run, "changed", int(accept_reading(invoice=export.invoice, reading=stated, at=at)))
    numbers = [export.document_number]
    sync_issues.solve(company_id=export.company_id, kind=sync_issues.PAYMENT, numbers=numbers, at=at)
    if stated.booked and not export.booked:
        _mark_booked(export, at)
    _end_request(export)


def _lock_as_read(export: InvoiceExport) -> bool:
    """Lock an export, and say whether it still has the number that was read: a person may have adopted another one."""
    same = InvoiceExport.objects.select_for_update().filter(pk=export.pk, document_number=export.document_number)
    return same.only("pk").first() is not None


def _mark_booked(export: InvoiceExport, at: datetime) -> None:
    """Store that it is booked: by somebody in Fortnox, or by a worker that died before it stored that."""
    booked = {"booked": True, "error_code": "", "error_text": "", "next_at": None}
    InvoiceExport.objects.filter(pk=export.pk, cancel_wanted_at=None).update(**booked)
    sync_issues.solve(company_id=export.company_id, kind=sync_issues.INVOICE, numbers=[export.reference], at=at)


def _end_request(export: InvoiceExport) -> None:
    """Nothing more is to be read, unless somebody asked again while this was read."""
    InvoiceExport.objects.filter(pk=export.pk, read_due_at=export.read_due_at).update(read_due_at=None)


def _reject(run: SyncRun, export: InvoiceExport, reason: SkipReason, error: FortnoxError) -> None:
    """List an invoice that could not be read back, and keep it as a sync issue until it can."""
    client = str(export.invoice.client)
    sync_run.count(run, "rejected")
    detail = error.reason if reason == SkipReason.UNREADABLE else ""
    sync_run.skip(run, [(export.document_number, client)], reason, detail)
    sync_issues.note(
        company_id=export.company_id,
        kind=sync_issues.PAYMENT,
        number=export.document_number,
        name=client,
        reason=detail,
        error=error,
        export=export,
        at=clock.now(),
    )
    _end_request(export)


def merge(export: InvoiceExport, changed: list[PaymentFact]) -> list[PaymentFact]:
    """The payments we know of, with the changed ones in place of what they were."""
    stored = Payment.objects.filter(invoice=export.invoice)
    known = {p.external_number: PaymentFact(p.external_number, p.amount, p.paid_on, p.booked) for p in stored}
    known |= {fact.number: fact for fact in changed}
    return list(known.values())


def booked_amount(payments: list[PaymentFact]) -> Decimal:
    return sum((fact.amount for fact in payments if fact.booked), ZERO)
