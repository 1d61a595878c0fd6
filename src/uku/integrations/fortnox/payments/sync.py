"""Paid amounts and dates back: two lists find what changed, each changed invoice of ours costs one detail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from fortnox_api import Fortnox, FortnoxError, NotFound, Page, Unreadable
from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.mapping import payment_fact, reading
from uku.integrations.fortnox.models import Connection, ExportState, InvoiceExport, RunKind, SyncRun
from uku.integrations.fortnox.sync import sync_run
from uku.invoices.ledger_facts import PaymentFact
from uku.invoices.models import Payment
from uku.invoices.operations import accept_reading
from uku.kit import clock
from uku.kit.money import ZERO


def read_payments(
    *, connection: Connection, asked_by: int | None = None, check: Callable[[], None] | None = None
) -> SyncRun:
    """Read what changed since the last complete run and take it in. Returns the finished run.

    `check` runs before each request.
    """
    run = sync_run.start_or_resume(connection=connection, kind=RunKind.PAYMENTS, at=clock.now(), asked_by=asked_by)
    exports = sent_to(connection)
    with open_fortnox(connection, check) as fortnox:
        since = since_when(run, exports)
        run.counts = {**run.counts, "changed": 0, "read": 0}
        payments = changed_payments(fortnox, run, since)
        changed = {item.number for item in rows(run, fortnox.invoices.pages(last_modified=since))} | set(payments)
        for number in sorted(changed & set(exports)):
            read_one(fortnox, run, exports[number], payments.get(number, []))
    sync_run.end(run, at=clock.now())
    return run


def sent_to(connection: Connection) -> dict[str, InvoiceExport]:
    sent = InvoiceExport.objects.filter(company_id=connection.company_id, state=ExportState.CONFIRMED)
    return {export.document_number: export for export in sent.select_related("invoice")}


def since_when(run: SyncRun, exports: dict[str, InvoiceExport]) -> datetime:
    """Return from when to read what changed: since the last complete run, else since the first invoice was sent."""
    return run.since or sync_run.with_overlap(_first_export(exports, run.started_at))


def _first_export(exports: dict[str, InvoiceExport], otherwise: datetime) -> datetime:
    return min((export.created_at for export in exports.values()), default=otherwise)


def changed_payments(fortnox: Fortnox, run: SyncRun, since: datetime) -> dict[str, list[PaymentFact]]:
    """Return the changed payments by invoice number, compared exactly on our side."""
    found: dict[str, list[PaymentFact]] = defaultdict(list)
    for item in rows(run, fortnox.invoice_payments.pages(last_modified=since)):
        found[item.invoice_number].append(payment_fact(item))
    return found


def rows(run: SyncRun, pages: Iterable[Page[Any]]) -> Iterator[Any]:
    """Yield what can be read; a row that cannot is listed, and the others do not wait for it (reliability F54)."""
    for page in pages:
        for reject in page.rejects:
            sync_run.count(run, "rejected")
            sync_run.pass_over(run, reject.number or "?", "", f"Could not be read: {reject.reason}")
        yield from page.items


def read_one(fortnox: Fortnox, run: SyncRun, export: InvoiceExport, changed: list[PaymentFact]) -> None:
    """Read one invoice and take it in. One that is gone in Fortnox is listed; ours is kept (F88)."""
    as_of = clock.now()
    try:
        invoice = fortnox.invoices.get(export.document_number)
    except NotFound as error:
        _fail(run, export, "Missing in Fortnox", error)
        return
    except Unreadable as error:
        if error.transient:
            raise
        _fail(run, export, f"Could not be read: {error.reason}", error)
        return
    known = merge(export, changed)
    if paid(known) != invoice.total - invoice.balance:
        known = _all_payments(fortnox, invoice)
    sync_run.count(run, "read")
    taken = accept_reading(invoice=export.invoice, reading=reading(invoice, known, as_of=as_of), at=clock.now())
    sync_run.count(run, "changed", int(taken))
    sync_issues.solve(
        company_id=export.company_id, kind=sync_issues.PAYMENT, numbers=[export.document_number], at=clock.now()
    )


def _fail(run: SyncRun, export: InvoiceExport, reason: str, error: FortnoxError) -> None:
    """List an invoice that could not be read back, and keep it as a problem until it can."""
    client = str(export.invoice.client)
    sync_run.count(run, "rejected")
    sync_run.pass_over(run, export.document_number, client, reason)
    sync_issues.note(
        company_id=export.company_id,
        kind=sync_issues.PAYMENT,
        number=export.document_number,
        name=client,
        reason=reason,
        error=error,
        export=export,
        at=clock.now(),
    )


def merge(export: InvoiceExport, changed: list[PaymentFact]) -> list[PaymentFact]:
    """The payments we know of, with the changed ones in place of what they were."""
    stored = Payment.objects.filter(invoice=export.invoice)
    known = {p.external_number: PaymentFact(p.external_number, p.amount, p.paid_on, p.booked) for p in stored}
    known |= {fact.number: fact for fact in changed}
    return list(known.values())


def _all_payments(fortnox: Fortnox, invoice: FortnoxInvoice) -> list[PaymentFact]:
    """List an invoice's payments afresh, when what we know does not explain its balance."""
    items = fortnox.invoice_payments.list(invoice_number=invoice.number)
    return [payment_fact(item) for item in items if item.invoice_number == invoice.number]


def paid(payments: list[PaymentFact]) -> Decimal:
    return sum((fact.amount for fact in payments if fact.booked), ZERO)
