"""PostgreSQL that is lost while an invoice is sent: whatever was stored, one create in the journal."""

from __future__ import annotations

import pytest
from tests.uku.integrations.fortnox.conftest import clear_queue
from tests.uku.integrations.fortnox.database_proxy import DatabaseProxy
from tests.uku.integrations.fortnox.simulated import until

from uku.integrations.fortnox.invoices.export import process_export
from uku.integrations.fortnox.models import ExportState, InvoiceExport

POST = {"method": "POST", "path": "/3/invoices"}


@pytest.fixture
def proxy(environment, tmp_path):
    found = DatabaseProxy(environment["DATABASE_URL"], tmp_path)
    environment["DATABASE_URL"] = found.address
    yield found
    found.close()


@pytest.fixture
def sending(fortnox, shop, proxy, processes):
    """A real worker whose create Fortnox has carried out and not answered yet: its export, process and fault."""
    held = fortnox.fault(**POST, action="hold", phase="P4")
    export = shop.export_of(shop.issue())
    process = processes("-m", "uku", "worker")
    until(lambda: fortnox.holds(held))
    return export, process, held


def state() -> str:
    return InvoiceExport.objects.get().state


@pytest.mark.process
def test_a_commit_whose_answer_is_lost_when_an_invoice_is_confirmed_is_read_and_not_sent_again(fortnox, proxy, sending):
    """F09"""
    export, process, held = sending
    proxy.lose_commit_of(b"confirmed")
    fortnox.release(held)
    until(lambda: proxy.lost == 1)
    until(lambda: state() == ExportState.CONFIRMED)
    process.kill()
    process.wait()
    clear_queue()
    process_export(export_id=export.pk)
    row = InvoiceExport.objects.select_related("invoice").get()
    (made,) = fortnox.invoices()
    assert (row.document_number, row.invoice.number, row.booked) == (made["DocumentNumber"],) * 2 + (True,)
    assert fortnox.creates() == {export.reference: 1}


@pytest.mark.process
def test_a_database_that_is_gone_when_the_answer_comes_leaves_one_create_that_is_found(fortnox, proxy, sending, later):
    """F10"""
    export, process, held = sending
    proxy.cut()
    fortnox.release(held)
    until(fortnox.creates)
    process.kill()
    process.wait()
    assert state() == ExportState.SENDING
    proxy.mend()
    later(export, seconds=100)
    clear_queue()
    process_export(export_id=export.pk)
    (made,) = fortnox.invoices()
    row = InvoiceExport.objects.get()
    assert (row.state, row.document_number, row.booked) == (ExportState.CONFIRMED, made["DocumentNumber"], True)
    assert fortnox.creates() == {export.reference: 1}
