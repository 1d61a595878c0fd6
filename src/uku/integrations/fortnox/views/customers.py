"""The buttons about one customer: link, create, ignore, unlink, invoice, refresh, take over. Each says what it did."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from uku.clients.models import Client
from uku.clients.operations import ClientChanged
from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.connection.company import OtherCompany
from uku.integrations.fortnox.connection.guards import ConnectionNotUsable
from uku.integrations.fortnox.customers import review
from uku.integrations.fortnox.models import CustomerRecord, ReadKind
from uku.integrations.fortnox.views.frame import MANAGE, SEE
from uku.integrations.fortnox.views.review import LONGEST_ID, back_to_queue, id_from, tell_tally
from uku.integrations.fortnox.work import requests
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page


@workspace_page(SEE)
@require_safe
def customer_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Lead to where a customer's buttons are: its client's dialog, or the review of those without a client."""
    record = get_object_or_404(CustomerRecord.objects, pk=pk)
    if record.client_id is None:
        return redirect("fortnox:review", slug=request.workspace.slug)
    return redirect("fortnox:client", slug=request.workspace.slug, pk=record.client_id)


@workspace_page(MANAGE)
@require_POST
def link(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Link to the client that the form names; without one to the suggested client, or the one linked meanwhile."""
    record = get_object_or_404(CustomerRecord.objects, pk=pk)
    named = request.POST.get("client", "") or request.GET.get("client", "")
    known = None if named else record.suggested_id or record.client_id
    client = get_object_or_404(Client.objects, pk=known or id_from(named))
    seen_ignored = request.POST.get("seen") == "ignored"
    done = _act(
        request,
        lambda: review.link(
            record=record, client=client, actor=request.user, at=clock.now(), even_ignored=seen_ignored
        ),
    )
    if done:
        words = {"client": client, "number": record.number}
        messages.success(request, _("%(client)s is linked to Fortnox customer %(number)s.") % words)
    return _back(request, client.pk, "client")


@workspace_page(MANAGE)
@require_POST
def create_client(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(CustomerRecord.objects, pk=pk)
    seen = record.suggested_id
    try:
        client = review.create_from(record=record, actor=request.user, at=clock.now())
    except (ConnectionNotUsable, review.AlreadyDecided, OtherCompany) as refusal:
        messages.error(request, str(refusal))
        return _back(request, seen, "client")
    words = {"client": client, "number": record.number}
    messages.success(request, _("%(client)s is linked to Fortnox customer %(number)s.") % words)
    return _back(request, client.pk, "client")


@workspace_page(MANAGE)
@require_POST
def ignore(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(CustomerRecord.objects, pk=pk)
    seen = record.suggested_id

    def act() -> None:
        tally = review.ignore(ids=[record.pk], actor=request.user, at=clock.now())
        tell_tally(request, "ignore", tally)

    _act(request, act)
    return _back(request, seen)


@workspace_page(MANAGE)
@require_POST
def take_back(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(CustomerRecord.objects, pk=pk)

    def act() -> None:
        tally = review.stop_ignoring(ids=[record.pk], actor=request.user, at=clock.now())
        tell_tally(request, "take-back", tally)

    _act(request, act)
    return back_to_queue(request)


@workspace_page(MANAGE)
@require_POST
def unlink(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = _linked(pk)
    review.unlink(record=record, actor=request.user, at=clock.now())
    words = {"number": record.number}
    messages.success(request, _("Fortnox customer %(number)s is unlinked. Imports do not link it again.") % words)
    return _back(request, record.client_id)


@workspace_page(MANAGE)
@require_POST
def same_client(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """A customer with another organisation number is the same client still."""
    record = _linked(pk)
    if _act(request, lambda: review.accept_identity(record=record, actor=request.user, at=clock.now())):
        words = {"number": record.number}
        messages.success(request, _("Fortnox customer %(number)s stays linked to this client.") % words)
    return _back(request, record.client_id)


@workspace_page(MANAGE)
@require_POST
def invoice_this_one(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Of several customers of a client, invoice this one."""
    record = _linked(pk)
    if _act(request, lambda: review.invoice_this_one(record=record, actor=request.user, at=clock.now())):
        words = {"number": record.number, "client": record.client}
        messages.success(request, _("Invoices to %(client)s go to Fortnox customer %(number)s from now on.") % words)
    return _back(request, record.client_id)


@workspace_page(MANAGE)
@require_POST
def take_over(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Let the client have Fortnox's value of one field, or of all that the page offered."""
    record, version = _linked(pk), request.POST.get("version", "")
    names = request.POST.getlist("field") or request.POST.getlist("offered")

    def act() -> None:
        changed = review.apply_values(
            record=record,
            names=names,
            actor=request.user,
            at=clock.now(),
            version=int(version) if version.isascii() and version.isdigit() and len(version) < LONGEST_ID else None,
        )
        words = ngettext(
            "%(n)s detail now has Fortnox's value.", "%(n)s details now have Fortnox's value.", len(changed)
        )
        messages.success(request, words % {"n": len(changed)})

    _act(request, act)
    return _back(request, record.client_id)


@workspace_page(MANAGE)
@require_POST
def refresh(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = _linked(pk)
    connection = connection_of(request.workspace)
    if connection.is_connected and connection.enabled and connection.company_id == record.company_id:
        requests.request_read(connection, ReadKind.CUSTOMER, record.number)
        messages.success(request, _("Fortnox customer %(number)s is read again.") % {"number": record.number})
    elif connection.company_id and connection.company_id != record.company_id:
        messages.error(request, str(review.other_company(record)))
    else:
        messages.error(request, _("Fortnox is not connected. Click Authorize on the Connect to Fortnox tab first."))
    return _back(request, record.client_id)


def _linked(pk: int) -> CustomerRecord:
    found: CustomerRecord = get_object_or_404(CustomerRecord.objects.filter(client__isnull=False), pk=pk)
    return found


def _act(request: WorkspaceRequest, act: Callable[[], None]) -> bool:
    """Do what the button says; say why if nothing was done."""
    try:
        act()
    except (ConnectionNotUsable, review.AlreadyDecided, OtherCompany) as refusal:
        messages.error(request, str(refusal))
    except ClientChanged:
        words = _(
            "Nothing was changed: another person has changed this client in the meantime. The page"
            " shows the client as it is now."
        )
        messages.error(request, words)
    else:
        return True
    return False


def _back(request: WorkspaceRequest, client_id: int | None, otherwise: str = "fortnox:client") -> HttpResponse:
    """Return to the page that the button stood on: the queue, the client's dialog, or the client."""
    came_from = request.POST.get("from", "")
    if came_from == "review" or client_id is None:
        return back_to_queue(request)
    page = {"client": "client", "dialog": "fortnox:client"}.get(came_from, otherwise)
    return redirect(page, slug=request.workspace.slug, pk=client_id)
