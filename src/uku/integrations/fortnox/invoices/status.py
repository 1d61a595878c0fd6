"""How an invoice stands on its way to Fortnox: as a badge in lists, and as a panel with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from uku.integrations.fortnox.connection.company import company_names, name_of_company
from uku.integrations.fortnox.customers.creation import may_be_created
from uku.integrations.fortnox.health.messages import Context, explain
from uku.integrations.fortnox.invoices import credit_status, decision
from uku.integrations.fortnox.invoices.back_to_draft import can_go_back
from uku.integrations.fortnox.invoices.send_by_hand import NEVER_THERE, can_be_sent
from uku.integrations.fortnox.invoices.validate import HoldReason, connection_hold, hold_in_words
from uku.integrations.fortnox.models import (
    NEEDS_YOU,
    NUMBER_USED,
    Connection,
    ExportState,
    Hold,
    InvoiceExport,
    SyncIssue,
)
from uku.integrations.registry import Action, Badge, Panel
from uku.invoices.models import Invoice
from uku.kit import clock
from uku.kit.times import show_recent_time
from uku.workspaces.permissions import Permission

SHORT_WAIT = timedelta(minutes=1)
OWN_NUMBER = _lazy("Number from Uku")


@dataclass(frozen=True, slots=True)
class ConnectedCompany:
    """The company that is connected now, "" for none, and why nothing goes out to it."""

    id: str
    hold: HoldReason | None
    names: Mapping[str, str]

    @property
    def takes_orders(self) -> bool:
        return bool(self.id) and self.hold is None


def badges_of(invoices: Sequence[Invoice]) -> Mapping[int, Badge]:
    company = _connected_company()
    exports = InvoiceExport.standing().filter(invoice__in=invoices).select_related("invoice__credits")
    found = {export.invoice_id: ExportStatus(export, company).badge for export in exports}
    if company.id:
        unsent = [invoice for invoice in invoices if invoice.is_issued and invoice.pk not in found]
        found |= {invoice.pk: _unsent_badge(invoice) for invoice in unsent}
    return found


def panels_of(invoice: Invoice) -> Sequence[Panel]:
    company = _connected_company()
    export = (
        InvoiceExport.standing()
        .filter(invoice=invoice)
        .select_related("invoice__credits", "workspace", "decided_by")
        .first()
    )
    if export is not None:
        return [ExportStatus(export, company).panel]
    if not (company.id and invoice.is_issued):
        return []
    return [Panel("Fortnox", _unsent_badge(invoice), actions=_send_actions(invoice, None, company))]


def waiting_for_somebody() -> QuerySet[Any]:
    """Return the ids of the invoices whose export, or whose booking, waits for a person."""
    refused = Q(state=ExportState.CONFIRMED, booked=False) & ~Q(error_text="")
    return InvoiceExport.objects.filter(Q(state__in=NEEDS_YOU) | refused).values("invoice")


def _connected_company() -> ConnectedCompany:
    connection = Connection.objects.select_related("workspace").exclude(sealed_tokens="").first()
    if connection is None:
        return ConnectedCompany("", None, company_names())
    return ConnectedCompany(connection.company_id, connection_hold(connection), company_names())


def _unsent_badge(invoice: Invoice) -> Badge:
    return Badge(str(OWN_NUMBER), "neutral") if invoice.number else Badge(_("Not sent to Fortnox"), "warning")


def _send_actions(invoice: Invoice, export: InvoiceExport | None, company: ConnectedCompany) -> tuple[Action, ...]:
    """The way to the page that names what sending means."""
    if not (company.takes_orders and can_be_sent(invoice, export, company.id)):
        return ()
    url = reverse("fortnox:send", kwargs={"slug": invoice.workspace.slug, "pk": invoice.pk})
    return (Action(_("Send to Fortnox"), url, asks=True, permission=Permission.ISSUE_INVOICES),)


@dataclass(frozen=True)
class ExportStatus:
    """What the pages show of an export, beside the company that is connected now."""

    export: InvoiceExport
    company: ConnectedCompany

    @property
    def is_here(self) -> bool:
        """Say whether the export goes to the connected company."""
        return self.export.company_id == self.company.id

    @property
    def company_name(self) -> str:
        return name_of_company(self.export.company_id, self.company.names)

    @property
    def badge(self) -> Badge:
        export = self.export
        if export.number_kept:
            return Badge(str(OWN_NUMBER), "neutral")
        if cancelled := credit_status.cancellation_badge(export):
            return cancelled
        if export.state == ExportState.LEFT:
            return Badge(str(ExportState.LEFT.label), "neutral")
        return self._badge_here() if self.is_here else self._badge_elsewhere()

    def _badge_here(self) -> Badge:
        export = self.export
        if export.invoice.is_missing:
            return Badge(_("Deleted in Fortnox"), "bad")
        if self.company.hold and export.state == ExportState.QUEUED:
            return Badge(_("Held"), "neutral")
        if export.state == ExportState.CONFIRMED:
            return credit_status.confirmed_badge(export)
        if credit_status.waits_for_invoice(export):
            return Badge(_("Waits for its invoice"), "moving")
        return {
            ExportState.QUEUED: Badge(_("Waiting for number from Fortnox"), "moving"),
            ExportState.SENDING: Badge(_("Sending"), "moving"),
            ExportState.UNCERTAIN: Badge(_("Not confirmed by Fortnox"), "warning"),
            ExportState.REJECTED: Badge(self._rejected, "bad"),
            ExportState.NEEDS_PERSON: Badge(_("Needs a decision"), "warning"),
            ExportState.HELD: Badge(_("Not sent: send it yourself"), "warning"),
        }[ExportState(export.state)]

    @property
    def _rejected(self) -> str:
        """Say who rejected it: Fortnox, or Uku's own check, after which nothing was sent."""
        export = self.export
        return _("Fortnox refused it") if export.payload_hash or export.error_code else _("Not sent: correct it")

    def _badge_elsewhere(self) -> Badge:
        """Where it is, or for whom it is held."""
        export, facts = self.export, {"number": self.export.document_number, "name": self.company_name}
        if export.state == ExportState.CONFIRMED:
            return Badge(_("In Fortnox %(number)s of %(name)s") % facts, "neutral")
        if export.state == ExportState.REJECTED:
            return Badge(str(OWN_NUMBER), "neutral") if export.invoice.number else Badge(self._rejected, "bad")
        if export.state in NEVER_THERE and export.invoice.number:
            return Badge(_("Held: sent to %(name)s, which is not connected") % facts, "neutral")
        if export.state in NEVER_THERE:
            return Badge(_("Held: belongs to %(name)s, which is not connected") % facts, "neutral")
        return Badge(_("Not confirmed by %(name)s, which is not connected") % facts, "warning")

    @property
    def panel(self) -> Panel:
        export = self.export
        facts = [(_("Uku's reference"), export.reference)]
        if export.document_number not in {"", export.invoice.number}:  # the page says the invoice's own number once
            facts.append((_("Number"), export.document_number))
        if not self.is_here:
            facts.append((_("Company"), self.company_name))
        if export.voucher:
            facts.append((_("Voucher"), export.voucher))
        if export.decision and export.state != ExportState.LEFT:
            facts.append((_("Decision"), decision.decision_in_words(export)))
        if not (export.to_book or export.booked or export.cash_method):
            facts.append((_("Booking"), _("Left not booked, until a person books it")))
        if export.text_changes:
            facts.append((_("Characters Fortnox does not accept"), export.text_changes))
        happened, means, remedy = self.explanation
        quoted = ""
        if export.error_code not in {"", NUMBER_USED}:  # a refusal that came without words is told by ours alone
            same = export.error_text == happened
            quoted = export.error_code if same else f"{export.error_text} ({export.error_code})"
        # A missing permission is asked for again later, so that such an invoice is not on its way now.
        moving = (
            export.state in {ExportState.SENDING, ExportState.UNCERTAIN}
            or (export.state == ExportState.QUEUED and not export.error_code)
            or (export.state == ExportState.CONFIRMED and self._is_being_booked)
            or export.cancel_wanted_at is not None
        )
        return Panel(
            "Fortnox",
            self.badge,
            tuple(facts),
            happened,
            means,
            remedy,
            quoted=quoted,
            actions=self.actions,
            moving=self.is_here and self.company.takes_orders and moving,
        )

    @property
    def _can_be_booked(self) -> bool:
        """Say whether a person may book it: it is in Fortnox, and not booked by itself."""
        export = self.export
        is_open = not (export.booked or export.cancelled_at or export.cancel_wanted_at or export.cash_method)
        return export.state == ExportState.CONFIRMED and is_open and (bool(export.error_text) or not export.to_book)

    @property
    def _is_being_booked(self) -> bool:
        export = self.export
        return export.to_book and not (export.booked or export.error_text or export.cancelled_at)

    @cached_property
    def _difference(self) -> SyncIssue | None:
        """What stands open about an invoice in Fortnox whose reference another one there has too."""
        return decision.standing_difference(self.export) if self.export.state == ExportState.CONFIRMED else None

    @property
    def explanation(self) -> tuple[str, str, str]:
        """What happened, what it means, what to do; three empty texts when nothing is wrong."""
        told = credit_status.explain_cancellation(self.export)
        if told is None and self.is_here and self.company.takes_orders:
            told = credit_status.explain_credit(self.export)
        return told or self._explain_export()

    def _explain_export(self) -> tuple[str, str, str]:
        if self.export.error_code == NUMBER_USED:
            return self._explain_used_number()
        if self.export.state == ExportState.LEFT:
            return (
                f"{decision.decision_in_words(self.export)} {self.export.decision_reason}",
                _("Uku neither sends the invoice nor looks for it in Fortnox."),
                _("If that is not right, click Decide again. If the invoice is not needed, cancel it."),
            )
        if not self.is_here:
            return self._explain_elsewhere()
        if (difference := self._difference) is not None:
            return decision.explain_difference(difference)
        if self.export.invoice.is_missing:
            return (
                _("Fortnox does not have invoice %(number)s any more.") % {"number": self.export.document_number},
                _("It was deleted there. Uku keeps the invoice and does not send it again."),
                _("Ask the person who keeps the books in Fortnox. If it comes back, click Refresh."),
            )
        return self._explain_here()

    def _explain_here(self) -> tuple[str, str, str]:
        """An invoice of the connected company."""
        export, hold = self.export, self.company.hold
        words = credit_status.NOTHING_WRONG
        if export.hold and export.state in {ExportState.QUEUED, ExportState.HELD}:
            words = (
                hold_in_words(Hold(export.hold), export.invoice.invoice_date),
                _("Uku does not send the invoice automatically: the period may be closed."),
                _("Check that the period is open in Fortnox, then click Send to Fortnox."),
            )
        elif hold and export.state in {ExportState.QUEUED, ExportState.HELD}:
            words = (hold.happened, _("The invoice waits in Uku and has not been sent."), hold.ends)
        elif export.state == ExportState.QUEUED and may_be_created(export.invoice.client_id, export.company_id):
            words = (
                _("Fortnox did not confirm that it created the customer."),
                _(
                    "The customer may be in Fortnox. Uku looks for its number before it sends anything again. The"
                    " invoice waits."
                ),
                self._with_next_try(""),
            )
        elif export.state == ExportState.UNCERTAIN:
            words = (
                _("Fortnox did not confirm that it received the invoice."),
                _("The invoice may be in Fortnox. Uku does not send it again before it has looked."),
                self._with_next_try(
                    _("Uku goes on looking for it and shows the result here. If you know where it is, click Decide.")
                    if self.company.takes_orders and decision.can_decide(export)
                    else _(
                        "You do not need to do anything: Uku looks for the invoice in Fortnox by Uku's reference and"
                        " shows the result here."
                    )
                ),
            )
        elif export.state == ExportState.NEEDS_PERSON:
            remedy = _("If you want the invoice in Fortnox, click Send to Fortnox.")
            if not export.cancelled_number:
                remedy = _(
                    "Click Decide: Uku shows what it finds in Fortnox beside the invoice, and you choose."
                    " Refresh only looks again and sends nothing."
                )
            words = (export.error_text, _("Uku does not send it again automatically."), remedy)
        elif export.error_text and export.error_code:
            context = Context.BOOKING if export.state == ExportState.CONFIRMED else Context.INVOICE
            told = explain(export.error_code, export.error_text, context)
            words = (told.happened, told.means, self._with_next_try(told.remedy))
        elif export.error_text:
            words = (
                export.error_text,
                _("Nothing was created in Fortnox. The invoice waits in Uku."),
                self._with_next_try(""),
            )
        return words

    def _with_next_try(self, remedy: str) -> str:
        """Add when Uku tries again, if that is more than a minute away; by the database's clock, as the queue is."""
        export, now = self.export, clock.real_now()
        if export.next_at is None or export.next_at - now < SHORT_WAIT or export.state == ExportState.REJECTED:
            return remedy
        when = show_recent_time(export.next_at, export.workspace.time_zone, now=now)
        return f"{remedy} {_('Next try: %(when)s.') % {'when': when}}".strip()

    def _explain_used_number(self) -> tuple[str, str, str]:
        """Its number from Uku is used in Fortnox, which gives none twice."""
        facts = {"number": self.export.invoice.number, "name": self.company_name}
        happened = _("%(name)s has another invoice with the number %(number)s in Fortnox.") % facts
        means = _("This invoice was not created in Fortnox. It has the number %(number)s from Uku.") % facts
        remedy = _("Enter the invoice in Fortnox yourself, with a number from Fortnox, or credit it.")
        if self.is_here and not self.export.number_kept:
            back = _("Click Back to draft: when you issue the invoice again, it gets another number.")
            keep = _("If the client has it already, click Keep the number from Uku: it then stays outside Fortnox.")
            remedy = f"{back} {keep}"
        return happened, means, remedy

    def _explain_elsewhere(self) -> tuple[str, str, str]:
        export, facts = self.export, {"name": self.company_name}
        if export.state == ExportState.CONFIRMED:
            return "", "", ""
        other = ""
        if can_be_sent(export.invoice, export, self.company.id):
            other = _("Or click Send to Fortnox: it then gets its number from the connected company.")
            if export.invoice.number:
                other = _("Or click Send to Fortnox: it goes to the connected company with its number from Uku.")
        if export.state == ExportState.REJECTED:
            happened = _("This invoice was not accepted. It belongs to %(name)s, which is not connected.") % facts
            back = _("Connect %(name)s again, and click Send to Fortnox here.") % facts
            return happened, export.error_text, f"{back} {other}".strip()
        happened = _("This invoice was issued for the Fortnox company %(name)s, which is not connected.") % facts
        if export.invoice.number:
            happened = (
                _("This invoice was sent with the button to the company %(name)s, which is not connected.") % facts
            )
        back = _("Connect %(name)s again. Uku then sends the invoice.") % facts
        if export.state not in NEVER_THERE:
            return happened, _("The invoice may be in that company. Uku does not send it to another one."), back
        return happened, _("The invoice waits in Uku and has not been sent."), f"{back} {other}".strip()

    @property
    def actions(self) -> tuple[Action, ...]:
        """What a person can do. What goes out by itself in a moment does not offer the way back."""
        export = self.export
        stands_still = export.state != ExportState.QUEUED or not (self.is_here and self.company.takes_orders)
        if not (stands_still and can_go_back(export)):
            return self._actions_forward
        url = reverse("fortnox:back-to-draft", kwargs={"slug": export.workspace.slug, "pk": export.pk})
        return (*self._actions_forward, Action(_("Back to draft"), url, permission=Permission.ISSUE_INVOICES))

    @property
    def _actions_forward(self) -> tuple[Action, ...]:
        export = self.export
        place = {"slug": export.workspace.slug, "pk": export.pk}
        if can_be_sent(export.invoice, export, self.company.id):
            send = _send_actions(export.invoice, export, self.company)
            return (*send, *self._decisions) if send and self.is_here and decision.can_decide(export) else send
        if not self.is_here or export.number_kept:
            return ()
        if export.error_code == NUMBER_USED:
            return (_primary(_("Keep the number from Uku"), reverse("fortnox:keep-number", kwargs=place)),)
        if self._difference is not None or (export.state != ExportState.CONFIRMED and decision.can_decide(export)):
            return self._decisions if self.company.takes_orders else ()
        label = _("Send to Fortnox") if export.state == ExportState.REJECTED else ""
        if export.invoice.is_missing:
            label = _("Refresh")
        elif self._can_be_booked:
            label = _("Book in Fortnox")
        if not (label and self.company.takes_orders):
            return ()
        return (_primary(label, reverse("fortnox:retry", kwargs=place)),)

    @property
    def _decisions(self) -> tuple[Action, ...]:
        """The page that shows both sides, and for what Uku left to a person, one more look."""
        export = self.export
        place = {"slug": export.workspace.slug, "pk": export.pk}
        label = _("Decide again") if export.state == ExportState.LEFT else _("Decide")
        page = reverse("fortnox:decide", kwargs=place)
        decide = Action(label, page, primary=True, asks=True, permission=Permission.ISSUE_INVOICES)
        if export.state != ExportState.NEEDS_PERSON or export.cancelled_number:
            return (decide,)
        retry = reverse("fortnox:retry", kwargs=place)
        return decide, Action(_("Refresh"), retry, permission=Permission.ISSUE_INVOICES)


def _primary(label: str, url: str) -> Action:
    return Action(label, url, primary=True, permission=Permission.ISSUE_INVOICES)
