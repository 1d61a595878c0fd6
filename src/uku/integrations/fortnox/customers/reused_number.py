"""A customer's number that may have been given to somebody else: another organisation number while linked (B44)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext

from uku.clients.matching import masked, normalise_number
from uku.integrations.fortnox.health import sync_issues
from uku.integrations.fortnox.models import CustomerRecord


def compare(record: CustomerRecord, number: str, at: datetime) -> None:
    """Mark a linked record whose organisation number becomes another valid one; `record` is as it was before.

    One that gets its client's number back is itself again. A number that was or becomes empty or wrong says nothing.
    """
    before, now = normalise_number(record.organisation_number), normalise_number(number)
    if record.client_id is None or not before or not now or before == now:
        return
    ours = record.client.organisation_number if record.client else ""
    back = record.identity_changed_at and now == normalise_number(ours)
    record.identity_changed_at = None if back else at


def note_changed(company_id: str, records: Iterable[CustomerRecord], at: datetime) -> None:
    """Keep a problem for each record that was just marked, until a person says who it is."""
    for record in records:
        number = masked(record.organisation_number, person=record.is_person)
        reason = gettext(
            "The organisation number in Fortnox has changed to %(number)s: the customer number may"
            " belong to another company now. The client here is not changed, and no invoice is sent."
            " Open the client, then confirm or unlink."
        )
        sync_issues.note(
            company_id=company_id,
            kind=sync_issues.CUSTOMER,
            number=record.number,
            name=record.name,
            reason=reason % {"number": number},
            at=at,
        )
