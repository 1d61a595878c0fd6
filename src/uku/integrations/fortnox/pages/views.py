"""The Settings tab of the Fortnox dialog, and the buttons about records and runs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from uku.clients.models import Client
from uku.integrations.fortnox import linking, pushing
from uku.integrations.fortnox.connection import connecting
from uku.integrations.fortnox.connection.scopes import lacking_scopes, titles_of
from uku.integrations.fortnox.connection.working import ON_FREE, NotWorking
from uku.integrations.fortnox.health import answering
from uku.integrations.fortnox.models import CustomerRecord, Push
from uku.integrations.fortnox.pages.forms import SettingsForm
from uku.integrations.fortnox.pages.frame import MANAGE, SEE, draw_tab, go_to
from uku.integrations.fortnox.statistics import STATISTICS
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page


@workspace_page(SEE, act=MANAGE)
def settings_tab(request: WorkspaceRequest) -> HttpResponse:
    form = SettingsForm.of(request.workspace, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            form.save(actor=request.user, at=clock.now())
            messages.success(request, _("Settings saved."))
        except connecting.NotEnabled:
            messages.error(request, str(ON_FREE))
        return go_to(request, "settings")
    connection = connecting.connection_of(request.workspace)
    counted = [STATISTICS[name].label for name in connection.statistics if name in STATISTICS]
    return draw_tab(request, "settings", form=form, lacking=titles_of(lacking_scopes(connection)), counted=counted)


@workspace_page(MANAGE)
@require_POST
def sync_now(request: WorkspaceRequest) -> HttpResponse:
    """Read what changed in Fortnox now, without waiting for the next quarter of an hour."""
    return _ask_for_syncs(request, full=False)


@workspace_page(MANAGE)
@require_POST
def reload_data(request: WorkspaceRequest) -> HttpResponse:
    """Read everything from Fortnox again; what waits already is not asked for twice."""
    return _ask_for_syncs(request, full=True)


def _ask_for_syncs(request: WorkspaceRequest, *, full: bool) -> HttpResponse:
    try:
        answering.read_now(full=full, actor=request.user)
    except NotWorking as refusal:
        messages.error(request, str(refusal))
        return go_to(request, "overview")
    messages.success(request, _("Reading from Fortnox. The Activity tab shows how far it is."))
    return go_to(request, "activity")


@workspace_page(MANAGE)
@require_POST
def link(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(CustomerRecord.objects.filter(suggested__isnull=False), pk=pk)
    client = get_object_or_404(Client.objects, pk=record.suggested_id)
    try:
        linking.link(record=record, client=client, actor=request.user, at=clock.now())
    except NotWorking as refusal:
        return _refused(request, refusal, "client", client.pk)
    messages.success(request, _("%(client)s is linked to Fortnox customer %(number)s.") % _named(client, record))
    return redirect("client", slug=request.workspace.slug, pk=client.pk)


@workspace_page(MANAGE)
@require_POST
def create_client(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(CustomerRecord.objects.filter(suggested__isnull=False), pk=pk)
    try:
        client = linking.create_from(record=record, actor=request.user, at=clock.now())
    except NotWorking as refusal:
        return _refused(request, refusal, "client", record.suggested_id or 0)
    messages.success(request, _("%(client)s is linked to Fortnox customer %(number)s.") % _named(client, record))
    return redirect("client", slug=request.workspace.slug, pk=client.pk)


def _refused(request: WorkspaceRequest, refusal: NotWorking, page: str, pk: int) -> HttpResponse:
    """Say why nothing was done, on the page that the button stood on."""
    messages.error(request, str(refusal))
    return redirect(page, slug=request.workspace.slug, pk=pk)


def _named(client: Client, record: CustomerRecord) -> dict[str, object]:
    return {"client": client, "number": record.number}


@workspace_page(MANAGE)
@require_POST
def retry(request: WorkspaceRequest, pk: int) -> HttpResponse:
    push = get_object_or_404(Push.objects, pk=pk)
    try:
        pushing.retry(push=push, actor=request.user)
    except NotWorking as refusal:
        return _refused(request, refusal, "invoice", push.invoice_id)
    return redirect("invoice", slug=request.workspace.slug, pk=push.invoice_id)
