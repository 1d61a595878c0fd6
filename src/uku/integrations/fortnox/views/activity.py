"""The Activity tab: every run and what it skipped, every sync issue, and the buttons on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
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
    name_of_company,
)
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable
from uku.integrations.fortnox.health import issue_messages, sync_issues
from uku.integrations.fortnox.health.messages import (
    counts_in_words,
    duration_in_words,
    missing_worker_notice,
    run_badge,
)
from uku.integrations.fortnox.models import Connection, SkippedRecord, SyncIssue, SyncRun
from uku.integrations.fortnox.reload import queries, report
from uku.integrations.fortnox.views.frame import MANAGE, SEE, FilterLink, draw_tab
from uku.integrations.fortnox.work import issue_actions
from uku.integrations.registry import Badge
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page

KINDS = (
    ("", gettext_lazy("All")),
    ("customers", gettext_lazy("Customers")),
    ("articles", gettext_lazy("Articles")),
    ("invoices", gettext_lazy("Invoices")),
    ("payments", gettext_lazy("Paid status")),
    ("statistics", gettext_lazy("Work statistics")),
)
PAGE_SIZE = 20
MOST_SKIPPED = 10
SKIPPED_A_PAGE = 50
MOST_ISSUES = 1000


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """What the address asks for: one kind of data or all, sync issues only or runs too."""

    kind: str
    issues_only: bool

    @classmethod
    def of(cls, request: WorkspaceRequest) -> ActivityFilter:
        """Read the address; a word that is no kind means all of them."""
        asked = request.GET.get("kind", "")
        return cls(asked if asked in sync_issues.KINDS_OF else "", request.GET.get("show") == "problems")

    def query(self) -> str:
        chosen = {"show": "problems" if self.issues_only else "", "kind": self.kind}
        return urlencode({name: value for name, value in chosen.items() if value})


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as it is shown. `company`: it read one that is not connected."""

    run: SyncRun
    badge: Badge
    counts: str
    duration: str
    skipped_records: Sequence[SkippedRecord]
    skipped: int
    company: str = ""

    @property
    def more(self) -> int:
        return self.skipped - len(self.skipped_records)


@dataclass(frozen=True, slots=True)
class IssueRow:
    issue: SyncIssue
    badge: Badge

    @property
    def title(self) -> str:
        return issue_messages.title_of(self.issue)

    @property
    def happened(self) -> str:
        return issue_messages.explain_issue(self.issue).happened


@workspace_page(SEE)
@require_safe
def activity(request: WorkspaceRequest) -> HttpResponse:
    """Show the sync issues of the connected company. Another one's come back when it is connected again."""
    connection = connection_of(request.workspace)
    chosen = ActivityFilter.of(request)
    issues = SyncIssue.objects.filter(company_id=connection.company_id).select_related("export__invoice")
    if chosen.kind:
        issues = issues.filter(kind__in=sync_issues.KINDS_OF[chosen.kind])
    open_issues = issues.filter(solved_at=None, ignored_at=None)
    if chosen.issues_only:
        past = _page_of(issues.exclude(solved_at=None, ignored_at=None).order_by("-last_at", "-pk"), request)
        solved, ignored = Badge(_("Solved"), "good"), Badge(_("Ignored"), "neutral")
        shown: dict[str, Any] = {
            "page": past,
            "past": [IssueRow(issue, solved if issue.solved_at else ignored) for issue in past],
        }
    else:
        runs = SyncRun.objects.order_by("-id").select_related("asked_by")
        page = _page_of(runs.filter(kind=chosen.kind) if chosen.kind else runs, request)
        rows = _run_rows(list(page), connection)
        reload = report.line_of(queries.newest(connection.company_id))
        badges = [row.badge for row in rows] + ([reload.badge] if reload else [])
        moving = any(badge.tone == "moving" for badge in badges)
        shown = {"page": page, "runs": rows, "reload": reload, "moving": moving}
    filters = [
        FilterLink(str(label), f"?{ActivityFilter(kind, chosen.issues_only).query()}", chosen.kind == kind)
        for kind, label in KINDS
    ]
    only_issues = f"?{ActivityFilter(chosen.kind, not chosen.issues_only).query()}"
    filters.append(FilterLink(_("Problems only"), only_issues, chosen.issues_only, open_issues.count()))
    return draw_tab(
        request,
        connection,
        "activity",
        no_worker=missing_worker_notice(connection, now=clock.now()),
        choice=chosen,
        filters=filters,
        causes=issue_messages.group_by_cause(open_issues.order_by("-last_at", "-pk")[:MOST_ISSUES]),
        here=f"?{request.GET.urlencode()}",
        **shown,
    )


def _run_rows(runs: Collection[SyncRun], connection: Connection) -> list[RunRow]:
    """Return runs as they are shown, with the first of what each skipped and how many there are. Two queries."""
    place = Window(RowNumber(), partition_by=F("run_id"), order_by="id")
    count = Window(Count("pk"), partition_by=F("run_id"))
    skipped = SkippedRecord.objects.filter(run__in=runs).annotate(place=place, count=count)
    first, counted = defaultdict(list), {}
    for record in skipped.filter(place__lte=MOST_SKIPPED).order_by("id"):
        first[record.run_id].append(record)
        counted[record.run_id] = record.count
    names, rows = company_names(), []
    for run in runs:
        company = "" if run.company_id == connection.company_id else name_of_company(run.company_id, names)
        words = counts_in_words(run), duration_in_words(run)
        rows.append(RunRow(run, run_badge(run), *words, first[run.pk], counted.get(run.pk, 0), company))
    return rows


@workspace_page(SEE)
@require_safe
def run_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """One run, with all that it skipped."""
    run = get_object_or_404(SyncRun.objects.select_related("asked_by"), pk=pk)
    connection = connection_of(request.workspace)
    skipped = _page_of(run.skipped_records.order_by("id"), request, size=SKIPPED_A_PAGE)
    return draw_tab(request, connection, "run", tab="activity", row=_run_rows([run], connection)[0], page=skipped)


def _page_of(rows: QuerySet[Any], request: WorkspaceRequest, *, size: int = PAGE_SIZE) -> Page[Any]:
    return Paginator(rows, size).get_page(request.GET.get("page"))


@workspace_page(MANAGE)
@require_POST
def retry_issue(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def retry(issue: SyncIssue) -> str:
        issue_actions.retry(issue=issue, actor=request.user, at=clock.now())
        return _("%(name)s: a new try has started.") % {"name": issue_messages.title_of(issue)}

    return _act_on(request, pk, retry)


@workspace_page(MANAGE)
@require_POST
def retry_alike(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def retry_all(issue: SyncIssue) -> str:
        count = issue_actions.retry_alike(issue=issue, actor=request.user, at=clock.now())
        return ngettext("%(n)d record: a new try has started.", "%(n)d records: a new try has started.", count) % {
            "n": count
        }

    return _act_on(request, pk, retry_all)


@workspace_page(MANAGE)
@require_POST
def ignore_issue(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def ignore(issue: SyncIssue) -> str:
        issue_actions.ignore(issue=issue, actor=request.user, at=clock.now())
        name = {"name": issue_messages.title_of(issue)}
        return _("%(name)s is ignored until the cause changes. You still find it under Problems only.") % name

    return _act_on(request, pk, ignore)


@workspace_page(MANAGE)
@require_POST
def show_issue_again(request: WorkspaceRequest, pk: int) -> HttpResponse:
    def show_again(issue: SyncIssue) -> str:
        issue_actions.show_again(issue=issue, actor=request.user, at=clock.now())
        return _("%(name)s is shown again.") % {"name": issue_messages.title_of(issue)}

    return _act_on(request, pk, show_again)


def _act_on(request: WorkspaceRequest, pk: int, act: Callable[[SyncIssue], str]) -> HttpResponse:
    """Do what the button says to an issue that still holds, say so, and come back to the same filter."""
    issue = get_object_or_404(SyncIssue.objects.filter(solved_at=None), pk=pk)
    try:
        messages.success(request, act(issue))
    except (ConnectionNotUsable, OtherCompany) as refusal:
        messages.error(request, str(refusal))
    place = reverse("fortnox:activity", kwargs={"slug": request.workspace.slug})
    return redirect(f"{place}?{ActivityFilter.of(request).query()}")
