"""How an invoice stands on its way to Fortnox: as a badge in lists, and as a panel with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from uku.integrations.fortnox.connection.companies import company_names, name_of_company
from uku.integrations.fortnox.health.messages import Context, explain
from uku.integrations.fortnox.invoices.holds import Reason, connection_hold, date_hold, in_words, worker_hold
from uku.integrations.fortnox.invoices.send_by_hand import NEVER_THERE, can_be_sent
from uku.integrations.fortnox.models import NUMBER_KEPT, NUMBER_USED, Connection, ExportState, Hold, InvoiceExport
from uku.integrations.registry import Action, Badge, NumberSource, Panel
from uku.invoices.models import Invoice

OWN_NUMBER = _lazy("Number from Uku")


@dataclass(frozen=True, slots=True)
class Here:
    """The connected company, and why nothing goes out to it now."""

    company_id: str
    hold: Reason | None
    names: Mapping[str, str]

    @property
    def takes_orders(self) -> bool:
        return bool(self.company_id) and self.hold is None

    def has(self, export: InvoiceExport) -> bool:
        return export.company_id == self.company_id

    def name_of(self, export: InvoiceExport) -> str:
        return name_of_company(export.company_id, self.names)


def badges_of(invoices: Sequence[Invoice]) -> Mapping[int, Badge]:
    here = _here()
    exports = InvoiceExport.objects.filter(invoice__in=invoices).select_related("invoice")
    found = {export.invoice_id: _export_badge(export, here) for export in exports}
    if here.company_id:
        unsent = [invoice for invoice in invoices if invoice.is_issued and invoice.pk not in found]
        found |= {invoice.pk: _unsent_badge(invoice) for invoice in unsent}
    return found


def panels_of(invoice: Invoice) -> Sequence[Panel]:
    here = _here()
    export = InvoiceExport.objects.filter(invoice=invoice).select_related("invoice", "workspace").first()
    if export is not None:
        return [_export_panel(export, here)]
    if not (here.company_id and invoice.is_issued):
        return []
    return [Panel("Fortnox", _unsent_badge(invoice), actions=_sending(invoice, None, here))]


def number_source(invoice: Invoice) -> NumberSource | None:
    """Return the connected company as what numbers a draft, and why the invoice would wait."""
    connection = Connection.objects.select_related("workspace").exclude(sealed_tokens="").first()
    if connection is None:
        return None
    source = NumberSource("Fortnox", connection.company_id)
    waits = _("If you issue it now, it waits here without a number and cannot be sent to the client yet.")
    instead = _("If the client must have it before, issue it with a number from Uku.")
    if (reason := _hold(connection)) is not None:
        return replace(source, happened=reason.happened, means=waits, remedy=f"{reason.ends} {instead}")
    if (hold := date_hold(invoice, connection.workspace)) is not None:
        means = _("It is not sent by itself: after Issue it waits here for you to send it to Fortnox.")
        remedy = _("Check that the period is open in Fortnox.")
        return replace(source, happened=in_words(hold, invoice.invoice_date), means=means, remedy=remedy)
    return source


def _here() -> Here:
    connection = Connection.objects.select_related("workspace").exclude(sealed_tokens="").first()
    company_id, hold = (connection.company_id, _hold(connection)) if connection else ("", None)
    return Here(company_id, hold, company_names())


def _hold(connection: Connection) -> Reason | None:
    return connection_hold(connection) or worker_hold(connection)


def _unsent_badge(invoice: Invoice) -> Badge:
    return Badge(str(OWN_NUMBER), "neutral") if invoice.number else Badge(_("Not sent to Fortnox"), "warning")


def _export_badge(export: InvoiceExport, here: Here) -> Badge:
    if export.error_code == NUMBER_KEPT:
        return Badge(str(OWN_NUMBER), "neutral")
    if not here.has(export):
        return _badge_elsewhere(export, here)
    if here.hold and export.state == ExportState.QUEUED:
        return Badge(_("Held"), "neutral")
    if export.state == ExportState.CONFIRMED:
        words = _("In Fortnox %(number)s, booked") if export.booked else _("In Fortnox %(number)s, not booked")
        return Badge(words % {"number": export.document_number}, "good")
    return {
        ExportState.QUEUED: Badge(_("Waiting for number from Fortnox"), "moving"),
        ExportState.SENDING: Badge(_("Sending"), "moving"),
        ExportState.UNCERTAIN: Badge(_("Outcome unknown"), "warning"),
        ExportState.REJECTED: Badge(_("Rejected"), "bad"),
        ExportState.NEEDS_PERSON: Badge(_("Needs a decision"), "warning"),
        ExportState.HELD: Badge(_("Waits for you to send it"), "warning"),
    }[ExportState(export.state)]


def _badge_elsewhere(export: InvoiceExport, here: Here) -> Badge:
    """Of a company that is not the connected one: where it is, or for whom it is held."""
    facts = {"number": export.document_number, "name": here.name_of(export)}
    if export.state == ExportState.CONFIRMED:
        return Badge(_("In Fortnox %(number)s of %(name)s") % facts, "neutral")
    if export.state == ExportState.REJECTED:
        return Badge(str(OWN_NUMBER), "neutral") if export.invoice.number else Badge(_("Rejected"), "bad")
    if export.state in NEVER_THERE and export.invoice.number:
        return Badge(_("Held: sent to %(name)s, which is not connected") % facts, "neutral")
    if export.state in NEVER_THERE:
        return Badge(_("Held: belongs to %(name)s, which is not connected") % facts, "neutral")
    return Badge(_("Not confirmed by %(name)s, which is not connected") % facts, "warning")


def _export_panel(export: InvoiceExport, here: Here) -> Panel:
    facts = [(_("Our reference"), export.reference)]
    if export.document_number:
        facts.append((_("Number"), export.document_number))
    if not here.has(export):
        facts.append((_("Company"), here.name_of(export)))
    if export.voucher:
        facts.append((_("Voucher"), export.voucher))
    if export.text_changes:
        facts.append((_("Signs Fortnox does not take"), export.text_changes))
    happened, means, remedy = _export_issue(export, here)
    return Panel(
        "Fortnox",
        _export_badge(export, here),
        tuple(facts),
        happened,
        means,
        remedy,
        quoted=_quoted(export, happened),
        actions=_export_actions(export, here),
        moving=here.has(export) and here.takes_orders and _moves(export),
    )


def _moves(export: InvoiceExport) -> bool:
    booking = export.state == ExportState.CONFIRMED and not export.booked and not export.error_text
    return booking or export.state in {ExportState.SENDING, ExportState.UNCERTAIN} or _is_on_its_way(export)


def _is_on_its_way(export: InvoiceExport) -> bool:
    """Say whether it is sent now, and not tried again later for a permission that is missing."""
    return export.state == ExportState.QUEUED and not export.error_code


def _quoted(export: InvoiceExport, happened: str) -> str:
    """Fortnox's own words and code; a refusal that came without words is told by ours alone."""
    if export.error_code in {"", NUMBER_USED, NUMBER_KEPT}:
        return ""
    return export.error_code if export.error_text == happened else f"{export.error_text} ({export.error_code})"


def _export_issue(export: InvoiceExport, here: Here) -> tuple[str, str, str]:
    """What happened, what it means, what to do; three empty texts when nothing is wrong."""
    if export.error_code in {NUMBER_USED, NUMBER_KEPT}:
        return _why_outside(export, here)
    if not here.has(export):
        return _block_elsewhere(export, here)
    if export.state in {ExportState.QUEUED, ExportState.HELD} and (here.hold or export.hold):
        return _why_held(export, here)
    if export.state == ExportState.UNCERTAIN:
        return (
            _("Fortnox did not answer in time."),
            _("The invoice may or may not be there, so it is not sent again."),
            _("Nothing: Uku looks for it in Fortnox by our reference and tells you here."),
        )
    if export.state == ExportState.NEEDS_PERSON:
        return export.error_text, _("Uku does not send it again by itself."), _decision(export)
    return _why_failed(export)


def _why_held(export: InvoiceExport, here: Here) -> tuple[str, str, str]:
    if export.hold:
        means = _("The invoice is not sent to Fortnox by itself, for its period may be closed.")
        remedy = _("Check that the period is open in Fortnox, then press Send to Fortnox.")
        return in_words(Hold(export.hold), export.invoice.invoice_date), means, remedy
    if here.hold is None:
        return "", "", ""
    return here.hold.happened, _("The invoice waits here and has not been sent."), here.hold.ends


def _why_outside(export: InvoiceExport, here: Here) -> tuple[str, str, str]:
    """Its number from Uku is used in Fortnox, which gives none twice."""
    facts = {"number": export.invoice.number, "name": here.name_of(export)}
    happened = _("%(name)s has another invoice with the number %(number)s in Fortnox.") % facts
    means = _("This invoice was not created there. It has the number %(number)s from Uku.") % facts
    by_hand = _("Enter it there by hand with a number of Fortnox's, or credit it.")
    if export.error_code == NUMBER_USED and here.has(export):
        return happened, means, f"{_('Press Keep the number from Uku: it stays outside Fortnox.')} {by_hand}"
    return happened, means, by_hand


def _why_failed(export: InvoiceExport) -> tuple[str, str, str]:
    if not export.error_text:
        return "", "", ""
    if not export.error_code:
        return export.error_text, _("Nothing was created in Fortnox; the invoice waits here."), ""
    context = Context.BOOKING if export.state == ExportState.CONFIRMED else Context.INVOICE
    words = explain(export.error_code, export.error_text, context)
    return words.happened, words.means, words.remedy


def _decision(export: InvoiceExport) -> str:
    if export.cancelled_number:
        return _("If the invoice shall stand after all, press Send to Fortnox.")
    return _(
        "Look at the invoice in Fortnox, and cancel it there if it is wrong. Then press Look again, which sends"
        " nothing."
    )


def _block_elsewhere(export: InvoiceExport, here: Here) -> tuple[str, str, str]:
    if export.state == ExportState.CONFIRMED:
        return "", "", ""
    facts = {"name": here.name_of(export)}
    other = ""
    if can_be_sent(export.invoice, export, here.company_id):
        other = _("Or press Send to Fortnox: it then gets its number from the connected company.")
        if export.invoice.number:
            other = _("Or press Send to Fortnox: it goes to the connected company with its number from Uku.")
    if export.state == ExportState.REJECTED:
        happened = _("This invoice was to go to %(name)s, which is not connected, and was not accepted.") % facts
        back = _("Connect %(name)s again, and press Send to Fortnox here.") % facts
        return happened, export.error_text, f"{back} {other}".strip()
    happened = _("This invoice was issued for the Fortnox company %(name)s, which is not connected.") % facts
    if export.invoice.number:
        happened = _("This invoice was sent by hand to the company %(name)s, which is not connected.") % facts
    back = _("Connect %(name)s again, and it goes on.") % facts
    if export.state not in NEVER_THERE:
        return happened, _("It may be there or not, so it is sent to no other company."), back
    return happened, _("It waits here and has not been sent."), f"{back} {other}".strip()


def _export_actions(export: InvoiceExport, here: Here) -> tuple[Action, ...]:
    if can_be_sent(export.invoice, export, here.company_id):
        return _sending(export.invoice, export, here)
    if export.error_code == NUMBER_USED and here.has(export):
        url = reverse("fortnox:keep-number", kwargs={"slug": export.workspace.slug, "pk": export.pk})
        return (Action(_("Keep the number from Uku"), url, primary=True),)
    label = _retry_label(export)
    if not (label and here.takes_orders and here.has(export)):
        return ()
    url = reverse("fortnox:retry", kwargs={"slug": export.workspace.slug, "pk": export.pk})
    return (Action(label, url, primary=True),)


def _retry_label(export: InvoiceExport) -> str:
    if export.state == ExportState.REJECTED:
        return "" if export.error_code == NUMBER_KEPT else _("Send to Fortnox")
    if export.state == ExportState.NEEDS_PERSON:
        return _("Look again")
    return (
        _("Book in Fortnox")
        if export.state == ExportState.CONFIRMED and not export.booked and export.error_text
        else ""
    )


def _sending(invoice: Invoice, export: InvoiceExport | None, here: Here) -> tuple[Action, ...]:
    """The way to the page that names what sending means."""
    if not (here.takes_orders and can_be_sent(invoice, export, here.company_id)):
        return ()
    url = reverse("fortnox:send", kwargs={"slug": invoice.workspace.slug, "pk": invoice.pk})
    return (Action(_("Send to Fortnox"), url, asks=True),)
