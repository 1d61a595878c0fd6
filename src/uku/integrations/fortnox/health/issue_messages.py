"""Problems as people read them: grouped by cause, each with what happened, what it means and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.health.error_codes import WAIT, Group, Who
from uku.integrations.fortnox.health.messages import BLOCKED, Context, Explanation, explain
from uku.integrations.fortnox.models import Problem, PushState, RunKind

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
class CauseOfProblems:
    """One cause with the records it stops; `first` stands for all of them when they are tried again together."""

    words: Explanation
    quoted: str
    request_id: str
    first: Problem
    rows: tuple[Problem, ...]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


def by_cause(found: Iterable[Problem]) -> list[CauseOfProblems]:
    """Group problems by what stops them, in the order they come."""
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for problem in found:
        booked = str(problem.push.state) if problem.push else ""
        words = problem.code or f"{problem.reason}\n{problem.message}"
        groups.setdefault((problem.kind, booked, words), []).append(problem)
    return [_cause(rows) for rows in groups.values()]


def _cause(rows: list[Problem]) -> CauseOfProblems:
    first = rows[0]
    return CauseOfProblems(
        words=explain_problem(first),
        quoted=quoted(first),
        request_id=first.request_id,
        first=first,
        rows=tuple(rows[:SHOWN_OF_A_CAUSE]),
        total=len(rows),
    )


def explain_problem(problem: Problem) -> Explanation:
    """Say what happened to a record, what it means and what to do, with the button that stands beside it."""
    if problem.code or problem.message:
        words = explain(problem.code, problem.message, _context(problem), button=_("Retry"))
        return _of_a_run(words) if problem.number == "" and words.group not in {*BLOCKED, Group.AUTHORIZE} else words
    if problem.number == "":
        return _of_a_run(explain("1000003"))
    if problem.kind == sync_issues.INVOICE:
        means = _("Nothing was sent to Fortnox; the invoice waits here.")
        return Explanation(problem.reason, means, _("Put it right, then press Retry."), Who.YOU, Group.HERE)
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


def _context(problem: Problem) -> Context:
    if problem.kind == sync_issues.INVOICE:
        confirmed = problem.push is not None and problem.push.state == PushState.CONFIRMED
        return Context.BOOKING if confirmed else Context.INVOICE
    return _CONTEXTS.get(problem.kind, Context.CONNECTION)


def quoted(problem: Problem) -> str:
    """Fortnox's own words with its code; ours only where they say more than the explanation does."""
    if problem.message:
        return f"{problem.message} ({problem.code})" if problem.code.isdigit() else problem.message
    if problem.code.isdigit():
        return problem.code
    if problem.code:  # a word of the protocol, such as invalid_grant, is no sentence of Fortnox's
        return ""
    return "" if problem.kind == sync_issues.INVOICE else problem.reason


def title_of(problem: Problem) -> str:
    """Name the record: "Customer 1042 Björk AB". A run is named by its kind of data."""
    if problem.kind in _NAMES:
        return " ".join(str(part) for part in (_NAMES[problem.kind], problem.number, problem.name) if part)
    return str(RunKind(problem.kind).label)
