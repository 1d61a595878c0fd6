"""How a credit note or a cancellation stands, where it is told otherwise than an invoice on its way out."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uku.integrations.fortnox.models import ExportKind, ExportState, InvoiceExport
from uku.integrations.registry import Badge
from uku.kit import clock

Explanation = tuple[str, str, str]
NOTHING_WRONG: Explanation = ("", "", "")


def is_untied(export: InvoiceExport) -> bool:
    """Say whether it is a credit note that Fortnox does not connect with the invoice that it credits."""
    return export.invoice.is_credit_note and export.kind == ExportKind.CREATE


def waits_for_invoice(export: InvoiceExport) -> bool:
    """Say whether it is a credit note whose invoice is not in Fortnox yet."""
    credited = export.invoice.credits
    if credited is None or export.state != ExportState.QUEUED:
        return False
    return not InvoiceExport.objects.filter(invoice=credited, state=ExportState.CONFIRMED).exists()


def cancellation_badge(export: InvoiceExport) -> Badge | None:
    """Return how a cancellation stands, whichever company the invoice is in; None for an invoice that stands."""
    if export.state == ExportState.CANCELLED:
        return Badge(_("Not sent: cancelled"), "neutral")
    if export.cancel_wanted_at:
        return Badge(_("Being cancelled"), "moving")
    if export.cancelled_at:
        return Badge(_("Cancelled in Fortnox %(number)s") % {"number": export.document_number}, "neutral")
    return None


def confirmed_badge(export: InvoiceExport) -> Badge:
    facts = {"number": export.document_number}
    if is_untied(export):
        return Badge(_("In Fortnox %(number)s, not tied") % facts, "warning")
    if export.cash_method:
        return Badge(_("In Fortnox %(number)s") % facts, "good")
    if export.booked:
        return Badge(_("In Fortnox %(number)s, booked") % facts, "good")
    days = days_not_booked(export)
    if not days:
        return Badge(_("In Fortnox %(number)s, not booked") % facts, "good")
    words = ngettext(
        "In Fortnox %(number)s, not booked for %(days)s day",
        "In Fortnox %(number)s, not booked for %(days)s days",
        days,
    )
    return Badge(words % {**facts, "days": days}, "warning")


def days_not_booked(export: InvoiceExport) -> int:
    """Count the whole days since it was sent. By the database's clock, as sending is."""
    return (clock.real_now() - export.sent_at).days if export.sent_at else 0


def explain_cancellation(export: InvoiceExport) -> Explanation | None:
    """Say why an invoice was not cancelled, and what to do; None where there is nothing to say of cancelling."""
    if export.cancelled_at or export.state == ExportState.CANCELLED:
        return NOTHING_WRONG
    if export.cancel_refusal and not export.invoice.credited_amount:
        means = _("The invoice was not cancelled, in Fortnox or in Uku.")
        return export.cancel_refusal, means, _("Credit the invoice instead.")
    return None


def explain_credit(export: InvoiceExport) -> Explanation | None:
    """Say what a credit note waits for, and what is to be done about it; None where an invoice's words fit it."""
    credited = export.invoice.credits
    if credited is None:
        return None
    if waits_for_invoice(export):
        return (
            _("The invoice that this credit note credits is not in Fortnox yet."),
            _("Fortnox makes a credit note from its invoice, so Uku sends the invoice first."),
            _("Open the invoice to see how it stands. The credit note follows automatically."),
        )
    if is_untied(export) and export.state == ExportState.CONFIRMED and not export.error_text:
        return (
            _("Not tied in Fortnox: the invoice has another credit note there, and Fortnox makes only one."),
            _("This credit note is an invoice with negative amounts in Fortnox. It is not set off automatically."),
            _("Set it off against invoice %(number)s in Fortnox.") % {"number": credited.number},
        )
    if export.kind == ExportKind.CREDIT and export.state == ExportState.UNCERTAIN:
        return (
            _("Fortnox did not confirm that it made the credit note."),
            _("The credit note may be in Fortnox. Uku does not ask for it again before it has looked."),
            _("You do not need to do anything: Uku looks at invoice %(number)s in Fortnox and shows the result here.")
            % {"number": credited.number},
        )
    if export.kind == ExportKind.CREDIT and export.state == ExportState.NEEDS_PERSON:
        return (
            export.error_text,
            _("Uku changes nothing in Fortnox until you have looked."),
            _("Look at the credit note in Fortnox, and correct it there, and click Refresh. Or click Decide."),
        )
    return None
