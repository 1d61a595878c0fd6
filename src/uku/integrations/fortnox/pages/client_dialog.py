"""The Integration dialog of one client: which customers it is in Fortnox, and what differs."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from uku.clients.matching import masked, normalise_number
from uku.clients.models import Client
from uku.integrations.fortnox import client_states, jobs, linking
from uku.integrations.fortnox.connection.connecting import connection_of
from uku.integrations.fortnox.models import CustomerRecord, RunKind
from uku.integrations.fortnox.pages.frame import MANAGE, SEE
from uku.integrations.registry import Badge
from uku.kit import clock
from uku.workspaces.access import WorkspaceRequest, workspace_page


@dataclass(frozen=True, slots=True)
class Line:
    """One contact detail on both sides."""

    label: str
    ours: str
    theirs: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One customer of Fortnox beside the client."""

    record: CustomerRecord
    badge: Badge
    lines: list[Line]
    is_linked: bool

    @property
    def differing(self) -> int:
        return sum(line.differs for line in self.lines)


@workspace_page(SEE)
@require_safe
def client_dialog(request: WorkspaceRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client.objects, pk=pk)
    records = CustomerRecord.objects.filter(client=client) | CustomerRecord.objects.filter(suggested=client)
    sides = [_side(client, record) for record in records.order_by("-client_id", "id")]
    badge = client_states.badges_of([client])[client.pk]
    connection = connection_of(request.workspace)
    reads = connection.is_connected and connection.enabled
    return render(request, "fortnox/client.html", {"client": client, "sides": sides, "badge": badge, "reads": reads})


@workspace_page(MANAGE)
@require_POST
def unlink(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(CustomerRecord.objects.filter(client__isnull=False), pk=pk)
    linking.unlink(record=record, actor=request.user, at=clock.now())
    words = {"number": record.number}
    messages.success(request, _("Fortnox customer %(number)s is unlinked. No import links it again.") % words)
    return redirect("fortnox:client", slug=request.workspace.slug, pk=record.client_id)


@workspace_page(MANAGE)
@require_POST
def refresh(request: WorkspaceRequest, pk: int) -> HttpResponse:
    record = get_object_or_404(CustomerRecord.objects.filter(client__isnull=False), pk=pk)
    connection = connection_of(request.workspace)
    if connection.is_connected and connection.enabled and connection.company_id == record.company_id:
        jobs.enqueue_record(connection, RunKind.CUSTOMERS, record.number)
        messages.success(request, _("Fortnox customer %(number)s is read again.") % {"number": record.number})
    else:
        messages.error(request, _("Fortnox is not connected. Click Authorize on the Connect to Fortnox tab first."))
    return redirect("fortnox:client", slug=request.workspace.slug, pk=record.client_id)


def _side(client: Client, record: CustomerRecord) -> Side:
    is_linked = record.client_id == client.pk
    suggested = client_states.badge_of(client_states.ClientState.SUGGESTED)
    badge = client_states.badge_of_linked(record) if is_linked else suggested
    return Side(record, badge, _lines(client, record), is_linked)


def _lines(client: Client, record: CustomerRecord) -> list[Line]:
    """What both sides hold. Numbers that mean the same do not differ, and a person's is masked."""
    number, theirs = client.organisation_number, record.organisation_number
    same_number = number == theirs or (
        bool(normalise_number(number)) and normalise_number(number) == normalise_number(theirs)
    )
    labels = (
        ("name", _("Name")),
        ("email", _("E-mail")),
        ("phone", _("Phone")),
        ("address1", _("Address")),
        ("address2", _("Address, second line")),
        ("postcode", _("Postcode")),
        ("city", _("City")),
    )
    lines = [(label, getattr(client, name), getattr(record, name)) for name, label in labels]
    found = [Line(label, ours, other, ours != other) for label, ours, other in lines if ours or other]
    if number or theirs:
        found.insert(1, Line(_("Organisation number"), masked(number), masked(theirs), not same_number))
    return found
