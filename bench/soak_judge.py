# ruff: noqa: INP001
"""What must hold of each invoice when nothing is under way any more, by the simulator's books and journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from firm import show


def judge_all(firms: list[Any]) -> bool:
    """Print what does not hold of any firm, and how many invoices ended how; say whether everything holds."""
    held = True
    for firm in firms:
        with firm.scope():
            judge = Judge(firm)
            for wrong in judge.find_wrongs():
                held = False
                show(f"WRONG in {firm.company}: {wrong}")
            show(f"{firm.company}: {dict(judge.ends)}")
    return held


class Judge:
    def __init__(self, firm: Any) -> None:
        from uku.integrations.fortnox.models import ExportState, InvoiceExport, SyncIssue

        self.states, self.company, self.copied = ExportState, firm.company, firm.copied
        theirs = {"company_id": firm.company}
        self.exports = list(InvoiceExport.objects.filter(**theirs).select_related("invoice__credits"))
        self.tasks = set(SyncIssue.objects.filter(solved_at=None, **theirs).values_list("number", flat=True))
        self.made = {row["DocumentNumber"]: row for row in firm.fortnox.invoices(firm.company)}
        mine = [
            entry for entry in firm.fortnox.journal() if entry["kind"] == "commit" and entry["company"] == firm.company
        ]
        self.creates = Counter(entry["reference"] for entry in mine if entry["action"] == "invoice.create")
        self.credits = Counter(entry["key"] for entry in mine if entry["action"] == "invoice.credit")
        self.customers = Counter(entry["key"] for entry in mine if entry["action"] == "customer.create")
        self.payments: dict[str, list[Decimal]] = {}
        for row in firm.fortnox.ask("GET", f"companies/{firm.company}/payments"):
            if row.get("Booked"):
                self.payments.setdefault(str(row["InvoiceNumber"]), []).append(Decimal(str(row["Amount"])))
        self.ends: Counter[str] = Counter()

    def find_wrongs(self) -> Iterator[str]:
        from uku.invoices.models import Invoice, State

        issued = Invoice.objects.filter(ledger=self.company).exclude(state__in=[State.DRAFT, State.APPROVAL])
        if lost := set(issued.values_list("pk", flat=True)) - {export.invoice_id for export in self.exports}:
            yield f"issued without an intent: {lost}"
        if unknown := set(self.creates) - {export.reference for export in self.exports}:
            yield f"created in Fortnox, and nobody knows them: {unknown}"
        if more := {number: times for number, times in self.credits.items() if times > 1}:
            yield f"credited more than once: {more}"
        if more := {number: times for number, times in self.customers.items() if times > 1}:
            yield f"customers created more than once: {more}"
        numbers = {export.document_number for export in self.exports if export.document_number}
        if lost_there := {number for number in set(self.made) - numbers if not self._is_settled(self.made[number])}:
            yield f"in Fortnox, and no invoice of ours has the number: {lost_there}"
        for export in self.exports:
            for wrong in self._judge(export):
                yield f"{export.reference} {export.state} {export.document_number}: {wrong}"

    def _is_settled(self, row: dict[str, Any]) -> bool:
        """Say whether a person settled what no invoice of ours claims: copied it in Fortnox, or left it."""
        waits = {self.states.NEEDS_PERSON, self.states.LEFT, self.states.CANCELLED}
        open_ones = [export for export in self.exports if export.state in waits]
        if row.get("Credit"):
            return row["CreditInvoiceReference"] in {
                each.invoice.credits.number for each in open_ones if each.invoice.credits
            }
        known = {each.reference for each in open_ones}
        return row.get("ExternalInvoiceReference1") in self.copied | known

    def _judge(self, export: Any) -> Iterator[str]:
        self.ends[f"{export.kind} {export.state}"] += 1
        times = self.creates[export.reference]
        if times > 1:
            yield f"created {times} times"
        if export.state == self.states.CONFIRMED:
            yield from self._judge_confirmed(export, times)
        elif export.state in {self.states.NEEDS_PERSON, self.states.REJECTED}:
            if export.reference not in self.tasks:
                yield "left to a person without a task"
        elif export.state == self.states.QUEUED and not self._is_ready(export):
            self.ends["waits for its invoice or an earlier note"] += 1
        elif export.state == self.states.LEFT:
            if not (export.decided_by_id and export.decision_reason):
                yield "settled outside Uku by nobody, or for no reason"
        elif export.state != self.states.CANCELLED:
            yield "still under way"
        elif times and export.decision != "left":
            yield "cancelled before it was sent, and created"

    def _is_ready(self, export: Any) -> bool:
        """Say whether nothing else holds it: a credit note waits for its invoice, which may be with a person."""
        from uku.integrations.fortnox.invoices.credit import is_ready
        from uku.integrations.fortnox.models import InvoiceExport

        return export.kind != "credit" or InvoiceExport.objects.filter(is_ready(), pk=export.pk).exists()

    def _judge_confirmed(self, export: Any, times: int) -> Iterator[str]:
        row, invoice = self.made.get(export.document_number), export.invoice
        if row is None:
            yield "not in Fortnox"
            return
        if export.kind == "create" and times != 1:
            yield f"created {times} times"
        if export.kind == "credit" and (
            not row.get("Credit") or row["CreditInvoiceReference"] != invoice.credits.number
        ):
            yield f"no credit note of {invoice.credits.number}: {row.get('CreditInvoiceReference')}"
        is_cancelled = bool(row.get("Cancelled"))
        if is_cancelled != (invoice.state == "cancelled"):
            yield f"{invoice.state}, in Fortnox cancelled: {is_cancelled}"
        if is_cancelled:
            return
        yield from self._judge_money(export, row)

    def _judge_money(self, export: Any, row: dict[str, Any]) -> Iterator[str]:
        invoice = export.invoice
        ours = (invoice.number, invoice.total, export.booked)
        theirs = (row["DocumentNumber"], row["Total"], bool(row.get("Booked")))
        if ours != theirs:
            yield f"{ours}, in Fortnox {theirs}"
        paid = sorted(invoice.payments.filter(booked=True).values_list("amount", flat=True))
        if paid != sorted(self.payments.get(invoice.number, [])):
            yield f"paid {paid}, in Fortnox {self.payments.get(invoice.number)}"
        if invoice.balance is not None and export.booked and invoice.balance != row["Balance"]:
            yield f"balance {invoice.balance}, in Fortnox {row['Balance']}"
        is_paid = row["Balance"] == 0 and bool(row.get("Booked")) and not (invoice.credited or invoice.is_credit_note)
        if is_paid != (invoice.state == "paid"):
            yield f"{invoice.state}, although the balance in Fortnox is {row['Balance']}"
