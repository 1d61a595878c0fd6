"""Paid amounts and dates back: two lists find what changed, each changed invoice of ours costs one detail."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from fortnox_api import Fortnox, NotFound
from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox import runs
from uku.integrations.fortnox.gateway import open_fortnox
from uku.integrations.fortnox.mapping import payment_fact, reading
from uku.integrations.fortnox.models import Connection, Push, PushState, Run, RunKind
from uku.invoices.models import Payment
from uku.invoices.operations import accept_reading
from uku.invoices.reading import PaymentFact
from uku.kit import clock
from uku.kit.money import ZERO


def read_payments(*, connection: Connection) -> Run:
    """Read what changed since the last complete run and take it in. Returns the finished run."""
    run = runs.start_or_resume(connection=connection, kind=RunKind.PAYMENTS, at=clock.now())
    pushes = _sent_to(connection)
    with open_fortnox(connection) as fortnox:
        since = run.since or runs.with_overlap(_first_push(pushes, run.started_at))
        payments = _changed_payments(fortnox, since)
        changed = {item.number for item in fortnox.invoices.list(last_modified=since)} | set(payments)
        run.counts = {"changed": 0, "read": 0}
        for number in sorted(changed & set(pushes)):
            _read_one(fortnox, run, pushes[number], payments.get(number, []))
    runs.end(run, at=clock.now())
    return run


def _sent_to(connection: Connection) -> dict[str, Push]:
    sent = Push.objects.filter(company_id=connection.company_id, state=PushState.CONFIRMED)
    return {push.document_number: push for push in sent.select_related("invoice")}


def _first_push(pushes: dict[str, Push], otherwise: datetime) -> datetime:
    return min((push.created_at for push in pushes.values()), default=otherwise)


def _changed_payments(fortnox: Fortnox, since: datetime) -> dict[str, list[PaymentFact]]:
    """Return the changed payments by invoice number, compared exactly on our side."""
    found: dict[str, list[PaymentFact]] = defaultdict(list)
    for item in fortnox.invoice_payments.list(last_modified=since):
        found[item.invoice_number].append(payment_fact(item))
    return found


def _read_one(fortnox: Fortnox, run: Run, push: Push, changed: list[PaymentFact]) -> None:
    """Read one invoice and take it in. One that is gone in Fortnox is listed; ours is kept (F88)."""
    as_of = clock.now()
    try:
        invoice = fortnox.invoices.get(push.document_number)
    except NotFound:
        runs.pass_over(run, push.document_number, str(push.invoice.client), "Missing in Fortnox")
        return
    known = _merge(push, changed)
    if _paid(known) != invoice.total - invoice.balance:
        known = _all_payments(fortnox, invoice)
    runs.count(run, "read")
    taken = accept_reading(invoice=push.invoice, reading=reading(invoice, known, as_of=as_of), at=clock.now())
    runs.count(run, "changed", int(taken))


def _merge(push: Push, changed: list[PaymentFact]) -> list[PaymentFact]:
    """The payments we know of, with the changed ones in place of what they were."""
    stored = Payment.objects.filter(invoice=push.invoice)
    known = {p.external_number: PaymentFact(p.external_number, p.amount, p.paid_on, p.booked) for p in stored}
    known |= {fact.number: fact for fact in changed}
    return list(known.values())


def _all_payments(fortnox: Fortnox, invoice: FortnoxInvoice) -> list[PaymentFact]:
    """List an invoice's payments afresh, when what we know does not explain its balance."""
    items = fortnox.invoice_payments.list(invoice_number=invoice.number)
    return [payment_fact(item) for item in items if item.invoice_number == invoice.number]


def _paid(payments: list[PaymentFact]) -> Decimal:
    return sum((fact.amount for fact in payments if fact.booked), ZERO)
