"""Details: what only one record's own address tells. Read once for a linked client or a used article, and when changed.

A slice at a time, behind everything a person waits for; at once when a person opens or bills the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from fortnox_api import Fortnox, FortnoxError, NotFound, Rejected, Unreadable
from uku.integrations.fortnox.client.open import may_go_out, open_fortnox
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.sync.records import Importer, solve_issues, store_in_halves
from uku.integrations.fortnox.tokens.grant_state import note_failure
from uku.kit import clock

SLICE: Final = 20
"""Details that are read before they are stored together: 4 seconds at Fortnox's pace."""


def count_unread(importers: Iterable[Importer], company_id: str) -> int:
    return sum(importer.unread(company_id).count() for importer in importers)


def read_slice(fortnox: Fortnox, company_id: str, importers: Iterable[Importer]) -> bool:
    """Read the next details that are due, one request each; say whether more are. Raises FortnoxError."""
    left = SLICE
    for importer in importers:
        unread = list(importer.unread(company_id)[: left + 1])
        _read_some(fortnox, importer, unread[:left])
        if len(unread) > left:
            return True
        left -= len(unread)
    return False


def _read_some(fortnox: Fortnox, importer: Importer, records: Sequence[Any]) -> None:
    """Read details and store them together, also those that came before an error or before this makes way."""
    details: dict[str, Any] = {}
    failed: dict[str, FortnoxError] = {}
    try:
        for record in records:
            try:
                details[record.number] = importer.resource.calls(fortnox).get(record.number)
            except (NotFound, Rejected, Unreadable) as error:
                if error.transient:
                    raise
                failed[record.number] = error
    finally:
        by_number = {record.number: record for record in records}
        _store_details(importer, [by_number[number] for number in details], details)
        _store_failed(importer, {by_number[number]: error for number, error in failed.items()})


def _store_details(importer: Importer, records: Sequence[Any], details: Mapping[str, Any]) -> None:
    """Store details in one transaction. What the database refuses is a sync issue, and the others do not wait for it.

    A record that was stored by somebody else meanwhile is left as it is.
    """
    if not records:
        return
    resource, company_id, at = importer.resource, records[0].company_id, clock.now()
    seen = {record.pk: record.seen_at for record in records}

    def store(some: Sequence[Any]) -> None:
        rows = resource.model.objects.get_queryset().select_for_update(of=("self",))
        unread = rows.filter(pk__in=[record.pk for record in some], detail_read_at=None).order_by("pk")
        as_read = [row for row in unread if row.seen_at == seen[row.pk]]
        importer.apply_details(as_read, details, at)
        solve_issues(resource, company_id, [row.number for row in as_read], at)

    for record, error in store_in_halves(records, store):
        _note_failed(importer, record, at, reason=_("Could not be stored: %(error)s") % {"error": error})


def _store_failed(importer: Importer, failed: Mapping[Any, FortnoxError]) -> None:
    """Keep a sync issue of each record that could not be read; one that is deleted turns inactive instead."""
    resource, at = importer.resource, clock.now()
    for record, error in failed.items():
        if isinstance(error, NotFound):
            _mark_deleted(record, at)
            solve_issues(resource, record.company_id, [record.number], at)
        else:
            _note_failed(importer, record, at, error=error)


def _note_failed(importer: Importer, record: Any, at: datetime, **cause: Any) -> None:
    """Keep a sync issue and count the detail as read, so that the others do not wait behind it."""
    resource = importer.resource
    resource.model.objects.filter(pk=record.pk).update(detail_read_at=at)
    place = {"company_id": record.company_id, "kind": resource.issue_kind, "number": record.number}
    sync_issues.note(**place, name=resource.name_of(record), at=at, **cause)


def _mark_deleted(record: Any, at: datetime) -> None:
    record.active, record.detail_read_at = False, at
    record.save(update_fields=["active", "detail_read_at"])


def read_details(fortnox: Fortnox, wanted: Sequence[tuple[Importer, Any]]) -> list[Any]:
    """Read records' details, one request each, and store them together; return the records as they are stored then.

    One that is deleted turns inactive. Raises FortnoxError; what was read before that is stored.
    """
    details: dict[Any, Any] = {}
    try:
        for importer, record in wanted:
            try:
                details[record] = importer.resource.calls(fortnox).get(record.number)
            except NotFound:
                _mark_deleted(record, clock.now())
    finally:
        stored = _apply([(importer, record) for importer, record in wanted if record in details], details)
    return [stored.get(record, record) for _importer, record in wanted]


def _apply(read: Sequence[tuple[Importer, Any]], details: Mapping[Any, Any]) -> dict[Any, Any]:
    """Store details in one transaction; return the rows by record: a person may have changed them meanwhile."""
    stored: dict[Any, Any] = {}
    if read:
        with transaction.atomic():
            # The last kind goes first: customers stand first, and fill clients, which ends holding the audit log.
            for importer in reversed(dict.fromkeys(importer for importer, _record in read)):
                of_kind = {record.pk: record for each, record in read if each is importer}
                rows = importer.resource.model.objects.get_queryset().select_for_update(of=("self",))
                found = list(rows.filter(pk__in=of_kind).order_by("pk"))
                told = {record.number: details[record] for record in of_kind.values()}
                importer.apply_details(found, told, clock.now())
                stored |= {of_kind[row.pk]: row for row in found}
    return stored


def read_detail_now(importer: Importer, record: Any) -> Any:
    """Read one record's detail for a person who waits; return it as stored then. Without Fortnox it stays."""
    connection = Connection.objects.filter(enabled=True, company_id=record.company_id).first()
    if connection is None or connection.block_reason or not may_go_out(connection):
        return record
    try:
        with open_fortnox(connection) as fortnox:
            (record,) = read_details(fortnox, [(importer, record)])
    except FortnoxError as error:
        note_failure(connection, error)
    return record
