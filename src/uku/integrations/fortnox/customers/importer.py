"""A page of customers: rows stored, each given its client, clients filled. The same page again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from fortnox_api import Customer, CustomerItem
from uku.clients.matching import is_personal, normalise_number
from uku.clients.models import Client
from uku.clients.operations import create_imported_clients, fields_to_import, import_details
from uku.integrations.fortnox.customers import matching, reused_number
from uku.integrations.fortnox.customers.links import asks_first, filled_by, first_customers
from uku.integrations.fortnox.mapping import client_fields, contact_details, record_fields
from uku.integrations.fortnox.models import Connection, CustomerRecord, SyncRun
from uku.integrations.fortnox.sync import details
from uku.integrations.fortnox.sync import records as rows

Items = Mapping[str, CustomerItem]
WRITTEN = (
    *("name", "organisation_number", "email", "phone", "address1", "address2", "postcode", "city", "active"),
    *("client", "suggested", "evidence", "identity_changed_at", "detail_read_at"),
)


def store(run: SyncRun, items: Sequence[CustomerItem], read: Mapping[str, Customer], at: datetime) -> Counter[str]:
    """Store active customers and what was read of their details; return what happened to how many.

    Every customer is counted once a run, though two pages show it. The whole page or nothing: raises DataError.
    """
    told = {item.number: item for item in items}
    known = rows.held(run, told)
    counted = {number for number in told if rows.is_first_look(run, known.get(number))}
    listed = {number: _as_listed(run, item, known.get(number), at) for number, item in told.items()}
    records = [record for record, _ in listed.values()]
    near, outcomes = _plan(run, records, told)
    _hold_clients(records, told, outcomes, all_linked=bool(read))
    create_imported_clients(clients=list(near.made.values()), actor=None, at=at)
    moved = {number for number, (_, news) in listed.items() if news == "updated" or outcomes[number] == "linked"}
    rows.write(records, [known[number] for number in moved & set(known)], WRITTEN, at)
    reused_number.note_changed(run.company_id, [row for row in records if row.identity_changed_at == at], at)
    _fill(run.company_id, [row for row in records if outcomes[row.number] in {"known", "linked"}], told)
    details.take_customers(records, read, at)
    tally = Counter(outcomes[number] for number in counted) + Counter(listed[number][1] for number in counted)
    return tally + Counter(imported=len(counted), replaced=sum(rows.flawed(told[number]) for number in counted))


def _as_listed(
    run: SyncRun, item: CustomerItem, record: CustomerRecord | None, at: datetime
) -> tuple[CustomerRecord, str]:
    """Return the record as the list shows it now, and whether it is new, updated or unchanged."""
    fields = record_fields(item)
    if record is None:
        place = {"workspace_id": run.workspace_id, "company_id": run.company_id, "number": item.number}
        person = is_personal(normalise_number(fields["organisation_number"]))
        return CustomerRecord(**place, **fields, is_person=person, first_seen_at=at, seen_at=at), "new"
    news = rows.differing(record, {**fields, "active": True})
    if not news:
        return record, "unchanged"
    reused_number.compare(record, fields["organisation_number"], at)
    rows.renew(record, news, at)
    return record, "updated"


def _plan(run: SyncRun, records: Sequence[CustomerRecord], told: Items) -> tuple[matching.Neighbours, dict[str, str]]:
    """Decide on each customer's client, the outcomes by number. Clients to be made are not stored yet."""
    loose = {row.number: contact_details(told[row.number]) for row in records if matching.is_loose(row)}
    near = matching.neighbours(run.workspace_id, run.company_id, list(loose.values()))
    ask = asks_first(Connection.objects.get())
    outcomes = {}
    for row in records:
        outcomes[row.number] = matching.place(row, loose.get(row.number), near, ask=ask)
        if outcomes[row.number] == "created":
            fields = {**client_fields(told[row.number]), "is_person": row.is_person}
            row.client, row.evidence = near.make(run.workspace_id, fields), "Made from the Fortnox customer"
    return near, outcomes


def _hold_clients(
    records: Sequence[CustomerRecord], told: Items, outcomes: Mapping[str, str], *, all_linked: bool
) -> None:
    """Lock the clients that the page will touch, before the audit log: a person's edit takes the two in this order.

    Those are the clients to fill or to refer to anew; `all_linked` when details come along, which fill more.
    """
    known = [row for row in records if outcomes[row.number] == "known"]
    clients = Client.objects.get_queryset().in_bulk([row.client_id for row in known])
    filled = {
        row.client_id
        for row in known
        if all_linked or fields_to_import(clients[row.client_id], client_fields(told[row.number]))
    }
    anew = {row.client_id or row.suggested_id for row in records if outcomes[row.number] in {"linked", "suggested"}}
    wanted = {pk for pk in filled | anew if pk}
    if wanted:
        rows_ = Client.objects.get_queryset().select_for_update(of=("self",)).filter(pk__in=wanted)
        list(rows_.order_by("pk").values_list("pk", flat=True))


def _fill(company_id: str, linked: Sequence[CustomerRecord], told: Items) -> None:
    """Fill the clients of linked customers with what the list tells, but of one that may be somebody else (B44)."""
    linked = [row for row in linked if not row.identity_changed_at]
    clients = Client.objects.get_queryset().in_bulk([row.client_id for row in linked])
    first = first_customers(company_id, clients)
    for row in linked:
        if first.get(row.client_id) == row.pk:
            import_details(
                client=clients[row.client_id],
                details=filled_by(row, client_fields(told[row.number])),
                source=row.source,
            )
