"""A credit note out, exactly once: Fortnox makes it from the invoice that it credits.

Fortnox credits an invoice once, and names the note on it. So the invoice is read right before its note is made, and
after an unclear outcome: a note that was not there before is ours. A later note goes as an invoice with negative
quantities, which Fortnox does not tie to the invoice.
"""

from __future__ import annotations

import structlog
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from fortnox_api import Forbidden, Fortnox, FortnoxError, NotFound, Outcome
from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.health.messages import error_in_words
from uku.integrations.fortnox.invoices import reconcile
from uku.integrations.fortnox.invoices.export import (
    as_known,
    book,
    book_if_due,
    claim,
    confirm,
    due_after_sending,
    leave_to_person,
    mark_uncertain,
    postpone,
    process,
    reject,
    requeue,
)
from uku.integrations.fortnox.mapping import CASH_METHOD, NO_REFERENCE, credit_rows, row_facts
from uku.integrations.fortnox.models import Connection, ExportKind, ExportState, InvoiceExport
from uku.integrations.fortnox.work import requests
from uku.invoices.credit import CreditNoteIssued
from uku.invoices.models import Invoice, InvoiceRow
from uku.invoices.operations import NumberSourceChanged
from uku.kit import clock
from uku.kit.clock import database_now
from uku.workspaces.language import translate_for_workspace

log = structlog.get_logger()
ENDED = (ExportState.CONFIRMED, ExportState.REJECTED, ExportState.CANCELLED)


def ledger_of(invoice: Invoice) -> str:
    """Return the Fortnox company that has an invoice or will have it; "" for one that stays outside Fortnox."""
    export = InvoiceExport.standing().filter(invoice=invoice).first()
    if export is None or export.state == ExportState.CANCELLED:
        return ""
    keeps_own_number = export.state == ExportState.REJECTED and invoice.number
    return "" if keeps_own_number else export.company_id


def queue_credit(fact: CreditNoteIssued) -> None:
    """Store the intent to make a credit note, in the transaction that issues it, whether or not it can be made now.

    Raises NumberSourceChanged when the invoice has come to another ledger than the page showed.
    """
    note = Invoice.objects.select_related("credits").get(pk=fact.invoice_id)
    if note.credits is None or ledger_of(note.credits) != fact.ledger:
        raise NumberSourceChanged
    if not fact.ledger:  # what Fortnox refused stays outside it, as its note does
        refused = InvoiceExport.objects.filter(invoice=note.credits, state=ExportState.REJECTED)
        refused.update(number_kept=True)
        return
    export = InvoiceExport.objects.create(
        invoice=note,
        company_id=fact.ledger,
        reference=note.reference,
        to_book=Connection.objects.get().books_at_once,
        kind=ExportKind.CREDIT,
        created_at=clock.now(),
    )
    requests.wake_for_export(export)


def is_ready() -> Q:
    """Say in a query whether a credit note may be made: its invoice is in Fortnox, and no earlier note is under way."""
    siblings = InvoiceExport.everywhere.filter(company_id=OuterRef("company_id"))
    credited = siblings.filter(invoice=OuterRef("invoice__credits"), state=ExportState.CONFIRMED, cancelled_at=None)
    earlier = siblings.filter(invoice__credits=OuterRef("invoice__credits"), pk__lt=OuterRef("pk"))
    return Q(Exists(credited)) & ~Q(Exists(earlier.exclude(state__in=ENDED)))


def due_credits() -> models.QuerySet[InvoiceExport]:
    """Credit notes whose time has come, of all workspaces: to make, to look up, or to book."""
    to_make = Q(state=ExportState.QUEUED) & (Q(next_at=None) | Q(next_at__lte=database_now())) & is_ready()
    return InvoiceExport.everywhere.filter(kind=ExportKind.CREDIT).filter(to_make | due_after_sending())


def process_credit(*, export_id: int) -> None:
    """Take a credit note as far as it goes now. Safe to call at any time, by any number of workers."""
    process(due_credits().filter(pk=export_id), carry_out)


def carry_out(fortnox: Fortnox, export: InvoiceExport) -> None:
    original = InvoiceExport.standing().select_related("invoice").get(invoice=export.invoice.credits_id)
    if export.state == ExportState.QUEUED:
        _send(fortnox, export, original)
    elif export.state in {ExportState.SENDING, ExportState.UNCERTAIN}:
        mark_uncertain(export)
        _look_up(fortnox, export, original)
    book_if_due(fortnox, export)


def _send(fortnox: Fortnox, export: InvoiceExport, original: InvoiceExport) -> None:
    """Read the invoice, book it if it must be, have it credited once, and store what came of it."""
    invoice = _read_original(fortnox, export, original)
    if invoice is None:
        return
    if invoice.cancelled:
        words = _("Invoice %(number)s is cancelled in Fortnox. A cancelled invoice cannot be credited.")
        reject(export, translate_for_workspace(words, number=invoice.number))
        return
    if invoice.credit_invoice_reference not in NO_REFERENCE:
        if export.sent_at is None:
            _send_as_invoice(export)
        else:  # an earlier try was applied after all
            mark_uncertain(export)
            _take(fortnox, export, original, invoice)
        return
    is_booked = invoice.booked or invoice.accounting_method == CASH_METHOD
    if not is_booked and not _book_first(fortnox, export, original):
        return
    if not claim(export):
        return
    try:
        invoice = fortnox.invoices.credit(original.document_number)
    except FortnoxError as error:
        _store_failure(fortnox, export, original, error)
        return
    mark_uncertain(export)
    _take(fortnox, export, original, invoice)


def _read_original(fortnox: Fortnox, export: InvoiceExport, original: InvoiceExport) -> FortnoxInvoice | None:
    """Return the invoice that is credited; None where Fortnox does not have it any more: the note waits for a person.

    A note that may have been made before cannot be looked for without its invoice.
    """
    try:
        return fortnox.invoices.get(original.document_number)
    except NotFound:
        words = _("Fortnox does not have invoice %(number)s any more, so it cannot be credited there.")
        text = translate_for_workspace(words, number=original.document_number)
        if export.sent_at is None:
            reject(export, text, sent_at=None)
        else:
            leave_to_person(export, text)
        return None


def _send_as_invoice(export: InvoiceExport) -> None:
    """Let a note go as an invoice of its own: the invoice has another note, and gets no second one."""
    as_known(export).exclude(state=ExportState.CONFIRMED).update(
        kind=ExportKind.CREATE, state=ExportState.QUEUED, next_at=None, lease_until=None, attempts=0
    )


def _book_first(fortnox: Fortnox, export: InvoiceExport, original: InvoiceExport) -> bool:
    """Book the invoice that is credited: Fortnox credits no other. Say whether it is booked."""
    book(fortnox, original)
    original.refresh_from_db()
    if original.booked:
        return True
    if original.error_text:
        words = _("Fortnox did not book invoice %(number)s, which must be booked before it is credited: %(error)s")
        text = translate_for_workspace(words, number=original.document_number, error=original.error_text)
        reject(export, text, code=original.error_code)
    else:
        postpone(export)
    return False


def _store_failure(fortnox: Fortnox, export: InvoiceExport, original: InvoiceExport, error: FortnoxError) -> None:
    """A refusal may mean that the invoice has a note by now: somebody's, or one of ours that came late."""
    uid, code = error.request_id, str(error.code or "")
    log.warning("credit failed", export=export.pk, outcome=error.outcome.name, fortnox_code=code, uid=uid)
    if requeue(export, error):
        return
    if error.outcome is not Outcome.REFUSED:
        mark_uncertain(export)
        return
    invoice = _read_original(fortnox, export, original)
    if invoice is None:
        return
    if invoice.credit_invoice_reference in NO_REFERENCE:
        reject(export, error_in_words(error), error, sent_at=None)
    elif export.sent_at is None:
        _send_as_invoice(export)
    else:
        mark_uncertain(export)


def _look_up(fortnox: Fortnox, export: InvoiceExport, original: InvoiceExport) -> None:
    """After an unclear outcome the invoice tells whether it was credited."""
    invoice = _read_original(fortnox, export, original)
    if invoice is None:
        return
    if invoice.credit_invoice_reference in NO_REFERENCE:
        reconcile.note_absence(export)
    else:
        _take(fortnox, export, original, invoice)


def _take(fortnox: Fortnox, export: InvoiceExport, original: InvoiceExport, invoice: FortnoxInvoice) -> None:
    """Take over the note that the invoice names, with our rows on it; one that is neither whole nor ours is not."""
    number = invoice.credit_invoice_reference
    if number in NO_REFERENCE:
        return
    note = fortnox.invoices.get(number)
    rows = list(InvoiceRow.objects.filter(invoice=export.invoice).select_related("product"))
    for row in rows:
        row.article_number = row.article_in(export.company_id)
    change = credit_rows(rows)
    is_ours = row_facts(note.rows) == row_facts(change.rows or ())
    is_whole = row_facts(note.rows) == row_facts(invoice.rows, sign=-1)
    if note.cancelled or not note.credit or not (is_ours or is_whole):
        words = _(
            "Fortnox has credit note %(number)s for the invoice, and it is cancelled or has other rows than ours."
        )
        leave_to_person(export, translate_for_workspace(words, number=number))
        return
    if not is_ours:
        if note.booked:
            words = _("Fortnox booked credit note %(number)s for the whole invoice, and its rows cannot be changed.")
            leave_to_person(export, translate_for_workspace(words, number=number))
            return
        try:
            note = fortnox.invoices.update(number, change)
        except FortnoxError as error:
            if error.outcome is not Outcome.REFUSED or isinstance(error, Forbidden):
                raise  # the note is looked at again: until its rows are ours it is not booked
            words = _("Fortnox made credit note %(number)s for the whole invoice, and refused our rows: %(error)s")
            text = translate_for_workspace(words, number=number, error=error_in_words(error))
            leave_to_person(export, text)
            return
    confirm(export, note, also=lambda: store_note(export, note, original))


def store_note(export: InvoiceExport, note: FortnoxInvoice, original: InvoiceExport | None = None) -> None:
    """The note's date is Fortnox's. Its invoice has no note of somebody else's: Fortnox names one, and it is ours.

    `original` is the export of the invoice as read just now, where it is at hand.
    """
    day = note.invoice_date
    if day is not None and (export.invoice.invoice_date, export.invoice.due_date) != (day, day):
        ours = Invoice.objects.filter(pk=export.invoice_id, number="")
        ours.update(invoice_date=day, due_date=day)
    if original is None or original.foreign_note or original.invoice.ledger_credit_amount:
        credited = Invoice.objects.filter(credit_notes=export.invoice_id)
        credited.update(ledger_credit_amount=0, ledger_credit_balance=0)
        InvoiceExport.objects.filter(invoice__in=credited).update(foreign_note="")
