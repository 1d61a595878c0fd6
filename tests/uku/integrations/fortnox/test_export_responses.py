"""What a create is answered with, when that cannot be about the invoice that was sent."""

from __future__ import annotations

import pytest

from uku.integrations.fortnox.models import ExportState, InvoiceExport, SyncIssue

POST = {"method": "POST", "path": "/3/invoices"}


@pytest.fixture
def answered(fortnox, shop, run_jobs):
    """Send an invoice, and change what its answer says."""

    def go(**facts):
        invoice = shop.issue()
        figures = {"Net": 1900, "TotalVAT": 475, "Total": 2375, "RoundOff": 0, "Balance": 2375}
        whole = {"CustomerNumber": shop.customer, "Booked": False, "Cancelled": False, **figures, **facts}
        fortnox.fault(**POST, action="rewrite", set={"Invoice": whole})
        run_jobs()
        return InvoiceExport.objects.get(invoice=invoice)

    return go


@pytest.mark.parametrize(
    "facts",
    [
        {"DocumentNumber": "77", "ExternalInvoiceReference1": "UKU-SOMEBODY-ELSE"},
        {"DocumentNumber": "-5"},
        {"DocumentNumber": -5},
    ],
)
def test_an_answer_about_another_invoice_is_left_to_a_person_and_nothing_is_adopted(fortnox, answered, facts):
    """B50"""
    export = answered(**facts)
    assert (export.state, export.document_number, export.invoice.number) == (ExportState.NEEDS_PERSON, "", "")
    assert "does not have Uku's reference" in export.error_text
    assert fortnox.creates() == {export.reference: 1}
    assert SyncIssue.objects.filter(solved_at=None, kind="invoice").count() == 1


@pytest.mark.parametrize("number", ["0", 0, "", None])
def test_an_answer_without_a_number_is_looked_up_and_never_adopted(fortnox, answered, later, number):
    """B50: the look-up finds the one that carries Uku's reference"""
    from uku.integrations.fortnox.invoices.export import process_export

    export = answered(DocumentNumber=number, ExternalInvoiceReference1="x")
    assert (export.state, export.document_number) == (ExportState.UNCERTAIN, "")
    later(export, seconds=5)
    process_export(export_id=export.pk)
    export.refresh_from_db()
    (made,) = fortnox.invoices()
    assert (export.state, export.document_number) == (ExportState.CONFIRMED, made["DocumentNumber"])
    assert fortnox.creates() == {export.reference: 1}
