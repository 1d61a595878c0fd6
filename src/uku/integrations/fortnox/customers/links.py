"""How customers and clients belong together: which customer is invoiced, and whether new ones wait for a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import F

from uku.clients.matching import Field, Match
from uku.clients.models import Client
from uku.integrations.fortnox.models import Connection, CustomerRecord, LinkReason, NewClients
from uku.workspaces.models import User

REASON_FIELDS = ("linked_because", "linked_by", "agreed", "against", "fitting")
REASONS = {
    Field.NUMBER: LinkReason.ORGANISATION_NUMBER,
    Field.VAT: LinkReason.VAT_NUMBER,
    Field.EMAIL: LinkReason.EMAIL,
}
"""What decides of all that agrees, the strongest first; else it is the name."""
INVOICED_FIRST = (F("invoiced_at").desc(nulls_last=True), "id")
"""Of several customers of a client: the one that a person chose last, else the first one linked."""
WHO = frozenset({"name", "organisation_number", "vat_number", "is_person"})
"""The details that say who a client is."""


def set_reason(record: CustomerRecord, reason: LinkReason | None, *, by: User | None = None) -> None:
    """Note why a customer is linked or not; what was found by matching before is forgotten."""
    record.linked_because, record.linked_by = reason or "", by
    record.agreed, record.against, record.fitting = [], [], 0


def set_reason_found(record: CustomerRecord, match: Match, *, fitting: int = 1) -> None:
    """Note what of a customer agrees and differs with the client that matching found for it."""
    fields = {fact.field for fact in match.agreed}
    set_reason(record, next((reason for field, reason in REASONS.items() if field in fields), LinkReason.NAME))
    record.agreed = [[fact.field, fact.value] for fact in match.agreed]
    record.against = [[fact.field, fact.value] for fact in match.against]
    record.fitting = fitting


def asks_first(connection: Connection) -> bool:
    """Say whether a customer without a match waits for a person: always at the first import, later by setting."""
    return connection.first_import_of != connection.company_id or connection.new_clients == NewClients.ASK


def invoiced_customer(client: Client, company_id: str) -> CustomerRecord | None:
    """Return the customer to invoice in this company, of those that are linked to the client."""
    return CustomerRecord.objects.filter(client=client, company_id=company_id).order_by(*INVOICED_FIRST).first()


def filled_by(record: CustomerRecord, details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details that a customer fills its client with.

    One that a person chose among several says where invoices go and on what terms, and not who the client is.
    """
    return {name: value for name, value in details.items() if record.invoiced_at is None or name not in WHO}


def is_filled_by(client: Client, record: CustomerRecord) -> bool:
    """Say whether imports fill the client from this customer: the one that is invoiced in the connected company."""
    connection = Connection.objects.first()
    connected = connection is not None and connection.company_id == record.company_id
    return connected and invoiced_customer(client, record.company_id) == record


def first_customers(company_id: str, clients: Collection[int]) -> dict[Any, int]:
    """Return by client the record that fills it, which is the one that is invoiced.

    A second one would undo the first one's details.
    """
    linked = CustomerRecord.objects.filter(company_id=company_id, client__in=clients)
    one_each = linked.order_by("client_id", *INVOICED_FIRST).distinct("client_id")
    return dict(one_each.values_list("client_id", "id"))
