"""What a person decides about customers. It lasts: no run undoes it, and of two people at once the second is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from uku.clients import evidence, operations
from uku.clients.models import Client
from uku.clients.operations import create_imported_clients, import_details
from uku.integrations.fortnox.connection.company import OtherCompany, connected_company
from uku.integrations.fortnox.connection.guards import refuse_while_off
from uku.integrations.fortnox.customers.candidates import details_of, index_for
from uku.integrations.fortnox.customers.differences import differing, fields_of
from uku.integrations.fortnox.customers.links import LONGEST_EVIDENCE, filled_by, invoiced_customer, is_filled_by
from uku.integrations.fortnox.health import alerts, queries, sync_issues
from uku.integrations.fortnox.models import Connection, CustomerRecord
from uku.integrations.fortnox.work import requests
from uku.workspaces.audit import record as audit
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs


class AlreadyDecided(Exception):
    """Somebody decided about the customer after the person saw it (reliability B17). The text says what is so now."""

    def __init__(self, record: CustomerRecord) -> None:
        super().__init__(_as_it_is_now(record))


class UnknownCustomers(Exception):
    """Some of the chosen customers are not in this workspace, so that nothing was done to any (reliability B01)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the chosen customers: decided now, decided before, left because they look like a client."""

    done: int = 0
    before: int = 0
    alike: int = 0


# One customer


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def link(*, record: CustomerRecord, client: Client, actor: User, at: datetime, even_ignored: bool = False) -> None:
    """Tie a customer to a client. `even_ignored`: the person saw that it was ignored.

    Raises NotAllowed, NotWorking, OtherCompany, AlreadyDecided.
    """
    connection = refuse_while_off()
    (held,) = _held_here([record.pk])
    if held.client_id is not None or (held.ignored_at is not None and not even_ignored):
        raise AlreadyDecided(held)
    _tie(held, client, f"{queries.LINKED_BY}{actor}")
    what = f"linked to {client}"
    if invoiced_customer(client, held.company_id) == held:  # a second one would undo the first one's details
        import_details(client=client, details=fields_of(held), source=held.source)
    _note(actor, "fortnox.link", held, what, at)
    _after(connection, at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def unlink(*, record: CustomerRecord, actor: User, at: datetime) -> None:
    """Take a customer off its client. It waits as a suggestion then, which no run links again. Raises NotAllowed."""
    (held,) = _held([record.pk])
    if held.client_id is None:
        return
    client = held.client
    held.client, held.suggested, held.identity_changed_at, held.invoiced_at = None, client, None, None
    held.evidence = f"Unlinked by {actor}"[:LONGEST_EVIDENCE]
    held.save(update_fields=["client", "suggested", "identity_changed_at", "invoiced_at", "evidence"])
    _note(actor, "fortnox.unlink", held, f"unlinked from {client}", at)
    _settle(at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def create_from(*, record: CustomerRecord, actor: User, at: datetime) -> Client:
    """Make a client of its own from a customer, whatever it looks like.

    Raises NotAllowed, NotWorking, OtherCompany, AlreadyDecided.
    """
    connection = refuse_while_off()
    (held,) = _held_here([record.pk])
    if not queries.needs_review(held):
        raise AlreadyDecided(held)
    client = _make(held, actor, at)
    _after(connection, at)
    return client


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def accept_identity(*, record: CustomerRecord, actor: User, at: datetime) -> None:
    """Say that a customer with another organisation number is the same client still (B44).

    Raises NotAllowed, OtherCompany.
    """
    (held,) = _held_here([record.pk])
    if held.identity_changed_at is None:
        return
    held.identity_changed_at = None
    held.save(update_fields=["identity_changed_at"])
    sync_issues.solve(company_id=held.company_id, kind=sync_issues.CUSTOMER, numbers=[held.number], at=at)
    _note(actor, "fortnox.same_client", held, f"is {held.client} still", at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def invoice_this_one(*, record: CustomerRecord, actor: User, at: datetime) -> None:
    """Choose which of a client's customers is invoiced from now on; it fills the client, but for who that is.

    What is on its way goes where it was sent. Raises NotAllowed, OtherCompany, AlreadyDecided for one that was
    unlinked meanwhile.
    """
    (held,) = _held_here([record.pk])
    if held.client is None:
        raise AlreadyDecided(held)
    if invoiced_customer(held.client, held.company_id) == held:
        return
    held.invoiced_at, held.detail_read_at = at, None
    held.save(update_fields=["invoiced_at", "detail_read_at"])
    what = f"is invoiced for {held.client} from now on"
    if held.identity_changed_at is None:  # else it may be somebody else
        import_details(client=held.client, details=filled_by(held, fields_of(held)), source=held.source)
    _note(actor, "fortnox.invoiced", held, what, at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def take_over(
    *, record: CustomerRecord, names: Collection[str], actor: User, at: datetime, version: int | None = None
) -> list[str]:
    """Let the linked client have Fortnox's values of these fields, where they differ; return those that changed.

    They follow the customer from then on if it is the one that fills the client. `version` is the client that the
    person saw. Raises NotAllowed, OtherCompany, ClientChanged, AlreadyDecided.
    """
    (held,) = _held_here([record.pk])
    if held.client is None:
        raise AlreadyDecided(held)
    offered = differing(held.client, held)
    details = {name: offered[name] for name in names if name in offered}
    if not details:
        return []
    return operations.apply_details(
        client=held.client,
        actor=actor,
        at=at,
        details=details,
        source=held.source,
        version=version,
        follow=is_filled_by(held.client, held),
    )


# Many customers


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def create_clients(*, ids: Collection[int], actor: User, at: datetime) -> Tally:
    """Make a client from each customer that waits. One that looks like a client meanwhile becomes a suggestion.

    Raises NotAllowed, NotWorking, OtherCompany, UnknownCustomers.
    """
    connection = refuse_while_off()
    held = _held_here(ids)
    chosen = [record for record in held if queries.needs_review(record)]
    done, alike = make_clients(chosen, actor=actor, at=at)
    _after(connection, at)
    return Tally(done, len(held) - len(chosen), alike)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def ignore(*, ids: Collection[int], actor: User, at: datetime) -> Tally:
    """Leave customers out: no run links them or makes clients from them.

    Raises NotAllowed, NotWorking, OtherCompany, UnknownCustomers.
    """
    refuse_while_off()
    held = _held_here(ids)
    chosen = [record for record in held if queries.needs_review(record)]
    for record in chosen:
        record.suggested, record.evidence, record.ignored_at, record.ignored_by = None, "", at, actor
        record.save(update_fields=["suggested", "evidence", "ignored_at", "ignored_by"])
        _note(actor, "fortnox.ignore", record, "ignored", at)
    _settle(at)
    return Tally(len(chosen), len(held) - len(chosen))


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def take_back(*, ids: Collection[int], actor: User, at: datetime) -> Tally:
    """Let ignored customers wait for a decision again.

    Raises NotAllowed, NotWorking, OtherCompany, UnknownCustomers.
    """
    refuse_while_off()
    held = _held_here(ids)
    chosen = [record for record in held if record.ignored_at is not None]
    index = index_for(chosen)
    for record in chosen:
        record.ignored_at = record.ignored_by = None
        record.save(update_fields=["ignored_at", "ignored_by"])
        if matches := index.find(details_of(record)):
            _suggest(record, int(matches[0].key), evidence.for_a_person(matches))
        _note(actor, "fortnox.take_back", record, "no longer ignored", at)
    _settle(at)
    return Tally(len(chosen), len(held) - len(chosen))


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def note_unknown_customers(*, workspace: Workspace, actor: User, at: datetime) -> None:
    """Write down that a list of customers was refused; after the refusal, which undid its own transaction."""
    summary = "A list of Fortnox customers was refused: some of them are not in this workspace"
    audit(actor=actor, action="fortnox.refuse_list", target=workspace, summary=summary, at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def make_clients(records: Sequence[CustomerRecord], *, actor: User, at: datetime) -> tuple[int, int]:
    """Make clients from waiting customers that are held; return how many were made, and how many look like a client.

    A suggestion was seen with its candidate, so that its client is made; one that no candidate was told of, and that
    fits a client now (a twin among these very customers, say), becomes a suggestion instead.
    """
    index, made = index_for(records), 0
    for record in records:
        matches = [] if record.suggested_id else index.find(details_of(record))
        if matches:
            _suggest(record, int(matches[0].key), evidence.for_a_person(matches))
        else:
            index.add(_make(record, actor, at).details)
            made += 1
    return made, len(records) - made


# What they share


def _held(ids: Collection[int]) -> list[CustomerRecord]:
    """Return the customers, locked in one order so that two lists wait for each other and not for ever."""
    rows = CustomerRecord.objects.select_related("client").select_for_update(of=("self",)).filter(pk__in=set(ids))
    found = list(rows.order_by("pk"))
    if len(found) != len(set(ids)):
        raise UnknownCustomers
    return found


def other_company(record: CustomerRecord) -> OtherCompany:
    """Return the error that names a customer of a company that is not connected."""
    return OtherCompany(_("Fortnox customer %(number)s") % {"number": record.number}, record.company_id)


def _held_here(ids: Collection[int]) -> list[CustomerRecord]:
    """The same, of customers of the connected company. Raises OtherCompany."""
    held, company = _held(ids), connected_company()
    for record in held:
        if record.company_id != company:
            raise other_company(record)
    return held


def _make(record: CustomerRecord, actor: User, at: datetime) -> Client:
    client = Client(workspace_id=record.workspace_id, **fields_of(record))
    create_imported_clients(clients=[client], actor=actor, at=at)
    _tie(record, client, f"{queries.MADE}by {actor}")
    _note(actor, "fortnox.link", record, f"linked to {client}, made from it", at)
    return client


def _tie(record: CustomerRecord, client: Client, words: str) -> None:
    record.client, record.suggested, record.evidence = client, None, words[:LONGEST_EVIDENCE]
    record.ignored_at = record.ignored_by = None
    record.save(update_fields=["client", "suggested", "evidence", "ignored_at", "ignored_by"])


def _suggest(record: CustomerRecord, client_id: int, words: str) -> None:
    record.suggested_id, record.evidence = client_id, words[:LONGEST_EVIDENCE]
    record.save(update_fields=["suggested", "evidence"])


def _note(actor: User, action: str, record: CustomerRecord, what: str, at: datetime) -> None:
    summary = f"Fortnox customer {record.number} {record.name[:200]} {what}"
    audit(actor=actor, action=action, target=record, summary=summary, at=at)


def _after(connection: Connection, at: datetime) -> None:
    """Somebody was linked: the details are read soon, and what waits is counted again."""
    if connection.is_connected:
        requests.enqueue_details(connection)
    alerts.update_review_alert(connection, at=at)


def _settle(at: datetime) -> None:
    if (connection := Connection.objects.select_related("workspace").first()) is not None:
        alerts.update_review_alert(connection, at=at)


def _as_it_is_now(record: CustomerRecord) -> str:
    words = {"number": record.number, "client": record.client, "name": record.ignored_by}
    if record.client is not None:
        return _("Nothing was done: Fortnox customer %(number)s is linked to %(client)s already.") % words
    if record.ignored_at is not None:
        return _("Nothing was done: %(name)s ignored Fortnox customer %(number)s meanwhile.") % words
    if not record.active:
        return _("Nothing was done: Fortnox customer %(number)s is inactive in Fortnox now.") % words
    return _("Nothing was done: Fortnox customer %(number)s was unlinked meanwhile.") % words
