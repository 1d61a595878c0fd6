"""F26: a month's end, when all invoices are issued at once, at the pace of service and by the pace's own clock.

Each request reserves its moment in the real row, 210 ms after the one before; waiting for it takes no time. The window
of the simulated Fortnox, 25 requests in 5 seconds, counts by the same clock.
"""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db.models import Model
from tests.uku.integrations.fortnox.simulated import FIRST

from uku.integrations.fortnox.client.rate_limit import PaceRow
from uku.integrations.fortnox.models import ExportState, InvoiceExport, Pace
from uku.invoices.models import Invoice, InvoiceRow
from uku.invoices.numbers import new_reference

INVOICES = 500
"""Two requests each, for less than 30 s of processor time."""
INTERVAL = timedelta(milliseconds=210)
WINDOW = timedelta(seconds=5)


@pytest.fixture
def reserved(fortnox, real_pace, monkeypatch):
    """The moments that were reserved, in order, as they came; Fortnox reads the newest as its clock."""
    moments = []
    acquire = PaceRow.acquire

    def acquire_at_once(limiter: PaceRow) -> None:
        limiter._sleep = lambda _seconds: None
        acquire(limiter)
        moments.append(Pace.objects.values_list("next_at", flat=True).get(company_id=FIRST) - INTERVAL)

    monkeypatch.setattr(PaceRow, "acquire", acquire_at_once)
    limiter = fortnox.app.installation.rate_limiter
    monkeypatch.setattr(limiter, "_monotonic", lambda: moments[-1].timestamp())  # noqa: PLW0108  # none yet
    return moments


@pytest.fixture
def issued_at_once(shop):
    """Issue one invoice, and copy what that stored until there are so many: issuing each is not what is measured."""
    export = shop.export_of(shop.issue())
    invoice, row = export.invoice, export.invoice.rows.get()

    def copies(one: Model, **facts: Any) -> Model:
        copied = copy(one)
        copied.pk = None
        for name, value in facts.items():
            setattr(copied, name, value)
        return copied

    invoices = Invoice.objects.bulk_create(copies(invoice, reference=new_reference()) for _ in range(INVOICES - 1))
    InvoiceRow.objects.bulk_create(copies(row, invoice=each) for each in invoices)
    InvoiceExport.objects.bulk_create(copies(export, invoice=each, reference=each.reference) for each in invoices)
    return InvoiceExport.objects.all()


@pytest.mark.process
def test_invoices_issued_at_once_keep_the_pace_and_each_is_created_once(fortnox, issued_at_once, run_jobs, reserved):
    fortnox.switch(rate_limit=True, rate_model="two-bucket")
    before, begun = fortnox.mark(), len(reserved)
    run_jobs()
    assert set(issued_at_once.values_list("state", "booked")) == {(ExportState.CONFIRMED, True)}
    assert fortnox.creates() == {export.reference: 1 for export in issued_at_once}
    assert len(fortnox.creates()) == INVOICES
    at = reserved[begun:]
    assert len(at) == len(fortnox.requests(before))  # each request had a moment of its own
    assert set(fortnox.statuses(before)) == {200, 201}  # none was too early for Fortnox
    assert min(later - earlier for earlier, later in pairwise(at)) >= INTERVAL
    assert min(later - first for first, later in zip(at, at[25:], strict=False)) > WINDOW  # at most 25 in any 5 s
