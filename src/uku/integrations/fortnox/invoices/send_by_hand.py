"""Sending an invoice to Fortnox by hand: what issuing did not send, or what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _lazy

from fortnox_api import FortnoxError, InvoiceItem
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection.company import name_of_company
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, require_usable_connection
from uku.integrations.fortnox.customers.links import invoiced_customer
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import NUMBER_USED, Connection, ExportState, InvoiceExport
from uku.integrations.fortnox.tokens.grant_state import NotConnected
from uku.integrations.fortnox.work import requests
from uku.invoices.models import Invoice, Numbering, State
from uku.invoices.numbers import first_number_beyond
from uku.invoices.operations import await_number, leave_range_to
from uku.kit.money import to_ore
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

NEVER_THERE = frozenset({ExportState.QUEUED, ExportState.HELD, ExportState.REJECTED})


class NotSendable(Exception):
    """The invoice is in Fortnox, on its way there, or may be there."""


@dataclass(frozen=True, slots=True)
class HigherInvoice:
    """The highest number from Uku in the same block that the connected company does not have, and its way on."""

    invoice: Invoice
    export: InvoiceExport | None
    company_id: str

    @property
    def can_be_sent(self) -> bool:
        return can_be_sent(self.invoice, self.export, self.company_id)

    @property
    def happened(self) -> str:
        return _(
            "Nothing was sent. Invoice %(number)s has a higher number from Uku and is not in"
            " Fortnox: Fortnox could give that number to another invoice."
        ) % {"number": self.invoice.number}

    @property
    def remedy(self) -> str:
        export, facts = self.export, {"number": self.invoice.number}
        if self.can_be_sent:
            return _("Send invoice %(number)s first.") % facts
        if export is None or self.invoice.state == State.CANCELLED:
            return (
                _(
                    "Invoice %(number)s cannot be sent. This invoice keeps its number from Uku and stays"
                    " outside Fortnox."
                )
                % facts
            )
        if export.company_id != self.company_id:
            facts["name"] = name_of_company(export.company_id)
            if export.state == ExportState.CONFIRMED:
                return (
                    _(
                        "Invoice %(number)s is in Fortnox, in the company %(name)s. Connect %(name)s to send this"
                        " invoice there."
                    )
                    % facts
                )
            return (
                _(
                    "Invoice %(number)s may already be in Fortnox, in the company %(name)s. Connect %(name)s first."
                    " Uku then looks for the invoice there."
                )
                % facts
            )
        return str(_WHAT_TO_DO_FIRST.get(ExportState(export.state), _ON_ITS_WAY)) % facts


_ON_ITS_WAY = _lazy("Invoice %(number)s is being sent. Wait until it is in Fortnox, then send this one.")
_WHAT_TO_DO_FIRST = {
    ExportState.REJECTED: _lazy(
        "Invoice %(number)s was not accepted. Open it, do what its page says, and send it first."
    ),
    ExportState.NEEDS_PERSON: _lazy("Invoice %(number)s needs a decision. Open it and do what its page says first."),
}


class HigherNumberFirst(ConnectionNotUsable):
    """A higher number from Uku goes first, in words for a person."""

    def __init__(self, higher: HigherInvoice) -> None:
        super().__init__(f"{higher.happened} {higher.remedy}")


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a person should know before sending: the export that waits, and what may happen to numbers.

    `alike` is None when Fortnox did not say which of its invoices look the same.
    """

    export: InvoiceExport | None
    own_number: str
    next_number: str
    higher: HigherInvoice | None
    alike: tuple[InvoiceItem, ...] | None


def can_be_sent(invoice: Invoice, export: InvoiceExport | None, company_id: str) -> bool:
    """Say whether a person may send an invoice to the connected company: only what cannot be in any already."""
    if not (company_id and invoice.is_issued) or invoice.state == State.CANCELLED or invoice.credited_amount:
        return False
    if invoice.is_credit_note:
        return export is not None and export.company_id == company_id and export.state == ExportState.HELD
    if export is None:
        return invoice.numbering == Numbering.OWN or not invoice.number
    if export.state == ExportState.NEEDS_PERSON:
        return bool(export.cancelled_number)
    if export.company_id == company_id:
        return export.state == ExportState.HELD
    return export.state == ExportState.REJECTED or (export.state in NEVER_THERE and export.attempts == 0)


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def send_by_hand(*, invoice: Invoice, actor: User, at: datetime) -> InvoiceExport:
    """Queue an invoice for the connected company.

    One with a number from Uku keeps it; any other gets the number that the connected company gives. Raises NotAllowed,
    ConnectionNotUsable, NotSendable or HigherNumberFirst.
    """
    working = require_usable_connection()
    # In the order in which confirming and issuing lock them: export, invoice, connection.
    export = InvoiceExport.standing().select_for_update().filter(invoice=invoice).first()
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    connection = Connection.objects.select_for_update().get(pk=working.pk)
    if not can_be_sent(invoice, export, connection.company_id):
        raise NotSendable
    if invoice.number:
        leave_range_to(invoice.number)
        require_highest_number(invoice, connection.company_id)
    else:
        await_number(invoice=invoice, ledger=connection.company_id)
    row = export or InvoiceExport(invoice=invoice, created_at=at, to_book=working.books_at_once)
    if row.pk:
        sync_issues.solve(company_id=row.company_id, kind=sync_issues.INVOICE, numbers=[row.reference], at=at)
    if row.company_id != connection.company_id:
        row.cancelled_number = ""
    row.workspace_id, row.reference = invoice.workspace_id, invoice.reference
    row.company_id = connection.company_id
    row.state, row.hold, row.sent_by_hand_at = ExportState.QUEUED, "", at
    row.payload, row.payload_hash, row.next_at = None, "", None
    row.fence += 1  # a worker that still holds the row for the other company claims nothing
    row.attempts = row.lookups = row.late_negatives = 0
    row.error_code, row.error_text, row.number_kept = "", "", False
    row.save()
    summary = translate_for_workspace(
        gettext_lazy("%(invoice)s: sent to Fortnox, %(company)s, by a person"),
        invoice=invoice,
        company=connection.company_name,
    )
    record(actor=actor, action="fortnox.send", target=row, summary=summary, at=at)
    requests.wake_for_export(row)
    return row


def consequences_of(invoice: Invoice, export: InvoiceExport | None, connection: Connection) -> Consequences:
    """Return what sending an invoice means. One request to Fortnox, outside any transaction."""
    number, day = invoice.number, invoice.invoice_date
    customer = invoiced_customer(invoice.client, connection.company_id)
    alike: tuple[InvoiceItem, ...] | None = ()
    if customer is not None:
        try:
            with open_fortnox(connection) as fortnox:
                items = list(fortnox.invoices.list(from_date=day, to_date=day, customer_number=customer.number))
        except (FortnoxError, NotConnected):
            alike = None
        else:
            same = (item for item in items if item.customer_number == customer.number and item.invoice_date == day)
            alike = tuple(item for item in same if not item.cancelled and to_ore(item.total) == invoice.total)
    return Consequences(
        export=export,
        own_number=number,
        next_number=str(int(number) + 1) if number.isdecimal() else "",
        higher=find_higher_invoice(invoice, connection.company_id),
        alike=alike,
    )


def require_highest_number(invoice: Invoice, company_id: str) -> None:
    """Raise HigherNumberFirst while Fortnox, going on from this invoice's number, could reach another one from Uku."""
    if (higher := find_higher_invoice(invoice, company_id)) is not None:
        raise HigherNumberFirst(higher)


def find_higher_invoice(invoice: Invoice, company_id: str) -> HigherInvoice | None:
    """Return the highest number from Uku in the block that the company has on no invoice."""
    beyond = None if invoice.ledger else first_number_beyond(invoice.number)
    if beyond is None:
        return None
    used = Q(state=ExportState.CONFIRMED) | Q(error_code=NUMBER_USED)
    there = InvoiceExport.standing().filter(used, company_id=company_id).values("invoice")
    ours = Invoice.objects.filter(ledger="", number__gt=invoice.number, number__lt=str(beyond))
    found = ours.exclude(pk__in=there).select_related("workspace").order_by("-number").first()
    return HigherInvoice(found, InvoiceExport.standing().filter(invoice=found).first(), company_id) if found else None


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def keep_own_number(*, export: InvoiceExport, actor: User, at: datetime) -> None:
    """Leave an invoice outside Fortnox, which has its number on another one. Raises NotAllowed or NotSendable."""
    row = InvoiceExport.objects.select_for_update().get(pk=export.pk)
    if row.state != ExportState.REJECTED or row.error_code != NUMBER_USED or row.number_kept:
        raise NotSendable
    row.number_kept = True
    row.save(update_fields=["number_kept"])
    sync_issues.solve(company_id=row.company_id, kind=sync_issues.INVOICE, numbers=[row.reference], at=at)
    summary = translate_for_workspace(
        gettext_lazy("%(invoice)s: keeps its number from Uku and stays outside Fortnox"), invoice=row.invoice
    )
    record(actor=actor, action="fortnox.keep_number", target=row, summary=summary, at=at)
