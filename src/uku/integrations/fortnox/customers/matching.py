"""Which client a customer is: found for each customer of a page, and offered to a person who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import prefetch_related_objects

from uku.clients import evidence
from uku.clients.candidates import first_sharing
from uku.clients.matching import ContactDetails, Index, Match, Outcome, match_keys, outcome
from uku.clients.models import Client
from uku.integrations.fortnox.customers.links import set_reason_found
from uku.integrations.fortnox.models import CustomerRecord


@dataclass
class ClientPool:
    """The clients that a page's customers could be: current ones, archived ones, and those planned for the page.

    `taken` holds the keys of clients that have a customer: a second one is a person's decision (B42).
    """

    current: Index
    archived: Index
    taken: set[str]
    planned: dict[str, Client] = field(default_factory=dict)

    def plan_client(self, workspace_id: int, fields: Mapping[str, Any]) -> Client:
        """Plan a client, which the next customers of the page are compared with; it is stored with the page."""
        client = Client(workspace_id=workspace_id, **fields)
        key = f"planned {len(self.planned)}"
        self.planned[key] = client
        self.taken.add(key)
        self.current.add(replace(client.details, key=key))
        return client


def client_pool(workspace_id: int, company_id: str, customers: Sequence[ContactDetails]) -> ClientPool:
    """Look up every client that one of these customers could be: they find the same as among all clients."""
    keys = {key for details in customers for key in match_keys(workspace_id, details)}
    current, archived = first_sharing(keys), first_sharing(keys, archived=True)
    linked = CustomerRecord.objects.filter(company_id=company_id, client__in=[int(client.key) for client in current])
    taken = {str(pk) for pk in linked.values_list("client_id", flat=True)}
    return ClientPool(Index(current), Index(archived), taken)


def is_open(record: CustomerRecord) -> bool:
    """Say whether a customer may still get a client by itself: nobody decided on it, and nothing was suggested."""
    return record.client_id is None and record.suggested_id is None and record.ignored_at is None


def find_client(record: CustomerRecord, details: ContactDetails | None, pool: ClientPool, *, ask: bool) -> str:
    """Find a customer's client, and say how: known, linked, suggested, waiting, ignored; or created: one is to be made.

    `details` None: it is not open. A person's decision stays. One that waited before waits on, since somebody may
    have left it so on purpose: only one strong match links it. `ask`: one without a match waits for a person.
    """
    if details is None:
        if record.client_id is not None:
            return "known"
        return "suggested" if record.ignored_at is None else "ignored"
    matches = pool.current.find(details)
    if outcome(matches, pool.taken) == Outcome.STRONG:
        record.client_id, record.detail_read_at = int(matches[0].key), None
        set_reason_found(record, replace(matches[0], against=()))
        pool.taken.add(matches[0].key)
        return "linked"
    archived = [] if matches else pool.archived.find(details)
    if record.pk is not None or (ask and not matches and not archived):
        return "waiting"
    if matches or archived:
        suggest_client(record, matches or archived, pool.planned)
        return "suggested"
    return "created"


def suggest_client(record: CustomerRecord, matches: Sequence[Match], planned: Mapping[str, Client]) -> None:
    """Note the best match as a customer's suggestion, not stored; it may be a client that is planned only."""
    best = matches[0]
    if best.key in planned:
        record.suggested = planned[best.key]
    else:
        record.suggested_id = int(best.key)
    set_reason_found(record, best, fitting=len(matches))


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
    """Return the current clients that one of these customers could be. One query."""
    keys = {key for record in records for key in match_keys(record.workspace_id, details_of(record))}
    known = Client.objects.current().sharing(keys).order_by("id") if keys else Client.objects.none()
    return Index(client.details for client in known)


def candidates_of(records: Sequence[CustomerRecord]) -> Mapping[int, list[Candidate]]:
    """Return each customer's candidates, the best first; five queries, however many customers.

    Where a run or a person left a suggestion, it stands first; one that matching would not find now, its client is
    archived for example, with the words that were noted then.
    """
    prefetch_related_objects(list(records), "linked_by")
    index = index_for(records)
    found = {record.pk: {int(match.key): match for match in index.find(details_of(record))} for record in records}
    wanted = {key for matches in found.values() for key in matches}
    clients = Client.objects.in_bulk(wanted | {record.suggested_id for record in records if record.suggested_id})
    company = records[0].company_id if records else ""
    linked = CustomerRecord.objects.filter(client__in=list(clients), company_id=company).order_by("-id")
    taken = {client_id or 0: number for client_id, number in linked.values_list("client_id", "number")}  # the first one
    candidates = {}
    for record in records:
        matches, suggested = found[record.pk], record.suggested_id or 0
        offered = [
            Candidate(clients[pk], evidence.in_words(match), evidence.against_in_words(match), taken.get(pk, ""))
            for pk, match in sorted(matches.items(), key=lambda found: found[0] != suggested)
            if pk in clients
        ]
        if suggested in clients and suggested not in matches:
            record.suggested = clients[suggested]  # as it is now
            offered.insert(0, Candidate(clients[suggested], record.evidence, taken=taken.get(suggested, "")))
        candidates[record.pk] = offered
    return candidates
