"""The Integration dialog of one client: which customers it is in Fortnox, what differs, and whom else to link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from uku.clients.models import Client
from uku.integrations.fortnox.connection.authorize import connection_of
from uku.integrations.fortnox.connection.company import company_names, name_of_company
from uku.integrations.fortnox.customers import status
from uku.integrations.fortnox.customers.differences import Line, lines
from uku.integrations.fortnox.customers.importer import CUSTOMER_IMPORTER
from uku.integrations.fortnox.customers.links import INVOICED_FIRST, invoiced_customer
from uku.integrations.fortnox.models import Connection, CustomerRecord
from uku.integrations.fortnox.sync.details import read_detail_now
from uku.integrations.fortnox.views.frame import SEE
from uku.integrations.fortnox.views.review_list import searched, searched_words
from uku.integrations.registry import Badge
from uku.workspaces.access import WorkspaceRequest, workspace_page

MOST_FOUND = 10


@dataclass(frozen=True, slots=True)
class Side:
    """One customer of Fortnox beside the client.

    `is_invoiced`: of several linked ones, the one that is invoiced. `company`: it belongs to one that is not connected.
    """

    record: CustomerRecord
    badge: Badge
    lines: list[Line]
    is_linked: bool
    is_invoiced: bool
    company: str = ""

    @property
    def differing(self) -> int:
        return sum(line.differs for line in self.lines)

    @property
    def can_take(self) -> list[str]:
        return [line.field for line in self.lines if line.can_take]


@dataclass(frozen=True, slots=True)
class Found:
    """A customer that the search found, and how it stands."""

    record: CustomerRecord
    badge: Badge


@workspace_page(SEE)
@require_safe
def client_dialog(request: WorkspaceRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(Client.objects, pk=pk)
    connection = connection_of(request.workspace)
    _read_unread(client, connection)
    sides = _sides(client, connection.company_id)
    words = searched_words(request)
    context = {
        "client": Client.objects.get(pk=pk),
        "sides": sides,
        "badge": status.badges_of([client])[client.pk],
        "reads": connection.is_connected and connection.enabled,
        "several": sum(side.is_linked and not side.company for side in sides) > 1,
        "words": words,
        "searches": bool(connection.company_id),
        "found": _found(connection, client, words) if words else [],
    }
    return render(request, "fortnox/client.html", context)


def _read_unread(client: Client, connection: Connection) -> None:
    """The detail of a linked customer is read at once when a person opens its client (spec section 7)."""
    unread = CustomerRecord.objects.filter(client=client, company_id=connection.company_id, detail_read_at=None)
    record = unread.filter(active=True).order_by(*INVOICED_FIRST).first() if connection.company_id else None
    if record is not None:
        read_detail_now(CUSTOMER_IMPORTER, record)


def _sides(client: Client, company_id: str) -> list[Side]:
    """The customers that the client is or may be, and at the end the links of companies that are not connected."""
    client.refresh_from_db()
    ours = CustomerRecord.objects.filter(company_id=company_id)
    here = ours.filter(client=client) | ours.filter(suggested=client)
    elsewhere = CustomerRecord.objects.filter(client=client).exclude(company_id=company_id)
    names = company_names() if elsewhere else {}
    return [
        *(_side(client, record) for record in here.order_by("-client_id", "id")),
        *(_side_elsewhere(record, names) for record in elsewhere.order_by("company_id", "id")),
    ]


def _side(client: Client, record: CustomerRecord) -> Side:
    is_linked = record.client_id == client.pk
    suggested = status.badge_of(status.ClientState.SUGGESTED)
    badge = status.badge_of_linked(record) if is_linked else suggested
    is_invoiced = is_linked and invoiced_customer(client, record.company_id) == record
    return Side(record, badge, lines(client, record), is_linked, is_invoiced)


def _side_elsewhere(record: CustomerRecord, names: Mapping[str, str]) -> Side:
    """A link of another company is kept and not compared: what it says is not read any more."""
    badge = status.badge_of(status.ClientState.OTHER_COMPANY, record, names=names)
    return Side(record, badge, [], is_linked=True, is_invoiced=False, company=name_of_company(record.company_id, names))


def _found(connection: Connection, client: Client, words: str) -> list[Found]:
    """The first customers of the connected company that the words find and that this client has nothing to do with."""
    others = searched(CustomerRecord.objects.filter(company_id=connection.company_id), words)
    others = others.exclude(client=client).exclude(suggested=client).select_related("client").order_by("number", "id")
    return [Found(record, status.badge_of_any(record)) for record in others[:MOST_FOUND]]
