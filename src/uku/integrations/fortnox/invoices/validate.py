"""What is checked before an invoice is sent: why it waits, why it cannot go, and else the bytes that will be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from fortnox_api import Fortnox
from uku.integrations.fortnox.articles.importer import ARTICLE_IMPORTER
from uku.integrations.fortnox.connection.company import name_of_company
from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.health.messages import missing_worker_notice
from uku.integrations.fortnox.mapping import VAT_TYPES, invoice_payload
from uku.integrations.fortnox.models import ArticleRecord, Connection, CustomerRecord, Hold, InvoiceExport
from uku.integrations.fortnox.sync.details import read_detail
from uku.integrations.fortnox.sync.records import Importer
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.invoices.models import Invoice, InvoiceRow
from uku.kit import clock
from uku.kit.money import show_date
from uku.workspaces.models import Workspace

FRESH = timedelta(minutes=15)
OLDEST_SENT_UNASKED = timedelta(days=35)
VAT_FREE_TYPES = frozenset({"EUREVERSEDVAT", "SEREVERSEDVAT", "EXPORT"})


@dataclass(frozen=True, slots=True)
class HoldReason:
    """What is in the way, and what sends the invoice after all; `ends` follows "It goes out by itself"."""

    happened: str
    ends: str


class InvoiceNotValid(Exception):
    """The invoice cannot be sent as it is. The text says why and what to do."""


def connection_hold(connection: Connection) -> HoldReason | None:
    """Return why nothing is sent to the connected company now; None when invoices go out."""
    if not connection.workspace.may_integrate:
        return HoldReason(
            _("Integrations are part of the Team and Elite plans; this workspace is on Free."),
            _("It goes out by itself when the plan is back."),
        )
    if not connection.enabled:
        return HoldReason(_("Fortnox is disabled."), _("It goes out by itself when Fortnox is enabled again."))
    if connection.block_reason or is_foreign(connection):
        return HoldReason(
            _("The connection to Fortnox is not working."),
            _("It goes out by itself when it works again. The Overview tab of Fortnox says what to do."),
        )
    if happened := missing_worker_notice(connection, now=clock.now()):
        ends = _("It goes out by itself once a worker runs. Whoever runs Uku starts it with the command: uku worker.")
        return HoldReason(happened, ends)
    return None


def date_hold(invoice: Invoice, workspace: Workspace) -> Hold | None:
    """Return why an invoice is not sent unasked: its period may be closed. Financial years are calendar years here."""
    today = clock.today(workspace.time_zone)
    if invoice.invoice_date.year < today.year:
        return Hold.EARLIER_YEAR
    return Hold.OLD if today - invoice.invoice_date > OLDEST_SENT_UNASKED else None


def hold_in_words(hold: Hold, day: date) -> str:
    if hold == Hold.EARLIER_YEAR:
        return _("The invoice date, %(day)s, is in an earlier financial year.") % {"day": show_date(day)}
    return _("The invoice date, %(day)s, is more than 35 days back.") % {"day": show_date(day)}


def build_request_body(fortnox: Fortnox, export: InvoiceExport) -> bytes:
    """Return the bytes to post, and set on the export what was changed in its texts. Raises InvoiceNotValid.

    Customers and articles are read again unless they were read within 15 minutes. An unknown VAT type tells no rate
    (B40); another organisation number may be another company (B44).
    """
    customer = invoiced_customer(export.invoice.client, export.company_id)
    if customer is None:
        raise InvoiceNotValid(
            f"{export.invoice.client} is not linked to a Fortnox customer. Link the client, then send again."
        )
    _read_unless_fresh(fortnox, CUSTOMER_IMPORTER, customer)
    if not customer.active:
        raise InvoiceNotValid(f"Customer {customer} is inactive in Fortnox. Activate it there, then send again.")
    if customer.identity_changed_at is not None:
        raise InvoiceNotValid(
            f"Customer {customer} has another organisation number in Fortnox than when it was linked, so it may be"
            " somebody else. Say in the client’s Integration dialog whether it is the same client, then send again."
        )
    if customer.vat_type and customer.vat_type not in VAT_TYPES:
        raise InvoiceNotValid(
            f"Customer {customer} has the VAT type “{customer.vat_type}” in Fortnox, which Uku does not know, so the"
            " VAT of the invoice cannot be checked. Choose another VAT type for the customer there, then send again."
        )
    rows = list(InvoiceRow.objects.filter(invoice=export.invoice).select_related("product"))
    for row in rows:
        _require_valid_row(fortnox, export, row, customer)
        row.article_number = row.article_in(export.company_id)
    payload, changes = invoice_payload(export.invoice, rows, customer_number=customer.number).clean()
    export.text_changes = ", ".join(f"{change.before} → {change.after or '(nothing)'}" for change in changes)[:500]
    return payload.to_json_bytes()


def _read_unless_fresh(fortnox: Fortnox, importer: Importer, record: CustomerRecord | ArticleRecord) -> None:
    if record.detail_read_at is None or clock.now() - record.detail_read_at > FRESH:
        read_detail(fortnox, importer, record)


def _require_valid_row(fortnox: Fortnox, export: InvoiceExport, row: InvoiceRow, customer: CustomerRecord) -> None:
    """The company's tax rates are read from its articles: a row's rate must be its article's own.

    A number of another company is another article in this one, and is never sent.
    """
    if row.asks_for_article(export.company_id):
        owner = name_of_company(row.article_company) if row.article_company else "no company"
        ours = name_of_company(export.company_id)
        remedy = f"Open the product {row.product}, pick its article in {ours}, then send again."
        if row.product is None:
            remedy = f"Credit the invoice and make it again with a product that has an article in {ours}."
        raise InvoiceNotValid(
            f"Row “{row.description}” has article {row.article_number} of {owner}, and the invoice goes to {ours}."
            f" {remedy}"
        )
    number = row.article_in(export.company_id)
    if not number:
        raise InvoiceNotValid(f"Row “{row.description}” has no article. Choose a product with an article number.")
    article = ArticleRecord.objects.filter(company_id=export.company_id, number=number).first()
    if article is None:
        raise InvoiceNotValid(f"Article {number} is not known here. Reload data, then send again.")
    _read_unless_fresh(fortnox, ARTICLE_IMPORTER, article)
    if not article.active:
        raise InvoiceNotValid(f"Article {article} is inactive in Fortnox. Activate it there, then send again.")
    expected = Decimal(0) if customer.vat_type in VAT_FREE_TYPES else article.vat_rate
    if expected is None or expected != row.vat_rate:
        rate = "no rate" if expected is None else f"{expected.normalize():f} %"
        raise InvoiceNotValid(
            f"Row “{row.description}” has {row.vat_rate.normalize():f} % VAT, but Fortnox has"
            f" {rate} for article {article.number}. Change the product's rate, or the account of"
            " the article in Fortnox, and make the invoice again."
        )
