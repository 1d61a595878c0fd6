"""The Settings tab of the Fortnox dialog, and the buttons about records and runs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from uku.integrations.fortnox.connection import authorize
from uku.integrations.fortnox.connection.guards import ON_FREE, NotWorking
from uku.integrations.fortnox.connection.scopes import lacking_scopes, titles_of
from uku.integrations.fortnox.invoices.export import retry_export
from uku.integrations.fortnox.models import InvoiceExport
from uku.integrations.fortnox.reload import queries, report
from uku.integrations.fortnox.statistics.definitions import STATISTICS
from uku.integrations.fortnox.views.forms import SettingsChanged, SettingsForm
from uku.integrations.fortnox.views.frame import MANAGE, SEE, draw_tab, go_to
from uku.integrations.fortnox.work import issue_actions
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page


@workspace_page(SEE, act=MANAGE)
def settings_tab(request: WorkspaceRequest) -> HttpResponse:
    """One form, one Save: what was saved is what the tab shows next."""
    form = SettingsForm.of(request.workspace, request.POST if request.method == "POST" else None)
    if request.method == "POST" and not request.workspace.may_integrate:
        messages.error(request, str(ON_FREE))
        return go_to(request, "settings")
    if form.is_valid():
        _save(request, form)
        return go_to(request, "settings")
    connection = authorize.connection_of(request.workspace)
    counted = [STATISTICS[name].label for name in connection.statistics if name in STATISTICS]
    return draw_tab(
        request,
        "settings",
        form=form,
        lacking=titles_of(lacking_scopes(connection)),
        counted=counted,
        reload=report.line_of(queries.newest()),
    )


def _save(request: WorkspaceRequest, form: SettingsForm) -> None:
    try:
        form.save(actor=request.user, at=clock.now())
    except authorize.NotEnabled:
        messages.error(request, str(ON_FREE))
    except SettingsChanged:
        messages.error(
            request,
            _(
                "Nothing was saved: these settings were changed since you opened the page. What is saved now is shown"
                " here; make your change again."
            ),
        )
    else:
        messages.success(request, form.result())


@workspace_page(MANAGE)
@require_POST
def sync_now(request: WorkspaceRequest) -> HttpResponse:
    """Read what changed in Fortnox now, without waiting for the next quarter of an hour."""
    try:
        issue_actions.read_now(full=False, actor=request.user)
    except NotWorking as refusal:
        messages.error(request, str(refusal))
        return go_to(request, "overview")
    messages.success(request, _("Reading from Fortnox. The Activity tab shows how far it is."))
    return go_to(request, "activity")


@workspace_page(SEE)
@require_safe
def export_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Lead to the page of the invoice that is sent."""
    export = get_object_or_404(InvoiceExport.objects, pk=pk)
    return redirect("invoice", slug=request.workspace.slug, pk=export.invoice_id)


@workspace_page(MANAGE)
@require_POST
def retry(request: WorkspaceRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(InvoiceExport.objects, pk=pk)
    try:
        retry_export(export=export, actor=request.user)
    except NotWorking as refusal:
        messages.error(request, str(refusal))
    return redirect("invoice", slug=request.workspace.slug, pk=export.invoice_id)
