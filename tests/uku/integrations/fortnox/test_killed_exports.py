"""A worker killed or frozen while it sends an invoice: whatever it had done, one create in the journal."""

from __future__ import annotations

import signal
from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.simulated import FIRST, until

from uku.integrations.fortnox.client.rate_limit import PaceRow
from uku.integrations.fortnox.invoices.export import process_export
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, ExportState, InvoiceExport, Pace
from uku.kit import clock

POST = {"method": "POST", "path": "/3/invoices"}
LOOKUPS = (700, 120)  # the first look-up after ten minutes, and the second


def state() -> str:
    return InvoiceExport.objects.get().state


@pytest.fixture
def take_over(fortnox, later):
    """Let time pass for a push and take it on in this process, as the next worker would."""

    def go(export, *, after: float) -> str:
        clear_queue()
        later(export, seconds=after)
        process_export(export_id=export.pk)
        return state()

    return go


@pytest.fixture
def about_to_send(fortnox, shop, processes):
    """A real worker that has committed its intent and waits for its turn, and the push. Nothing was sent."""
    CustomerRecord.objects.update(detail_read_at=clock.now())
    ArticleRecord.objects.update(detail_read_at=clock.now(), vat_rate=Decimal(25))
    PaceRow(FIRST).penalize(15)
    free_at = Pace.objects.get(pk=FIRST).next_at
    export = shop.export_of(shop.issue())
    process = processes("-m", "uku", "worker")
    until(lambda: state() == ExportState.SENDING)
    until(lambda: Pace.objects.get(pk=FIRST).next_at > free_at)  # its turn is reserved: now it sleeps
    Pace.objects.all().delete()
    return process, export


@pytest.mark.process
@pytest.mark.parametrize("phase", ["P4", "P0"], ids=["after the commit", "before the commit"])
def test_a_worker_killed_while_fortnox_answers_leaves_one_create(fortnox, shop, processes, take_over, phase):
    """F04"""
    held = fortnox.fault(**POST, action="hold", phase=phase)
    export = shop.export_of(shop.issue())
    process = processes("-m", "uku", "worker")
    until(lambda: fortnox.holds(held))
    process.kill()
    process.wait()
    assert state() == ExportState.SENDING
    fortnox.release(held)
    until(fortnox.creates)
    assert take_over(export, after=1) == ExportState.SENDING  # its lease is not over
    assert take_over(export, after=100) == ExportState.CONFIRMED
    assert fortnox.creates() == {export.reference: 1}
    assert InvoiceExport.objects.get().booked


@pytest.mark.process
def test_a_worker_killed_before_it_sent_leaves_one_create_after_the_whole_window(fortnox, about_to_send, take_over):
    """F05"""
    process, export = about_to_send
    process.kill()
    process.wait()
    intent = InvoiceExport.objects.get()
    assert [take_over(export, after=pause) for pause in LOOKUPS] == [ExportState.UNCERTAIN, ExportState.QUEUED]
    assert fortnox.creates() == {}
    assert take_over(export, after=0) == ExportState.CONFIRMED
    after = InvoiceExport.objects.get()
    assert (after.payload_hash, after.attempts) == (intent.payload_hash, 2)
    assert fortnox.creates() == {export.reference: 1}


@pytest.mark.process
def test_a_worker_frozen_past_its_lease_does_not_send_what_another_sent(fortnox, about_to_send, take_over, tmp_path):
    """F08"""
    process, export = about_to_send
    process.send_signal(signal.SIGSTOP)
    for pause in (*LOOKUPS, 0):
        take_over(export, after=pause)
    assert (state(), fortnox.creates()) == (ExportState.CONFIRMED, {export.reference: 1})
    before = InvoiceExport.objects.get()
    process.send_signal(signal.SIGCONT)
    log = tmp_path / "process-0.log"
    until(lambda: "woke up after its lease" in log.read_text(), seconds=150)
    assert fortnox.creates() == {export.reference: 1}
    assert (InvoiceExport.objects.get().fence, InvoiceExport.objects.get().document_number) == (
        before.fence,
        before.document_number,
    )
