"""Which clients a customer looks like at this moment: found by what the two share, in one query for many customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from uku.clients import evidence
from uku.clients.matching import ContactDetails, Index, Match, match_keys
from uku.clients.models import Client
from uku.integrations.fortnox.models import CustomerRecord


@dataclass(frozen=True, slots=True)
class Candidate:
    """A client that a customer may be, in words; `taken` is the number of the customer it is linked to already."""

    client: Client
    agreed: str
    against: str = ""
    taken: str = ""


def details_of(record: CustomerRecord) -> ContactDetails:
    """What a customer is compared by, as far as we have read it."""
    return ContactDetails(
        key=record.number,
        name=record.name,
        organisation_number=record.organisation_number,
        email=record.email,
        postcode=record.postcode,
        vat_number=record.vat_number,
        phone=record.phone,
        country=record.country,
    )


def index_for(records: Sequence[CustomerRecord]) -> Index:
    """Return the current clients that one of these customers could meet. One query."""
    keys = {key for record in records for key in match_keys(record.workspace_id, details_of(record))}
    known = Client.objects.current().sharing(keys).order_by("id") if keys else Client.objects.none()
    return Index(client.details for client in known)


def candidates_of(records: Sequence[CustomerRecord]) -> Mapping[int, list[Candidate]]:
    """Return each customer's candidates, the best first; six queries, however many customers.

    Where a run or a person left a suggestion, it stands first with the words that were noted then.
    """
    prefetch_related_objects(list(records), "linked_by", "suggested")
    index = index_for(records)
    found = {record.pk: index.find(details_of(record)) for record in records}
    wanted = {int(match.key) for matches in found.values() for match in matches}
    wanted |= {record.suggested_id for record in records if record.suggested_id}  # one may be archived
    clients = Client.objects.in_bulk(wanted)
    taken = _customers_of(clients.values(), records[0].company_id if records else "")
    return {record.pk: list(_told(record, found[record.pk], clients, taken)) for record in records}


def _customers_of(clients: Iterable[Client], company_id: str) -> Mapping[int, str]:
    """The number of the first customer that each client is linked to."""
    linked = CustomerRecord.objects.filter(client__in=list(clients), company_id=company_id).order_by("-id")
    return {client_id: number for client_id, number in linked.values_list("client_id", "number") if client_id}


def _told(
    record: CustomerRecord, matches: Sequence[Match], clients: Mapping[int, Client], taken: Mapping[int, str]
) -> Iterable[Candidate]:
    matched = {int(match.key): match for match in matches}
    order = sorted(matched, key=lambda pk: pk != record.suggested_id)
    suggested = record.suggested_id or 0
    if suggested in clients and suggested not in matched:
        yield Candidate(clients[suggested], record.evidence, taken=taken.get(suggested, ""))
    for pk in order:
        if pk in clients:
            match = matched[pk]
            words = evidence.in_words(match), evidence.against_in_words(match)
            yield Candidate(clients[pk], *words, taken=taken.get(pk, ""))
