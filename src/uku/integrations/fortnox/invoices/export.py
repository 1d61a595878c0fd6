"""An issued invoice out, exactly once.

The intent is stored before the call, the answer after it, and nothing is open in between. An unclear outcome
is looked up by our own reference, never blindly repeated (reliability 7.1).
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import structlog
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fortnox_api import Forbidden, Fortnox, FortnoxError, Outcome, Unauthorized
from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection.guards import NotWorking, working_connection
from uku.integrations.fortnox.health import alerts, sync_issues
from uku.integrations.fortnox.health.messages import error_in_words
from uku.integrations.fortnox.invoices import reconcile, validate
from uku.integrations.fortnox.invoices.holds import date_hold, hold_of
from uku.integrations.fortnox.invoices.send_by_hand import refuse_before_higher
from uku.integrations.fortnox.mapping import figures
from uku.integrations.fortnox.models import NUMBER_USED, Connection, ExportState, InvoiceExport
from uku.integrations.fortnox.tokens.grant_state import note_failure
from uku.integrations.fortnox.work import requests
from uku.invoices.models import Invoice
from uku.invoices.operations import InvoiceIssued, NumberSourceChanged, NumberTaken, accept_number
from uku.kit import clock
from uku.kit.clock import database_now
from uku.workspaces.audit import record
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

log = structlog.get_logger()
LEASE = timedelta(seconds=90)  # longer than one call's total deadline
FIRST_LOOKUP = timedelta(seconds=reconcile.SCHEDULE[0])
PERMISSION_PAUSE = timedelta(hours=1)  # until Fortnox is asked again whether invoices are permitted now


OTHER_COMPANY = _("Nothing was done: this invoice belongs to a Fortnox company that is not connected.")


class LeaseOver(Exception):
    """This worker slept past its lease before it sent anything; another one may have taken over."""


def queue_export(fact: InvoiceIssued) -> None:
    """Store the intent to send an invoice, in the transaction that issues it, whether or not it can be sent now.

    Raises NumberSourceChanged when the company that should give the number is not the connected one any more.
    """
    if not fact.ledger:
        return
    connection = Connection.objects.select_for_update().exclude(sealed_tokens="").first()
    if connection is None or connection.company_id != fact.ledger:
        raise NumberSourceChanged
    invoice = Invoice.objects.select_related("workspace").get(pk=fact.invoice_id)
    hold = date_hold(invoice, invoice.workspace)
    export = InvoiceExport.objects.create(
        invoice=invoice,
        company_id=connection.company_id,
        reference=invoice.reference,
        state=ExportState.HELD if hold else ExportState.QUEUED,
        hold=hold or "",
        created_at=clock.now(),
    )
    if not hold:
        requests.enqueue_export(export)


def due_exports() -> models.QuerySet[InvoiceExport]:
    """Pushes whose time has come, of all workspaces: to send, to look up, or to book."""
    now = database_now()
    return InvoiceExport.everywhere.filter(
        Q(state=ExportState.QUEUED) & (Q(next_at=None) | Q(next_at__lte=now))
        | Q(state=ExportState.SENDING, lease_until__lt=now)
        | Q(state=ExportState.UNCERTAIN, next_at__lte=now)
        | Q(state=ExportState.CONFIRMED, booked=False, error_text="", next_at__lte=now)
    )


def process_export(*, export_id: int) -> None:
    """Take a push as far as it goes now. Safe to call at any time, by any number of workers."""
    if not due_exports().filter(pk=export_id).exists():
        return
    export = InvoiceExport.objects.select_related("invoice__client", "workspace").get(pk=export_id)
    connection = Connection.objects.select_related("workspace").get()
    if not _may_send(connection, export):
        return
    if export.state == ExportState.QUEUED and (hold := hold_of(export)):
        _mine(export).filter(state=ExportState.QUEUED).update(state=ExportState.HELD, hold=hold, next_at=None)
        return
    try:
        with open_fortnox(connection, check=lambda: _refuse_without_lease(export)) as fortnox:
            _process(fortnox, export)
    except LeaseOver:
        log.warning("woke up after its lease", export=export.pk)
        _mine(export).filter(state=ExportState.SENDING).update(state=ExportState.QUEUED, next_at=None, lease_until=None)
    except FortnoxError as error:
        note_failure(connection, error)
        if isinstance(error, Forbidden):
            _hold(export, error)
        else:
            _postpone(export)


def _may_send(connection: Connection, export: InvoiceExport) -> bool:
    """A push goes to the company its intent names, while the integration is on and its grant lives."""
    on = connection.enabled and connection.is_connected and connection.workspace.may_integrate
    return on and not connection.block_reason and connection.company_id == export.company_id


def _process(fortnox: Fortnox, export: InvoiceExport) -> None:
    if export.state == ExportState.QUEUED:
        _send(fortnox, export)
    elif export.state in {ExportState.SENDING, ExportState.UNCERTAIN}:
        # A lease that ran out is an answer nobody took: what happened is unknown.
        _mark_uncertain(export)
        if (found := reconcile.find(fortnox, export)) is not None:
            confirm(export, found)
    export.refresh_from_db()
    if export.state == ExportState.NEEDS_PERSON:
        sync_issues.note_export(export, at=clock.now(), reason=export.error_text)
    if export.state == ExportState.CONFIRMED and not export.booked:
        book(fortnox, export)


def _send(fortnox: Fortnox, export: InvoiceExport) -> None:
    """Check, store the bytes, post them once, store what came of it."""
    body = bytes(export.payload) if export.payload else b""
    if not body:
        refusal, body = validate.prepare(fortnox, export)
        if refusal:
            _reject(export, refusal)
            return
    if not _claim(export, body):
        return
    try:
        answer = fortnox.invoices.create_raw(body)
    except FortnoxError as error:
        _store_failure(fortnox, export, error)
    else:
        _take_answer(export, answer)


def _take_answer(export: InvoiceExport, answer: FortnoxInvoice) -> None:
    """Adopt what the create was answered with; nothing that names another invoice (reliability B50)."""
    if reconcile.is_about(export, answer):
        confirm(export, answer)
        return
    _leave_to_person(export, "Fortnox answered with an invoice that does not carry our reference. Look for it there.")


def _claim(export: InvoiceExport, body: bytes) -> bool:
    """Move a queued push to sending, with its bytes and a lease; one worker wins (reliability F06, F08)."""
    claimed = InvoiceExport.objects.filter(pk=export.pk, state=ExportState.QUEUED, fence=export.fence).update(
        state=ExportState.SENDING,
        payload=body,
        payload_hash=hashlib.sha256(body).hexdigest(),
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
        sent_at=database_now(),
        lease_until=database_now() + LEASE,
        error_code="",
        error_text="",
    )
    export.refresh_from_db()
    return bool(claimed)


def _refuse_without_lease(export: InvoiceExport) -> None:
    """Right before the bytes leave: a worker that was frozen must not send what another may have sent (F08)."""
    if export.state != ExportState.SENDING:
        return
    if not _mine(export).filter(state=ExportState.SENDING, lease_until__gt=database_now()).exists():
        raise LeaseOver


def _store_failure(fortnox: Fortnox, export: InvoiceExport, error: FortnoxError) -> None:
    """Each failure is explicitly one of three: not applied, refused, unknown (decision 0008)."""
    log.warning(
        "create failed",
        export=export.pk,
        outcome=error.outcome.name,
        fortnox_code=str(error.code),
        uid=error.request_id,
    )
    if error.outcome is Outcome.NOT_APPLIED:
        _mine(export).update(
            state=ExportState.QUEUED, next_at=database_now() + _backoff(export), error_text=error_in_words(error)
        )
        if isinstance(error, Unauthorized):
            raise error  # the connection's error, not this invoice's: `process_export` writes it there
    elif isinstance(error, Forbidden):
        facts = {"error_code": str(error.code or ""), "error_text": error_in_words(error)}
        _mine(export).update(state=ExportState.QUEUED, lease_until=None, **facts)
        raise error  # no fault of this invoice either
    elif error.outcome is Outcome.REFUSED:
        _take_refusal(fortnox, export, error)
    else:
        _mark_uncertain(export)


def _take_refusal(fortnox: Fortnox, export: InvoiceExport, error: FortnoxError) -> None:
    """A number from Uku may be used there: by another invoice, or by ours, which an earlier create made."""
    other = _holder_of_number(fortnox, export)
    if other is None:
        _reject(export, error_in_words(error), error)
    elif other.external_reference == export.reference and not other.cancelled:
        _mark_uncertain(export)
    else:
        _reject(export, f"Fortnox has another invoice with the number {export.invoice.number}.", code=NUMBER_USED)


def _holder_of_number(fortnox: Fortnox, export: InvoiceExport) -> FortnoxInvoice | None:
    """The invoice in Fortnox with the number that was sent; None when there is none, or none can be read."""
    if not export.invoice.number:
        return None
    try:
        return fortnox.invoices.get(export.invoice.number)
    except FortnoxError:
        return None


def _reject(export: InvoiceExport, text: str, error: FortnoxError | None = None, *, code: str = "") -> None:
    code = str(error.code or "") if error else code
    _mine(export).update(state=ExportState.REJECTED, error_code=code, error_text=text[:500], next_at=None)
    sync_issues.note_export(export, at=clock.now(), error=error, reason="" if error else text)


def _hold(export: InvoiceExport, error: FortnoxError) -> None:
    """Nothing that waits is tried for an hour: a missing permission or licence is no fault of one invoice."""
    sync_issues.note_export(export, at=clock.now(), error=error)
    waiting = InvoiceExport.objects.filter(company_id=export.company_id).filter(
        Q(state=ExportState.QUEUED) | Q(pk=export.pk)
    )
    waiting.exclude(state=ExportState.SENDING).update(next_at=database_now() + PERMISSION_PAUSE)


def _mark_uncertain(export: InvoiceExport) -> None:
    if export.state != ExportState.UNCERTAIN:
        _mine(export).update(state=ExportState.UNCERTAIN, next_at=F("sent_at") + FIRST_LOOKUP, lease_until=None)
        export.refresh_from_db()


def confirm(export: InvoiceExport, answer: FortnoxInvoice) -> None:
    """Store the number and figures that Fortnox gave; an old fence is merged, not overwritten."""
    if not answer.number:
        _mark_uncertain(export)
        return
    if other := _differing_number(export.invoice, answer):
        _leave_to_person(export, other)
        return
    try:
        _store_confirmation(export, answer)
    except NumberTaken:
        _leave_to_person(
            export,
            f"Fortnox gave this invoice the number {answer.number}, which another invoice has here, or the same OCR."
            " Two invoices may not have one number.",
        )
    export.refresh_from_db()


def _store_confirmation(export: InvoiceExport, answer: FortnoxInvoice) -> None:
    with transaction.atomic():
        row = InvoiceExport.objects.select_for_update().get(pk=export.pk)
        if row.state == ExportState.CONFIRMED:
            return
        ocr = answer.ocr or (row.invoice.ocr if row.invoice.number else "")
        accept_number(invoice=row.invoice, number=answer.number, ocr=ocr, figures=figures(answer), at=clock.now())
        row.state, row.document_number = ExportState.CONFIRMED, answer.number
        row.lease_until, row.next_at, row.error_code, row.error_text = None, database_now(), "", ""
        row.save()
        _solve(row)


def _differing_number(invoice: Invoice, answer: FortnoxInvoice) -> str:
    """Say how Fortnox's number or OCR differs from the one that the customer may have; "" when it does not."""
    if not invoice.number:
        return ""
    if answer.number != invoice.number:
        return f"Fortnox has the invoice as number {answer.number}, but its number from Uku is {invoice.number}."
    if answer.ocr and answer.ocr != invoice.ocr:
        return f"Fortnox has the invoice with the OCR {answer.ocr}, but its OCR from Uku is {invoice.ocr}."
    return ""


def _leave_to_person(export: InvoiceExport, text: str) -> None:
    _mark_uncertain(export)
    reconcile.ask_person(export, text)


def book(fortnox: Fortnox, export: InvoiceExport) -> None:
    """Book the invoice in Fortnox; a retry books, never creates. An unclear answer is read, not repeated."""
    try:
        invoice = fortnox.invoices.bookkeep(export.document_number)
    except FortnoxError as error:
        if isinstance(error, Forbidden):
            raise
        if error.outcome is Outcome.REFUSED:
            _store_booking_refusal(fortnox, export, error)
            return
        invoice = fortnox.invoices.get(export.document_number)
    _store_booking(export, invoice)


def _store_booking_refusal(fortnox: Fortnox, export: InvoiceExport, error: FortnoxError) -> None:
    """A refusal may mean that it is booked already, so look before believing it."""
    invoice = fortnox.invoices.get(export.document_number)
    if invoice.booked:
        _store_booking(export, invoice)
        return
    _mine(export).update(error_code=str(error.code or ""), error_text=error_in_words(error), next_at=None)
    sync_issues.note_export(export, at=clock.now(), error=error)


def _store_booking(export: InvoiceExport, invoice: FortnoxInvoice) -> None:
    if not invoice.booked:
        _postpone(export)
        return
    voucher = f"{invoice.voucher_series or ''}{invoice.voucher_number or ''}"
    with transaction.atomic():
        _mine(export).update(booked=True, voucher=voucher, error_code="", error_text="", next_at=None)
        export.invoice.booked = True
        export.invoice.save(update_fields=["booked"])
        _solve(export)


def _solve(export: InvoiceExport) -> None:
    """Close what stood open about an invoice; a banner that it stood for goes with it."""
    at, numbers = clock.now(), [export.reference]
    if sync_issues.solve(company_id=export.company_id, kind=sync_issues.INVOICE, numbers=numbers, at=at):
        alerts.review(Connection.objects.get(), at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def retry_export(*, export: InvoiceExport, actor: User) -> None:
    """Send again by hand what was rejected, or book again what could not be booked.

    Raises NotAllowed, NotWorking, or HigherFirst.
    """
    connection = working_connection()
    row = InvoiceExport.objects.select_for_update().get(pk=export.pk)
    if row.company_id != connection.company_id:
        raise NotWorking(str(OTHER_COMPANY))
    if row.state == ExportState.REJECTED:
        refuse_before_higher(row.invoice, row.company_id)
        row.state, row.payload, row.payload_hash = ExportState.QUEUED, None, ""
    elif (
        row.state == ExportState.NEEDS_PERSON and not row.cancelled_number
    ):  # it may be there by now: look for it again, send nothing
        row.state, row.lookups, row.late_negatives = ExportState.UNCERTAIN, 0, 0
    row.error_code = row.error_text = ""
    row.next_at = None if row.state == ExportState.QUEUED else database_now()
    row.save()
    summary = f"{row.invoice}: sent to Fortnox again"
    record(actor=actor, action="fortnox.retry", target=row, summary=summary, at=clock.now())
    requests.enqueue_export(row)


def _postpone(export: InvoiceExport) -> None:
    """Try again later; what is being sent keeps its state until its lease runs out."""
    waiting = _mine(export).exclude(state=ExportState.SENDING)
    waiting.update(next_at=database_now() + _backoff(export))


def _backoff(export: InvoiceExport) -> timedelta:
    return timedelta(seconds=min(15 * 2 ** min(export.attempts, 8), 3600))


def _mine(export: InvoiceExport) -> models.QuerySet[InvoiceExport]:
    """The row as this worker knows it: a newer fence means another worker has taken over."""
    return InvoiceExport.objects.filter(pk=export.pk, fence=export.fence)
