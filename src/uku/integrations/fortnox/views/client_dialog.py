"""The Integration dialog of one client: which customers it is in Fortnox, what differs, and whom else to link."""

from __future__ import annotations

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
from uku.integrations.fortnox.models import CustomerRecord
from uku.integrations.fortnox.sync.details import read_detail_now
from uku.integrations.fortnox.views.frame import SEE
from uku.integrations.fortnox.views.review_list import search_customers, search_words
from uku.integrations.registry import Badge
from uku.workspaces.access import WorkspaceRequest, workspace_page

MOST_FOUND = 10


@dataclass(frozen=True, slots=True)
class ComparedCustomer:
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
class SearchHit:
    """A customer that the search found, and how it stands."""

    record: CustomerRecord
    badge: Badge


@workspace_page(SEE)
@require_safe
def client_dialog(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The detail of a linked customer is read at once when a person opens its client."""
    client = get_object_or_404(Client.objects, pk=pk)
    connection = connection_of(request.workspace)
    unread = CustomerRecord.objects.filter(client=client, company_id=connection.company_id, detail_read_at=None)
    record = unread.filter(active=True).order_by(*INVOICED_FIRST).first() if connection.company_id else None
    if record is not None:
        read_detail_now(CUSTOMER_IMPORTER, record)
    client.refresh_from_db()
    sides = _compare(client, connection.company_id)
    words, found = search_words(request), []
    if words:
        others = CustomerRecord.objects.filter(company_id=connection.company_id)
        others = search_customers(others.exclude(client=client).exclude(suggested=client), words)
        shown = others.select_related("client").order_by("number", "id")[:MOST_FOUND]
        found = [SearchHit(record, status.badge_of_any(record)) for record in shown]
    context = {
        "client": client,
        "sides": sides,
        "section": "clients",
        "badge": status.badges_of([client])[client.pk],
        "reads": connection.is_connected and connection.enabled,
        "several": sum(side.is_linked and not side.company for side in sides) > 1,
        "words": words,
        "searches": bool(connection.company_id),
        "found": found,
    }
    return render(request, "fortnox/client.html", context)


def _compare(client: Client, company_id: str) -> list[ComparedCustomer]:
    """The customers that the client is or may be, and at the end the links of companies that are not connected.

    A link of another company is kept and not compared: what it says is not read any more.
    """
    ours = CustomerRecord.objects.filter(company_id=company_id)
    here = ours.filter(client=client) | ours.filter(suggested=client)
    compared = []
    for record in here.order_by("-client_id", "id"):
        is_linked = record.client_id == client.pk
        is_invoiced = is_linked and invoiced_customer(client, company_id) == record
        badge = status.badge_of_linked(record) if is_linked else status.badge_of(status.ClientState.SUGGESTED)
        compared.append(ComparedCustomer(record, badge, lines(client, record), is_linked, is_invoiced))
    elsewhere = CustomerRecord.objects.filter(client=client).exclude(company_id=company_id)
    names = company_names() if elsewhere else {}
    for record in elsewhere.order_by("company_id", "id"):
        badge = status.badge_of(status.ClientState.OTHER_COMPANY, record, names=names)
        company = name_of_company(record.company_id, names)
        compared.append(ComparedCustomer(record, badge, [], is_linked=True, is_invoiced=False, company=company))
    return compared
