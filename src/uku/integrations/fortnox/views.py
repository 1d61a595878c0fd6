"""The Fortnox dialog: four tabs, each with an address of its own, and the buttons on them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from uku.clients.models import Client
from uku.integrations.fortnox import connecting, health, jobs, linking, pushing
from uku.integrations.fortnox.forms import SettingsForm
from uku.integrations.fortnox.models import CustomerRecord, Push, PushState, Run, RunKind
from uku.integrations.fortnox.scopes import lines_for, titles_of
from uku.integrations.fortnox.statistics import STATISTICS
from uku.invoices.models import Invoice
from uku.kit import clock
from uku.kit.jobs import SOON
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.permissions import Permission

TABS = (
    ("overview", "Overview"),
    ("connect", "Connect to Fortnox"),
    ("settings", "Settings"),
    ("activity", "Activity"),
)
SHOWN_RUNS = 50
SEE, MANAGE = Permission.SEE, Permission.MANAGE_INTEGRATIONS


def _tab(request: WorkspaceRequest, name: str, **context: Any) -> HttpResponse:
    connection = connecting.connection_of(request.workspace)
    trouble = health.trouble_of(connection)
    frame = {"connection": connection, "badge": health.badge(connection), "tabs": TABS, "tab": name}
    return render(request, f"fortnox/{name}.html", {**frame, "trouble": trouble, **context})


def _to(request: WorkspaceRequest, name: str) -> HttpResponse:
    return redirect(f"fortnox:{name}", slug=request.workspace.slug)


@workspace_page(SEE)
def overview(request: WorkspaceRequest) -> HttpResponse:
    connection = connecting.connection_of(request.workspace)
    waiting = CustomerRecord.objects.filter(suggested__isnull=False).select_related("suggested")
    held = _waiting().count()
    other = connecting.is_other_company(request.workspace, connection)
    return _tab(
        request,
        "overview",
        kinds=health.kinds(connection),
        waiting=waiting,
        held=held,
        other=other,
        permissions=titles_of(connection.scopes),
    )


def _waiting() -> QuerySet[Push]:
    return Push.objects.filter(state=PushState.QUEUED)


@workspace_page(SEE)
def connect(request: WorkspaceRequest) -> HttpResponse:
    connection = connecting.connection_of(request.workspace)
    service = settings.UKU.fortnox_service_account
    scopes = lines_for(connecting.scopes_for(connection))
    return _tab(request, "connect", scopes=scopes, service=service, lacking=connecting.lacking_scopes(connection))


@workspace_page(SEE, act=MANAGE)
def settings_tab(request: WorkspaceRequest) -> HttpResponse:
    form = SettingsForm.of(request.workspace, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save(actor=request.user, at=clock.now())
        messages.success(request, _("Settings saved."))
        return _to(request, "settings")
    connection = connecting.connection_of(request.workspace)
    counted = [STATISTICS[name].label for name in connection.statistics if name in STATISTICS]
    return _tab(request, "settings", form=form, lacking=connecting.lacking_scopes(connection), counted=counted)


@workspace_page(SEE)
def activity(request: WorkspaceRequest) -> HttpResponse:
    runs = [(run, health.run_badge(run)) for run in Run.objects.order_by("-id")[:SHOWN_RUNS]]
    return _tab(request, "activity", runs=runs)


@workspace_page(MANAGE)
@require_POST
def enable(request: WorkspaceRequest) -> HttpResponse:
    try:
        connecting.enable(workspace=request.workspace, actor=request.user, at=clock.now())
    except connecting.NotEnabled:
        messages.error(request, _("Integrations are part of the Team and Elite plans. Upgrade to enable Fortnox."))
    return _to(request, "overview")


@workspace_page(MANAGE)
@require_POST
def disable(request: WorkspaceRequest) -> HttpResponse:
    connecting.disable(workspace=request.workspace, actor=request.user, at=clock.now())
    return _to(request, "overview")


@workspace_page(MANAGE)
@require_POST
def authorize(request: WorkspaceRequest) -> HttpResponse:
    try:
        url = connecting.begin(
            workspace=request.workspace,
            user=request.user,
            session_key=request.session.session_key or "",
            service_account=settings.UKU.fortnox_service_account,
            at=clock.now(),
        )
    except connecting.NotEnabled:
        messages.error(request, _("Fortnox is not enabled. Click Enable on the Overview tab first."))
        return _to(request, "overview")
    return redirect(url)


@workspace_page(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: WorkspaceRequest) -> HttpResponse:
    """Say first what stops and what stays; a POST disconnects."""
    if not connecting.connection_of(request.workspace).is_connected:
        return _to(request, "overview")
    if request.method != "POST":
        stays = {"clients": Client.objects.count(), "invoices": Invoice.objects.count(), "held": _waiting().count()}
        return _tab(request, "disconnect", **stays)
    revoked = connecting.disconnect(workspace=request.workspace, actor=request.user, at=clock.now())
    if revoked:
        messages.success(request, _("Fortnox is disconnected and its token is revoked. Clients and invoices stay."))
    else:
        messages.warning(
            request,
            _(
                "Fortnox is disconnected here, but Fortnox did not confirm that the token is revoked. Remove the"
                " integration in Fortnox under Administrera användare → Hantera integrationer."
            ),
        )
    return _to(request, "overview")


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
    connection = connecting.connection_of(request.workspace)
    if not (connection.is_connected and connection.enabled):
        messages.error(request, _("Fortnox is not connected. Click Authorize on the Connect to Fortnox tab first."))
        return _to(request, "connect")
    for kind in RunKind:
        jobs.request_sync(connection, kind, priority=SOON, full=full)
    messages.success(request, _("Reading from Fortnox. The Activity tab shows how far it is."))
    return _to(request, "activity")


@workspace_page(MANAGE)
@require_POST
def link(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(CustomerRecord.objects.filter(suggested__isnull=False), pk=pk)
    client = get_object_or_404(Client.objects, pk=record.suggested_id)
    linking.link(record=record, client=client, actor=request.user, at=clock.now())
    messages.success(request, _("%(client)s is linked to Fortnox customer %(number)s.") % _named(client, record))
    return redirect("client", slug=request.workspace.slug, pk=client.pk)


@workspace_page(MANAGE)
@require_POST
def create_client(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(CustomerRecord.objects.filter(suggested__isnull=False), pk=pk)
    client = linking.create_from(record=record, actor=request.user, at=clock.now())
    messages.success(request, _("%(client)s is linked to Fortnox customer %(number)s.") % _named(client, record))
    return redirect("client", slug=request.workspace.slug, pk=client.pk)


def _named(client: Client, record: CustomerRecord) -> dict[str, object]:
    return {"client": client, "number": record.number}


@workspace_page(MANAGE)
@require_POST
def retry(request: WorkspaceRequest, pk: int) -> HttpResponse:
    push = get_object_or_404(Push.objects, pk=pk)
    pushing.retry(push=push, actor=request.user)
    return redirect("invoice", slug=request.workspace.slug, pk=push.invoice_id)
