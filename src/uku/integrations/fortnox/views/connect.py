"""The Connect tab: authorize, confirm the company, disconnect, and links for a Fortnox administrator."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from uku.clients.models import Client
from uku.integrations.fortnox.connection import authorize as connecting
from uku.integrations.fortnox.connection import confirm as confirming
from uku.integrations.fortnox.connection import disconnect as disconnecting
from uku.integrations.fortnox.connection import errors, invite_links
from uku.integrations.fortnox.connection.company import same_number
from uku.integrations.fortnox.connection.errors import means_of, remedy_of
from uku.integrations.fortnox.connection.scopes import FIRST_SCOPES, lacking_scopes, lines_for, scopes_for, titles_of
from uku.integrations.fortnox.health.queries import queued_exports
from uku.integrations.fortnox.models import (
    AuthorizationAttempt,
    ConsentLink,
    CustomerRecord,
    RevocationOutcome,
    RunState,
    SyncRun,
)
from uku.integrations.fortnox.tokens.installation import is_foreign
from uku.integrations.fortnox.views.frame import MANAGE, SEE, draw_tab, go_to
from uku.invoices.models import Invoice
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page
from uku.workspaces.proof import fresh_sign_in


@dataclass(frozen=True, slots=True)
class ConsentRequirements:
    """`service`: the connection will be the company's own. `ready`: this installation's app has its client id."""

    service: bool
    ready: bool


def consent_requirements() -> ConsentRequirements:
    """Say what the page before the redirect must explain."""
    return ConsentRequirements(service=settings.UKU.fortnox_service_account, ready=bool(settings.UKU.fortnox_client_id))


@workspace_page(SEE)
def connect(request: WorkspaceRequest) -> HttpResponse:
    """The page before the redirect: each permission with its reason, and what the Fortnox user needs."""
    return _draw_connect(request)


def _draw_connect(request: WorkspaceRequest, *, new_link: str = "") -> HttpResponse:
    connection = connecting.connection_of(request.workspace)
    asked, lacking = scopes_for(connection), lacking_scopes(connection)
    return draw_tab(
        request,
        connection,
        "connect",
        scopes=lines_for(asked),
        extra=[scope for scope in asked if scope not in FIRST_SCOPES],
        lacking=titles_of(lacking),
        requirements=consent_requirements(),
        grant=confirming.waiting_grant(request.workspace),
        links=invite_links.active_links(request.workspace, clock.now()),
        new_link=new_link,
    )


@workspace_page(MANAGE)
@fresh_sign_in
@require_POST
def authorize(request: WorkspaceRequest) -> HttpResponse:
    """Go to Fortnox. `without` names permissions beyond the first that are left out this time."""
    try:
        url = connecting.begin_authorization(
            workspace=request.workspace,
            actor=request.user,
            session_key=request.session.session_key or "",
            at=clock.now(),
            without=request.POST.getlist("without"),
        )
    except connecting.NotEnabled:
        return _not_enabled(request)
    return redirect(url)


def _not_enabled(request: WorkspaceRequest) -> HttpResponse:
    messages.error(request, _("Fortnox is not enabled. Click Enable on the Overview tab first."))
    return go_to(request, "overview")


@workspace_page(SEE, act=MANAGE)
@fresh_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: WorkspaceRequest) -> HttpResponse:
    """Ask whether this is the right company: another than ours, a new owner, or a link. A POST connects it."""
    grant = confirming.waiting_grant(request.workspace)
    if request.method != "POST":
        if grant is None:
            return go_to(request, "overview")
        connection, ours = connecting.connection_of(request.workspace), request.workspace.organisation_number
        before, now = connection.organisation_number, grant.organisation_number
        return draw_tab(
            request,
            connection,
            "confirm",
            tab="connect",
            grant=grant,
            other=bool(ours) and not same_number(ours, now),
            changed=connection.is_connected and not same_number(before, now),
            scopes=titles_of(grant.scopes),
            held=queued_exports(grant.company_id).count(),
        )
    try:
        connected = confirming.confirm(
            workspace=request.workspace, grant_id=_number(request, "grant"), actor=request.user, at=clock.now()
        )
    except errors.GrantNotPending:
        return _gone(request)
    except connecting.NotEnabled:
        return _not_enabled(request)
    except errors.CompanyNotAllowed as refused:
        ended = (
            AuthorizationAttempt.objects.filter(pk=grant.attempt_id).values_list("revocation", flat=True).get()
            if grant
            else ""
        )
        refusal = errors.with_revocation(errors.explain_failure(refused), ended)
        context = {"refusal": refusal, "slug": request.workspace.slug}
        return render(request, "fortnox/not_connected.html", context, status=400)
    messages.success(request, connected.in_words())
    return go_to(request, "overview")


def _number(request: WorkspaceRequest, name: str) -> int:
    value = request.POST.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0  # noqa: PLR2004  # a bigint


def _gone(request: WorkspaceRequest) -> HttpResponse:
    messages.error(
        request,
        _(
            "There is nothing to confirm: another person has decided, or 24 hours have passed. If"
            " Fortnox is not connected, click Authorize."
        ),
    )
    return go_to(request, "connect")


@workspace_page(MANAGE)
@require_POST
def decline(request: WorkspaceRequest) -> HttpResponse:
    try:
        outcome = confirming.decline(
            workspace=request.workspace, grant_id=_number(request, "grant"), actor=request.user, at=clock.now()
        )
    except errors.GrantNotPending:
        return _gone(request)
    messages.info(request, _("That company was not connected."))
    _tell_outcome(request, outcome)
    return go_to(request, "connect")


@workspace_page(MANAGE)
@fresh_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: WorkspaceRequest) -> HttpResponse:
    """Say first what stops and what stays; a POST disconnects."""
    connection = connecting.connection_of(request.workspace)
    if not connection.is_connected:
        return go_to(request, "overview")
    if request.method != "POST":
        linked = CustomerRecord.objects.filter(company_id=connection.company_id, client__isnull=False)
        return draw_tab(
            request,
            connection,
            "disconnect",
            tab="overview",
            clients=Client.objects.count(),
            linked=linked.values("client").distinct().count(),
            invoices=Invoice.objects.count(),
            held=queued_exports(connection.company_id).count(),
            running=SyncRun.objects.filter(state=RunState.RUNNING).count(),
        )
    outcome = disconnecting.disconnect(workspace=request.workspace, actor=request.user, at=clock.now())
    messages.success(request, _("Fortnox is disconnected. Clients, invoices, links and settings are kept."))
    if outcome is not None:
        _tell_outcome(request, outcome)
    elif is_foreign(connection):
        words = _("Another installation of Uku uses this permission in Fortnox. Nothing was revoked in Fortnox.")
        messages.warning(request, words)
    return go_to(request, "overview")


def _tell_outcome(request: WorkspaceRequest, outcome: RevocationOutcome) -> None:
    """Say whether Fortnox still gives access, and how to end that by hand."""
    level = messages.INFO if outcome == RevocationOutcome.CONFIRMED else messages.WARNING
    messages.add_message(request, level, f"{means_of(outcome)} {remedy_of(outcome)}".strip())


@workspace_page(MANAGE)
@fresh_sign_in
@require_POST
def make_consent_link(request: WorkspaceRequest) -> HttpResponse:
    """Make a link and show it, this once: only its hash is kept, so no redirect and no reload can show it again."""
    try:
        address = invite_links.make_link(workspace=request.workspace, actor=request.user, at=clock.now())
    except connecting.NotEnabled:
        return _not_enabled(request)
    return _draw_connect(request, new_link=address)


@workspace_page(MANAGE)
@require_POST
def withdraw_consent_link(request: WorkspaceRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(ConsentLink.objects, pk=pk)
    if invite_links.withdraw_link(workspace=request.workspace, link_id=link.pk, actor=request.user, at=clock.now()):
        messages.success(request, _("The link is withdrawn. A person who opens it is asked to get a new one from you."))
    else:
        messages.info(request, _("The link was already used or withdrawn."))
    return go_to(request, "connect")
