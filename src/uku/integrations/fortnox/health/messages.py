"""What people read about errors, runs and a missing worker: what happened, what it means, what to do, how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from fortnox_api import ConnectionFailed, FortnoxError, Invalid, RateLimited, Unreadable
from uku.integrations.fortnox.health.error_codes import (
    BLOCKING,
    BY_CODE,
    WAIT,
    ErrorGroup,
    LazyText,
    Responsible,
    find_error,
)
from uku.integrations.fortnox.models import BlockReason, Connection, RunKind, RunState, SyncRun
from uku.integrations.registry import Badge
from uku.kit.heartbeats import MissingWorker, missing_worker
from uku.kit.money import show_quantity
from uku.kit.times import show_recent_time
from uku.workspaces.language import workspace_language


class Context(TextChoices):
    """What was under way when Fortnox said no; its label says what."""

    INVOICE = "invoice", _("sending an invoice")
    BOOKING = "booking", _("booking an invoice")
    IMPORT = "import", _("reading customers or articles")
    PAYMENTS = "payments", _("reading the paid status")
    STATISTICS = "statistics", _("counting work statistics")
    COMPARISON = "comparison", _("comparing invoices")
    CONNECTION = "connection", _("keeping the connection alive")


@dataclass(frozen=True, slots=True)
class Explanation:
    happened: str
    means: str
    remedy: str
    who: Responsible = Responsible.FORTNOX_ADMIN
    group: ErrorGroup = ErrorGroup.FORTNOX


_STAYS: Final[dict[Context, LazyText]] = {
    Context.INVOICE: _("Nothing was created in Fortnox. The invoice waits in Uku."),
    Context.BOOKING: _("The invoice is in Fortnox, not booked."),
    Context.IMPORT: _("This record was skipped. All other records were read."),
    Context.PAYMENTS: _("The paid status is not updated. Uku keeps the last one that was read."),
    Context.STATISTICS: _("The figures of the month are not updated. Uku keeps the last ones."),
    Context.COMPARISON: _("The invoices were not compared. Uku compares them again tomorrow."),
    Context.CONNECTION: _("Nothing syncs. Queued invoices stay queued, and nothing is lost."),
}
_STOPPED: Final[dict[Context, LazyText]] = {
    Context.INVOICE: _("Invoices wait in Uku and are sent automatically afterwards. Other data continues to sync."),
    Context.BOOKING: _("The invoice is in Fortnox, not booked. Other data continues to sync."),
    Context.IMPORT: _("This data does not sync now. Other data continues to sync."),
    Context.PAYMENTS: _("The paid status does not sync now. Other data continues to sync."),
    Context.STATISTICS: _("The statistics are not counted now. Other data continues to sync."),
    Context.COMPARISON: _("The invoices are not compared now. Other data continues to sync."),
    Context.CONNECTION: _("Nothing syncs. Queued invoices stay queued, and nothing is lost."),
}
_PASSES: Final[dict[Context, LazyText]] = {
    **dict.fromkeys(Context, _("Nothing is lost: Uku tries again automatically.")),
    Context.INVOICE: _("Nothing was created in Fortnox. Uku sends the invoice again automatically."),
}
_BUTTONS: Final[dict[Context, LazyText]] = {
    Context.INVOICE: _("Send to Fortnox"),
    Context.BOOKING: _("Book in Fortnox"),
    Context.IMPORT: _("Retry"),
    Context.PAYMENTS: _("Retry"),
    Context.STATISTICS: _("Retry"),
    Context.COMPARISON: _("Retry"),
}
_READ_COUNTS: Final[dict[str, str]] = {
    RunKind.CUSTOMERS: "seen",
    RunKind.ARTICLES: "seen",
    RunKind.PAYMENTS: "read",
    RunKind.COMPARISON: "seen",
}
"""The count of a run that says how many records it read, also when it read none."""

_SIGN_IN_DEAD: Final = _("Nothing syncs until someone authorizes again. Queued invoices stay queued.")
_BLOCKS: Final[dict[str, tuple[LazyText, LazyText, LazyText, Responsible, ErrorGroup]]] = {
    BlockReason.NEEDS_AUTHORIZATION: (
        _("The connection to Fortnox does not work any more."),
        _("Fortnox no longer accepts the authorization. Nothing syncs until someone authorizes again."),
        _(
            "Click Authorize on the Connect to Fortnox tab. Queued invoices are then sent automatically. If it stops"
            " again, check in Fortnox that the subscription is active and includes the integration."
        ),
        Responsible.YOU,
        ErrorGroup.AUTHORIZE,
    ),
    BlockReason.NO_LICENCE: (
        _("The company's integration licence in Fortnox is missing."),
        _("Nothing syncs until the company has the licence. Queued invoices stay queued."),
        BY_CODE["2001103"].remedy,
        Responsible.FORTNOX_ADMIN,
        ErrorGroup.LICENCE,
    ),
    BlockReason.COMPANY_CHANGED: (
        _("The company in Fortnox has changed: it has another owner or another number than when it was connected."),
        _("Nothing is sent or read, so that no invoice comes into the wrong books. Queued invoices stay queued."),
        _(
            "Click Authorize on the Connect to Fortnox tab and check the name and numbers of the"
            " company before you confirm."
        ),
        Responsible.YOU,
        ErrorGroup.AUTHORIZE,
    ),
    BlockReason.UNREADABLE: (
        _("Uku can no longer read its stored access to Fortnox: the encryption key is missing."),
        _("Nothing syncs. Queued invoices stay queued, and nothing was deleted."),
        _(
            "Ask the person who runs this installation to put the old key back into UKU_TOKEN_KEYS."
            " If the key is lost, click Authorize on the Connect to Fortnox tab."
        ),
        Responsible.OPERATOR,
        ErrorGroup.OURS,
    ),
}


_UNREADABLE_REQUEST = "1000031"
"""Fortnox's code for what a gateway says without one: the form of the request is wrong."""


def explain(code: str, message: str = "", context: Context = Context.INVOICE, button: str = "") -> Explanation:
    """Return our words for what Fortnox said: by its code, else by its sentence, else a general one.

    The remedy ends with the button to click, where one is: that of the context, unless another stands there.
    """
    text = find_error(code, message)
    pressed = button or _BUTTONS.get(context, "")
    remedy = str(text.remedy)
    if text.in_draft and context == Context.INVOICE:
        back = gettext("Open the invoice and click Back to draft.") if button else gettext("Click Back to draft.")
        remedy, pressed = f"{back} {remedy}", gettext("Issue")
    if pressed and text.group in {ErrorGroup.FORTNOX, ErrorGroup.HERE} and not text.solves_itself:
        remedy = f"{remedy} {gettext('Then click %(button)s.') % {'button': pressed}}"
    if text.group == ErrorGroup.AUTHORIZE:
        means = _SIGN_IN_DEAD
    elif text.group in BLOCKING:
        means = _STOPPED[context]
    else:
        means = (_PASSES if text.group == ErrorGroup.WAIT else _STAYS)[context]
    return Explanation(str(text.happened), str(means), remedy, text.who, text.group)


def explain_block(block_reason: str) -> Explanation:
    """Return our words for what stops the whole connection."""
    happened, means, remedy, who, group = _BLOCKS.get(block_reason, _BLOCKS[BlockReason.NEEDS_AUTHORIZATION])
    return Explanation(str(happened), str(means), str(remedy), who, group)


def explain_error(error: FortnoxError, context: Context) -> Explanation:
    """Return our words for an error, also for one that came without an answer."""
    words = explain(str(error.code or ""), error.message, context)
    if error.code or error.message:
        return words
    if isinstance(error, Invalid):
        return explain(_UNREADABLE_REQUEST, "", context)
    happened = {
        ConnectionFailed: _("Fortnox could not be reached."),
        RateLimited: _("Fortnox asked Uku to slow down."),
        Unreadable: _("Uku could not read the answer from Fortnox."),
    }.get(type(error), WAIT.happened)
    return Explanation(str(happened), str(_PASSES[context]), str(WAIT.remedy), Responsible.NOBODY, ErrorGroup.WAIT)


def error_in_words(error: FortnoxError) -> str:
    """Return Fortnox's own sentence, or ours where it said none, to be stored. Never a token."""
    with workspace_language():
        return (error.message or explain_error(error, Context.INVOICE).happened)[:500]


def run_badge(run: SyncRun | None) -> Badge:
    """Return the one word for how a run stands."""
    if run is None:
        return Badge(gettext("Not run yet"), "neutral")
    if run.state == RunState.RUNNING:
        seen, total = run.counts.get("seen", 0), run.counts.get("total", 0)
        place = {"seen": grouped(seen), "total": grouped(max(seen, total))}
        words = gettext("Running %(seen)s of %(total)s") % place if total > 0 else gettext("Running")
        return Badge(words, "moving")
    if run.state == RunState.STOPPED:
        return Badge(gettext("Stopped"), "bad")
    if run.state == RunState.CANCELLED:
        return Badge(gettext("Cancelled"), "neutral")
    failed = run.counts.get("rejected", 0)
    if failed:
        words = ngettext("Done with %(n)s problem", "Done with %(n)s problems", failed) % {"n": grouped(failed)}
        return Badge(words, "warning")
    return Badge(gettext("Done"), "good")


def counts_in_words(run: SyncRun) -> str:
    """Say what a run did: "1,200 read, 3 new, 4 inactive, skipped". Empty when it counted nothing.

    An import that asked for changes and got none has "no changes": "0 read" looks as if nothing was imported.
    """
    counts: Mapping[str, int] = run.counts

    def n(name: str) -> int:
        return counts.get(name, 0)

    months, undecided = n("months"), n("suggested") + n("waiting")
    if run.kind == RunKind.STATISTICS:
        counted = [(months, ngettext("%(n)s month counted", "%(n)s months counted", months))]
    elif run.kind == RunKind.COMPARISON:
        differences = n("differences")
        counted = [
            (n("looked_up"), gettext("%(n)s found in Fortnox")),
            (differences, ngettext("%(n)s difference", "%(n)s differences", differences)),
        ]
    elif run.kind == RunKind.PAYMENTS:
        counted = [
            (n("changed"), gettext("%(n)s changed")),
            (n("elsewhere"), gettext("%(n)s created in Fortnox, counted only")),
            (n("rejected"), gettext("%(n)s could not be read")),
        ]
    else:
        counted = [
            (n("created"), gettext("%(n)s new")),
            (n("updated"), gettext("%(n)s updated")),
            (n("linked"), gettext("%(n)s linked")),
            (undecided, ngettext("%(n)s to review", "%(n)s to review", undecided)),
            (n("ignored"), gettext("%(n)s ignored by you")),
            (n("inactive"), gettext("%(n)s inactive, skipped")),
            (n("gone"), gettext("%(n)s deleted in Fortnox")),
            (n("rejected"), gettext("%(n)s could not be read")),
        ]
    words = [text % {"n": grouped(count)} for count, text in counted if count]
    read = _READ_COUNTS.get(run.kind, "")
    if read in counts:
        nothing_new = read == "seen" and n(read) == 0 and run.since is not None and not run.full
        words.insert(0, gettext("no changes") if nothing_new else gettext("%(n)s read") % {"n": grouped(n(read))})
    return ", ".join(words)


def duration_in_words(run: SyncRun) -> str:
    """Say how long a run took: "3 s", "2 min 5 s". Empty while it runs."""
    return "" if run.finished_at is None else span_in_words(run.finished_at - run.started_at)


def span_in_words(span: timedelta) -> str:
    """Return a span in its two largest units, down to seconds."""
    seconds = max(int(span.total_seconds()), 0)
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return gettext("%(hours)s h %(minutes)s min") % {"hours": grouped(hours), "minutes": minutes % 60}
    if minutes:
        return gettext("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds % 60}
    return gettext("%(seconds)s s") % {"seconds": seconds} if seconds else gettext("under 1 s")


def grouped(number: int) -> str:
    """Show a whole number with its thousands apart, by the language in force."""
    return show_quantity(Decimal(number), (get_language() or "en")[:2])


def missing_worker_notice(connection: Connection, *, now: datetime) -> str:
    """Say since when no worker is running; empty while one is, or while nothing is to be sent or read anyway."""
    missing = missing_worker() if connection.enabled else None
    return missing_worker_in_words(missing, now=now, time_zone=connection.workspace.time_zone) if missing else ""


def missing_worker_in_words(missing: MissingWorker, *, now: datetime, time_zone: str) -> str:
    """Say it with the time in the given zone, and with the date unless that is today's."""
    if missing.since is None:
        return gettext("Nothing is sent or read: the background program of Uku (the worker) has not run yet.")
    when = show_recent_time(missing.since, time_zone, now=now)
    return gettext(
        "Nothing has been sent or read since %(when)s: the background program of Uku (the worker) is not running."
    ) % {"when": when}
