"""The Overview tab and its buttons: enable, disable, sync now."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from uku.integrations.fortnox.connection import authorize
from uku.integrations.fortnox.connection.confirm import waiting_grant
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable
from uku.integrations.fortnox.connection.scopes import titles_of
from uku.integrations.fortnox.health import queries, summary
from uku.integrations.fortnox.health.messages import missing_worker_notice
from uku.integrations.fortnox.reload import queries as reloads
from uku.integrations.fortnox.reload import report
from uku.integrations.fortnox.views.frame import MANAGE, SEE, draw_tab, go_to
from uku.integrations.fortnox.work import issue_actions
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page


@workspace_page(SEE)
def overview(request: WorkspaceRequest) -> HttpResponse:
    connection = authorize.connection_of(request.workspace)
    company_id = connection.company_id
    return draw_tab(
        request,
        connection,
        "overview",
        summary.health_of(connection),
        no_worker=missing_worker_notice(connection, now=clock.now()),
        to_review=queries.customers_to_review(company_id).count() if company_id else 0,
        first_import=connection.is_connected and queries.is_first_import(connection),
        held=queries.queued_exports(company_id).count(),
        grant=waiting_grant(request.workspace),
        permissions=titles_of(connection.scopes),
        reload=report.line_of(reloads.running()),
    )


@workspace_page(MANAGE)
@require_POST
def enable(request: WorkspaceRequest) -> HttpResponse:
    try:
        resumed = authorize.enable(workspace=request.workspace, actor=request.user, at=clock.now())
        if words := resumed.in_words():
            messages.success(request, words)
    except authorize.NotEnabled:
        messages.error(request, _("Integrations are part of the Team and Elite plans. Upgrade to enable Fortnox."))
    return go_to(request, "overview")


@workspace_page(MANAGE)
@require_POST
def disable(request: WorkspaceRequest) -> HttpResponse:
    authorize.disable(workspace=request.workspace, actor=request.user, at=clock.now())
    return go_to(request, "overview")


@workspace_page(MANAGE)
@require_POST
def sync_now(request: WorkspaceRequest) -> HttpResponse:
    """Read what changed in Fortnox now, without waiting for the next quarter of an hour."""
    try:
        issue_actions.read_now(full=False, actor=request.user)
    except ConnectionNotUsable as refusal:
        messages.error(request, str(refusal))
        return go_to(request, "overview")
    messages.success(request, _("Reading from Fortnox. The Activity tab shows the progress."))
    return go_to(request, "activity")
