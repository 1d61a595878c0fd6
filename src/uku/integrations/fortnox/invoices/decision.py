"""What a person decides about an invoice whose outcome stayed unknown: adopt, send again, or leave.

A decision names the fence of the export as the person saw it, and moves it on: of two people, or two clicks, the
second changes nothing and is told.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fortnox_api import Invoice as FortnoxInvoice
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.connection.guards import require_usable_connection
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.issue_messages import explain_issue
from uku.integrations.fortnox.invoices.candidates import (
    numbers_with_reference,
    obstacle_to_adopting,
    read_standing,
)
from uku.integrations.fortnox.invoices.credit import store_note
from uku.integrations.fortnox.invoices.export import solve_issues, store_created
from uku.integrations.fortnox.invoices.reconcile import LANDING_WINDOW
from uku.integrations.fortnox.models import (
    Connection,
    Decision,
    Difference,
    ExportKind,
    ExportState,
    InvoiceExport,
    RunKind,
    SyncIssue,
)
from uku.integrations.fortnox.work import requests
from uku.invoices.models import Invoice
from uku.invoices.operations import NumberTaken
from uku.kit import clock
from uku.kit.times import show_recent_time
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs


class NotDecided(Exception):
    """Nothing was changed. The text says why."""


def can_decide(export: InvoiceExport) -> bool:
    """Say whether a person may decide: Uku does not look any more, or has looked for the whole landing window.

    Of an invoice that is in Fortnox a person says which one it is, when another one there has Uku's reference.
    """
    if export.state == ExportState.UNCERTAIN:
        return has_landed(export)
    if export.state == ExportState.CONFIRMED:
        return standing_difference(export) is not None
    return export.state in {ExportState.NEEDS_PERSON, ExportState.LEFT}


def standing_difference(export: InvoiceExport) -> SyncIssue | None:
    """Return what a comparison found and nobody answered: another invoice in Fortnox has the reference of this one."""
    found = sync_issues.open_issues(export.company_id).filter(kind=sync_issues.DIFFERENCE, export_id=export.pk)
    return found.filter(code__in=[Difference.TWICE, Difference.MOVED]).first()


def explain_difference(difference: SyncIssue) -> tuple[str, str, str]:
    """Say what happened, what it means and what to do, on the page of the invoice."""
    words = explain_issue(difference)
    return words.happened, words.means, _("Click Decide: Uku shows them beside the invoice, and you choose.")


def has_landed(export: InvoiceExport) -> bool:
    """Say whether what was sent is in Fortnox by now or never will be. By the database's clock, as sending is."""
    return export.sent_at is None or export.sent_at + LANDING_WINDOW <= clock.real_now()


def obstacle_to_sending(export: InvoiceExport, numbers: Collection[str]) -> str:
    """Say why an invoice cannot be sent again now, with what Fortnox has of it; "" when a person may."""
    if export.state == ExportState.CONFIRMED:
        return _("Uku has it as invoice %(number)s in Fortnox.") % {"number": export.document_number}
    if export.sent_at is not None and not has_landed(export):
        when = show_recent_time(export.sent_at + LANDING_WINDOW, export.workspace.time_zone, now=clock.real_now())
        return _("It can be sent again from %(when)s: until then the one that was sent may still arrive.") % {
            "when": when
        }
    if export.cancel_wanted_at is not None:
        return _("Somebody asked to cancel the invoice.")
    if export.kind == ExportKind.CREDIT and numbers:
        return _("Fortnox credits an invoice once, and has credit note %(number)s for it.") % {
            "number": ", ".join(numbers)
        }
    return ""


@needs(Permission.ISSUE_INVOICES)
def adopt(*, export: InvoiceExport, number: str, seen: int, actor: User, at: datetime) -> None:
    """Take an invoice in Fortnox for ours: its number, OCR and figures count. Nothing is sent.

    One request, and one more for an invoice that is in Fortnox: whether the client has that one.
    Raises NotAllowed, ConnectionNotUsable, NotConnected, FortnoxError or NotDecided.
    """
    connection = _require_connection(export)
    with open_fortnox(connection) as fortnox:
        found, standing = fortnox.invoices.get(number), read_standing(fortnox, export)
    try:
        store_adopted(export=export, found=found, standing=standing, seen=seen, actor=actor, at=at)
    except NumberTaken:
        words = _("Another invoice in Uku has the number %(number)s, or its OCR number.")
        raise NotDecided(words % {"number": number}) from None


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def store_adopted(
    *,
    export: InvoiceExport,
    found: FortnoxInvoice,
    standing: FortnoxInvoice | None,
    seen: int,
    actor: User,
    at: datetime,
) -> None:
    row = _lock(export, seen, Decision.ADOPTED, actor)
    # Sending it to the client waits for this lock, or has stored by now that it goes out.
    row.invoice = Invoice.objects.select_for_update(of=("self",)).select_related("client").get(pk=row.invoice_id)
    if obstacle := obstacle_to_adopting(row, found, standing):
        raise NotDecided(f"{_('Invoice %(number)s cannot be adopted.') % {'number': found.number}} {obstacle}")
    if row.kind == ExportKind.CREDIT:
        store_note(row, found)
        row.invoice.refresh_from_db()
    if row.state == ExportState.CONFIRMED:
        row.booked, row.voucher = found.booked, ""
        Invoice.objects.filter(pk=row.invoice_id).update(booked=found.booked, missing_since=None)
        requests.request_sync(Connection.objects.get(), RunKind.COMPARISON, asked_by=actor.pk)
    _decide(row, Decision.ADOPTED, actor, at)
    row.read_due_at = at  # it may be paid by now, and a list shows only what changes later
    store_created(row, found)
    requests.request_sync(Connection.objects.get(), RunKind.PAYMENTS, asked_by=actor.pk)
    words = gettext_lazy("Invoice %(number)s in Fortnox was adopted")
    if row.invoice.number:  # the one before
        words = gettext_lazy("%(invoice)s: invoice %(number)s in Fortnox was adopted")
    _record(row, words, actor, at, number=found.number)


@needs(Permission.ISSUE_INVOICES)
def send_again(*, export: InvoiceExport, known: Collection[str], seen: int, actor: User, at: datetime) -> None:
    """Queue the same bytes once more, after one last look: what Fortnox has of it is what the person was shown.

    Raises NotAllowed, ConnectionNotUsable, NotConnected, FortnoxError or NotDecided.
    """
    connection = _require_connection(export)
    with open_fortnox(connection) as fortnox:
        numbers = numbers_with_reference(fortnox, export)
    if set(numbers) != set(known):
        raise NotDecided(_("Nothing was sent: Fortnox has other invoices with Uku's reference by now. Look at them."))
    _queue_again(export=export, numbers=numbers, seen=seen, actor=actor, at=at)


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def _queue_again(*, export: InvoiceExport, numbers: Collection[str], seen: int, actor: User, at: datetime) -> None:
    row = _lock(export, seen, Decision.SENT_AGAIN, actor)
    if obstacle := obstacle_to_sending(row, numbers):
        raise NotDecided(obstacle)
    _decide(row, Decision.SENT_AGAIN, actor, at)
    row.state, row.next_at, row.sent_by_hand_at = ExportState.QUEUED, None, at
    row.lookups = row.late_negatives = 0
    row.save()
    solve_issues(row)
    requests.wake_for_export(row)
    _record(row, gettext_lazy("%(invoice)s: sent to Fortnox again, by a person's decision"), actor, at)


@transaction.atomic
@needs(Permission.ISSUE_INVOICES)
def leave(*, export: InvoiceExport, reason: str, seen: int, actor: User, at: datetime) -> None:
    """Let an invoice be settled outside Uku: it is neither sent nor looked for. Raises NotAllowed or NotDecided.

    One that is in Fortnox keeps its number there; the others with Uku's reference are not told of any more.
    """
    row = _lock(export, seen, Decision.LEFT, actor)
    if (difference := standing_difference(row)) is not None:
        SyncIssue.objects.filter(pk=difference.pk).update(ignored_at=at, ignored_by=actor)
    if row.state == ExportState.CONFIRMED:
        row.decision, row.decided_at, row.decided_by, row.fence = Decision.LEFT, at, actor, row.fence + 1
    else:
        _decide(row, Decision.LEFT, actor, at)
        row.state, row.next_at = ExportState.LEFT, None
        solve_issues(row)
    row.decision_reason = reason
    row.save()
    requests.wake_for_export(row)  # a cancellation may have waited for this
    words = gettext_lazy("%(invoice)s: settled outside Uku: %(reason)s")
    _record(row, words, actor, at, reason=reason)


def _require_connection(export: InvoiceExport) -> Connection:
    connection = require_usable_connection()
    if connection.company_id != export.company_id:
        raise NotDecided(_("Nothing was done: this invoice belongs to a Fortnox company that is not connected."))
    return connection


def _lock(export: InvoiceExport, seen: int, decision: Decision, actor: User) -> InvoiceExport:
    """Lock an export as the person saw it. Raises NotDecided; without words for a second click of the same person."""
    rows = InvoiceExport.objects.select_for_update(of=("self",)).select_related("invoice__client", "workspace")
    row = rows.select_related("decided_by").get(pk=export.pk)
    if row.fence == seen and can_decide(row):
        return row
    if row.decided_by is None or row.fence == seen:
        raise NotDecided(_("Nothing was done: the invoice has changed since you opened the page."))
    if (row.decision, row.decided_by_id) == (decision, actor.pk):
        raise NotDecided
    raise NotDecided(_("Nothing was done. %(decision)s") % {"decision": decision_in_words(row)})


def decision_in_words(export: InvoiceExport) -> str:
    """Say what was decided, by whom and when."""
    when = (
        ""
        if export.decided_at is None
        else show_recent_time(export.decided_at, export.workspace.time_zone, now=clock.now())
    )
    facts = {"decision": export.get_decision_display(), "who": export.decided_by, "when": when}
    return _("%(who)s decided, %(when)s: %(decision)s.") % facts


def _decide(row: InvoiceExport, decision: Decision, actor: User, at: datetime) -> None:
    row.decision, row.decided_at, row.decided_by, row.decision_reason = decision, at, actor, ""
    row.fence += 1
    row.error_code = row.error_text = ""


def _record(row: InvoiceExport, words: Promise, actor: User, at: datetime, **facts: str) -> None:
    summary = translate_for_workspace(words, invoice=row.invoice, **facts)
    after = {"decision": str(row.decision), "number": row.document_number, "reason": row.decision_reason}
    record(actor=actor, action="fortnox.decide", target=row.invoice, summary=summary, at=at, after=after)
