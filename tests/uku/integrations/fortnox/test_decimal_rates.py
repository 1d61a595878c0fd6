"""Finland's 25.5 %: sent where the company has the rate and Fortnox keeps it, else stopped, with what to do."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.uku.integrations.fortnox.simulated import FIRST

from fortnox_sim.api.chart_of_accounts import name_chart
from uku.integrations.fortnox.integration import FortnoxIntegration
from uku.integrations.fortnox.invoices.retry import retry_export
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, ExportState, InvoiceExport, RunKind
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work.runs import run_sync
from uku.invoices.models import Invoice
from uku.kit import clock

RATE = "25.5"


@pytest.fixture
def rated(fortnox, shop):
    """The article has an account whose VAT code is the company's own, of 25.5 %; the company has that rate."""
    fortnox.set_company(vat_codes={"MPX_FI": RATE}, vat_rates=["25", RATE, "0"])
    with fortnox.app.installation.lock:
        company = fortnox.app.installation.company(FIRST)
        year = company.find_year(company.today().isoformat())
        facts = {"Number": 3055, "Description": "Försäljning, 25,5 % moms", "VATCode": "MPX_FI", "Active": True}
        company.put(name_chart(year["Id"]), "3055", facts)
    fortnox.ask("PATCH", f"companies/{FIRST}/articles/{shop.article}", SalesAccount=3055)
    ArticleRecord.objects.update(detail_read_at=None)
    return shop


def panel(invoice):
    (shown,) = FortnoxIntegration().invoice_panels(Invoice.objects.get(pk=invoice.pk))
    return shown


def test_the_rate_is_sent_kept_and_read_back_with_equal_totals(fortnox, rated, run_jobs):
    invoice = rated.issue(rate=RATE)
    ours = invoice.totals
    run_jobs()
    invoice.refresh_from_db()
    (made,) = fortnox.invoices()
    assert (made["InvoiceRows"][0]["VAT"], made["TotalVAT"], made["Total"]) == (
        Decimal(RATE),
        Decimal("484.50"),
        Decimal(2385),
    )
    assert (invoice.totals, invoice.difference, invoice.booked) == (ours, "", True)
    fortnox.pay(invoice.number, "2385", clock.today("Europe/Stockholm").isoformat())
    run_sync(SyncRequest(rated.connection, RunKind.PAYMENTS))
    invoice.refresh_from_db()
    assert (invoice.balance, invoice.state) == (0, "paid")
    assert ArticleRecord.objects.get(number=rated.article).vat_rate == Decimal(RATE)


def test_where_the_article_has_another_rate_it_is_not_issued_and_the_page_says_what_to_do(fortnox, shop, desk):
    CustomerRecord.objects.update(detail_read_at=clock.now(), vat_type="SEVAT", country="SE")
    ArticleRecord.objects.update(detail_read_at=clock.now(), vat_rate=Decimal(25))
    draft = shop.draft(rate=RATE)
    words = f"Row “Bokföring” has 25.5 % VAT, but Fortnox has 25 % for article {shop.article}."
    remedy = "Change the rate of the row, or the account of the article in Fortnox."
    (check,) = FortnoxIntegration().invoice_checks(draft, list(draft.rows.select_related("product")))
    assert (check.sentence, check.remedy) == (words, remedy)
    assert (desk.issue(draft).state, desk.says(draft, words), fortnox.invoices()) == ("draft", True, [])


@pytest.mark.parametrize("cause", ["the company lacks it", "Fortnox takes no decimals"])
def test_where_fortnox_does_not_take_the_rate_the_invoice_says_so_and_goes_once_it_does(
    fortnox, rated, run_jobs, cause
):
    if cause == "the company lacks it":
        fortnox.set_company(vat_rates=["25", "0"])
    else:
        fortnox.switch(decimal_vat="refuse")
    invoice = rated.issue(rate=RATE)
    run_jobs()
    export = InvoiceExport.objects.get()
    assert (export.state, fortnox.invoices()) == (ExportState.REJECTED, [])
    shown = panel(invoice)
    assert "" not in (shown.happened, shown.means, shown.remedy)
    assert [action.label for action in shown.actions] == ["Send to Fortnox", "Back to draft"]
    fortnox.set_company(vat_rates=["25", RATE, "0"])
    fortnox.switch(decimal_vat="accept")
    retry_export(export=export, actor=rated.owner)
    run_jobs()
    assert InvoiceExport.objects.get().state == ExportState.CONFIRMED
    assert fortnox.creates() == {invoice.reference: 1}


def test_a_rate_that_fortnox_cuts_is_a_difference_and_a_person_books_it(fortnox, rated, run_jobs):
    fortnox.switch(decimal_vat="truncate")
    invoice = rated.issue(rate=RATE)
    run_jobs()
    invoice.refresh_from_db()
    assert (invoice.total, invoice.difference) == (
        Decimal(2375),
        "VAT 475.00 instead of 484.50 SEK; rounding 0.00 instead of 0.50 SEK; total 2,375.00 instead of 2,385.00 SEK",
    )
    assert (invoice.difference_accepted_at, invoice.booked) == (None, False)
    assert panel(invoice).badge.words == f"In Fortnox {invoice.number}, not booked"
    assert [action.label for action in panel(invoice).actions] == ["Book in Fortnox"]
