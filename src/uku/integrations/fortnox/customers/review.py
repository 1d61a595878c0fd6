"""What a person decides about customers. It lasts: no run undoes it, and of two people at once the second is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uku.clients import operations
from uku.clients.models import Client
from uku.clients.operations import create_imported_clients, import_details, lock_clients
from uku.integrations.fortnox.connection.company import OtherCompany, connected_company
from uku.integrations.fortnox.connection.guards import require_enabled_connection
from uku.integrations.fortnox.customers.differences import differing, fields_of
from uku.integrations.fortnox.customers.links import (
    REASON_FIELDS,
    filled_by,
    invoiced_customer,
    is_filled_by,
    set_reason,
)
from uku.integrations.fortnox.customers.matching import client_pool, details_of, index_for, suggest_client
from uku.integrations.fortnox.health import alerts, queries, sync_issues
from uku.integrations.fortnox.models import Connection, CustomerRecord, LinkReason
from uku.integrations.fortnox.work import requests
from uku.workspaces.audit import AuditLine, record_many
from uku.workspaces.audit import record as audit
from uku.workspaces.language import translate_for_workspace
from uku.workspaces.models import User, Workspace
from uku.workspaces.permissions import Permission, needs

TIE_FIELDS = ("client", "suggested", "ignored_at", "ignored_by", *REASON_FIELDS)


class AlreadyDecided(Exception):
    """Somebody decided about the customer after the person saw it (B17). The text says what is so now."""

    def __init__(self, record: CustomerRecord) -> None:
        words = {"number": record.number, "client": record.client, "name": record.ignored_by}
        if record.client is not None:
            text = _("Nothing was done: Fortnox customer %(number)s is already linked to %(client)s.")
        elif record.ignored_at is not None:
            text = _("Nothing was done: %(name)s has ignored Fortnox customer %(number)s in the meantime.")
        elif not record.active:
            text = _("Nothing was done: Fortnox customer %(number)s is now inactive in Fortnox.")
        else:
            text = _("Nothing was done: Fortnox customer %(number)s was unlinked in the meantime.")
        super().__init__(text % words)


class UnknownCustomers(Exception):
    """Some of the chosen customers are not in this workspace, so that nothing was done to any (B01)."""


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """How many of the chosen customers were decided on now, how many before, and how many look like a client."""

    done: int = 0
    before: int = 0
    alike: int = 0


# One customer


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def link(*, record: CustomerRecord, client: Client, actor: User, at: datetime, even_ignored: bool = False) -> None:
    """Tie a customer to a client. `even_ignored`: the person saw that it was ignored.

    Raises NotAllowed, ConnectionNotUsable, OtherCompany, AlreadyDecided.
    """
    connection = require_enabled_connection()
    (row,) = _lock_connected([record.pk])
    if row.client_id is not None or (row.ignored_at is not None and not even_ignored):
        raise AlreadyDecided(row)
    _tie(row, client, LinkReason.PERSON, actor)
    row.save(update_fields=TIE_FIELDS)
    what = translate_for_workspace(gettext_lazy("linked to %(client)s"), client=client)
    if invoiced_customer(client, row.company_id) == row:  # a second one would undo the first one's details
        import_details(client=client, details=fields_of(row), source=row.source)
    _note(actor, "fortnox.link", row, what, at)
    _after(connection, at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def unlink(*, record: CustomerRecord, actor: User, at: datetime) -> None:
    """Take a customer off its client. It waits as a suggestion then, which no run links again. Raises NotAllowed."""
    (row,) = _lock([record.pk])
    if row.client_id is None:
        return
    client = row.client
    row.client, row.suggested, row.identity_changed_at, row.invoiced_at = None, client, None, None
    set_reason(row, LinkReason.UNLINKED, by=actor)
    row.save(update_fields=["client", "suggested", "identity_changed_at", "invoiced_at", *REASON_FIELDS])
    _note(
        actor,
        "fortnox.unlink",
        row,
        translate_for_workspace(gettext_lazy("unlinked from %(client)s"), client=client),
        at,
    )
    _settle(at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def create_from(*, record: CustomerRecord, actor: User, at: datetime) -> Client:
    """Make a client of its own from a customer, whatever it looks like.

    Raises NotAllowed, ConnectionNotUsable, OtherCompany, AlreadyDecided.
    """
    connection = require_enabled_connection()
    (row,) = _lock_connected([record.pk])
    if not queries.needs_review(row):
        raise AlreadyDecided(row)
    client = Client(workspace_id=row.workspace_id, **fields_of(row))
    _store_made([(row, client)], actor, at)
    _after(connection, at)
    return client


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def accept_identity(*, record: CustomerRecord, actor: User, at: datetime) -> None:
    """Say that a customer with another organisation number is the same client still (B44).

    Raises NotAllowed, OtherCompany.
    """
    (row,) = _lock_connected([record.pk])
    if row.identity_changed_at is None:
        return
    row.identity_changed_at = None
    row.save(update_fields=["identity_changed_at"])
    sync_issues.solve(company_id=row.company_id, kind=sync_issues.CUSTOMER, numbers=[row.number], at=at)
    _note(
        actor,
        "fortnox.same_client",
        row,
        translate_for_workspace(gettext_lazy("is still %(client)s"), client=row.client),
        at,
    )


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def invoice_this_one(*, record: CustomerRecord, actor: User, at: datetime) -> None:
    """Choose which of a client's customers is invoiced from now on; it fills the client, but for who that is.

    What is on its way goes where it was sent. Raises NotAllowed, OtherCompany, AlreadyDecided for one that was
    unlinked meanwhile.
    """
    (row,) = _lock_connected([record.pk])
    if row.client is None:
        raise AlreadyDecided(row)
    if invoiced_customer(row.client, row.company_id) == row:
        return
    row.invoiced_at, row.detail_read_at = at, None
    row.save(update_fields=["invoiced_at", "detail_read_at"])
    what = translate_for_workspace(gettext_lazy("is now invoiced for %(client)s"), client=row.client)
    if row.identity_changed_at is None:  # else it may be somebody else
        import_details(client=row.client, details=filled_by(row, fields_of(row)), source=row.source)
    _note(actor, "fortnox.invoiced", row, what, at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def apply_values(
    *, record: CustomerRecord, names: Collection[str], actor: User, at: datetime, version: int | None = None
) -> list[str]:
    """Let the linked client have Fortnox's values of these fields, where they differ; return those that changed.

    They follow the customer from then on if it is the one that fills the client. `version` is the client that the
    person saw. Raises NotAllowed, OtherCompany, ClientChanged, AlreadyDecided.
    """
    (row,) = _lock_connected([record.pk])
    if row.client is None:
        raise AlreadyDecided(row)
    offered = differing(row.client, row)
    details = {name: offered[name] for name in names if name in offered}
    if not details:
        return []
    return operations.apply_details(
        client=row.client,
        actor=actor,
        at=at,
        details=details,
        source=row.source,
        version=version,
        follow=is_filled_by(row.client, row),
    )


# Many customers


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def create_clients(*, ids: Collection[int], actor: User, at: datetime) -> ReviewResult:
    """Make a client from each customer that waits. One that looks like a client meanwhile becomes a suggestion.

    Raises NotAllowed, ConnectionNotUsable, OtherCompany, UnknownCustomers.
    """
    connection = require_enabled_connection()
    rows = _lock_connected(ids)
    chosen = [record for record in rows if queries.needs_review(record)]
    done, alike = make_clients(chosen, actor=actor, at=at)
    _after(connection, at)
    return ReviewResult(done, len(rows) - len(chosen), alike)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def ignore(*, ids: Collection[int], actor: User, at: datetime) -> ReviewResult:
    """Leave customers out: no run links them or makes clients from them.

    Raises NotAllowed, ConnectionNotUsable, OtherCompany, UnknownCustomers.
    """
    require_enabled_connection()
    rows = _lock_connected(ids)
    chosen = [record for record in rows if queries.needs_review(record)]
    for record in chosen:
        record.suggested, record.ignored_at, record.ignored_by = None, at, actor
        set_reason(record, None)
        record.save(update_fields=["suggested", "ignored_at", "ignored_by", *REASON_FIELDS])
        _note(actor, "fortnox.ignore", record, "ignored", at)
    _settle(at)
    return ReviewResult(len(chosen), len(rows) - len(chosen))


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def stop_ignoring(*, ids: Collection[int], actor: User, at: datetime) -> ReviewResult:
    """Let ignored customers wait for a decision again.

    Raises NotAllowed, ConnectionNotUsable, OtherCompany, UnknownCustomers.
    """
    require_enabled_connection()
    rows = _lock_connected(ids)
    chosen = [record for record in rows if record.ignored_at is not None]
    index = index_for(chosen)
    for record in chosen:
        record.ignored_at = record.ignored_by = None
        record.save(update_fields=["ignored_at", "ignored_by"])
        if matches := index.find(details_of(record)):
            suggest_client(record, matches, {})
            record.save(update_fields=["suggested", *REASON_FIELDS])
        _note(actor, "fortnox.take_back", record, translate_for_workspace(gettext_lazy("no longer ignored")), at)
    _settle(at)
    return ReviewResult(len(chosen), len(rows) - len(chosen))


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def note_unknown_customers(*, workspace: Workspace, actor: User, at: datetime) -> None:
    """Write down that a list of customers was refused; after the refusal, which undid its own transaction."""
    summary = translate_for_workspace(
        gettext_lazy("A list of Fortnox customers was refused: some of them are not in this workspace")
    )
    audit(actor=actor, action="fortnox.refuse_list", target=workspace, summary=summary, at=at)


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def make_clients(records: Sequence[CustomerRecord], *, actor: User, at: datetime) -> tuple[int, int]:
    """Make clients from waiting customers that are locked; return how many were made, and how many look like a client.

    A suggestion was seen with its candidate, so that its client is made; one without a candidate that
    fits a client now (a twin among these very customers, say), becomes a suggestion instead.
    """
    if not records:
        return 0, 0
    pool = client_pool(records[0].workspace_id, records[0].company_id, [details_of(record) for record in records])
    made, alike = [], []
    for record in records:
        matches = [] if record.suggested_id else pool.current.find(details_of(record))
        if matches:
            suggest_client(record, matches, pool.planned)
            alike.append(record)
        else:
            made.append((record, pool.plan_client(record.workspace_id, fields_of(record))))
    lock_clients({record.suggested_id for record in alike if record.suggested_id})  # before the audit log
    _store_made(made, actor, at)
    CustomerRecord.objects.update_many(alike, ["suggested", *REASON_FIELDS])
    return len(made), len(alike)


# What they share


def _lock(ids: Collection[int]) -> list[CustomerRecord]:
    """Return the customers, locked in one order so that two lists wait for each other and not for ever.

    Raises UnknownCustomers.
    """
    rows = CustomerRecord.objects.select_related("client").select_for_update(of=("self",)).filter(pk__in=set(ids))
    found = list(rows.order_by("pk"))
    if len(found) != len(set(ids)):
        raise UnknownCustomers
    return found


def other_company(record: CustomerRecord) -> OtherCompany:
    """Return the error that names a customer of a company that is not connected."""
    return OtherCompany(_("Fortnox customer %(number)s") % {"number": record.number}, record.company_id)


def _lock_connected(ids: Collection[int]) -> list[CustomerRecord]:
    """Lock customers of the connected company. Raises UnknownCustomers, OtherCompany."""
    rows, company = _lock(ids), connected_company()
    for record in rows:
        if record.company_id != company:
            raise other_company(record)
    return rows


def _store_made(made: Sequence[tuple[CustomerRecord, Client]], actor: User, at: datetime) -> None:
    """Store new clients, each made from a locked customer, and their links."""
    create_imported_clients(clients=[client for _, client in made], actor=actor, at=at)
    words, lines = gettext_lazy("linked to %(client)s, a client created from it"), []
    for record, client in made:
        _tie(record, client, LinkReason.CREATED, actor)
        lines.append(AuditLine(record, _summary(record, translate_for_workspace(words, client=client))))
    CustomerRecord.objects.update_many([record for record, _ in made], TIE_FIELDS)
    record_many(actor=actor, action="fortnox.link", lines=lines, at=at)


def _tie(record: CustomerRecord, client: Client, reason: LinkReason, actor: User) -> None:
    """Note a customer's client, not stored."""
    record.client, record.suggested = client, None
    record.ignored_at = record.ignored_by = None
    set_reason(record, reason, by=actor)


def _note(actor: User, action: str, record: CustomerRecord, what: str, at: datetime) -> None:
    audit(actor=actor, action=action, target=record, summary=_summary(record, what), at=at)


def _summary(record: CustomerRecord, what: str) -> str:
    words = gettext_lazy("Fortnox customer %(number)s %(name)s: %(what)s")
    return translate_for_workspace(words, number=record.number, name=record.name[:200], what=what)


def _after(connection: Connection, at: datetime) -> None:
    """Somebody was linked: the details are read soon, and what waits is counted again."""
    if connection.is_connected:
        requests.wake_for_details(connection)
    alerts.update_review_alert(connection, at=at)


def _settle(at: datetime) -> None:
    if (connection := Connection.objects.select_related("workspace").first()) is not None:
        alerts.update_review_alert(connection, at=at)


# Customers that no client matches


@transaction.atomic
@needs(Permission.MANAGE_INTEGRATIONS)
def finish_first_import(*, actor: User, at: datetime) -> None:
    """End the first import: who waits goes on waiting, who comes later follows the setting.

    Raises NotAllowed, ConnectionNotUsable.
    """
    connection = require_enabled_connection()
    if connection.company_id:
        alerts.decide_first_import(connection, actor=actor, at=at)
