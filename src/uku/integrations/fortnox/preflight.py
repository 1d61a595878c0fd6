"""What is checked before an invoice is sent, and the bytes that will be sent. Each refusal is a sentence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from fortnox_api import Article, Fortnox, NotFound
from uku.integrations.fortnox.linking import invoiced_customer, read_detail
from uku.integrations.fortnox.mapping import invoice_payload
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, Push
from uku.invoices.models import InvoiceRow
from uku.kit import clock

FRESH = timedelta(minutes=15)
VAT_FREE_TYPES = frozenset({"EUREVERSEDVAT", "SEREVERSEDVAT", "EXPORT"})


def prepare(fortnox: Fortnox, push: Push) -> tuple[str, bytes]:
    """Return ("", the bytes to post), or the sentence that says why it cannot be sent.

    Customers and articles are read again unless they were read within 15 minutes.
    """
    customer = invoiced_customer(push.invoice.client, push.company_id)
    if customer is None:
        return f"{push.invoice.client} is not linked to a Fortnox customer. Link the client, then send again.", b""
    if _stale(customer):
        read_detail(fortnox, customer)
    if not customer.active:
        return f"Customer {customer} is inactive in Fortnox. Activate it there, then send again.", b""
    rows = list(InvoiceRow.objects.filter(invoice=push.invoice))
    for row in rows:
        if refusal := _check_row(fortnox, push, row, customer):
            return refusal, b""
    payload, changes = invoice_payload(push.invoice, rows, customer_number=customer.number).cleaned()
    push.text_changes = ", ".join(f"{change.before} → {change.after or '(nothing)'}" for change in changes)[:500]
    push.save(update_fields=["text_changes"])
    return "", payload.to_json_bytes()


def _check_row(fortnox: Fortnox, push: Push, row: InvoiceRow, customer: CustomerRecord) -> str:
    """The company's tax rates are read from its articles: a row's rate must be its article's own."""
    if not row.article_number:
        return f"Row “{row.description}” has no article. Choose a product with an article number."
    article = ArticleRecord.objects.filter(company_id=push.company_id, number=row.article_number).first()
    if article is None:
        return f"Article {row.article_number} is not known here. Reload data, then send again."
    if article.detail_read_at is None or clock.now() - article.detail_read_at > FRESH:
        read_article(fortnox, article)
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


def read_article(fortnox: Fortnox, article: ArticleRecord) -> None:
    """Read one article's detail: rate and active. An article that is gone turns inactive."""
    try:
        detail = fortnox.articles.get(article.number)
    except NotFound:
        article.active, article.detail_read_at = False, clock.now()
        article.save(update_fields=["active", "detail_read_at"])
    else:
        take_detail(article, detail)


def take_detail(article: ArticleRecord, detail: Article) -> None:
    """Store what an article's detail tells: rate and active, and price and unit again."""
    article.active, article.vat_rate = detail.active, detail.vat
    article.price, article.unit = detail.sales_price, detail.unit or ""
    article.detail_read_at = clock.now()
    article.save(update_fields=["active", "vat_rate", "price", "unit", "detail_read_at"])


def _stale(customer: CustomerRecord) -> bool:
    return customer.detail_read_at is None or clock.now() - customer.detail_read_at > FRESH


def _percent(rate: Decimal | None) -> str:
    return "no rate" if rate is None else f"{rate.normalize():f} %"
