"""Rows with a discount and rows of text, from the draft to what Fortnox stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from uku.integrations.fortnox.models import ExportState, RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.credit import credit_invoice
from uku.invoices.drafts import DraftHead, RowFacts, create_draft
from uku.invoices.models import Invoice, InvoiceRow, RowKind
from uku.invoices.operations import issue_invoice
from uku.kit import clock


@pytest.fixture
def issued(fortnox, shop, connection, run_jobs):
    """3 h at 950 with 10 % off, a text, and 1 piece at 100: 2,665.00 without VAT."""
    company = shop.connection.company_id
    article = fortnox.article(SalesAccount=3041)
    run_sync(SyncRequest(connection, RunKind.ARTICLES))
    work = RowFacts("Bokföring", Decimal(3), Decimal(950), Decimal(25), "h", article, None, company, Decimal(10))
    text = RowFacts("Redovisning mars", kind=RowKind.TEXT)
    piece = RowFacts("Rapport", Decimal(1), Decimal(100), Decimal(25), "", article, None, company)
    head = DraftHead(shop.client, clock.today("Europe/Stockholm"), None, date(2026, 2, 1), date(2026, 2, 28))
    draft = create_draft(actor=shop.owner, at=clock.now(), head=head, rows=[work, text, piece])
    issue_invoice(invoice=draft, actor=shop.owner, at=clock.now(), numbering="accounting", ledger=company)
    run_jobs()
    return Invoice.objects.get(pk=draft.pk)


def test_discount_text_and_last_day_of_supply_reach_fortnox_and_the_total_is_the_same(fortnox, shop, issued):
    export, stored = shop.export_of(issued), _stored(fortnox, issued)
    rows = [(row["Description"], row["DeliveredQuantity"], row["Discount"]) for row in stored["InvoiceRows"]]
    assert rows == [("Bokföring", 3, 10), ("Redovisning mars", 0, 0), ("Rapport", 1, 0)]
    assert (export.state, issued.net, issued.total, issued.difference) == (ExportState.CONFIRMED, 2665, 3331, "")
    assert (stored["Total"], stored["DeliveryDate"]) == (3331, "2026-02-28")


def test_a_credited_row_keeps_its_discount_and_a_text_is_not_credited(fortnox, shop, issued, run_jobs):
    work = InvoiceRow.objects.get(invoice=issued, description="Bokföring")
    note = credit_invoice(
        invoice=issued,
        actor=shop.owner,
        at=clock.now(),
        on=clock.today("Europe/Stockholm"),
        ledger=shop.connection.company_id,
        quantities={work.pk: Decimal(2)},
        notes_seen=0,
    )
    run_jobs()
    note.refresh_from_db()
    stored = _stored(fortnox, note)
    assert (note.net, note.total, note.difference) == (Decimal(-1710), Decimal(-2138), "")
    rows = [(row["Description"], row["DeliveredQuantity"], row["Discount"]) for row in stored["InvoiceRows"]]
    assert rows == [("Bokföring", -2, 10)]


def test_the_database_takes_no_text_with_an_amount_and_no_discount_beyond_the_price(shop, issued):
    rows = InvoiceRow.objects.filter(invoice=issued)
    for wrong in ({"kind": RowKind.TEXT}, {"discount": Decimal("100.01")}, {"discount": Decimal(-1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.filter(description="Bokföring").update(**wrong)


def _stored(fortnox, invoice):
    return next(each for each in fortnox.invoices() if each["DocumentNumber"] == invoice.number)
