"""The invoices of both sides compared each day, whatever either side was told before.

One list shows what Fortnox has. What Uku can find out by itself is looked at again: an invoice that is missing there is
read, one that is there after all is looked up. The rest is a sync issue until a later comparison no longer finds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fortnox_api import InvoiceItem
from uku.integrations.fortnox.client.open import open_fortnox
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import Difference, ExportState, InvoiceExport, RunKind, SyncRun
from uku.integrations.fortnox.payments.sync import rows
from uku.integrations.fortnox.sync import sync_run
from uku.integrations.fortnox.sync.sync_run import SyncRequest
from uku.integrations.fortnox.work import requests
from uku.invoices.models import Invoice, State
from uku.invoices.numbers import is_reference
from uku.kit import clock
from uku.kit.clock import database_now
from uku.kit.money import show_money
from uku.workspaces.language import translate_for_workspace

SPAN: Final = timedelta(days=90)
"""How far back invoices are compared by their date; farther while an older one is still on its way."""


_NOT_OURS: Final = {ExportState.CANCELLED, ExportState.WITHDRAWN}
"""Never to be in Fortnox: cancelled before it was sent, or taken back to draft, which has another reference."""


@dataclass(frozen=True, slots=True)
class Found:
    """A difference for a person to look at. `number` is Uku's reference, or Fortnox's number where Uku has none."""

    difference: Difference
    number: str
    words: Promise
    facts: dict[str, str]
    export: InvoiceExport | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the two sides do not have in common.

    `to_read` are in Fortnox by what Uku knows and not listed, or the other way round. `unclaimed` are listed with the
    reference of an export that is not confirmed, and that nobody settled outside Uku. What a confirmed one has is never
    looked for again by itself: where another invoice has its reference, a person says which one it is.
    """

    to_read: tuple[InvoiceExport, ...]
    unclaimed: tuple[InvoiceExport, ...]
    found: tuple[Found, ...]


def compare(exports: Sequence[InvoiceExport], listed: Iterable[InvoiceItem]) -> Comparison:
    """Compare exports with what Fortnox lists of the same days.

    A credit note may carry the reference of what it credits, and a cancelled one is no duplicate.
    """
    items = {item.number: item for item in listed}
    ours = {export.reference: export for export in exports if export.state not in _NOT_OURS}
    confirmed = [export for export in exports if export.state == ExportState.CONFIRMED]
    claimed = {export.document_number for export in confirmed}
    holders: dict[str, list[InvoiceItem]] = defaultdict(list)
    for item in items.values():
        if is_reference(item.external_reference) and not item.cancelled and item.total >= 0:
            holders[item.external_reference].append(item)
    strangers = [held[0] for held in holders.values() if not any(item.number in claimed for item in held)]
    settled = {export.reference for export in exports if export.state in {ExportState.LEFT, ExportState.CONFIRMED}}
    return Comparison(
        to_read=tuple(each for each in confirmed if (each.document_number in items) == each.invoice.is_missing),
        unclaimed=tuple(
            ours[item.external_reference]
            for item in strangers
            if item.external_reference in ours and item.external_reference not in settled
        ),
        found=(
            *_amounts_that_differ(confirmed, items),
            *(_twice(held, ours) for held in holders.values() if len(held) > 1),
            *(_moved(item, ours[item.external_reference]) for item in _alone(strangers, holders, confirmed)),
            *(_unknown(item) for item in strangers if item.external_reference not in ours),
        ),
    )


def _amounts_that_differ(confirmed: Iterable[InvoiceExport], items: dict[str, InvoiceItem]) -> Iterator[Found]:
    for export in confirmed:
        item, invoice = items.get(export.document_number), export.invoice
        if item is None or item.cancelled or invoice.state == State.CANCELLED or item.total == invoice.total:
            continue
        theirs = show_money(item.total, item.currency or invoice.currency)
        facts = {"number": item.number, "theirs": theirs, "ours": show_money(invoice.total, invoice.currency)}
        words = _("Invoice %(number)s has the total %(theirs)s in Fortnox, but %(ours)s in Uku.")
        yield Found(Difference.AMOUNT, export.reference, words, facts, export)


def _alone(
    strangers: Iterable[InvoiceItem], holders: Mapping[str, Sequence[InvoiceItem]], confirmed: Iterable[InvoiceExport]
) -> Iterator[InvoiceItem]:
    """Those that alone have the reference of a confirmed export, whose own number is not listed."""
    references = {export.reference for export in confirmed}
    for item in strangers:
        if item.external_reference in references and len(holders[item.external_reference]) == 1:
            yield item


def _moved(item: InvoiceItem, export: InvoiceExport) -> Found:
    facts = {"reference": export.reference, "theirs": item.number, "ours": export.document_number}
    words = _(
        "Fortnox has Uku's reference %(reference)s on invoice %(theirs)s. It does not list %(ours)s, which Uku has."
    )
    return Found(Difference.MOVED, export.reference, words, facts, export)


def _twice(held: Sequence[InvoiceItem], ours: dict[str, InvoiceExport]) -> Found:
    reference = held[0].external_reference
    facts = {"reference": reference, "numbers": ", ".join(sorted(item.number for item in held))}
    words = _("Fortnox has Uku's reference %(reference)s on more than one invoice: %(numbers)s.")
    return Found(Difference.TWICE, reference, words, facts, ours.get(reference))


def _unknown(item: InvoiceItem) -> Found:
    facts = {"number": item.number, "reference": item.external_reference}
    words = _("Fortnox has invoice %(number)s with the reference %(reference)s, and Uku does not know it.")
    return Found(Difference.UNKNOWN, item.number, words, facts)


def compare_invoices(request: SyncRequest) -> SyncRun:
    """Compare the invoices of the last 90 days, act on what differs, and return the finished run.

    Costs ⌈invoices of those days ÷ 500⌉ requests. Raises FortnoxError.
    """
    run = sync_run.start_or_resume(request, clock.now())
    sent = InvoiceExport.objects.filter(company_id=request.connection.company_id).defer("payload")
    first = _first_day(sent.exclude(state=ExportState.CONFIRMED), clock.today(request.connection.workspace.time_zone))
    run.counts = {}
    with open_fortnox(request.connection, request.check) as fortnox:
        listed = list(rows(run, fortnox.invoices.pages(from_date=first, sort_by="document_number")))
    # Read after the list: what was sent meanwhile is confirmed here and missing there, which a read clears up.
    exports = list(sent.filter(invoice__invoice_date__gte=first).select_related("invoice__client"))
    found = compare(exports, listed)
    run.counts |= {"seen": len(listed), "differences": len(found.found), "looked_up": len(found.unclaimed)}
    _look_again(request, found, clock.now())
    _store(request.connection.company_id, found.found, clock.now())
    sync_run.end(run, at=clock.now())
    return run


def _first_day(on_their_way: Iterable[InvoiceExport], today: date) -> date:
    dates = Invoice.objects.filter(pk__in=[export.invoice_id for export in on_their_way])
    oldest = dates.order_by("invoice_date").values_list("invoice_date", flat=True).first()
    return min(oldest or today, today - SPAN)


def _look_again(request: SyncRequest, found: Comparison, at: datetime) -> None:
    """Have read what one side misses, and looked up what nobody claimed: neither sends anything.

    One that is being sent now ends by itself.
    """
    if found.to_read:
        InvoiceExport.objects.filter(pk__in=[export.pk for export in found.to_read]).update(read_due_at=at)
        requests.request_sync(request.connection, RunKind.PAYMENTS)
    for export in found.unclaimed:
        row = InvoiceExport.objects.filter(pk=export.pk, state=export.state).exclude(state=ExportState.SENDING)
        again = {"state": ExportState.UNCERTAIN, "was_uncertain": True, "lookups": 0, "late_negatives": 0}
        # Look-ups are counted from when it was sent, which Uku may have lost.
        row.update(**again, next_at=database_now(), sent_at=Coalesce(F("sent_at"), database_now()))
        requests.wake_for_export(export)


def _store(company_id: str, found: Sequence[Found], at: datetime) -> None:
    """Note each difference, and solve those of earlier comparisons that are gone."""
    for one in found:
        sync_issues.note(
            company_id=company_id,
            kind=sync_issues.DIFFERENCE,
            number=one.number,
            name=str(one.export.invoice.client) if one.export else "",
            reason=translate_for_workspace(one.words, **one.facts),
            code=one.difference,
            export=one.export,
            at=at,
        )
    standing = sync_issues.unsolved(company_id).filter(kind=sync_issues.DIFFERENCE)
    gone = standing.exclude(number__in=[one.number for one in found]).values_list("number", flat=True)
    sync_issues.solve(company_id=company_id, kind=sync_issues.DIFFERENCE, numbers=list(gone), at=at)
