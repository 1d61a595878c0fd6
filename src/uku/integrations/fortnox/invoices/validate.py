"""What is checked before an invoice is sent: why it waits, why it cannot go, and else the bytes that will be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

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
from uku.workspaces.language import translate_for_workspace
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
    """The invoice cannot be sent as it is. The text, in the workspace's language, says why and what to do."""

    def __init__(self, text: Promise, **facts: object) -> None:
        super().__init__(translate_for_workspace(text, **facts))


def connection_hold(connection: Connection) -> HoldReason | None:
    """Return why nothing is sent to the connected company now; None when invoices go out."""
    if not connection.workspace.may_integrate:
        return HoldReason(
            _("Integrations are part of the Team and Elite plans; this workspace is on Free."),
            _("Uku sends it automatically when the plan includes integrations again."),
        )
    if not connection.enabled:
        return HoldReason(_("Fortnox is disabled."), _("Uku sends it automatically when Fortnox is enabled again."))
    if connection.block_reason or is_foreign(connection):
        return HoldReason(
            _("The connection to Fortnox is not working."),
            _(
                "Uku sends it automatically when the connection works again. The Overview tab of Fortnox"
                " says what to do."
            ),
        )
    if happened := missing_worker_notice(connection, now=clock.now()):
        ends = _(
            "Uku sends it automatically when a worker runs. The person who runs this installation"
            " starts one with the command: uku worker."
        )
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
    return _("The invoice date, %(day)s, is more than 35 days ago.") % {"day": show_date(day)}


def build_request_body(fortnox: Fortnox, export: InvoiceExport) -> bytes:
    """Return the bytes to post, and set on the export what was changed in its texts. Raises InvoiceNotValid.

    Customers and articles are read again unless they were read within 15 minutes. An unknown VAT type tells no rate
    (B40); another organisation number may be another company (B44).
    """
    customer = invoiced_customer(export.invoice.client, export.company_id)
    if customer is None:
        words = _lazy("%(client)s is not linked to a Fortnox customer. Link the client, then send again.")
        raise InvoiceNotValid(words, client=export.invoice.client)
    _read_unless_fresh(fortnox, CUSTOMER_IMPORTER, customer)
    if not customer.active:
        words = _lazy("Customer %(customer)s is inactive in Fortnox. Activate it there, then send again.")
        raise InvoiceNotValid(words, customer=customer)
    if customer.identity_changed_at is not None:
        words = _lazy(
            "Customer %(customer)s has another organisation number in Fortnox than when it was linked. It may be"
            " another company. Say in the client’s Integration dialog whether it is the same client, then send again."
        )
        raise InvoiceNotValid(words, customer=customer)
    if customer.vat_type and customer.vat_type not in VAT_TYPES:
        words = _lazy(
            "Customer %(customer)s has the VAT type “%(vat_type)s” in Fortnox. Uku does not know this VAT type"
            " and cannot check the VAT of the invoice. Choose another VAT type for the customer there, then send again."
        )
        raise InvoiceNotValid(words, customer=customer, vat_type=customer.vat_type)
    rows = list(InvoiceRow.objects.filter(invoice=export.invoice).select_related("product"))
    for row in rows:
        _require_valid_row(fortnox, export, row, customer)
        row.article_number = row.article_in(export.company_id)
    payload, changes = invoice_payload(
        export.invoice, rows, customer_number=customer.number, **_facts_of_credit(export.invoice)
    ).clean()
    export.text_changes = ", ".join(f"{change.before} → {change.after or '–'}" for change in changes)[:500]
    return payload.to_json_bytes()


def _facts_of_credit(invoice: Invoice) -> dict[str, str]:
    """What a credit note that goes as an invoice of its own says of the invoice that it takes back."""
    if invoice.credits is None:
        return {"remarks": invoice.remarks}
    number = invoice.credits.number
    words = translate_for_workspace(_lazy("Credits invoice %(number)s."), number=number)
    return {"remarks": f"{words} {invoice.remarks}".strip(), "credits_number": number}


def _read_unless_fresh(fortnox: Fortnox, importer: Importer, record: CustomerRecord | ArticleRecord) -> None:
    if record.detail_read_at is None or clock.now() - record.detail_read_at > FRESH:
        read_detail(fortnox, importer, record)


def _require_valid_row(fortnox: Fortnox, export: InvoiceExport, row: InvoiceRow, customer: CustomerRecord) -> None:
    """The company's tax rates are read from its articles: a row's rate must be its article's own.

    A number of another company is another article in this one, and is never sent.
    """
    if row.asks_for_article(export.company_id):
        words = _lazy(
            "Row “%(row)s” has article %(number)s of %(owner)s, and the invoice goes to %(company)s. Open the product"
            " %(product)s, choose its article in %(company)s, then send again."
        )
        if row.product is None:
            words = _lazy(
                "Row “%(row)s” has article %(number)s of %(owner)s, and the invoice goes to %(company)s. Press Back"
                " to draft and choose a product that has an article in %(company)s."
            )
        raise InvoiceNotValid(
            words,
            row=row.description,
            number=row.article_number,
            owner=name_of_company(row.article_company) if row.article_company else _lazy("no company"),
            company=name_of_company(export.company_id),
            product=row.product,
        )
    number = row.article_in(export.company_id)
    if not number:
        words = _lazy("Row “%(row)s” has no article. Press Back to draft and choose a product with an article.")
        raise InvoiceNotValid(words, row=row.description)
    article = ArticleRecord.objects.filter(company_id=export.company_id, number=number).first()
    if article is None:
        words = _lazy("Uku does not know article %(number)s. Click Reload data on the Settings tab, then send again.")
        raise InvoiceNotValid(words, number=number)
    _read_unless_fresh(fortnox, ARTICLE_IMPORTER, article)
    if not article.active:
        words = _lazy("Article %(article)s is inactive in Fortnox. Activate it there, then send again.")
        raise InvoiceNotValid(words, article=article)
    expected = Decimal(0) if customer.vat_type in VAT_FREE_TYPES else article.vat_rate
    if export.invoice.is_credit_note:
        return  # it keeps the rates of what it takes back
    if expected is None or expected != row.vat_rate:
        words = _lazy(
            "Row “%(row)s” has %(rate)s %% VAT, but Fortnox has %(expected)s %% for article %(number)s. Press Back"
            " to draft and change the rate, or change the account of the article in Fortnox and send again."
        )
        if expected is None:
            words = _lazy(
                "Row “%(row)s” has %(rate)s %% VAT, but Fortnox has no VAT rate for article %(number)s. Give the"
                " article an account with a VAT rate in Fortnox, then send again."
            )
        raise InvoiceNotValid(
            words,
            row=row.description,
            rate=f"{row.vat_rate.normalize():f}",
            expected="" if expected is None else f"{expected.normalize():f}",
            number=article.number,
        )
