"""A client created as a customer in Fortnox, once: its number is chosen first, and Fortnox gives none twice.

So a create whose outcome nobody knows is looked up by that number, and else sent again. What stands in Fortnox
already is never made a second time: a person links it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy

from fortnox_api import Customer, Forbidden, Fortnox, FortnoxError, NotFound, Outcome
from uku.clients.matching import Index, normalise_number
from uku.clients.models import Client
from uku.clients.operations import lock_clients
from uku.integrations.fortnox.customers.links import set_reason
from uku.integrations.fortnox.customers.matching import details_of
from uku.integrations.fortnox.mapping import (
    contact_details,
    customer_payload,
    record_fields,
    record_fields_from_detail,
)
from uku.integrations.fortnox.models import (
    Connection,
    CreationState,
    CustomerCreation,
    CustomerRecord,
    LinkReason,
    NewCustomers,
)
from uku.invoices.numbers import new_reference
from uku.kit import clock
from uku.workspaces.audit import record
from uku.workspaces.language import translate_for_workspace

log = structlog.get_logger()
MOST_NUMBERS: Final = 3
"""Numbers that are tried for one client before a person decides."""
NUMBER_IN_USE: Final = 2000637
"""Fortnox' code for a number that a customer has, or had before it was deleted; also seen for other reasons."""
_SEARCHED_DIGITS: Final = 6  # before the hyphen, which some customers have and some have not


class CustomerMayExist(Exception):
    """Fortnox has customers that may be the client; `customers` names them."""

    def __init__(self, customers: Sequence[str]) -> None:
        self.customers = ", ".join(customers)
        super().__init__(self.customers)


class CustomerRefused(Exception):
    """Fortnox refused to create the customer; `error` says why."""

    def __init__(self, error: FortnoxError) -> None:
        self.error = error
        super().__init__(str(error))


def creates_customers(connection: Connection) -> bool:
    return connection.new_customers == NewCustomers.CREATE


def may_be_created(client_id: int, company_id: str) -> bool:
    """Say whether a client's customer was sent, and Fortnox has not confirmed it."""
    sent = CustomerCreation.objects.filter(client=client_id, company_id=company_id, state=CreationState.SENT)
    return sent.exists()


def known_customers_like(client: Client, company_id: str) -> list[str]:
    """Return the names of the customers, as they were last read, that may be the client."""
    alike = Q(name__iexact=client.name)
    if digits := _searched_digits(client):
        alike |= Q(organisation_number__contains=digits)
    known = {each.number: each for each in CustomerRecord.objects.filter(alike, company_id=company_id)}
    matches = Index(details_of(each) for each in known.values()).find(client.details)
    return [str(known[match.key]) for match in matches]


def create_customer(fortnox: Fortnox, client: Client, company_id: str) -> CustomerRecord:
    """Create the client's customer, or adopt the one that an earlier try made; return it, linked.

    Raises CustomerMayExist, CustomerRefused, or FortnoxError: then nothing came of it, or that is not known, and the
    next call looks for the number first.
    """
    creation = _planned(client, company_id)
    customer = None
    if creation.state in {CreationState.SENT, CreationState.REFUSED}:
        holder = _read_holder(fortnox, creation)
        customer = holder if holder and _is_ours(creation, holder) else None
    if customer is None and creation.state != CreationState.SENT:
        _require_unknown(fortnox, client)
    while customer is None:
        customer = _send(fortnox, creation)
    return _link(creation, customer)


def _planned(client: Client, company_id: str) -> CustomerCreation:
    """Return what is planned for a client; it is stored before anything is sent."""
    place = {"client": client, "company_id": company_id}
    planned = CustomerCreation.objects.select_related("client").filter(**place).first()
    return planned or CustomerCreation(
        **place,
        workspace_id=client.workspace_id,
        number=_number_for(client, 0),
        reference=new_reference(),
        created_at=clock.now(),
    )


def _number_for(client: Client, numbers_used: int) -> str:
    """Return a number outside Fortnox' own series, which is of digits alone."""
    return f"U{client.pk}-{numbers_used + 1}" if numbers_used else f"U{client.pk}"


def _require_unknown(fortnox: Fortnox, client: Client) -> None:
    """Raise CustomerMayExist when matching, as in imports, takes a customer of Fortnox' for the client."""
    found = {item.number: item for item in fortnox.customers.list(name=client.name)}
    if digits := _searched_digits(client):
        found |= {item.number: item for item in fortnox.customers.list(organisation_number=digits)}
    if matches := Index(contact_details(item) for item in found.values()).find(client.details):
        raise CustomerMayExist([f"{match.key} {found[match.key].name}" for match in matches])


def _searched_digits(client: Client) -> str:
    """Return the beginning of the organisation number, which each way to write it contains."""
    number = normalise_number(client.organisation_number) or normalise_number(client.vat_number)
    return number.removeprefix("FI")[:_SEARCHED_DIGITS]


def _send(fortnox: Fortnox, creation: CustomerCreation) -> Customer | None:
    """Send the create once; None when the number is another customer's, and the next one is to be tried.

    Raises CustomerMayExist, CustomerRefused, or FortnoxError after what was not applied or is not known.
    """
    payload = customer_payload(creation.client, number=creation.number, reference=creation.reference)
    before = CreationState(creation.state)
    _store(creation, state=CreationState.SENT)
    try:
        created = fortnox.customers.create(payload)
    except FortnoxError as error:
        log.warning("customer not created", creation=creation.pk, outcome=error.outcome.name, uid=error.request_id)
        is_refused = error.outcome is Outcome.REFUSED and not isinstance(error, Forbidden)
        if is_refused:
            return _settle_refusal(fortnox, creation, error)
        if error.outcome is not Outcome.UNKNOWN:
            _store(creation, state=before)
        raise
    if created.number != creation.number and not _is_ours(creation, created):
        raise CustomerMayExist([f"{created.number} {created.name}"])  # an answer about another one (B50)
    return created


def _settle_refusal(fortnox: Fortnox, creation: CustomerCreation, error: FortnoxError) -> Customer | None:
    """Find out why: the number may be our own customer's, another's, or that of one that was deleted (F18)."""
    holder = _read_holder(fortnox, creation)
    if holder is not None and _is_ours(creation, holder):
        return holder
    is_used = holder is not None or error.code == NUMBER_IN_USE
    if not is_used or creation.numbers_used + 1 >= MOST_NUMBERS:
        _store(creation, state=CreationState.REFUSED)
        raise CustomerRefused(error)
    used = creation.numbers_used + 1
    _store(creation, state=CreationState.PLANNED, numbers_used=used, number=_number_for(creation.client, used))
    return None


def _read_holder(fortnox: Fortnox, creation: CustomerCreation) -> Customer | None:
    """Return the customer that has the number."""
    with suppress(NotFound):
        return fortnox.customers.get(creation.number)
    return None


def _is_ours(creation: CustomerCreation, customer: Customer) -> bool:
    """Say whether a customer is what the creation made: by Uku's reference, or where it has none, by who it is."""
    if customer.external_reference:
        return customer.external_reference == creation.reference
    sent = customer_payload(creation.client, number=creation.number, reference=creation.reference)
    return (customer.name, customer.organisation_number) == (sent.name, sent.organisation_number or "")


def _store(creation: CustomerCreation, **facts: Any) -> None:
    for name, value in facts.items():
        setattr(creation, name, value)
    creation.save(update_fields=None if creation.pk is None else list(facts))


@transaction.atomic
def _link(creation: CustomerCreation, customer: Customer) -> CustomerRecord:
    """Store the customer as the client's.

    Raises CustomerMayExist where an import found another client for it meanwhile, or a person unlinked or ignored it.
    """
    client, at = creation.client, clock.now()
    lock_clients({client.pk})
    _store(creation, state=CreationState.CREATED, number=customer.number)
    facts = record_fields(customer) | record_fields_from_detail(customer)
    place = {"company_id": creation.company_id, "number": customer.number}
    stored = CustomerRecord.objects.select_for_update(of=("self",)).filter(**place).first()
    if stored is None:
        stored = CustomerRecord(**place, workspace_id=client.workspace_id, seen_at=at, first_seen_at=at)
    is_left_out = stored.linked_because == LinkReason.UNLINKED or stored.ignored_at is not None
    if stored.client_id not in {None, client.pk} or is_left_out:
        raise CustomerMayExist([str(stored)])
    if stored.client_id is None:
        set_reason(stored, LinkReason.EXPORTED)
    for name, value in facts.items():
        setattr(stored, name, value)
    stored.client, stored.suggested = client, None
    stored.active, stored.detail_read_at = customer.active, at
    stored.save()
    words = gettext_lazy("%(client)s: created in Fortnox as customer %(number)s")
    summary = translate_for_workspace(words, client=client, number=customer.number)
    record(actor=None, action="fortnox.create_customer", target=stored, summary=summary, at=at)
    return stored
