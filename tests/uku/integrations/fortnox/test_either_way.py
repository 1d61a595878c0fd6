"""What we do not know of Fortnox and what concerns money: the product is right whichever way Fortnox does it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.conftest import bill_in_euros, issue, read_details

from uku.clients.models import Client
from uku.integrations.fortnox.invoices.retry import retry_export
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


@pytest.mark.parametrize(("whole", "total"), [(False, "499.99"), (True, "500.00")])
def test_an_invoice_in_euros_has_fortnox_total_and_is_paid_when_that_is_paid(
    fortnox, shop, connection, run_jobs, whole, total
):
    fortnox.switch(round_foreign=whole)
    bill_in_euros(fortnox, shop)
    invoice = shop.issue(price="399.99", quantity="1")
    run_jobs()
    invoice.refresh_from_db()
    assert (invoice.currency, invoice.total, invoice.booked) == ("EUR", Decimal(total), True)
    fortnox.pay(invoice.number, total, clock.today("Europe/Stockholm").isoformat())
    run_sync(SyncRequest(connection, RunKind.PAYMENTS))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.balance) == (State.PAID, 0)


@pytest.mark.parametrize("needed", [False, True])
def test_a_buyer_abroad_whose_vat_number_went_is_booked_or_says_why_not(fortnox, shop, connection, run_jobs, needed):
    fortnox.switch(reverse_needs_vat_number=needed)
    abroad = {"VATType": "EUREVERSEDVAT", "VATNumber": "FI20774740", "CountryCode": "FI"}
    fortnox.change_customer(shop.customer, **abroad)
    run_sync(SyncRequest(connection, RunKind.CUSTOMERS))
    read_details(connection)
    invoice = issue(shop.owner, Client.objects.get(pk=shop.client.pk), shop.article, rate="0")
    fortnox.change_customer(shop.customer, VATNumber="")
    run_jobs()
    invoice.refresh_from_db()
    export = shop.export_of(invoice)
    why = "Kunden saknar momsregistreringsnummer." if needed else ""
    assert (export.state, export.error_text, invoice.booked) == (ExportState.CONFIRMED, why, not needed)
    fortnox.change_customer(shop.customer, VATNumber="FI20774740")
    if needed:
        retry_export(export=export, actor=shop.owner)
        run_jobs()
    invoice.refresh_from_db()
    assert (invoice.booked, invoice.vat, fortnox.creates().total()) == (True, 0, 1)
