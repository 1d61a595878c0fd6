"""Reload data: what it will do, how far it is, what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable, require_usable_connection
from uku.integrations.fortnox.health.messages import counts_in_words, duration_in_words, grouped, run_badge
from uku.integrations.fortnox.models import Reload, ReloadPhase, RunState, SyncRun
from uku.integrations.fortnox.reload import progress, queries, report, service, steps
from uku.integrations.fortnox.views.frame import MANAGE, SEE, draw_tab, go_to
from uku.integrations.registry import Badge
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page

SKIPPED_SHOWN = 50
PASSED_OVER = ("inactive", "rejected")  # the counts of what stands in the list, which is kept for 90 days


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One phase of a reload as it is shown: its word, and how far it is or what it counted."""

    label: str
    badge: Badge
    counts: str = ""
    duration: str = ""
    run: SyncRun | None = None


@workspace_page(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def reload_data(request: WorkspaceRequest) -> HttpResponse:
    """Say what a reload will do, in numbers; a POST begins it. One that runs already is shown instead."""
    try:
        if request.method == "POST":
            return _show(
                request, service.begin(actor=request.user, at=clock.now(), builds_months="build" in request.POST)
            )
        if (found := queries.running()) is not None:
            return _show(request, found)
        connection, at = require_usable_connection(), clock.now()
    except ConnectionNotUsable as refusal:
        messages.error(request, str(refusal))
        return go_to(request, "settings")
    except service.AlreadyRunning as refusal:
        messages.warning(request, str(refusal))
        return _show(request, refusal.reload)
    known = queries.known_counts(connection, at)
    requests = sum(progress.expected_requests(known).values())
    return draw_tab(
        request,
        connection,
        "reload",
        tab="settings",
        known=known,
        between=report.between(queries.period_of(connection, at)),
        requests=requests,
        takes=report.about(progress.duration_of(requests)),
        counted=queries.has_plan(),
        without_task=queries.months_without_task(queries.period_of(connection, at)) if queries.has_plan() else 0,
    )


def _show(request: WorkspaceRequest, found: Reload) -> HttpResponse:
    return redirect("fortnox:reload-page", slug=request.workspace.slug, pk=found.pk)


@workspace_page(SEE)
@require_safe
def reload_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """How far a reload is, or what it came to."""
    found = get_object_or_404(Reload.objects.select_related("asked_by", "workspace"), pk=pk)
    connection = connection_of(request.workspace)
    running, at = found.state == RunState.RUNNING, clock.now()
    if running:
        phases = queries.phases_of(found, at)
        place = list(ReloadPhase).index(ReloadPhase(found.phase))
        shown: dict[str, Any] = {
            "done": progress.percent_done(phases),
            "place": place + 1,
            "of": len(phases),
            "now": phases[place],
            "left": report.about(progress.time_left(phases)),
            "paused": steps.is_paused(connection),
            "rests": steps.is_waiting(found, at),
        }
    else:
        counts = report.sums(found.runs.all())
        page = Paginator(queries.skipped_records(found), SKIPPED_SHOWN).get_page(request.GET.get("page"))
        why = report.why_stopped(found)
        shown = {
            "figures": [(label, count) for label, count in report.figures(counts) if count],
            "undecided": counts.get("suggested", 0) + counts.get("waiting", 0),
            "page": page,
            "list_is_gone": not page.paginator.count and any(counts.get(name) for name in PASSED_OVER),
            "why": why,
            "quoted": report.quoted(found) if why else "",
            "took": report.duration(found),
            "requests": found.requests,
        }
    return draw_tab(
        request,
        connection,
        "reloading",
        tab="settings",
        reload=found,
        running=running,
        state=report.badge(found),
        phases=_phases(found),
        asker=report.asker(found),
        **shown,
    )


def _phases(found: Reload) -> list[PhaseRow]:
    """Each phase with its word: done, running so far, not done."""
    order = list(ReloadPhase)
    place = order.index(ReloadPhase(found.phase))
    runs = {run.kind: run for run in found.runs.order_by("id")}
    rows = []
    for index, phase in enumerate(order):
        label, run = str(phase.label), runs.get(str(phase))
        ended = found.state == RunState.DONE or index < place
        if run is not None:
            rows.append(PhaseRow(label, run_badge(run), counts_in_words(run), duration_in_words(run), run))
        elif phase == ReloadPhase.DETAILS and found.details_total is not None:
            read, total = grouped(found.details_read), grouped(found.details_total)
            counts, badge = _("%(n)s read") % {"n": read}, Badge(_("Not done"), "neutral")
            if ended:
                badge = Badge(_("Done"), "good")
            elif found.state == RunState.RUNNING:
                words = _("Running %(seen)s of %(total)s") % {"seen": read, "total": total}
                counts, badge = "", Badge(words, "moving")
            rows.append(PhaseRow(label, badge, counts))
        elif ended:
            rows.append(PhaseRow(label, Badge(_("Nothing to do"), "neutral")))
        else:
            words = _("Waiting") if found.state == RunState.RUNNING else _("Not done")
            rows.append(PhaseRow(label, Badge(words, "neutral")))
    return rows


@workspace_page(MANAGE)
@require_POST
def cancel_reload(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """End a reload at its next page. Nothing further is asked; what was read stays."""
    found = get_object_or_404(Reload.objects, pk=pk)
    if not service.ask_to_cancel(reload=found, actor=request.user, at=clock.now()):
        messages.info(request, _("Nothing was cancelled: it had already ended."))
    return _show(request, found)
