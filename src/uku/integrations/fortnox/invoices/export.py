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
from uku.integrations.fortnox.health.messages import in_words
from uku.integrations.fortnox.invoices import reconcile, validate
from uku.integrations.fortnox.invoices.holds import date_hold, hold_of
from uku.integrations.fortnox.invoices.send_by_hand import refuse_before_higher
from uku.integrations.fortnox.mapping import figures
from uku.integrations.fortnox.models import NUMBER_USED, Connection, Push, PushState
from uku.integrations.fortnox.sync.service import note_failure
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


def queue_push(fact: InvoiceIssued) -> None:
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
    push = Push.objects.create(
        invoice=invoice,
        company_id=connection.company_id,
        reference=invoice.reference,
        state=PushState.HELD if hold else PushState.QUEUED,
        hold=hold or "",
        created_at=clock.now(),
    )
    if not hold:
        requests.enqueue_push(push)


def due() -> models.QuerySet[Push]:
    """Pushes whose time has come, of all workspaces: to send, to look up, or to book."""
    now = database_now()
    return Push.everywhere.filter(
        Q(state=PushState.QUEUED) & (Q(next_at=None) | Q(next_at__lte=now))
        | Q(state=PushState.SENDING, lease_until__lt=now)
        | Q(state=PushState.UNCERTAIN, next_at__lte=now)
        | Q(state=PushState.CONFIRMED, booked=False, error_text="", next_at__lte=now)
    )


def advance(*, push_id: int) -> None:
    """Take a push as far as it goes now. Safe to call at any time, by any number of workers."""
    if not due().filter(pk=push_id).exists():
        return
    push = Push.objects.select_related("invoice__client", "workspace").get(pk=push_id)
    connection = Connection.objects.select_related("workspace").get()
    if not _may_send(connection, push):
        return
    if push.state == PushState.QUEUED and (hold := hold_of(push)):
        _mine(push).filter(state=PushState.QUEUED).update(state=PushState.HELD, hold=hold, next_at=None)
        return
    try:
        with open_fortnox(connection, check=lambda: _refuse_without_lease(push)) as fortnox:
            _advance(fortnox, push)
    except LeaseOver:
        log.warning("woke up after its lease", push=push.pk)
        _mine(push).filter(state=PushState.SENDING).update(state=PushState.QUEUED, next_at=None, lease_until=None)
    except FortnoxError as error:
        note_failure(connection, error)
        if isinstance(error, Forbidden):
            _hold(push, error)
        else:
            _postpone(push)


def _may_send(connection: Connection, push: Push) -> bool:
    """A push goes to the company its intent names, while the integration is on and its grant lives."""
    on = connection.enabled and connection.is_connected and connection.workspace.may_integrate
    return on and not connection.trouble and connection.company_id == push.company_id


def _advance(fortnox: Fortnox, push: Push) -> None:
    if push.state == PushState.QUEUED:
        _send(fortnox, push)
    elif push.state in {PushState.SENDING, PushState.UNCERTAIN}:
        # A lease that ran out is an answer nobody took: what happened is unknown.
        _mark_uncertain(push)
        if (found := reconcile.find(fortnox, push)) is not None:
            confirm(push, found)
    push.refresh_from_db()
    if push.state == PushState.NEEDS_PERSON:
        sync_issues.note_push(push, at=clock.now(), reason=push.error_text)
    if push.state == PushState.CONFIRMED and not push.booked:
        book(fortnox, push)


def _send(fortnox: Fortnox, push: Push) -> None:
    """Check, store the bytes, post them once, store what came of it."""
    body = bytes(push.payload) if push.payload else b""
    if not body:
        refusal, body = validate.prepare(fortnox, push)
        if refusal:
            _reject(push, refusal)
            return
    if not _claim(push, body):
        return
    try:
        answer = fortnox.invoices.create_raw(body)
    except FortnoxError as error:
        _store_failure(fortnox, push, error)
    else:
        _take_answer(push, answer)


def _take_answer(push: Push, answer: FortnoxInvoice) -> None:
    """Adopt what the create was answered with; nothing that names another invoice (reliability B50)."""
    if reconcile.is_about(push, answer):
        confirm(push, answer)
        return
    _leave_to_person(push, "Fortnox answered with an invoice that does not carry our reference. Look for it there.")


def _claim(push: Push, body: bytes) -> bool:
    """Move a queued push to sending, with its bytes and a lease; one worker wins (reliability F06, F08)."""
    claimed = Push.objects.filter(pk=push.pk, state=PushState.QUEUED, fence=push.fence).update(
        state=PushState.SENDING,
        payload=body,
        payload_hash=hashlib.sha256(body).hexdigest(),
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
        sent_at=database_now(),
        lease_until=database_now() + LEASE,
        error_code="",
        error_text="",
    )
    push.refresh_from_db()
    return bool(claimed)


def _refuse_without_lease(push: Push) -> None:
    """Right before the bytes leave: a worker that was frozen must not send what another may have sent (F08)."""
    if push.state != PushState.SENDING:
        return
    if not _mine(push).filter(state=PushState.SENDING, lease_until__gt=database_now()).exists():
        raise LeaseOver


def _store_failure(fortnox: Fortnox, push: Push, error: FortnoxError) -> None:
    """Each failure is explicitly one of three: not applied, refused, unknown (decision 0008)."""
    log.warning(
        "create failed", push=push.pk, outcome=error.outcome.name, fortnox_code=str(error.code), uid=error.request_id
    )
    if error.outcome is Outcome.NOT_APPLIED:
        _mine(push).update(state=PushState.QUEUED, next_at=database_now() + _backoff(push), error_text=in_words(error))
        if isinstance(error, Unauthorized):
            raise error  # the connection's trouble, not this invoice's: `advance` writes it there
    elif isinstance(error, Forbidden):
        facts = {"error_code": str(error.code or ""), "error_text": in_words(error)}
        _mine(push).update(state=PushState.QUEUED, lease_until=None, **facts)
        raise error  # no fault of this invoice either
    elif error.outcome is Outcome.REFUSED:
        _take_refusal(fortnox, push, error)
    else:
        _mark_uncertain(push)


def _take_refusal(fortnox: Fortnox, push: Push, error: FortnoxError) -> None:
    """A number from Uku may be used there: by another invoice, or by ours, which an earlier create made."""
    other = _holder_of_number(fortnox, push)
    if other is None:
        _reject(push, in_words(error), error)
    elif other.external_reference == push.reference and not other.cancelled:
        _mark_uncertain(push)
    else:
        _reject(push, f"Fortnox has another invoice with the number {push.invoice.number}.", code=NUMBER_USED)


def _holder_of_number(fortnox: Fortnox, push: Push) -> FortnoxInvoice | None:
    """The invoice in Fortnox with the number that was sent; None when there is none, or none can be read."""
    if not push.invoice.number:
        return None
    try:
        return fortnox.invoices.get(push.invoice.number)
    except FortnoxError:
        return None


def _reject(push: Push, text: str, error: FortnoxError | None = None, *, code: str = "") -> None:
    code = str(error.code or "") if error else code
    _mine(push).update(state=PushState.REJECTED, error_code=code, error_text=text[:500], next_at=None)
    sync_issues.note_push(push, at=clock.now(), error=error, reason="" if error else text)


def _hold(push: Push, error: FortnoxError) -> None:
    """Nothing that waits is tried for an hour: a missing permission or licence is no fault of one invoice."""
    sync_issues.note_push(push, at=clock.now(), error=error)
    waiting = Push.objects.filter(company_id=push.company_id).filter(Q(state=PushState.QUEUED) | Q(pk=push.pk))
    waiting.exclude(state=PushState.SENDING).update(next_at=database_now() + PERMISSION_PAUSE)


def _mark_uncertain(push: Push) -> None:
    if push.state != PushState.UNCERTAIN:
        _mine(push).update(state=PushState.UNCERTAIN, next_at=F("sent_at") + FIRST_LOOKUP, lease_until=None)
        push.refresh_from_db()


def confirm(push: Push, answer: FortnoxInvoice) -> None:
    """Store the number and figures that Fortnox gave; an old fence is merged, not overwritten."""
    if not answer.number:
        _mark_uncertain(push)
        return
    if other := _differing_number(push.invoice, answer):
        _leave_to_person(push, other)
        return
    try:
        _store_confirmation(push, answer)
    except NumberTaken:
        _leave_to_person(
            push,
            f"Fortnox gave this invoice the number {answer.number}, which another invoice has here, or the same OCR."
            " Two invoices may not have one number.",
        )
    push.refresh_from_db()


def _store_confirmation(push: Push, answer: FortnoxInvoice) -> None:
    with transaction.atomic():
        row = Push.objects.select_for_update().get(pk=push.pk)
        if row.state == PushState.CONFIRMED:
            return
        ocr = answer.ocr or (row.invoice.ocr if row.invoice.number else "")
        accept_number(invoice=row.invoice, number=answer.number, ocr=ocr, figures=figures(answer), at=clock.now())
        row.state, row.document_number = PushState.CONFIRMED, answer.number
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


def _leave_to_person(push: Push, text: str) -> None:
    _mark_uncertain(push)
    reconcile.ask_person(push, text)


def book(fortnox: Fortnox, push: Push) -> None:
    """Book the invoice in Fortnox; a retry books, never creates. An unclear answer is read, not repeated."""
    try:
        invoice = fortnox.invoices.bookkeep(push.document_number)
    except FortnoxError as error:
        if isinstance(error, Forbidden):
            raise
        if error.outcome is Outcome.REFUSED:
            _store_booking_refusal(fortnox, push, error)
            return
        invoice = fortnox.invoices.get(push.document_number)
    _store_booking(push, invoice)


def _store_booking_refusal(fortnox: Fortnox, push: Push, error: FortnoxError) -> None:
    """A refusal may mean that it is booked already, so look before believing it."""
    invoice = fortnox.invoices.get(push.document_number)
    if invoice.booked:
        _store_booking(push, invoice)
        return
    _mine(push).update(error_code=str(error.code or ""), error_text=in_words(error), next_at=None)
    sync_issues.note_push(push, at=clock.now(), error=error)


def _store_booking(push: Push, invoice: FortnoxInvoice) -> None:
    if not invoice.booked:
        _postpone(push)
        return
    voucher = f"{invoice.voucher_series or ''}{invoice.voucher_number or ''}"
    with transaction.atomic():
        _mine(push).update(booked=True, voucher=voucher, error_code="", error_text="", next_at=None)
        push.invoice.booked = True
        push.invoice.save(update_fields=["booked"])
        _solve(push)


def _solve(push: Push) -> None:
    """Close what stood open about an invoice; a banner that it stood for goes with it."""
    at, numbers = clock.now(), [push.reference]
    if sync_issues.solve(company_id=push.company_id, kind=sync_issues.INVOICE, numbers=numbers, at=at):
        alerts.review(Connection.objects.get(), at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def retry(*, push: Push, actor: User) -> None:
    """Send again by hand what was rejected, or book again what could not be booked.

    Raises NotAllowed, NotWorking, or HigherFirst.
    """
    connection = working_connection()
    row = Push.objects.select_for_update().get(pk=push.pk)
    if row.company_id != connection.company_id:
        raise NotWorking(str(OTHER_COMPANY))
    if row.state == PushState.REJECTED:
        refuse_before_higher(row.invoice, row.company_id)
        row.state, row.payload, row.payload_hash = PushState.QUEUED, None, ""
    elif (
        row.state == PushState.NEEDS_PERSON and not row.cancelled_number
    ):  # it may be there by now: look for it again, send nothing
        row.state, row.lookups, row.late_negatives = PushState.UNCERTAIN, 0, 0
    row.error_code = row.error_text = ""
    row.next_at = None if row.state == PushState.QUEUED else database_now()
    row.save()
    summary = f"{row.invoice}: sent to Fortnox again"
    record(actor=actor, action="fortnox.retry", target=row, summary=summary, at=clock.now())
    requests.enqueue_push(row)


def _postpone(push: Push) -> None:
    """Try again later; what is being sent keeps its state until its lease runs out."""
    waiting = _mine(push).exclude(state=PushState.SENDING)
    waiting.update(next_at=database_now() + _backoff(push))


def _backoff(push: Push) -> timedelta:
    return timedelta(seconds=min(15 * 2 ** min(push.attempts, 8), 3600))


def _mine(push: Push) -> models.QuerySet[Push]:
    """The row as this worker knows it: a newer fence means another worker has taken over."""
    return Push.objects.filter(pk=push.pk, fence=push.fence)
