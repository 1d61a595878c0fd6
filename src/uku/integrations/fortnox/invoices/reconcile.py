"""After an unclear create: look for Uku's reference before anything else is done.

Times since the first byte was sent: 5 s, 30 s, 2 min, 10 min, 12 min. Two complete negative look-ups at or
after ten minutes are what one more create needs; after that a person decides (decision 8).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from fortnox_api import Fortnox, InvoiceItem
from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.invoices.unlisted import find_unlisted
from uku.integrations.fortnox.models import ExportState, InvoiceExport
from uku.invoices.models import Invoice, InvoiceRow, RowKind
from uku.kit import clock
from uku.kit.clock import database_now
from uku.workspaces.language import translate_for_workspace

SCHEDULE = (5, 30, 120, 600, 720)
LANDING_WINDOW = timedelta(minutes=10)
LATE_NEGATIVES_NEEDED = 2
MOST_SENDS = 2


def find_created(fortnox: Fortnox, export: InvoiceExport) -> FortnoxInvoice | None:
    """Return the invoice that a create made, if it can be found now; else write down what is known.

    None leaves the export waiting for its next look-up, queued for one more create, or with a person.
    """
    hits: Sequence[InvoiceItem | FortnoxInvoice] = fortnox.invoices.find_by_reference(export.reference)
    if not hits and _is_last_look(export):
        hits = find_unlisted(fortnox, export)
    hits = [hit for hit in hits if not (hit.cancelled and hit.number == export.cancelled_number)]
    found = [hit for hit in hits if not _is_copy_on_note(fortnox, export, hit)]
    standing = [hit for hit in found if not hit.cancelled]
    sent = json.loads(bytes(export.payload))["Invoice"] if export.payload else {}
    # Somebody may have copied the invoice: adopt only one with the same customer and total (F17). The customer is the
    # one in the bytes that were sent: another may be linked or chosen since.
    fitting = [
        hit
        for hit in standing
        if hit.customer_number == sent.get("CustomerNumber") and abs(hit.total - export.invoice.total) < 1
    ]
    if len(standing) == len(fitting) == 1:
        return fortnox.invoices.get(standing[0].number)
    if not found:
        note_absence(export)
    elif not standing:
        number = found[0].number
        words = _("Fortnox has the invoice as number %(number)s, and it is cancelled there.")
        ask_person(export, translate_for_workspace(words, number=number), cancelled_number=number)
    else:
        numbers = ", ".join(hit.number for hit in found)
        words = _(
            "Fortnox has Uku's reference %(reference)s on invoice %(numbers)s, but its customer or amount is different."
        )
        if len(found) > 1:
            words = _("Fortnox has Uku's reference %(reference)s on more than one invoice: %(numbers)s.")
        ask_person(export, translate_for_workspace(words, reference=export.reference, numbers=numbers))
    return None


def _is_last_look(export: InvoiceExport) -> bool:
    """Say whether the invoice is created once more, or left to a person, if it is not found now."""
    return export.late_negatives + 1 >= LATE_NEGATIVES_NEEDED


def _is_copy_on_note(fortnox: Fortnox, export: InvoiceExport, hit: InvoiceItem | FortnoxInvoice) -> bool:
    """Say whether Uku's reference stands on a credit note of our invoice, which Fortnox may copy it to.

    Lists do not tell credit notes apart; one with an amount below zero is read.
    """
    if export.invoice.is_credit_note or hit.total >= 0:
        return False
    return fortnox.invoices.get(hit.number).credit


def note_absence(export: InvoiceExport) -> None:
    """Count a complete negative look-up; decide when enough late ones have come together."""
    late = InvoiceExport.objects.filter(pk=export.pk, sent_at__lte=database_now() - LANDING_WINDOW).exists()
    negatives = export.late_negatives + (1 if late else 0)
    lookups = export.lookups + 1
    if negatives < LATE_NEGATIVES_NEEDED:
        next_at = database_now() + timedelta(minutes=2)
        if lookups < len(SCHEDULE):
            next_at = F("sent_at") + timedelta(seconds=SCHEDULE[lookups])
        _change(export, lookups=lookups, late_negatives=negatives, next_at=next_at)
    elif export.attempts < MOST_SENDS:
        _change(export, state=ExportState.QUEUED, lookups=0, late_negatives=0, next_at=None)
    else:
        words = _("Uku sent the invoice twice without a clear answer from Fortnox, and cannot find it there.")
        ask_person(export, translate_for_workspace(words))


@transaction.atomic
def ask_person(export: InvoiceExport, text: str, **facts: Any) -> None:
    """Leave an export whose outcome is unknown to a person, with what is known."""
    if _change(export, state=ExportState.NEEDS_PERSON, next_at=None, error_text=text[:500], **facts):
        export.state = ExportState.NEEDS_PERSON
        sync_issues.note_export(export, at=clock.now(), reason=text[:500])


def _change(export: InvoiceExport, **values: Any) -> int:
    rows = InvoiceExport.objects.filter(pk=export.pk, fence=export.fence, state=ExportState.UNCERTAIN)
    return rows.update(**values)


def differing_number(invoice: Invoice, created: FortnoxInvoice) -> str:
    """Say how Fortnox's number or OCR differs from the one that the customer may have; "" when it does not."""
    if not invoice.number:
        return ""
    if created.number != invoice.number:
        words = _("Fortnox has the invoice as number %(theirs)s, but its number from Uku is %(ours)s.")
        return translate_for_workspace(words, theirs=created.number, ours=invoice.number)
    if created.ocr and created.ocr != invoice.ocr:
        words = _("Fortnox has the invoice with the OCR number %(theirs)s, but its OCR number from Uku is %(ours)s.")
        return translate_for_workspace(words, theirs=created.ocr, ours=invoice.ocr)
    return ""


def has_other_rates(invoice: Invoice, created: FortnoxInvoice) -> bool:
    """Say whether Fortnox taxed a row by a rate that no row of ours has."""
    ours = set(InvoiceRow.objects.filter(invoice=invoice, kind=RowKind.ARTICLE).values_list("vat_rate", flat=True))
    return any(row.delivered_quantity and row.vat not in ours for row in created.rows)
