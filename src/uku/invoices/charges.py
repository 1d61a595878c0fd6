"""What of tasks an invoice bills, and when it is free to be billed again."""

from __future__ import annotations

from datetime import datetime

from uku.invoices.models import Invoice


def free_charges(invoice: Invoice, *, at: datetime) -> None:
    """Let what an invoice billed of tasks be billed again: it is cancelled, or credited whole."""
    invoice.task_charges.filter(freed_at=None).update(freed_at=at)


def free_removed_charges(invoice: Invoice, *, at: datetime) -> None:
    """Let what left a draft be billed again."""
    invoice.task_charges.filter(freed_at=None, rows=None).update(freed_at=at)
