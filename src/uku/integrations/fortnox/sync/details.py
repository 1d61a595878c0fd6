"""Details: what only one record's own address tells. Read once for a linked client or a used article, and when changed.

A slice at a time, behind everything a person waits for; at once when a person opens or bills the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from fortnox_api import Fortnox, FortnoxError, NotFound, Rejected, Unreadable
from uku.integrations.fortnox.client.open import may_go_out, open_fortnox
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import Connection
from uku.integrations.fortnox.sync.records import Importer, solve_issues
from uku.integrations.fortnox.tokens.grant_state import note_failure
from uku.kit import clock

SLICE: Final = 20
"""Details that are read in one go, so that what a person waits for comes in between."""


def count_unread(importers: Iterable[Importer], company_id: str) -> int:
    return sum(importer.unread(company_id).count() for importer in importers)


def read_slice(fortnox: Fortnox, company_id: str, importers: Iterable[Importer]) -> bool:
    """Read the next details that are due, one request each; say whether more are. Raises FortnoxError.

    One that cannot be read is kept as a sync issue, so that the others do not wait behind it.
    """
    found = [(importer, record) for importer in importers for record in importer.unread(company_id)[: SLICE + 1]]
    for importer, record in found[:SLICE]:
        resource, at = importer.resource, clock.now()
        try:
            read_detail(fortnox, importer, record)
        except (Rejected, Unreadable) as error:
            if error.transient:
                raise
            resource.model.objects.filter(pk=record.pk).update(detail_read_at=at)
            place = {"company_id": company_id, "kind": resource.issue_kind, "number": record.number}
            sync_issues.note(**place, name=resource.name_of(record), error=error, at=at)
        else:
            solve_issues(resource, company_id, [record.number], at)
    return len(found) > SLICE


def read_detail(fortnox: Fortnox, importer: Importer, record: Any) -> None:
    """Read one record's detail and store it; `record` is as stored then. One that is deleted turns inactive."""
    try:
        detail = importer.resource.calls(fortnox).get(record.number)
    except NotFound:
        record.active, record.detail_read_at = False, clock.now()
        record.save(update_fields=["active", "detail_read_at"])
        return
    rows = importer.resource.model.objects.get_queryset()
    with transaction.atomic():  # a person may have linked it to another client while it was read
        importer.apply_detail(rows.select_for_update(of=("self",)).get(pk=record.pk), detail, clock.now())
    record.refresh_from_db()


def write_detail(record: Any, fields: Mapping[str, Any], at: datetime) -> None:
    for name, value in {**fields, "detail_read_at": at}.items():
        setattr(record, name, value)
    record.save(update_fields=[*fields, "detail_read_at"])


def read_detail_now(importer: Importer, record: Any) -> None:
    """Read one record's detail for a person who waits; `record` is as stored then. Without Fortnox it stays."""
    connection = Connection.objects.filter(enabled=True, company_id=record.company_id).first()
    if connection is None or connection.block_reason or not may_go_out(connection):
        return
    try:
        with open_fortnox(connection) as fortnox:
            read_detail(fortnox, importer, record)
    except FortnoxError as error:
        note_failure(connection, error)
