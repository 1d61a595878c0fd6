"""What is checked before an invoice is sent: why it waits, why it cannot go, and else the bytes that will be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from fortnox_api import Fortnox
from uku.integrations.fortnox.articles.importer import ARTICLE_IMPORTER
from uku.integrations.fortnox.customers.creation import CustomerMayExist, create_customer, creates_customers
from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.health.messages import missing_worker_notice
from uku.integrations.fortnox.invoices.rules import (
    Place,
    Problem,
    article_problem,
    customer_problem,
    known_customer,
    missing_article,
    not_linked,
    rate_problem,
    uncreatable_client,
)
from uku.integrations.fortnox.mapping import invoice_payload
from uku.integrations.fortnox.models import ArticleRecord, Connection, CustomerRecord, Hold, InvoiceExport
from uku.integrations.fortnox.sync.details import read_details
from uku.integrations.fortnox.sync.records import Importer
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.invoices.models import Invoice, InvoiceRow
from uku.kit import clock
from uku.kit.money import show_date
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import Workspace

FRESH = timedelta(minutes=15)
OLDEST_SENT_UNASKED = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class HoldReason:
    """What is in the way, and what sends the invoice after all; `ends` follows "It goes out by itself"."""

    happened: str
    ends: str


class InvoiceNotValid(Exception):
    """The invoice cannot be sent as it is. The text, in the workspace's language, says why and what to do."""

    def __init__(self, problem: Problem) -> None:
        then = _lazy("Then click Send to Fortnox.")
        if problem.place == Place.DRAFT:
            then = _lazy("Click Back to draft for that.")
        sentences = (problem.sentence, problem.remedy, then)
        super().__init__(" ".join(translate_for_workspace(text, **problem.facts) for text in sentences))


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
            "Uku sends the invoice automatically when the program runs. The person who runs this installation"
            " starts it with the command: uku worker."
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

    Customers and articles are read again unless they were read within 15 minutes. A customer that is missing is
    created, where the firm chose so: raises CustomerRefused, or FortnoxError when that is not done or not known.
    """
    customer = invoiced_customer(export.invoice.client, export.company_id) or _create_customer(fortnox, export)
    rows = list(InvoiceRow.objects.filter(invoice=export.invoice).select_related("product"))
    numbers = {row.article_in(export.company_id) for row in rows if not row.is_text}
    known = ArticleRecord.objects.filter(company_id=export.company_id, number__in=numbers).order_by("pk")
    customer, *articles = _read_unless_fresh(
        fortnox, [(CUSTOMER_IMPORTER, customer), *((ARTICLE_IMPORTER, article) for article in known)]
    )
    _refuse(customer_problem(customer))
    by_number = {article.number: article for article in articles}
    for row in rows:
        if not row.is_text:
            row.article_number = _valid_article(export, row, customer, by_number).number
    payload, changes = invoice_payload(
        export.invoice, rows, customer_number=customer.number, **_facts_of_credit(export.invoice)
    ).clean()
    export.text_changes = ", ".join(f"{change.before} → {change.after or '–'}" for change in changes)[:500]
    return payload.to_json_bytes()


def _create_customer(fortnox: Fortnox, export: InvoiceExport) -> CustomerRecord:
    client = export.invoice.client
    if export.invoice.is_credit_note or not creates_customers(Connection.objects.get()):
        raise InvoiceNotValid(not_linked(client))
    _refuse(uncreatable_client(client))
    try:
        return create_customer(fortnox, client, export.company_id)
    except CustomerMayExist as found:
        raise InvoiceNotValid(known_customer(client, found.customers)) from None


def _facts_of_credit(invoice: Invoice) -> dict[str, str]:
    """What a credit note that goes as an invoice of its own says of the invoice that it takes back."""
    if invoice.credits is None:
        return {"remarks": invoice.remarks}
    number = invoice.credits.number
    words = translate_for_workspace(_lazy("Credits invoice %(number)s."), number=number)
    return {"remarks": f"{words} {invoice.remarks}".strip(), "credits_number": number}


def _valid_article(
    export: InvoiceExport, row: InvoiceRow, customer: CustomerRecord, articles: Mapping[str, ArticleRecord]
) -> ArticleRecord:
    """Return the article of a row, whose rate is the row's. Raises InvoiceNotValid.

    A credit note keeps the rates of what it takes back.
    """
    article = articles.get(row.article_in(export.company_id))
    if article is None:
        raise InvoiceNotValid(missing_article(row, export.company_id))
    _refuse(article_problem(article))
    if not export.invoice.is_credit_note:
        _refuse(rate_problem(row, customer, article))
    return article


def _refuse(problem: Problem | None) -> None:
    if problem is not None:
        raise InvoiceNotValid(problem)


def _read_unless_fresh(fortnox: Fortnox, records: Sequence[tuple[Importer, Any]]) -> list[Any]:
    """Return the records, those read again that were not read within 15 minutes."""
    at = clock.now()
    stale = [
        (importer, record)
        for importer, record in records
        if record.detail_read_at is None or at - record.detail_read_at > FRESH
    ]
    read = dict(zip((record for _importer, record in stale), read_details(fortnox, stale), strict=True))
    return [read.get(record, record) for _importer, record in records]
