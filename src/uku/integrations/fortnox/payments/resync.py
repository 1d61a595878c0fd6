"""The paid status of the last months read again: by the lists, and one by one only what they cannot tell.

Requests: ⌈invoices dated in the months ÷ 500⌉, ⌈payments changed in them ÷ 500⌉, ⌈invoices changed since the last
run ÷ 500⌉, and one detail for each invoice of ours that changed, is not listed, may have been credited, or whose
balance its payments do not explain (those cost the list of its payments too).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from fortnox_api import Fortnox, InvoiceItem
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import Connection, InvoiceExport, Reload, RunKind, SyncRun
from uku.integrations.fortnox.payments import sync as payments
from uku.integrations.fortnox.sync import sync_run
from uku.invoices.ledger_facts import PaymentFact, Reading
from uku.invoices.models import State
from uku.invoices.operations import accept_reading
from uku.kit import clock
from uku.kit.money import to_ore

SAVED_EACH = 25  # invoices; how often the run says how far it is


@dataclass(slots=True)
class Listed:
    """What the lists tell: our invoices as listed, payments by invoice, what changed, who was credited something."""

    as_of: datetime
    payments: dict[str, list[PaymentFact]]
    changed: set[str] = field(default_factory=set)
    invoices: dict[str, InvoiceItem] = field(default_factory=dict)
    credited_customers: set[str] = field(default_factory=set)

    def must_be_read(self, export: InvoiceExport) -> bool:
        """Say whether the lists cannot tell how an invoice stands: they never say what a credit note credits."""
        item = self.invoices.get(export.document_number)
        if item is None or export.document_number in self.changed or export.invoice.credited:
            return True
        return item.customer_number in self.credited_customers


def read_payments_again(
    *, connection: Connection, reload: Reload, first: date, asked_by: int | None, check: Callable[[], None] | None
) -> SyncRun:
    """Read the paid status of all invoices sent from here and dated `first` or later, and of what changed since.

    Returns the finished run. One of the schedule's that was cut off is ended first, as an ordinary one.
    """
    at, kind = clock.now(), RunKind.PAYMENTS
    run = sync_run.start_or_resume(connection=connection, kind=kind, at=at, full=True, asked_by=asked_by, reload=reload)
    if run.reload_id != reload.pk:
        return payments.read_payments(connection=connection, asked_by=asked_by, check=check)
    run.counts = {**run.counts, "changed": 0, "read": 0, "seen": 0, "elsewhere": 0}
    exports = payments.sent_to(connection)
    with open_fortnox(connection, check) as fortnox:
        listed = _lists(fortnox, run, exports, first)
        _take_in(fortnox, run, _chosen(exports, listed, first), listed)
    sync_run.end(run, at=clock.now())
    return run


def _lists(fortnox: Fortnox, run: SyncRun, exports: dict[str, InvoiceExport], first: date) -> Listed:
    since = payments.since_when(run, exports)
    beginning = datetime.combine(first, time(0), sync_run.SWEDEN)
    found = Listed(clock.now(), payments.changed_payments(fortnox, run, min(since, beginning)))
    if run.since is not None:  # else everything is new, and what the list tells will do
        changed = payments.rows(run, fortnox.invoices.pages(last_modified=since))
        found.changed = {item.number for item in changed}
    for item in payments.rows(run, fortnox.invoices.pages(from_date=first, sort_by="documentnumber")):
        _sort_in(found, run, exports, item)
    return found


def _sort_in(found: Listed, run: SyncRun, exports: dict[str, InvoiceExport], item: InvoiceItem) -> None:
    """Keep what is ours; an invoice made in Fortnox is counted, never imported (spec section 7)."""
    if item.total < 0:
        found.credited_customers.add(item.customer_number)
    if item.number in exports:
        found.invoices[item.number] = item
    else:
        sync_run.count(run, "elsewhere")


def _chosen(exports: dict[str, InvoiceExport], listed: Listed, first: date) -> list[InvoiceExport]:
    """Ours that are dated in the months, and older ones that changed or got a payment."""
    touched = listed.changed | set(listed.payments) | set(listed.invoices)
    return [
        export
        for number, export in sorted(exports.items())
        if number in touched or export.invoice.invoice_date >= first
    ]


def _take_in(fortnox: Fortnox, run: SyncRun, chosen: list[InvoiceExport], listed: Listed) -> None:
    run.counts["total"] = len(chosen)
    for export in chosen:
        if listed.must_be_read(export) or not _is_told(run, export, listed):
            payments.read_one(fortnox, run, export, listed.payments.get(export.document_number, []))
        sync_run.count(run, "seen")
        if run.counts["seen"] % SAVED_EACH == 0:
            run.save(update_fields=["counts"])


def _is_told(run: SyncRun, export: InvoiceExport, listed: Listed) -> bool:
    """Take in what the lists tell; False when they do not explain the balance."""
    item, facts = listed.invoices[export.document_number], listed.payments.get(export.document_number, [])
    stored = payments.merge(export, [])
    if {fact.number for fact in stored} - {fact.number for fact in facts}:
        return False  # a payment that we know is gone, or older than the list
    explained = payments.paid(facts) == item.total - item.balance
    if not explained and not (_is_as_stored(export.invoice, item) and _same(stored, facts)):
        return False
    sync_run.count(run, "read")
    taken = accept_reading(invoice=export.invoice, reading=_reading(item, facts, listed.as_of), at=clock.now())
    sync_run.count(run, "changed", int(taken))
    sync_issues.solve(company_id=export.company_id, kind=sync_issues.PAYMENT, numbers=[item.number], at=clock.now())
    return True


def _is_as_stored(invoice: Any, item: InvoiceItem) -> bool:
    """Say whether the list shows what was read before: a write-off, or another currency, is not looked into again."""
    told = (to_ore(item.balance), item.booked, item.final_pay_date, item.cancelled)
    cancelled = invoice.state == State.CANCELLED
    return told == (invoice.balance, invoice.booked, invoice.final_pay_date, cancelled)


def _same(stored: list[PaymentFact], facts: list[PaymentFact]) -> bool:
    return {fact.number: fact for fact in stored} == {fact.number: fact for fact in facts}


def _reading(item: InvoiceItem, facts: list[PaymentFact], as_of: datetime) -> Reading:
    """What the list says about payment. An invoice that may be credited is never read from the list."""
    return Reading(
        as_of=as_of,
        balance=item.balance,
        booked=item.booked,
        cancelled=item.cancelled,
        credited=False,
        sent=item.sent,
        final_pay_date=item.final_pay_date,
        payments=tuple(facts),
    )
