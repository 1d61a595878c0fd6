"""An issued invoice out, exactly once.

The intent is stored before the call, the answer after it, and nothing is open in between. An unclear outcome
is looked up by our own reference, never blindly repeated (decision 8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fortnox_api import Forbidden, Fortnox, FortnoxError, NotFound, Outcome, Unauthorized
from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection.guards import is_usable
from uku.integrations.fortnox.customers.creation import CustomerRefused
from uku.integrations.fortnox.health import alerts, sync_issues
from uku.integrations.fortnox.health.messages import error_in_words
from uku.integrations.fortnox.invoices import reconcile
from uku.integrations.fortnox.invoices.terms import learn_terms
from uku.integrations.fortnox.invoices.validate import InvoiceNotValid, build_request_body, date_hold
from uku.integrations.fortnox.mapping import CASH_METHOD, figures
from uku.integrations.fortnox.models import NUMBER_USED, Connection, ExportKind, ExportState, InvoiceExport
from uku.integrations.fortnox.tokens.grant_state import NotConnected, note_failure
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.integrations.fortnox.work import requests
from uku.invoices.models import Invoice
from uku.invoices.operations import NumberTaken, accept_number
from uku.kit import clock
from uku.kit.clock import database_now
from uku.kit.scoping import workspace_in_force
from uku.workspaces.language import translate_for_workspace

log = structlog.get_logger()
LEASE = timedelta(seconds=90)  # longer than one call's total deadline
FIRST_LOOKUP = timedelta(seconds=reconcile.SCHEDULE[0])
TO_BOOK = Q(
    state=ExportState.CONFIRMED, booked=False, to_book=True, error_text="", cancel_wanted_at=None, cancelled_at=None
)
PERMISSION_PAUSE = timedelta(hours=1)  # until Fortnox is asked again whether invoices are permitted now


class LeaseExpired(Exception):
    """This worker slept past its lease before it sent anything; another one may have taken over."""


def due_exports() -> models.QuerySet[InvoiceExport]:
    """Invoices whose time has come, of all workspaces: to send, to look up, or to book."""
    now = database_now()
    to_send = Q(state=ExportState.QUEUED, cancel_wanted_at=None)
    return InvoiceExport.everywhere.filter(kind=ExportKind.CREATE).filter(
        to_send & (Q(next_at=None) | Q(next_at__lte=now)) | due_after_sending()
    )


def due_after_sending() -> Q:
    """What was sent, and whose time has come: to look up, or to book."""
    now = database_now()
    return (
        Q(state=ExportState.SENDING, lease_until__lt=now)
        | Q(state=ExportState.UNCERTAIN, next_at__lte=now)
        | TO_BOOK & Q(next_at__lte=now)
    )


def process_export(*, export_id: int) -> None:
    """Take an invoice as far as it goes now. Safe to call at any time, by any number of workers."""
    process(due_exports().filter(pk=export_id), carry_out)


def process(
    due: models.QuerySet[InvoiceExport],
    act: Callable[[Fortnox, InvoiceExport], None],
    connection: Connection | None = None,
) -> None:
    """Do something to the first export that is due if its company, `connection`, can be asked; store what failed."""
    export = due.select_related("invoice__client", "workspace").first()
    if export is None:
        return
    with workspace_in_force(export.workspace_id):
        connection = connection or Connection.objects.select_related("workspace").get()
        if not is_usable(connection) or is_foreign(connection) or connection.company_id != export.company_id:
            return
        is_dated = export.kind == ExportKind.CREATE and not (export.sent_by_hand_at or export.cancel_wanted_at)
        hold = date_hold(export.invoice, export.workspace) if is_dated else None
        if export.state == ExportState.QUEUED and hold:
            as_known(export).filter(state=export.state).update(state=ExportState.HELD, hold=hold, next_at=None)
            return
        try:
            with open_fortnox(connection, check=lambda: _require_lease(export)) as fortnox:
                act(fortnox, export)
        except NotConnected:
            log.info("paused", export=export.pk)
        except LeaseExpired:
            log.warning("woke up after its lease", export=export.pk)
            sending = as_known(export).filter(state=ExportState.SENDING)
            sending.update(state=ExportState.QUEUED, next_at=None, lease_until=None, sent_at=export.sent_at)
        except FortnoxError as error:
            note_failure(connection, error)
            if isinstance(error, Forbidden):
                # A missing permission or licence is no fault of one invoice: nothing that waits is tried for an hour.
                sync_issues.note_export(export, at=clock.now(), error=error)
                waiting = InvoiceExport.objects.filter(company_id=export.company_id)
                waiting = waiting.filter(Q(state=ExportState.QUEUED) | Q(pk=export.pk))
                waiting.exclude(state=ExportState.SENDING).update(next_at=database_now() + PERMISSION_PAUSE)
            else:
                postpone(export)


def carry_out(fortnox: Fortnox, export: InvoiceExport) -> None:
    if export.state == ExportState.QUEUED:
        _send(fortnox, export)
    elif export.state in {ExportState.SENDING, ExportState.UNCERTAIN}:
        # A lease that ran out is a response nobody took: what happened is unknown.
        mark_uncertain(export)
        if (created := reconcile.find_created(fortnox, export)) is not None:
            confirm(export, created)
    book_if_due(fortnox, export)


def _send(fortnox: Fortnox, export: InvoiceExport) -> None:
    """Check, store the bytes, post them once, store what came of it.

    One worker wins the row, and holds it by a lease (F06, F08). A response about another invoice is not
    adopted (B50).
    """
    try:
        body = bytes(export.payload) if export.payload else build_request_body(fortnox, export)
    except InvoiceNotValid as error:
        reject(export, str(error))
        return
    except CustomerRefused as refusal:
        reject(export, error_in_words(refusal.error), refusal.error)
        return
    facts = {"payload_hash": hashlib.sha256(body).hexdigest(), "text_changes": export.text_changes}
    if not claim(export, payload=body, **facts):
        return
    export.payload = body
    try:
        created = fortnox.invoices.create_raw(body)
    except FortnoxError as error:
        _store_failure(fortnox, export, error)
        return
    if created.external_reference in {"", export.reference} and not created.number.startswith("-"):
        confirm(export, created)
    else:
        words = _("Fortnox answered with an invoice that does not have Uku's reference. Look for it in Fortnox.")
        leave_to_person(export, translate_for_workspace(words))


def claim(export: InvoiceExport, **facts: object) -> bool:
    """Take an export for sending, under a new fence and a lease; False when it is not this worker's to send."""
    claimed = (
        as_known(export)
        .filter(state=ExportState.QUEUED)
        .update(
            **facts,
            state=ExportState.SENDING,
            attempts=F("attempts") + 1,
            fence=F("fence") + 1,
            sent_at=database_now(),
            lease_until=database_now() + LEASE,
            error_code="",
            error_text="",
        )
    )
    if claimed:
        export.state = ExportState.SENDING
        export.attempts, export.fence = export.attempts + 1, export.fence + 1
    return bool(claimed)


def _require_lease(export: InvoiceExport) -> None:
    """Right before the bytes leave: a worker that was frozen must not send what another may have sent (F08)."""
    if export.state != ExportState.SENDING:
        return
    if not as_known(export).filter(state=ExportState.SENDING, lease_until__gt=database_now()).exists():
        raise LeaseExpired


def _store_failure(fortnox: Fortnox, export: InvoiceExport, error: FortnoxError) -> None:
    """Each failure is explicitly one of three: not applied, refused, unknown (decision 8).

    A number from Uku may be used in Fortnox already: by another invoice, or by ours, which an earlier create made.
    """
    outcome, code, number = error.outcome, str(error.code or ""), export.invoice.number
    log.warning("create failed", export=export.pk, outcome=outcome.name, fortnox_code=code, uid=error.request_id)
    if requeue(export, error):
        return
    if outcome is Outcome.REFUSED:
        holder = None
        if number:
            with suppress(FortnoxError):
                holder = fortnox.invoices.get(number)
        if holder is None:
            reject(export, error_in_words(error), error)
        elif holder.external_reference == export.reference and not holder.cancelled:
            mark_uncertain(export)
        else:
            words = _("Fortnox has another invoice with the number %(number)s.")
            reject(export, translate_for_workspace(words, number=number), code=NUMBER_USED)
    else:
        mark_uncertain(export)


def requeue(export: InvoiceExport, error: FortnoxError) -> bool:
    """Let an export wait again after what was not applied; say whether that is so.

    Raises the error when it is the connection's, or a missing permission's, and not this invoice's.
    """
    queued = {"state": ExportState.QUEUED, "sent_at": export.sent_at, "error_text": error_in_words(error)}
    if error.outcome is Outcome.NOT_APPLIED:
        as_known(export).update(next_at=database_now() + _backoff(export), **queued)
        if isinstance(error, Unauthorized):
            raise error
        return True
    if isinstance(error, Forbidden):
        as_known(export).update(lease_until=None, error_code=str(error.code or ""), **queued)
        raise error
    return False


@transaction.atomic
def reject(
    export: InvoiceExport, text: str, error: FortnoxError | None = None, *, code: str = "", **facts: object
) -> None:
    code = str(error.code or "") if error else code
    rejected = {"error_code": code, "error_text": text[:500], "next_at": None, **facts}
    as_known(export).update(state=ExportState.REJECTED, **rejected)
    sync_issues.note_export(export, at=clock.now(), error=error, reason="" if error else text)


def mark_uncertain(export: InvoiceExport) -> None:
    if export.state != ExportState.UNCERTAIN:
        next_at = F("sent_at") + FIRST_LOOKUP
        facts = {"next_at": next_at, "lease_until": None, "was_uncertain": True}
        as_known(export).update(state=ExportState.UNCERTAIN, **facts)
        export.state = ExportState.UNCERTAIN


@transaction.atomic
def leave_to_person(export: InvoiceExport, text: str) -> None:
    mark_uncertain(export)
    reconcile.ask_person(export, text)


def confirm(export: InvoiceExport, created: FortnoxInvoice, also: Callable[[], None] | None = None) -> None:
    """Store the number and figures that Fortnox gave, and what `also` stores; an old fence is merged."""
    if not created.number:
        mark_uncertain(export)
        return
    if difference := reconcile.differing_number(export.invoice, created):
        leave_to_person(export, difference)
        return
    try:
        with transaction.atomic():
            if also is not None:
                also()
            rows = InvoiceExport.objects.select_for_update(of=("self",)).select_related("invoice", "workspace")
            row = rows.get(pk=export.pk)
            if row.state != ExportState.CONFIRMED:
                store_created(row, created)
    except NumberTaken:
        words = _(
            "Fortnox gave this invoice the number %(number)s. Another invoice in Uku has the same number or OCR number."
        )
        leave_to_person(export, translate_for_workspace(words, number=created.number))
    else:
        export.state, export.document_number = row.state, row.document_number
        export.booked, export.to_book, export.cancel_wanted_at = row.booked, row.to_book, row.cancel_wanted_at


def store_created(row: InvoiceExport, created: FortnoxInvoice) -> None:
    """Store on a locked export that Fortnox has its invoice, with number, OCR and figures. Raises NumberTaken."""
    ocr = created.ocr or (row.invoice.ocr if row.invoice.number else "")
    at = clock.now()
    differing = accept_number(invoice=row.invoice, number=created.number, ocr=ocr, figures=figures(created), at=at)
    row.state, row.document_number = ExportState.CONFIRMED, created.number
    row.cash_method = created.accounting_method == CASH_METHOD
    row.to_book = row.to_book and not row.cash_method
    if "vat" in differing and reconcile.has_other_rates(row.invoice, created):
        row.to_book = False  # a person books it, or cancels it while it is not booked
    row.lease_until, row.next_at, row.error_code, row.error_text = None, database_now(), "", ""
    row.save()
    solve_issues(row)
    learn_terms(row, created, at=at)
    if not _is_to_book(row):  # else it is read once it is booked
        _read_back(row)


def book_if_due(fortnox: Fortnox, export: InvoiceExport) -> None:
    if _is_to_book(export):
        book(fortnox, export)


def _is_to_book(export: InvoiceExport) -> bool:
    """Say whether an invoice is in Fortnox and to be booked; not while a person wants it cancelled."""
    is_wanted = export.to_book and export.cancel_wanted_at is None
    return export.state == ExportState.CONFIRMED and is_wanted and not export.booked


def book(fortnox: Fortnox, export: InvoiceExport) -> None:
    """Book the invoice in Fortnox; a retry books, never creates.

    After an unclear outcome the invoice is read, not booked again; after a refusal too: it may be booked already.
    """
    try:
        invoice = fortnox.invoices.bookkeep(export.document_number)
    except FortnoxError as error:
        if isinstance(error, Forbidden):
            raise
        try:
            invoice = fortnox.invoices.get(export.document_number)
        except NotFound as gone:
            _leave_booking(export, gone)
            return
        if error.outcome is Outcome.REFUSED and not invoice.booked:
            _leave_booking(export, error)
            return
    if not invoice.booked:
        postpone(export)
        return
    voucher = f"{invoice.voucher_series or ''}{invoice.voucher_number or ''}"
    with transaction.atomic():
        if as_known(export).update(booked=True, voucher=voucher, error_code="", error_text="", next_at=None):
            Invoice.objects.filter(pk=export.invoice_id).update(booked=True)
            solve_issues(export)
            _read_back(export)


@transaction.atomic
def _leave_booking(export: InvoiceExport, error: FortnoxError) -> None:
    """Leave booking to a person; what Fortnox does not have any more is read, so that its page says so."""
    facts = {"error_code": str(error.code or ""), "error_text": error_in_words(error)}
    if as_known(export).update(next_at=None, **facts):
        sync_issues.note_export(export, at=clock.now(), error=error)
        _read_back(export, is_gone=isinstance(error, NotFound))


def _read_back(export: InvoiceExport, *, is_gone: bool = False) -> None:
    """Have a credit note read that was made, and booked if it is to be: either may have set it off."""
    if export.invoice.is_credit_note or is_gone:
        requests.read_back_credit(export)


def solve_issues(export: InvoiceExport) -> None:
    """Close what stood open about an invoice; a banner that it stood for goes with it."""
    at, numbers = clock.now(), [export.reference]
    if sync_issues.solve(company_id=export.company_id, kind=sync_issues.INVOICE, numbers=numbers, at=at):
        alerts.review(Connection.objects.get(), at=at)


def postpone(export: InvoiceExport) -> None:
    """Try again later; what is being sent keeps its state until its lease runs out."""
    waiting = as_known(export).exclude(state=ExportState.SENDING)
    waiting.update(next_at=database_now() + _backoff(export))


def _backoff(export: InvoiceExport) -> timedelta:
    return timedelta(seconds=min(15 * 2 ** min(export.attempts, 8), 3600))


def as_known(export: InvoiceExport) -> models.QuerySet[InvoiceExport]:
    """The row as this worker knows it: a newer fence means another worker has taken over."""
    return InvoiceExport.objects.filter(pk=export.pk, fence=export.fence)
