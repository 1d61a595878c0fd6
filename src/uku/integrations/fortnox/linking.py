"""Which client a Fortnox customer is: linked by strong evidence, suggested by weak, made when there is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from fortnox_api import Customer, Fortnox, NotFound, Rejected, Unreadable
from uku.clients import evidence
from uku.clients.matching import ContactDetails, Index, Outcome, outcome
from uku.clients.models import Client
from uku.clients.operations import create_client, take_in
from uku.integrations.fortnox.connection.working import refuse_while_off
from uku.integrations.fortnox.health import problems
from uku.integrations.fortnox.mapping import client_fields_from_detail
from uku.integrations.fortnox.models import Connection, CustomerRecord, NewClients
from uku.kit import clock
from uku.workspaces.audit import record as audit
from uku.workspaces.models import User
from uku.workspaces.permissions import Permission, needs

LONGEST_EVIDENCE = 300  # characters; what the column holds


def asks_first(connection: Connection) -> bool:
    """Say whether a customer without a match waits for a person: always at the first import, later by setting."""
    return connection.first_import_of != connection.company_id or connection.new_clients == NewClients.ASK


def place(
    record: CustomerRecord,
    details: ContactDetails,
    fields: Mapping[str, Any],
    index: Index,
    at: datetime,
    *,
    ask: bool = False,
) -> str:
    """Give a customer its client, and say how: known, linked, suggested, created, waiting or ignored.

    `ask`: one without a match waits for a person instead of getting a client of its own.
    """
    if record.client is not None:
        if _fills(record):
            take_in(client=record.client, details=fields)
        return "known"
    if record.ignored_at is not None or record.suggested_id is not None:
        return "suggested" if record.ignored_at is None else "ignored"
    matches = index.find(details)
    if not matches:
        return "waiting" if ask else _made(record, fields, index, at)
    client = Client.objects.get(pk=int(matches[0].key))
    if outcome(matches) == Outcome.STRONG and not _taken(client, record):
        _link(record, client, evidence.in_words(matches[0])[:LONGEST_EVIDENCE])
        take_in(client=client, details=fields)
        return "linked"
    record.suggested, record.evidence = client, evidence.for_a_person(matches)[:LONGEST_EVIDENCE]
    record.save(update_fields=["suggested", "evidence"])
    return "suggested"


def _made(record: CustomerRecord, fields: Mapping[str, Any], index: Index, at: datetime) -> str:
    record.client = create_client(actor=None, at=at, **fields)
    index.add(record.client.details)
    record.evidence = "Made from the Fortnox customer"
    record.save(update_fields=["client", "evidence"])
    return "created"


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def link(*, record: CustomerRecord, client: Client, actor: User, at: datetime) -> None:
    """Tie a customer to a client by a person's decision, which no later run undoes. Raises NotAllowed, NotWorking."""
    refuse_while_off()
    summary = f"Fortnox customer {record.number} linked to {client}"
    _link(record, client, f"Linked by {actor}")
    audit(actor=actor, action="fortnox.link", target=record, summary=summary, at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def unlink(*, record: CustomerRecord, actor: User, at: datetime) -> None:
    """Take a customer off its client by a person's decision. It waits as a suggestion then.

    A later run leaves a suggestion to people, so that it neither links the two again nor makes a client for the
    customer. Raises NotAllowed.
    """
    record = CustomerRecord.objects.select_related("client").select_for_update(of=("self",)).get(pk=record.pk)
    if record.client is None:
        return
    client = record.client
    record.client, record.suggested, record.evidence = None, client, f"Unlinked by {actor}"
    record.save(update_fields=["client", "suggested", "evidence"])
    summary = f"Fortnox customer {record.number} unlinked from {client}"
    audit(actor=actor, action="fortnox.unlink", target=record, summary=summary, at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def create_from(*, record: CustomerRecord, actor: User, at: datetime) -> Client:
    """Make a client of its own from a suggested customer, by a person's decision. Raises NotAllowed, NotWorking."""
    refuse_while_off()
    names = ("name", "organisation_number", "email", "phone", "address1", "address2", "postcode", "city")
    client = create_client(actor=actor, at=at, **{name: getattr(record, name) for name in names})
    link(record=record, client=client, actor=actor, at=at)
    return client


def read_details(fortnox: Fortnox, connection: Connection, *, at_most: int) -> bool:
    """Read the details of linked customers that were never read, one request each; say whether more wait.

    They tell country, currency, terms and VAT. A slice at a time, so that a person's click waits for a
    slice and not for all of them.
    """
    waiting = CustomerRecord.objects.filter(
        company_id=connection.company_id, client__isnull=False, detail_read_at=None, active=True
    )
    records = list(waiting.select_related("client").order_by("id")[: at_most + 1])
    for record in records[:at_most]:
        _read_or_note(fortnox, record)
    return len(records) > at_most


def _read_or_note(fortnox: Fortnox, record: CustomerRecord) -> None:
    """Read a detail; one that cannot be read is kept as a problem, so that the others do not wait behind it."""
    company, kind, number = record.company_id, problems.CUSTOMER, record.number
    try:
        read_detail(fortnox, record)
    except (Rejected, Unreadable) as error:
        if error.transient:
            raise
        record.detail_read_at = clock.now()
        record.save(update_fields=["detail_read_at"])
        problems.note(company_id=company, kind=kind, number=number, name=record.name, error=error, at=clock.now())
    else:
        problems.solve(company_id=company, kind=kind, numbers=[number], at=clock.now())


def read_detail(fortnox: Fortnox, record: CustomerRecord) -> None:
    """Read one customer's detail and fill its client. A customer that is gone turns inactive."""
    try:
        customer = fortnox.customers.get(record.number)
    except NotFound:
        record.active, record.detail_read_at = False, clock.now()
        record.save(update_fields=["active", "detail_read_at"])
    else:
        take_detail(record, customer)


def take_detail(record: CustomerRecord, customer: Customer) -> None:
    """Store what a customer's detail tells, and fill its client."""
    record.active, record.vat_type = customer.active, customer.vat_type or ""
    record.detail_read_at = clock.now()
    record.save(update_fields=["active", "vat_type", "detail_read_at"])
    if record.client is not None and _fills(record):
        take_in(client=record.client, details=client_fields_from_detail(customer))


def invoiced_customer(client: Client, company_id: str) -> CustomerRecord | None:
    """Return the customer to invoice: the first one linked to the client in this company."""
    return CustomerRecord.objects.filter(client=client, company_id=company_id).order_by("id").first()


def _fills(record: CustomerRecord) -> bool:
    """Only the customer that is invoiced fills its client; a second one would undo the first one's details."""
    first = CustomerRecord.objects.filter(client=record.client_id, company_id=record.company_id).order_by("id").first()
    return first == record


def _taken(client: Client, record: CustomerRecord) -> bool:
    """Say whether the client has a customer already: a second one is a person's decision (reliability B42)."""
    return CustomerRecord.objects.filter(client=client, company_id=record.company_id).exists()


def _link(record: CustomerRecord, client: Client, evidence: str) -> None:
    record.client, record.suggested, record.evidence = client, None, evidence
    record.detail_read_at = None
    record.save(update_fields=["client", "suggested", "evidence", "detail_read_at"])
