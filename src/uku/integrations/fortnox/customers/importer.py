"""Customers from Fortnox: a page's rows stored, each given its client, clients filled; a detail stored.

The same page again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from fortnox_api import Customer, CustomerItem
from uku.clients.matching import is_personal, normalise_number
from uku.clients.models import Client
from uku.clients.operations import (
    ImportedDetails,
    create_imported_clients,
    fields_to_import,
    import_details_of_many,
    lock_clients,
)
from uku.integrations.fortnox.customers import matching, reused_number
from uku.integrations.fortnox.customers.links import REASON_FIELDS, asks_first, filled_by, first_customers, set_reason
from uku.integrations.fortnox.mapping import (
    client_fields,
    client_fields_from_detail,
    contact_details,
    record_fields,
    record_fields_from_detail,
)
from uku.integrations.fortnox.models import Connection, CustomerRecord, LinkReason, SyncRun
from uku.integrations.fortnox.resources import CUSTOMERS
from uku.integrations.fortnox.sync import records

Items = Mapping[str, CustomerItem]
WRITTEN: Final = (
    *("name", "organisation_number", "email", "phone", "address1", "address2", "postcode", "city", "active"),
    *("client", "suggested", *REASON_FIELDS, "identity_changed_at", "detail_read_at"),
)
TOLD_BY_DETAIL: Final = (
    *("vat_type", "vat_number", "country", "currency", "terms_of_payment", "is_person"),
    *("email_invoice", "email_invoice_cc", "email_invoice_bcc", "invoice_delivery"),
    *("organisation_number", "active", "identity_changed_at", "detail_read_at"),
)


def store(run: SyncRun, items: Sequence[CustomerItem], details: Mapping[str, Customer], at: datetime) -> Counter[str]:
    """Store active customers and the details that were read; return what happened to how many.

    Every customer is counted once a run, though two pages show it. The whole page or nothing: raises DataError.
    """
    by_number = {item.number: item for item in items}
    known = records.lock_known(run, by_number)
    counted = [number for number in by_number if records.is_first_look(run, known.get(number))]
    changes, rows = {}, []
    for number, item in by_number.items():
        fields = record_fields(item)
        if number in known:
            reused_number.compare(known[number], fields["organisation_number"], at)
        else:
            fields["is_person"] = is_personal(normalise_number(fields["organisation_number"]))
        row, changes[number] = records.as_listed(run, number, fields, known, at)
        rows.append(row)
    outcomes, new_clients = _find_clients(run, rows, by_number)
    _lock_clients(rows, by_number, outcomes, with_details=bool(details))
    create_imported_clients(clients=new_clients, actor=None, at=at)
    changed = [row for row in rows if changes[row.number] == "updated" or outcomes[row.number] == "linked"]
    records.write_page(rows, [row for row in changed if row.pk is not None], WRITTEN, at)
    reused_number.note_changed(run.company_id, [row for row in rows if row.identity_changed_at == at], at)
    told = {row: client_fields(by_number[row.number]) for row in rows if outcomes[row.number] in {"known", "linked"}}
    _fill_clients(run.company_id, told)
    apply_details([row for row in rows if row.number in details], details, at)
    tally = Counter(outcomes[number] for number in counted) + Counter(changes[number] for number in counted)
    replaced = sum(records.has_replacement(by_number[number]) for number in counted)
    return tally + Counter(imported=len(counted), replaced=replaced)


def _find_clients(run: SyncRun, rows: Sequence[CustomerRecord], items: Items) -> tuple[dict[str, str], list[Client]]:
    """Decide on each customer's client; return the outcomes by number, and the clients to be made, not stored yet."""
    searched = {row.number: contact_details(items[row.number]) for row in rows if matching.is_open(row)}
    pool = matching.client_pool(run.workspace_id, run.company_id, list(searched.values()))
    ask = asks_first(Connection.objects.get())
    outcomes = {}
    for row in rows:
        outcomes[row.number] = matching.find_client(row, searched.get(row.number), pool, ask=ask)
        if outcomes[row.number] == "created":
            fields = {**client_fields(items[row.number]), "is_person": row.is_person}
            row.client = pool.plan_client(run.workspace_id, fields)
            set_reason(row, LinkReason.CREATED)
    return outcomes, list(pool.planned.values())


def _lock_clients(
    rows: Sequence[CustomerRecord], items: Items, outcomes: Mapping[str, str], *, with_details: bool
) -> None:
    """Lock the clients that the page will touch, before the audit log: a person's edit takes the two in this order.

    Those are the clients to fill or to refer to anew; all linked ones when details come along, which fill more.
    """
    known = [row for row in rows if outcomes[row.number] == "known"]
    clients = Client.objects.get_queryset().in_bulk([row.client_id for row in known])
    filled = [
        row
        for row in known
        if with_details or fields_to_import(clients[row.client_id], client_fields(items[row.number]))
    ]
    anew = [row for row in rows if outcomes[row.number] in {"linked", "suggested"}]
    referred = {row.client_id or row.suggested_id for row in (*filled, *anew)}
    lock_clients({pk for pk in referred if pk})  # one that is planned only has no id yet


def _fill_clients(company_id: str, told: Mapping[CustomerRecord, Mapping[str, Any]]) -> None:
    """Fill the clients of linked customers with what was told of each, but of one that may be somebody else (B44)."""
    linked = [row for row in told if not row.identity_changed_at]
    clients = Client.objects.get_queryset().in_bulk([row.client_id for row in linked])
    news = {row: ImportedDetails(clients[row.client_id], filled_by(row, told[row]), row.source) for row in linked}
    differing = {row: each for row, each in news.items() if fields_to_import(each.client, each.details)}
    if differing:
        first = first_customers(company_id, {each.client.pk for each in differing.values()})
        import_details_of_many([each for row, each in differing.items() if first.get(row.client_id) == row.pk])


def apply_details(rows: Sequence[CustomerRecord], details: Mapping[str, Customer], at: datetime) -> None:
    """Store what the details of locked customers of one company tell, and fill their clients."""
    if not rows:
        return
    company_id, marked = rows[0].company_id, []
    for row in rows:
        customer, before = details[row.number], row.identity_changed_at
        reused_number.compare(row, customer.organisation_number, at)
        if row.identity_changed_at not in {None, before}:
            marked.append(row)
        for name, value in record_fields_from_detail(customer).items():
            setattr(row, name, value)
        if normalise_number(customer.organisation_number):
            row.organisation_number = customer.organisation_number
        row.active, row.detail_read_at = customer.active, at
    CustomerRecord.objects.update_many(rows, TOLD_BY_DETAIL)
    if marked:
        reused_number.note_changed(company_id, marked, at)
    linked = [row for row in rows if row.client_id is not None]
    _fill_clients(company_id, {row: client_fields_from_detail(details[row.number]) for row in linked})


def unread(company_id: str) -> QuerySet[CustomerRecord]:
    """Return the linked customers whose detail is still to be read, oldest first."""
    rows = CustomerRecord.objects.filter(company_id=company_id, detail_read_at=None, active=True)
    return rows.filter(client__isnull=False).order_by("id")


CUSTOMER_IMPORTER: Final = records.Importer(CUSTOMERS, store, apply_details, unread)
