"""Which client each customer of a page gets, looked for among those that share something with one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext

from uku.clients import evidence
from uku.clients.candidates import first_sharing
from uku.clients.matching import ContactDetails, Index, Match, Outcome, match_keys, outcome
from uku.clients.models import Client
from uku.integrations.fortnox.customers.links import LONGEST_EVIDENCE
from uku.integrations.fortnox.models import CustomerRecord


@dataclass
class ClientPool:
    """The clients that a page's customers could be: current ones, archived ones, and those planned for the page.

    `taken` holds the keys of clients that have a customer: a second one is a person's decision (reliability B42).
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
        record.client_id, record.evidence = int(matches[0].key), evidence.in_words(matches[0])[:LONGEST_EVIDENCE]
        record.detail_read_at = None
        pool.taken.add(matches[0].key)
        return "linked"
    archived = [] if matches else pool.archived.find(details)
    if record.pk is not None or (ask and not matches and not archived):
        return "waiting"
    if matches or archived:
        _suggest(record, pool, matches or archived, gettext("The client is archived") if archived else "")
        return "suggested"
    return "created"


def _suggest(record: CustomerRecord, pool: ClientPool, matches: list[Match], more: str) -> None:
    key = matches[0].key
    if key in pool.planned:
        record.suggested = pool.planned[key]
    else:
        record.suggested_id = int(key)
    words = [evidence.for_a_person(matches), *([more] if more else [])]
    record.evidence = ". ".join(words)[:LONGEST_EVIDENCE]
