"""The paid status of the last months read again: by the lists, and one by one only what they cannot tell.

Requests: ⌈invoices dated in the months ÷ 500⌉, ⌈payments changed in them ÷ 500⌉, ⌈invoices changed since the last
run ÷ 500⌉, and one detail for each invoice of ours that changed, is not listed, may have been credited, was paid in
another currency than the books' (its payments cost one each), or whose balance its payments do not explain (those cost
the list of its payments too).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from fortnox_api import Fortnox, InvoiceItem, InvoicePaymentItem
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.mapping import ACCOUNTING_CURRENCY, payment_fact
from uku.integrations.fortnox.models import InvoiceExport, SyncRun
from uku.integrations.fortnox.payments import sync as payments
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.invoices.ledger_facts import Reading
from uku.invoices.models import State
from uku.kit import clock
from uku.kit.money import to_ore

SAVED_EACH = 25  # invoices; how often the run says how far it is


@dataclass(slots=True)
class InvoiceLists:
    """What the lists tell: our invoices as listed, payments by invoice, what changed, who was credited something."""

    as_of: datetime
    payments: dict[str, list[InvoicePaymentItem]]
    changed: set[str] = field(default_factory=set)
    invoices: dict[str, InvoiceItem] = field(default_factory=dict)
    credited_customers: set[str] = field(default_factory=set)

    def must_be_read(self, export: InvoiceExport) -> bool:
        """Say whether the lists cannot tell how an invoice stands.

        They never say what a credit note credits, nor what a payment came to in another currency than the books'.
        """
        item = self.invoices.get(export.document_number)
        if item is None or export.document_number in self.changed or export.invoice.credited_amount:
            return True
        paid = self.payments.get(export.document_number, [])
        if any(payment.currency != ACCOUNTING_CURRENCY for payment in paid):
            return True
        return item.customer_number in self.credited_customers


def read_payments_again(request: SyncRequest) -> SyncRun:
    """Read the paid status of all invoices sent from here and dated `again_from` or later, and of what changed since.

    Returns the finished run. One of the schedule's that was cut off is ended first, as an ordinary one.
    """
    run = sync_run.start_or_resume(request, clock.now())
    if request.reload is None or request.again_from is None or run.reload_id != request.reload.pk:
        return payments.read_payments(request)
    run.counts = {**run.counts, "changed": 0, "read": 0, "seen": 0, "elsewhere": 0}
    sent = payments.sent_to(request.connection)
    since = payments.since_when(run, sent)
    exports = {export.document_number: export for export in sent}
    with open_fortnox(request.connection, request.check) as fortnox:
        lists = _read_lists(fortnox, run, exports, since, request.again_from)
        touched = lists.changed | set(lists.payments) | set(lists.invoices)  # older ones among them
        chosen = [
            export
            for number, export in sorted(exports.items())
            if number in touched or export.invoice.invoice_date >= request.again_from
        ]
        run.counts["total"] = len(chosen)
        for export in chosen:
            if lists.must_be_read(export) or not _accept_from_lists(run, export, lists):
                payments.read_one(fortnox, run, export, lists.payments.get(export.document_number, []))
            sync_run.count(run, "seen")
            if run.counts["seen"] % SAVED_EACH == 0:
                run.save(update_fields=["counts"])
    sync_run.end(run, at=clock.now())
    return run


def _read_lists(
    fortnox: Fortnox, run: SyncRun, exports: Mapping[str, InvoiceExport], since: datetime, first: date
) -> InvoiceLists:
    """Read the lists. Our invoices are kept; one made in Fortnox is counted, never imported."""
    beginning = datetime.combine(first, time(0), sync_run.SWEDEN)
    lists = InvoiceLists(clock.now(), payments.changed_payments(fortnox, run, min(since, beginning)))
    if run.since is not None:  # else everything is new, and what the list tells will do
        changed = payments.rows(run, fortnox.invoices.pages(last_modified=since))
        lists.changed = {item.number for item in changed}
    for item in payments.rows(run, fortnox.invoices.pages(from_date=first, sort_by="document_number")):
        if item.total < 0:
            lists.credited_customers.add(item.customer_number)
        if item.number in exports:
            lists.invoices[item.number] = item
        else:
            sync_run.count(run, "elsewhere")
    return lists


def _accept_from_lists(run: SyncRun, export: InvoiceExport, lists: InvoiceLists) -> bool:
    """Store what the lists tell of an invoice; False when they do not explain its balance.

    One that they show as it was read before needs no explanation: a write-off is not looked into again.
    """
    item, invoice = lists.invoices[export.document_number], export.invoice
    listed = [payment_fact(payment) for payment in lists.payments.get(export.document_number, [])]
    facts = {fact.number: fact for fact in listed}
    stored = {fact.number: fact for fact in payments.merge(export, [])}
    if set(stored) - set(facts):
        return False  # a payment that we know is deleted, or older than the list
    if payments.booked_amount(listed) != item.total - item.balance:
        listed_facts = (to_ore(item.balance), item.booked, item.final_pay_date, item.cancelled)
        known = (invoice.balance, invoice.booked, invoice.final_pay_date, invoice.state == State.CANCELLED)
        if listed_facts != known or stored != facts:
            return False
    reading = Reading(
        as_of=lists.as_of,
        balance=item.balance,
        booked=item.booked,
        cancelled=item.cancelled,
        sent=item.sent,
        final_pay_date=item.final_pay_date,
        payments=tuple(listed),
    )
    payments.accept(run, export, reading)
    return True
