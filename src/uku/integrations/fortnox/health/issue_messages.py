"""Sync issues as people read them: grouped by cause, each with what happened, what it means and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.error_codes import BLOCKING, WAIT, ErrorGroup, Responsible
from uku.integrations.fortnox.health.messages import Context, Explanation, explain
from uku.integrations.fortnox.health.rules import INVOICES
from uku.integrations.fortnox.models import Difference, ExportState, RunKind, SyncIssue

SHOWN_OF_A_CAUSE = 20
CONTEXTS: Mapping[str, Context] = {
    sync_issues.CUSTOMER: Context.IMPORT,
    sync_issues.ARTICLE: Context.IMPORT,
    sync_issues.INVOICE: Context.INVOICE,
    sync_issues.PAYMENT: Context.PAYMENTS,
    RunKind.CUSTOMERS: Context.IMPORT,
    RunKind.ARTICLES: Context.IMPORT,
    INVOICES: Context.INVOICE,
    RunKind.PAYMENTS: Context.PAYMENTS,
    RunKind.STATISTICS: Context.STATISTICS,
    RunKind.COMPARISON: Context.COMPARISON,
}
"""What is under way while a kind of record or of data is dealt with."""
_NAMES = {
    sync_issues.CUSTOMER: gettext_lazy("Customer"),
    sync_issues.ARTICLE: gettext_lazy("Article"),
    sync_issues.INVOICE: gettext_lazy("Invoice"),
    sync_issues.PAYMENT: gettext_lazy("Paid status of invoice"),
    sync_issues.DIFFERENCE: gettext_lazy("Difference of invoice"),
}
_DIFFERENCES: Mapping[str, tuple[Promise, Promise]] = {
    Difference.AMOUNT: (
        gettext_lazy("The client may have received another amount than the books have."),
        gettext_lazy(
            "Compare the rows of both invoices. If the one in Fortnox was changed by mistake, change it back there."
            " If not, credit it and make a new invoice in Uku. Then click Retry."
        ),
    ),
    Difference.TWICE: (
        gettext_lazy("The client may have been invoiced twice."),
        gettext_lazy(
            "Open the invoices in Fortnox. Cancel or credit the one that is too many there, then click Retry. If Uku"
            " has the wrong one, click Decide on the page of the invoice first."
        ),
    ),
    Difference.MOVED: (
        gettext_lazy(
            "The invoice may have been deleted in Fortnox and made again there. Uku reads the payments of the old one."
        ),
        gettext_lazy(
            "Click Decide on the page of the invoice: adopt the other one, or leave it with a reason. Then click Retry."
        ),
    ),
    Difference.UNKNOWN: (
        gettext_lazy(
            "It may have been issued before a backup of Uku was restored, or copied in Fortnox. Uku does not follow it."
        ),
        gettext_lazy(
            "Open the invoice in Fortnox. If it is wrong, cancel or credit it there and click Retry. If it is right,"
            " click Ignore."
        ),
    ),
}
"""What a difference means and what to do, by its code."""


@dataclass(frozen=True, slots=True)
class CauseOfIssues:
    """One cause with the records it stops; `first` stands for all of them when they are tried again together."""

    words: Explanation
    quoted: str
    request_id: str
    first: SyncIssue
    rows: tuple[SyncIssue, ...]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


def group_by_cause(found: Iterable[SyncIssue]) -> list[CauseOfIssues]:
    """Group issues by what stops them, in the order they come."""
    groups: dict[tuple[str, ...], list[SyncIssue]] = {}
    for issue in found:
        booked = str(issue.export.state) if issue.export else ""
        of_its_own = issue.kind == sync_issues.DIFFERENCE or not issue.code
        words = f"{issue.reason}\n{issue.message}" if of_its_own else issue.code
        groups.setdefault((issue.kind, booked, words), []).append(issue)
    return [
        CauseOfIssues(
            words=explain_issue(rows[0]),
            quoted=quoted(rows[0]),
            request_id=rows[0].request_id,
            first=rows[0],
            rows=tuple(rows[:SHOWN_OF_A_CAUSE]),
            total=len(rows),
        )
        for rows in groups.values()
    ]


def explain_issue(issue: SyncIssue) -> Explanation:
    """Say what happened to a record, what it means and what to do, with the button that stands beside it."""
    if issue.kind == sync_issues.DIFFERENCE:
        means, remedy = (str(words) for words in _DIFFERENCES[issue.code])
        return Explanation(issue.reason, means, remedy, Responsible.FORTNOX_ADMIN, ErrorGroup.FORTNOX)
    if issue.code or issue.message:
        context = CONTEXTS.get(issue.kind, Context.CONNECTION)
        if context == Context.INVOICE and issue.export and issue.export.state == ExportState.CONFIRMED:
            context = Context.BOOKING
        words = explain(issue.code, issue.message, context, button=_("Retry"))
        return (
            _of_a_run(words) if issue.number == "" and words.group not in {*BLOCKING, ErrorGroup.AUTHORIZE} else words
        )
    if issue.number == "":
        return _of_a_run(explain("1000003"))
    if issue.kind == sync_issues.INVOICE:
        means = _("Nothing was sent to Fortnox. The invoice waits in Uku.")
        return Explanation(issue.reason, means, _("Correct it, then click Retry."), Responsible.YOU, ErrorGroup.HERE)
    return Explanation(
        _("A record in Fortnox could not be read: it has a value that Uku does not expect."),
        _("The record was skipped. All other records were read."),
        _(
            "Open the record in Fortnox, look for a field with an unusual value, and save it. Then click Retry. If it"
            " fails again, send the line below to the person who runs this installation."
        ),
        Responsible.FORTNOX_ADMIN,
        ErrorGroup.FORTNOX,
    )


def _of_a_run(words: Explanation) -> Explanation:
    """A whole run stopped, not one record."""
    means = _("The sync stopped. All data that was read before is kept, and the next sync continues from there.")
    if words.group == ErrorGroup.WAIT:
        happened = _("Fortnox could not be reached, or it answered with an error.")
        return replace(words, happened=happened, means=means, remedy=str(WAIT.remedy))
    return replace(words, means=means)


def quoted(issue: SyncIssue) -> str:
    """Fortnox's own words with its code; ours only where they say more than the explanation does."""
    if issue.message:
        return f"{issue.message} ({issue.code})" if issue.code.isdigit() else issue.message
    if issue.code.isdigit():
        return issue.code
    if issue.code:  # a word of the protocol, such as invalid_grant, is no sentence of Fortnox's
        return ""
    return "" if issue.kind == sync_issues.INVOICE else issue.reason


def title_of(issue: SyncIssue) -> str:
    """Name the record: "Customer 1042 Björk AB". A run is named by its kind of data."""
    if issue.kind in _NAMES:
        return " ".join(str(part) for part in (_NAMES[issue.kind], issue.number, issue.name) if part)
    return str(RunKind(issue.kind).label)
