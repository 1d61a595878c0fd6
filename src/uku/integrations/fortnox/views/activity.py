"""The Activity tab: every run, every record that did not go through, and the buttons on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.connection.company import (
    OtherCompany,
    company_names,
    connected_company,
    name_of_company,
)
from uku.integrations.fortnox.connection.guards import NotWorking
from uku.integrations.fortnox.health import issue_messages, sync_issues
from uku.integrations.fortnox.health.messages import (
    counts_in_words,
    duration_in_words,
    missing_worker_notice,
    run_badge,
)
from uku.integrations.fortnox.models import SkippedRecord, SyncIssue, SyncRun
from uku.integrations.fortnox.reload import queries, report
from uku.integrations.fortnox.views.frame import MANAGE, SEE, draw_tab
from uku.integrations.fortnox.work import issue_actions
from uku.integrations.registry import Badge
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page

KINDS = (
    ("customers", gettext_lazy("Customers")),
    ("articles", gettext_lazy("Articles")),
    ("invoices", gettext_lazy("Invoices")),
    ("payments", gettext_lazy("Paid status")),
    ("statistics", gettext_lazy("Work statistics")),
)
PAGE_SIZE = 20
MOST_SKIPPED = 50
MOST_PROBLEMS = 1000


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address asks for: one kind of data or all, problems only or runs too."""

    kind: str
    issues_only: bool

    def query(self) -> str:
        chosen = {"show": "problems" if self.issues_only else "", "kind": self.kind}
        return urlencode({name: value for name, value in chosen.items() if value})


@dataclass(frozen=True, slots=True)
class Filter:
    label: str
    url: str
    chosen: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as it is shown. `company`: it read one that is not connected."""

    run: SyncRun
    badge: Badge
    counts: str
    duration: str
    skipped_records: list[SkippedRecord]
    skipped: int
    company: str = ""

    @property
    def more(self) -> int:
        return self.skipped - len(self.skipped_records)


@dataclass(frozen=True, slots=True)
class IssueRow:
    issue: SyncIssue
    title: str
    badge: Badge
    happened: str


@workspace_page(SEE)
@require_safe
def activity(request: WorkspaceRequest) -> HttpResponse:
    choice = _choice(request)
    found = _issues(choice).select_related("export__invoice")
    waiting = found.filter(solved_at=None, ignored_at=None).order_by("-last_at", "-pk")[:MOST_PROBLEMS]
    shown: dict[str, Any]
    if choice.issues_only:
        past = found.exclude(solved_at=None, ignored_at=None)
        page = _page_of(past.order_by("-last_at", "-pk"), request)
        shown = {"page": page, "past": [_issue_row(issue) for issue in page]}
    else:
        page = _page_of(_runs(choice), request)
        rows = _run_rows(page)
        reload = report.line_of(queries.newest())
        badges = [row.badge for row in rows] + ([reload.badge] if reload else [])
        moving = any(badge.tone == "moving" for badge in badges)
        shown = {"page": page, "runs": rows, "reload": reload, "moving": moving}
    return draw_tab(
        request,
        "activity",
        no_worker=missing_worker_notice(connection_of(request.workspace), now=clock.now()),
        choice=choice,
        filters=_filters(choice),
        causes=issue_messages.group_by_cause(waiting),
        here=f"?{request.GET.urlencode()}",
        **shown,
    )


def _page_of(rows: QuerySet[Any], request: WorkspaceRequest) -> Page[Any]:
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def _choice(request: WorkspaceRequest) -> Choice:
    """Read the address; a word that is no kind means all of them."""
    asked = request.GET.get("kind", "")
    return Choice(asked if asked in sync_issues.KINDS_OF else "", request.GET.get("show") == "problems")


def _issues(choice: Choice) -> QuerySet[SyncIssue]:
    """Those of the connected company. Another one's are kept, and come back when it is connected again."""
    found = SyncIssue.objects.filter(company_id=connected_company())
    return found.filter(kind__in=sync_issues.KINDS_OF[choice.kind]) if choice.kind else found


def _runs(choice: Choice) -> QuerySet[SyncRun]:
    runs = SyncRun.objects.order_by("-id").select_related("asked_by")
    return runs.filter(kind=choice.kind) if choice.kind else runs


def _filters(choice: Choice) -> list[Filter]:
    """One line of chips: the kinds of data, all of them first, and problems only; each keeps what the other chose."""

    def to(kind: str, *, issues_only: bool) -> str:
        return f"?{Choice(kind, issues_only).query()}"

    every = Choice("", choice.issues_only)
    waiting = _issues(choice).filter(Q(solved_at=None) & Q(ignored_at=None)).count()
    first = Filter(_("All"), f"?{every.query()}", not choice.kind)
    kinds = [Filter(str(label), to(kind, issues_only=choice.issues_only), choice.kind == kind) for kind, label in KINDS]
    only = to(choice.kind, issues_only=not choice.issues_only)
    return [first, *kinds, Filter(_("Problems only"), only, choice.issues_only, waiting)]


def _run_rows(runs: Iterable[SyncRun]) -> list[RunRow]:
    ours, names = connected_company(), company_names()
    return [_run_row(run, "" if run.company_id == ours else name_of_company(run.company_id, names)) for run in runs]


def _run_row(run: SyncRun, company: str) -> RunRow:
    shown = list(run.skipped_records.order_by("id")[:MOST_SKIPPED])
    counted = run.skipped_records.count()
    return RunRow(run, run_badge(run), counts_in_words(run), duration_in_words(run), shown, counted, company)


def _issue_row(issue: SyncIssue) -> IssueRow:
    badge = Badge(_("Solved"), "good") if issue.solved_at else Badge(_("Ignored"), "neutral")
    return IssueRow(issue, issue_messages.title_of(issue), badge, issue_messages.explain_issue(issue).happened)


@workspace_page(MANAGE)
@require_POST
def retry_issue(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def tried(issue: SyncIssue) -> str:
        issue_actions.retry(issue=issue, actor=request.user, at=clock.now())
        return _("%(name)s is tried again now.") % {"name": issue_messages.title_of(issue)}

    return _answer(request, pk, tried)


@workspace_page(MANAGE)
@require_POST
def retry_alike(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def tried(issue: SyncIssue) -> str:
        count = issue_actions.retry_alike(issue=issue, actor=request.user, at=clock.now())
        return ngettext("%(n)d is tried again now.", "%(n)d are tried again now.", count) % {"n": count}

    return _answer(request, pk, tried)


@workspace_page(MANAGE)
@require_POST
def ignore_issue(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def ignored(issue: SyncIssue) -> str:
        issue_actions.ignore(issue=issue, actor=request.user, at=clock.now())
        name = {"name": issue_messages.title_of(issue)}
        return _("%(name)s is ignored until its cause changes. Problems only shows it still.") % name

    return _answer(request, pk, ignored)


@workspace_page(MANAGE)
@require_POST
def show_issue_again(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def taken_up(issue: SyncIssue) -> str:
        issue_actions.take_up(issue=issue, actor=request.user, at=clock.now())
        return _("%(name)s is shown again.") % {"name": issue_messages.title_of(issue)}

    return _answer(request, pk, taken_up)


def _answer(request: WorkspaceRequest, pk: int, act: Callable[[SyncIssue], str]) -> HttpResponse:
    """Do what the button says to a problem that still holds, say so, and come back to the same filter."""
    issue = get_object_or_404(SyncIssue.objects.filter(solved_at=None), pk=pk)
    try:
        messages.success(request, act(issue))
    except (NotWorking, OtherCompany) as refusal:
        messages.error(request, str(refusal))
    place = reverse("fortnox:activity", kwargs={"slug": request.workspace.slug})
    return redirect(f"{place}?{_choice(request).query()}")
