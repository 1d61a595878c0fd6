"""What is checked before an invoice is sent, and the bytes that will be sent. Each refusal is a sentence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from fortnox_api import Fortnox
from uku.integrations.fortnox.articles.importer import ARTICLE_IMPORTER
from uku.integrations.fortnox.connection.companies import name_of_company
from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.mapping import VAT_TYPES, invoice_payload
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, InvoiceExport
from uku.integrations.fortnox.sync.details import read_detail
from uku.invoices.models import InvoiceRow
from uku.kit import clock

FRESH = timedelta(minutes=15)
VAT_FREE_TYPES = frozenset({"EUREVERSEDVAT", "SEREVERSEDVAT", "EXPORT"})


def prepare(fortnox: Fortnox, export: InvoiceExport) -> tuple[str, bytes]:
    """Return ("", the bytes to post), or the sentence that says why it cannot be sent.

    Customers and articles are read again unless they were read within 15 minutes.
    """
    customer = invoiced_customer(export.invoice.client, export.company_id)
    if customer is None:
        return f"{export.invoice.client} is not linked to a Fortnox customer. Link the client, then send again.", b""
    if _stale(customer):
        read_detail(fortnox, CUSTOMER_IMPORTER, customer)
    if refusal := _check_customer(customer):
        return refusal, b""
    rows = list(InvoiceRow.objects.filter(invoice=export.invoice).select_related("product"))
    for row in rows:
        if refusal := _check_row(fortnox, export, row, customer):
            return refusal, b""
        row.article_number = row.article_in(export.company_id)
    payload, changes = invoice_payload(export.invoice, rows, customer_number=customer.number).clean()
    export.text_changes = ", ".join(f"{change.before} → {change.after or '(nothing)'}" for change in changes)[:500]
    export.save(update_fields=["text_changes"])
    return "", payload.to_json_bytes()


def _check_customer(customer: CustomerRecord) -> str:
    """An unknown VAT type tells no rate (reliability B40); another organisation number may be another company (B44)."""
    if not customer.active:
        return f"Customer {customer} is inactive in Fortnox. Activate it there, then send again."
    if customer.identity_changed_at is not None:
        return (
            f"Customer {customer} has another organisation number in Fortnox than when it was linked, so it may be"
            " somebody else. Say in the client’s Integration dialog whether it is the same client, then send again."
        )
    if customer.vat_type and customer.vat_type not in VAT_TYPES:
        return (
            f"Customer {customer} has the VAT type “{customer.vat_type}” in Fortnox, which Uku does not know, so the"
            " VAT of the invoice cannot be checked. Choose another VAT type for the customer there, then send again."
        )
    return ""


def _check_row(fortnox: Fortnox, export: InvoiceExport, row: InvoiceRow, customer: CustomerRecord) -> str:
    """The company's tax rates are read from its articles: a row's rate must be its article's own."""
    if row.asks_for_article(export.company_id):
        return _ask_for_article(export, row)
    number = row.article_in(export.company_id)
    if not number:
        return f"Row “{row.description}” has no article. Choose a product with an article number."
    article = ArticleRecord.objects.filter(company_id=export.company_id, number=number).first()
    if article is None:
        return f"Article {number} is not known here. Reload data, then send again."
    if article.detail_read_at is None or clock.now() - article.detail_read_at > FRESH:
        read_detail(fortnox, ARTICLE_IMPORTER, article)
    if not article.active:
        return f"Article {article} is inactive in Fortnox. Activate it there, then send again."
    expected = Decimal(0) if customer.vat_type in VAT_FREE_TYPES else article.vat_rate
    if expected is None or expected != row.vat_rate:
        return (
            f"Row “{row.description}” has {row.vat_rate.normalize():f} % VAT, but Fortnox has"
            f" {_percent(expected)} for article {article.number}. Change the product's rate, or the account of"
            " the article in Fortnox, and make the invoice again."
        )
    return ""


def _ask_for_article(export: InvoiceExport, row: InvoiceRow) -> str:
    """The last guard: a number of another company is another article in this one, and is never sent."""
    owner = name_of_company(row.article_company) if row.article_company else "no company"
    theirs = name_of_company(export.company_id)
    happened = f"Row “{row.description}” has article {row.article_number} of {owner}, and the invoice goes to {theirs}."
    if row.product is None:
        return f"{happened} Credit the invoice and make it again with a product that has an article in {theirs}."
    return f"{happened} Open the product {row.product}, pick its article in {theirs}, then send again."


def _stale(customer: CustomerRecord) -> bool:
    return customer.detail_read_at is None or clock.now() - customer.detail_read_at > FRESH


def _percent(rate: Decimal | None) -> str:
    return "no rate" if rate is None else f"{rate.normalize():f} %"
