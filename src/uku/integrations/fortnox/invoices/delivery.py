"""Invoices brought to the client by Fortnox, and Fortnox told of those that Uku or a person brought.

Fortnox sends by a request that is made once: after an unclear outcome the invoice is read, and where `Sent` does not
settle it a person decides (decision 8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fortnox_api import Fortnox, FortnoxError, NotFound, Outcome
from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, is_usable, require_usable_connection
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.health.messages import error_in_words
from uku.integrations.fortnox.models import Connection, CustomerRecord, ExportState, InvoiceExport, RunKind
from uku.integrations.fortnox.tokens.grant_state import NotConnected, note_failure
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.integrations.fortnox.work import requests
from uku.integrations.registry import DeliveryOffer
from uku.invoices.deliveries import LedgerAsked, NotDeliverable, claim, confirm_sent, leave_unclear, refuse
from uku.invoices.delivery_models import DeliveryState, DeliveryWay, InvoiceDelivery, LedgerMethod
from uku.invoices.documents import store_ledger_document
from uku.invoices.models import Invoice
from uku.invoices.reminders import ReadingAsked
from uku.kit import clock
from uku.kit.clock import database_now
from uku.kit.scoping import workspace_in_force
from uku.workspaces.language import translate_for_workspace

log = structlog.get_logger()
LEASE: Final = timedelta(seconds=90)  # longer than one call's total deadline
PAUSE: Final = timedelta(minutes=1)
METHODS: Final = {
    "EMAIL": LedgerMethod.EMAIL,
    "ELECTRONICINVOICE": LedgerMethod.EINVOICE,
    "PRINT": LedgerMethod.PRINT,
    "PRINTSERVICE": LedgerMethod.PRINT,
}
"""A customer's default in Fortnox. The print service cannot be asked for: a person prints."""


def delivery_offer(invoice: Invoice) -> DeliveryOffer | None:
    """Return how Fortnox would bring an invoice, and where its customer wants e-mail; None without a customer."""
    connection = Connection.objects.exclude(sealed_tokens="").first()
    customer = invoiced_customer(invoice.client, connection.company_id) if connection else None
    if connection is None or customer is None:
        return None
    export = _confirmed(connection.company_id).filter(invoice=invoice).first()
    return DeliveryOffer(
        system="Fortnox" if export is not None and is_usable(connection) else "",
        method=METHODS.get(customer.invoice_delivery, LedgerMethod.EMAIL),
        to=customer.email_invoice or customer.email,
        cc=customer.email_invoice_cc,
        bcc=customer.email_invoice_bcc,
    )


def wants_einvoice(customer: CustomerRecord) -> bool:
    return METHODS.get(customer.invoice_delivery) == LedgerMethod.EINVOICE


def queue_delivery(fact: LedgerAsked) -> None:
    """Wake the company of an invoice that Fortnox is to send, or to be told of. Raises NotDeliverable."""
    export = InvoiceExport.standing().filter(invoice=fact.invoice_id, state=ExportState.CONFIRMED).first()
    if fact.sends:
        try:
            connection = require_usable_connection()
        except ConnectionNotUsable as error:
            raise NotDeliverable(str(error)) from None
        if export is None or export.company_id != connection.company_id:
            raise NotDeliverable(_("The invoice is not in the connected company, so Fortnox cannot send it."))
    if export is not None:
        requests.wake_for_export(export)


def read_back_now(fact: ReadingAsked) -> None:
    """Have Fortnox asked how an invoice stands. Raises NotDeliverable."""
    try:
        connection = require_usable_connection()
    except ConnectionNotUsable as error:
        raise NotDeliverable(str(error)) from None
    theirs = _confirmed(connection.company_id).filter(invoice=fact.invoice_id)
    if not theirs.update(read_due_at=clock.now()):
        raise NotDeliverable(_("The invoice is not in the connected company, so Uku does not know whether it is paid."))
    requests.request_sync(connection, RunKind.PAYMENTS)


def _confirmed(company_id: object) -> models.QuerySet[InvoiceExport]:
    return InvoiceExport.everywhere.filter(company_id=company_id, state=ExportState.CONFIRMED)


def deliveries_of(company_id: object) -> models.QuerySet[InvoiceDelivery]:
    """The deliveries that a company is to be asked about, now or later, of all workspaces."""
    theirs = Exists(_confirmed(company_id).filter(invoice=OuterRef("invoice")))
    return InvoiceDelivery.everywhere.filter(theirs, ledger_due_at__isnull=False)


def process_delivery(*, delivery_id: int, company_id: str) -> None:
    """Take a delivery as far as it goes now. Safe to call at any time, by any number of workers."""
    due = deliveries_of(company_id).filter(pk=delivery_id, ledger_due_at__lte=database_now())
    delivery = due.select_related("invoice__client", "workspace").first()
    if delivery is None:
        return
    with workspace_in_force(delivery.workspace_id):
        connection = Connection.objects.select_related("workspace").get()
        if not is_usable(connection) or is_foreign(connection) or connection.company_id != company_id:
            return
        export = _confirmed(company_id).filter(invoice=delivery.invoice).get()
        try:
            with open_fortnox(connection) as fortnox:
                _process(fortnox, delivery, export.document_number)
        except NotConnected:
            log.info("paused", delivery=delivery.pk)
        except NotFound as gone:
            _end_without_invoice(delivery, gone)
        except FortnoxError as error:
            note_failure(connection, error)
            _postpone(delivery)


def _process(fortnox: Fortnox, delivery: InvoiceDelivery, number: str) -> None:
    if delivery.way != DeliveryWay.ACCOUNTING:
        _tell_sent(fortnox, delivery, number)
    elif delivery.state == DeliveryState.QUEUED:
        _send(fortnox, delivery, number)
    elif delivery.state == DeliveryState.SENDING:  # its lease ran out: a response nobody took
        _look_whether_sent(fortnox, delivery, number)
    elif delivery.state == DeliveryState.SENT:
        _keep_paper(delivery, fortnox.invoices.preview(number))


def _send(fortnox: Fortnox, delivery: InvoiceDelivery, number: str) -> None:
    """Read the invoice and its customer's way, then have it sent, once."""
    invoice = fortnox.invoices.get(number)
    if invoice.cancelled:
        refuse(delivery, translate_for_workspace(gettext_lazy("The invoice is cancelled in Fortnox.")), at=clock.now())
        return
    method = LedgerMethod(delivery.method) if delivery.method else _method_of(fortnox, invoice)
    facts = {"method": method, "was_sent": invoice.sent, "ledger_due_at": database_now() + LEASE}
    if not claim(delivery, **facts):
        return
    try:
        paper = SENDERS[method](fortnox, number)
    except FortnoxError as error:
        log.warning("sending failed", delivery=delivery.pk, outcome=error.outcome.name, uid=error.request_id)
        if error.outcome is Outcome.NOT_APPLIED:
            _queue_again(delivery)
            raise
        if error.outcome is Outcome.REFUSED:
            refuse(delivery, error_in_words(error), code=str(error.code or ""), at=clock.now())
            return
        _look_whether_sent(fortnox, delivery, number)
        return
    confirm_sent(delivery, at=clock.now(), ledger_due_at=database_now())
    if isinstance(paper, bytes):
        _keep_paper(delivery, paper)


SENDERS: Final[Mapping[LedgerMethod, Callable[[Fortnox, str], Any]]] = {
    LedgerMethod.EMAIL: lambda fortnox, number: fortnox.invoices.email(number),
    LedgerMethod.EINVOICE: lambda fortnox, number: fortnox.invoices.einvoice(number),
    LedgerMethod.PRINT: lambda fortnox, number: fortnox.invoices.print(number),
}


def _method_of(fortnox: Fortnox, invoice: FortnoxInvoice) -> LedgerMethod:
    customer = fortnox.customers.get(invoice.customer_number)
    return METHODS.get(customer.invoice_delivery, LedgerMethod.EMAIL)


def _look_whether_sent(fortnox: Fortnox, delivery: InvoiceDelivery, number: str) -> None:
    """Settle an unclear outcome by what Fortnox says; an invoice that was called sent before tells nothing."""
    row = InvoiceDelivery.objects.get(pk=delivery.pk)
    if not row.was_sent and fortnox.invoices.get(number).sent:
        confirm_sent(row, at=clock.now(), ledger_due_at=database_now())
    else:
        leave_unclear(row, at=clock.now())


@transaction.atomic
def _end_without_invoice(delivery: InvoiceDelivery, error: NotFound) -> None:
    """Ask no more: Fortnox does not have the invoice, or its customer, any more. What was being sent may have gone."""
    row = InvoiceDelivery.objects.select_for_update().get(pk=delivery.pk)
    if row.state == DeliveryState.SENDING:
        leave_unclear(row, at=clock.now())
    elif row.state == DeliveryState.QUEUED:
        refuse(row, error_in_words(error), code=str(error.code or ""), at=clock.now())
    InvoiceDelivery.objects.filter(pk=row.pk).update(ledger_due_at=None)


def _queue_again(delivery: InvoiceDelivery) -> None:
    """Let it wait again after what was certainly not sent."""
    begun = InvoiceDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.SENDING)
    begun.update(state=DeliveryState.QUEUED, began_at=None, ledger_due_at=database_now() + PAUSE)


def _postpone(delivery: InvoiceDelivery) -> None:
    """Ask again later; what is being sent keeps its lease."""
    waiting = InvoiceDelivery.objects.filter(pk=delivery.pk, ledger_due_at__lte=database_now())
    waiting.update(ledger_due_at=database_now() + PAUSE)


@transaction.atomic
def _keep_paper(delivery: InvoiceDelivery, paper: bytes) -> None:
    """Keep what Fortnox sent, so that nobody sees two layouts."""
    document = store_ledger_document(delivery.invoice, paper, at=clock.now())
    InvoiceDelivery.objects.filter(pk=delivery.pk).update(document=document, ledger_due_at=None)


def _tell_sent(fortnox: Fortnox, delivery: InvoiceDelivery, number: str) -> None:
    """Mark the invoice as sent in Fortnox, unless it is; marking twice changes nothing."""
    told = ""
    invoice = fortnox.invoices.get(number)
    if not (invoice.sent or invoice.cancelled):
        try:
            fortnox.invoices.external_print(number)
        except FortnoxError as error:
            if error.outcome is not Outcome.REFUSED:
                raise
            told = error_in_words(error)
    InvoiceDelivery.objects.filter(pk=delivery.pk).update(ledger_due_at=None, ledger_error=told)
