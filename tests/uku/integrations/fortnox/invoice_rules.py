"""What is true of invoices after whatever was done, judged by the journal and the books of the simulated Fortnox."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Q
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.invoices.credit import is_ready
from uku.integrations.fortnox.invoices.reconcile import MOST_SENDS
from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport, SyncIssue
from uku.invoices.models import Invoice, State
from uku.workspaces.models import AuditEntry

S = ExportState
ARROWS = {
    S.QUEUED: {S.SENDING, S.HELD, S.REJECTED, S.CANCELLED, S.UNCERTAIN, S.WITHDRAWN},
    S.SENDING: {S.CONFIRMED, S.REJECTED, S.UNCERTAIN, S.QUEUED},
    S.UNCERTAIN: {S.CONFIRMED, S.QUEUED, S.NEEDS_PERSON, S.LEFT},
    S.NEEDS_PERSON: {S.UNCERTAIN, S.CANCELLED, S.QUEUED, S.CONFIRMED, S.LEFT},
    S.LEFT: {S.UNCERTAIN, S.CANCELLED, S.QUEUED, S.CONFIRMED},
    S.REJECTED: {S.QUEUED, S.UNCERTAIN, S.CANCELLED, S.WITHDRAWN},
    S.HELD: {S.QUEUED, S.CANCELLED, S.WITHDRAWN},
    S.CONFIRMED: set(),
    S.CANCELLED: set(),
    S.WITHDRAWN: set(),
}
"""From which state an export goes on to which, one step at a time."""


def reachable(state: str) -> set[str]:
    found, new = {state}, {state}
    while new:
        new = {after for each in new for after in ARROWS[S(each)]} - found
        found |= new
    return found


def content(invoice: Invoice) -> tuple[Any, ...]:
    """What a client was promised."""
    rows = invoice.rows.order_by("position")
    lines = tuple(rows.values_list("description", "quantity", "price", "vat_rate", "article_number"))
    return (invoice.client_id, invoice.currency, invoice.total, invoice.reference, lines)


class Watch:
    """What was seen of each invoice and export before, to compare with what is there now."""

    def __init__(self, fortnox: Any) -> None:
        self.fortnox = fortnox
        self.exports: dict[int, InvoiceExport] = {}
        self.contents: dict[int, tuple[Any, ...]] = {}
        self.own_numbers: list[int] = []
        self.retried: dict[int, int] = {}
        self.extra: Counter[str] = Counter()
        """How often a person let an invoice be created once more, here or in Fortnox, by its reference."""
        self.copied: set[str] = set()
        """The references of what somebody copied in Fortnox after Uku had its number."""
        self.met: Counter[str] = Counter()

    def check(self) -> None:
        exports = list(InvoiceExport.objects.defer("payload").select_related("invoice__credits"))
        creates = self.fortnox.creates()
        known = {export.reference for export in exports}
        assert {each: times for each, times in creates.items() if times > 1 + self.extra[each]} == {}  # I01
        assert set(creates) - known == set()  # I03
        assert self._companies() <= {FIRST}  # I11
        made = {row["DocumentNumber"]: row for row in self.fortnox.invoices()}
        for export in exports:
            self._check_export(export, made)
            self.exports[export.pk] = export
            self.met[export.state] += 1
        for invoice in Invoice.objects.exclude(state__in=[State.DRAFT, State.APPROVAL]):
            self._check_invoice(invoice)

    def _companies(self) -> set[str]:
        commits = [entry for entry in self.fortnox.journal() if entry["kind"] == "commit"]
        return {entry["company"] for entry in commits if entry["action"].startswith("invoice.")}

    def _check_export(self, export: InvoiceExport, made: dict[str, dict[str, Any]]) -> None:
        before = self.exports.get(export.pk)
        if before is not None:
            assert export.state in reachable(before.state), (before.state, export.state)  # I05
            assert export.fence >= before.fence  # I06
            if before.payload_hash and export.pk not in self.retried:
                assert export.payload_hash == before.payload_hash  # I07
        by_persons = self.retried.get(export.pk, 0) + self.extra[export.reference]
        assert export.attempts <= MOST_SENDS + by_persons + self._not_applied()  # I12
        if before is not None and before.document_number not in {"", export.document_number}:
            assert not made.get(before.document_number, {}).get("Sent")  # the client does not hold another number
        if export.state == ExportState.CONFIRMED and not export.invoice.is_missing:  # I02
            row, invoice = made[export.document_number], export.invoice
            assert invoice.number == row["DocumentNumber"]
            assert invoice.total == row["Total"] or row.get("Cancelled")
            assert (invoice.currency, row["CustomerNumber"]) == (row["Currency"], "1")
            if export.kind == ExportKind.CREATE:
                assert row["ExternalInvoiceReference1"] == export.reference
        if export.kind == ExportKind.CREDIT and export.attempts:  # I10
            original = InvoiceExport.objects.get(invoice=export.invoice.credits_id)
            assert original.state == ExportState.CONFIRMED

    def _not_applied(self) -> int:
        """Requests that Fortnox turned away: each may be sent again, since nothing came of it."""
        return sum(entry.get("status") in {401, 429} for entry in self.fortnox.journal() if entry["kind"] == "answer")

    def _check_invoice(self, invoice: Invoice) -> None:
        assert content(invoice) == self.contents.setdefault(invoice.pk, content(invoice))  # I08
        readings = AuditEntry.objects.filter(action="invoice.read", target=f"Invoice:{invoice.pk}").order_by("id")
        told = {"state": State.CREATED, "balance": ""}
        for entry in readings:  # I27
            told |= {name: entry.after[name] for name in told if name in entry.after}
        if readings:
            now = {"state": invoice.state, "balance": "" if invoice.balance is None else str(invoice.balance)}
            assert told == now
        self.met[f"is {invoice.state}"] += 1

    def check_own_numbers(self) -> None:
        """I09"""
        issued = Invoice.objects.filter(ledger="", numbering="own").order_by("issued_at", "id")
        numbers = [int(number) for number in issued.values_list("number", flat=True)]
        assert numbers == list(range(900000001, 900000001 + len(numbers)))

    def check_rest(self) -> None:
        """I04, and that both sides tell the same once everything was read back."""
        made = {row["DocumentNumber"]: row for row in self.fortnox.invoices()}
        at_rest = {S.CONFIRMED, S.REJECTED, S.NEEDS_PERSON, S.CANCELLED, S.WITHDRAWN, S.HELD, S.LEFT}
        for export in InvoiceExport.objects.select_related("invoice"):
            waits = export.kind == ExportKind.CREDIT and not InvoiceExport.objects.filter(is_ready(), pk=export.pk)
            assert export.state in at_rest or (export.state == S.QUEUED and waits), (export.state, export.next_at)
            if export.state in {S.REJECTED, S.NEEDS_PERSON}:
                assert SyncIssue.objects.filter(number=export.reference, solved_at=None).count() == 1
            if export.state == S.CONFIRMED and not export.invoice.is_missing:
                row, invoice = made[export.document_number], export.invoice
                assert bool(row.get("Cancelled")) == (invoice.state == State.CANCELLED)
                if not row.get("Cancelled"):
                    assert export.booked == bool(row.get("Booked"))
                    assert invoice.balance in {None, row["Balance"]}
        exports = InvoiceExport.objects.exclude(document_number="")
        gone = set(exports.exclude(invoice__missing_since=None).values_list("document_number", flat=True))
        assert gone & set(made) == set()
        numbers = set(exports.filter(invoice__missing_since=None).values_list("document_number", flat=True))
        assert numbers <= set(made)
        by_persons = InvoiceExport.objects.filter(Q(state=S.NEEDS_PERSON) | ~Q(decision=""))
        references = set(by_persons.values_list("reference", flat=True))
        credited = set(by_persons.filter(kind=ExportKind.CREDIT).values_list("invoice__credits__number", flat=True))
        for row in (made[number] for number in set(made) - numbers):
            reference, original = row["ExternalInvoiceReference1"], row.get("CreditInvoiceReference")
            is_known = reference in references | set(self.extra) | self.copied
            assert is_known or (row.get("Credit") and original in credited), row
