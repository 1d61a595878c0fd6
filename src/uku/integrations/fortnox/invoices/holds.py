"""Why an issued invoice waits instead of going out: the connection rests, or its date asks for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from uku.integrations.fortnox.health.messages import missing_worker_notice
from uku.integrations.fortnox.models import Connection, Hold, InvoiceExport
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.invoices.models import Invoice
from uku.kit import clock
from uku.kit.money import show_date
from uku.workspaces.models import Workspace

LONGEST = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class Reason:
    """What is in the way, and what sends the invoice after all; `ends` follows "It goes out by itself"."""

    happened: str
    ends: str


def connection_hold(connection: Connection) -> Reason | None:
    """Return why nothing is sent to the connected company now; None when invoices go out."""
    if not connection.workspace.may_integrate:
        return Reason(
            _("Integrations are part of the Team and Elite plans; this workspace is on Free."),
            _("It goes out by itself when the plan is back."),
        )
    if not connection.enabled:
        return Reason(_("Fortnox is disabled."), _("It goes out by itself when Fortnox is enabled again."))
    if connection.block_reason or is_foreign(connection):
        return Reason(
            _("The connection to Fortnox is not working."),
            _("It goes out by itself when it works again. The Overview tab of Fortnox says what to do."),
        )
    return None


def worker_hold(connection: Connection) -> Reason | None:
    """Return that no worker is there to send anything; None while one runs."""
    happened = missing_worker_notice(connection, now=clock.now())
    ends = _("It goes out by itself once a worker runs. Whoever runs Uku starts it with the command: uku worker.")
    return Reason(happened, ends) if happened else None


def date_hold(invoice: Invoice, workspace: Workspace) -> Hold | None:
    """Return why an invoice is not sent unasked: its period may be closed. Financial years are calendar years here."""
    today = clock.today(workspace.time_zone)
    if invoice.invoice_date.year < today.year:
        return Hold.EARLIER_YEAR
    return Hold.OLD if today - invoice.invoice_date > LONGEST else None


def hold_of(export: InvoiceExport) -> Hold | None:
    """Return what holds a queued push; nothing holds one that a person sent."""
    return None if export.sent_by_hand_at else date_hold(export.invoice, export.workspace)


def in_words(hold: Hold, day: date) -> str:
    if hold == Hold.EARLIER_YEAR:
        return _("The invoice date, %(day)s, is in an earlier financial year.") % {"day": show_date(day)}
    return _("The invoice date, %(day)s, is more than 35 days back.") % {"day": show_date(day)}
