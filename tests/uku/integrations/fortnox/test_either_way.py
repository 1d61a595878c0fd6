"""What we do not know of Fortnox and what concerns money: the product is right whichever way Fortnox does it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from uku.integrations.fortnox.models import ExportState, RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.drafts import DraftHead, RowFacts, create_draft
from uku.invoices.models import Invoice, Payment, State
from uku.invoices.operations import issue_invoice
from uku.kit import clock

WAYS = [
    ("vat_rounding", "rate"),
    ("vat_rounding", "row"),
    ("row_vat", "zero"),
    ("row_vat", "article"),
    ("sent_vat_wins", True),
    ("sent_vat_wins", False),
    ("payment_touches_invoice", True),
    ("payment_touches_invoice", False),
    ("payment_other_year", True),
    ("payment_other_year", False),
    ("lastmodified_minutes", True),
    ("profile", "pessimistic"),
]
ACCOUNTS = {"25": 3041, "12": 3042, "6": 3043, "0": 3044}
BY_RATE, BY_ROW = Decimal("290.60"), Decimal("290.59")
ROWS = [("3.33", "1", "25"), ("3.33", "1", "25"), ("0.77", "3", "12"), ("101.01", "2.5", "6"), ("12.00", "1", "0")]


@pytest.fixture
def issued(fortnox, shop, connection, run_jobs):
    """An invoice whose VAT comes to other öre by row than by rate, sent and booked."""
    company = shop.connection.company_id
    article = {rate: fortnox.article(SalesAccount=account) for rate, account in ACCOUNTS.items()}
    run_sync(SyncRequest(connection, RunKind.ARTICLES))
    rows = [
        RowFacts("Arbete", Decimal(n), Decimal(price), Decimal(rate), "h", article[rate], article_company=company)
        for price, n, rate in ROWS
    ]
    today = clock.today("Europe/Stockholm")
    draft = create_draft(actor=shop.owner, at=clock.now(), head=DraftHead(shop.client, today), rows=rows)

    def go() -> Invoice:
        ledger = shop.connection.company_id
        issue_invoice(invoice=draft, actor=shop.owner, at=clock.now(), numbering="accounting", ledger=ledger)
        run_jobs()
        return Invoice.objects.get(pk=draft.pk)

    return go


@pytest.mark.parametrize(("switch", "value"), WAYS)
def test_an_invoice_has_fortnox_total_to_the_ore_and_is_paid_when_that_is_paid(
    fortnox, shop, issued, connection, run_jobs, switch, value
):
    fortnox.set_company(rounding=False)
    fortnox.switch(**{switch: value})
    invoice = issued()
    export = shop.export_of(invoice)
    assert (export.state, export.error_text, invoice.booked) == (ExportState.CONFIRMED, "", True)
    assert invoice.total == (BY_ROW if value in {"row", "pessimistic"} else BY_RATE)
    fortnox.pay(invoice.number, str(invoice.total), clock.today("Europe/Stockholm").isoformat())
    run_sync(SyncRequest(connection, RunKind.PAYMENTS))
    invoice.refresh_from_db()
    paid = sum(payment.amount for payment in Payment.objects.filter(invoice=invoice, booked=True))
    assert (invoice.state, invoice.balance, paid) == (State.PAID, 0, invoice.total)
