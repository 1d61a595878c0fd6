"""Problems as people read them: grouped by cause, each with what happened, what it means and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.error_codes import WAIT, Group, Who
from uku.integrations.fortnox.health.messages import BLOCKED, Context, Explanation, explain
from uku.integrations.fortnox.models import ExportState, RunKind, SyncIssue

SHOWN_OF_A_CAUSE = 20
_CONTEXTS = {
    sync_issues.CUSTOMER: Context.IMPORT,
    sync_issues.ARTICLE: Context.IMPORT,
    RunKind.CUSTOMERS: Context.IMPORT,
    RunKind.ARTICLES: Context.IMPORT,
    sync_issues.PAYMENT: Context.PAYMENTS,
    RunKind.PAYMENTS: Context.PAYMENTS,
    RunKind.STATISTICS: Context.STATISTICS,
}
_NAMES = {
    sync_issues.CUSTOMER: gettext_lazy("Customer"),
    sync_issues.ARTICLE: gettext_lazy("Article"),
    sync_issues.INVOICE: gettext_lazy("Invoice"),
    sync_issues.PAYMENT: gettext_lazy("Paid status of invoice"),
}
KINDS_OF = {
    "customers": (sync_issues.CUSTOMER, RunKind.CUSTOMERS),
    "articles": (sync_issues.ARTICLE, RunKind.ARTICLES),
    "invoices": (sync_issues.INVOICE,),
    "payments": (sync_issues.PAYMENT, RunKind.PAYMENTS),
    "statistics": (RunKind.STATISTICS,),
}
"""The kinds of problem that belong to each kind of data, by the word in the address."""


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


def by_cause(found: Iterable[SyncIssue]) -> list[CauseOfIssues]:
    """Group problems by what stops them, in the order they come."""
    groups: dict[tuple[str, ...], list[SyncIssue]] = {}
    for issue in found:
        booked = str(issue.export.state) if issue.export else ""
        words = issue.code or f"{issue.reason}\n{issue.message}"
        groups.setdefault((issue.kind, booked, words), []).append(issue)
    return [_cause(rows) for rows in groups.values()]


def _cause(rows: list[SyncIssue]) -> CauseOfIssues:
    first = rows[0]
    return CauseOfIssues(
        words=explain_issue(first),
        quoted=quoted(first),
        request_id=first.request_id,
        first=first,
        rows=tuple(rows[:SHOWN_OF_A_CAUSE]),
        total=len(rows),
    )


def explain_issue(issue: SyncIssue) -> Explanation:
    """Say what happened to a record, what it means and what to do, with the button that stands beside it."""
    if issue.code or issue.message:
        words = explain(issue.code, issue.message, _context(issue), button=_("Retry"))
        return _of_a_run(words) if issue.number == "" and words.group not in {*BLOCKED, Group.AUTHORIZE} else words
    if issue.number == "":
        return _of_a_run(explain("1000003"))
    if issue.kind == sync_issues.INVOICE:
        means = _("Nothing was sent to Fortnox; the invoice waits here.")
        return Explanation(issue.reason, means, _("Put it right, then press Retry."), Who.YOU, Group.HERE)
    return Explanation(
        _("A record in Fortnox could not be read: it holds something that Uku does not expect."),
        _("It was passed over; everything else was read."),
        _(
            "Open it in Fortnox, look for a field with an odd value, and save it. Then press Retry. If it stays, send"
            " the line below to the person who runs this installation."
        ),
        Who.FORTNOX_ADMIN,
        Group.FORTNOX,
    )


def _of_a_run(words: Explanation) -> Explanation:
    """A whole run stopped, not one record."""
    means = _("The run stopped. What was read before stays, and the next run goes on from there.")
    if words.group == Group.WAIT:
        happened = _("Fortnox could not be reached, or did not answer as it should.")
        return replace(words, happened=happened, means=means, remedy=str(WAIT.remedy))
    return replace(words, means=means)


def _context(issue: SyncIssue) -> Context:
    if issue.kind == sync_issues.INVOICE:
        confirmed = issue.export is not None and issue.export.state == ExportState.CONFIRMED
        return Context.BOOKING if confirmed else Context.INVOICE
    return _CONTEXTS.get(issue.kind, Context.CONNECTION)


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
