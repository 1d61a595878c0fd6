"""How customers and clients belong together: which customer is invoiced, and whether new ones wait for a person."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Min

from uku.clients.models import Client
from uku.integrations.fortnox.models import Connection, CustomerRecord, NewClients

LONGEST_EVIDENCE = 300  # characters; what the column holds


def asks_first(connection: Connection) -> bool:
    """Say whether a customer without a match waits for a person: always at the first import, later by setting."""
    return connection.first_import_of != connection.company_id or connection.new_clients == NewClients.ASK


def invoiced_customer(client: Client, company_id: str) -> CustomerRecord | None:
    """Return the customer to invoice: the first one linked to the client in this company."""
    return CustomerRecord.objects.filter(client=client, company_id=company_id).order_by("id").first()


def first_customers(company_id: str, clients: Collection[int]) -> dict[Any, int]:
    """Return by client the record that fills it: the first one linked, which is also the one that is invoiced.

    A second one would undo the first one's details.
    """
    linked = CustomerRecord.objects.filter(company_id=company_id, client__in=clients)
    return dict(linked.order_by().values_list("client_id").annotate(Min("id")))
